"""From a key of a TOML file to its line; and the bounds that make a hostile file harmless before tomllib reads it.

tomllib says on which line a syntax error is, but not where a value stands. This reader knows just enough of TOML to
follow tables, keys and arrays. What is not TOML it leaves to tomllib to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from .errors import InputError

Path: TypeAlias = tuple[str | int, ...]

DEEPEST = 8
"""How deep arrays and inline tables may be nested."""
MOST_PARTS = 8
"""How many parts a dotted key may have: tomllib takes quadratic time and memory in them."""

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r]+|\#[^\n]*)
  | (?P<newline>\n)
  | (?P<string>\"\"\"(?:[^\\"]|\\.|"(?!""))*\"{3,5}|'''(?:[^']|'(?!''))*'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')
  | (?P<bare>[^\s\[\]{}=,."'\#]+)
  | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


def locate(text: str) -> dict[Path, int]:
    """The line of every table, key and array element; InputError where nesting or keys go beyond the bounds."""
    tokens = list(_tokens(text))
    _check_bounds(tokens)
    lines: dict[Path, int] = {}
    reader = _Reader(tokens, lines)
    try:
        reader.document()
    except IndexError:  # the text ends too early: tomllib says where
        pass
    return lines


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if match[0] in ('"', "'"):  # a string that never ends: tomllib stops here too
            return
        if kind != "space":
            yield _Token(kind, match[0], line)
        line += match[0].count("\n")


def _check_bounds(tokens: list[_Token]) -> None:
    depth = parts = 0
    for kind, text, line in tokens:
        if text in ("[", "{"):
            depth += 1
        elif text in ("]", "}"):
            depth = max(0, depth - 1)
        if depth > DEEPEST:
            raise InputError("brackets nested too deep", line=line, hint=f"{DEEPEST} levels at the most")
        if kind == "sign" and text == ".":
            parts += 1
        elif kind not in ("bare", "string"):
            parts = 0
        if parts >= MOST_PARTS:
            raise InputError("a dotted key with too many parts", line=line, hint=f"{MOST_PARTS} at the most")


class _Reader:
    """Follows the tables, keys and arrays of a token list and writes their lines down."""

    def __init__(self, tokens: list[_Token], lines: dict[Path, int]) -> None:
        self.tokens = tokens
        self.lines = lines
        self.at = 0
        self.counts: dict[Path, int] = {}

    def document(self) -> None:
        """All statements; IndexError at an end that comes too early."""
        table: Path = ()
        while self.at < len(self.tokens):
            if self._skip("\n"):
                continue
            if self._peek() == "[":
                table = self._header()
            else:
                self._assignment(table)
            while self._peek() != "\n":
                self.at += 1

    def _header(self) -> Path:
        line = self.tokens[self.at].line
        self.at += 1
        many = self._skip("[")
        *parents, last = self._key()
        path: Path = ()
        for part in parents:
            path = self._latest((*path, part))
        path = (*path, last)
        if many:
            self.counts[path] = self.counts.get(path, 0) + 1
        path = self._latest(path)
        self.lines.setdefault(path, line)
        return path

    def _latest(self, path: Path) -> Path:
        """The table itself, or the latest one of an array of tables."""
        return (*path, self.counts[path] - 1) if path in self.counts else path

    def _assignment(self, table: Path) -> None:
        line = self.tokens[self.at].line
        path = (*table, *self._key())
        for end in range(len(table) + 1, len(path) + 1):
            self.lines.setdefault(path[:end], line)
        if self._skip("="):
            self._value(path)

    def _key(self) -> list[str]:
        parts = []
        while True:
            token = self.tokens[self.at]
            if token.kind not in ("bare", "string"):
                return parts or [""]
            parts.append(token.text.strip("\"'"))
            self.at += 1
            if not self._skip("."):
                return parts

    def _value(self, path: Path) -> None:
        if self._skip("["):
            self._array(path)
        elif self._skip("{"):
            while not self._skip("}"):
                self._assignment(path)
                if not self._skip(",") and self._peek() != "}":
                    return
        else:
            while self._peek() not in ("\n", ",", "]", "}"):
                self.at += 1

    def _array(self, path: Path) -> None:
        index = 0
        while True:
            while self._skip("\n"):
                pass
            if self._skip("]"):
                return
            self.lines[(*path, index)] = self.tokens[self.at].line
            before = self.at
            self._value((*path, index))
            while self._skip("\n"):
                pass
            if self._skip(","):
                index += 1
            elif self._peek() != "]" or self.at == before:
                return

    def _peek(self) -> str:
        return self.tokens[self.at].text

    def _skip(self, text: str) -> bool:
        """Whether the next token is this one, which then is passed over."""
        if self.tokens[self.at].text != text:
            return False
        self.at += 1
        return True
