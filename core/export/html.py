"""A hand-out as one web page that steps with the arrow keys; without JavaScript, or printed, all steps stand below
each other.

The page refers to nothing outside. What steps is what is shown of it: page.js marks the step, the line and the cells
that are reached with the class `here`, and page.css hides the others.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files
from itertools import groupby

from ..equations import gradient_symbol, local_symbols
from ..errors import InputError
from ..events import Accumulate, Evaluate, Event, Multiply, Update
from ..notation import symbol
from ..notes import notes_at
from ..paths import Factor, running_product
from ..program import Program
from ..report import explain_stop
from ..text import visible
from ..timeline import Timeline
from ..tokens import NAME
from .handout import paragraphs
from .markup import equation, mathematics, words
from .state import Cell, Table, cell, tables
from .steps import Step, steps
from .words import PHASES, rule_words, sentence

MOST_STEPS = 2_000
"""Steps of the longest page."""
MOST_FACTORS = 10
"""Factors of a running product that are written out; of more, the middle is left out."""
MARKS = {"forward": "▶", "backward": "◀", "update": "✎", "evaluate": "▷"}
"""A phase is a sign as well as a colour."""
_AS_TEXT = "\N{VARIATION SELECTOR-15}"
"""Behind a sign that would else be drawn as a coloured picture."""


def lines(timeline: Timeline, first: int, last: int) -> Iterator[str]:
    """The lines of the page of the steps from position `first` to `last`, both included, or to where the run stops.

    InputError where they are too many for one page.
    """
    if last - first >= MOST_STEPS:
        hint = f"{MOST_STEPS:,} at the most; choose them with --steps {first}:{first + MOST_STEPS - 1}"
        raise InputError(f"{last - first + 1:,} steps are too many for a page", file="--to html", hint=hint)
    return _page(timeline, first, timeline.reach(last))


def _page(timeline: Timeline, first: int, last: int) -> Iterator[str]:
    title = escape(" ".join(paragraphs(timeline.scenario.title)) or "Backpropagation")
    yield from _head(title)
    yield f"<body><header><h1>{title}</h1></header><main>"
    yield from _program(timeline.scenario.program)
    yield from _opening(timeline, first, last)
    for chapter, found in groupby(steps(timeline, first, last), key=lambda step: step.chapter):
        yield "<section class=iteration>"
        if timeline.scenario.iterations > 1:
            yield f"<h2>Iteration {chapter.number + 1:,} of {timeline.scenario.iterations:,}</h2>"
        for step in found:
            yield from _step(timeline, step)
        values, updates = tables(timeline, chapter, last)
        yield from _table("layers" if chapter.program.layers else "variables", "values", values)
        if updates:
            yield from _table("updates", "updates", updates)
        yield "</section>"
    yield "</main>"
    yield from _CONTROLS
    yield from f"<script>{_resource('page.js')}</script>".splitlines()
    yield "</body></html>"


def _head(title: str) -> Iterator[str]:
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    policy = f"default-src 'none'; script-src {_hash('page.js')}; style-src {_hash('page.css')}"
    yield f"<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}; base-uri 'none'; form-action 'none'\">"
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    yield f"<title>{title}</title>"
    yield from f"<style>{_resource('page.css')}</style></head>".splitlines()


def _resource(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _hash(name: str) -> str:
    """What the page's policy knows its script and its style by: nothing else runs."""
    return f"'sha256-{b64encode(sha256(_resource(name).encode()).digest()).decode()}'"


_CONTROLS = (
    '<nav aria-label="steps">',
    f'<button id="home" aria-label="to the start">|◀{_AS_TEXT}</button>',
    f'<button id="back" aria-label="one step back">◀{_AS_TEXT} back</button>',
    '<input id="slider" type="range" aria-label="step" step="1"><output id="count" for="slider"></output>',
    f'<button id="forward" aria-label="one step forward">step ▶{_AS_TEXT}</button>',
    f'<button id="end" aria-label="to the end">▶{_AS_TEXT}|</button>',
    '</nav><p id="status" role="status" aria-live="polite"></p>',
)


def _program(program: Program) -> Iterator[str]:
    yield '<section class="program pane"><h2>program</h2><ol>'
    for source in program.source:
        yield f"<li>{mathematics(re.sub(NAME, lambda match: symbol(match[0]), visible(source)))}"
    yield "</ol></section>"


# ---- the steps


def _opening(timeline: Timeline, first: int, last: int) -> Iterator[str]:
    """Before the first step: what the scenario is about, and how to read the page."""
    scenario = timeline.scenario
    yield f'<article class="step" id="{first - 1}" data-phase="start">'
    yield f'<h3 class="place">before step {first:,}</h3><div class="pane">'
    yield from (f"<p>{escape(text)}" for text in paragraphs(scenario.about))
    if scenario.update and scenario.learning:
        yield f"<p>{words(rule_words(scenario.update))}"
    yield (
        "<p class=legend>In the tables numbers have 6 digits; ‖…‖ is the Frobenius norm of an array. "
        f"The steps are {first:,} to {last:,} of {len(timeline):,}."
    )
    yield "<p class=keys><kbd>→</kbd> goes one step on, <kbd>←</kbd> one back; <kbd>Home</kbd> and <kbd>End</kbd>."
    yield "</div>"
    if first == 1:
        yield from _notes(notes_at(timeline, 0))
    yield "</article>"


def _step(timeline: Timeline, step: Step) -> Iterator[str]:
    event, program = step.event, step.chapter.program
    source = _source(program, event)
    line = "" if source is None else f' data-line="{source}"'
    yield f'<article class="step" id="{step.position}" data-phase="{event.phase}"{line}>'
    mark = f'<span class="mark">{MARKS[event.phase]}{_AS_TEXT} {PHASES[event.phase].lower()}</span>'
    iterations = timeline.scenario.iterations
    within = f", iteration {step.chapter.number + 1:,} of {iterations:,}" if iterations > 1 else ""
    yield f'<h3 class="place">{mark} step {step.position:,} of {len(timeline):,}{within}</h3><div class="pane">'
    label = f'<b class="label">{step.equation.step}</b>' if step.equation.step else ""
    yield f'<p class="sentence">{label}{words(sentence(step))}'
    yield from equation(step.equation)
    if event is timeline.stopped:
        yield f'<p class="stop">⚠{_AS_TEXT} Not finite, the run stops here: {escape(visible(explain_stop(timeline)))}.'
    yield "</div>"
    yield from _notes(step.notes)
    yield from _product(program, running_product(timeline, step.position))
    yield "</article>"


def _source(program: Program, event: Event) -> int | None:
    """The line of the program, counted from 0, that an event is about."""
    match event:
        case Evaluate() | Multiply():
            return event.node.source
        case Accumulate() if event.variable in program.by_name:
            return program.by_name[event.variable].source
    name = event.parameter if isinstance(event, Update) else event.variable
    return min((node.source for node in program.nodes if name in node.arguments), default=None)


def _notes(notes: Sequence[str]) -> Iterator[str]:
    for note in notes:
        yield f'<aside class="note">{" ".join(f"<p>{escape(text)}" for text in paragraphs(note))}</aside>'


def _product(program: Program, factors: Sequence[Factor]) -> Iterator[str]:
    """Each factor of the route from the loss with the product up to it; one alone says nothing new."""
    if len(factors) < 2:
        return
    yield '<section class="product pane"><h4>running product</h4><div class="box"><table>'
    yield "<tr><th>factor<th class=number>local<th class=number>product"
    more = len(factors) - MOST_FACTORS
    for index, factor in enumerate(factors):
        if index == 1 and more > 1:
            yield f"<tr><td>× …{more} more…<td><td>"
        if index == 0 or index >= more or more <= 1:
            yield _factor(program, factor)
    yield "</table></div></section>"


def _factor(program: Program, factor: Factor) -> str:
    match factor.event:
        case Multiply():
            name, formula = local_symbols(program, factor.event)
            label, local = f"× {name} = {formula}", cell(factor.event.local.shown, few=0)
        case Accumulate():
            label, local = f"Σ {gradient_symbol(program, factor.event.variable)}", ""
        case None:
            label, local = gradient_symbol(program, program.output), ""
    cells = (f"<td class=number>{mathematics(text)}" for text in (local, cell(factor.product, few=0)))
    return f"<tr><td>{mathematics(label)}{''.join(cells)}"


# ---- what is known


def _table(title: str, name: str, table: Table) -> Iterator[str]:
    labels = len(table.head) - len(table.rows[0].cells)
    yield f'<section class="{name} pane"><h4>{title}</h4><div class="box"><table>'
    heads = (f"<th{' class=number' * (i >= labels)}>{mathematics(text)}" for i, text in enumerate(table.head))
    yield f"<thead><tr>{''.join(heads)}<tbody>"
    for row in table.rows:
        yield f"<tr>{''.join(f'<th>{mathematics(text)}' for text in row.labels)}{''.join(map(_cell, row.cells))}"
    yield "</table></div></section>"


def _cell(versions: Cell) -> str:
    """All that a cell comes to show, each with the position from which on it does."""
    if versions is None:
        return "<td class=none>"
    return "<td>" + "".join(f"<span data-at={at}>{mathematics(text)}</span>" for at, text in versions)
