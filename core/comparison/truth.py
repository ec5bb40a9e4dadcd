"""The true rules of one iteration: its values, and the local derivatives by which each gradient is formed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

import msgspec
import numpy as np

from ..chapter import Chapter
from ..errors import InputError
from ..events import Multiply, Update, result
from ..jacobian import Array, LocalDerivative, scalar
from ..mistakes import Formation, Multiplication, Run
from ..passes import NotFiniteError, forward
from ..program import Node, Program
from ..scenario import Scenario
from ..timeline import Timeline
from ..variants import differentiating

Gradients = Mapping[str, Array]
_NOTHING = "open it to see where: there is nothing to compare with"


class Link(msgspec.Struct, frozen=True, eq=False):
    """A multiplication of the chain rule without its numbers: through a node to one of its arguments.

    `index` is its event in the iteration.
    """

    node: Node
    argument: int
    local: LocalDerivative
    index: int

    @property
    def variable(self) -> str:
        """The variable that it contributes to."""
        return self.node.arguments[self.argument]


class Truth(msgspec.Struct, frozen=True, eq=False):
    """One iteration in float64: the values of the forward pass, and in `links` how each gradient is formed.

    The keys of `links` are the variables in the order in which their gradients are complete. Those without a link are
    in `start`: the output, whose gradient is 1, and what it does not depend on, whose gradient is 0.
    """

    scenario: Scenario
    chapter: Chapter
    run: Run
    links: Mapping[str, tuple[Link, ...]]
    start: Gradients

    @property
    def program(self) -> Program:
        """The program at the shapes of this iteration's batch."""
        return self.chapter.program

    def index(self, variable: str) -> int:
        """The event at which a gradient is complete; where nothing contributes to it, that of the output's value."""
        return self.chapter.completed.get(variable, self.chapter.evaluated[self.program.output])

    def formation(self, variable: str, gradients: Gradients) -> Formation:
        """How the gradient of a variable is formed from these upstreams."""
        return Formation(
            variable,
            tuple(
                Multiplication(link.node, link.argument, link.local, upstream, link.local.pull_back(upstream), self.run)
                for link in self.links[variable]
                for upstream in (gradients[link.node.name],)
            ),
            self.run,
        )


def truth(scenario: Scenario, names: Sequence[str], iteration: int) -> Truth:
    """The iteration of that number, from 0, of a scenario that is differentiated with respect to these variables too.

    InputError where the run stops at a number that is not finite.
    """
    scenario = _reaching(scenario, names)
    timeline = Timeline(scenario)
    left_over: dict[str, tuple[Array, Array]] = {}
    for chapter in timeline.walk(0, iteration):
        for name in scenario.learning if chapter.number < iteration else ():
            if name in chapter.completed:
                gradient = result(chapter.events[chapter.completed[name]])
                left_over[name] = gradient, left_over[name][1] + gradient if name in left_over else gradient
    if timeline.stopped is not None:
        reason = f"the run stops in iteration {chapter.number + 1} at a number that is not finite"
        raise InputError(reason, file=scenario.file, hint=_NOTHING)
    values = _values(chapter, scenario.dtype, scenario.file)
    updated = {e.parameter: (e.after,) for e in chapter.events if isinstance(e, Update)}
    program = chapter.program
    unreached = [name for name in names if name not in chapter.completed and name != program.output]
    start = {program.output: scalar(1.0)} | {name: scalar(np.zeros(program.shape(name))) for name in unreached}
    links: dict[str, list[Link]] = {name: [] for name in start}
    for variable in sorted(chapter.completed, key=chapter.completed.__getitem__):
        links[variable] = []
    for index, event in enumerate(chapter.events):
        if isinstance(event, Multiply):
            links[event.variable].append(Link(event.node, event.argument, derivative_at(event, values), index))
    run = Run(program, values, updated, left_over)
    return Truth(scenario, chapter, run, {name: tuple(found) for name, found in links.items()}, start)


def derivative_at(link: Multiply | Link, values: Mapping[str, Array]) -> LocalDerivative:
    """The local derivative of a multiplication at these values."""
    arguments = [values[name] for name in link.node.arguments]
    return link.node.op.local[link.argument](values[link.node.name], *arguments)


def formed(links: Mapping[str, Sequence[Link]], start: Gradients, held: Gradients) -> tuple[Gradients, Gradients]:
    """What each gradient is where those of `held` are as they are given, and what the true rule makes of the others.

    Both by variable: what is passed on (held, where it has the right shape), and what comes of the upstreams.
    """
    passed: dict[str, Array] = {}
    expected: dict[str, Array] = {}
    for variable, incoming in links.items():
        expected[variable] = total(incoming, passed) if incoming else start[variable]
        is_held = variable in held and held[variable].shape == expected[variable].shape
        passed[variable] = held[variable] if is_held else expected[variable]
    return passed, expected


def total(incoming: Sequence[Link], upstreams: Gradients) -> Array:
    """The sum of what comes through each of these links."""
    contributions = [link.local.pull_back(upstreams[link.node.name]) for link in incoming]
    added: Array = reduce(np.add, contributions)
    return added


def _values(chapter: Chapter, dtype: str, file: str) -> dict[str, Array]:
    """All values of the forward pass; of a scenario in float32 again in float64, which is nearer to what is true."""
    given = {**chapter.given, **chapter.parameters}
    if dtype == "float64":
        return {**given, **{name: result(chapter.events[index]) for name, index in chapter.evaluated.items()}}
    values = {name: np.asarray(x, dtype=np.float64)[()] for name, x in given.items()}
    try:
        with np.errstate(all="ignore"):
            for event in forward(chapter.program, dict(values)):
                values[event.node.name] = event.value
    except NotFiniteError:
        raise InputError("is not finite in float64", file=file, hint=_NOTHING) from None
    return values


def _reaching(scenario: Scenario, names: Sequence[str]) -> Scenario:
    """The scenario, differentiated with respect to these variables too, which it does not learn for that."""
    program = scenario.program
    more = [name for name in names if name not in program.uses and name != program.output and name not in program.wrt]
    if not more:
        return scenario
    itemsize = np.dtype(scenario.dtype).itemsize
    frozen = (*scenario.frozen, *(name for name in more if name in scenario.parameters))
    program = differentiating(program, (*program.wrt, *more), itemsize, scenario.max_memory)
    return msgspec.structs.replace(scenario, program=program, frozen=frozen)
