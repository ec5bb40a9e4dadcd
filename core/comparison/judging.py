"""Where a backward pass goes wrong: each of its numbers is held against what the true rule makes of its own upstream.

So a mistake is counted once, where it is made, and what it carries along is right or inherited. Where numbers are
missing, the true rule stands in for them, and a mistake may be at any of the missing ones: then the catalogue is tried
at each, and what explains most of the reader's numbers is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from ..mistakes import Candidate
from .explaining import Explanation, best, places
from .records import Judgement, Verdict
from .regions import behind, depends, is_one_line
from .remarks import saturated
from .sweep import Sweep, is_near
from .truth import Gradients, formed

MOST_EXPLAINED = 20
"""Findings that the catalogue is tried for: nobody reads more."""


def judge(sweep: Sweep) -> tuple[Judgement, ...]:
    """A judgement for each variable, in the order of the backward pass; of the output only where it is given."""
    true = formed(sweep.truth.links, sweep.truth.start, {})[1]
    blamed: dict[str, Judgement] = {}
    suspects: dict[str, int] = {}
    for variable in sweep.truth.links:
        if variable in sweep.given and not sweep.is_right(variable):
            last = max((each.finding for each in blamed.values()), default=0)
            found = _blame(sweep, variable, true, suspects, last + 1)
            blamed[found.variable] = found
            if found.verdict == "undetermined":
                missing = [name for name in found.between if name not in sweep.given]
                suspects = {**dict.fromkeys(missing, found.finding), **suspects}
            sweep = _behind(sweep, found)
    faulty = {name for each in blamed.values() for name in (each.variable, each.implied_at, *each.between)}
    shown = [name for name in sweep.truth.links if name != sweep.truth.program.output or name in sweep.given]
    return tuple(blamed.get(name) or _unblamed(sweep, name, true, faulty) for name in shown)


def _blame(sweep: Sweep, variable: str, true: Gradients, suspects: Mapping[str, int], number: int) -> Judgement:
    """What is wrong where a number does not come of its upstream: it itself, or a missing one before it."""
    where = places(sweep, variable)
    if before := next((suspects[name] for name in where if name in suspects), 0):
        return _judged(sweep, variable, "undetermined", true, before, between=where)
    found = best(sweep, variable, where) if number <= MOST_EXPLAINED else []
    mistakes = _once(each.candidate for each in found)
    blamed = [name for name in where if any(each.variable == name for each in found)] or where
    if len(blamed) == 1:
        return _judged(sweep, blamed[0], "wrong here", true, number, mistakes, explained=found)
    if not found and is_one_line(sweep.truth.program, blamed):
        return _judged(sweep, variable, "wrong here", true, number, between=blamed)
    return _judged(sweep, variable, "undetermined", true, number, mistakes, between=blamed, explained=found)


def _behind(sweep: Sweep, found: Judgement) -> Sweep:
    """The way through the pass behind what is wrong.

    It goes on with the mistaken number. Where the reader's own is not used behind it, though it is given, with the
    right one: then fewer are wrong.
    """
    if found.implied is not None:
        return sweep.holding(found.implied_at, found.implied)
    names = behind(sweep.truth.links, sweep.held, found.variable)
    is_used = len(sweep.wrong_with(found.variable, found.expected, names)) >= len(sweep.wrong)
    if found.variable not in sweep.given or is_used:
        return sweep
    return sweep.holding(found.variable, found.expected)


def _unblamed(sweep: Sweep, variable: str, true: Gradients, faulty: Collection[str]) -> Judgement:
    """What is right, or not given; or inherited from one of the places where something may be wrong."""
    if variable not in sweep.given:
        return _judged(sweep, variable, "not given", true)
    is_true = is_near(sweep.given[variable], true[variable], 2.0 * sweep.tolerance[variable])
    is_right = is_true or not depends(sweep.truth.links, variable, faulty)
    remarks = saturated(sweep.truth, variable, sweep.given[variable], sweep.expected[variable])
    return _judged(sweep, variable, "right" if is_right else "inherited", true, remarks=remarks)


def _judged(
    sweep: Sweep,
    variable: str,
    verdict: Verdict,
    true: Gradients,
    finding: int = 0,
    mistakes: Sequence[Candidate] = (),
    between: Sequence[str] = (),
    explained: Sequence[Explanation] = (),
    remarks: Sequence[str] = (),
) -> Judgement:
    index = sweep.truth.index(variable)
    if verdict == "wrong here" and mistakes and (at := mistakes[0].at) is not None:
        index = sweep.truth.links[variable][at].index
    missing = next((each for each in explained if each.variable not in sweep.given), None)
    return Judgement(
        variable=variable,
        index=index,
        verdict=verdict,
        given=sweep.given.get(variable),
        expected=sweep.expected[variable],
        true=true[variable],
        tolerance=sweep.tolerance[variable],
        mistakes=tuple(mistakes),
        between=tuple(between),
        finding=finding,
        implied=missing.candidate.gradient if missing else None,
        implied_at=missing.variable if missing else "",
        explains=missing.explains if missing else (),
        remarks=tuple(remarks),
    )


def _once(found: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """The mistakes, each once."""
    by_id: dict[str, Candidate] = {}
    for each in found:
        by_id.setdefault(each.mistake.id, each)
    return tuple(by_id.values())
