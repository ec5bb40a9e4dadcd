"""What a scenario file may hold, read strictly: TOML, then known keys of the right types."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from typing import Any, Literal, TypeVar

import msgspec

from .errors import InputError, did_you_mean
from .locate import Path as KeyPath
from .locate import clean, locate
from .text import short

_TOML = "TOML is described at toml.io"

Table = TypeVar("Table", bound=msgspec.Struct)


class LayerTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[[layer]]: u = W a + b, then the activation. Either W and perhaps b are given, or drawn for `units` by `init`."""

    W: Any = None
    b: Any = None
    units: int | None = None
    init: str | None = None
    bias: bool | None = None
    activation: str = "identity"


class LossTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[loss]: with `l2` or `l1` the penalties l2 · ½ Σ W² and l1 · Σ |W| of all weights are added."""

    kind: str
    reduction: str = "sum"
    l2: float = 0.0
    l1: float = 0.0


class ScheduleTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[update.schedule]"""

    kind: str
    every: int | None = None
    factor: float | None = None
    over: int | None = None
    minimum: float | None = None
    warmup: int | None = None


class UpdateTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[update]"""

    rule: str
    learning_rate: float
    iterations: int = 1
    frozen: list[str] = []
    momentum: float | None = None
    beta1: float | None = None
    beta2: float | None = None
    decay: float | None = None
    epsilon: float | None = None
    weight_decay: float | None = None
    clip_norm: float | None = None
    clip_value: float | None = None
    schedule: ScheduleTable | None = None


class DataTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[data]: where the examples are, and how they are dealt out."""

    file: str | None = None
    input: dict[str, str] = {}
    target: dict[str, str] = {}
    divide: dict[str, float] = {}
    batch_size: int | None = None
    shuffle: bool = False
    held_out: float | None = None


class NoteTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[[note]]: a text that is shown at a step, in each iteration or in one."""

    at: str
    text: str
    iteration: int | None = None


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file, before any value is looked at."""

    title: str = ""
    about: str = ""
    dtype: Literal["float64", "float32"] = "float64"
    seed: int = 0
    program: str | None = None
    output: str | None = None
    wrt: list[str] | None = None
    input: dict[str, Any] = {}
    target: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    constants: dict[str, Any] = {}
    layer: list[LayerTable] = []
    loss: LossTable | None = None
    update: UpdateTable | None = None
    data: DataTable | None = None
    note: list[NoteTable] = []
    breakpoints: list[str] = []
    watches: list[str] = []


class InitialTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value that is drawn: { init = "normal", shape = [3, 4] }."""

    init: str
    shape: list[int]
    scale: float = 1.0


class FileTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value from a file below the scenario's folder: { file = "weights.npz", select = "W1" }."""

    file: str
    select: str = ""


_TABLES: dict[str, type[msgspec.Struct]] = {
    "layer": LayerTable,
    "loss": LossTable,
    "update": UpdateTable,
    "data": DataTable,
    "note": NoteTable,
}
_WORDS = {
    "str": "a string",
    "float": "a number",
    "int": "a whole number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
}


def load(text: str) -> tuple[File, dict[KeyPath, int]]:
    """A scenario's tables, and the line of each of its keys; InputError with the line where it is not a scenario."""
    raw, lines = tables(text)
    return convert(raw, File, lines), lines


def tables(text: str) -> tuple[dict[str, Any], dict[KeyPath, int]]:
    """The tables of a TOML file, bounded before it is parsed, and the line of each key; InputError where it is none."""
    text = clean(text)
    lines = locate(text)
    try:
        return tomllib.loads(text), lines
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(str(error), text) from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"is not TOML that can be read: {error}", hint=_TOML) from None


def convert(raw: Any, table: type[Table], lines: Mapping[KeyPath, int], at: KeyPath = ()) -> Table:
    """The raw table at this path with its keys known and of the right types; InputError with the line otherwise."""
    try:
        return msgspec.convert(raw, table)
    except msgspec.ValidationError as error:
        raise _wrong_key(str(error), lines, table, at) from None


def key_text(path: KeyPath) -> str:
    """A key as it is said: `layer 2.W`, layers counted from 1 as W2 is."""
    text = ""
    for part in path:
        text += f" {part + 1}" if isinstance(part, int) else f".{part}" if text else part
    return text


def _syntax_error(message: str, text: str) -> InputError:
    """tomllib says `… (at line 3, column 5)` or `… (at end of document)`."""
    match = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", message, re.DOTALL)
    if not match:
        return InputError(f"is not TOML: {short(message, 80)}", hint=_TOML)
    reason, line, column = match.groups()
    place = f", column {column}" if column else ""
    reason = f"is not TOML: {reason[:1].lower()}{short(reason[1:], 80)}{place}"
    return InputError(reason, line=int(line or text.rstrip("\n").count("\n") + 1), hint=_TOML)


def _wrong_key(message: str, lines: Mapping[KeyPath, int], table: type[msgspec.Struct], at: KeyPath) -> InputError:
    """msgspec says `Expected `str`, got `int` - at `$.layer[0].activation``: where, and what would be right."""
    reason, _, place = message.rpartition(" - at `$") if message.endswith("`") else (message, "", "")
    inner: KeyPath = tuple(
        int(part[1:-1]) if part.startswith("[") else part.removeprefix(".")
        for part in re.findall(r"\.\w+|\[\d+\]", place)
    )
    path = (*at, *inner)
    reason = reason or message
    if match := re.fullmatch(r"Object contains unknown field `(.*)`", reason, re.DOTALL):
        if inner and table is File:
            table = ScheduleTable if inner == ("update", "schedule") else _TABLES.get(str(inner[0]), File)
        hint = did_you_mean(match[1], table.__struct_fields__)
        return _fault(lines, (*path, match[1]), "unknown key", hint)
    if match := re.fullmatch(r"Object missing required field `(.*)`", reason):
        return _fault(lines, path, f"'{match[1]}' is missing", f"add {match[1]} = …")
    if match := re.fullmatch(r"Expected `(.*)`, got `(.*)`", reason):
        expected, got = (" or ".join(_WORDS.get(word, word) for word in kind.split(" | ")) for kind in match.groups())
        hint = (
            f"write [[{path[0]}]]"
            if path in (("layer",), ("note",))
            else f"must be {expected.removesuffix(' or nothing')}"
        )
        return _fault(lines, path, f"is {got}", hint)
    if match := re.fullmatch(r"Invalid enum value (.*)", reason, re.DOTALL):
        return _fault(lines, path, f"{short(match[1])} is not known", "known are: 'float64', 'float32'")
    return _fault(lines, path, short(reason, 80), "`bptui scenarios` lists examples")


def _fault(lines: Mapping[KeyPath, int], path: KeyPath, reason: str, hint: str) -> InputError:
    return InputError(reason, line=lines.get(path, 0), key=short(key_text(path), 80), hint=hint)


class Keys:
    """The lines of the keys of a file, for what there is to complain about."""

    def __init__(self, lines: Mapping[KeyPath, int]) -> None:
        self.lines = lines

    def line(self, path: KeyPath) -> int:
        """The line of a key; of the table around it where the key itself is not written."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)

    def fault(self, path: KeyPath, reason: str, hint: str) -> InputError:
        """What to raise about a key."""
        return InputError(reason, line=self.line(path), key=key_text(path), hint=hint)

    def known(self, what: str, word: str, known: Collection[str], path: KeyPath) -> str:
        """The word, if it is one of those known; InputError otherwise."""
        if word not in known:
            raise self.fault(path, f"there is no {what} '{short(word)}'", did_you_mean(word, known))
        return word
