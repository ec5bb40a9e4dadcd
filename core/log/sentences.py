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
_NUMBER = r"\(?-?[\d.]+(?:e[+-]\d+)?\)?"


class Sentence:
    """The sentences of one form: the same text as that of its equation, a format for each pattern of signs."""

    def __init__(self, form: Form, count: int, *, are_scalars: bool) -> None:
        self.form = form
        self._terms = filled(form.pattern, [scalar(float(i)) for i in range(count)])
        self._order = [int(term) for term in self._terms if not isinstance(term, str)]
        self._formats: dict[tuple[bool, ...], str] = {}
        pattern = "".join(re.escape(term) if isinstance(term, str) else _NUMBER for term in self._terms)
        # where the formula, its numbers and the result may be the same text, it stands once
        may_repeat = bool(re.fullmatch(pattern, form.formula) or re.fullmatch(pattern, "0"))
        self.is_quick = are_scalars and not may_repeat

    def quickly(self, operands: Sequence[float], result: float) -> str:
        """The sentence with these numbers, where it `is_quick`."""
        numbers = [operands[i] for i in self._order]
        negative = tuple([x < 0.0 or (x == 0.0 and copysign(1.0, x) < 0.0) for x in numbers])
        text = self._formats.get(negative) or self._format(negative)
        return text % (*numbers, result)

    def of(self, operands: Sequence[Array], result: Array) -> str:
        """The sentence with these operands and this result; a long sum is cut off."""
        form = self.form
        terms = filled(form.pattern, list(operands))
        return short(str(Equation(form.left, form.relation, form.formula, terms, result, form.step)), LONGEST)

    def _format(self, negative: tuple[bool, ...]) -> str:
        """The format of the text where these operands are negative: behind a sign they stand in parentheses."""
        form, signs = self.form, ["", *(term if isinstance(term, str) else "" for term in self._terms), ""]
        is_negative = iter(negative)
        numbers = ""
        for i, term in enumerate(self._terms):
            if isinstance(term, str):
                numbers += term.replace("%", "%%")
            else:
                grouped = next(is_negative) and signed("-", signs[i], signs[i + 2]) != "-"
                numbers += f"(%.{SHORT}g)" if grouped else f"%.{SHORT}g"
        head = f"{form.left} {form.relation} {form.formula} = ".replace("%", "%%")
        text = self._formats[negative] = f"{head}{numbers} = %.{EXACT}g"
        return text
