"""A reader's own backward pass against the true rules: `compare`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import InputError, did_you_mean
from ..jacobian import Array
from ..program import Program
from ..reader import read
from ..scenario import Scenario
from ..text import short
from .judging import judge
from .layout import Layout, declared, laid, layouts
from .names import variable_of
from .reading import Own
from .records import Comparison
from .remarks import DIGITS, SINGLE, TURNED
from .rounding import Rounding
from .sweep import Sweep
from .truth import Gradients, Truth, truth

DOUBLE = float(np.finfo(np.float64).eps)
FEWEST_OFF = 3
"""Wrong numbers from which on a whole pass may have been computed in float32."""


def compare(
    scenario: Scenario | str | os.PathLike[str],
    gradients: Mapping[str, Any],
    *,
    names: Mapping[str, str] | None = None,
    layout: str = "",
    iteration: int = 1,
) -> Comparison:
    """Find the first wrong step of a backward pass: its gradients by name ("dW3", "delta2", …) against the true rules.

    `gradients` holds arrays, numbers or lists, as many or as few as there are; `names` says what other names mean.
    `layout` ("columns" or "rows" of examples, weights "as-here" or "transposed") is inferred where it is not said.
    `iteration` counts from 1. InputError where a name is not known, a value is no array of finite numbers, a layout is
    not one, or the scenario cannot be read or stops at a number that is not finite.
    """
    found = scenario if isinstance(scenario, Scenario) else read(scenario)
    return compared(found, _own(gradients, names or {}, layout, iteration))


def compared(scenario: Scenario, own: Own) -> Comparison:
    """The same for what a file holds."""
    with np.errstate(all="ignore"):  # a number of the reader's may be so large that what comes of it is not finite
        return _compared(scenario, own)


def _compared(scenario: Scenario, own: Own) -> Comparison:
    keys = _by_variable(own, scenario.program)
    at = truth(scenario, list(keys), _number(own, scenario))
    units = {name: own.units[key] for name, key in keys.items() if key in own.units}
    single = "" if units else _single(own)
    precision = max(_epsilon(scenario.dtype), _epsilon(single or "float64"))
    layout, sweep = _laid_out(at, own, keys, units, precision)
    if precision == DOUBLE and not units and _is_widespread(sweep):  # then the forward pass was in float32
        coarser = _sweep(at, sweep.given, Rounding(at, _epsilon("float32")))
        if len(coarser.wrong) < len(sweep.wrong):
            single, sweep = "float32", coarser
    judgements = judge(sweep)
    remarks = [DIGITS] if units else [SINGLE.format(single)] if single and scenario.dtype == "float64" else []
    turned = [TURNED] if layout.rows or layout.transposed else []
    return Comparison(at.scenario, at.chapter, judgements, str(layout), (*turned, *remarks))


def _number(own: Own, scenario: Scenario) -> int:
    """The iteration, from 0; InputError where there is none of that number."""
    number, last = 1 if own.iteration is None else own.iteration, scenario.iterations
    if not 1 <= number <= last:
        hint = f"the scenario has iterations 1 to {last}" if last > 1 else "the scenario has one"
        raise InputError(f"there is no iteration {number}", file=own.file, key="iteration", hint=hint)
    return number - 1


def _laid_out(at: Truth, own: Own, keys: Mapping[str, str], units: Gradients, precision: float) -> tuple[Layout, Sweep]:
    """The layout with which fewest of the reader's numbers are wrong, of several that are alike the likeliest."""
    given = {name: np.asarray(own.arrays[key], dtype=np.float64)[()] for name, key in keys.items()}
    options = [
        (lay, _sweep(at, _laid(at, lay, given), Rounding(at, precision, _laid(at, lay, units))))
        for lay in layouts(at.program, given, declared(own.layout, own.file))
    ]
    return min(options, key=lambda option: len(option[1].wrong))


def _sweep(at: Truth, given: Gradients, rounding: Rounding) -> Sweep:
    return Sweep(at, given, rounding, held=given)


def _is_widespread(sweep: Sweep) -> bool:
    """Whether most numbers are wrong: a mistake makes one so, a forward pass in float32 nearly all."""
    return len(sweep.wrong) >= FEWEST_OFF and 2 * len(sweep.wrong) > len(sweep.given)


def _own(gradients: Mapping[str, Any], names: Mapping[str, str], layout: str, iteration: int) -> Own:
    """Arrays of a program in the place of those of a file; InputError where one is none."""
    if not isinstance(gradients, Mapping) or not isinstance(iteration, int) or not isinstance(layout, str):
        hint = 'compare(scenario, {"dW1": …}, layout="rows", iteration=2)'
        raise InputError("takes gradients by name, words, and a whole number", file="compare", hint=hint)
    if any(not isinstance(meaning, str) for meaning in names.values()):
        raise InputError("what a name means is a text", file="compare", key="names", hint='names={"mine": "W1"}')
    arrays: dict[str, Array] = {}
    for name, raw in gradients.items():
        try:
            x = np.asarray(raw)
        except (TypeError, ValueError, RuntimeError):  # ragged lists; a tensor that is still being recorded
            hint = "give numbers; of a tensor that belongs to a graph, tensor.detach()"
            raise InputError("is no array", file="compare", key=short(str(name)), hint=hint) from None
        if raw is None:
            hint = "leave it out, or run the backward pass first"
            raise InputError("is None", file="compare", key=short(str(name)), hint=hint)
        if x.dtype.kind not in "biuf":
            raise InputError(f"holds {x.dtype}", file="compare", key=short(str(name)), hint="give real numbers")
        if not x.size or not np.isfinite(x).all():
            reason = "holds a number that is not finite" if x.size else "holds no numbers"
            raise InputError(reason, file="compare", key=short(str(name)), hint="give finite numbers")
        arrays[str(name)] = x
    if not arrays:
        raise InputError("there are no gradients", file="compare", hint='give some: {"dW1": …}')
    if unused := next((name for name in names if name not in arrays), None):
        hint = did_you_mean(unused, arrays)
        raise InputError("there is no gradient of this name", file="compare", key=f"names.{short(unused)}", hint=hint)
    return Own("compare", arrays, names, layout, iteration)


def _by_variable(own: Own, program: Program) -> dict[str, str]:
    """The reader's name for each variable that has a gradient; InputError where a name means none, or two mean one."""
    arrays: dict[str, str] = {}
    for key in own.arrays:
        try:
            variable = variable_of(own.names.get(key, key), program)
        except ValueError as error:
            raise InputError(str(error), file=own.file, key=short(key)) from None
        if variable in arrays:
            reason = f"means the same as '{short(arrays[variable])}'"
            raise InputError(reason, file=own.file, key=short(key), hint="leave one of them out")
        arrays[variable] = key
    return arrays


def _laid(at: Truth, layout: Layout, arrays: Mapping[str, Array]) -> dict[str, Array]:
    program = at.program
    return {name: laid(x, program.shape(name), turned=layout.turns(program, name)) for name, x in arrays.items()}


def _epsilon(dtype: str) -> float:
    return float(np.finfo(dtype).eps)


def _single(own: Own) -> str:
    """The type of less than 64 bits that the reader has computed in: as an array says, or the digits; else empty."""
    floats = [x for x in own.arrays.values() if x.dtype.kind == "f"]
    coarsest = max((x.dtype for x in floats), key=lambda dtype: np.finfo(dtype).eps, default=np.dtype(np.float64))
    if coarsest.itemsize < 8:
        return coarsest.name
    numbers = np.concatenate([np.zeros(1), *(np.asarray(x, dtype=np.float64).reshape(-1) for x in floats)])
    numbers = numbers[numbers != np.round(numbers)]  # whole numbers say nothing
    is_round = bool(np.all(numbers.astype(np.float16) == numbers))  # nor does ½
    return "float32" if not is_round and bool(np.all(numbers.astype(np.float32) == numbers)) else ""
