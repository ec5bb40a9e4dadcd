"""The output of `bptui check FILE GRADIENTS`: a short text, a table of all steps, or JSON."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
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
from bptui.core.scenario import Scenario
from bptui.core.timeline import Timeline

from .ascii import speaks_unicode, to_ascii
from .lines import left
from .writing import write

HEAD = ("step", "gradient", "yours", "right", "true", "verdict", "mistake")


def check_own(scenario: Scenario, options: argparse.Namespace) -> int:
    """Compare a reader's own gradients with the true rules, and say, or show, where they go wrong first."""
    comparison = _compared(scenario, options)
    if options.open:
        return _open(comparison, options)
    if options.json:
        is_ascii = options.ascii or not speaks_unicode(os.environ, sys.stdout.encoding)
        write(json_lines(comparison, is_ascii))
    else:
        write(map(to_ascii if options.ascii else str, (table_lines if options.plain else text_lines)(comparison)))
    return ExitCode.OK if comparison.is_right else ExitCode.CHECK_FAILED


def _compared(scenario: Scenario, options: argparse.Namespace) -> Comparison:
    """The comparison; what is said on the command line goes before what the file says."""
    program = scenario.program
    cells = sum(math.prod(program.shape(name)) for name in (*program.variables, *program.by_name))
    own = read_own(options.gradients, cells)
    said = {name: getattr(options, name) for name in ("layout", "iteration") if getattr(options, name)}
    try:
        return compared(scenario, msgspec.structs.replace(own, **said))
    except InputError as error:
        if error.key in said:
            error.file, error.key = f"--{error.key}", ""
        raise


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


def json_lines(comparison: Comparison, is_ascii: bool = False) -> Iterator[str]:
    """The whole report as one JSON object, with other characters as escapes where they must be ASCII."""
    told = msgspec.json.decode(msgspec.json.encode(report(comparison)))  # what is not finite is null in it
    yield json.dumps(told, ensure_ascii=is_ascii, indent=2)


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
