"""From TOML values to arrays: a number is a scalar, a list a column, a list of lists rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .errors import InputError
from .jacobian import Array


def read_value(raw: Any, dtype: str) -> Array:
    """The value, of shape `()`, `(n, 1)` or `(m, n)`; InputError without a place where it is none."""
    if not isinstance(raw, list):
        return np.asarray(_number(raw, dtype), dtype=dtype)[()]
    if not raw:
        raise InputError("is an empty list", hint="give a number, a list, or a list of rows")
    if not any(isinstance(row, list) for row in raw):
        return np.array([[_number(cell, dtype)] for cell in raw], dtype=dtype)
    rows = [_row(row, number, dtype) for number, row in enumerate(raw, start=1)]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise InputError(
                f"row {number} has {len(row)} numbers, row 1 has {len(rows[0])}", hint="all rows must be equally long"
            )
    return np.array(rows, dtype=dtype)


def _row(raw: Any, number: int, dtype: str) -> list[float]:
    if not isinstance(raw, list):
        raise InputError(f"row {number} is not a list", hint="give either numbers only or rows only")
    if not raw:
        raise InputError(f"row {number} is empty", hint="give it numbers")
    return [_number(cell, dtype) for cell in raw]


def _number(raw: Any, dtype: str) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        if isinstance(raw, list):
            raise InputError("lists are nested too deep", hint="give a number, a list, or a list of rows")
        raise InputError(f"{str(raw)[:40]!r} is not a number", hint="give a number, a list, or a list of rows")
    try:
        x = float(raw)
    except OverflowError:
        x = math.inf
    if not math.isfinite(x) or abs(x) > float(np.finfo(dtype).max):
        raise InputError(f"a number that is not finite in {dtype}", hint="give a finite one")
    return x
