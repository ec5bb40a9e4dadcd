"""The tokens of one line of a program, from left to right, and what is made of them alone: options and slices."""

from __future__ import annotations

import re

from .errors import InputError
from .ops.op import Option
from .text import short

NAME = r"[^\W\d]\w*"
"""What a variable may be called: letters (Greek ones too), digits and underscores."""
LONGEST_NAME = 40
"""Characters of the longest name, and of the longest number in an expression."""
DEEPEST = 50
"""How deep parentheses, powers and signs may be nested."""

_NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_WORD = r"""(?:"[^"]*"|'[^']*')"""
_TOKEN = re.compile(rf"\s*(?:{_NUMBER}|{NAME}|{_WORD}|\.T\b|[-+*/^@(),=\[\]:])")


class Tokens:
    """The tokens of the expression of `target`; InputError with the line where one is not expected."""

    def __init__(self, target: str, text: str, line: int) -> None:
        self.target = target
        self.line = line
        self.tokens = self._tokenize(text)
        self.depth = 0

    def _tokenize(self, text: str) -> list[str]:
        """The tokens, the first one last."""
        tokens = []
        text = text.rstrip()
        start = 0
        while start < len(text):
            match = _TOKEN.match(text, start)
            if not match:
                raise self.unexpected(text[start:].lstrip()[0])
            token = match[0].lstrip()
            if len(token) > LONGEST_NAME:
                reason = f"'{short(token)}' has {len(token):,} characters"
                raise self.fault(reason, f"{LONGEST_NAME} at the most")
            tokens.append(token)
            start = match.end()
        return tokens[::-1]

    def peek(self) -> str:
        """The next token; empty at the end."""
        return self.tokens[-1] if self.tokens else ""

    def take(self) -> str:
        """The next token, which then is passed over."""
        if not self.tokens:
            raise self.fault("the line ends too early", "a number, a name or ')' is missing")
        return self.tokens.pop()

    def expect(self, token: str) -> None:
        """Pass over this token, which must be next."""
        if (found := self.take()) != token:
            raise self.unexpected(found, f"'{token}' is")

    def take_one_of(self, *tokens: str) -> str:
        """The next token, which must be one of two."""
        if (found := self.take()) not in tokens:
            raise self.unexpected(found, f"'{tokens[0]}' or '{tokens[1]}' is")
        return found

    def deeper(self) -> None:
        """Count one level of nesting more."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.fault("nested too deep", f"{DEEPEST} levels at the most; give inner parts names of their own")

    def unexpected(self, token: str, hint: str = "the operators are + - * / ^ @") -> InputError:
        """What to raise where a token does not belong."""
        return self.fault(f"'{token}' is not expected here", hint)

    def fault(self, reason: str, hint: str) -> InputError:
        """What to raise, with the line and the name that is defined."""
        return InputError(reason, line=self.line, key=self.target, hint=hint)

    def option_value(self) -> float | int | str:
        """A number with its sign, or a word, with or without quotes."""
        sign = -1 if self.peek() == "-" else 1
        if sign < 0:
            self.take()
        token = self.take()
        if token[0] in "0123456789.":
            if token.isdecimal() and len(token) > 9:
                raise self.fault(f"{token} is too large", "give a smaller number")
            return sign * (int(token) if token.isdecimal() else float(token))
        if sign > 0 and re.match(NAME, token):
            return token
        if sign > 0 and token[0] in "\"'":
            return token[1:-1]
        raise self.unexpected(token, "a number, a word or a list is")

    def list_value(self) -> tuple[float | int | str, ...]:
        """Numbers and words in brackets."""
        self.expect("[")
        values = []
        while self.peek() != "]":
            values.append(self.option_value())
            if self.peek() != "]":
                self.expect(",")
        self.expect("]")
        return tuple(values)

    def ranges(self) -> tuple[tuple[int | None, int | None], ...]:
        """What stands between [ and ]: for each axis start:stop, or one index, which keeps its axis."""
        ranges = []
        while True:
            start = self._index()
            if self.peek() == ":":
                self.take()
                ranges.append((start, self._index()))
            elif start is None:
                raise self.unexpected(self.take(), "an index or start:stop is")
            else:
                ranges.append((start, start + 1 or None))
            if self.take_one_of(",", "]") == "]":
                return tuple(ranges)

    def _index(self) -> int | None:
        """A whole number, if there is one."""
        if self.peek() in (":", ",", "]"):
            return None
        value = self.option_value()
        if not isinstance(value, int):
            raise self.fault(f"'{value}' is not an index", "write whole numbers: x[0:2, 1]")
        return value


def shown(default: Option) -> str:
    """An option's value as it is written."""
    return "[" + ", ".join(map(str, default)) + "]" if isinstance(default, tuple) else str(default)
