"""What the page about the log format shows is what the program writes."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from holding import FOLDER

from bptui.core import Timeline, read
from bptui.core.log import records
from bptui.core.log.cells import Digest
from bptui.core.log.header import Header, header
from bptui.core.log.output import create
from bptui.core.log.recording import Recording

PAGE = (Path(__file__).parents[2] / "docs/log-format.md").read_text("utf-8")
needs_jq = pytest.mark.skipif(not (shutil.which("jq") and shutil.which("sha256sum")), reason="needs jq and sha256sum")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The logs that the page speaks of."""
    folder = tmp_path_factory.mktemp("logs")
    for name in ("tanh4", "xor"):
        timeline = Timeline(read(FOLDER / f"{name}.toml"))
        recording = Recording(create(str(folder / f"{name}.bptlog")), header(timeline.scenario), timeline, lambda: 0.0)
        for _ in recording.events(timeline, len(timeline)):
            pass
        recording.close()
    return folder


def of_any_machine(line: str) -> tuple[object, ...]:
    """A line without what the last bits of tanh decide: numbers to nine digits, and no hash."""
    whole = json.loads(line, parse_float=lambda text: round(float(text), 9))
    whole["text"] = re.sub(r"-?\d+\.\d{9,}", lambda match: f"{float(match[0]):.9f}", whole["text"])
    return tuple((key, None if key in ("crc", "sha256") else value) for key, value in whole.items())


def test_the_lines_of_the_page_are_what_is_written(folder: Path) -> None:
    written = set(map(str, map(of_any_machine, (folder / "tanh4.bptlog").read_text("utf-8").splitlines()[1:])))
    shown = block("json").splitlines()
    assert [json.loads(line)["event"] for line in shown] == ["evaluate", "multiply", "update", "end"]
    assert {str(of_any_machine(line)) for line in shown} <= written


def test_the_python_of_the_page_finds_the_first_damaged_line(folder: Path, tmp_path: Path) -> None:
    program, log = block("python"), tmp_path / "copy.bptlog"
    assert len(program.splitlines()) == 7
    data = (folder / "tanh4.bptlog").read_bytes()
    for content, said in [
        (data, ""),
        (data.replace(b'"n":7,', b'"n":9,', 1), "line 8 is damaged\n"),
        (data[:-5], "line 35 is damaged\n"),
        (data.replace(b"\n", b"\r\n"), "line 1 is damaged\n"),
    ]:
        log.write_bytes(content)
        command = [sys.executable, "-W", "ignore", "-c", program, str(log)]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == said


def loss(output: str) -> None:
    rows = [line.split("\t") for line in output.splitlines()]
    assert [int(row[0]) for row in rows] == list(range(1, 101))
    timeline = Timeline(read(FOLDER / "xor.toml"))
    assert float(rows[56][1]) == timeline.chapter_of(56).value("L")


ANSWERS: list[Callable[[str], object]] = [
    lambda output: output.count(" = ") > 60,
    lambda output: json.loads(output)["step"] == "C",
    lambda output: float(output) == pytest.approx(-0.0120694555),
    lambda output: json.loads(output) == pytest.approx([16, -0.0120694555, 4.0]),
    loss,
    lambda output: len(output.splitlines()) == 100,
    lambda output: output == (FOLDER / "tanh4.toml").read_text("utf-8"),
    lambda output: output.split()[0],
    lambda output: output.split()[0],
]


@needs_jq
def test_the_questions_of_the_page_are_answered(folder: Path) -> None:
    commands = block("sh").splitlines()
    outputs = [
        subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=True).stdout
        for command in commands
    ]
    for command, output, answer in zip(commands, outputs, ANSWERS, strict=True):
        assert answer(output) is not False, command
    first, *_, end = map(json.loads, (folder / "tanh4.bptlog").read_text("utf-8").splitlines())
    assert outputs[-2].split()[0] == first["scenario_sha256"]
    assert outputs[-1].split()[0] == end["sha256"]


@pytest.mark.parametrize("kind", get_args(records.Record))
def test_all_keys_of_all_lines_stand_on_the_page(kind: type[msgspec.Struct]) -> None:
    named = set(re.findall(r"`\"?(\w+)\"?`", PAGE))
    assert {*kind.__struct_fields__, kind.__struct_config__.tag} <= named


@pytest.mark.parametrize("kind", [Header, Digest])
def test_all_keys_of_the_first_line_and_of_digests_stand_on_the_page(kind: type[msgspec.Struct]) -> None:
    assert set(kind.__struct_fields__) <= set(re.findall(r"`(\w+)`", PAGE))
