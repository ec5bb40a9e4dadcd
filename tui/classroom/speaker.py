"""What a session's reader does is told to the server, where else it would be recorded."""

from __future__ import annotations

from bptui.core.edits import Edit
from bptui.core.log import cells
from bptui.core.timeline import Timeline

from ..recorder import Recorder
from .participant import Participant
from .steps import Dropped, Edited, Kept, Moved, Noted, Selected


class Speaker(Recorder):
    """Tells what the reader does; with a `time`, the class has done it, and it is told to nobody."""

    def __init__(self, participant: Participant) -> None:
        super().__init__()
        self._participant = participant

    def move(self, position: int, time: float | None = None) -> None:
        if time is None:
            self._participant.did(Moved(position))

    def select(self, row: int | None, name: str, time: float | None = None) -> None:
        if time is None:
            self._participant.did(Selected(row))

    def note(self, position: int, text: str, time: float | None = None) -> None:
        if time is None:
            self._participant.did(Noted(position, text))

    def edit(self, timeline: Timeline, base: Timeline, edit: Edit, first: int, time: float | None = None) -> None:
        if time is None:
            self._participant.did(Edited(first + 1, edit.name, edit.cell, cells.written(edit.value)))

    def keep(self, time: float | None = None) -> None:
        if time is None:
            self._participant.did(Kept())

    def drop(self, run: Timeline, position: int, time: float | None = None) -> str:
        if time is None:
            self._participant.did(Dropped(position))
        return ""
