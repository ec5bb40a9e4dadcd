"""What the pages about checking a backward pass show is what the program does."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from bptui.core import compare
from bptui.core.comparison.report import FORMAT, Report, Step
from bptui.core.mistakes.catalogue import NAMES

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs/first-wrong-step.md").read_text("utf-8")
PAGE = (ROOT / "docs/checking.md").read_text("utf-8")
BPTUI = ["-c", "import sys; from bptui.tui.cli import main; sys.exit(main())"]


def sessions(page: str) -> list[tuple[str, str]]:
    """The commands of the console blocks, each with what it prints, in their order."""
    blocks = re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    found = [re.split(r"\n", part, maxsplit=1) for block in blocks for part in re.split(r"^\$ ", block, flags=re.M)[1:]]
    return [(command, printed) for command, printed in found]


def run(command: str, folder: Path) -> str:
    """What a command of the tutorial prints: by this interpreter, and from another folder."""
    words = command.replace("docs/", f"{ROOT}/docs/").split()
    words = [sys.executable, *(BPTUI if words[0] == "bptui" else []), *words[1:]]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.stderr == ""
    return done.stdout


def test_each_command_of_the_tutorial_prints_what_stands_there(tmp_path: Path) -> None:
    commands = sessions(TUTORIAL)
    assert len(commands) == 6
    for command, printed in commands:
        found = run(command, tmp_path)
        if command.startswith("python"):  # the rounding of differences differs between machines
            found, printed = (re.sub(r": \d\.\de-1\d ", ": tiny ", text) for text in (found, printed))
        assert found == printed, command


def test_the_backward_pass_of_the_tutorial_is_that_of_the_script() -> None:
    lines = re.findall(r"```python\n(.*?)```", TUTORIAL, re.DOTALL)[0].splitlines()
    script = (ROOT / "docs/two_layers.py").read_text("utf-8")
    body = script.partition("def backward")[2].partition("return")[0]
    body = body.replace("(h if MENDED else np.tanh(h))", "np.tanh(h)")
    assert lines == [line.strip() for line in body.splitlines()[3:] if line.strip()]


def test_the_page_has_the_whole_catalogue_and_every_member_of_the_json() -> None:
    catalogue = PAGE.partition("### The catalogue")[2].partition("## JSON")[0]
    assert re.findall(r"^\| `([a-z0-9-]+)` \| (.+) \|$", catalogue, re.M) == list(NAMES.items())
    assert FORMAT in PAGE
    for table in (Report, Step):
        missing = [name for name in table.__struct_fields__ if f"`{name}`" not in PAGE]
        assert missing == []


def test_the_call_from_python(tmp_path: Path) -> None:
    run("python docs/two_layers.py --few", tmp_path)
    own = dict(np.load(tmp_path / "two_layers.npz"))
    found = compare(ROOT / "docs/two_layers.toml", {"dW1": own["dW1"], "db1": own["db1"]}, layout="columns")
    assert not found.is_right
    assert found.first is not None
    assert found.first.variable == "z1"
    assert str(found).endswith("fail: one wrong step (4 not given, 2 inherited)")
