"""From TOML values to arrays: a number is a scalar, a list a column, a list of lists rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .jacobian import Array
from .text import short

_ALL_FORMS = "give a number, a list, or a list of rows"


class ValueReadError(Exception):
    """What is wrong with a value, what would be right, and at which of its elements (empty: all of it)."""

    def __init__(self, reason: str, hint: str, at: tuple[int, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.at = at


def read_value(raw: Any, dtype: str) -> Array:
    """The value, of shape `()`, `(n, 1)` or `(m, n)`; ValueReadError where it is none."""
    if not isinstance(raw, list):
        return np.asarray(_number(raw, dtype, ()), dtype=dtype)[()]
    if not raw:
        raise ValueReadError("is an empty list", _ALL_FORMS)
    if not any(isinstance(row, list) for row in raw):
        return np.array([[_number(cell, dtype, (i,))] for i, cell in enumerate(raw)], dtype=dtype)
    rows = [_row(row, i, dtype) for i, row in enumerate(raw)]
    for i, row in enumerate(rows):
        if len(row) != len(rows[0]):
            reason = f"row {i + 1} has {_numbers(len(row))}, row 1 has {_numbers(len(rows[0]))}"
            raise ValueReadError(reason, "all rows must be equally long", (i,))
    return np.array(rows, dtype=dtype)


def finite(x: float, dtype: str) -> bool:
    """Whether a number is finite as this type too."""
    return abs(x) <= float(np.finfo(dtype).max)


def _row(raw: Any, i: int, dtype: str) -> list[float]:
    if not isinstance(raw, list):
        raise ValueReadError(f"row {i + 1} is not a list", "give either numbers only or rows only", (i,))
    if not raw:
        raise ValueReadError(f"row {i + 1} is empty", "give it numbers", (i,))
    return [_number(cell, dtype, (i, j)) for j, cell in enumerate(raw)]


def _number(raw: Any, dtype: str, at: tuple[int, ...]) -> float:
    if isinstance(raw, list):
        raise ValueReadError("lists are nested too deep", _ALL_FORMS, at)
    if isinstance(raw, dict):
        raise ValueReadError("is a table, not a number", _ALL_FORMS, at)
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        text = str(raw).lower() if isinstance(raw, bool) else repr(short(str(raw)))
        raise ValueReadError(f"{text} is not a number", _ALL_FORMS, at)
    try:
        x = float(raw)
    except OverflowError:
        x = math.inf
    if not finite(x, dtype):
        raise ValueReadError(f"a number that is not finite in {dtype}", "give a finite one", at)
    return x


def _numbers(n: int) -> str:
    return f"{n} number{'s' * (n > 1)}"
