"""What the words of a condition or a watch stand for: names of a program, its gradients, and places in it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..errors import InputError, did_you_mean
from ..notation import shape_text, symbol
from ..program import Program, is_literal
from ..text import short
from .tokens import NUMBER, SPELT, Cursor
from .tree import FUNCTIONS, PHASES, PLACES, WORDS, Binary, Gradient, Place, Quantity, Value

RESERVED = ("and", "or", "not")


def spellings(program: Program) -> dict[str, str]:
    """The names of a program by all ways to write them: u3, and as the textbook does, u₃."""
    names = [name for name in (*program.variables, *program.by_name) if not is_literal(name)]
    return {symbol(name): name for name in names} | {name: name for name in names}


class Names(Cursor):
    """Tokens of which some are names of a program."""

    def __init__(self, text: str, program: Program, noun: str, example: str) -> None:
        self.program = program
        self.names = spellings(program)
        self.deltas = {symbol(f"delta{layer.number}"): layer.u for layer in program.layers}
        super().__init__(text, noun, example)

    def _found(self, word: str) -> str | None:
        """The variable or node that a word names."""
        return self.names.get(word) or self.names.get(symbol(word))

    def _name(self, word: str) -> str:
        name = self._found(word)
        if name is None:
            raise self._unknown(word)
        return name

    def _derivative(self, token: str) -> Gradient | Binary:
        """∂L/∂W2 or dL/dW2, of the output only; d1/d2 where these are names."""
        words = token.split("/")
        names = [self._found(word) for word in words]
        if all(names):
            left, right = (Value(str(name)) for name in names)
            return Binary("/", left, right)
        above, below = (self._name(word[1:]) for word in words)
        output = symbol(self.program.output)
        if above != self.program.output:
            raise self._fault(f"only derivatives of {output} are computed", f"write ∂{output}/∂{symbol(below)}")
        return self._gradient(below)

    def _gradient(self, name: str) -> Gradient:
        program = self.program
        if name == program.output:
            raise self._fault("this is 1, and no step computes it", "name what the output depends on")
        if name not in program.uses:
            gradient = f"∂{symbol(program.output)}/∂{symbol(name)}"
            raise self._fault(f"{gradient} is not computed", did_you_mean(name, _typed(program.uses)))
        return Gradient(name)

    def _cell(self, part: Quantity, cell: tuple[int, ...]) -> tuple[int, ...]:
        """A cell of a quantity, which must have it where its shape is known; of a column one number is enough."""
        if not isinstance(part, Value | Gradient):
            return cell
        shape = self.program.shape(part.name)
        if len(cell) == 1 and shape[1:] == (1,):
            cell = (*cell, 0)
        if len(cell) != len(shape) or any(i >= n for i, n in zip(cell, shape, strict=True)):
            hint = f"{symbol(part.name)} is {shape_text(shape)}; cells count from 0"
            raise self._fault("there is no such cell", hint)
        return cell

    def _begins_place(self, word: str) -> bool:
        """`iteration 40` is a place, `iteration > 40` compares a number; a variable may be called `line`, or `and`."""
        following = self._peek()
        if following in RESERVED:
            return word in ("node", "variable") and following in self.names
        return bool(re.fullmatch(NUMBER if word == "iteration" else f"{NUMBER}|{SPELT}", following))

    def _place(self, word: str) -> Place:
        token, program = self._take(), self.program
        match word:
            case "line":
                return Place(word, self._count(word, token, len(program.source)))
            case "layer":
                if not program.layers:
                    raise self._fault("this program has no layers", "give a line, for instance line 1")
                return Place(word, self._count(word, token, len(program.layers)))
            case "iteration":
                return Place(word, self._count(word, token, 0))
            case "phase":
                if token not in PHASES:
                    raise self._fault(f"'{short(token)}' is no phase", did_you_mean(token, PHASES))
                return Place(word, token)
        name = self._name(token)
        if word == "variable":
            return self._place_of(name)
        if name not in program.by_name:
            hint = f"write {name}, or name one of {', '.join(_typed(program.by_name)[:5])}"
            raise self._fault(f"{symbol(name)} is no node", hint)
        return Place(word, name)

    def _count(self, word: str, token: str, most: int) -> int:
        """A whole number from 1; 0 as `most` sets no limit."""
        if not re.fullmatch("[0-9]{1,9}", token) or not 1 <= int(token) <= (most or int(token)):
            hint = f"{word}s are counted from 1" + (f" to {most}" if most else "")
            raise self._fault(f"there is no {word} '{short(token)}'", hint)
        return int(token)

    def _place_of(self, name: str) -> Place:
        program = self.program
        is_parameter = name in program.variables and program.variables[name].kind == "parameter"
        if name not in program.by_name and name not in program.uses and not is_parameter:
            raise self._fault(f"no step is at {symbol(name)}, which is given", "name a node or a parameter")
        return Place("variable", name)

    def _unknown(self, word: str) -> InputError:
        deltas = [f"delta{layer.number}" for layer in self.program.layers]
        known = [
            *_typed(self.names.values()),
            *deltas,
            "loss",
            *WORDS,
            "nan",
            "shape changed",
            "grad",
            *FUNCTIONS,
            *PHASES,
            *PLACES,
        ]
        return self._fault(f"nothing is called '{short(word)}'", did_you_mean(word, dict.fromkeys(known)))


def _typed(names: Iterable[str]) -> list[str]:
    """The names that a reader has written: no literals, no inner nodes."""
    return [name for name in dict.fromkeys(names) if not is_literal(name) and "·" not in name]
