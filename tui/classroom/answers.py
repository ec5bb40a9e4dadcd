"""The answers of a class as lines: how many are right, the mistakes by name, the numbers that were typed."""

from __future__ import annotations

from rich.cells import cell_len

from bptui.core.notation import number
from bptui.core.text import visible

from ..lines import Line, Role, Span, left, line
from .messages import Answers

NAMELESS = "another number"
_LONGEST_BAR = 40
_MOST_VALUES = 8


def answer_lines(answers: Answers, width: int) -> list[Line]:
    """How many have answered; a bar for what is right, and for each mistake; the numbers that are wrong."""
    rows: list[tuple[str, int, Role]] = [("✓ right", answers.right, "plus")]
    rows += [(f"✗ {visible(name) or NAMELESS}", count, "minus") for name, count in answers.mistakes.items()]
    if answers.unanswered:
        rows.append(("? asked to see it", answers.unanswered, "dim"))
    label = min(max(cell_len(text) for text, _, _ in rows) + 2, max(width // 2, 12))
    most = max(*(count for _, count, _ in rows), 1)
    room = max(min(width - label - 6, _LONGEST_BAR), 1)
    lines = [line(Span(f"{answers.answered} of {answers.asked} have answered", "head")), line("")]
    for text, count, role in rows:
        bar = "█" * -(-count * room // most)
        lines.append(line(Span(left(text, label - 1) + " ", role), Span(f"{bar} {count}", role)))
    if answers.values:
        shown = [f"{number(value)} ({count})" if count > 1 else number(value) for value, count in answers.values]
        lines += [line(""), line(Span("typed, and wrong: ", "dim"), ", ".join(shown[:_MOST_VALUES]))]
    return lines
