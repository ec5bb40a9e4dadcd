"""From text to nodes: `z = exp(log((3*x)^2))` becomes one assignment for each operator and function.

`^` binds to the right and tighter than a minus sign before it; `* / @` bind tighter than `+ -`; both bind to the left.
`x.T` is the transpose, `x[0:2, 1]` a slice, `f(x, option=1)` sets an option. A line that is exactly
`NAME @ NAME + NAME` is one affine node. Inner nodes of z are named z·1, z·2, …
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from types import MappingProxyType

from .errors import InputError, did_you_mean
from .ops import FUNCTIONS, OPERATORS, RULES, Rule
from .ops.op import Option
from .program import MASK, Assignment
from .text import short
from .tokens import LONGEST_NAME, NAME, Tokens, shown

LONGEST_LINE = 2_000
"""Characters of the longest line."""

_LINE = re.compile(rf"\s*(?P<name>{NAME})\s*=(?P<expression>.*)")
_NO_OPTIONS: Mapping[str, Option] = MappingProxyType({})
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


class _Parser(Tokens):
    """Precedence climbing over the tokens of one line; each operator appends an assignment."""

    def __init__(self, target: str, text: str, line: int, source: int) -> None:
        super().__init__(target, text, line)
        self.source = source
        self.assignments: list[Assignment] = []
        self.literals: dict[str, float] = {}

    def parse(self) -> None:
        """Parse the whole line; its last assignment is the target's."""
        result = self._sum()
        if self.tokens:
            raise self.unexpected(self.tokens[-1])
        if self.assignments and self.assignments[-1].name == result:
            last = self.assignments.pop()
            self._append(last.op, *last.arguments, name=self.target, options=last.options)
        else:
            self._append("identity", result, name=self.target)

    def _sum(self) -> str:
        left = self._product()
        while self.peek() in ("+", "-"):
            left = self._append(OPERATORS[self.take()], left, self._product())
        return left

    def _product(self) -> str:
        left = self._signed()
        while self.peek() in ("*", "/", "@"):
            left = self._append(OPERATORS[self.take()], left, self._signed())
        return left

    def _signed(self) -> str:
        if self.peek() != "-":
            return self._power()
        self.take()
        self.deeper()
        operand = self._signed()
        self.depth -= 1
        if operand in self.literals and self.literals[operand] > 0:
            return self._literal("-" + operand)
        return self._append("negate", operand)

    def _power(self) -> str:
        base = self._atom()
        if self.peek() != "^":
            return base
        self.take()
        self.deeper()
        exponent = self._signed()
        self.depth -= 1
        return self._append("power", base, exponent)

    def _atom(self) -> str:
        """A number, a name, a call or a sum in parentheses, with all slices and transposes behind it."""
        operand = self._primary()
        while self.peek() in ("[", ".T"):
            if self.take() == ".T":
                operand = self._append("transpose", operand)
            else:
                operand = self._append("slice", operand, options={"ranges": self.ranges()})
        return operand

    def _primary(self) -> str:
        token = self.take()
        if token == "(":
            self.deeper()
            inner = self._sum()
            self.depth -= 1
            self.expect(")")
            return inner
        if token[0] in "0123456789." and token != ".T":
            return self._literal(token)
        if not re.match(NAME, token):
            raise self.unexpected(token, "a number, a name or '(' is" + "; a power is written ^" * (token == "*"))
        if self.peek() == "(":
            return self._call(token)
        if token in FUNCTIONS:
            raise self.fault(f"'{token}' is a function", f"write {token}(…)")
        return token

    def _call(self, function: str) -> str:
        if function not in FUNCTIONS:
            raise self.fault(f"'{function}' is not a function", did_you_mean(function, sorted(FUNCTIONS)))
        rule = RULES[function]
        arguments: list[str] = []
        options: dict[str, Option] = {}
        self.expect("(")
        self.deeper()
        while True:
            if len(self.tokens) > 1 and self.tokens[-2] == "=":
                self._option(rule, options)
            elif options:
                raise self.unexpected(self.peek(), "options come last: name=value is")
            else:
                arguments.append(self._sum())
            if self.peek() != ",":
                break
            self.take()
        self.depth -= 1
        self.expect(")")
        if function == "dropout":  # its mask is drawn anew in each iteration
            arguments.append(self._name() + MASK)
        self._check_count(rule, len(arguments) - (function == "dropout"))
        return self._append(function, *arguments, options=options)

    def _check_count(self, rule: Rule, count: int) -> None:
        fewest = rule.arity - (rule.name == "dropout")
        if not fewest <= count <= max(fewest, rule.most):
            wanted = f"{fewest} to {rule.most}" if rule.most else str(fewest)
            reason = f"{rule.name} takes {wanted} argument{'s' * (wanted != '1')}, not {count}"
            raise self.fault(reason, f"write {rule.name}({', '.join('xyzuvw'[:fewest])})")

    def _option(self, rule: Rule, options: dict[str, Option]) -> None:
        """name=value, of the type of the option's default."""
        name = self.take()
        self.take()
        if name not in rule.options:
            hint = did_you_mean(name, rule.options) if rule.options else f"{rule.name} has none"
            raise self.fault(f"{rule.name} has no option '{short(name)}'", hint)
        if name in options:
            raise self.fault(f"option '{name}' stands twice", "give it once")
        default = rule.options[name]
        value = self.list_value() if self.peek() == "[" else self.option_value()
        if isinstance(default, float) and isinstance(value, int):
            value = float(value)
        axis = name == "axis" and isinstance(value, int)  # its default is a word: all of them
        if type(value) is not type(default) and not axis:
            kind = {float: "a number", int: "a whole number", str: "a word", tuple: "a list"}[type(default)]
            kind = "a whole number or the word all" if name == "axis" else kind
            raise self.fault(f"option '{name}' is not {kind}", f"for instance {name}={shown(default)}")
        options[name] = value

    def _append(self, op: str, *arguments: str, name: str = "", options: Mapping[str, Option] = _NO_OPTIONS) -> str:
        name = name or self._name()
        self.assignments.append(Assignment(name, op, arguments, self.line, self.source, options))
        return name

    def _name(self) -> str:
        """The name of the next inner node."""
        return f"{self.target}·{len(self.assignments) + 1}"

    def _literal(self, token: str) -> str:
        self.literals[token] = float(token)
        if not math.isfinite(self.literals[token]):
            raise self.fault(f"{token} is not finite in float64", "give a finite number")
        return token
