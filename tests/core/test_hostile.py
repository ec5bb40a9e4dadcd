"""A hostile file is refused, or opened, within half a second or so and 150 MB."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("hostile.py")
FILES: dict[str, str] = runpy.run_path(str(PROGRAM))["FILES"]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """What became of each file."""
    folder = tmp_path_factory.mktemp("hostile")
    paths = {name: folder / f"{number}.toml" for number, name in enumerate(FILES)}
    for name, path in paths.items():
        path.write_text(FILES[name])
    paths["a sparse file of 1 GB"] = folder / "sparse.toml"
    with (folder / "sparse.toml").open("wb") as file:
        file.truncate(1 << 30)
    command = [sys.executable, str(PROGRAM), *map(str, paths.values())]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    lines = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.splitlines()
    return {name: json.loads(line) for name, line in zip(paths, lines, strict=True)}


READ = {
    "a broadcast of 10⁸ cells",
    "sums of many cells",
    "a product of large matrices",
    "products of large matrices",
    "products of flat matrices",
    "a line of blanks",
    "a large array",
    "an array of many rows",
    "an array of many lines",
    "powers of as many cells as may be",
    "gradients of as many cells as may be",
    "notes on one of many names",
    "breakpoints and watches on many names",
}
"""What is large but harmless to open: nothing is computed before the first step."""


@pytest.mark.parametrize("name", [*FILES, "a sparse file of 1 GB"])
def test_a_hostile_file_does_no_harm(outcomes: dict[str, dict[str, str]], name: str) -> None:
    outcome = outcomes[name]
    assert outcome.keys() == ({"events"} if name in READ else {"refused", "hint"}), outcome
    if name not in READ:
        assert outcome["hint"]
        assert outcome["refused"].isprintable()
        assert len(outcome["refused"]) < 500
