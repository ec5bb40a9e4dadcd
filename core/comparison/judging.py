"""Where a backward pass goes wrong: each of its numbers is held against what the true rule makes of its own upstream.

So a mistake is counted once, where it is made, and what it carries along is right or inherited. Where numbers are
missing, the true rule stands in for them, and a mistake may be at any of the missing ones: then the catalogue is tried
at each, and what explains most of the reader's numbers is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from ..jacobian import Array
from ..mistakes import Candidate, candidates
from .injective import is_injective
from .records import Judgement, Verdict
from .remarks import saturated
from .rounding import Rounding
from .truth import Gradients, Truth, formed

MOST_TRIED = 100
"""Variables at which the catalogue is tried for one wrong number."""
ROUNDED = 64.0
"""Units in the last place of what a mistaken formula gives, by which a number may be off it."""


class Explanation(NamedTuple):
    """A mistake in the formation of a variable, and which of the reader's numbers come of it."""

    variable: str
    candidate: Candidate
    explains: tuple[str, ...]


class Judging:
    """Goes through the backward pass with the reader's numbers.

    `held` has the gradients that are passed on: the reader's, and of missing ones those that a mistake explains.
    `blamed` has the judgements of what is wrong, `suspect` by finding the missing variables that an unnamed mistake may
    be at.
    """

    def __init__(self, truth: Truth, given: Gradients, rounding: Rounding) -> None:
        self.truth = truth
        self.given = given
        self.rounding = rounding
        units = [_largest(unit) / max(_largest(given[name]), _largest(unit)) for name, unit in rounding.units.items()]
        self.coarseness = max(units, default=0.0)
        self.order = {name: number for number, name in enumerate(truth.links)}
        self.true = formed(truth.links, truth.start, {})[1]
        self.blamed: dict[str, Judgement] = {}
        self.suspect: dict[str, int] = {}
        self.findings = 0
        self._hold(given)

    def _hold(self, held: Gradients) -> None:
        self.held = dict(held)
        self.passed, self.expected = formed(self.truth.links, self.truth.start, held)
        self.tolerance = self.rounding.tolerance(held, self.expected)

    # ---- judging ------------------------------------------------------------------------------------------------

    def judgements(self) -> tuple[Judgement, ...]:
        """A judgement for each variable, in the order of the backward pass."""
        for variable in self.truth.links:
            if variable in self.given and not self.is_consistent(variable):
                self._explain(variable)
        output = self.truth.program.output
        return tuple(self._judgement(name) for name in self.truth.links if name != output or name in self.given)

    def inconsistent(self) -> list[str]:
        """The reader's numbers that do not come of their own upstreams."""
        return [variable for variable in self.given if not self.is_consistent(variable)]

    def is_consistent(self, variable: str) -> bool:
        """Whether the reader's number is what the true rule makes of its upstream."""
        return _is_near(self.given[variable], self.expected[variable], self.tolerance[variable])

    def _judgement(self, variable: str) -> Judgement:
        if variable in self.blamed:
            return self.blamed[variable]
        verdict: Verdict = "not given"
        if variable in self.given:
            is_true = _is_near(self.given[variable], self.true[variable], 2.0 * self.tolerance[variable])
            verdict = "right" if is_true or not self._inherits(variable) else "inherited"
        return self._made(variable, verdict, finding=0)

    def _inherits(self, variable: str) -> bool:
        """Whether something is wrong between here and the loss."""
        todo, seen = [variable], set[str]()
        while todo:
            for link in self.truth.links[todo.pop()]:
                if link.node.name in self.blamed:
                    return True
                if link.node.name not in seen:
                    seen.add(link.node.name)
                    todo.append(link.node.name)
        return False

    def _made(
        self,
        variable: str,
        verdict: Verdict,
        finding: int,
        mistakes: Sequence[Candidate] = (),
        between: Sequence[str] = (),
    ) -> Judgement:
        index = self.truth.index(variable)
        if mistakes and (at := mistakes[0].at) is not None and verdict == "wrong here":
            index = self.truth.links[variable][at].index
        return Judgement(
            variable=variable,
            index=index,
            verdict=verdict,
            given=self.given.get(variable),
            expected=self.expected[variable],
            true=self.true[variable],
            tolerance=self.tolerance[variable],
            mistakes=tuple(mistakes),
            between=tuple(between),
            finding=finding,
            remarks=self._remarks(variable, verdict),
        )

    def _remarks(self, variable: str, verdict: Verdict) -> tuple[str, ...]:
        if verdict not in ("right", "inherited"):
            return ()
        return saturated(self.truth, variable, self.given[variable], self.expected[variable])

    # ---- explaining ---------------------------------------------------------------------------------------------

    def _explain(self, variable: str) -> None:
        """Blame the formation of this variable, or of a missing one before it."""
        places = self._between(variable)
        found = list(self._explanations(variable, places[-MOST_TRIED:]))
        most = max((len(each.explains) for each in found), default=0)
        best = [each for each in found if len(each.explains) == most]
        blamed = [name for name in places if any(each.variable == name for each in best)] or places
        earlier = next((self.suspect[name] for name in places if name in self.suspect), 0)
        if not best and earlier:
            self.blamed[variable] = self._made(variable, "undetermined", earlier, between=places)
            return
        self.findings += 1
        if len(blamed) == 1:
            self.blamed[blamed[0]] = self._named(blamed[0], best)
        elif self._is_one_line(blamed) and not best:
            self.blamed[variable] = self._made(variable, "wrong here", self.findings, between=blamed)
        else:
            mistakes = _ranked(each.candidate for each in best)
            self.blamed[variable] = self._made(variable, "undetermined", self.findings, mistakes, blamed)
            self.suspect |= {name: self.findings for name in places if name not in self.given}
        first = next((each for each in best if each.variable not in self.given), None)
        if first is not None:  # what comes behind it is held against the mistaken number
            self._hold({**self.held, first.variable: first.candidate.gradient})
        elif len(self._inconsistent_with(variable, self.expected[variable])) < len(self.inconsistent()):
            self._hold({**self.held, variable: self.expected[variable]})  # what comes behind it does not use it

    def _named(self, variable: str, best: Sequence[Explanation]) -> Judgement:
        """The one place of a mistake; where the reader's number is missing, with what it must be."""
        made = self._made(variable, "wrong here", self.findings, _ranked(each.candidate for each in best))
        if variable in self.given or not best:
            return made
        explains = tuple(sorted(best[0].explains, key=self.order.__getitem__))
        return msgspec.structs.replace(made, implied=best[0].candidate.gradient, explains=explains)

    def _between(self, variable: str) -> list[str]:
        """The missing variables between here and what is held, that may be wrong, from the loss on; and this one."""
        found, todo = {variable}, [variable]
        while todo:
            for link in self.truth.links[todo.pop()]:
                name = link.node.name
                if name not in found and name not in self.held and name != self.truth.program.output:
                    found.add(name)
                    todo.append(name)
        return sorted(found - self._confirmed(), key=self.order.__getitem__)

    def _confirmed(self) -> set[str]:
        """The missing variables that a right number behind them shows to be right, as none of their cells is lost."""
        confirmed: set[str] = set()
        todo = [name for name in self.given if self.is_consistent(name)]
        while todo:
            links = self.truth.links[todo.pop()]
            if len(links) == 1 and links[0].node.name not in self.held and is_injective(links[0].local):
                confirmed.add(links[0].node.name)
                todo.append(links[0].node.name)
        return confirmed

    def _explanations(self, variable: str, places: Sequence[str]) -> Iterator[Explanation]:
        """The mistakes that give the reader's number here, and make no other number wrong that was right."""
        before = self.inconsistent()
        for place in places:
            for candidate in candidates(self.truth.formation(place, self.passed)):
                if _is_near(candidate.gradient, self.expected[place], self.tolerance[place]):
                    continue
                if place == variable:
                    if self._fits(self.given[variable], candidate.gradient, self.tolerance[variable]):
                        yield Explanation(place, candidate, (variable,))
                elif candidate.gradient.shape == self.expected[place].shape:
                    after = self._inconsistent_with(place, candidate.gradient)
                    if variable not in after and after.issubset(before):
                        yield Explanation(place, candidate, tuple(name for name in before if name not in after))

    def _inconsistent_with(self, place: str, gradient: Array) -> set[str]:
        """The numbers that would not come of their upstreams if this were the gradient of a missing variable."""
        _, expected = formed(self.truth.links, self.truth.start, {**self.held, place: gradient})
        wrong = set()
        for name, x in self.given.items():
            tolerance = self.tolerance[name] * max(_growth(expected, self.expected, name), 1.0)
            if not self._fits(x, expected[name], tolerance):
                wrong.add(name)
        return wrong

    def _fits(self, x: Array, mistaken: Array, tolerance: float) -> bool:
        """Whether a number is that of a mistaken formula, but for rounding."""
        slack = ROUNDED * self.rounding.precision + 4.0 * self.coarseness
        return _is_near(x, mistaken, tolerance + slack * float(np.max(np.abs(mistaken))))

    def _is_one_line(self, variables: Sequence[str]) -> bool:
        """Whether all but the last are inner nodes of one line of the program, which a reader writes as one step."""
        by_name = self.truth.program.by_name
        inner = [by_name[name] for name in variables[:-1] if "·" in name]
        return len(inner) == len(variables) - 1 and len({node.source for node in inner}) == 1


def _growth(now: Gradients, before: Gradients, name: str) -> float:
    """How many times as large a gradient has become."""
    largest = _largest(before[name])
    return _largest(now[name]) / largest if largest else 1.0


def _largest(x: Array) -> float:
    return float(np.max(np.abs(x)))


def _is_near(x: Array, y: Array, tolerance: float) -> bool:
    """Whether two arrays have one shape, and no cell is off by more than the tolerance."""
    with np.errstate(all="ignore"):
        return x.shape == y.shape and not bool(np.any(np.abs(x - y) > tolerance))


def _ranked(found: Iterator[Candidate]) -> tuple[Candidate, ...]:
    """The mistakes, each once."""
    by_id: dict[str, Candidate] = {}
    for each in found:
        by_id.setdefault(each.mistake.id, each)
    return tuple(by_id.values())
