"""The run as a table: read again by the csv module, beside the events and the figures of the course text."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from runs import STOPS

import bptui.scenarios
from bptui.core import Accumulate, Evaluate, Multiply, Timeline, Update, parse, read
from bptui.core.events import Event, result
from bptui.core.export.table import COLUMNS, LONGEST, lines

FILES = sorted(Path(next(iter(bptui.scenarios.__path__))).glob("*.toml"))


def rows(timeline: Timeline, first: int = 1, last: int | None = None) -> list[dict[str, str]]:
    text = "\r\n".join(lines(timeline, first, len(timeline) if last is None else last))
    return list(csv.DictReader(text.splitlines(), strict=True))


def shipped(name: str) -> Timeline:
    return Timeline(read(next(path for path in FILES if path.stem == name)))


def test_the_figures_of_the_course_text() -> None:
    found = rows(shipped("tanh4"))
    assert len(found) == 33
    figures = {("u4", "multiply"): -9.00067070026093, ("u3", "multiply"): -0.0120694555232061}
    figures |= {("L", "evaluate"): 40.5060365272678, ("W4", "update"): 1.89946339480737}
    for (variable, event), figure in figures.items():
        (row,) = [row for row in found if (row["variable"], row["event"]) == (variable, event)]
        assert float(row["result"]) == pytest.approx(figure, rel=1e-14)
    row = found[14]
    assert (row["position"], row["iteration"], row["phase"], row["node"], row["step"]) == (
        "15", "1", "backward", "a3", "A",
    )  # fmt: skip
    assert row["formula"] == "δ₃ = ∂L/∂a₃ · φ₃′(u₃)"
    assert row["numbers"] == "δ₃ = -9.00067 × 0.00134095"
    assert row["shape"] == ""
    assert row["minimum"] == row["maximum"] == row["result"]
    assert float(row["norm"]) == pytest.approx(0.0120694555232061, rel=1e-14)
    assert "".join(row["step"] for row in found) == "ABCDABCDABCDABC"


KINDS: dict[type[Event], str] = {
    Evaluate: "evaluate", Multiply: "multiply", Accumulate: "accumulate", Update: "update",
}  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_row_for_each_event_with_all_its_digits(path: Path) -> None:
    timeline = Timeline(read(path))
    last = min(len(timeline), 40)
    found = rows(timeline, 1, last)
    assert len(found) == last
    for position, (row, event) in enumerate(zip(found, timeline.events[:last], strict=True), start=1):
        x = result(event)
        assert set(row) == set(COLUMNS)
        assert (row["position"], row["event"]) == (str(position), KINDS[type(event)])
        assert row["shape"] == "×".join(map(str, x.shape))
        assert (float(row["result"]) == x) if not x.shape else (row["result"] == "")
        assert float(row["minimum"]) == x.min()
        if row["cells"]:
            cells = json.loads(row["cells"])
            assert np.array(cells).reshape(x.shape).tobytes() == x.tobytes()
        assert bool(row["cells"]) == (x.ndim > 0 and x.size <= 64)
        assert float(row["maximum"]) == x.max()
        assert float(row["norm"]) == pytest.approx(math.sqrt(math.fsum(np.square(x, dtype=float).flat)), rel=1e-9)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_text_is_a_formula_of_a_spreadsheet(path: Path) -> None:
    timeline = Timeline(read(path))
    numeric = {"result", "minimum", "maximum", "norm"}
    for row in rows(timeline, 1, min(len(timeline), 40)):
        for column, text in row.items():
            assert column in numeric or not text.startswith(("=", "+", "-", "@", "\t", "\r"))
            assert len(text) <= LONGEST or column == "cells"


def test_a_part() -> None:
    assert [row["position"] for row in rows(shipped("xor"), 16, 19)] == ["16", "17", "18", "19"]
    assert [row["iteration"] for row in rows(shipped("xor"), 16, 19)] == ["1", "1", "2", "2"]


def test_what_is_not_finite_is_written_as_pandas_reads_it() -> None:
    timeline = Timeline(parse(STOPS))
    found = rows(timeline)
    assert found[-1]["position"] == str(len(timeline))
    assert found[-1]["result"] in ("inf", "-inf", "nan")
    assert not math.isfinite(float(found[-1]["norm"]))
    assert all(math.isfinite(float(row["result"])) for row in found[:-1])


def test_a_sum_of_thousands_is_shortened() -> None:
    program = "z = " + " + ".join(["x"] * 300) + "\n"
    timeline = Timeline(parse(f"program = '''{program}'''\n[input]\nx = 1.25\n"))
    (row,) = [row for row in rows(timeline) if row["event"] == "accumulate"]
    assert (len(row["numbers"]), row["numbers"][-1]) == (LONGEST, "…")
    assert float(row["result"]) == 300.0
