"""Recording through real keys: what is written, in which order, and that its replay is the same recording again."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import recorded
import screens
from jobs import STEPS, xor
from recorded import assert_the_same_again, assert_written_before_shown, did, moves, note, record_from_here
from textual.pilot import Pilot
from trying import what_if

from bptui.tui.dialogs import Prompt

Session = Callable[[Pilot[None]], Awaitable[object]]


# ---- r


async def test_r_asks_for_a_file_and_r_again_ends_it(tmp_path: Path) -> None:
    async with screens.opened("tanh4", (120, 40)) as pilot:
        await screens.press(pilot, "s", "s")
        rows = await screens.press(pilot, "r")
        assert any("record to a new file" in row for row in rows)
        rows = await screens.enter(pilot, str(tmp_path / "lesson"))
        assert rows[0].endswith(" ● recording")
        assert f"recording to {tmp_path}/lesson.bptlog; r ends it" in rows[-2]
        await screens.press(pilot, "s")
        rows = await screens.press(pilot, "r")
        assert (
            f"recorded to {tmp_path}/lesson.bptlog: 3 steps in 7 lines" in rows[-2]
        )  # also the first, two moves, the end
        assert "recording" not in rows[0]
        await screens.press(pilot, "s")
    assert moves(tmp_path / "lesson.bptlog") == [2, 3]
    assert recorded.opened(tmp_path / "lesson.bptlog").is_complete


async def test_enter_takes_the_name_that_is_offered_which_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with screens.opened("tanh4") as pilot:
        for name in ("tanh4.bptlog", "tanh4-2.bptlog", "tanh4-3.bptlog"):
            rows = await screens.press(pilot, "r")
            assert any(f" {name} " in row for row in rows)
            await screens.press(pilot, "enter", "s", "r")
            assert recorded.opened(tmp_path / name).is_complete


async def test_a_suffix_that_is_typed_is_kept_and_the_home_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    async with screens.opened("tanh4") as pilot:
        await screens.press(pilot, "r")
        await screens.enter(pilot, "~/lesson.txt")
        await screens.press(pilot, "r")
    assert recorded.opened(tmp_path / "lesson.txt").is_complete


async def test_what_is_there_is_refused_in_the_prompt(tmp_path: Path) -> None:
    (tmp_path / "there.bptlog").write_text("mine")
    (tmp_path / "link.bptlog").symlink_to(tmp_path / "nowhere")
    refused = {
        "there": "exists already",
        "link.bptlog": "exists already",
        "no/folder": "cannot be written: No such file or directory",
    }
    async with screens.opened("tanh4", (120, 40)) as pilot:
        await screens.press(pilot, "s", "r")
        for typed, complaint in refused.items():
            rows = await screens.enter(pilot, str(tmp_path / typed))
            assert isinstance(pilot.app.screen, Prompt)
            assert complaint in " ".join(row.strip(" │") for row in rows)
            await screens.press(pilot, "ctrl+u")
        rows = await screens.press(pilot, "escape")
        assert "recording" not in rows[0]
        await screens.press(pilot, "s")
    assert (tmp_path / "there.bptlog").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.bptlog", "there.bptlog"]


async def test_several_recordings_of_a_session(tmp_path: Path) -> None:
    first, second = tmp_path / "1.bptlog", tmp_path / "2.bptlog"
    async with screens.opened("tanh4") as pilot:
        await record_from_here(pilot, first)
        await screens.press(pilot, "s", "r", "s")
        await record_from_here(pilot, second)
        await screens.press(pilot, "S", "r")
    assert (moves(first), moves(second)) == ([0, 1], [2, 1])
    for path in (first, second):
        assert_written_before_shown(path)
        await assert_the_same_again(path)


async def test_leaving_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "a.bptlog"
    async with recorded.recording("tanh4", path) as pilot:
        await screens.press(pilot, *"sss")
        await screens.tap(pilot, "q")
    assert pilot.app.return_code == 0
    assert recorded.opened(path).is_complete
    assert [line["event"] for line in recorded.said(path)[-3:]] == ["evaluate", "move", "end"]


# ---- sessions: what is written, and what comes of it when it is replayed


async def _steps(pilot: Pilot[None]) -> None:
    await screens.press(pilot, *"ssSSsssnNfFiI0", "right", "left")


async def _jumps(pilot: Pilot[None]) -> None:
    await screens.press(pilot, *"iiI", "G", "0")
    for place in ("12", "+5", "50%", "iteration 2"):
        await screens.press(pilot, "g")
        await screens.enter(pilot, place)
    await screens.press(pilot, "/")
    await screens.enter(pilot, "W2")
    await screens.press(pilot, *".,tT")


async def _rows_and_notes(pilot: Pilot[None]) -> None:
    await note(pilot, "before anything")
    await screens.press(pilot, *"sjjk")
    await note(pilot, 'quotes " \\ and [/red] ∂')
    await note(pilot, "a second one")
    await screens.press(pilot, *"fS")
    await note(pilot, "x" * 2_000)


async def _dropped(pilot: Pilot[None]) -> None:
    await screens.press(pilot, "i", "f")
    await what_if(pilot, "W2[0, 1] = 3")
    await screens.press(pilot, "s", "d", "i", "G", "X", "d", "s", "0", "G")


async def _kept(pilot: Pilot[None]) -> None:
    await screens.press(pilot, "f")
    await what_if(pilot, "b2 = [0.5]")
    await screens.press(pilot, "X", "k", "i", "i")
    await what_if(pilot, "η = 3")
    await screens.press(pilot, "S", "f", "X", "k", "G", "0", "G")


async def _nested(pilot: Pilot[None]) -> None:
    await screens.press(pilot, *"iii")
    await what_if(pilot, "η = 3")
    await screens.press(pilot, "i")
    await what_if(pilot, "W2[0, 0] = 2")  # on the branch
    await screens.press(pilot, "f", "I", "I", "I")
    await what_if(pilot, "b2 = [1]")  # before it: what was changed later is left behind
    await screens.press(pilot, "G", "X", "d", "0")
    await what_if(pilot, "x[0, 1] = 2")  # at the very beginning
    await screens.press(pilot, "X", "k", "G")


async def _predicted(pilot: Pilot[None]) -> None:
    await screens.press(pilot, "f", "p")
    for answer in ("?", "123", "", "0.5"):
        await screens.press(pilot, "s")
        await screens.enter(pilot, answer)
        while pilot.app.screen is not pilot.app.screen_stack[0]:
            await screens.press(pilot, "q")
    await screens.press(pilot, "p", "q", "s")


SESSIONS: dict[str, Session] = {
    "steps": _steps,
    "jumps": _jumps,
    "rows and notes": _rows_and_notes,
    "dropped": _dropped,
    "kept": _kept,
    "nested": _nested,
    "predicted": _predicted,
}


@pytest.mark.parametrize("session", SESSIONS.values(), ids=SESSIONS)
async def test_a_session_recorded_replayed_and_recorded_again(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "a.bptlog"
    async with recorded.recording(xor(4), path) as pilot:
        await session(pilot)
    assert_written_before_shown(path)
    assert recorded.opened(path).is_complete
    await assert_the_same_again(path)


async def test_where_the_reader_went_is_written_between_the_steps(tmp_path: Path) -> None:
    path = tmp_path / "a.bptlog"
    async with recorded.recording("nested4", path) as pilot:
        await screens.press(pilot, *"ssSj")
        await note(pilot, "the square")
        await screens.press(pilot, "f")
    lines = [line.get("n") or line["text"] for line in recorded.said(path)]
    assert lines[:8] == ["to step 0", 1, "to step 1", 2, "to step 2", "to step 1", "selects v", "note: the square"]
    assert lines[8:] == [3, 4, "to step 4", "the end, after 4 steps"]
    assert [line["time"] for line in recorded.said(path) if "time" in line] == sorted(
        line["time"] for line in recorded.said(path) if "time" in line
    )


async def test_edits_are_written_with_what_they_branch_off(tmp_path: Path) -> None:
    path = tmp_path / "a.bptlog"
    async with recorded.recording(xor(4), path) as pilot:
        await _nested(pilot)
    edits = [line for line in did(path) if line["event"] in ("edit", "keep", "drop")]
    told = [[line.get(key) for key in ("text", "branch", "base", "iteration", "cell", "value")] for line in edits]
    assert told == [
        ["what if: η = 3", 1, 0, 3, None, 3.0],
        ["what if: W₂[0, 0] = 2", 2, 1, 4, [0, 0], 2.0],
        ["what if: b₂ = [1]", 3, 0, 2, None, [1.0]],
        ["drops the branch, to step 68", None, None, None, None, None],
        ["what if: x[0, 1] = 2", 4, 0, 1, [0, 1], 2.0],
        ["keeps the branch", None, None, None, None, None],
    ]


async def test_predictions_are_written_with_their_grades(tmp_path: Path) -> None:
    """tanh4: δ₄ = ∂L/∂z · 1 = tanh 4 - 10."""
    path = tmp_path / "a.bptlog"
    async with recorded.recording("tanh4", path) as pilot:
        await screens.press(pilot, "f", "p")
        for answer in ("?", "-9.0007", "5"):
            await screens.press(pilot, "s")
            await screens.enter(pilot, answer)
        await screens.press(pilot, "q")
    track = did(path)[2:]
    assert [line["event"] for line in track] == ["prediction", "move"] * 3
    told = [[line[key] for key in ("text", "position", "answer", "right", "as_what")] for line in track[::2]]
    assert told[0] == ["asks to see it", 10, None, False, ""]
    assert told[1] == ["predicts -9.0007, right: that is the product", 11, -9.0007, True, "product"]
    assert told[2][0].startswith("predicts 5, wrong")
    assert told[2][1:] == [12, 5.0, False, ""]
    await assert_the_same_again(path)


async def test_what_is_done_on_pages_and_in_prompts_is_no_move(tmp_path: Path) -> None:
    path = tmp_path / "a.bptlog"
    async with recorded.recording("tanh4", path) as pilot:
        await screens.press(
            pilot, "f", *"eqvqmq?q", "x", "escape", "g", "escape", "a", "escape", "b", "escape", "X", "d"
        )
    assert [line["text"] for line in did(path)] == ["to step 0", "to step 9"]


async def test_it_records_what_plays_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.bptlog"
    async with recorded.recording("nested4", path) as pilot:
        await screens.press(pilot, *"+++++", "space")
        await screens.until(pilot, lambda: "the end" in screens.text(pilot.app)[-2])
    assert moves(path) == list(range(9))
    await assert_the_same_again(path)


async def test_a_run_that_stops(tmp_path: Path) -> None:
    """nested4 at x = 0 takes the logarithm of 0, in its third step; the run has eight."""
    path = tmp_path / "a.bptlog"
    async with recorded.recording("nested4", path) as pilot:
        await screens.press(pilot, *"sssss")
        await what_if(pilot, "x = 0")
        await screens.press(pilot, "s", "S", "X", "d", "s")
    assert [line["n"] for line in recorded.said(path) if line.get("branch") == 1 and "n" in line] == [1, 2, 3]
    await assert_the_same_again(path)


# ---- r in the middle of a session


async def _in_a_branch(pilot: Pilot[None]) -> None:
    await screens.press(pilot, *"iii")
    await what_if(pilot, "η = 3")
    await note(pilot, "why?")
    await screens.press(pilot, "i")
    await what_if(pilot, "W2[0, 0] = 2")
    await screens.press(pilot, "s", "j")


async def _after_keep(pilot: Pilot[None]) -> None:
    await _in_a_branch(pilot)
    await screens.press(pilot, "X", "k", "s")


async def _in_a_branch_after_keep(pilot: Pilot[None]) -> None:
    await _after_keep(pilot)
    await screens.press(pilot, "I")
    await what_if(pilot, "b2 = [1]")


async def _before_the_branch(pilot: Pilot[None]) -> None:
    await _in_a_branch(pilot)
    await screens.press(pilot, "0")


async def _in_a_branch_of_what_is_kept_from_later_on(pilot: Pilot[None]) -> None:
    """From iteration 1 on, while what was kept began in iteration 3: nothing of that is seen."""
    await _after_keep(pilot)
    await screens.press(pilot, "0")
    await what_if(pilot, "b2 = [1]")


BEFORE: dict[str, tuple[Session, list[str]]] = {
    "at the beginning": (lambda pilot: screens.press(pilot), []),
    "in a branch": (_in_a_branch, ["edit", "edit"]),
    "after keep": (_after_keep, ["edit", "edit", "keep"]),
    "in a branch after keep": (_in_a_branch_after_keep, ["edit", "edit", "keep", "edit"]),
    "before the branch": (_before_the_branch, ["edit", "edit"]),
}


@pytest.mark.parametrize(("before", "lines"), BEFORE.values(), ids=BEFORE)
async def test_a_recording_begins_with_what_led_there(before: Session, lines: list[str], tmp_path: Path) -> None:
    path = tmp_path / "a.bptlog"
    async with screens.opened(xor(5)) as pilot:
        await before(pilot)
        noted = [text for texts in screens.debugger(pilot).noted.values() for text in texts]
        position = screens.debugger(pilot).position
        before_r = screens.text(pilot.app)
        rows = await record_from_here(pilot, path)
        assert rows[1:-2] == before_r[1:-2]
        await screens.press(pilot, "s", "S")
        await what_if(pilot, "η = 0.5")
        await screens.press(pilot, "s", "X", "d", "i", "G", "r")
    track = did(path)
    assert [line["event"] for line in track[: len(lines)]] == lines
    assert [line["note"] for line in track if line["event"] == "note"] == noted
    assert moves(path)[0] == position
    assert_written_before_shown(path)
    await assert_the_same_again(path)


async def test_what_is_left_behind_is_not_recorded(tmp_path: Path) -> None:
    """An edit from iteration 1 on, after one of iteration 3 was kept; it ends where the branch is dropped."""
    path = tmp_path / "a.bptlog"
    async with screens.opened(xor(5)) as pilot:
        await _in_a_branch_of_what_is_kept_from_later_on(pilot)
        await record_from_here(pilot, path)
        await screens.press(pilot, "s", "X", "d")
        assert "what you are back at is not in it" in screens.text(pilot.app)[-2]
        assert not screens.debugger(pilot).recorder.is_on
    assert recorded.opened(path).is_complete
    await assert_the_same_again(path)


# ---- long work


async def _at_work(pilot: Pilot[None]) -> None:
    """Go to the end, and wait until the steps on the way are being written."""
    await screens.tap(pilot, "G")
    async with asyncio.timeout(20):
        while "recording: " not in screens.text(pilot.app)[-2]:
            await asyncio.sleep(0.005)  # else the other thread would hardly work


async def test_a_jump_writes_what_lies_between_and_says_how_far_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.bptlog"
    async with recorded.recording(xor(700), path, (120, 40)) as pilot:
        await _at_work(pilot)
        assert re.search(r"recording: [\d,]+ of [\d,]+; a move stops it", screens.text(pilot.app)[-2])
        await screens.settle(pilot)
        assert screens.debugger(pilot).position == 700 * STEPS
    assert_written_before_shown(path)
    assert recorded.opened(path).spans[0].reach == 700 * STEPS


async def test_a_jump_that_was_stopped_while_it_was_written(tmp_path: Path) -> None:
    """Of it there are steps that were not shown: a replay that is recorded has only those that are."""
    path = tmp_path / "a.bptlog"
    async with recorded.recording(xor(700), path, (120, 40)) as pilot:
        await _at_work(pilot)
        await screens.tap(pilot, "j")
        await _at_work(pilot)
        await screens.press(pilot, "s", "s")
        await what_if(pilot, "η = 3")
        await screens.press(pilot, "s", "X", "d", "i")
    assert moves(path) == [0, 1, 2, 3, 18]
    assert recorded.opened(path).spans[0].reach > 18
