"""What a scenario file may hold, read strictly: bounded text, TOML, then known keys of the right types."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from typing import Any, Literal

import msgspec

from .errors import InputError, did_you_mean
from .locate import Path as KeyPath
from .locate import clean, locate
from .text import short

LARGEST_FILE = 1 << 16
"""Bytes of the largest scenario that is read."""
_TOML = "TOML is described at toml.io"


class LayerTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[[layer]]: u = W a + b, then the activation; without `b` there is no bias."""

    W: Any
    b: Any = None
    activation: str = "identity"


class LossTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[loss]"""

    kind: str


class UpdateTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[update]"""

    rule: str
    learning_rate: float


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file, before any value is looked at."""

    title: str = ""
    about: str = ""
    dtype: Literal["float64", "float32"] = "float64"
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


_TABLES: dict[str, type[msgspec.Struct]] = {"layer": LayerTable, "loss": LossTable, "update": UpdateTable}
_WORDS = {
    "str": "a string",
    "float": "a number",
    "int": "a whole number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
}


def read_text(path: str | os.PathLike[str]) -> str:
    """The text of a regular UTF-8 file of bearable size; InputError otherwise."""
    file = os.fspath(path)
    try:
        data = _read_bytes(file)
    except FileNotFoundError:
        raise InputError("there is no such file", file=file, hint="`bptui scenarios` lists those that ship") from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=file, hint="name a scenario (.toml)") from None
    except ValueError:  # a NUL byte in the name
        raise InputError("is not a file name", file=file, hint="name a scenario (.toml)") from None
    if len(data) > LARGEST_FILE:
        raise InputError(f"is larger than {LARGEST_FILE // 1024} KiB", file=file, hint="a scenario is a short text")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError("is not UTF-8 text", file=file, line=line, hint="save it as UTF-8") from None


def _read_bytes(file: str) -> bytes:
    """At most one byte more than is allowed; a pipe or a device is not waited for."""
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            reason = "is a folder" if stat.S_ISDIR(mode) else "is not a regular file"
            raise InputError(reason, file=file, hint="name a scenario (.toml)")
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            return stream.read(LARGEST_FILE + 1)
    finally:
        os.close(descriptor)


def load(text: str) -> tuple[File, dict[KeyPath, int]]:
    """The file's tables, and the line of each of its keys; InputError with the line where it is not a scenario."""
    text = clean(text)
    lines = locate(text)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(str(error), text) from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"is not TOML that can be read: {error}", hint=_TOML) from None
    try:
        return msgspec.convert(raw, File), lines
    except msgspec.ValidationError as error:
        raise _wrong_key(str(error), lines) from None


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


def _wrong_key(message: str, lines: dict[KeyPath, int]) -> InputError:
    """msgspec says `Expected `str`, got `int` - at `$.layer[0].activation``: where, and what would be right."""
    reason, _, place = message.rpartition(" - at `$") if message.endswith("`") else (message, "", "")
    path: KeyPath = tuple(
        int(part[1:-1]) if part.startswith("[") else part.removeprefix(".")
        for part in re.findall(r"\.\w+|\[\d+\]", place)
    )
    reason = reason or message
    if match := re.fullmatch(r"Object contains unknown field `(.*)`", reason, re.DOTALL):
        table = _TABLES.get(str(path[0]), File) if path else File
        hint = did_you_mean(match[1], table.__struct_fields__)
        return _fault(lines, (*path, match[1]), "unknown key", hint)
    if match := re.fullmatch(r"Object missing required field `(.*)`", reason):
        return _fault(lines, path, f"'{match[1]}' is missing", f"add {match[1]} = …")
    if match := re.fullmatch(r"Expected `(.*)`, got `(.*)`", reason):
        expected, got = (" or ".join(_WORDS.get(word, word) for word in kind.split(" | ")) for kind in match.groups())
        hint = "write [[layer]]" if path == ("layer",) else f"must be {expected.removesuffix(' or nothing')}"
        return _fault(lines, path, f"is {got}", hint)
    if match := re.fullmatch(r"Invalid enum value (.*)", reason, re.DOTALL):
        return _fault(lines, path, f"{short(match[1])} is not known", "known are: 'float64', 'float32'")
    return _fault(lines, path, short(reason, 80), "`bptui scenarios` lists examples")


def _fault(lines: dict[KeyPath, int], path: KeyPath, reason: str, hint: str) -> InputError:
    return InputError(reason, line=lines.get(path, 0), key=short(key_text(path), 80), hint=hint)
