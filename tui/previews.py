"""What is told of a scenario or a log before it is opened."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from bptui.core.calendar import Calendar
from bptui.core.equations import symbols
from bptui.core.errors import InputError
from bptui.core.log.begins import is_log
from bptui.core.notation import shape_text, symbol
from bptui.core.program import Program, is_literal
from bptui.core.reader import read
from bptui.core.scenario import Scenario
from bptui.core.text import short, visible

from .commands import Command, label

if TYPE_CHECKING:
    from bptui.core.log.log import Log

    from .choosing import Choice

MOST_NAMES = 6
"""Names of parameters that are listed."""
DEEP = 8
"""Layers from which it is worth a look what each of them takes from the gradient."""
_TAIL = 1 << 12
"""Bytes at the end of a log in which its last line stands."""


class Preview(NamedTuple):
    """What is told of a choice: facts have a label each, keys what they do; a `fault` says why nothing can be told."""

    title: str
    about: str = ""
    program: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    fault: str = ""


def preview(choice: Choice, max_memory: int, commands: Sequence[Command]) -> Preview:
    """What there is to tell of a choice; of a log its first line and its last are read."""
    try:
        if not is_log(choice.path):
            return _of_scenario(read(choice.path, max_memory), commands)
        from bptui.core.log.log import Log

        log = Log(choice.path, max_memory)
        found = _of_scenario(log.scenario, commands)
        return found._replace(facts=(*_recorded(log), *found.facts))
    except (InputError, OSError) as error:
        return Preview(choice.title, fault=visible(str(error)))


def _of_scenario(scenario: Scenario, commands: Sequence[Command]) -> Preview:
    program = scenario.program
    return Preview(
        title=visible(scenario.title),
        about=visible(" ".join(scenario.about.split())),
        program=tuple(visible(symbols(text)) for text in program.source),
        facts=tuple(_facts(scenario)),
        keys=tuple(
            (key, what) for name, what, is_worth in _WORTH if is_worth(scenario) and (key := label(commands, name))
        ),
    )


def _facts(scenario: Scenario) -> Iterator[tuple[str, str]]:
    program = scenario.program
    if program.layers:
        yield "layers", _layers(program)
    given = [name for name, variable in program.variables.items() if variable.kind in ("input", "target")]
    given += [
        name for name, variable in program.variables.items() if variable.kind == "constant" and not is_literal(name)
    ]
    if given:
        yield "given", _listed(program, given)
    if scenario.parameters:
        cells = sum(value.size for value in scenario.parameters.values())
        yield "parameters", f"{cells:,}: {_listed(program, list(scenario.parameters))}"
    steps = f"{Calendar.of(scenario).total:,}"
    if scenario.iterations > 1:
        steps += f" in {scenario.iterations:,} iterations"
    if scenario.update is not None:
        steps += f", with {scenario.update.rule.replace('_', ' ')}"
    yield "steps", steps


def _recorded(log: Log) -> Iterator[tuple[str, str]]:
    """What the first line of a log says, and whether its last one ends it; nothing between is read."""
    from bptui.core.log.frame import body_of, is_whole
    from bptui.core.log.log import as_written
    from bptui.core.log.records import EndLine, decoded

    size = os.path.getsize(log.path)
    with open(log.path, "rb") as file:
        file.seek(max(size - _TAIL, 0))
        last = as_written(file.read(_TAIL).rpartition(b"\n")[0].rpartition(b"\n")[2] + b"\n")
    try:
        is_ended = is_whole(last) and isinstance(decoded(body_of(last)), EndLine)
    except ValueError:
        is_ended = False
    begun, every = log.header.started[:16].replace("T", " "), log.header.every
    yield "recorded", f"{_said(begun)} from {_said(log.header.file)}"
    parts = [_size(size), *([f"one iteration in {every:,}"] if every > 1 else [])]
    yield "log", ", ".join([*parts, "complete" if is_ended else "not complete: its end is missing"])


def _size(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:,.1f} kB"


def _said(text: str) -> str:
    return short(visible(text), 40)


def _layers(program: Program) -> str:
    """The units of each layer and its activation, from the input on: `64 → 32 tanh → 10 identity`."""
    units = [f"{_units(program, layer.u)} {layer.activation}" for layer in program.layers]
    runs = [(text, len(list(run))) for text, run in groupby(units)]
    texts = [text if length == 1 else f"{length} × ({text})" for text, length in runs]
    return " → ".join([str(_units(program, program.layers[0].a_in)), *texts])


def _units(program: Program, name: str) -> int:
    return (*program.shape(name), 1)[0]


def _listed(program: Program, names: Sequence[str]) -> str:
    """Names with their shapes; that of a scalar is left out."""
    texts = [
        f"{symbol(name)} {shape_text(shape)}" if (shape := program.shape(name)) else symbol(name) for name in names
    ]
    more = [f"… {len(texts) - MOST_NAMES} more"] if len(texts) > MOST_NAMES else []
    return ", ".join([*texts[:MOST_NAMES], *more])


_WORTH: tuple[tuple[str, str, Callable[[Scenario], bool]], ...] = (
    ("step", "a step", lambda scenario: True),
    ("line", "a layer", lambda scenario: bool(scenario.program.layers)),
    ("iteration", "an iteration", lambda scenario: scenario.iterations > 1),
    ("hit", "to a breakpoint", lambda scenario: bool(scenario.breakpoints)),
    ("attribution", "what each layer took", lambda scenario: len(scenario.program.layers) >= DEEP),
    ("explain", "explain", lambda scenario: True),
    ("matrix", "the Jacobian", lambda scenario: any(node.op.shape for node in scenario.program.nodes)),
    ("what-if", "what if", lambda scenario: True),
)
"""Commands that are worth trying in a scenario, what they show, and in which scenarios; the best come first."""
