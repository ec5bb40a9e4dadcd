"""Writing a scenario after edits: the author's text with the values changed, and what is too large for it beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from .edits import Edit
from .errors import InputError
from .examples import SPLIT, Examples
from .files import LARGEST_FILE
from .formats import MOST_ARRAYS
from .initial import permutation
from .jacobian import Array, counted
from .locate import clean
from .notation import symbol
from .optimizers import RULES
from .scenario import Scenario
from .text import short, visible
from .training import State
from .values import ValueReadError, read_value
from .whatif import Shifted

if TYPE_CHECKING:
    from tomlkit.items import Item

MOST_CELLS = 64
"""Cells of the largest array that is written as numbers."""
_GROUPS = ("input", "target", "constants", "parameters")
_OF_LAYERS = re.compile(r"δ|φ|delta|phi|layer|step", re.IGNORECASE)
"""What speaks of layers has no meaning in a program."""


class WrittenScenario(msgspec.Struct, frozen=True, eq=False):
    """A scenario's text, and the arrays of the file beside it, if there are any; `needs` is its data file, or empty."""

    text: str
    arrays_file: str
    arrays: Mapping[str, Array]
    needs: str


# ---- the text -------------------------------------------------------------------------------------------------------


def scenario_text(
    scenario: Scenario, state: State, number: int, edits: Sequence[Edit], stem: str = "branch", has_data: bool = True
) -> WrittenScenario:
    """The text of a scenario after edits, from which `parse` reads the same mathematics; large arrays go to STEM.npz.

    `scenario` and `state` are what `edited` gave for iteration `number`, and `edits` all that led there. A node with a
    constant is written as a sum, which has steps of its own: values and gradients are the same, positions are not.
    `has_data` says whether a file of examples will be beside it; where it will not, they go to STEM.npz as well.
    InputError where a constant cannot be written, or where the text or the arrays are too many to be read again.
    """
    import tomlkit  # late: only who writes needs it

    document = tomlkit.parse(clean(scenario.text))
    writer = _Writer(scenario, state, document, f"{stem}.npz")
    writer.values({edit.name for edit in edits}, has_data)
    shifts = {node.name: node.op.value.shift for node in scenario.program.nodes if isinstance(node.op.value, Shifted)}
    left_out = writer.shifts(shifts) if shifts else []
    if notes := len(document.pop("note", [])):
        left_out.append(f"Left out: {counted(notes, 'note')} on what was to be seen before the change.")
    head = _head(scenario, number, edits, left_out)
    if shifts:
        head += "# A constant that is added is a step of its own: positions are not those of the run.\n"
    text = head + tomlkit.dumps(document)
    if len(writer.arrays) > MOST_ARRAYS:
        raise InputError(f"has {len(writer.arrays)} large arrays", hint=f"{MOST_ARRAYS} at the most can be written")
    if len(text.encode()) > LARGEST_FILE:
        raise InputError(f"the text would be larger than {LARGEST_FILE // 1024} KiB", hint="shorten the scenario")
    return WrittenScenario(text, writer.arrays_file, writer.arrays, writer.needs)


class _Writer:
    """Changes a document where its values are not those of the scenario, and collects the large arrays."""

    def __init__(self, scenario: Scenario, state: State, document: MutableMapping[str, Any], arrays_file: str) -> None:
        self.scenario = scenario
        self.parameters = state.parameters
        self.document = document
        self.arrays_file = arrays_file
        self.arrays: dict[str, Array] = {}
        self.needs = ""

    def values(self, edited: set[str], has_data: bool) -> None:
        """Every value that the document does not give as a number, or gives otherwise."""
        scenario, document = self.scenario, self.document
        examples = _together(scenario.examples) if scenario.examples else {}
        every = {**scenario.given, **examples, **self.parameters}
        for group in _GROUPS:
            table = document.get(group, {})
            for name in list(table):
                self._set(table, name, name, every[name])
        for index, layer in enumerate(document.get("layer", ())):
            for key in ("units", "init", "bias"):
                layer.pop(key, None)
            for key in ("W", "b"):
                if (name := f"{key}{index + 1}") in self.parameters:
                    self._set(layer, key, name, every[name])
        if scenario.update and document["update"]["learning_rate"] != scenario.update.learning_rate:
            document["update"]["learning_rate"] = scenario.update.learning_rate
        if "file" in document.get("data", {}):
            self._examples(document["data"], examples, has_data and not edited.intersection(examples))

    def _set(self, table: MutableMapping[str, Any], key: str, name: str, value: Array) -> None:
        """The value at a key, if it does not stand there; the author's way to write it is kept otherwise."""
        if key not in table or not _reads_as(_plain(table[key]), value):
            table[key] = self._item(name, value)

    def _item(self, name: str, value: Array) -> Item:
        import tomlkit

        if value.size <= MOST_CELLS and value.ndim <= 2:
            return tomlkit.value(array_text(value))
        self.arrays[name] = value
        item = tomlkit.inline_table()
        item.update({"file": self.arrays_file, "select": name})
        return item

    def _examples(self, data: MutableMapping[str, Any], examples: Mapping[str, Array], stay: bool) -> None:
        """Examples that are as their file has them may stay there; others move, one in a row, to the file of arrays."""
        if stay:
            self.needs = str(data["file"])
            return
        data["file"] = self.arrays_file
        data.pop("divide", None)
        for kind in ("input", "target"):
            for name in list(data.get(kind, {})):
                data[kind][name] = name
                self.arrays[name] = np.moveaxis(examples[name], -1, 0)

    # ---- nodes with a constant added ----

    def shifts(self, shifts: Mapping[str, Array]) -> list[str]:
        """Each line gets its constant; returns what had to be left out because there are no layers any more."""
        import tomlkit

        left_out: list[str] = []
        if "layer" in self.document:
            left_out = self._without_layers()
        lines = str(_plain(self.document["program"])).split("\n")
        places = [place for place, line in enumerate(lines) if line.partition("#")[0].strip()]
        for name, shift in shifts.items():
            if "·" in name:
                hint = "give that part of the line a name of its own"
                raise InputError(f"{name} has no line, so its value cannot be written", hint=hint)
            place = places[self.scenario.program.by_name[name].source]
            lines[place] = _added(lines[place], self._constant(shift))
        text = tomlkit.string("\n".join(lines), multiline=True).as_string()
        self.document["program"] = tomlkit.value(text.replace('"""', '"""\n', 1))  # TOML leaves this newline out
        return left_out

    def _constant(self, shift: Array) -> str:
        """How a constant stands in a line: a number with its sign, or the name of an array among the constants."""
        import tomlkit

        if not shift.shape:
            return f"- {number_text(-shift)}" if shift < 0.0 else f"+ {number_text(shift)}"
        constants = self.document.setdefault("constants", tomlkit.table())
        taken = {*self.scenario.program.variables, *self.scenario.program.by_name, *constants}
        name = next(f"shift_{i}" for i in range(1, len(taken) + 2) if f"shift_{i}" not in taken)
        constants[name] = self._item(name, shift)
        return f"+ {name}"

    def _without_layers(self) -> list[str]:
        """The layers become the program that they stand for, their parameters a table."""
        import tomlkit

        document = self.document
        del document["layer"]
        document.pop("loss", None)
        document["program"] = "\n".join([*self.scenario.program.source, ""])
        table = document.setdefault("parameters", tomlkit.table())
        for name, value in self.parameters.items():
            if name not in table:
                table[name] = self._item(name, value)
        left_out: list[str] = []
        for key in ("breakpoints", "watches"):
            listed = document.get(key, [])
            for index in reversed(range(len(listed))):
                if _OF_LAYERS.search(words := str(listed[index])):
                    left_out.insert(0, f"Left out, as there are no layers any more: {key} '{words}'")
                    del listed[index]
        return left_out


def _added(line: str, constant: str) -> str:
    """The line of a program with a constant added, before its comment."""
    code, sign, comment = line.partition("#")
    expression = code.rstrip()
    if "@" in expression:  # W @ x + c would be one node
        name, _, product = expression.partition("=")
        expression = f"{name}= ({product.strip()})"
    return f"{expression} {constant}" + (f"  {sign}{comment}" if sign else "")


def _together(examples: Examples) -> dict[str, Array]:
    """All examples in the order of their file: those to learn from, and those held out."""
    if not examples.held_out:
        return examples.training
    together = {}
    for name, training in examples.training.items():
        held_out = examples.held_out[name]
        n = examples.count + held_out.shape[-1]
        order = permutation(n, examples.seed, SPLIT) if examples.shuffle else np.arange(n)
        together[name] = x = np.empty((*training.shape[:-1], n), training.dtype)
        x[..., order] = np.concatenate((training, held_out), axis=-1)
    return together


def _plain(item: Any) -> Any:
    """A TOML value without its way of being written."""
    return item.unwrap() if hasattr(item, "unwrap") else item


def _reads_as(raw: Any, value: Array) -> bool:
    """Whether a TOML value is read as this one, bit for bit."""
    try:
        found = read_value(raw, str(value.dtype))
    except ValueReadError:
        return False
    return found.shape == value.shape and found.tobytes() == value.tobytes()


def array_text(x: Array) -> str:
    """A value of at most two axes in TOML: a number, a list for a column, a list of rows."""
    if not x.shape:
        return number_text(x)
    if x.shape[1] == 1:
        return f"[{', '.join(map(number_text, x[:, 0]))}]"
    rows = [f"[{', '.join(map(number_text, row))}]" for row in x]
    return f"[{rows[0]}]" if len(rows) == 1 else "[\n" + "".join(f"    {row},\n" for row in rows) + "]"


def number_text(x: Array) -> str:
    """The shortest text that is read as the same bits."""
    texts = (str(float(x)), str(x))  # of a float32 the second is often shorter
    return min((text for text in texts if x.dtype.type(float(text)) == x), key=len)


def _head(scenario: Scenario, number: int, edits: Sequence[Edit], left_out: Sequence[str]) -> str:
    """What was changed, and what a scenario cannot say, as comments."""
    name = short(os.path.basename(scenario.file), 80)
    lines = [f"What if, in {name} from iteration {number + 1} on: {'; '.join(map(str, edits)) or 'nothing changed'}"]
    rule = scenario.update
    if number and rule:
        lines.append(f"The parameters are those at the start of iteration {number + 1}, which is the first one here.")
        memory = " and ".join(map(symbol, RULES[rule.rule].state))
        if memory:
            lines.append(f"What {rule.rule} remembers, {memory}, begins at 0 again.")
        counted = {
            "the schedule": rule.schedule,
            "the bias correction": rule.rule.startswith("adam"),
            "the batches": scenario.examples,
            "the masks of dropout": scenario.program.masks,
        }
        if again := ", ".join(what for what, there_is in counted.items() if there_is):
            lines.append(f"Iterations count from 1 again: {again}.")
    return "".join(f"# {visible(line)}\n" for line in (*lines, *left_out))
