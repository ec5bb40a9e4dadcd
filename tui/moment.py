"""What the whole screen is drawn from: one frozen record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from bptui.core.events import Event
from bptui.core.timeline import Timeline

from .ascii import to_ascii
from .lines import Line, wrapped
from .numbers import AS_FITS, Format

if TYPE_CHECKING:  # most readers bring no gradients of their own
    from bptui.core.comparison.records import Comparison


class Moment(msgspec.Struct, frozen=True, eq=False):
    """A position on a timeline, and what the reader has set up around it.

    `selected` is a row of the table, if one is selected; `keeps_row` says whether that row, rather than the one of the
    step, is to be seen. `run` is the timeline that a branch is compared with, `edits` what was
    changed in it, `kept` what was changed in the run itself; `own` is the reader's own backward pass, compared with the
    run; `noted` what the reader has noted here. `says` stands in place of the bar. `numbers` is the format of numbers;
    `picture` names the picture that is shown, `pane` the pane that the reader has chosen; where the terminal
    `is_ascii`, pictures are told in words. `begins` says which key does.
    """

    timeline: Timeline
    position: int
    selected: int | None = None
    keeps_row: bool = False
    run: Timeline | None = None
    edits: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    own: Comparison | None = None
    watched: tuple[Line, ...] = ()
    noted: tuple[str, ...] = ()
    mode: str = ""
    says: str = ""
    numbers: Format = AS_FITS
    picture: str = ""
    pane: str = ""
    is_ascii: bool = False
    begins: str = ""

    def wrapped(self, text: str, width: int) -> list[str]:
        """A text in lines of at most `width` cells, as the terminal will show it: the twins of symbols are longer."""
        return wrapped(to_ascii(text) if self.is_ascii else text, max(width, 2))

    @property
    def event(self) -> Event | None:
        """What has just happened."""
        return self.timeline.event(self.position)

    @property
    def is_compared(self) -> bool:
        """Whether the reader has gradients of this iteration, and is in it."""
        return self.own is not None and self.own.chapter.start < self.position <= self.own.chapter.end

    @property
    def run_had_stopped(self) -> bool:
        """Whether the run that a branch has left stopped before this position."""
        return self.run is not None and self.run.reach(self.position) < self.position
