"""The grammar of conditions and watches: from text to a tree, by precedence climbing.

    condition  = tests with `or`, tighter `and`, tighter `not`
    test       = comparison | place | `nan` | `shape changed` | `(` condition `)`
    comparison = quantity (`<` `<=` `>` `>=` `==` `!=`) quantity
    quantity   = sums and products of numbers, names, q[0, 1], |q|, ‖q‖, norm(q), …, grad(NAME)

A name of the program goes before a word of the grammar.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias, get_args

import numpy as np

from ..errors import did_you_mean
from ..notation import symbol
from ..program import Program
from ..text import short
from .names import RESERVED, Names
from .tokens import NUMBER, SPELT
from .tree import (
    COMPARISONS,
    FUNCTIONS,
    PHASES,
    PLACES,
    WORDS,
    Apply,
    Binary,
    Cell,
    Compare,
    Gradient,
    Junction,
    Not,
    Number,
    Place,
    Property,
    Quantity,
    Test,
    Value,
    Word,
)

_Part: TypeAlias = Quantity | Test


def parse_condition(text: str, program: Program) -> Test:
    """The tree of a condition; InputError says what is wrong and where."""
    return _Parser(text, program, "condition", "for instance |product| < 1e-4").condition()


def parse_quantity(text: str, program: Program) -> Quantity:
    """The tree of a quantity; InputError says what is wrong and where."""
    name = next(iter(program.uses), program.output)
    return _Parser(text, program, "watch", f"for instance norm(grad({name}))").quantity()


class _Parser(Names):
    """Precedence climbing; whether a part is a test or a quantity is checked where it stands."""

    def condition(self) -> Test:
        """The whole text as a condition."""
        return self._whole(lambda: self._test(self._either()))

    def quantity(self) -> Quantity:
        """The whole text as a quantity."""
        return self._whole(lambda: self._number(self._either()))

    # ---- tests --------------------------------------------------------------------------------------------------

    def _either(self) -> _Part:
        return self._joined("or", self._both)

    def _both(self) -> _Part:
        return self._joined("and", self._negation)

    def _joined(self, word: str, tighter: Callable[[], _Part]) -> _Part:
        left = tighter()
        while self._peek() == word:
            test = self._test(left)
            self._take()
            left = Junction(word, test, self._test(tighter()))
        return left

    def _negation(self) -> _Part:
        if self._peek() != "not":
            return self._comparison()
        self._take()
        return Not(self._test(self._nested(self._negation)))

    def _comparison(self) -> _Part:
        start = self.at
        left = self._sum()
        if self._peek() == "=":
            self._take()
            raise self._fault("one = compares nothing", "write ==")
        if self._peek() not in COMPARISONS:
            return left
        number, middle = self._number(left), self.at
        sign = COMPARISONS[self._take()]
        comparison = Compare(sign, number, self._number(self._sum()))
        if self._peek() in COMPARISONS:
            end = self.at
            self._take()
            self._sum()
            first, second = self._written(start, end), self._written(middle + 1, self.at)
            raise self._fault("a comparison has two sides", f"write {short(first)} and {short(second)}")
        return comparison

    def _test(self, part: _Part) -> Test:
        """A part that stands where a test should: a name by itself is a place, a number is none."""
        match part:
            case Value(name):
                return self._place_of(name)
            case Gradient(name):
                return Place("gradient", name)
            case Compare() | Property() | Place() | Not() | Junction():
                return part
            case _:
                raise self._fault("a number alone is no condition", f"compare it, {self.example}")

    # ---- quantities ---------------------------------------------------------------------------------------------

    def _sum(self) -> _Part:
        return self._operated("+-", self._product)

    def _product(self) -> _Part:
        return self._operated("*/", self._signed)

    def _operated(self, operators: str, tighter: Callable[[], _Part]) -> _Part:
        left = tighter()
        while self._peek() and self._peek() in operators:
            number = self._number(left)
            left = Binary(self._take(), number, self._number(tighter()))
        return left

    def _signed(self) -> _Part:
        if self._peek() != "-":
            return self._picked()
        self._take()
        return Apply("-", self._number(self._nested(self._signed)))

    def _picked(self) -> _Part:
        """An atom, or one of its cells: W2[0, 1]."""
        part = self._atom()
        if self._peek() != "[":
            return part
        number, cell = self._number(part), []
        while self._take() != "]":
            token = self._take()
            if not re.fullmatch("[0-9]{1,9}", token):
                raise self._fault(f"'{short(token)}' is no cell", "write whole numbers from 0: W2[0, 1]", back=1)
            cell.append(int(token))
            if self._peek() not in (",", "]"):
                raise self._fault("']' is missing", "close what is open")
        return Cell(number, self._cell(number, tuple(cell)))

    def _atom(self) -> _Part:
        token = self._take()
        if token == "(":
            return self._closed(self._either, ")")
        if token == "|" and self._peek() == "|":
            raise self._fault("two bars are no norm", "write norm(…)")
        if token in ("|", "‖"):
            return Apply("abs" if token == "|" else "norm", self._number(self._closed(self._sum, token)))
        if "/" in token[1:]:
            return self._derivative(token)
        if re.fullmatch(NUMBER, token):
            return self._literal(token)
        if not re.fullmatch(SPELT, token) or token in RESERVED:
            raise self._fault("a number or a name is missing", self.example, back=1)
        return self._word(token)

    def _number(self, part: _Part) -> Quantity:
        """A part that stands where a quantity should."""
        if isinstance(part, get_args(Test)):
            raise self._fault("this is no number", "< and + - * / stand between numbers and names")
        return part  # type: ignore[return-value]

    def _literal(self, token: str) -> Number:
        number = np.float64(token)
        if not np.isfinite(number):
            raise self._fault(f"{token} is not finite in float64", "give a finite number")
        return Number(number)

    def _word(self, word: str) -> _Part:
        """What a word stands for, the names of the program first."""
        if word in PLACES and self._begins_place(word):
            return self._place(word)
        if self._peek() == "(":
            return self._call(word)
        if word == "shape" and self._peek() == "changed":
            self._take()
            return Property("shape changed")
        if name := self._found(word):
            return Value(name)
        if symbol(word) in self.deltas:
            return self._gradient(self.deltas[symbol(word)])
        if word == "loss":
            return Value(self.program.output)
        if word[0] == "d" and (name := self._found(word[1:])):
            return self._gradient(name)
        if word in WORDS:
            return Word(WORDS[word])
        return self._sign(word)

    def _sign(self, word: str) -> _Part:
        """A word that is a test by itself."""
        if word.lower() == "nan":
            return Property("nan")
        if word in PHASES:
            return Place("phase", word)
        if word in FUNCTIONS or word == "grad":
            raise self._fault(f"'{word}' is a function", f"write {word}(…)")
        if word in PLACES:
            raise self._fault("of what?", f"for instance {PLACES[word]}")
        raise self._unknown(word)

    def _call(self, function: str) -> Quantity:
        if function not in FUNCTIONS and function != "grad":
            raise self._fault(f"'{short(function)}' is not a function", did_you_mean(function, ["grad", *FUNCTIONS]))
        self._take()
        if function != "grad":
            return Apply(function, self._number(self._closed(self._sum, ")")))
        name = self._name(self._take())
        self._expect(")")
        return self._gradient(name)
