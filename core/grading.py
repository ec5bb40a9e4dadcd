"""Grading what a reader predicts: a wrong answer gets the rule, and the name of the common mistake that comes to it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal

import msgspec
import numpy as np

from .chapter import Chapter
from .equations import equation, local_symbols
from .errors import InputError
from .events import Multiply
from .expression import parse_line
from .jacobian import Array, scalar
from .mistakes import CATALOGUE, Cell, Multiplication, Run, local_at
from .ops import RULES
from .text import visible

LONGEST_ANSWER = 80
"""Characters of the longest answer."""
CLOSE = 0.005
"""How far an answer may be off, as a part of what is right."""
ROUNDED = 1e-6
"""Part of a number by which one with six digits is off."""
ZERO = 1e-12
"""What is taken for 0 where 0 is right; and the part of an array's largest cell below which a cell is as good as 0."""

_ARITHMETIC = {"add", "subtract", "multiply", "divide", "power", "negate", "identity"}
_TYPED = str.maketrans({"−": "-", "–": "-", "×": "*", "·": "*", "÷": "/"})
_DECIMAL_COMMA = re.compile(r"(?<=[0-9]),(?=[0-9])")
_HINT = "type a number, or arithmetic with + - * / ^ and parentheses"


class Answer(msgspec.Struct, frozen=True):
    """A number that was typed; `tolerance` is half a unit of its last digit, 0 where that says nothing."""

    value: float
    tolerance: float = 0.0

    def fits(self, x: float) -> bool:
        """Whether this is x: to 0.5%, or rounded to the digits that were typed, of which two or more must count.

        A 0 fits only what is 0 itself: for 1e-13 it is wrong, however many zeros are typed.
        """
        if x == 0.0:
            return abs(self.value) <= ZERO
        return math.isfinite(x) and abs(self.value - x) <= max(CLOSE * abs(x), self.tolerance)


class Grade(msgspec.Struct, frozen=True):
    """How an answer was graded; `as_what` it is right and `mistake`, its name, are empty where there is none.

    `expected` is the product's cell, `expected_local` the local derivative where that is one number there; `rule` is
    the rule that applies, in two lines.
    """

    right: bool
    as_what: str
    expected: float
    expected_local: float | None
    mistake: str
    rule: str


class Score(msgspec.Struct, frozen=True):
    """How many answers were right, how many were wrong by the mistake's name, and how many were shown, not answered."""

    right: int = 0
    mistakes: Mapping[str, int] = {}
    shown: int = 0

    @property
    def wrong(self) -> int:
        """How many answers were wrong."""
        return sum(self.mistakes.values())

    @property
    def answered(self) -> int:
        """How many answers there were."""
        return self.right + self.wrong

    @property
    def asked(self) -> int:
        """How many questions there were."""
        return self.answered + self.shown


def grade(chapter: Chapter, index: int, cell: Cell, answer: Answer) -> Grade:
    """The grade of an answer to the question about a cell; ValueError where the event is no multiplication."""
    event = chapter.events[index]
    if not isinstance(event, Multiply):
        raise ValueError(f"event {index} of the iteration is no multiplication")
    expected, expected_local = float(event.downstream[cell]), local_at(event.local, event.downstream, cell)
    as_what = ""
    if answer.fits(expected):
        as_what = "product"
    elif expected_local is not None and answer.fits(expected_local):
        as_what = "local derivative"
    return Grade(
        right=bool(as_what),
        as_what=as_what,
        expected=expected,
        expected_local=expected_local,
        mistake="" if as_what else _mistake(_multiplication(chapter, event), cell, answer),
        rule=_rule(chapter, event),
    )


def _multiplication(chapter: Chapter, event: Multiply) -> Multiplication:
    node = event.node
    run = Run(chapter.program, {name: chapter.value(name) for name in (node.name, *node.arguments)})
    return Multiplication(node, event.argument, event.local, event.upstream, event.downstream, run)


def _mistake(m: Multiplication, cell: Cell, answer: Answer) -> str:
    """The likeliest of the mistakes that come about as near to the answer as the nearest; empty where none fits it.

    What is right to 0.5% is no mistake, and a 0 could come of too many to name one.
    """
    right = [*_cell(m.downstream, cell), *_cell(m.factors, cell)]
    with np.errstate(all="ignore"):  # a mistake may divide by 0
        fitting = [
            (abs(answer.value / x - 1.0), name)
            for name, wrongs in CATALOGUE
            for wrong in wrongs(m)
            for x in (*_cell(wrong.product, cell), *_cell(wrong.local, cell))
            if x != 0.0 and answer.fits(x) and not any(Answer(x).fits(y) for y in right)
        ]
    nearest = min((distance for distance, _ in fitting), default=0.0)
    return next((name for distance, name in fitting if distance <= max(2.0 * nearest, ROUNDED)), "")


def _cell(x: Array | None, cell: Cell) -> tuple[float, ...]:
    """The cell, if x has it."""
    if x is None or x.ndim != len(cell) or any(i >= n for i, n in zip(cell, x.shape, strict=True)):
        return ()
    return (float(x[cell]),)


def _rule(chapter: Chapter, event: Multiply) -> str:
    name, formula = local_symbols(chapter.program, event)
    rule = equation(chapter.program, event, {})
    words = f"; {event.local.words}" if event.upstream.shape or event.local.shown.shape else ""
    return f"{rule.left} {rule.relation} {rule.formula}\n{name} = {formula}{words}"


# ---- answers


def parse_answer(text: str) -> Answer:
    """The number that was typed, as -0.0121, 1.3e-3, 0,5, 1/4 or -9.0*0.00134; ValueError in one line if it is none."""
    if len(text) > LONGEST_ANSWER:
        raise ValueError(f"an answer of {len(text):,} characters; {LONGEST_ANSWER} at the most")
    text = " ".join(text.translate(_TYPED).replace("**", "^").split())
    text = _DECIMAL_COMMA.sub(".", text.removeprefix("+"))
    if not text:
        raise ValueError(f"nothing is typed; {_HINT}")
    try:
        assignments, literals = parse_line(f"answer = {text}", 0, 0)
    except InputError as error:
        raise ValueError(visible(f"{error.reason}; {_HINT}")) from None
    values: dict[str, Array] = {name: scalar(x) for name, x in literals.items()}
    for each in assignments:
        for name in each.arguments:
            if name not in values:
                raise ValueError(visible(f"'{name}' is not a number; {_HINT}"))
        if each.op not in _ARITHMETIC:
            raise ValueError(f"{each.op} is not arithmetic; {_HINT}")
        op = RULES[each.op].bind(*(() for _ in each.arguments))
        with np.errstate(all="ignore"):
            values[each.name] = op.value(*(values[name] for name in each.arguments))
    value = float(values["answer"])
    if not math.isfinite(value):
        raise ValueError(f"{visible(text)} is not a finite number; {_HINT}")
    lone = len(assignments) == 1 and assignments[0].op == "identity"
    return Answer(value, _half_unit(assignments[0].arguments[0]) if lone and value else 0.0)


def _half_unit(literal: str) -> float:
    """Half a unit of the last digit of a number; 0 where it has fewer than two that count."""
    _, digits, exponent = Decimal(literal).as_tuple()
    significant = "".join(map(str, digits)).lstrip("0")
    if len(significant) < 2:
        return 0.0
    return float(f"5e{int(exponent) - 1}") * (1.0 + CLOSE * CLOSE)  # what is just half way may be rounded up or down


# ---- the score


def add(score: Score, grade: Grade | None) -> Score:
    """The score with one question more; None for one whose step was shown, not answered."""
    if grade is None:
        return msgspec.structs.replace(score, shown=score.shown + 1)
    if grade.right:
        return msgspec.structs.replace(score, right=score.right + 1)
    mistakes = {**score.mistakes, grade.mistake: score.mistakes.get(grade.mistake, 0) + 1}
    return msgspec.structs.replace(score, mistakes=mistakes)


def summary(score: Score) -> list[str]:
    """The score as text: how many are right, then the mistakes, the most frequent first, then what was shown."""
    lines = [f"{score.right} of {score.answered} right"]
    for mistake, count in sorted(score.mistakes.items(), key=lambda item: -item[1]):
        lines.append(f"{count} × {mistake or 'wrong in another way'}")
    if score.shown:
        lines.append(f"{score.shown} {'was' if score.shown == 1 else 'were'} shown, not answered")
    return lines
