"""A log that another processor wrote: what is shown is what it says."""

import json
import random
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from holding import FOLDER
from logfiles import (
    WIDE,
    Line,
    all_of,
    elsewhere,
    found,
    recorded,
    replayed,
    rewritten,
)
from runs import LEARNS as MOMENTUM

from bptui.core import Accumulate, Evaluate, Multiply, Timeline, Update, parse, read

# ---- on another processor -------------------------------------------------------------------------------------------


def nudge(value: Any, ulps: int) -> Any:
    """The number, or each cell, so many units in the last place away; 0 stays what it is."""
    if isinstance(value, list):
        return [nudge(each, ulps) for each in value]
    return float(value + ulps * np.spacing(value)) if isinstance(value, float) and value else value


def numbers(line: Line, change: Callable[[Any], Any]) -> None:
    """Change the numbers of a step."""
    for key in ("value", "upstream", "downstream", "contributions", "total", "before", "gradient", "after"):
        if key in line:
            line[key] = change(line[key])
    if "quantities" in line:
        line["quantities"] = {key: change(value) for key, value in line["quantities"].items()}


def from_elsewhere(path: Path) -> Path:
    """Each number a few units in the last place away."""
    few = random.Random(5)

    def change(line: Line) -> None:
        elsewhere(line)
        numbers(line, lambda value: nudge(value, few.randint(-4, 4)))

    return rewritten(path, change)


def column(x: Any) -> Any:
    return np.asarray(x)[:, 0].tolist() if np.asarray(x).shape[1:] == (1,) else np.asarray(x).tolist()


@pytest.mark.parametrize("name", ["momentum", "xor"])
def test_elsewhere_the_recorded_numbers_are_what_is_shown(name: str, tmp_path: Path) -> None:
    scenario = parse(MOMENTUM) if name == "momentum" else read(FOLDER / "xor.toml")
    path = from_elsewhere(recorded(tmp_path, scenario))
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    steps = [line for line in lines if "n" in line]
    ours, timeline, changed = replayed(path), Timeline(scenario), 0
    pairs: list[tuple[Any, Any]]
    for line in steps:
        event = ours.event(line["n"])
        match event:
            case Evaluate():
                pairs = [(line["value"], event.value)]
            case Multiply():
                pairs = [(line["upstream"], event.upstream), (line["downstream"], event.downstream)]
            case Accumulate():
                pairs = [
                    (line["total"], event.total),
                    *zip(line["contributions"], event.contributions, strict=True),
                ]
            case Update():
                pairs = [(line[key], getattr(event, key)) for key in ("before", "gradient", "after")]
                pairs += [(line["quantities"][key], x) for key, x in event.quantities.items()]
                after = ours.state(line["iteration"]).parameters[line["parameter"]]
                assert line["iteration"] == scenario.iterations or column(after) == line["after"]
        assert [column(x) for _, x in pairs] == [said for said, _ in pairs]
        changed += all_of(event) != all_of(timeline.event(line["n"]))
    assert changed > len(steps) // 2


@pytest.mark.parametrize("name", ["momentum", "xor"])
def test_elsewhere_the_next_iteration_starts_from_what_is_recorded(name: str, tmp_path: Path) -> None:
    """Of its first iteration on, so that what comes next is derived from numbers that never were in a run."""
    scenario = parse(MOMENTUM) if name == "momentum" else read(FOLDER / "xor.toml")
    path = recorded(tmp_path, scenario)
    calendar = Timeline(scenario).calendar

    def change(line: Line) -> None:
        elsewhere(line)
        if line.get("iteration") == 1:
            numbers(line, lambda value: nudge(value, 3))

    rewritten(path, change)
    lines = path.read_bytes().splitlines(keepends=True)
    cut = next(i for i, line in enumerate(lines) if b'"n":%d,' % (calendar.start(1) + 1) in line)
    path.write_bytes(b"".join(lines[: cut + 1]))  # a log that ends with the first step of the second iteration
    state, remembers = replayed(path).state(1), {"momentum": ["v"], "xor": ["m", "v"]}[name]
    moved = [line for line in map(json.loads, lines[1:cut]) if line["event"] == "update"]
    assert len(moved) == len(scenario.parameters)
    for line in moved:
        assert column(state.parameters[line["parameter"]]) == line["after"]
        remembered = state.memory[line["parameter"]]
        assert {key: column(x) for key, x in remembered.items()} == {k: line["quantities"][k] for k in remembers}


@pytest.mark.parametrize("name", ["momentum", "xor"])
def test_elsewhere_a_few_units_in_the_last_place_are_no_difference(name: str, tmp_path: Path) -> None:
    scenario = parse(MOMENTUM) if name == "momentum" else read(FOLDER / "xor.toml")
    path = recorded(tmp_path, scenario)
    assert found(replayed(path)) == []
    assert found(replayed(from_elsewhere(path))) == []


@pytest.mark.parametrize("kind", ["evaluate", "multiply", "accumulate", "update"])
@pytest.mark.parametrize("is_at_home", [True, False])
def test_a_larger_difference_is_found(kind: str, is_at_home: bool, tmp_path: Path) -> None:
    """At home one unit in the last place; elsewhere a part in 10⁹. No iteration starts from the last update."""
    path, changed = recorded(tmp_path, parse(MOMENTUM)), []
    steps = [line for line in map(json.loads, path.read_bytes().splitlines()) if line.get("event") == kind]
    chosen = (steps[-1] if kind == "update" else steps[len(steps) // 2])["n"]

    def change(line: Line) -> None:
        if not is_at_home:
            elsewhere(line)
        if line.get("n") == chosen:
            key = {"evaluate": "value", "multiply": "downstream", "accumulate": "total", "update": "after"}[kind]
            line[key] = nudge(line[key], 1 if is_at_home else 10_000_000)
            changed.append(chosen)

    assert found(replayed(rewritten(path, change))) == changed == [chosen]


def test_a_wrong_factor_is_found(tmp_path: Path) -> None:
    """The local derivative and the upstream of a step are compared as well, and its quantities."""
    path, expected = recorded(tmp_path, parse(MOMENTUM)), []

    def change(line: Line) -> None:
        for key, n in (("upstream", 31), ("local", 32)):
            if line.get("n") == n:
                line[key] = [[0.5]] if key == "local" else nudge(line[key], 1)
                expected.append(n)
        if line.get("event") == "update" and line["iteration"] == 17:
            line["quantities"]["rate"] = 0.25
            expected.append(line["n"])

    steps = path.read_bytes()
    assert b'"multiply","n":31,' in steps
    assert b'"multiply","n":32,' in steps
    assert found(replayed(rewritten(path, change))) == expected
    assert len(expected) == 5


def test_a_digest_that_does_not_fit_is_found(tmp_path: Path) -> None:
    """At home by its hash; elsewhere, where hashes are others anyway, by the numbers in it."""
    path, hashes, cells = recorded(tmp_path, parse(WIDE)), [], []

    def change(line: Line) -> None:
        if line.get("event") == "evaluate" and line["node"] == "u" and line["iteration"] in (2, 5):
            line["value"]["sha256"] = "0" * 64
            hashes.append(line["n"])
        if line.get("event") == "evaluate" and line["node"] == "u" and line["iteration"] == 3:
            line["value"]["last"][2] = nudge(line["value"]["last"][2], 10_000_000)
            cells.append(line["n"])

    rewritten(path, change)
    assert (len(hashes), len(cells)) == (2, 1)
    assert set(hashes) <= set(found(replayed(path))) <= {*hashes, *cells}
    rewritten(path, elsewhere)
    assert found(replayed(path)) == cells


def test_elsewhere_large_arrays_that_stand_in_full_are_what_is_shown(tmp_path: Path) -> None:
    """The first value of the second iteration, 10×8: the rows and the hash of another array."""
    path = recorded(tmp_path, parse(WIDE), full=True)
    ours = replayed(rewritten(path, elsewhere))
    target = next(event for event in ours.chapter_of(1).events if isinstance(event, Evaluate))
    other = target.value + 3 * np.spacing(target.value)
    old, new = (sha256(np.ascontiguousarray(x).tobytes()).hexdigest() for x in (target.value, other))
    cells, first = other.ravel().tolist(), ours.chapter_of(1).start + 1

    def change(line: Line) -> None:
        if line.get("of") == first and line["name"] == "value":
            line["cells"] = cells[line["start"] : line["start"] + 64]
        for key, value in line.items():
            if isinstance(value, dict) and value.get("sha256") == old:
                line[key] = {**value, "sha256": new, "first": cells[:3], "last": cells[-3:]}

    ours = replayed(rewritten(path, change))
    shown = ours.event(first)
    assert isinstance(shown, Evaluate)
    assert shown.value.tobytes() == other.tobytes()
    assert found(ours) == []
