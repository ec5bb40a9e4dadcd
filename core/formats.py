"""What data files say: the bytes of `.csv`, `.npy` and `.npz` to arrays, one example per row.

Nothing is unpickled, and no memory is taken because a file says that it needs it.
"""

from __future__ import annotations

import csv
import io
import math
import struct
import warnings
import zlib
from array import array
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from .jacobian import Array
from .text import short

if TYPE_CHECKING:
    from zipfile import ZipFile

MOST_COLUMNS = 1 << 14
"""Columns of the widest table that is read as text."""
MOST_ARRAYS = 1_000
"""Arrays in an .npz file."""
MOST_AXES = 4

_CELL = np.dtype(np.float64).itemsize
_ONLY_NUMBERS = "numbers only, separated by commas, all rows equally long"
_SAVE_AGAIN = "write it with numpy.save or numpy.savez"
_STORED, _DEFLATED = 0, 8
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_Content: TypeAlias = tuple[Mapping[str, Array], Mapping[str, int]]
"""The arrays by name, "" where there is one without, and the columns that have names."""


class FormatError(Exception):
    """What is wrong with the content of a data file, what would be right, and the line, if it has lines."""

    def __init__(self, reason: str, hint: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.line = line


def too_large(most_bytes: int) -> FormatError:
    """A file, or what it unpacks to, is larger than is read."""
    return FormatError(f"is too large: more than {most_bytes:,} bytes are not read", "keep a part of it")


# ---- text -----------------------------------------------------------------------------------------------------------


def _csv(data: bytes, most_bytes: int) -> _Content:
    names: dict[str, int] = {}
    cells = array("d")
    width = 0
    for number, row in rows(data):
        if number == 1:
            width = len(row)
            if not any(map(is_number, row)):
                names = header(row)
                continue
        if len(row) != width:
            raise FormatError(f"it has {len(row)} columns, line 1 has {width}", "all rows must be equally long", number)
        cells.extend(numbers(row, number))
        if len(cells) * _CELL > most_bytes:
            raise too_large(most_bytes)
    if not cells:
        raise FormatError("holds no numbers", _ONLY_NUMBERS)
    return {"": np.frombuffer(cells).reshape(-1, width)}, names


def rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The number and the cells of each line of text; blank lines at the end are passed over."""
    for number, line in enumerate(io.BytesIO(data.removeprefix(BOM_UTF8).rstrip()), 1):
        try:
            text = line.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            raise FormatError("is not UTF-8 text", "save it as UTF-8", number) from None
        if text.count(",") >= MOST_COLUMNS:
            raise FormatError(f"it has more than {MOST_COLUMNS:,} columns", _ONLY_NUMBERS, number)
        if not text.strip():
            raise FormatError("is blank", "blank lines may stand at the end only", number)
        try:
            yield number, next(csv.reader([text], strict=True))
        except csv.Error as error:
            raise FormatError(f"is not comma-separated: {error}", _ONLY_NUMBERS, number) from None


def header(row: list[str]) -> dict[str, int]:
    """The columns by name; one without a name can be selected by its number."""
    names: dict[str, int] = {}
    for i, cell in enumerate(row):
        name = cell.strip()
        if name in names:
            reason = f"columns {names[name] + 1} and {i + 1} are both called '{short(name)}'"
            raise FormatError(reason, "give each its own name", 1)
        if name:
            names[name] = i
    return names


def is_number(cell: str) -> bool:
    """Whether a cell is a number, be it an infinite one."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def numbers(row: list[str], line: int) -> list[float]:
    """The finite numbers of a line; FormatError says which cell is none."""
    try:
        numbers = list(map(float, row))
    except ValueError:
        numbers = [math.nan]
    # Python's float reads 1_000 and the digits of every script too.
    text = "".join(row)
    if math.isfinite(sum(numbers)) and text.isascii() and "_" not in text:
        return numbers
    return [_number(cell, line) for cell in row]


def _number(cell: str, line: int) -> float:
    """One cell, and what is wrong with it."""
    if not cell.strip():
        raise FormatError("a cell is empty", _ONLY_NUMBERS, line)
    if not is_number(cell) or not cell.isascii() or "_" in cell:
        raise FormatError(f"'{short(cell)}' is not a number", _ONLY_NUMBERS, line)
    if not math.isfinite(x := float(cell)):
        raise FormatError(f"'{short(cell)}' is not finite", "give finite numbers only", line)
    return x


# ---- NumPy's formats ------------------------------------------------------------------------------------------------


def _npy(data: bytes, most_bytes: int) -> _Content:
    return {"": _array(data)}, {}


def _npz(data: bytes, most_bytes: int) -> _Content:
    import zipfile  # late: most data files are no archives

    if data.count(b"PK\1\2") > MOST_ARRAYS:  # the mark of a member: counted before a record is made of each
        raise FormatError(f"holds more than {MOST_ARRAYS:,} arrays", _SAVE_AGAIN)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > most_bytes:
                raise too_large(most_bytes)
            return _members(archive), {}
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError):
        raise FormatError("is not an .npz file, or damaged", _SAVE_AGAIN) from None


def _members(archive: ZipFile) -> dict[str, Array]:
    arrays: dict[str, Array] = {}
    for member in archive.infolist():
        name = member.filename.removesuffix(".npy")
        if name in ("", member.filename) or "/" in name or "\\" in name:
            raise FormatError(f"holds '{short(member.filename)}', which is not an array", _SAVE_AGAIN)
        if name in arrays:
            raise FormatError(f"holds two arrays called '{short(name)}'", _SAVE_AGAIN)
        if member.flag_bits & 1:
            raise FormatError(f"'{short(name)}' is encrypted", _SAVE_AGAIN)
        if member.compress_type not in (_STORED, _DEFLATED):
            raise FormatError(f"'{short(name)}' is compressed in a way that NumPy does not write", _SAVE_AGAIN)
        try:
            with archive.open(member) as stream:  # which gives no more than the declared size, and checks the sum
                arrays[name] = _array(stream.read())
        except FormatError as error:
            raise FormatError(f"'{short(name)}' {error.reason}", error.hint) from None
    if not arrays:
        raise FormatError("holds no arrays", _SAVE_AGAIN)
    return arrays


def _array(data: bytes) -> Array:
    """The array of an .npy file, (N, features) or (N, …): a view, so that its header takes no memory."""
    stream = io.BytesIO(data)
    shape, fortran, dtype = _npy_header(stream)
    if dtype.hasobject:
        hint = "numpy.savez(file, **arrays) saves a dict of arrays"
        raise FormatError("holds pickled objects, which are never read", hint)
    if dtype.kind not in "biuf" or dtype.itemsize > _CELL:
        raise FormatError(f"holds {short(str(dtype))}, not real numbers of at most 64 bits", "convert it to float64")
    if len(shape) > MOST_AXES:
        raise FormatError(f"has {len(shape)} axes", f"{MOST_AXES} at the most")
    if min(shape, default=1) < 1:
        raise FormatError("holds no numbers", "give it at least one")
    start = stream.tell()
    if math.prod(shape) * dtype.itemsize != len(data) - start:
        raise FormatError("is not as long as its header says", _SAVE_AGAIN)
    values = np.frombuffer(data, dtype, offset=start)
    if not np.isfinite(values).all():
        raise FormatError("holds numbers that are not finite", "give finite numbers only")
    rows = values.reshape(shape, order="F" if fortran else "C")
    return rows if rows.ndim > 1 else rows.reshape(-1, 1)


def _npy_header(stream: io.BytesIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python thinks of a header's text is nobody's concern
            version = np.lib.format.read_magic(stream)
            return _HEADERS[version](stream)
    except Exception:  # the text is parsed as Python, and can make the parser raise nearly anything
        raise FormatError("is not an array in NumPy's format, or damaged", _SAVE_AGAIN) from None


READERS: Mapping[str, Callable[[bytes, int], _Content]] = {".csv": _csv, ".npy": _npy, ".npz": _npz}
"""How the bytes of a file are read, by the end of its name: `reader(data, most_bytes)`, or FormatError."""
