"""From text to nodes: `z = exp(log((3*x)^2))` becomes one assignment for each operator and function.

`^` binds to the right and tighter than a minus sign before it; `* / @` bind tighter than `+ -`; both bind to the left.
A line that is exactly `NAME @ NAME + NAME` is one affine node. Inner nodes of z are named z·1, z·2, …
"""

from __future__ import annotations

import math
import re

from .errors import InputError, did_you_mean
from .ops import FUNCTIONS, OPERATORS, RULES
from .program import Assignment
from .text import short

NAME = r"[^\W\d]\w*"
"""What a variable may be called: letters (Greek ones too), digits and underscores."""
LONGEST_NAME = 40
"""Characters of the longest name, and of the longest number in an expression."""
LONGEST_LINE = 2_000
"""Characters of the longest line."""
DEEPEST = 50
"""How deep parentheses, powers and signs may be nested."""

_NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_TOKEN = re.compile(rf"\s*(?:{_NUMBER}|{NAME}|[-+*/^@(),])")
_LINE = re.compile(rf"\s*(?P<name>{NAME})\s*=(?P<expression>.*)")
_AFFINE = re.compile(rf"\s*({NAME})\s*@\s*({NAME})\s*\+\s*({NAME})\s*")


def parse_line(text: str, line: int, source: int) -> tuple[list[Assignment], dict[str, float]]:
    """The assignments of one `name = expression`, and the literal numbers in it by the name they go by.

    InputError with `line` where the text is not such a line.
    """
    if len(text) > LONGEST_LINE:
        hint = f"{LONGEST_LINE:,} at the most; give inner parts names of their own"
        raise InputError(f"a line of {len(text):,} characters", line=line, hint=hint)
    match = _LINE.fullmatch(text)
    if not match:
        raise InputError(f"'{short(text.strip())}' is not an assignment", line=line, hint="write name = expression")
    name = check_name(match["name"], line)
    if affine := _AFFINE.fullmatch(match["expression"]):
        return [Assignment(name, "affine", affine.groups(), line, source)], {}
    parser = _Parser(name, match["expression"], line, source)
    parser.parse()
    return parser.assignments, parser.literals


def check_name(name: str, line: int = 0, key: str = "") -> str:
    """The name, if it can be a variable's; InputError otherwise."""
    hint = "use letters, digits and _, a letter first"
    if not re.fullmatch(NAME, name):
        raise InputError(f"'{short(name)}' is not a name", line=line, key=key, hint=hint)
    if len(name) > LONGEST_NAME:
        reason = f"a name of {len(name)} characters"
        raise InputError(reason, line=line, key=key, hint=f"{LONGEST_NAME} at the most")
    if name in FUNCTIONS:
        raise InputError(f"'{name}' is a function", line=line, key=key, hint="give the variable another name")
    return name


class _Parser:
    """Precedence climbing over the tokens of one line; each operator appends an assignment."""

    def __init__(self, target: str, text: str, line: int, source: int) -> None:
        self.target = target
        self.line = line
        self.source = source
        self.assignments: list[Assignment] = []
        self.literals: dict[str, float] = {}
        self.tokens = self._tokenize(text)
        self.depth = 0

    def parse(self) -> None:
        """Parse the whole line; its last assignment is the target's."""
        result = self._sum()
        if self.tokens:
            raise self._unexpected(self.tokens[-1])
        if self.assignments and self.assignments[-1].name == result:
            last = self.assignments.pop()
            self._append(last.op, *last.arguments, name=self.target)
        else:
            self._append("identity", result, name=self.target)

    def _tokenize(self, text: str) -> list[str]:
        """The tokens, the first one last."""
        tokens = []
        text = text.rstrip()
        start = 0
        while start < len(text):
            match = _TOKEN.match(text, start)
            if not match:
                raise self._unexpected(text[start:].lstrip()[0])
            token = match[0].lstrip()
            if len(token) > LONGEST_NAME:
                reason = f"'{short(token)}' has {len(token):,} characters"
                raise self._fault(reason, f"{LONGEST_NAME} at the most")
            tokens.append(token)
            start = match.end()
        return tokens[::-1]

    def _sum(self) -> str:
        left = self._product()
        while self._next() in ("+", "-"):
            left = self._append(OPERATORS[self._take()], left, self._product())
        return left

    def _product(self) -> str:
        left = self._signed()
        while self._next() in ("*", "/", "@"):
            left = self._append(OPERATORS[self._take()], left, self._signed())
        return left

    def _signed(self) -> str:
        if self._next() != "-":
            return self._power()
        self._take()
        self._deeper()
        operand = self._signed()
        self.depth -= 1
        if operand in self.literals and self.literals[operand] > 0:
            return self._literal("-" + operand)
        return self._append("negate", operand)

    def _power(self) -> str:
        base = self._atom()
        if self._next() != "^":
            return base
        self._take()
        self._deeper()
        exponent = self._signed()
        self.depth -= 1
        return self._append("power", base, exponent)

    def _atom(self) -> str:
        token = self._take()
        if token == "(":
            self._deeper()
            inner = self._sum()
            self.depth -= 1
            self._expect(")")
            return inner
        if token[0] in "0123456789.":
            return self._literal(token)
        if not re.match(NAME, token):
            raise self._unexpected(token, "a number, a name or '(' is" + "; a power is written ^" * (token == "*"))
        if self._next() == "(":
            return self._call(token)
        if token in FUNCTIONS:
            raise self._fault(f"'{token}' is a function", f"write {token}(…)")
        return token

    def _call(self, function: str) -> str:
        if function not in FUNCTIONS:
            raise self._fault(f"'{function}' is not a function", did_you_mean(function, sorted(FUNCTIONS)))
        self._expect("(")
        self._deeper()
        arguments = [self._sum()]
        while self._next() == ",":
            self._take()
            arguments.append(self._sum())
        self.depth -= 1
        self._expect(")")
        arity = RULES[function].arity
        if len(arguments) != arity:
            reason = f"{function} takes {arity} argument{'s' * (arity > 1)}, not {len(arguments)}"
            raise self._fault(reason, f"write {function}({', '.join('xyz'[:arity])})")
        return self._append(function, *arguments)

    def _append(self, op: str, *arguments: str, name: str = "") -> str:
        name = name or f"{self.target}·{len(self.assignments) + 1}"
        self.assignments.append(Assignment(name, op, arguments, self.line, self.source))
        return name

    def _literal(self, token: str) -> str:
        self.literals[token] = float(token)
        if not math.isfinite(self.literals[token]):
            raise self._fault(f"{token} is not finite in float64", "give a finite number")
        return token

    def _next(self) -> str:
        return self.tokens[-1] if self.tokens else ""

    def _take(self) -> str:
        if not self.tokens:
            raise self._fault("the line ends too early", "a number, a name or ')' is missing")
        return self.tokens.pop()

    def _expect(self, token: str) -> None:
        if (found := self._take()) != token:
            raise self._unexpected(found, f"'{token}' is")

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._fault("nested too deep", f"{DEEPEST} levels at the most; give inner parts names of their own")

    def _unexpected(self, token: str, hint: str = "the operators are + - * / ^ @") -> InputError:
        return self._fault(f"'{token}' is not expected here", hint)

    def _fault(self, reason: str, hint: str) -> InputError:
        return InputError(reason, line=self.line, key=self.target, hint=hint)
