"""A recording whose disk or file takes no more: the session goes on."""

import errno
import os
from pathlib import Path

import pytest
import recorded
import screens
from recorded import moves, note, record_from_here
from textual.pilot import Pilot
from trying import what_if

from bptui.core.log.output import Output

# ---- writing fails


class Failing(Output):
    """Its write number `at` fails, or fsync does, as on a full disk."""

    at = 0
    calls = 0
    syncs = True

    def _write(self, data: memoryview) -> int:
        self.calls += 1
        if self.calls == self.at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super()._write(data)

    def _sync(self) -> None:
        if self.syncs:
            super()._sync()
        else:
            self._fail(OSError(errno.EIO, os.strerror(errno.EIO)))


def failing(path: Path, at: int) -> Failing:
    output = Failing(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    output.at = at
    return output


async def _short(pilot: Pilot[None]) -> list[str]:
    """A session with an event, a move, a note and an edit among what is written; returns the last screen."""
    await screens.press(pilot, "s")
    await note(pilot, "now back")
    await what_if(pilot, "x = 3")
    return await screens.press(pilot, "s", "X", "d", "S")


async def test_whichever_write_fails_stepping_goes_on(tmp_path: Path) -> None:
    """The screen says after which event it stopped, and the log is whole up to there; the last write is that of q."""
    async with screens.opened("nested4", (120, 40)) as pilot:
        expected = await _short(pilot)
    for at in range(1, 1_000):
        path = tmp_path / f"{at}.bptlog"
        output = failing(path, at)
        async with recorded.recording("nested4", path, (120, 40), output) as pilot:
            rows = await _short(pilot)
            recorder = pilot.app.recorder  # type: ignore[attr-defined]
            last, failure = recorder._recording.last, output.failure
        assert recorder.has_failed
        assert rows[1:-2] == expected[1:-2]
        if at == 1:
            assert path.read_bytes() == b""
        else:
            assert recorded.opened(path).problem == "the recording was not ended"
            assert last == next((line["n"] for line in reversed(recorded.said(path)) if "n" in line), 0)
        if failure is None:
            break
        assert f"recording stopped after step {last}: No space left on device" in rows[0]
    assert at > 12


@pytest.mark.parametrize("size", screens.SIZES)
async def test_a_disk_that_fails_is_said_in_every_window(size: tuple[int, int], tmp_path: Path) -> None:
    """In the title, and at once in the bar too; r ends the recording, and another one may begin."""
    path, again = tmp_path / "a.bptlog", tmp_path / "b.bptlog"
    async with recorded.recording("tanh4", path, size, failing(path, 4)) as pilot:
        rows = await screens.press(pilot, "s")
        assert "recording stopped after step 1" in rows[-2]
        rows = await screens.press(pilot, "s")
        assert "after step 1: No space left on device" in rows[0]
        rows = await screens.press(pilot, "r")
        assert "recording stopped after step 1" in rows[-2]
        assert "recording" not in rows[0]
        await record_from_here(pilot, again)
        rows = await screens.press(pilot, "s")
        assert "● recording" in rows[0]
        await screens.press(pilot, "r")
    assert moves(again) == [2, 3]
    assert pilot.app.recorder.has_failed  # type: ignore[attr-defined]


async def test_fsync_fails(tmp_path: Path) -> None:
    """On its own thread, at the latest a second later."""
    path = tmp_path / "a.bptlog"
    output = failing(path, 0)
    output.syncs = False
    async with recorded.recording("tanh4", path, (120, 40), output) as pilot:
        rows = await screens.until(pilot, lambda: "Input/output error" in screens.text(pilot.app)[0])
        assert "recording stopped after step 0: Input/output error" in rows[0]
        rows = await screens.press(pilot, "s")
        assert rows[-2].split()[0] == "1"
    assert recorded.opened(path).problem == "the recording was not ended"
