"""What the reader has set up to stop at and to watch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from bptui.core.chapter import Chapter
from bptui.core.errors import InputError
from bptui.core.notation import SHORT, array
from bptui.core.program import Program
from bptui.core.scenario import Scenario
from bptui.core.timeline import MOST_BYTES, Timeline

from .lines import Line, Span, line

if TYPE_CHECKING:  # most runs have neither breakpoints nor watches, and no gradients of the reader's own
    from bptui.core.comparison.records import Comparison
    from bptui.core.conditions.condition import Condition
    from bptui.core.conditions.watches import Watch

Parsed = TypeVar("Parsed")

HISTORY = 32
"""Iterations that the sparkline of a watch goes back."""


class Setup:
    """Breakpoints and watches, in the order in which they were set; a breakpoint may be switched off.

    `own` is what has become of the reader's own gradients, where there are some.
    """

    def __init__(self) -> None:
        self.own: Comparison | None = None
        self.breakpoints: list[Condition] = []
        self.off: set[str] = set()
        self.watches: list[Watch] = []
        self._ends: dict[tuple[str, int], float | None] = {}
        self._of: Timeline | None = None

    def hits(self, chapter: Chapter) -> list[int]:
        """The indices of an iteration at which any breakpoint that is switched on hits."""
        from bptui.core.conditions.breakpoints import hits_any

        return hits_any([condition for condition in self.breakpoints if condition.text not in self.off], chapter)

    def hit_at(self, timeline: Timeline, position: int) -> list[str]:
        """The breakpoints that hit at a position."""
        from bptui.core.conditions.breakpoints import hits

        if position == 0:
            return []
        chapter = timeline.chapter(position)
        here = position - 1 - chapter.start
        return [c.text for c in self.breakpoints if c.text not in self.off and here in hits(c, chapter)]

    def watched(self, timeline: Timeline, position: int) -> Iterator[Line]:
        """For each watch its value at a position, and over the iterations up to there."""
        if self._of is not timeline:
            self._of = timeline
            self._ends.clear()
        if not self.watches:
            return
        from bptui.core.conditions.watches import sparkline

        for watch in self.watches:
            value = watch.at(timeline, position)
            text = "·" if value is None else array(value, SHORT)
            history = self._history(watch, timeline, position)
            known = [x for x in history if x is not None]
            drawn = f"  {sparkline(history, HISTORY)}  {min(known):.4g} … {max(known):.4g}" if len(known) > 1 else ""
            yield line(Span(" watch ", "dim"), Span(f"{watch.text} = ", "head"), Span(text, "now"), Span(drawn, "dim"))

    def _history(self, watch: Watch, timeline: Timeline, position: int) -> list[float | None]:
        """Its value, or its norm, behind each of the last iterations; of large ones only where one has been."""
        if timeline.scenario.iterations == 1:
            return []
        now = timeline.chapter(position)
        upto = now.number + (position >= now.end)
        for number in range(max(upto - HISTORY, 0), now.number + 1):
            key = (watch.text, number)
            if key not in self._ends and (number == now.number or now.nbytes < MOST_BYTES // HISTORY):
                self._ends[key] = watch.at_end(timeline.chapter_of(number))
        return [self._ends.get((watch.text, number)) for number in range(max(upto - HISTORY, 0), upto)]


def set_up(scenario: Scenario, breakpoints: Sequence[str] = (), watches: Sequence[str] = ()) -> Setup:
    """What a scenario sets up, and then the command line; InputError where a condition or a watch is none."""
    setup = Setup()
    if breakpoints or scenario.breakpoints:
        from bptui.core.conditions.condition import parse

        setup.breakpoints += [parse(text, scenario.program) for text in scenario.breakpoints]
        setup.breakpoints += [_of("--break", parse, text, scenario.program) for text in breakpoints]
        setup.breakpoints = list({condition.text: condition for condition in setup.breakpoints}.values())
    if watches or scenario.watches:
        from bptui.core.conditions.watches import parse_watch

        setup.watches += [parse_watch(text, scenario.program) for text in scenario.watches]
        setup.watches += [_of("--watch", parse_watch, text, scenario.program) for text in watches]
    return setup


def _of(option: str, parse: Callable[[str, Program], Parsed], text: str, program: Program) -> Parsed:
    """What was given to an option, parsed."""
    try:
        return parse(text, program)
    except InputError as error:
        error.file = option
        raise
