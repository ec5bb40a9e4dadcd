"""The output of `bptui check FILE GRADIENTS`: a short text, a table of all steps, or JSON."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator

import msgspec
from rich.cells import cell_len

from bptui.core.comparison.compare import compared
from bptui.core.comparison.reading import read_own
from bptui.core.comparison.records import Comparison
from bptui.core.comparison.report import Step, report
from bptui.core.comparison.text import conclusion, text
from bptui.core.errors import ExitCode, InputError
from bptui.core.notation import SHORT, number, shape_text
from bptui.core.program import Program
from bptui.core.scenario import Scenario
from bptui.core.timeline import Timeline

from .ascii import to_ascii
from .lines import left
from .writing import write

HEAD = ("step", "gradient", "yours", "right", "true", "verdict", "mistake")


def check_own(scenario: Scenario, options: argparse.Namespace) -> int:
    """Compare a reader's own gradients with the true rules, and say, or show, where they go wrong first."""
    program = scenario.program
    own = read_own(options.gradients, sum(math.prod(program.shape(name)) for name in _names(program)))
    comparison = compared(
        scenario,
        msgspec.structs.replace(own, layout=options.layout or own.layout, iteration=options.iteration or own.iteration),
    )
    if options.open:
        return _open(comparison, options)
    lines = json_lines if options.json else table_lines if options.plain else text_lines
    write(map(to_ascii if options.ascii else str, lines(comparison)))
    return ExitCode.OK if comparison.is_right else ExitCode.CHECK_FAILED


def _open(comparison: Comparison, options: argparse.Namespace) -> int:
    """The debugger at the first wrong step."""
    from . import terminal
    from .settings import read_settings
    from .setup import set_up

    if not terminal.has_screen():
        raise InputError("there is no screen to open", file="--open", hint="leave it out, or use a terminal")
    setup = set_up(comparison.scenario)
    setup.own = comparison
    code = terminal.open_screen(Timeline(comparison.scenario), options, read_settings(), setup)
    return code or (ExitCode.OK if comparison.is_right else ExitCode.CHECK_FAILED)


def _names(program: Program) -> list[str]:
    return [*program.variables, *program.by_name]


def text_lines(comparison: Comparison) -> Iterator[str]:
    """What is wrong first, and why, in a few lines."""
    return text(report(comparison))


def table_lines(comparison: Comparison) -> Iterator[str]:
    """A line for each gradient, in the order of the backward pass."""
    told = report(comparison)
    rows = [HEAD, *map(_row, told.steps)]
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(HEAD))]
    yield told.title
    if told.layout:
        yield f"layout: {told.layout}"
    yield from told.remarks
    for row in rows:
        yield "  ".join(left(text, width) for text, width in zip(row, widths, strict=True)).rstrip()
    yield ""
    yield conclusion(told)


def json_lines(comparison: Comparison) -> Iterator[str]:
    """The whole report as one JSON object."""
    yield msgspec.json.format(msgspec.json.encode(report(comparison)), indent=2).decode()


def _row(step: Step) -> tuple[str, ...]:
    gradient = step.gradient + (f"[{', '.join(map(str, step.cell))}]" if step.cell else "")
    numbers = [_number(x) for x in (step.yours, step.right, step.true)]
    if step.yours is None and step.your_shape is not None:
        numbers = [shape_text(step.your_shape), shape_text(step.shape), ""]
    mistake = str(step.mistakes[0]) if step.mistakes else "; ".join((*step.pattern, *step.remarks))
    between = f"between {step.between[0]} and {step.between[-1]}" if step.verdict == "undetermined" else ""
    said = "; ".join(filter(None, (between, mistake)))
    return f"{step.position:,}", gradient, *numbers, step.verdict, said


def _number(x: float | None) -> str:
    return "" if x is None else number(x, SHORT)
