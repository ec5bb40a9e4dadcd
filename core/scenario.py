"""Scenarios: a program, its inputs, its parameters, a loss, an update rule; every fault with its line."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec
import numpy as np

from .errors import InputError, did_you_mean
from .expression import check_name, parse_line
from .jacobian import Array
from .layers import LayerSpec, expand
from .locate import Path as KeyPath
from .locate import clean, string_lines
from .notation import shape_text
from .ops import ACTIVATIONS, LOSSES
from .optimizers import RULES, UpdateRule
from .program import Assignment, Kind, Layer, Program, Variable, build
from .schema import File, LayerTable, key_text, load, read_text
from .text import short
from .values import ValueReadError, finite, read_value

_GROUPS: tuple[tuple[str, Kind], ...] = (
    ("input", "input"),
    ("target", "target"),
    ("parameters", "parameter"),
    ("constants", "constant"),
)


class Scenario(msgspec.Struct, frozen=True, eq=False):
    """A program with the values it starts from and the rule it learns by.

    `given` has inputs, targets, constants and literals by name, `parameters` what learns; `text` is the file's.
    """

    file: str
    text: str
    title: str
    about: str
    program: Program
    given: dict[str, Array]
    parameters: dict[str, Array]
    update: UpdateRule | None


def read(path: str | os.PathLike[str]) -> Scenario:
    """The scenario in this file; InputError where it cannot be read or is not one."""
    return parse(read_text(path), os.fspath(path))


def parse(text: str, file: str = "<text>") -> Scenario:
    """The scenario in this text; InputError with `file` and the line where it is not one."""
    try:
        return _Reader(text, file).scenario()
    except InputError as error:
        error.file = file
        raise


class _Reader:
    """Makes a scenario from the tables of a file; keeps the lines of its keys for what there is to complain about."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.table: File
        self.table, self.lines = load(text)
        self.variables: dict[str, Variable] = {}
        self.values: dict[str, Array] = {}

    def scenario(self) -> Scenario:
        table = self.table
        for key, kind in _GROUPS:
            for name, raw in getattr(table, key).items():
                check_name(name, self._line((key, name)), key)
                self._add(name, kind, raw, (key, name))
        assignments, layers, source = self._layers() if table.layer else self._program()
        output = self._output(assignments)
        program = build(
            assignments,
            self.variables,
            output=output,
            wrt=self._wrt(assignments),
            source=source,
            layers=layers,
            itemsize=np.dtype(table.dtype).itemsize,
        )
        self._check(program)
        parameters = {name for name, variable in self.variables.items() if variable.kind == "parameter"}
        return Scenario(
            file=self.file,
            text=self.text,
            title=table.title or Path(self.file).stem,
            about=table.about.strip(),
            program=program,
            given={name: value for name, value in self.values.items() if name not in parameters},
            parameters={name: value for name, value in self.values.items() if name in parameters},
            update=self._update(parameters.intersection(program.wrt)),
        )

    def _add(self, name: str, kind: Kind, raw: object, path: KeyPath) -> None:
        """A value that is given, under its name."""
        line = self._line(path)
        if name in self.variables:
            reason = f"is defined twice, first on line {self.variables[name].line}"
            raise self._fault(path, reason, "give one of them another name")
        try:
            value = read_value(raw, self.table.dtype)
        except ValueReadError as fault:
            line = self._line((*path, *fault.at))
            raise InputError(fault.reason, line=line, key=key_text(path), hint=fault.hint) from None
        self.values[name] = value
        self.variables[name] = Variable(name, kind, value.shape, line)

    def _program(self) -> tuple[list[Assignment], list[Layer], list[str]]:
        """The assignments of `program = …`, line by line; comments and empty lines are passed over."""
        text, path = self.table.program, ("program",)
        if text is None:
            raise InputError("there is nothing to compute", hint="give a program = … or [[layer]] tables")
        if self.table.loss:
            hint = "write the loss as a line of the program"
            raise self._fault(("loss",), "goes with [[layer]] tables only", hint)
        lines = string_lines(clean(self.text), self._line(path))
        assignments: list[Assignment] = []
        source: list[str] = []
        for line, content in zip(lines, text.split("\n"), strict=True):
            content = content.partition("#")[0].strip()
            if not content:
                continue
            found, literals = parse_line(content, line, len(source))
            for name, number in literals.items():
                self._literal(name, number, line)
            assignments += found
            source.append(content)
        if not assignments:
            raise self._fault(path, "is empty", "write lines of name = expression")
        return assignments, [], source

    def _literal(self, name: str, number: float, line: int) -> None:
        """A number that is written in the program."""
        if not finite(number, self.table.dtype):
            reason = f"{name} is not finite in {self.table.dtype}"
            raise InputError(reason, line=line, key="program", hint="give a finite number")
        self.values[name] = np.asarray(number, dtype=self.table.dtype)[()]
        self.variables[name] = Variable(name, "constant", ())

    def _layers(self) -> tuple[list[Assignment], list[Layer], list[str]]:
        """The assignments of the [[layer]] tables and the loss."""
        if self.table.program is not None:
            hint = "choose one of them"
            raise self._fault(("program",), "a program and [[layer]] tables exclude each other", hint)
        specs = [self._layer(index, layer) for index, layer in enumerate(self.table.layer)]
        x = self._only("input", ("layer", 0))
        if not self.table.loss:
            return expand(specs, x, None)
        line = self._line(("loss",))
        loss = self._known("loss", self.table.loss.kind, LOSSES, ("loss", "kind"))
        return expand(specs, x, (loss, self._only("target", ("loss",)), line))

    def _layer(self, index: int, layer: LayerTable) -> LayerSpec:
        path: KeyPath = ("layer", index)
        activation = self._known("activation", layer.activation, ACTIVATIONS, (*path, "activation"))
        self._add(f"W{index + 1}", "parameter", layer.W, (*path, "W"))
        if layer.b is not None:
            self._add(f"b{index + 1}", "parameter", layer.b, (*path, "b"))
        return LayerSpec(activation, layer.b is not None, self._line(path))

    def _only(self, group: str, needed_by: KeyPath) -> str:
        """The name of the one variable of a group, which the layers or the loss need."""
        names = list(getattr(self.table, group))
        if len(names) != 1:
            reason = f"layers take one {group}, not {len(names)}"
            raise self._fault((group,) if names else needed_by, reason, f"give [{group}] one value")
        return str(names[0])

    def _output(self, assignments: Sequence[Assignment]) -> str:
        output = self.table.output
        if output is None:
            return assignments[-1].name
        return self._known("node", output, [assignment.name for assignment in assignments], ("output",))

    def _wrt(self, assignments: Sequence[Assignment]) -> list[str]:
        """What `wrt` lists, else the parameters, else the inputs."""
        names = self.table.wrt
        if names is None:
            kinds = {kind: [v.name for v in self.variables.values() if v.kind == kind] for _, kind in _GROUPS}
            names = kinds["parameter"] or kinds["input"]
            if not names:
                hint = "give [parameters], [input], or wrt = [names]"
                raise self._fault(("program",), "there is nothing to differentiate with respect to", hint)
            return names
        known = dict.fromkeys([name for name, v in self.variables.items() if v.line] + [a.name for a in assignments])
        for index, name in enumerate(names):
            self._known("variable", name, known, ("wrt", index))
        if len(set(names)) < len(names):
            index = next(i for i, name in enumerate(names) if name in names[:i])
            raise self._fault(("wrt", index), f"'{names[index]}' stands twice", "name it once")
        if not names:
            raise self._fault(("wrt",), "is empty", "name what to differentiate with respect to")
        return names

    def _update(self, learning: set[str]) -> UpdateRule | None:
        update = self.table.update
        if update is None:
            return None
        self._known("rule", update.rule, RULES, ("update", "rule"))
        if not 0.0 < update.learning_rate < np.inf:
            raise self._fault(("update", "learning_rate"), f"is {update.learning_rate}", "must be above 0")
        if not learning:
            hint = "give [parameters], and name them in wrt if there is one"
            raise self._fault(("update",), "there are no parameters to update", hint)
        return UpdateRule(update.rule, update.learning_rate)

    def _check(self, program: Program) -> None:
        """The output is a scalar, and every value given is used: no key is silently ignored."""
        shape = program.shape(program.output)
        if shape:
            line = program.by_name[program.output].line
            reason = f"the output is {shape_text(shape)}, not a scalar"
            raise InputError(reason, line=line, key=program.output, hint="end with a loss, a sum or a dot")
        used = {name for node in program.nodes for name in node.arguments}
        for name, variable in program.variables.items():
            if variable.line and name not in used:
                hint = "use it or remove it"
                raise InputError("is given but never used", line=variable.line, key=name, hint=hint)

    def _known(self, what: str, word: str, known: Collection[str], path: KeyPath) -> str:
        if word not in known:
            raise self._fault(path, f"there is no {what} '{short(word)}'", did_you_mean(word, known))
        return word

    def _line(self, path: KeyPath) -> int:
        """The line of a key; of the table around it where the key itself is not written."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)

    def _fault(self, path: KeyPath, reason: str, hint: str) -> InputError:
        return InputError(reason, line=self._line(path), key=key_text(path), hint=hint)
