"""Arrays in a log: as the shortest numbers that read back to the same bits, or as a digest."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any, TypeAlias

import msgspec
import numpy as np

from ..jacobian import Array, Shape, scalar
from ..notation import norm

MOST_CELLS = 64
"""Cells of the largest array that stands in full in its event's line; and of a line of cells."""
_ENDS = 3
"""Cells of a larger one that stand in its digest, from its beginning and from its end."""
_NOT_FINITE = {
    "NaN": 0x7FF8_0000_0000_0000,
    "-NaN": 0xFFF8_0000_0000_0000,
    "Infinity": 0x7FF0_0000_0000_0000,
    "-Infinity": 0xFFF0_0000_0000_0000,
}
"""How numbers that JSON has not are written, with their bits; any other NaN is NaN: and its bits, 16 digits."""
_WRITTEN = {bits: text for text, bits in _NOT_FINITE.items()}

Cells: TypeAlias = Any
"""A number, a list of numbers (a column), or lists of lists as deep as there are axes; what is not finite is text."""


class Digest(msgspec.Struct, frozen=True):
    """What stands for a large array: its SHA-256 is that of its bytes, row by row, little-endian.

    `minimum`, `maximum` and `norm` are those of the finite cells, None without any; `first` and `last` are cells.
    """

    shape: tuple[int, ...]
    sha256: str
    minimum: float | None
    maximum: float | None
    norm: float | None
    not_finite: int
    first: list[float | str]
    last: list[float | str]


def written(x: Array) -> Cells:
    """The cells of an array; a column as the list of its cells, as in a scenario."""
    if x.ndim == 0:
        return _scalar(x)
    cells = _shortest(x) if x.dtype == np.float32 else x
    if x.ndim == 2 and x.shape[1] == 1:
        cells = cells[:, 0]
    listed = cells.tolist()
    return listed if np.isfinite(x).all() else _replaced(listed)


def read(cells: Cells, shape: Shape, dtype: str) -> Array:
    """The array of these cells; ValueError where they are not of this shape, or are no numbers."""
    if not isinstance(cells, list):
        if shape:
            raise ValueError("a number where an array is expected")
        number = _number(cells)
        return scalar(np.float64(number) if dtype == "float64" else _as(dtype, np.asarray(number)))
    flat = list(_flat(cells, list(shape[:1] if shape[1:] == (1,) else shape)))
    return _as(dtype, np.array(flat, dtype=np.float64)).reshape(shape)


def digest(x: Array) -> Digest:
    """What stands for an array of more than MOST_CELLS."""
    finite = np.isfinite(x)
    whole = bool(finite.all())
    cells = x if whole else x[finite]
    size = cells.size
    return Digest(
        shape=x.shape,
        sha256=sha256(x),
        minimum=float(cells.min()) if size else None,
        maximum=float(cells.max()) if size else None,
        norm=norm(cells) if size else None,
        not_finite=0 if whole else int(x.size - size),
        first=_listed(x.flat[:_ENDS]),
        last=_listed(x.flat[-_ENDS:]),
    )


def sha256(x: Array) -> str:
    """The SHA-256 of an array's bytes, row by row, little-endian."""
    import hashlib  # late: only what has large arrays needs it

    plain = np.ascontiguousarray(x, dtype=x.dtype.newbyteorder("<"))
    return hashlib.sha256(plain.data).hexdigest()


def same_bits(x: Array, y: Array) -> bool:
    """Whether two arrays have the same shape and type, and the same bits in every cell: 0 is not -0, NaN is NaN."""
    return x.shape == y.shape and x.dtype == y.dtype and x.tobytes() == y.tobytes()


def rows(x: Array) -> list[list[float | str]]:
    """All cells, row by row, in lists of bounded length."""
    flat = x.reshape(-1)
    return [_listed(flat[at : at + MOST_CELLS]) for at in range(0, flat.size, MOST_CELLS)]


def _as(dtype: str, x: Array) -> Array:
    """The same numbers in a type; what is too large for it is infinite there."""
    with np.errstate(over="ignore"):
        return x.astype(dtype, copy=False)


def _listed(flat: Array) -> list[float | str]:
    return [_scalar(cell) for cell in flat]


def _scalar(x: Array) -> float | str:
    number = float(x) if x.dtype != np.float32 else float(_shortest(x))
    return number if isfinite(number) else _text(number)


def _shortest(x: Array) -> Array:
    """Each float32 as the float64 whose shortest text is that of the float32."""
    wide = np.asarray(x).astype("U32").astype(np.float64)
    return np.where(wide.astype(np.float32) == x, wide, x)


def _replaced(listed: list[Any]) -> list[Any]:
    return [_replaced(each) if isinstance(each, list) else each if isfinite(each) else _text(each) for each in listed]


def _text(number: float) -> str:
    bits = int(np.float64(number).view(np.uint64))
    return _WRITTEN.get(bits, f"NaN:{bits:016x}")


def _number(cell: object) -> float:
    """The number of a cell; ValueError if it is none."""
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        try:
            return float(cell)
        except OverflowError:
            raise ValueError("a number that is too large") from None
    if isinstance(cell, str) and (cell in _NOT_FINITE or re.fullmatch(r"NaN:[7f]ff[0-9a-f]{13}", cell)):
        bits = _NOT_FINITE[cell] if cell in _NOT_FINITE else int(cell[4:], 16)
        return float(np.uint64(bits).view(np.float64))
    raise ValueError("not a number")


def _flat(cells: object, shape: list[int]) -> list[float]:
    """The numbers of nested lists of this shape, row by row."""
    if not shape:
        return [_number(cells)]
    if not isinstance(cells, list) or len(cells) != shape[0]:
        raise ValueError("a list of another length than expected")
    return [number for each in cells for number in _flat(each, shape[1:])]
