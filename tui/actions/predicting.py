"""Predicting: each multiplication of the chain rule is asked for before it is shown, and the answer is graded."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from bptui.core.grading import Answer, Grade, Score, add, grade, parse_answer, summary
from bptui.core.notation import number
from bptui.core.questions import Question, question
from bptui.core.text import visible

from ..debugger import Debugger
from ..dialogs import Prompt, Sheet
from ..lines import Line, Span, line, shortened, wrapped

SKIP = "?"
"""What is typed to be shown the answer."""
ASKS = f"a number, or {SKIP} to see it; Enter alone asks later"
WIDTH = 72
"""Columns of the lines above the prompt, where there is room."""


def predict(debugger: Debugger) -> None:
    """Begin to predict; or end it with a summary."""
    if debugger.score is None:
        debugger.score = Score()
        debugger.say("predict: s asks for the next step; p ends it")
    else:
        _end(debugger)


def _end(debugger: Debugger) -> None:
    score, debugger.score = debugger.score, None
    debugger.say("")
    if score is not None:
        lines = summary(score) if score.asked else ["no step of the way back was asked for"]
        debugger.app.push_screen(Page("how it went", [line(Span(lines[0], "head")), *map(line, lines[1:])]))


def ask(debugger: Debugger) -> None:
    """Ask for the next step; what is no multiplication is just shown."""
    timeline, position = debugger.timeline, debugger.position
    if position >= len(timeline):
        _end(debugger)
        return
    chapter = timeline.chapter(position + 1)
    index = position - chapter.start
    asked = question(chapter, index)
    if asked is None:
        debugger.go(position + 1)
        return

    def then(answer: Answer | str | None) -> None:
        if answer is None or debugger.score is None:
            return
        if isinstance(answer, str):
            debugger.score = add(debugger.score, None)
            debugger.recorder.prediction(position + 1, asked.cell, None, None)
            debugger.go(position + 1, "shown, not answered")
            return
        graded = grade(chapter, index, asked.cell, answer)
        debugger.score = add(debugger.score, graded)
        debugger.recorder.prediction(position + 1, asked.cell, answer, graded)
        if graded.right:
            debugger.go(position + 1, f"✓ right: that is the {graded.as_what}")
        else:
            debugger.go(position + 1, "✗ not that")
            debugger.app.push_screen(Page("not that", correction(asked, answer, graded)))

    debugger.app.push_screen(prompt(debugger, asked), then)


def prompt(debugger: Debugger, asked: Question) -> Prompt:
    """What asks a question, with what is known above."""
    width = min(WIDTH, debugger.size.width - 8)  # the frame of the prompt, and its margins
    return Prompt(ASKS, _read, above=_above(asked, width))


def _read(text: str) -> Answer | str:
    return SKIP if text.strip() == SKIP else parse_answer(text)


def _above(asked: Question, width: int) -> Sequence[Line]:
    """The question, and what is known."""
    rows = [line(Span(row, "head")) for row in wrapped(asked.asks, width)]
    return [*rows, *(line("  " + visible(row)) for text in asked.given for row in wrapped(text, width - 2))]


def correction(asked: Question, answer: Answer, graded: Grade) -> list[Line]:
    """What was wrong with an answer: the mistake, if it has a name, what is right, and the rule."""
    mistake = graded.mistake or "none that is known"
    lines = [
        line("your answer   ", Span(number(answer.value), "alert")),
        line("mistake       ", Span(mistake, "alert")),
    ]
    if graded.expected_local is not None:
        lines.append(line("local         ", Span(number(graded.expected_local), "now")))
    lines.append(line("the product   ", Span(number(graded.expected), "now")))
    return [line(Span(asked.asks, "head")), line(""), *lines, line(""), *map(line, graded.rule.split("\n"))]


class Page(Sheet):
    """A page of lines to read."""

    def __init__(self, heading: str, text: Sequence[Line]) -> None:
        super().__init__()
        self._heading = heading
        self._text = text

    def heading(self) -> str:
        return self._heading

    def lines(self, width: int, height: int) -> list[Line]:
        rows = [row for each in self._text for row in rows_of(each, width)]
        return shortened(rows, height, "more lines")


def rows_of(spans: Line, width: int) -> list[Line]:
    """A line as it is, if it has room; else over several lines."""
    text = "".join(span.text for span in spans)
    return [spans] if cell_len(text) <= width else [line(Span(row, spans[-1].role)) for row in wrapped(text, width)]
