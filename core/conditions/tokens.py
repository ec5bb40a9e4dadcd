"""The tokens of a condition or a watch, from left to right, and what is said where one is missing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from ..errors import InputError
from ..text import short
from ..tokens import NAME

LONGEST = 200
"""Characters of the longest condition or watch."""
DEEPEST = 20
"""How deep parentheses, bars, functions and signs may be nested."""
MOST_QUOTED = 40
"""Characters of what is read so far that a message quotes."""

SPELT = rf"{NAME}(?:·\w+)*"
"""A word, or the name of an inner node."""
NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_TOKEN = re.compile(rf"\s*({NUMBER}|∂{SPELT}/∂{SPELT}|d{SPELT}/d{SPELT}|{SPELT}|[<>=!]=|[<>=≤≥≠|‖()\[\],+\-*/])")

_T = TypeVar("_T")


class Cursor:
    """A place in the tokens of a text; `noun` is what the text is, `example` what would be right."""

    def __init__(self, text: str, noun: str, example: str) -> None:
        self.text = text.strip()
        self.example = example
        self.depth = 0
        self.at = 0
        self.tokens: list[str] = []
        self.ends = [0]
        if not self.text:
            raise InputError(f"the {noun} is empty", hint=example)
        if len(self.text) > LONGEST:
            raise InputError(f"a {noun} of {len(self.text):,} characters", hint=f"{LONGEST} at the most")
        self._tokenize()

    def _tokenize(self) -> None:
        while (start := self.ends[-1]) < len(self.text):
            match = _TOKEN.match(self.text, start)
            if not match:
                self.at = len(self.tokens)
                raise self._unexpected(self.text[start:].lstrip()[0])
            self.tokens.append(match[1])
            self.ends.append(match.end())

    def _whole(self, parse: Callable[[], _T]) -> _T:
        """What the whole text is parsed to; nothing may be left of it."""
        parsed = parse()
        if self._peek():
            raise self._unexpected(self._peek())
        return parsed

    def _peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _take(self) -> str:
        if self.at == len(self.tokens):
            raise self._fault("a number or a name is missing", self.example)
        self.at += 1
        return self.tokens[self.at - 1]

    def _expect(self, token: str) -> None:
        if self._peek() != token:
            raise self._fault(f"'{token}' is missing", "close what is open")
        self.at += 1

    def _closed(self, parse: Callable[[], _T], token: str) -> _T:
        inner = self._nested(parse)
        self._expect(token)
        return inner

    def _nested(self, parse: Callable[[], _T]) -> _T:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._fault("nested too deep", f"{DEEPEST} levels at the most")
        inner = parse()
        self.depth -= 1
        return inner

    def _written(self, start: int, end: int) -> str:
        return self.text[self.ends[start] : self.ends[end]].strip()

    def _unexpected(self, token: str) -> InputError:
        hint = "combine with and, or, not" if token in "&|!" else self.example
        return self._fault(f"'{short(token)}' is not expected here", hint)

    def _fault(self, reason: str, hint: str, back: int = 0) -> InputError:
        """What to raise: what is read up to here, less `back` tokens, then what is wrong."""
        read = self.text[: self.ends[max(self.at - back, 0)]].strip()
        quoted = read if len(read) <= MOST_QUOTED else "…" + read[1 - MOST_QUOTED :]
        return InputError(f"'{quoted}': {reason}" if quoted else reason, hint=hint)
