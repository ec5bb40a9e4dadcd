"""Gradients in JSON and TOML: names with numbers, lists, lists of rows, and the few keys that say something of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn, cast

import msgspec
import numpy as np

from ..errors import InputError
from ..formats import MOST_ARRAYS, MOST_AXES, FormatError
from ..jacobian import Array
from ..notation import shape_text
from ..schema import Keys, tables
from ..text import short

LARGEST_TOML = 1 << 18
"""Bytes of the largest TOML file that is read: tomllib is slow."""
LAST_ITERATION = 10**9

_ALL_FORMS = "give a number, a list, or a list of rows"


class Nested(msgspec.Struct, frozen=True, eq=False):
    """What a JSON or TOML file says: its arrays, and beside them a file with more, what names mean, and so on."""

    arrays: Mapping[str, Array]
    names: Mapping[str, str]
    layout: str
    iteration: int | None
    file: str | None
    keys: Keys


def read_toml(content: bytes) -> Nested:
    """The gradients of a TOML file; FormatError or InputError, with the line, where it holds something else."""
    if len(content) > LARGEST_TOML:
        hint = "write large arrays with numpy.savez, and name them in it: file = …"
        raise FormatError(f"is larger than {LARGEST_TOML // 1024} KiB", hint)
    raw, lines = tables(_text(content))
    return _nested(raw, Keys(lines))


def read_json(content: bytes) -> Nested:
    """The gradients of a JSON file; FormatError or InputError where it holds something else.

    It is read by `json` and not by msgspec, which keeps the last of two equal keys and says nothing.
    """
    text = _text(content).removeprefix("\ufeff")
    try:
        raw = json.loads(text, object_pairs_hook=_once, parse_constant=_not_finite)
    except json.JSONDecodeError as error:
        reason = f"is not JSON: {error.msg[:1].lower()}{error.msg[1:]}, column {error.colno}"
        raise FormatError(reason, "JSON is described at json.org", error.lineno) from None
    except RecursionError:
        raise FormatError("lists are nested too deep", f"{MOST_AXES} levels at the most") from None
    except ValueError:  # Python reads no whole number of more than 4,300 digits
        raise FormatError("holds a number that is too long", "give finite numbers only") from None
    if not isinstance(raw, dict):
        raise FormatError(f"is {_kind(raw)}, not a table of gradients", 'write {"dW1": [[…]], …}')
    return _nested(raw, Keys({}))


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FormatError("is not UTF-8 text", "save it as UTF-8", line) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for key, value in pairs:
        if key in table:
            raise FormatError(f"'{short(key)}' is given twice", "give each gradient once")
        table[key] = value
    return table


def _not_finite(constant: str) -> NoReturn:
    raise FormatError(f"holds {constant}, which is not finite", "give finite numbers only")


def _nested(raw: dict[str, Any], keys: Keys) -> Nested:
    """The reserved keys apart, all else as arrays."""
    layout = _string(raw.pop("layout", ""), keys, "layout")
    file = _string(raw.pop("file"), keys, "file") if "file" in raw else None
    iteration = raw.pop("iteration", None)
    if iteration is not None and (type(iteration) is not int or not 1 <= iteration <= LAST_ITERATION):
        raise fault_at(keys, "iteration", reason="is no iteration", hint="give a whole number from 1")
    names = raw.pop("names", {})
    if not isinstance(names, dict):
        raise fault_at(keys, "names", reason=f"is {_kind(names)}", hint='must be a table: your name = "the variable"')
    names = {name: _string(meant, keys, "names", name) for name, meant in names.items()}
    if len(raw) > MOST_ARRAYS:
        raise FormatError(f"holds more than {MOST_ARRAYS:,} arrays", "give those of fewer variables")
    return Nested(
        {name: _array(value, keys, name) for name, value in raw.items()}, names, layout, iteration, file, keys
    )


def _string(raw: Any, keys: Keys, *path: str) -> str:
    if not isinstance(raw, str):
        raise fault_at(keys, *path, reason=f"is {_kind(raw)}", hint="must be a string")
    return raw


def _array(raw: Any, keys: Keys, name: str) -> Array:
    """The value of a name: () for a number, a column (n, 1) for a list, (m, n) for a list of rows, and so on."""
    if isinstance(raw, dict):
        inner = f'"{short(name)}.{short(next(iter(raw), "grad"))}" = …'
        raise fault_at(keys, name, reason="is a table, not numbers", hint=f"write a name with a dot in quotes: {inner}")
    _shape(raw, keys, (name,))
    try:
        x = np.array(raw, dtype=np.float64)
    except OverflowError:  # a whole number
        raise fault_at(
            keys, name, reason="holds a number that is not finite", hint="give finite numbers only"
        ) from None
    if not np.isfinite(x).all():
        first = np.argwhere(~np.isfinite(x))[0]
        raise fault_at(
            keys, name, *map(int, first), reason="holds a number that is not finite", hint="give finite numbers only"
        )
    return cast(Array, x.reshape(-1, 1) if x.ndim == 1 else x[()])


def _shape(raw: Any, keys: Keys, at: tuple[str | int, ...]) -> tuple[int, ...]:
    """The shape of nested lists of numbers; InputError where they are ragged, too deep, or hold anything else."""
    if not isinstance(raw, list):
        return _shape_of_numbers([raw], keys, at)[1:]
    if not raw:
        raise fault_at(keys, *at, reason=_where(at) + "is an empty list", hint=_ALL_FORMS)
    if list not in set(map(type, raw)):
        return _shape_of_numbers(raw, keys, at)
    if len(at) >= MOST_AXES:
        raise fault_at(keys, *at, reason="lists are nested too deep", hint=f"{MOST_AXES} levels at the most")
    first: tuple[int, ...] = ()
    for i, row in enumerate(raw):
        here = (*at, i)
        if not isinstance(row, list):
            raise fault_at(
                keys, *here, reason=_where(here) + "is not a list", hint="give either numbers only or rows only"
            )
        shape = _shape(row, keys, here)
        first = first or shape
        if shape != first:
            reason = f"{_where(here)}has {_numbers(shape)}, row 1 has {_numbers(first)}"
            raise fault_at(keys, *here, reason=reason, hint="all rows must be equally long")
    return (len(raw), *first)


def _shape_of_numbers(cells: list[Any], keys: Keys, at: tuple[str | int, ...]) -> tuple[int, ...]:
    if not set(map(type, cells)) <= {int, float}:
        i, cell = next((i, cell) for i, cell in enumerate(cells) if type(cell) not in (int, float))
        raise fault_at(keys, *at, i, reason=f"holds {_kind(cell)}, not a number", hint=_ALL_FORMS)
    return (len(cells),)


def _where(at: tuple[str | int, ...]) -> str:
    """`row 3 `; deeper down `row 3 of part 1 `; nothing for the value itself."""
    numbers = [int(part) + 1 for part in at[1:]]
    return f"row {numbers[-1]} " + "".join(f"of part {n} " for n in numbers[-2::-1]) if numbers else ""


def _numbers(shape: tuple[int, ...]) -> str:
    return f"{shape_text(shape)} number{'s' * (shape != (1,))}"


def _kind(raw: Any) -> str:
    """What a value is, as it is said."""
    match raw:
        case bool() | None:
            return json.dumps(raw)
        case int() | float():
            return "a number"
        case str():
            return f"the text '{short(raw)}'"
        case list():
            return "a list"
        case dict():
            return "a table"
    return f"the text '{short(str(raw))}'"  # a date of TOML


def fault_at(keys: Keys, *path: str | int, reason: str, hint: str) -> InputError:
    """What to raise about a key; it is said by the first of the path, which has the rest in its lines."""
    return InputError(reason, line=keys.line(path), key=short(str(path[0]), 80), hint=hint)
