"""The sentence of each event, quickly: what is the same in every iteration is worked out once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import copysign

from ..equations import Equation, Form, filled, signed
from ..jacobian import Array, scalar
from ..notation import EXACT, SHORT
from ..text import short

LONGEST = 2_000
"""Characters of the longest sentence: a sum may have thousands of terms."""
MOST_TERMS = 16
"""Terms of the longest sentence that is made quickly: it needs no cutting off."""
_NUMBER = r"\(?-?[\d.]+(?:e[+-]\d+)?\)?"


class Sentence:
    """The sentences of one form: the same text as that of its equation, and a format where all are scalars."""

    def __init__(self, form: Form, count: int, *, are_scalars: bool) -> None:
        self.form = form
        self._terms = filled(form.pattern, [scalar(float(i)) for i in range(count)])
        self._order = [int(term) for term in self._terms if not isinstance(term, str)]
        self._is_in_order = self._order == list(range(count))
        self._behind_signs = _behind_signs(self._terms)
        pattern = "".join(re.escape(term) if isinstance(term, str) else _NUMBER for term in self._terms)
        # where the formula, its numbers and the result may be the same text, it stands once
        may_repeat = any(re.fullmatch(pattern, text) for text in (form.formula, "0", "-0"))
        self.is_quick = are_scalars and not may_repeat and count <= MOST_TERMS

    def numbers(self, operands: Sequence[float]) -> tuple[Sequence[float], tuple[bool, ...]]:
        """The operands in the order of the text, and which of those behind a sign are negative."""
        numbers = operands if self._is_in_order else [operands[i] for i in self._order]
        if 0.0 in numbers:  # -0 is written with its sign
            return numbers, tuple([copysign(1.0, numbers[i]) < 0.0 for i in self._behind_signs])
        return numbers, tuple([numbers[i] < 0.0 for i in self._behind_signs])

    def format(self, negative: tuple[bool, ...]) -> str:
        """The text with % for its numbers and its result: those that are negative behind a sign in parentheses."""
        form = self.form
        grouped = {slot for slot, is_negative in zip(self._behind_signs, negative, strict=True) if is_negative}
        slots = iter(range(len(self._order)))
        numbers = "".join(
            term.replace("%", "%%") if isinstance(term, str) else _slot(next(slots) in grouped) for term in self._terms
        )
        head = f"{form.left} {form.relation} {form.formula} = ".replace("%", "%%")
        return f"{head}{numbers} = %.{EXACT}g"

    def of(self, operands: Sequence[Array], result: Array) -> str:
        """The sentence with these operands and this result; a long sum is cut off."""
        form = self.form
        terms = filled(form.pattern, list(operands))
        return short(str(Equation(form.left, form.relation, form.formula, terms, result, form.step)), LONGEST)


def _slot(is_grouped: bool) -> str:
    return f"(%.{SHORT}g)" if is_grouped else f"%.{SHORT}g"


def _behind_signs(terms: Sequence[str | Array]) -> list[int]:
    """Which operands, in the order of the text, stand in parentheses where they are negative."""
    signs = ["", *(term if isinstance(term, str) else "" for term in terms), ""]
    slots = [i for i, term in enumerate(terms) if not isinstance(term, str)]
    return [slot for slot, i in enumerate(slots) if signed("-", signs[i], signs[i + 2]) != "-"]
