"""How a scenario is trained: [update] becomes an update rule, a number of iterations, and what is frozen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import msgspec

from .locate import Path as KeyPath
from .optimizers import RULES, UpdateRule
from .schedules import SCHEDULES, Schedule
from .schema import Keys, ScheduleTable, UpdateTable

MOST_ITERATIONS = 1_000_000
_EXTRAS = ("weight_decay", "clip_norm", "clip_value", "schedule")
"""Settings that go with every rule."""
_POSITIVE = (lambda x: 0.0 < x < math.inf, "must be above 0")
_NOT_NEGATIVE = (lambda x: 0.0 <= x < math.inf, "must be 0 or more")
_BELOW_ONE = (lambda x: 0.0 <= x < 1.0, "must be from 0 to below 1")
_COUNT = (lambda x: 1 <= x <= MOST_ITERATIONS, f"must be from 1 to {MOST_ITERATIONS:,}")
_Bound = tuple[Callable[[float], bool], str]
_BOUNDS: dict[str, _Bound] = {
    "learning_rate": _POSITIVE,
    "iterations": _COUNT,
    "momentum": _BELOW_ONE,
    "beta1": _BELOW_ONE,
    "beta2": _BELOW_ONE,
    "decay": _BELOW_ONE,
    "epsilon": _POSITIVE,
    "weight_decay": _NOT_NEGATIVE,
    "clip_norm": _POSITIVE,
    "clip_value": _POSITIVE,
    "every": _COUNT,
    "factor": (lambda x: 0.0 < x <= 1.0, "must be above 0, and 1 at the most"),
    "over": _COUNT,
    "minimum": _NOT_NEGATIVE,
    "warmup": (lambda x: 0 <= x <= MOST_ITERATIONS, f"must be from 0 to {MOST_ITERATIONS:,}"),
}


def read_update(
    table: UpdateTable | None, parameters: Sequence[str], keys: Keys
) -> tuple[UpdateRule | None, int, list[str]]:
    """The rule, the number of iterations, and the parameters that are frozen; no rule and one iteration without."""
    if table is None:
        return None, 1, []
    path: KeyPath = ("update",)
    row = RULES[keys.known("rule", table.rule, RULES, (*path, "rule"))]
    given = _given(table)
    for key in given:
        if key not in (*row.settings, *_EXTRAS, "rule", "learning_rate", "iterations", "frozen"):
            hint = f"it has {' and '.join(row.settings) or 'none of its own'}, and {', '.join(_EXTRAS)}"
            raise keys.fault((*path, key), f"is no setting of {table.rule}", hint)
    if table.clip_norm is not None and table.clip_value is not None:
        raise keys.fault((*path, "clip_value"), "clip_norm and clip_value exclude each other", "choose one of them")
    _check_bounds(given, path, keys)
    for index, name in enumerate(table.frozen):
        keys.known("parameter", name, parameters, (*path, "frozen", index))
    settings = {key: value for key, value in given.items() if key not in ("iterations", "frozen", "schedule")}
    rule = UpdateRule(**settings, schedule=_schedule(table.schedule, keys))  # type: ignore[arg-type]
    return rule, table.iterations, list(table.frozen)


def _schedule(table: ScheduleTable | None, keys: Keys) -> Schedule | None:
    if table is None:
        return None
    path: KeyPath = ("update", "schedule")
    kind = SCHEDULES[keys.known("schedule", table.kind, SCHEDULES, (*path, "kind"))]
    given = _given(table)
    for key in kind.needs:
        if key not in given:
            raise keys.fault(path, f"'{key}' is missing", f"add {key} = …")
    for key in given:
        if key not in (*kind.needs, *kind.may, "kind"):
            hint = f"it has {', '.join((*kind.needs, *kind.may))}"
            raise keys.fault((*path, key), f"is no setting of the schedule {table.kind}", hint)
    _check_bounds(given, path, keys)
    return Schedule(**given)  # type: ignore[arg-type]


def _given(table: msgspec.Struct) -> dict[str, object]:
    """The keys that are written, with their values."""
    return {key: value for key, value in msgspec.structs.asdict(table).items() if value is not None}


def _check_bounds(given: dict[str, object], path: KeyPath, keys: Keys) -> None:
    for key, value in given.items():
        if key in _BOUNDS:
            is_right, hint = _BOUNDS[key]
            if not is_right(value):  # type: ignore[arg-type]
                raise keys.fault((*path, key), f"is {value}", hint)
