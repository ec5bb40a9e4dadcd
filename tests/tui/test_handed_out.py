"""What is handed out of a session: its notes, and the run with the changes that were kept in it."""

from pathlib import Path

import pytest
import recorded
import screens

from bptui.tui.cli import main


async def _lesson(path: Path) -> None:
    """Two notes, a change that is kept, one that is dropped, and the whole run."""
    async with recorded.recording("tanh4", path) as pilot:
        await screens.press(pilot, "s", "a", *"here it starts", "enter")
        await screens.press(pilot, "x", *"W3=0.5", "enter", "X", "k")
        await screens.press(pilot, "x", *"W1=3", "enter", "X", "d", "G")
        await screens.press(pilot, "a", *"there it ends", "enter")


@pytest.mark.parametrize(("form", "note"), [("md", "> here it starts"), ("html", "here it starts"), ("tex", "here it")])
async def test_notes_and_what_was_kept(
    form: str, note: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "lesson.bptlog"
    await _lesson(path)
    assert main(["export", str(path), "--to", form]) == 0
    out = capsys.readouterr().out
    assert note in out
    assert "there it ends" in out
    assert "0.964028" in out  # tanh(2), with W₃ = 0.5: u₃ is 2


async def test_plain_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "lesson.bptlog"
    await _lesson(path)
    assert main([str(path), "--plain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    first = next(i for i, line in enumerate(lines) if line.lstrip().startswith("1  forward"))
    assert lines[first + 1].strip() == "note: here it starts"
    assert any(line.lstrip().startswith("33  update") for line in lines)
    assert not any("tanh(4)" in line for line in lines)


async def test_the_file_that_is_offered_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tanh4.bptlog").write_text("mine")
    async with screens.opened("tanh4") as pilot:
        await screens.press(pilot, "r", "enter", "s", "s", "r")
        assert "recorded to tanh4-2.bptlog: 2 steps in" in screens.text(pilot.app)[-2]
    assert (tmp_path / "tanh4.bptlog").read_text() == "mine"
    assert recorded.opened(tmp_path / "tanh4-2.bptlog").is_complete
