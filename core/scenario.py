"""A scenario: a program with the values it starts from and the rule it learns by."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from .examples import Examples
from .jacobian import Array
from .optimizers import UpdateRule
from .program import MEMORY_LIMIT, Program
from .variants import for_evaluation, with_values, without_dropout

if TYPE_CHECKING:
    from .data import Origin


class Note(msgspec.Struct, frozen=True):
    """A text that is shown at a step: `at` names it, in each iteration, or in one, counted from 1."""

    at: str
    text: str
    iteration: int | None = None


class Scenario(msgspec.Struct, frozen=True, eq=False, dict=True):
    """A program with the values it starts from and the rule it learns by.

    `given` has inputs, targets, constants and literals by name (of the examples those of the first iteration),
    `parameters` what learns or is frozen; `text` is the file's, `data` says what its data files were; `breakpoints`
    and `watches` are conditions and quantities as they are written.
    """

    file: str
    text: str
    title: str
    about: str
    program: Program
    given: dict[str, Array]
    parameters: dict[str, Array]
    update: UpdateRule | None
    iterations: int = 1
    frozen: tuple[str, ...] = ()
    seed: int = 0
    dtype: str = "float64"
    examples: Examples | None = None
    max_memory: int = MEMORY_LIMIT
    data: Mapping[str, Origin] = {}
    notes: tuple[Note, ...] = ()
    breakpoints: tuple[str, ...] = ()
    watches: tuple[str, ...] = ()

    @cached_property
    def learning(self) -> tuple[str, ...]:
        """The parameters that the update rule moves, in their order."""
        return tuple(name for name in self.program.wrt if name in self.parameters and name not in self.frozen)

    def program_for(self, count: int) -> Program:
        """The program at the shapes of a batch of this many examples."""
        if self.examples is None or count == self.examples.batch_size:
            return self.program
        if count not in self._programs:
            values = {name: x[..., :count] for name, x in self.examples.training.items()}
            self._programs[count] = with_values(self.program, values, self._itemsize, self.max_memory)
        return self._programs[count]

    @cached_property
    def evaluation(self) -> Program | None:
        """The program for the held-out examples; None where there are none."""
        if self.examples is None or not self.examples.held_out:
            return None
        return for_evaluation(self.program, self.examples.held_out, self._itemsize, self.max_memory)

    @cached_property
    def population(self) -> Program | None:
        """The program for all training examples at once; None where no batch norm needs their statistics."""
        if self.evaluation is None or self.examples is None:
            return None
        if all(assignment.op != "batch_norm" for assignment in self.program.assignments):
            return None
        return without_dropout(self.program, self.examples.training, self._itemsize, self.max_memory)

    @cached_property
    def _programs(self) -> dict[int, Program]:
        return {}

    @property
    def _itemsize(self) -> int:
        return np.dtype(self.dtype).itemsize
