"""The values that a scenario gives: written out, drawn by a rule, or read from a file beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from .errors import InputError
from .initial import RULES, initial
from .jacobian import Array, Shape, is_finite
from .locate import Path as KeyPath
from .program import Kind, Variable
from .schema import FileTable, InitialTable, Keys, convert, key_text
from .values import ValueReadError, finite, read_value

if TYPE_CHECKING:
    from .data import Table

MOST_AXES = 4


class Given:
    """Collects variables and their values by name; a fault is an InputError with the line of its key.

    `folder` is where the scenario lies, `max_memory` how many bytes all values together may have; `embedded` has the
    content of data files that need not be there.
    """

    def __init__(
        self, keys: Keys, dtype: str, seed: int, folder: str, max_memory: int, embedded: Mapping[str, bytes]
    ) -> None:
        self.keys = keys
        self.dtype = dtype
        self.seed = seed
        self.max_memory = max_memory
        self.variables: dict[str, Variable] = {}
        self.values: dict[str, Array] = {}
        self.tables: dict[str, Table] = {}
        self.drawn: dict[str, tuple[str, float, KeyPath]] = {}
        self.held = 0
        self.folder = folder
        self.embedded = embedded

    def add(self, name: str, kind: Kind, raw: object, path: KeyPath) -> None:
        """A value that is given at this key, under its name."""
        if isinstance(raw, Mapping):
            value, line = self._described(name, raw, path), self.keys.line(path)
        else:
            value, line = self._written(raw, path)
        self.put(name, kind, value, line, path)

    def put(self, name: str, kind: Kind, value: Array, line: int, path: KeyPath) -> None:
        """A value under its name, which must be new."""
        if name in self.variables:
            reason = f"is defined twice, first on line {self.variables[name].line}"
            raise self.keys.fault(path, reason, "give one of them another name")
        self._check_finite(value, path)
        self.values[name] = value
        self.variables[name] = Variable(name, kind, value.shape, line)
        self.held += value.nbytes
        if self.held > self.max_memory:
            raise self._too_large(path, self.held)

    def replace(self, values: Mapping[str, Array]) -> None:
        """Other values, of another number of examples perhaps, in place of those of the same names."""
        for name, value in values.items():
            self.values[name] = value
            self.variables[name] = msgspec.structs.replace(self.variables[name], shape=value.shape)

    def literal(self, name: str, number: float, line: int) -> None:
        """A number that is written in the program."""
        if not finite(number, self.dtype):
            reason = f"{name} is not finite in {self.dtype}"
            raise InputError(reason, line=line, key="program", hint="give a finite number")
        self.values[name] = np.asarray(number, dtype=self.dtype)[()]
        self.variables[name] = Variable(name, "constant", ())

    def draw(self, name: str, rule: str, shape: Shape, scale: float, path: KeyPath) -> Array:
        """Initial values by a rule, the same for the same seed and name; zeros without memory until `finish`."""
        self.keys.known("rule", rule, RULES, (*path, "init"))
        if (needed := self.held + math.prod(shape) * 8) > self.max_memory:
            raise self._too_large(path, needed)
        self.drawn[name] = rule, scale, path
        return np.broadcast_to(np.zeros((), dtype=self.dtype), shape)

    def finish(self) -> None:
        """Draw what is to be drawn: after it is known that there is memory for all."""
        for name, (rule, scale, path) in self.drawn.items():
            with np.errstate(over="ignore"):  # what is not finite is refused
                value = initial(rule, self.variables[name].shape, self.seed, name, scale=scale)
                self.values[name] = value.astype(self.dtype)[()]
            self._check_finite(self.values[name], path)
        self.drawn.clear()

    def _check_finite(self, value: Array, path: KeyPath) -> None:
        if not is_finite(value):
            raise self.keys.fault(path, f"has a number that is not finite in {self.dtype}", "give smaller numbers")

    def examples(self, file: str, select: str, file_path: KeyPath, path: KeyPath) -> Array:
        """(features, N): columns of a data file, one example per row there; each fault with the key it belongs to."""
        from .data import DataError, read_table  # late: most scenarios have no file beside them

        key = file_path
        try:
            self.tables[file] = table = self.tables.get(file) or read_table(
                self.folder, file, self.max_memory, self.embedded
            )
            key = path
            return table.examples(select)
        except DataError as fault:
            raise self.keys.fault(key, fault.reason, fault.hint) from None

    def _written(self, raw: object, path: KeyPath) -> tuple[Array, int]:
        try:
            return read_value(raw, self.dtype), self.keys.line(path)
        except ValueReadError as fault:
            line = self.keys.line((*path, *fault.at))
            raise InputError(fault.reason, line=line, key=key_text(path), hint=fault.hint) from None

    def _described(self, name: str, raw: Mapping[str, Any], path: KeyPath) -> Array:
        """{ init = …, shape = … }, or { file = …, select = … }."""
        if "init" in raw:
            table = convert(raw, InitialTable, self.keys.lines, path)
            if len(table.shape) in (0, 2, 3, MOST_AXES) and all(n >= 1 for n in table.shape):
                if not 0.0 < table.scale < math.inf:
                    raise self.keys.fault((*path, "scale"), f"is {table.scale}", "must be above 0")
                return self.draw(name, table.init, tuple(table.shape), table.scale, path)
            hint = "[] for a number, [n, 1] for a column, [m, n], or four lengths; each at least 1"
            raise self.keys.fault((*path, "shape"), "is not a shape", hint)
        if "file" in raw:
            table_of_file = convert(raw, FileTable, self.keys.lines, path)
            value = self.examples(table_of_file.file, table_of_file.select, (*path, "file"), (*path, "select"))
            rows = np.moveaxis(value, -1, 0)  # as it stands in the file
            with np.errstate(over="ignore"):
                return np.ascontiguousarray(rows, dtype=self.dtype)
        hint = 'give a number, a list, a list of rows, { init = "normal", shape = [2, 3] } or { file = "w.npz" }'
        raise self.keys.fault(path, "is a table without init or file", hint)

    def _too_large(self, path: KeyPath, held: int) -> InputError:
        hint = f"{self.max_memory >> 20:,} MiB at the most; --max-memory sets another limit"
        return self.keys.fault(path, f"with this value the scenario needs {held >> 20:,} MiB", hint)
