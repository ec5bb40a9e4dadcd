"""The reader's settings: a short TOML file, read as strictly as a scenario."""

from __future__ import annotations

import os
import string
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from bptui.core.errors import InputError, did_you_mean
from bptui.core.files import read_text
from bptui.core.locate import Path as KeyPath
from bptui.core.schema import Keys, convert, tables
from bptui.core.text import short

from .commands import COMMANDS, Command
from .palettes import THEME_NAMES

ALWAYS_REACHED = ("help", "quit")
"""The commands that cannot be left without a key."""

_NAMED = (
    *("space", "tab", "enter", "up", "down", "left", "right", "home", "end", "pageup", "pagedown"),
    *(f"f{number}" for number in range(1, 13)),
)
_NOT_FREE = {
    "ctrl+c": "leaves from anywhere",
    "ctrl+h": "arrives as backspace",
    "ctrl+i": "arrives as tab",
    "ctrl+m": "arrives as enter",
    "ctrl+q": "quits from anywhere",
    "ctrl+z": "suspends the program",
}
_CONTROL = tuple(key for letter in string.ascii_lowercase if (key := f"ctrl+{letter}") not in _NOT_FREE)
_TEXTUAL = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
"""The characters that Textual calls otherwise than Unicode does."""
_HINT = "docs/settings.md says what a settings file holds"


class Settings(msgspec.Struct, frozen=True):
    """What the reader has chosen: empty or None where nothing is; `keys` holds only the commands that are given."""

    theme: str = ""
    ascii: bool | None = None
    mouse: bool | None = None
    keys: Mapping[str, tuple[str, ...]] = {}


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file, before any key is looked at."""

    theme: str | None = None
    ascii: bool | None = None
    mouse: bool | None = None
    keys: dict[str, Any] = {}


def settings_path() -> Path:
    """Where the settings are read from."""
    import platformdirs  # late: Textual brings it along, the commands without a screen need it for nothing else

    return platformdirs.user_config_path("bptui") / "settings.toml"


def read_settings() -> Settings:
    """The reader's settings, the defaults where there is no file; InputError where something in it is wrong."""
    path = settings_path()
    if not os.path.lexists(path):
        return Settings()
    try:
        text = read_text(path)
    except InputError as error:
        error.hint = _HINT
        raise
    return parse(text, os.fspath(path))


def parse(text: str, file: str) -> Settings:
    """The settings in this text; InputError with `file` and the line where something is wrong."""
    try:
        return _settings(text)
    except InputError as error:
        error.file = file
        raise


def with_keys(commands: Sequence[Command], keys: Mapping[str, tuple[str, ...]]) -> tuple[Command, ...]:
    """The table of commands with these keys in place of their own."""
    return tuple(command._replace(keys=keys.get(command.id, command.keys)) for command in commands)


def key_of(character: str) -> str:
    """What Textual calls the key of a printable character: `/` is slash, as in textual.keys."""
    if character.isalnum():
        return character
    name = unicodedata.name(character, character).lower().replace("-", "_").replace(" ", "_")
    return _TEXTUAL.get(name, name)


def _settings(text: str) -> Settings:
    raw, lines = tables(text)
    file = convert(raw, _File, lines)
    keys = Keys(lines)
    if file.theme is not None:
        keys.known("theme", file.theme, THEME_NAMES, ("theme",))
    return Settings(file.theme or "", file.ascii, file.mouse, _KeyTable(file.keys, keys.line).checked())


class _KeyTable:
    """[keys]: the id of a command = a key, or a list of keys."""

    def __init__(self, raw: Mapping[str, Any], line: Callable[[KeyPath], int]) -> None:
        self.raw = raw
        self.line = line

    def checked(self) -> dict[str, tuple[str, ...]]:
        """The keys of each command that is given, as Textual calls them; InputError where a key goes with two."""
        ids = [command.id for command in COMMANDS]
        for command in self.raw:
            if command not in ids:
                raise self._fault(("keys", command), "there is no such command", did_you_mean(command, ids))
        owners = {key: command.id for command in COMMANDS if command.id not in self.raw for key in command.keys}
        found: dict[str, list[str]] = {command: [] for command in self.raw}
        for path, written in self._written():
            command, key = str(path[1]), self._key(written, path)
            if key in owners:
                raise self._clash(path, written, owners[key])
            owners[key] = command
            found[command].append(key)
        for command in ALWAYS_REACHED:
            if found.get(command) == []:
                raise self._fault(("keys", command), "needs a key", 'give it one, for instance "q"')
        return {command: tuple(keys) for command, keys in found.items()}

    def _written(self) -> Iterator[tuple[KeyPath, str]]:
        """Each key that is written, and where; InputError where it is no string."""
        for command, value in self.raw.items():
            path: KeyPath = ("keys", command)
            listed = isinstance(value, list)
            for index, written in enumerate(value if listed else [value]):
                if not isinstance(written, str):
                    raise self._fault(path, "is not a key", 'give a key or a list of keys: "s", ["/", "ctrl+f"]')
                yield ((*path, index) if listed else path), written

    def _key(self, written: str, path: KeyPath) -> str:
        if len(written) == 1 and written.isprintable():
            return key_of(written)
        if written in _NAMED or written in _CONTROL:
            return written
        if written in _NOT_FREE:
            raise self._fault(path, f"{written} {_NOT_FREE[written]}", "choose another key")
        hint = did_you_mean(written, (*_NAMED, *_CONTROL))
        raise self._fault(path, f"'{short(written)}' is neither a character nor the name of a key", hint)

    def _clash(self, path: KeyPath, written: str, owner: str) -> InputError:
        if owner == path[1]:
            return self._fault(path, f"'{written}' stands twice", "name it once")
        if owner in self.raw:
            where = f"on line {self.line(('keys', owner))}"
            return self._fault(path, f"'{written}' is given to '{owner}' too, {where}", "a key goes with one command")
        hint = f'give that another key, as {owner} = "…", or none: {owner} = []'
        if owner in ALWAYS_REACHED:
            hint = f'give that another key, as {owner} = "…"'
        return self._fault(path, f"'{written}' is the key of '{owner}' by default", hint)

    def _fault(self, path: KeyPath, reason: str, hint: str) -> InputError:
        return InputError(reason, line=self.line(path), key=f"keys.{short(str(path[1]))}", hint=hint)
