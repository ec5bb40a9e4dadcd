"""A scenario that is written after edits is read as the same mathematics, bit for bit."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written import FOLDER, branch, shipped, through_a_file

from bptui.core import Accumulate, Evaluate, Multiply, Update, parse
from bptui.core.errors import InputError
from bptui.core.events import Event, result
from bptui.core.saving import write
from bptui.core.timeline import Timeline
from bptui.core.training import State, trace
from bptui.core.writing import array_text, number_text, scenario_text


def said(event: Event) -> tuple[object, ...]:
    """What an event says, without its place in the file."""
    match event:
        case Evaluate():
            names: tuple[object, ...] = event.node.name, event.node.op.name, event.node.arguments
        case Multiply():
            names = event.node.name, event.argument, np.asarray(event.upstream).tobytes()
        case Accumulate():
            names = event.variable, len(event.contributions)
        case Update():
            names = event.parameter, event.quantities["rate"]
    found = result(event)
    return type(event), event.phase, event.iteration, names, found.shape, found.tobytes()


def same_trace(one: Iterator[Event], other: Iterator[Event], most: int = 3_000) -> bool:
    return [*map(said, islice(one, most))] == [*map(said, islice(other, most))]


# ---- what is read again ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("tanh4", []),
        ("tanh4", ["x = 3", "W3 = 0.1", "y = 1e-5", "η = 0.05"]),
        ("layers4", ["W2[0, 1] = 0.1", "b1[2] = -7", "x = [1, 2, 3, 4]"]),
        ("xor", ["W1[0, 1] = 0.3", "x[0, 3] = 0.5", "learning_rate = 0.01"]),
        ("rnn", ["U[2, 1] = 0.1", "h0 = [1, 2, 3]"]),
        ("residual", ["a0 = 0.7", "w2 = 1e-300"]),
        ("softmax", ["W = [[1, 2], [3, 4], [5, 6]]"]),
        ("attention", ["X[0, 0] = 0.1", "d = 3"]),
        ("convolution", ["η = 0.07"]),
        ("dead_relu", ["η = 0.07"]),
    ],
)
def test_reading_it_gives_the_same_events(name: str, texts: list[str], tmp_path: Path) -> None:
    scenario, state, edits = branch(shipped(name), *texts)
    again = through_a_file(scenario_text(scenario, state, 0, edits), tmp_path)
    assert same_trace(trace(again), trace(scenario))
    assert (again.title, again.about, again.update) == (scenario.title, scenario.about, scenario.update)


@pytest.mark.parametrize("texts", [["b1[2] = 0.5"], ["x[3, 4] = 0.25", "y[0, 1] = 3"], ["W2[0, 0] = 1"]])
def test_examples_from_a_file_stay_there_unless_one_is_changed(texts: list[str], tmp_path: Path) -> None:
    scenario, state, edits = branch(shipped("digits"), *texts)
    (tmp_path / "digits.npz").write_bytes((FOLDER / "digits.npz").read_bytes())
    written = scenario_text(scenario, state, 0, edits)
    again = through_a_file(written, tmp_path)
    assert same_trace(trace(again), trace(scenario), 24 * 17)
    assert written.needs == ("" if "x" in texts[0] else "digits.npz")
    assert again.examples is not None
    assert scenario.examples is not None
    for name, held_out in scenario.examples.held_out.items():
        np.testing.assert_array_equal(again.examples.held_out[name], held_out)


def test_without_its_data_file_beside_it_a_scenario_is_not_written(tmp_path: Path) -> None:
    scenario, state, edits = branch(shipped("digits"), "b1[2] = 0.5")
    with pytest.raises(InputError, match=r"there is no digits\.npz beside it"):
        write(tmp_path / "branch.toml", scenario_text(scenario, state, 0, edits))
    assert list(tmp_path.iterdir()) == []


DATA = """
[input]
x = [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]]
[target]
y = [[0, 1, 0, 1, 0]]
[data]
batch_size = 2
held_out = 1
shuffle = true
[[layer]]
units = 1
[loss]
kind = "half_squared_error"
[update]
rule = "gradient_descent"
learning_rate = 0.01
iterations = 4
"""


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_examples_that_are_written_out_come_in_the_same_order(dtype: str, tmp_path: Path) -> None:
    scenario, state, edits = branch(parse(f"dtype = '{dtype}'\n{DATA}"), "x[1, 0] = 0.1", "η = 0.03")
    again = through_a_file(scenario_text(scenario, state, 0, edits), tmp_path)
    assert same_trace(trace(again), trace(scenario))


def test_large_arrays_and_those_of_four_axes_go_beside_it_as_they_are(tmp_path: Path) -> None:
    text = """
program = '''
a = conv2d(reshape(x, shape=[1, 9, 9, 1]), K)
z = sum(A @ x) + sum(a) + sum(file)
'''
[input]
x = { init = "normal", shape = [81, 1] }
[parameters]
K = { init = "he", shape = [2, 1, 3, 3] }
A = { init = "normal", shape = [3, 81] }
file = { init = "normal", shape = [2, 1] }
"""
    scenario, state, edits = branch(parse(text), "A[2, 80] = 0.5", "K[1, 0, 2, 1] = 0.25", "x[80] = 1")
    written = scenario_text(scenario, state, 0, edits, stem="changed")
    assert {name: x.shape for name, x in written.arrays.items()} == {"x": (81, 1), "K": (2, 1, 3, 3), "A": (3, 81)}
    again = through_a_file(written, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["branch.toml", "changed.npz"]
    assert same_trace(trace(again), trace(scenario))
    with np.load(tmp_path / "changed.npz", allow_pickle=False) as arrays:
        assert arrays["A"][2, 80] == 0.5


def test_a_later_iteration_begins_with_its_parameters_and_says_what_is_lost(tmp_path: Path) -> None:
    scenario = shipped("xor")
    scenario, state, edits = branch(scenario, "W1[0, 0] = 0.5", number=7, state=Timeline(scenario).state(7))
    written = scenario_text(scenario, state, 7, edits)
    again = through_a_file(written, tmp_path)
    assert list(again.parameters) == list(state.parameters)
    for name, x in state.parameters.items():
        assert again.parameters[name].tobytes() == x.tobytes()
    head = [line for line in written.text.splitlines() if line.startswith("# ")]
    assert head[:2] == [
        "# What if, in xor.toml from iteration 8 on: W₁[0, 0] = 0.5",
        "# The parameters are those at the start of iteration 8, which is the first one here.",
    ]
    assert "m and v, begins at 0 again" in head[2]
    assert "bias correction" in head[3]


def test_what_the_author_wrote_stays_as_it_is() -> None:
    text = """# mine
title = "A neuron"
watches = ["w1"]

[input]
x1 = -1.0   # the first
x2 = [-2e0]

[parameters]  # what learns
w1 = 2.0 # a weight
w2 = +3.50
program2 = 1
"""
    program = "program = '''\nq = w1*x1 + w2*sum(x2) + program2   # sum it\nz = q^2\n'''\n"
    scenario, state, edits = branch(parse(program + text), "w1 = 2.5")
    written = scenario_text(scenario, state, 0, edits).text
    assert written.splitlines()[1:] == (program + text).replace("w1 = 2.0", "w1 = 2.5").splitlines()


@pytest.mark.parametrize(
    "text",
    [
        "input = { x = 2.0 } # in one line\nparameters = { w = 1.5, b = [1, 2] }\n"
        "update = { rule = 'momentum', learning_rate = 1 }",
        "input.x = 2.0\nparameters.w = 1.5\nparameters.b = [1, 2]\nupdate.rule = 'momentum'\nupdate.learning_rate = 1",
        "\ufeff[parameters]\r\nw = 1.5\r\n'b' = [ # rows\r\n 1,\r\n 2 ]\r\n[update]\r\nrule = 'momentum'\r\n"
        "learning_rate = 1\r\n[update.schedule]\r\nkind = 'warmup'\r\nover = 3\r\n[input]\r\nx = 2.0",
    ],
)
def test_every_way_to_write_a_table_is_kept(text: str) -> None:
    head = "\ufeff" * text.startswith("\ufeff") + "program = '''\nf = x*w\nz = sum(f*b)\n'''\n"
    scenario, state, edits = branch(parse(head + text.removeprefix("\ufeff")), "x = 3", "b[1] = 5", "f = 2", "η = 0.5")
    again = parse(scenario_text(scenario, state, 0, edits).text)
    assert again.program.source[0] == "f = x*w - 2.5"
    assert (again.given["x"], again.parameters["b"].tolist(), again.update) == (3.0, [[1.0], [5.0]], scenario.update)


def test_the_name_of_the_file_can_do_nothing_in_the_head() -> None:
    scenario = parse("program = 'z = x^2'\n[input]\nx = 0.5", "a\nx = 7\x1b[2J.toml")
    written = scenario_text(scenario, State(scenario.parameters), 0, [])
    assert "\x1b" not in written.text
    assert parse(written.text).given["x"] == 0.5


def test_what_could_not_be_read_again_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bptui.core.writing.MOST_ARRAYS", 64)
    names = [f"w{i}" for i in range(65)]
    values = "".join(f"{name} = {{ init = 'ones', shape = [5, 13] }}\n" for name in names)
    program = "".join(f"a{i} = sum({name})\n" for i, name in enumerate(names))
    total = " + ".join(f"a{i}" for i in range(65))
    scenario = parse(f"program = '''\n{program}z = {total}\n'''\n[parameters]\n{values}")
    with pytest.raises(InputError, match="65 large arrays"):
        scenario_text(scenario, State(scenario.parameters), 0, [])
    values = "".join(f"w{i} = {{ init = 'normal', shape = [8, 8] }}\n" for i in range(65))
    scenario = parse(f"program = '''\n{program}z = {total}\n'''\n[parameters]\n{values}")
    with pytest.raises(InputError, match="larger than 64 KiB"):
        scenario_text(scenario, State(scenario.parameters), 0, [])


# ---- numbers --------------------------------------------------------------------------------------------------------


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_numbers_are_the_shortest_that_are_read_as_the_same_bits(double: float, single: float) -> None:
    for x in (np.float64(double), np.float32(single)):
        text = number_text(x)
        assert x.dtype.type(float(text)).tobytes() == x.tobytes()
        assert len(text) <= len(repr(float(x)))


@settings(max_examples=30)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 99))
def test_arrays_are_read_in_their_shape(m: int, n: int, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(m, n))
    found = parse(f"program = 'z = sum(x)'\n[input]\nx = {array_text(x)}").given["x"]
    assert (found.shape, found.tobytes()) == (x.shape, x.tobytes())
