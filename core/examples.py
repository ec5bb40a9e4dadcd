"""The examples that a scenario learns from: which are held out, and which come in which iteration."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec
import numpy as np

from .given import Given
from .initial import permutation
from .jacobian import Array
from .program import Kind
from .schema import DataTable, File, Keys

_KINDS: tuple[Kind, ...] = ("input", "target")
"""What has examples."""
SPLIT = 0
"""In place of the epoch, which counts from 1: the order in which examples are held out."""


class Examples(msgspec.Struct, frozen=True, eq=False):
    """Inputs and targets by name, each with the examples along its last axis; `held_out` has those set apart.

    `batch_size` of them come in each iteration; an epoch, in which each comes once, ends with what is left over.
    """

    training: dict[str, Array]
    held_out: dict[str, Array]
    batch_size: int
    shuffle: bool
    seed: int

    @property
    def count(self) -> int:
        """How many there are to learn from."""
        return _count(self.training)

    @property
    def epoch_length(self) -> int:
        """How many iterations an epoch has."""
        return -(-self.count // self.batch_size)

    def size(self, iteration: int) -> int:
        """How many examples come in this iteration."""
        index = iteration % self.epoch_length
        return min(self.batch_size, self.count - index * self.batch_size)

    def batch(self, iteration: int) -> dict[str, Array]:
        """The inputs and targets of one iteration."""
        if self.epoch_length == 1 and not self.shuffle:
            return self.training
        chosen = self.indices(iteration) if self.shuffle else self._places(iteration)
        return {name: x[..., chosen] for name, x in self.training.items()}

    def indices(self, iteration: int) -> Array:
        """Which of the training examples come in this iteration, in their order there, (size,) of intp."""
        epoch = iteration // self.epoch_length
        order = permutation(self.count, self.seed, epoch + 1) if self.shuffle else np.arange(self.count)
        return order[self._places(iteration)]

    def _places(self, iteration: int) -> slice:
        """Where the iteration stands in the order of its epoch."""
        start = iteration % self.epoch_length * self.batch_size
        return slice(start, start + self.size(iteration))


def read_examples(table: File, given: Given, keys: Keys) -> Examples | None:
    """The examples of [data]: from its file, else the inputs and targets that are written out; None without [data]."""
    data = table.data
    if data is None:
        return None
    path = ("data",)
    if data.file is not None:
        names = _from_file(data, given, keys)
    else:
        for key in ("input", "target", "divide"):
            if getattr(data, key):
                raise keys.fault((*path, key), "goes with file = … only", "give the examples in [input] and [target]")
        names = [name for name, v in given.variables.items() if v.kind in _KINDS]
        for name in names:
            if not given.variables[name].shape:
                raise keys.fault(path, f"{name} is a single number, not examples", "examples are the columns of [[…]]")
    if not names:
        raise keys.fault(path, "there are no examples", 'give file = … with input = { x = "1-4" }')
    values = {name: given.values[name] for name in names}
    counts = {name: x.shape[-1] for name, x in values.items()}
    n = counts[names[0]]
    for name, count in counts.items():
        if count != n:
            reason = f"{names[0]} has {n} examples, {name} has {count}"
            raise keys.fault(path, reason, "examples are the last axis, and all have as many")
    return _split(data, values, table.seed, keys)


def _from_file(data: DataTable, given: Given, keys: Keys) -> list[str]:
    """Put the selected columns under their names."""
    names = []
    for kind in _KINDS:
        for name, select in getattr(data, kind).items():
            path = ("data", kind, name)
            value = given.examples(str(data.file), select, ("data", "file"), path)
            with np.errstate(over="ignore"):  # what is not finite is refused
                value = np.ascontiguousarray(value / _divisor(data, name, keys), dtype=given.dtype)
            given.put(name, kind, value, keys.line(path), path)
            names.append(name)
    for name in data.divide:
        keys.known("value", name, names, ("data", "divide", name))
    return names


def _divisor(data: DataTable, name: str, keys: Keys) -> float:
    divisor = data.divide.get(name, 1.0)
    if not 0.0 < abs(divisor) < np.inf:
        raise keys.fault(("data", "divide", name), f"is {divisor}", "must be a number other than 0")
    return divisor


def _split(data: DataTable, values: Mapping[str, Array], seed: int, keys: Keys) -> Examples:
    """Set apart the last examples, or with shuffle = true those that the seed draws."""
    n = _count(values)
    held = 0
    if data.held_out is not None:
        part = data.held_out * n if data.held_out < 1 else data.held_out
        held = round(part) if math.isfinite(part) else 0
        if not 0 < held < n or (data.held_out >= 1 and held != data.held_out):
            hint = f"a part between 0 and 1, or a whole number from 1 to {n - 1}, of the {n} examples"
            raise keys.fault(("data", "held_out"), f"is {data.held_out:g}", hint)
    order = permutation(n, seed, SPLIT) if data.shuffle and held else np.arange(n)
    kept, apart = order[: n - held], order[n - held :]
    size = n - held if data.batch_size is None else data.batch_size
    if not 1 <= size <= n - held:
        raise keys.fault(("data", "batch_size"), f"is {size}", f"must be from 1 to {n - held}, the examples there are")
    training = {name: x[..., kept] for name, x in values.items()} if held else dict(values)
    held_out = {name: x[..., apart] for name, x in values.items()} if held else {}
    return Examples(training, held_out, size, data.shuffle, seed)


def _count(values: Mapping[str, Array]) -> int:
    return int(next(iter(values.values())).shape[-1])
