"""`bptui where`: which files are read and written without being named."""

from pathlib import Path

import pytest
from wire.command import bptui

import bptui.scenarios as scenarios
from bptui.tui.cli import main

FOLDER = Path(next(iter(scenarios.__path__)))


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of this test's own, with folders for settings and state in it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(text)


def said(capsys: pytest.CaptureFixture[str]) -> tuple[list[str], str]:
    out, err = capsys.readouterr()
    return out.splitlines(), err


def test_where_nothing_is_there_yet(homes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["where"]) == 0
    ships = len(list(FOLDER.glob("*.toml")))
    assert said(capsys) == (
        [
            f"settings   {homes}/config/bptui/settings.toml  (not there: the defaults)",
            f"state      {homes}/state/bptui/state.json  (not there: nothing is remembered)",
            f"scenarios  {FOLDER}  ({ships} that ship)",
        ],
        "",
    )
    assert list(homes.iterdir()) == []  # asking makes nothing


def test_where_both_are_there(homes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(homes / "config/bptui/settings.toml", 'theme = "light"\n')
    write(homes / "state/bptui/state.json", "{}")
    assert main(["where"]) == 0
    lines, errors = said(capsys)
    assert lines[:2] == [
        f"settings   {homes}/config/bptui/settings.toml",
        f"state      {homes}/state/bptui/state.json",
    ]
    assert errors == ""


def test_faulty_settings_are_found_and_said(homes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(homes / "config/bptui/settings.toml", '\nthem = "light"\n')
    assert main(["where"]) == 2
    lines, errors = said(capsys)
    assert lines[0] == f"settings   {homes}/config/bptui/settings.toml  (faulty)"
    assert len(lines) == 3
    assert errors == f"{homes}/config/bptui/settings.toml:2: them: unknown key; did you mean 'theme'?\n"


def test_a_hostile_name_of_a_folder(
    homes: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(homes / "a\x1b[31m\nb"))
    assert main(["where"]) == 0
    lines, _ = said(capsys)
    assert lines[1].startswith(f"state      {homes}/a\\x1b[31m\\nb/bptui/state.json")


def test_it_takes_no_file(homes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["where", "tanh4"]) == 2
    assert said(capsys) == ([], "bptui: unrecognized arguments: tanh4; see bptui where --help\n")


def test_the_real_command_without_any_such_variable(tmp_path: Path) -> None:
    done = bptui("where", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(str(tmp_path) in line for line in done.stdout.splitlines()[:2])
