"""From a timeline and a position to what the panes show: pure functions, tested without a terminal."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from rich.cells import cell_len

from bptui.core.equations import symbols
from bptui.core.events import Accumulate, Evaluate, Event, Multiply, Update
from bptui.core.ledger import ledger_at
from bptui.core.notation import symbol
from bptui.core.notes import last_notes, notes_at
from bptui.core.optimizers import step_of
from bptui.core.paths import running_product
from bptui.core.text import visible
from bptui.core.timeline import Timeline

from .arrangement import PANES
from .beside import beside
from .explain import factor_table
from .ledger import ledger_view
from .lines import Line, Role, Span, drawn_window, fitted, left, line, right_end, shortened, window
from .moment import Moment
from .pictures import picture
from .pictures import title as picture_title
from .step import step_lines
from .step import title as step_title
from .tables import Columns, cell, row, table
from .tables import title as table_title

LONGEST_BAR = 40
"""Cells: what is left of a change on a line is sent again, and a bar's cells take three bytes each."""

PHASE = 9
"""Cells for the name of a phase before the bar."""

# ---- the running product


def product(moment: Moment, width: int, height: int) -> list[Line]:
    """Each factor on the route from the loss, with the product so far; where contributions meet, all paths."""
    timeline, position, event = moment.timeline, moment.position, moment.event
    if isinstance(event, Accumulate):
        chapter = timeline.chapter(position)
        return ledger_view(chapter.program, ledger_at(chapter, event.variable), width, height, moment.numbers)
    factors, L = running_product(timeline, position), symbol(timeline.scenario.program.output)
    if not factors:
        over = event is not None and event.phase == "update"
        return [line(Span("the way back is over" if over else f"begins at {L}, on the way back", "dim"))]
    return factor_table(timeline.scenario.program, factors, width, height, moment.numbers)


# ---- the updates


def updates(moment: Moment, width: int, height: int) -> list[Line]:
    """Each parameter before, its gradient, η times it, and after; filled as the updates happen."""
    timeline, position = moment.timeline, moment.position
    scenario = timeline.scenario
    if scenario.update is None:
        return [line(Span("no [update]: the gradient is all that is asked for", "dim"))]
    names = scenario.learning
    chapter = timeline.chapter(position) if position else None
    label = max(cell_len(symbol(name)) for name in names) + 2
    columns = Columns.fitting(4, width - label, moment.numbers, 3)
    L = symbol(scenario.program.output)
    spells = scenario.update.rule == "gradient_descent" and columns.width > len(L) + (13 if moment.is_ascii else 6)
    change_head = f"η ∂{L}/∂θ" if spells else "step"
    heads = columns.seen(["before", f"∂{L}/∂θ", change_head, "after"])
    head = (*row(" " * label, heads, columns.width, -1, "head"), *columns.missing())
    rows, current = [], 0
    for index, name in enumerate(names):
        at = chapter.start + chapter.updated[name] if chapter and name in chapter.updated else position
        event = timeline.event(at + 1) if at < position else None
        gradient = event.gradient if isinstance(event, Update) else timeline.gradient(name, position)
        change = step_of(event) if isinstance(event, Update) else None
        after = event.after if isinstance(event, Update) else None
        before = (chapter.parameters if chapter else scenario.parameters)[name]
        values = [before, gradient, change, after]
        now = 3 if at == position - 1 else -1
        current = index if now >= 0 else current
        texts = columns.seen([cell(value, columns.width - 2, moment.numbers) for value in values])
        rows.append(row(left(symbol(name), label), texts, columns.width, columns.place(now)))
    return [head, *window(rows, height - 1, current)]


# ---- the program


def program(moment: Moment, width: int, height: int) -> list[Line]:
    """The program's lines, the current one marked: ▶ on the way down, ◀ on the way up."""
    code, event = moment.timeline.scenario.program, moment.event
    at = _source(moment.timeline, event)
    role = event.phase if event and event.phase != "evaluate" else "forward"
    mark = {"forward": "▶", "backward": "◀", "update": "✎"}[role]

    def draw(index: int) -> Line:
        here = index == at
        text = Span(symbols(code.source[index]), "now" if here else "text")
        return line(Span(f"{mark if here else ' '} ", role), text)

    return drawn_window(len(code.source), height, max(at, 0), draw)


def _source(timeline: Timeline, event: Event | None) -> int:
    code = timeline.scenario.program
    match event:
        case Evaluate() | Multiply():
            return event.node.source
        case Accumulate():
            uses = [node.source for node in code.nodes if event.variable in node.arguments]
            return code.by_name[event.variable].source if event.variable in code.by_name else min(uses)
        case Update():
            return next((node.source for node in code.nodes if event.parameter in node.arguments), -1)
    return -1


def own(moment: Moment, width: int, height: int) -> list[Line]:
    """The reader's own gradients beside the true ones."""
    from .own import own_table  # most readers bring none

    return own_table(moment, width, height)


# ---- the position, the title, the notes


def progress(moment: Moment, width: int, height: int) -> list[Line]:
    """Where we are: the position, the iteration, the phase, and a bar, or what there is to say."""
    timeline, position, event = moment.timeline, moment.position, moment.event
    role: Role = event.phase if event and event.phase != "evaluate" else "dim"
    numbers = _numbers(moment)
    if moment.says:
        has_room = cell_len(numbers + moment.says) <= width
        return [line(numbers if has_room else " ", Span(moment.says, "now"))]
    bar = bar_columns(moment, width)
    done = round(len(bar) * position / max(len(timeline), 1))
    name = f"{event.phase if event else 'start':<{PHASE}}"
    return [line(numbers, Span(name + "━" * done, role), Span("─" * (len(bar) - done), "dim"))]


def bar_columns(moment: Moment, width: int) -> range:
    """The columns of the bar."""
    start = len(_numbers(moment)) + PHASE
    return range(start, start + max(min(width - start, LONGEST_BAR), 0))


def _numbers(moment: Moment) -> str:
    timeline, event = moment.timeline, moment.event
    numbers = f" {moment.position:>{len(str(len(timeline)))}} / {len(timeline)}  "
    if timeline.scenario.iterations > 1:
        numbers += f"iteration {event.iteration + 1 if event else 1} / {timeline.scenario.iterations}  "
    return numbers


def title(moment: Moment, width: int, height: int) -> list[Line]:
    """The scenario's title; to the right its file, or what the reader is about."""
    scenario = moment.timeline.scenario
    name = visible(scenario.file.rpartition("/")[2])
    name += f" with {', '.join(moment.kept)}" * bool(moment.kept)
    what_if = f"what if: {', '.join(moment.edits)}" if moment.edits else ""
    about = "  ".join(filter(None, (what_if, moment.mode))) or name
    most = max(width * 2 // 3, width - 22)
    about = about if cell_len(about) <= most else "…" + right_end(about, most - 1)  # the last change is the newest
    shown = fitted((Span(visible(scenario.title), "head"),), max(width - cell_len(about) - 1, 1))
    return [(*shown, Span(f" {about}", "dim" if about == name else "now"))]


def note(moment: Moment, width: int, height: int) -> list[Line]:
    """The notes of the last step that has some: what stays on the screen need not be sent again."""
    found = notes_at if moment.noted else last_notes  # what the reader has noted is about this step
    texts = [*moment.noted, *found(moment.timeline, moment.position)]
    rows = [row for text in texts for row in moment.wrapped(visible(text), width)]
    return shortened(list(map(line, rows)), height, "more lines")


# ---- which view each pane shows


class View(NamedTuple):
    """What a pane is drawn by: its lines for so many columns and rows, its title, and the pane that has its number."""

    lines: Callable[[Moment, int, int], list[Line]]
    title: Callable[[Moment], str] = lambda moment: ""
    pane: str = ""

    def heading(self, moment: Moment) -> Line:
        """The pane's number and its title; marked where the reader has chosen it."""
        title = self.title(moment)
        if not self.pane:
            return line(Span(title, "head"))
        is_chosen = self.pane == moment.pane
        number = f"{PANES.index(self.pane) + 1} "
        return line(Span(number, "now" if is_chosen else "dim"), Span(title, "now" if is_chosen else "head"))


_ALWAYS = {
    "title": View(title),
    "table": View(table, table_title, "table"),
    "step": View(step_lines, step_title, "step"),
    "product": View(product, lambda moment: "running product", "product"),
    "updates": View(updates, lambda moment: "updates", "updates"),
    "program": View(program, lambda moment: "program", "program"),
    "picture": View(picture, picture_title, "picture"),
    "note": View(note),
    "watches": View(lambda moment, width, height: shortened(moment.watched, height, "more watches")),
    "progress": View(progress),
}
_PATHS = {"product": View(product, lambda moment: "paths", "product")}
_NOTE = {"program": View(note, lambda moment: "note")}
_BESIDE = {"program": View(beside, lambda moment: "run | what if; X ends it")}
_OWN = {"program": View(own, lambda moment: "true | yours")}


def arranged(moment: Moment, panes: Collection[str], is_narrow: bool) -> Mapping[str, View]:
    """The view of each pane; what is not seen and was chosen, or is of interest now, takes the place of another.

    Where it `is_narrow`, a note is shown at its own step only: there it takes the product's place too.
    """
    event, pane = moment.event, moment.pane
    views = dict(_ALWAYS)
    over = event is not None and event.phase == "update" and pane != "product"  # then the updates are of interest
    if pane in ("updates", "picture") and pane not in panes:
        views["product"] = views[pane]
    elif over and "updates" not in panes:
        views["product"] = views["updates"]
    elif isinstance(event, Accumulate):
        views |= _PATHS
    if pane == "program":
        return views
    if moment.run is not None:
        views |= _BESIDE
    elif moment.is_compared:
        views |= _OWN
    elif "note" not in panes and has_note(moment, is_narrow):
        views |= _NOTE
    return views


def has_note(moment: Moment, is_narrow: bool) -> bool:
    """Whether a note is shown at this step: not where two sides are beside each other."""
    found = notes_at if is_narrow else last_notes
    is_alone = moment.run is None and not moment.is_compared
    return bool(moment.noted) or (is_alone and bool(found(moment.timeline, moment.position)))
