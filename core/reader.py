"""Reading scenarios: a program, its inputs, its parameters, a loss, an update rule; every fault with its line."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from .errors import InputError
from .examples import read_examples
from .expression import check_name, parse_line
from .files import read_text
from .given import Given
from .layers import LayerSpec, LossSpec, SourceLine, expand
from .locate import Path as KeyPath
from .locate import clean, string_lines
from .ops import ACTIVATIONS, LOSSES
from .program import MEMORY_LIMIT, Assignment, Kind, Layer, build
from .remarks import check_remarks, read_notes
from .scenario import Scenario
from .schema import File, Keys, LayerTable, load
from .settings import read_update
from .soundness import check_program, check_values

_GROUPS: tuple[tuple[str, Kind], ...] = (
    ("input", "input"),
    ("target", "target"),
    ("parameters", "parameter"),
    ("constants", "constant"),
)
_REDUCTIONS = ("sum", "mean")


def read(path: str | os.PathLike[str], max_memory: int = MEMORY_LIMIT) -> Scenario:
    """The scenario in this file; InputError where it cannot be read, is not one, or needs more bytes than allowed."""
    return parse(read_text(path), os.fspath(path), max_memory)


def parse(
    text: str, file: str = "<text>", max_memory: int = MEMORY_LIMIT, embedded: Mapping[str, bytes] = {}
) -> Scenario:
    """The scenario in this text; InputError with `file` and the line where it is not one.

    A data file is read below the folder of `file`, if its content is not `embedded`.
    """
    try:
        return _Reader(text, file, max_memory, embedded).scenario()
    except InputError as error:
        error.file = file
        raise


class _Reader:
    """Makes a scenario from the tables of a file."""

    def __init__(self, text: str, file: str, max_memory: int, embedded: Mapping[str, bytes]) -> None:
        self.text = text
        self.file = file
        self.max_memory = max_memory
        self.table: File
        self.table, lines = load(text)
        self.keys = Keys(lines)
        folder = os.path.dirname(file) or "."
        self.given = Given(self.keys, self.table.dtype, self.table.seed, folder, max_memory, embedded)

    def scenario(self) -> Scenario:
        table, given = self.table, self.given
        if not 0 <= table.seed < 1 << 32:
            raise self.keys.fault(("seed",), f"is {table.seed}", "give a whole number from 0 to 4,294,967,295")
        for key, kind in _GROUPS:
            for name, raw in getattr(table, key).items():
                check_name(name, self.keys.line((key, name)), key)
                given.add(name, kind, raw, (key, name))
        if table.data:
            given.finish()
        examples = read_examples(table, given, self.keys)
        if examples:
            given.replace(examples.batch(0))
        source, layers = self._layers() if table.layer else self._program()
        assignments = self._assignments(source)
        parameters = [name for name, v in given.variables.items() if v.kind == "parameter"]
        update, iterations, frozen = read_update(table.update, parameters, self.keys)
        program = build(
            assignments,
            given.variables,
            output=self._output(assignments),
            wrt=self._wrt(assignments, frozen),
            source=[line.text for line in source],
            layers=layers,
            itemsize=np.dtype(table.dtype).itemsize,
            max_memory=self.max_memory,
        )
        check_program(program)
        given.finish()
        scenario = Scenario(
            file=self.file,
            text=self.text,
            title=table.title or Path(self.file).stem,
            about=table.about.strip(),
            program=program,
            given={name: value for name, value in given.values.items() if name not in parameters},
            parameters={name: given.values[name] for name in parameters},
            update=update,
            iterations=iterations,
            frozen=tuple(frozen),
            seed=table.seed,
            dtype=table.dtype,
            examples=examples,
            max_memory=self.max_memory,
            data={name: table.origin for name, table in given.tables.items()},
            notes=read_notes(table, self.keys),
            breakpoints=tuple(table.breakpoints),
            watches=tuple(table.watches),
        )
        check_values(scenario.program, scenario.given, examples)
        if update and not scenario.learning:
            hint = "give [parameters], and name them in wrt if there is one"
            raise self.keys.fault(("update",), "there are no parameters to update", hint)
        check_remarks(scenario, self.keys)
        if examples:  # what all programs need is known before any runs
            scenario.program_for(examples.size(examples.epoch_length - 1))
            _ = scenario.evaluation, scenario.population
        return scenario

    def _program(self) -> tuple[list[SourceLine], list[Layer]]:
        """The lines of `program = …`; comments and empty lines are passed over."""
        text, path = self.table.program, ("program",)
        if text is None:
            raise InputError("there is nothing to compute", hint="give a program = … or [[layer]] tables")
        if self.table.loss:
            hint = "write the loss as a line of the program"
            raise self.keys.fault(("loss",), "goes with [[layer]] tables only", hint)
        lines = string_lines(clean(self.text), self.keys.line(path))
        contents = [content.partition("#")[0].strip() for content in text.split("\n")]
        source = [SourceLine(text, line) for line, text in zip(lines, contents, strict=True) if text]
        if not source:
            raise self.keys.fault(path, "is empty", "write lines of name = expression")
        return source, []

    def _assignments(self, source: Sequence[SourceLine]) -> list[Assignment]:
        """Every line parsed, its literals among the values."""
        assignments: list[Assignment] = []
        for index, line in enumerate(source):
            found, literals = parse_line(line.text, line.line, index)
            for name, number in literals.items():
                self.given.literal(name, number, line.line)
            assignments += found
        return assignments

    def _layers(self) -> tuple[list[SourceLine], list[Layer]]:
        """The lines of the [[layer]] tables and the loss."""
        if self.table.program is not None:
            hint = "choose one of them"
            raise self.keys.fault(("program",), "a program and [[layer]] tables exclude each other", hint)
        x = self._only("input", ("layer", 0))
        units = self.given.variables[x].shape[:1] or (1,)
        specs = []
        for index, layer in enumerate(self.table.layer):
            specs.append(self._layer(index, layer, units[0]))
            units = self.given.variables[f"W{index + 1}"].shape[:1] or (1,)
        return expand(specs, x, self._loss())

    def _layer(self, index: int, layer: LayerTable, inputs: int) -> LayerSpec:
        """The parameters of a layer, given or drawn for its units, join the values."""
        path: KeyPath = ("layer", index)
        activation = self.keys.known("activation", layer.activation, ACTIVATIONS, (*path, "activation"))
        W, b = f"W{index + 1}", f"b{index + 1}"
        if layer.units is None:
            return self._given_layer(layer, activation, W, b, path)
        for key in ("W", "b"):
            if getattr(layer, key) is not None:
                raise self.keys.fault((*path, key), "goes without units", "give W, or units to draw it")
        if not 1 <= layer.units <= self.max_memory:
            raise self.keys.fault((*path, "units"), f"is {layer.units}", "must be 1 or more")
        line = self.keys.line((*path, "units"))
        weights = self.given.draw(W, layer.init or "xavier", (layer.units, inputs), 1.0, path)
        self.given.put(W, "parameter", weights, line, path)
        has_bias = layer.bias is not False
        if has_bias:
            self.given.put(b, "parameter", np.zeros((layer.units, 1), dtype=self.table.dtype), line, path)
        return LayerSpec(activation, has_bias, self.keys.line(path))

    def _given_layer(self, layer: LayerTable, activation: str, W: str, b: str, path: KeyPath) -> LayerSpec:
        for key in ("init", "bias"):
            if getattr(layer, key) is not None:
                raise self.keys.fault((*path, key), "goes with units only", "give units = … in place of W and b")
        if layer.W is None:
            raise self.keys.fault(path, "'W' is missing", "add W = …, or units = … to draw it")
        self.given.add(W, "parameter", layer.W, (*path, "W"))
        if layer.b is not None:
            self.given.add(b, "parameter", layer.b, (*path, "b"))
        return LayerSpec(activation, layer.b is not None, self.keys.line(path))

    def _loss(self) -> LossSpec | None:
        loss, path = self.table.loss, ("loss",)
        if loss is None:
            return None
        kind = self.keys.known("loss", loss.kind, LOSSES, (*path, "kind"))
        self.keys.known("reduction", loss.reduction, _REDUCTIONS, (*path, "reduction"))
        for key in ("l2", "l1"):
            if not 0.0 <= getattr(loss, key) < np.inf:
                raise self.keys.fault((*path, key), f"is {getattr(loss, key)}", "must be 0 or more")
        target = self._only("target", path)
        return LossSpec(kind, target, loss.reduction, loss.l2, loss.l1, self.keys.line(path))

    def _only(self, group: str, needed_by: KeyPath) -> str:
        """The name of the one variable of a kind, which the layers or the loss need."""
        names = [name for name, v in self.given.variables.items() if v.kind == group]
        if len(names) != 1:
            reason = f"layers take one {group}, not {len(names)}"
            raise self.keys.fault((group,) if names else needed_by, reason, f"give [{group}] one value")
        return names[0]

    def _output(self, assignments: Sequence[Assignment]) -> str:
        output = self.table.output
        if output is None:
            return assignments[-1].name
        return self.keys.known("node", output, [assignment.name for assignment in assignments], ("output",))

    def _wrt(self, assignments: Sequence[Assignment], frozen: Sequence[str]) -> list[str]:
        """What `wrt` lists, else the parameters that are not frozen, else the inputs."""
        names, variables = self.table.wrt, self.given.variables
        if names is None:
            kinds = {kind: [name for name, v in variables.items() if v.kind == kind] for _, kind in _GROUPS}
            names = [name for name in kinds["parameter"] if name not in frozen] or kinds["input"]
            if not names:
                hint = "give [parameters], [input], or wrt = [names]"
                raise self.keys.fault(("program",), "there is nothing to differentiate with respect to", hint)
            return names
        known = dict.fromkeys([name for name, v in variables.items() if v.line] + [a.name for a in assignments])
        for index, name in enumerate(names):
            self.keys.known("variable", name, known, ("wrt", index))
        if len(set(names)) < len(names):
            index = next(i for i, name in enumerate(names) if name in names[:i])
            raise self.keys.fault(("wrt", index), f"'{names[index]}' stands twice", "name it once")
        if not names:
            raise self.keys.fault(("wrt",), "is empty", "name what to differentiate with respect to")
        return names
