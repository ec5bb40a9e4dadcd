"""What a comparison with a reader's own backward pass says: frozen records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Protocol, TypeAlias, TypeVar

import msgspec

from ..chapter import Chapter
from ..jacobian import Array
from ..mistakes import Candidate
from ..scenario import Scenario

Verdict: TypeAlias = Literal["right", "wrong here", "inherited", "undetermined", "not given"]


class Judgement(msgspec.Struct, frozen=True, eq=False):
    """How the gradient of one variable is formed in the reader's pass.

    `index` is the event of the iteration that is judged: the one at which the gradient is complete, or the
    multiplication in which the mistake is. `given` is the reader's number (None where it is missing) in the layout of
    the scenario, `expected` what the true rule makes of the reader's own upstream, `true` what the run has;
    `tolerance` is how far rounding may put each cell off.
    `mistakes` are those that reproduce the reader's number, the most likely first. Where the verdict is
    "undetermined" the mistake is in the formation of one of the variables of `between`, the first one nearest to the
    loss. `finding` numbers the mistakes from 1; of what is right or inherited it is 0. Where a missing number is wrong,
    `implied` is what the likeliest mistake makes it, `implied_at` its variable, and `explains` names the numbers of the
    reader that come of that. `remarks` are no mistakes.
    """

    variable: str
    index: int
    verdict: Verdict
    given: Array | None
    expected: Array
    true: Array
    tolerance: Array
    mistakes: tuple[Candidate, ...] = ()
    between: tuple[str, ...] = ()
    finding: int = 0
    implied: Array | None = None
    implied_at: str = ""
    explains: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def yours(self) -> Array | None:
        """The reader's number, as it is given or implied."""
        return self.implied if self.given is None and self.implied_at == self.variable else self.given


class Found(Protocol):
    """What belongs to a finding; to none where that is 0."""

    @property
    def finding(self) -> int: ...


Each = TypeVar("Each", bound=Found)


def first_of_each(found: Iterable[Each]) -> tuple[Each, ...]:
    """Of every finding what comes first, in that order."""
    first: dict[int, Each] = {}
    for each in found:
        if each.finding:
            first.setdefault(each.finding, each)
    return tuple(first.values())


class Comparison(msgspec.Struct, frozen=True, eq=False):
    """A reader's backward pass beside the true one: a judgement for each variable, from the loss on.

    `scenario` has the program that was differentiated: it may go further than the scenario's own, to what the reader
    has gradients of. `layout` says how the reader's arrays lie, and how that is known.
    """

    scenario: Scenario
    chapter: Chapter
    judgements: tuple[Judgement, ...]
    layout: str
    remarks: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The report, as `bptui check` prints it."""
        from .report import report
        from .text import text

        return "\n".join(text(report(self)))

    @property
    def findings(self) -> tuple[Judgement, ...]:
        """The mistakes, in the order of the backward pass: of each finding the first judgement."""
        return first_of_each(self.judgements)

    @property
    def first(self) -> Judgement | None:
        """The first wrong step; None where all are right."""
        return next(iter(self.findings), None)

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings
