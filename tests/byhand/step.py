"""A network and its backward pass in plain NumPy, as one writes them by hand: steps, and the mistakes one can make.

Nothing here is taken from bptui, which is tested against it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array: TypeAlias = NDArray[np.floating]


class Named(dict[str, Any]):
    """Arrays by name: v.W1 is v["W1"]."""

    def __getattr__(self, name: str) -> Any:
        return self[name]


Forward: TypeAlias = Callable[[Named], Array]
"""From the values before it."""
Formula: TypeAlias = Callable[[Named, Named], Array]
"""From the gradients so far, d.u1 = ∂L/∂u1, and all values of the forward pass."""
Mistake: TypeAlias = tuple[str, Formula]
"""An id of the catalogue, and the formula that is written in place of the right one."""

CHANGE = 1e-3
"""A mistake differs from the right gradient by more than this, of the largest cell, in some cell."""


@dataclass(frozen=True)
class Line:
    """A line of the program, and the same in NumPy."""

    name: str
    text: str
    formula: Forward


@dataclass(frozen=True)
class Step:
    """A step of the backward pass: the gradient of one variable."""

    variable: str
    right: Formula
    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True)
class Slip:
    """One mistake at one step: `index` counts the steps, `nth` the mistakes of the same id there, both from 0."""

    variable: str
    id: str
    index: int
    nth: int
    formula: Formula = field(repr=False, compare=False)

    def __str__(self) -> str:
        return f"d{self.variable}:{self.id}" + (f":{self.nth}" if self.nth else "")


def step(variable: str, right: Formula, *mistakes: Mistake) -> Step:
    """With the mistakes that can be made everywhere: the sign, and a factor of 2."""
    anywhere: tuple[Mistake, ...] = (
        ("sign", lambda d, v: -right(d, v)),
        ("factor-2", lambda d, v: 2 * right(d, v)),
        ("factor-half", lambda d, v: right(d, v) / 2),
    )
    return Step(variable, right, (*mistakes, *anywhere))


def meeting(variable: str, parts: Iterable[Formula], *mistakes: Mistake) -> Step:
    """Where contributions meet: their sum, in the order in which the backward pass comes to them."""
    parts = tuple(parts)

    def summed(chosen: tuple[Formula, ...]) -> Formula:
        def total(d: Named, v: Named) -> Array:
            result = chosen[0](d, v)
            for part in chosen[1:]:
                result = result + part(d, v)
            return result

        return total

    forgotten = [("path-forgotten", summed((*parts[:i], *parts[i + 1 :]))) for i in range(len(parts))]
    return step(variable, summed(parts), ("last-only", parts[-1]), *forgotten, *mistakes)


@dataclass(frozen=True)
class Numbers:
    """Draws what a network starts from."""

    rng: np.random.Generator
    scale: float = 0.7

    def __call__(self, *shape: int) -> Array:
        return self.scale * self.rng.normal(size=shape)

    def distribution(self, *shape: int) -> Array:
        """Columns that sum to 1."""
        columns: Array = self.rng.uniform(0.2, 1.0, size=shape)
        columns /= columns.sum(axis=0)
        return columns

    def classes(self, classes: int, examples: int) -> Array:
        """A row of whole numbers."""
        return self.rng.integers(classes, size=(1, examples)).astype(float)


@dataclass(frozen=True)
class Network:
    """Lines forward, steps backward, and the numbers it starts from, by the tables of a scenario.

    `make` makes it of other numbers and sizes, of which the last is the number of examples. The gradients are those of
    `iteration`; the iterations before it move the parameters by `rate` times their gradients.
    """

    name: str
    lines: tuple[Line, ...]
    steps: tuple[Step, ...]
    tables: Mapping[str, Mapping[str, Array]]
    rate: float = 0.0
    iteration: int = 1
    make: Callable[..., Network] | None = None
    sizes: tuple[int, ...] = ()
    smallest: int = 1

    @cached_property
    def toml(self) -> str:
        """The scenario, with the same numbers to the last bit; `wrt` names all that is given and has a gradient."""
        given = {name for table in self.tables.values() for name in table}
        wrt = [step.variable for step in self.steps if step.variable in given]
        text = ['program = """', *(f"{line.name} = {line.text}" for line in self.lines), '"""', f"wrt = {wrt}"]
        for table, arrays in self.tables.items():
            text += [f"[{table}]", *(f"{name} = {array.tolist()}" for name, array in arrays.items())]
        if self.rate:
            text += ["[update]", 'rule = "gradient_descent"', f"learning_rate = {self.rate}"]
            text += [f"iterations = {self.iteration}"]
        return "\n".join(text) + "\n"

    @cached_property
    def slips(self) -> tuple[Slip, ...]:
        """Every mistake that can be made here: that can be computed at these sizes, and changes its gradient."""
        return tuple(slip for slip in self.listed if self.applies(slip))

    @cached_property
    def listed(self) -> tuple[Slip, ...]:
        """Every mistake that stands at a step."""
        found = []
        for index, each in enumerate(self.steps):
            counted: Counter[str] = Counter()
            for name, formula in each.mistakes:
                found.append(Slip(each.variable, name, index, counted[name], formula))
                counted[name] += 1
        return tuple(found)

    def applies(self, slip: Slip) -> bool:
        """Whether the mistake gives an array of the right shape, and other numbers; b may lack its sum."""
        d, v = self._right
        right = d[slip.variable]
        try:
            wrong = slip.formula(d, v)
        except ValueError:
            return False
        if wrong.shape != right.shape and slip.id != "bias-not-summed":
            return False
        return bool(abs(wrong - right).max() > CHANGE * abs(right).max())

    def values(self, dtype: DTypeLike = np.float64) -> Named:
        """The forward pass of the iteration; `rate` and `before`, the gradients of the iteration before, are in it."""
        v = Named(rate=self.rate)
        for table in self.tables.values():
            v.update((name, array.astype(dtype)[()]) for name, array in table.items())
        forward(self.lines, v)
        for _ in range(1, self.iteration):
            v["before"] = run(self.steps, v)
            v.update({name: v[name] - self.rate * v.before[name] for name in self.tables["parameters"]})
            forward(self.lines, v)
        return v

    def gradients(self, slips: Iterable[Slip] = (), dtype: DTypeLike = np.float64) -> dict[str, Array]:
        """The gradients by name, dW1 for that of W1; with these slips, each of another step, and all that follows."""
        d = run(self.steps, self.values(dtype), {slip.index: slip.formula for slip in slips})
        return {f"d{name}": gradient for name, gradient in d.items()}

    def random(self, rng: np.random.Generator) -> Network:
        """The same of other numbers and, but for shapes that are part of it, of other sizes."""
        assert self.make is not None
        sizes = rng.integers(self.smallest, 7, size=len(self.sizes)).tolist()
        if sizes:
            sizes[-1] = int(rng.integers(1, 8))
        return self.make(Numbers(rng, scale=10 ** rng.uniform(-2.0, 0.2)), *sizes)

    @cached_property
    def _right(self) -> tuple[Named, Named]:
        v = self.values()
        return run(self.steps, v), v


def forward(lines: Iterable[Line], v: Named) -> None:
    """Line by line into the values."""
    for line in lines:
        v[line.name] = line.formula(v)


def run(steps: Iterable[Step], v: Named, slips: Mapping[int, Formula] = {}) -> Named:
    """The backward pass; `slips` has, by index of a step, what is written there in place of the right formula."""
    d = Named()
    for index, each in enumerate(steps):
        d[each.variable] = slips.get(index, each.right)(d, v)
    return d
