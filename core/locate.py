"""From a key of a TOML file to its line; and the bounds that make a hostile file harmless before tomllib reads it.

tomllib says on which line a syntax error is, but not where a value stands. This reader knows just enough of TOML to
follow tables, keys and arrays. What is not TOML it leaves to tomllib to say.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple, TypeAlias

from .errors import InputError

Path: TypeAlias = tuple[str | int, ...]

DEEPEST = 8
"""How deep arrays and inline tables may be nested."""
MOST_PARTS = 8
"""How many parts a dotted key may have: tomllib takes quadratic time and memory in them."""
LONGEST_WORD = 1_000
"""Characters of the longest number or bare key; Python's own limit for a number has no line."""

# Nothing here is tried twice (the quantifiers are possessive), so that the time is linear in the text. A quote that
# opens no string is a sign.
_STRING = r"""(?P<string>
    \"\"\"(?:[^\\"]++|\\.|"(?!""))*+\"{3,5}
  | '''(?:[^']++|'(?!''))*+'{3,5}
  | "(?!"")(?:[^"\\\n]++|\\[^\n])*+"
  | '(?!'')[^'\n]*+'
)"""
_TOKEN = re.compile(
    rf"""
    (?:[ \t\r]++|\#[^\n]*+)*+
    (?: (?P<newline>\n) | {_STRING} | (?P<bare>[^\s\[\]{{}}=,."'\#]++) | (?P<sign>.) | \Z )
    """,
    re.VERBOSE | re.DOTALL,
)
_STRING_VALUE = re.compile(rf"[^=\n]*+=[ \t]*+{_STRING}", re.VERBOSE | re.DOTALL)
_LINE_END = re.compile(r"\n|\\(?:[ \t]*\n[ \t\n]*|u000[aA]|U0000000[aA]|x0[aA]|.)", re.DOTALL)


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


def clean(text: str) -> str:
    """The text without a byte-order mark and with `\\n` at the end of each line, as TOML reads it."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def locate(text: str) -> dict[Path, int]:
    """The line of every table, key and array element; InputError where nesting or keys go beyond the bounds."""
    tokens = list(_tokens(text))
    _check_bounds(tokens)
    lines: dict[Path, int] = {}
    with suppress(IndexError):  # where the text ends too early, tomllib says so
        _Reader(tokens, lines).document()
    return lines


def string_lines(text: str, line: int) -> list[int]:
    """For each line of the string that is the value of the key on this line, its line in the file.

    A line that a backslash continues is where it begins; an escaped newline begins no new line of the file.
    """
    start = 0
    for _ in range(line - 1):
        start = text.index("\n", start) + 1
    match = _STRING_VALUE.match(text, start)
    if not match:
        return []
    string = match["string"]
    if string.startswith(('"""\n', "'''\n")):  # TOML leaves this newline out
        string, line = string[4:], line + 1
    ends = _LINE_END.findall(string) if match["string"].startswith('"') else "\n" * string.count("\n")
    lines = [line]
    for end in ends:
        line += end.count("\n")
        if end == "\n" or end.lower() in ("\\n", "\\u000a", "\\u0000000a", "\\x0a"):
            lines.append(line)
    return lines


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind is None:
            return
        token = match[kind]
        if kind == "sign" and token in "\"'":  # a string that never ends: tomllib stops here too
            return
        yield _Token(kind, token, line)
        if kind == "newline":
            line += 1
        elif kind == "string":
            line += token.count("\n")


def _check_bounds(tokens: list[_Token]) -> None:
    depth = parts = 0
    for kind, text, line in tokens:
        if kind == "sign":
            if text in "[{":
                depth += 1
            elif text in "]}":
                depth = max(0, depth - 1)
            parts = parts + 1 if text == "." else 0
            if depth > DEEPEST:
                raise InputError("brackets nested too deep", line=line, hint=f"{DEEPEST} levels at the most")
            if parts >= MOST_PARTS:
                raise InputError("a dotted key with too many parts", line=line, hint=f"{MOST_PARTS} at the most")
        elif kind == "newline":
            parts = 0
        elif kind == "bare" and len(text) > LONGEST_WORD:
            reason = f"a word or number of {len(text):,} characters"
            raise InputError(reason, line=line, hint=f"{LONGEST_WORD:,} at the most")


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
            self.lines.setdefault(path, line)
        path = (*path, last)
        self.lines.setdefault(path, line)
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
        parts: list[str] = []
        while True:
            token = self.tokens[self.at]
            if token.kind not in ("bare", "string"):
                return parts or [""]
            parts.append(_part(token))
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


def _part(token: _Token) -> str:
    """One part of a key, as TOML reads it."""
    if token.kind == "bare":
        return token.text
    if "\\" in token.text and token.text[0] == '"':
        with suppress(tomllib.TOMLDecodeError):
            return next(iter(tomllib.loads(f"{token.text} = 0")))
    return token.text[1:-1]
