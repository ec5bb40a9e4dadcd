"""A reader's own gradients, read without trust from `.npz`, `.npy`, `.csv`, `.json` or `.toml`.

Nothing is unpickled, nothing is waited for, and no memory is taken because a file says that it needs it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import TypeAlias

import msgspec
import numpy as np

from ..data import inside, read_bytes
from ..errors import InputError, did_you_mean
from ..formats import MOST_ARRAYS, READERS, FormatError, header, is_number, numbers, rows
from ..jacobian import Array
from ..schema import Keys
from ..text import short
from .digits import units_of
from .nested import Nested, fault_at, read_json, read_toml

_NESTED: Mapping[str, Callable[[bytes], Nested]] = {".json": read_json, ".toml": read_toml}
_Flat: TypeAlias = tuple[Mapping[str, Array], Mapping[str, Array]]
"""Arrays by name, and the units of those that were printed with few digits."""


class Own(msgspec.Struct, frozen=True, eq=False):
    """The gradients of a reader's own backward pass, by the reader's names, as they lie in the file.

    Arrays of NumPy keep their float32 or float64; all other numbers are float64. `names` says what some of the names
    mean, `layout` is what the file declares, or empty; `iteration` counts from 1. `units` has for numbers that were
    written in few digits half a unit of each cell's last digit.
    """

    file: str
    arrays: Mapping[str, Array]
    names: Mapping[str, str] = {}
    layout: str = ""
    iteration: int | None = None
    units: Mapping[str, Array] = {}


def read_own(path: str, cells: int) -> Own:
    """The gradients in a file; InputError, with the line and the key where there is one, if it holds something else.

    `cells` is how many cells all variables of the program have together: it bounds what is read.
    """
    try:
        return _read(path, cells)
    except FormatError as fault:
        raise InputError(fault.reason, file=path, line=fault.line, hint=fault.hint) from None
    except InputError as fault:
        fault.file = path
        raise


def _read(path: str, cells: int) -> Own:
    suffix = _suffix(path)
    if suffix not in READERS and suffix not in _NESTED:
        known = ", ".join((*READERS, *_NESTED))
        raise FormatError("is not a kind of file that gradients are read from", f"known are: {known}")
    try:
        real = os.path.realpath(path)
    except (OSError, ValueError):  # a NUL byte in the name
        raise FormatError("is not a file name", "name a file of gradients") from None
    content = read_bytes(real, _most_bytes(suffix, cells))
    if not content.strip():
        raise _nothing()
    if suffix in READERS:
        arrays, units = _flat(path, content, cells)
        return Own(path, arrays, units=units)
    return _with_file(path, _NESTED[suffix](content), cells)


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _most_bytes(suffix: str, cells: int) -> int:
    """Room for each cell as text, or as float64; an array of an .npz has some hundred bytes around it."""
    return (1 << 19 if suffix in (".npy", ".npz") else 1 << 16) + 64 * cells


def _check_count(count: int, cells: int) -> None:
    """One gradient that is not summed over the examples has more cells than its variable; all have not many more."""
    if count > 10_000 + 4 * cells:
        reason = f"holds far more numbers than the program, which has {cells:,}"
        raise FormatError(reason, "give gradients of this program")


def _nothing() -> FormatError:
    return FormatError("holds no gradients", "give each a name: dW1, or ∂L/∂W1")


def _with_file(path: str, held: Nested, cells: int) -> Own:
    """What a TOML or JSON file says, with the arrays of the file that it names."""
    _check_count(sum(x.size for x in held.arrays.values()), cells)
    arrays, units = dict(held.arrays), dict(units_of(held.arrays))
    if held.file is not None:
        more, more_units = _beside(os.path.dirname(path), held.file, held.keys, cells)
        if twice := next((name for name in more if name in arrays), None):
            reason = f"'{short(twice)}' is given in this file and in '{short(held.file, 80)}'"
            raise fault_at(held.keys, "file", reason=reason, hint="give each gradient once")
        arrays.update(more)
        units.update(more_units)
    if not arrays:
        raise _nothing()
    for name in held.names:
        if name not in arrays:
            reason, hint = f"'{short(name)}' is not in the file", did_you_mean(name, arrays)
            raise fault_at(held.keys, "names", name, reason=reason, hint=hint)
    return Own(path, arrays, held.names, held.layout, held.iteration, units)


def _beside(folder: str, file: str, keys: Keys, cells: int) -> _Flat:
    """The arrays of a file below the folder of the one that names it."""
    suffix = _suffix(file)
    try:
        if suffix not in READERS:
            raise FormatError("is not a file of arrays", f"known are: {', '.join(READERS)}")
        return _flat(file, read_bytes(inside(folder, file, "this file"), _most_bytes(suffix, cells)), cells)
    except FormatError as fault:
        line = f" line {fault.line}:" if fault.line else ""
        reason = f"'{short(file, 80)}'{line} {fault.reason}"
        raise fault_at(keys, "file", reason=reason, hint=fault.hint) from None


# ---- files of arrays ------------------------------------------------------------------------------------------------


def _flat(file: str, content: bytes, cells: int) -> _Flat:
    """The arrays of an .npz, .npy or .csv file; one without a name has that of the file."""
    suffix = _suffix(file)
    if suffix == ".csv":
        arrays = _csv(content, cells)
    else:
        arrays, _ = READERS[suffix](content, _most_bytes(suffix, cells))
        _check_count(sum(x.size for x in arrays.values()), cells)
        arrays = {name: _real(x) for name, x in arrays.items()}
    stem = os.path.splitext(os.path.basename(file))[0]
    arrays = {name or stem: x for name, x in arrays.items()}
    return arrays, units_of(arrays) if suffix == ".csv" else {}


def _real(x: Array) -> Array:
    """A float stays as wide as it is, in the machine's order of bytes; whole numbers become float64."""
    return x.astype(x.dtype.newbyteorder("=") if x.dtype.kind == "f" else np.float64, copy=False)


def _csv(content: bytes, cells: int) -> Mapping[str, Array]:
    """Numbers only; or a line of names above columns of numbers; or a name before the numbers of each row."""
    lines = _counted(rows(content), cells)
    number, first = next(lines, (0, []))
    if not first:
        raise _nothing()
    if is_number(first[0]):
        return {"": _matrix([numbers(first, number)], lines)}
    if any(map(is_number, first[1:])):
        return _named_rows(chain([(number, first)], lines))
    names = header(first)
    if len(names) < len(first):
        raise FormatError("a column has no name", "give each a name, or each line", number)
    table = _matrix([], lines, len(first))
    columns = {name: table[:, [i]] for name, i in names.items()}
    return columns if len(table) > 1 else {name: column[0, 0] for name, column in columns.items()}


def _counted(lines: Iterable[tuple[int, list[str]]], cells: int) -> Iterator[tuple[int, list[str]]]:
    """The same lines, as long as they have not far more numbers than a program of so many cells."""
    count = 0
    for number, row in lines:
        count += len(row)
        _check_count(count, cells)
        yield number, row


def _matrix(found: list[list[float]], lines: Iterable[tuple[int, list[str]]], width: int = 0) -> Array:
    """All lines as the rows of one array."""
    for number, row in lines:
        width = width or len(found[0])
        if len(row) != width:
            reason = f"it has {len(row)} columns, line 1 has {width}"
            raise FormatError(reason, "all rows must be equally long", number)
        found.append(numbers(row, number))
    if not found:
        raise FormatError("holds names and no numbers", "give numbers below the names")
    return np.array(found)


def _named_rows(lines: Iterable[tuple[int, list[str]]]) -> dict[str, Array]:
    """Consecutive lines of one name are the rows of its array."""
    found: dict[str, list[list[float]]] = {}
    latest = ""
    for number, (cell, *row) in lines:
        name = cell.strip()
        if not name or is_number(name):
            raise FormatError("it begins without a name", "begin each line with one, or none", number)
        if not row:
            raise FormatError(f"'{short(name)}' has no numbers", "write them behind it, separated by commas", number)
        if name != latest and name in found:
            raise FormatError(f"'{short(name)}' is given twice", "keep the rows of one array together", number)
        held = found.setdefault(name, [])
        held.append(numbers(row, number))
        if len(row) != len(held[0]):
            reason = f"row {len(held)} of '{short(name)}' has {len(row)} numbers, row 1 has {len(held[0])}"
            raise FormatError(reason, "all rows must be equally long", number)
        if len(found) > MOST_ARRAYS:
            raise FormatError(f"holds more than {MOST_ARRAYS:,} arrays", "give those of fewer variables")
        latest = name
    return {name: np.array(held) for name, held in found.items()}
