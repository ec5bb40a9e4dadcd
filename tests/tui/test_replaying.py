"""Replaying through real keys: what was seen is seen again, and a reader may look around meanwhile."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

import pytest
import recorded
import screens
from jobs import xor
from recorded import note, recording, replaying, to_the_end
from runs import finish
from textual.pilot import Pilot
from trying import what_if
from verifying import ended, with_value

from bptui.core.moves import MOVES
from bptui.tui.replay import Replay

XOR = xor(4)
WHAT_IF = re.compile(r" what if: .*?(?=  |$)")


def seen(rows: Sequence[str]) -> list[str]:
    """A screen without what it says of recording and replaying, and without the bar; of a wide one what is changed."""
    what_if = WHAT_IF.findall(rows[0]) if len(rows) >= 40 else []
    return [*what_if, *rows[1:-2]]


async def _tour(pilot: Pilot[None], path: Path) -> dict[int, list[str]]:
    """A session with all that a reader does; the screen after each line of its track."""
    shown = {}

    async def press(*keys: str) -> None:
        for key in keys:
            await screens.press(pilot, key)
            remember()

    def remember() -> None:
        shown[len(recorded.did(path))] = seen(screens.text(pilot.app))

    remember()
    await press(*"sssfSjj")
    await note(pilot, "the way back")
    remember()
    await press("i")
    await what_if(pilot, "W2[0, 1] = 3")
    remember()
    await press(*"sfd", "I")
    await screens.press(pilot, "X", "k")
    remember()
    await press("s")
    await what_if(pilot, "η = 3")
    remember()
    await press("f", "i")
    await screens.press(pilot, "X", "d")
    remember()
    await press("s", "0", "G")
    return shown


async def one_line(pilot: Pilot[None]) -> list[str]:
    """Follow the track by one line, and pause; returns the screen."""
    replay = screens.debugger(pilot).replay
    assert replay is not None
    upto = replay.at + 1
    with mock.patch.object(Replay, "pause_before_next", lambda self: 0.0 if self.at < upto else 3600.0):
        await screens.press(pilot, "space")
        await screens.until(pilot, lambda: replay.at == upto and not screens.debugger(pilot).is_working)
        if screens.debugger(pilot).playing:
            await screens.press(pilot, "space")
    return screens.text(pilot.app)


# ---- on the track


@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_what_was_seen_is_seen_again(size: tuple[int, int], tmp_path: Path) -> None:
    """After each line of the track, whatever has the reader come from."""
    path = tmp_path / "a.bptlog"
    async with recording(XOR, path, size) as pilot:
        shown = await _tour(pilot, path)
    async with replaying(path, size=size) as pilot:
        debugger = screens.debugger(pilot)
        assert debugger.replay is not None
        assert seen(screens.text(pilot.app)) == shown[1]
        while not debugger.replay.is_over:
            rows = await one_line(pilot)
            if expected := shown.get(debugger.replay.at):
                assert seen(rows) == expected


async def test_it_is_said_what_it_is_and_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.bptlog"
    async with recording("tanh4", path) as pilot:
        await screens.press(pilot, *"ssj")
    async with replaying(path) as pilot:
        rows = screens.text(pilot.app)
        assert "4 moments: space plays it" in rows[-2]
        assert rows[0].endswith(" a.bptlog  track 1 of 4")
        assert (await one_line(pilot))[0].endswith(" track 2 of 4")
        rows = await to_the_end(pilot)
        assert "the end of the recording; space plays it again" in rows[-2]
        assert rows[0].endswith(" track 4 of 4")


async def test_space_plays_and_pauses_and_plays_again(tmp_path: Path) -> None:
    path = tmp_path / "a.bptlog"
    async with recording("nested4", path) as pilot:
        await screens.press(pilot, *"ssss")
        await what_if(pilot, "x = 3")
        await screens.press(pilot, "s", "X", "k", "s")
    async with replaying(path) as pilot:
        debugger, replay = screens.debugger(pilot), screens.debugger(pilot).replay
        assert replay is not None
        with mock.patch.object(Replay, "pause_before_next", return_value=3600.0):
            rows = await screens.press(pilot, "space")
            assert "playing at the recorded pace; space pauses" in rows[-2]
            rows = await screens.press(pilot, "space")
            assert "paused; " in rows[-2]
            assert "track 1 of 9" in rows[-2]
            assert debugger.playing is None
        first = await to_the_end(pilot)
        positions: list[int] = []
        debugger.watch(debugger, "position", lambda position: positions.append(position), init=False)
        assert seen(await to_the_end(pilot)) == seen(first)
        assert positions == [0, 1, 2, 3, 4, 5, 6]


def test_the_pace_is_the_recorded_one_faster_or_slower(tmp_path: Path) -> None:
    path = tmp_path / "a.bptlog"
    log = _log_of_times(path, (0.0, 0.5, 0.5, 3.25))
    replay = Replay(log, recorded.RecordedTimeline(log, log.scenario))
    finish(replay.rewind())
    for speed, factor in enumerate((0.25, 0.5, 1, 2, 4, 8, 16, 32)):
        replay.speed = speed
        assert replay.pause_before_next() == 0.5 / factor
    replay.speed = 2
    pauses = []
    while not replay.is_over:
        pauses.append(replay.pause_before_next())
        finish(replay.follow())
    assert pauses == [0.5, 0.0, 2.75]


def _log_of_times(path: Path, times: Sequence[float]) -> recorded.Log:
    recorded.record("tanh4", recorded.parse(["record", "tanh4", "-o", str(path)])[1])
    lines = path.read_bytes().splitlines(keepends=True)
    move = {"event": "move", "text": "to step 3", "position": 3}
    moves = [with_value(json.dumps({**move, "time": 0, "crc": ""}).encode(), "time", time) for time in times]
    path.write_bytes(b"".join(ended([*lines[:4], *moves, lines[-1]])))
    log = recorded.opened(path)
    assert log.is_complete
    return log


async def test_the_speed_is_said_and_has_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.bptlog"
    async with recording("tanh4", path) as pilot:
        await screens.press(pilot, *"ss")
    async with replaying(path) as pilot:
        for keys, speeds in (("+" * 6, "2 4 8 16 32 32"), ("-" * 4, "16 8 4 2")):
            for key, speed in zip(keys, speeds.split(), strict=True):
                rows = await screens.press(pilot, key)
                assert f"at {speed} times the recorded pace" in rows[-2]
        assert "at the recorded pace" in (await screens.press(pilot, "-"))[-2]
        for speed in ("0.5", "0.25", "0.25"):
            assert f"at {speed} times the recorded pace" in (await screens.press(pilot, "-"))[-2]
        assert screens.debugger(pilot).playing is None


async def test_the_speed_changes_while_it_plays(tmp_path: Path) -> None:
    """A pause of a day is over at once."""
    path = tmp_path / "a.bptlog"
    async with recording("tanh4", path) as pilot:
        await screens.press(pilot, *"ss")
    async with replaying(path) as pilot:
        replay = screens.debugger(pilot).replay
        assert replay is not None
        with mock.patch.object(Replay, "pause_before_next", lambda self: 86_400.0 if self.speed < 3 else 0.0):
            await screens.press(pilot, "space")
            assert replay.at == 1
            await screens.press(pilot, "+")
            await screens.until(pilot, lambda: replay.is_over)


# ---- off the track


async def test_every_way_of_moving_works(tmp_path: Path) -> None:
    """As in the run that was recorded."""
    path = tmp_path / "a.bptlog"
    keys = {
        "s": "step",
        "S": "step_back",
        "n": "line",
        "N": "line_back",
        "f": "phase",
        "F": "phase_back",
        "i": "iteration",
        "I": "iteration_back",
        "0": "first",
        "G": "last",
    }
    async with recording(XOR, path) as pilot:
        await screens.press(pilot, "G", "0", "s")
    run = screens.timeline(XOR)
    async with screens.opened(XOR) as plain, replaying(path) as pilot:
        for key in "ssnNfiiFSfnGSSIsi":
            before = screens.debugger(pilot).position
            rows = await screens.press(pilot, key)
            assert screens.debugger(pilot).position == MOVES[keys[key]](run, before)
            assert seen(rows) == seen(await screens.press(plain, key))
            assert "off the track, = leads back" in rows[0]
        for key, typed in (("g", "40"), ("g", "δ2"), ("/", "W2"), ("b", "loss < 1")):
            for each in (plain, pilot):
                await screens.press(each, key)
                await screens.enter(each, typed)
            assert seen(screens.text(pilot.app)) == seen(screens.text(plain.app))
        for key in "tT.,cCjkt0G":
            assert seen(await screens.press(pilot, key)) == seen(await screens.press(plain, key))


async def test_a_reader_leaves_the_track_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "a.bptlog"
    async with recording(XOR, path) as pilot:
        shown = await _tour(pilot, path)
    async with replaying(path) as pilot:
        debugger, replay = screens.debugger(pilot), screens.debugger(pilot).replay
        assert replay is not None
        while not replay.is_over:
            await one_line(pilot)
            on_track = screens.text(pilot.app)
            assert f"track {replay.at} of " in on_track[0]
            await screens.press(pilot, "0" if debugger.position else "s")
            if replay.at % 3 == 0:
                await what_if(pilot, "b2 = [0.25]")
                await screens.press(pilot, "s", "X", "dk"[replay.at % 2])
            rows = await screens.press(pilot, "s", "s")
            assert "off the track, = leads back" in rows[0]
            rows = await screens.press(pilot, "=")
            assert "back on the track; space plays on" in rows[-2]
            assert seen(rows)[:3] == seen(on_track)[:3]
            assert f"track {replay.at} of " in rows[0]
            rows = await screens.press(pilot, "=")
            assert f"track {replay.at} of " in rows[-2]
        assert debugger.position == 68
    assert shown[len(recorded.did(path))]


async def test_playing_on_from_off_the_track_leads_back_first(tmp_path: Path) -> None:
    path = tmp_path / "a.bptlog"
    async with recording(XOR, path) as pilot:
        shown = await _tour(pilot, path)
    async with replaying(path) as pilot:
        for _ in range(14):
            await one_line(pilot)
        await screens.press(pilot, "X", "k", "i")
        await what_if(pilot, "b2 = [0.25]")
        rows = await to_the_end(pilot)
        assert seen(rows) == shown[len(recorded.did(path))]


async def test_keeping_a_branch_of_the_track_is_off_the_track(tmp_path: Path) -> None:
    """On the track it is dropped: what comes then is of the run."""
    path = tmp_path / "a.bptlog"
    async with recording("tanh4", path) as pilot:
        await screens.press(pilot, "f")
        await what_if(pilot, "x = 3")
        await screens.press(pilot, "s", "X", "d")
        rows = await screens.press(pilot, "s")
    async with replaying(path) as pilot:
        for _ in range(3):
            await one_line(pilot)
        assert "off the track" in (await screens.press(pilot, "X", "k"))[0]
        assert seen(await to_the_end(pilot)) == seen(rows)


async def test_a_branch_of_the_reader_goes_on_to_the_end_of_the_run(tmp_path: Path) -> None:
    """The log ends after five steps of 33."""
    path = tmp_path / "a.bptlog"
    async with recording("tanh4", path) as pilot:
        await screens.press(pilot, *"sssss")
    async with replaying(path) as pilot:
        await screens.press(pilot, "G")
        assert screens.debugger(pilot).position == 5
        await what_if(pilot, "x = 3")
        rows = await screens.press(pilot, "G")
        assert screens.debugger(pilot).position == 33
        async with screens.opened("tanh4") as plain:
            await what_if(plain, "x = 3")
            expected = await screens.press(plain, "G")
        assert rows[2:11] == expected[2:11]
        await screens.press(pilot, "X", "d")
        assert screens.debugger(pilot).position == 5


async def test_a_recording_of_a_replay_with_moves_of_the_reader(tmp_path: Path) -> None:
    """It leads to what was seen, also where the reader has left the track for a few steps."""
    path, again = tmp_path / "a.bptlog", tmp_path / "b.bptlog"
    async with recording(XOR, path) as pilot:
        shown = await _tour(pilot, path)
    async with replaying(path, again) as pilot:
        for _ in range(4):
            await one_line(pilot)
        await screens.press(pilot, "s", "i", "=")
        await to_the_end(pilot)
    recorded.assert_written_before_shown(again)
    async with replaying(again) as pilot:
        assert seen(await to_the_end(pilot)) == shown[len(recorded.did(path))]


async def test_from_another_branch_no_line_leads_back_and_the_recording_ends(tmp_path: Path) -> None:
    """The branch on the track was dropped: no line says that it goes on."""
    path, again = tmp_path / "a.bptlog", tmp_path / "b.bptlog"
    async with recording("tanh4", path) as pilot:
        await what_if(pilot, "x = 3")
        await screens.press(pilot, "s", "s")
    async with replaying(path, again, (120, 40)) as pilot:
        await one_line(pilot)
        await screens.press(pilot, "X", "d", "s")
        rows = await screens.press(pilot, "=")
        assert "recorded to " in rows[-2]
        assert re.search(r" what if: x = 3 .* track 2 of 4$", rows[0])
    assert recorded.opened(again).is_complete


# ---- logs that are not as they were written


async def _log(path: Path) -> list[bytes]:
    """The lines of the log of a short session."""
    async with recording("tanh4", path) as pilot:
        await screens.press(pilot, *"sss")
        await what_if(pilot, "x = 3")
        await screens.press(pilot, *"ss")
        await what_if(pilot, "W3 = 0.5")
        await screens.press(pilot, *"sX", "d", *"ss")
    return path.read_bytes().splitlines(keepends=True)


async def test_a_torn_log_opens_up_to_its_last_whole_event(tmp_path: Path) -> None:
    """Cut anywhere behind the first line: within a line and behind it."""
    path = tmp_path / "a.bptlog"
    lines = await _log(path)
    for count in (1, 2, 3, 8, 9, 10, 16, 17, len(lines) - 1):
        for torn in (0, 7) if count % 8 else (len(lines[count]) - 1,):
            path.write_bytes(b"".join([*lines[:count], lines[count][:torn]]))
            whole = [json.loads(line) for line in lines[1:count]]
            reach = max((line["n"] for line in whole if "n" in line and "branch" not in line), default=0)
            problem = f"line {count + 1} is not whole" if torn else "the recording was not ended"
            async with replaying(path, size=(120, 40)) as pilot:
                rows = screens.text(pilot.app)
                assert problem in rows[-2]
                assert f"shown up to step {reach}" in rows[-2]
                await screens.press(pilot, "G")
                assert screens.debugger(pilot).position == reach


async def test_a_torn_log_is_replayed_and_recorded_up_to_there(tmp_path: Path) -> None:
    path, again = tmp_path / "a.bptlog", tmp_path / "b.bptlog"
    lines = await _log(path)
    for count in (8, 12, 15, 20):
        path.write_bytes(b"".join(lines[:count]))
        shown = max(i for i, line in enumerate(lines[:count]) if b'"time":' in line)
        *copied, _ = await recorded.recorded_again(path, again)
        assert shown <= len(copied) < count
        assert copied == lines[1 : len(copied) + 1]
        again.unlink()


async def test_a_log_without_a_track_plays_step_by_step(tmp_path: Path) -> None:
    path = tmp_path / "a.bptlog"
    recorded.record("nested4", recorded.parse(["record", "nested4", "-o", str(path)])[1])
    async with replaying(path) as pilot, screens.opened("nested4") as plain:
        rows = screens.text(pilot.app)
        assert "track" not in rows[0]
        assert "no track to go back to" in (await screens.press(pilot, "="))[-2]
        rows = await screens.press(pilot, *"+++++", "space")
        rows = await screens.until(pilot, lambda: "the end" in screens.text(pilot.app)[-2])
        assert screens.debugger(pilot).position == 8
        assert seen(rows) == seen(await screens.press(plain, "G"))


async def test_a_log_of_nothing(tmp_path: Path) -> None:
    """Nothing was shown but the beginning."""
    path = tmp_path / "a.bptlog"
    async with recording("tanh4", path) as pilot:
        await note(pilot, "here it begins")
    async with replaying(path) as pilot:
        rows = await screens.press(pilot, *"sSnNfFiIG0tTdDjk", "space", "=")
        assert screens.debugger(pilot).position == 0
        await what_if(pilot, "x = 3")
        rows = await screens.press(pilot, "G")
        assert rows[-2].split()[:3] == ["33", "/", "33"]
    await recorded.assert_the_same_again(path)


async def test_d_finds_what_the_log_says_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "a.bptlog"
    recorded.record("tanh4", recorded.parse(["record", "tanh4", "-o", str(path)])[1])
    lines = path.read_bytes().splitlines(keepends=True)
    async with replaying(path) as pilot:
        assert "the log is what is derived" in (await screens.press(pilot, "d"))[-2]
        assert screens.debugger(pilot).position == 0
    lines[15] = with_value(lines[15], "downstream", -0.5)
    path.write_bytes(b"".join(ended(lines)))
    async with replaying(path) as pilot:
        rows = await screens.press(pilot, "d")
        assert screens.debugger(pilot).position == 15
        assert "≠ the log says otherwise than is derived" in rows[-2]
        assert any(row.endswith(" = -0.5") for row in rows)  # what the log says is what is shown
        assert "the log is what is derived, ahead" in (await screens.press(pilot, "d"))[-2]
        await screens.press(pilot, "G", "D")
        assert screens.debugger(pilot).position == 15


async def test_edits_that_cannot_be_made_are_passed_over(tmp_path: Path) -> None:
    """And so is what was changed in their branches; what comes of it is shown of the run."""
    says: list[str] = []
    path = tmp_path / "a.bptlog"
    lines = await _log(path)
    edit = next(i for i, line in enumerate(lines) if line.startswith(b'{"event":"edit"'))
    lines[edit] = with_value(lines[edit], "name", "nobody")
    path.write_bytes(b"".join(ended(lines)))
    async with replaying(path) as pilot:
        with mock.patch.object(screens.Debugger, "say", lambda _, text: says.append(text)):
            await to_the_end(pilot)
        assert says[1].startswith("there is no value 'nobody' to change")
        assert "what could not be made is left out" in says[2]
        rows = await to_the_end(pilot)
        assert "the end of the recording" in rows[-2]
        assert screens.debugger(pilot).position == 8
        assert "the end of the recording" in (await to_the_end(pilot))[-2]


async def test_a_log_that_begins_with_an_edit_that_cannot_be_made(tmp_path: Path) -> None:
    path = tmp_path / "a.bptlog"
    async with screens.opened("tanh4") as pilot:
        await what_if(pilot, "x = 3")
        await recorded.record_from_here(pilot, path)
        await screens.press(pilot, "s", "s", "r")
    lines = path.read_bytes().splitlines(keepends=True)
    lines[1] = with_value(lines[1], "value", "inf")
    path.write_bytes(b"".join(ended(lines)))
    async with replaying(path) as pilot:
        assert "the new value of x is not a number" in screens.text(pilot.app)[-2]
        for _ in range(2):
            rows = await to_the_end(pilot)
            assert "the end of the recording" in rows[-2]
