"""Iterations over batches: each example comes once an epoch, any iteration can be derived alone."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.core import Evaluate, InputError, Multiply, Timeline, Update, parse, read
from bptui.core.events import result
from bptui.core.report import epochs, losses

FOLDER = Path(__file__).parents[2] / "scenarios"
LINE = """
program = '''
z = w @ x + b
L = half_squared_error(z, y, reduction=mean)
'''
[input]
x = [[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]
[target]
y = [[1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 13.0]]
[parameters]
w = [[0.0]]
b = [0.0]
[data]
DATA
[update]
rule = "gradient_descent"
learning_rate = 0.02
iterations = ITERATIONS
"""


def line(data: str, iterations: int) -> Timeline:
    return Timeline(parse(LINE.replace("DATA", data).replace("ITERATIONS", str(iterations))))


def held_out(timeline: Timeline, name: str) -> list[float]:
    """The value of a node in the evaluation that ends the run."""
    chapter = timeline.chapter(timeline.reach(len(timeline)))
    return list(result(chapter.events[chapter.held_out[name]]).ravel())


def test_batches_of_gradient_descent_are_those_written_by_hand() -> None:
    """Seven examples in batches of three: 0 1 2, 3 4 5, 6, and again."""
    timeline = line("batch_size = 3", 6)
    w, b = 0.0, 0.0
    for number, batch in enumerate([[0, 1, 2], [3, 4, 5], [6]] * 2):
        x = np.array(batch, dtype=float)
        error = w * x + b - (2 * x + 1)
        w, b = w - 0.02 * float(np.mean(error * x)), b - 0.02 * float(np.mean(error))
        end = timeline.calendar.start(number + 1)
        assert np.asarray(timeline.value("w", end)).item() == pytest.approx(w, rel=1e-13)
        assert np.asarray(timeline.value("b", end)).item() == pytest.approx(b, rel=1e-13)


@given(seed=st.integers(0, 1000), size=st.integers(1, 7))
def test_each_example_comes_once_an_epoch_in_a_drawn_order(seed: int, size: int) -> None:
    text = LINE.replace("DATA", f"batch_size = {size}\nshuffle = true").replace("ITERATIONS", "20")
    examples = parse(f"seed = {seed}\n{text}").examples
    assert examples is not None
    for epoch in range(2):
        batches = [examples.batch(epoch * examples.epoch_length + i) for i in range(examples.epoch_length)]
        x = np.concatenate([batch["x"][0] for batch in batches])
        y = np.concatenate([batch["y"][0] for batch in batches])
        assert sorted(x) == [0, 1, 2, 3, 4, 5, 6]
        np.testing.assert_array_equal(y, 2 * x + 1)  # a target stays with its input


@given(positions=st.lists(st.integers(0, 400), min_size=1, max_size=10))
def test_any_position_has_the_same_bits_whichever_way_it_is_reached(positions: list[int]) -> None:
    data = "batch_size = 3\nshuffle = true\nheld_out = 2"
    straight, jumping = line(data, 40), line(data, 40)
    events = list(straight.events)
    assert len(events) == straight.calendar.total == len(straight)
    for position in positions:
        position = jumping.reach(position)
        event = jumping.event(position)
        if position:
            assert event is not None
            assert result(event).tobytes() == result(events[position - 1]).tobytes()
            assert (event.iteration, event.phase) == (events[position - 1].iteration, events[position - 1].phase)


def test_a_long_run_keeps_few_states_and_derives_the_rest_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bptui.core.timeline.MOST_STATES", 16)
    timeline = line("batch_size = 3", 100)
    last = timeline.value("w", timeline.reach(len(timeline)))
    assert len(timeline.starts(99)) <= 16
    middle = timeline.calendar.start(51)
    again = line("batch_size = 3", 100)
    assert timeline.value("w", middle) == again.value("w", again.reach(middle))
    assert timeline.value("w", len(timeline)) == last


def test_held_out_examples_are_evaluated_at_the_end_of_each_epoch_and_never_learnt_from() -> None:
    timeline = line("batch_size = 2\nheld_out = 3", 5)  # 4 to learn from: an epoch has 2 iterations
    phases = [(event.iteration, event.phase) for event in timeline.events if event.phase == "evaluate"]
    assert phases == [(i, "evaluate") for i in (1, 1, 3, 3, 4, 4)]
    found = list(epochs(timeline))
    assert [(epoch.number, epoch.iteration) for epoch in found] == [(1, 1), (2, 3), (3, 4)]
    for epoch in found:
        end = timeline.calendar.start(epoch.iteration) + 1
        chapter = timeline.chapter(end)
        w, b = (result(chapter.events[chapter.updated[name]]).item() for name in ("w", "b"))
        x = np.array([4.0, 5.0, 6.0])
        assert epoch.loss == pytest.approx(float(np.mean((w * x + b - 2 * x - 1) ** 2) / 2), rel=1e-13)
        assert epoch.accuracy is None
    assert {x for event in timeline.events if isinstance(event, Evaluate) for x in event.value.shape} <= {1, 2, 3}


def test_xor_learns_all_four_examples() -> None:
    timeline = Timeline(read(FOLDER / "xor.toml"))
    end = timeline.reach(len(timeline))
    W1, b1, W2, b2 = (np.asarray(timeline.value(name, end)) for name in ("W1", "b1", "W2", "b2"))
    x = np.array([[0, 0, 1, 1], [0, 1, 0, 1]])
    z = W2 @ np.tanh(W1 @ x + b1) + b2
    assert [bool(cell) for cell in z[0] > 0] == [False, True, True, False]
    assert losses(timeline)[-1] < losses(timeline)[0] / 100


def test_a_dead_relu_never_learns() -> None:
    timeline = Timeline(read(FOLDER / "dead_relu.toml"))
    for event in timeline.events:
        if isinstance(event, Multiply) and event.variable in ("W1", "b1"):
            assert not event.downstream[1].any()
            assert event.downstream[0].any()
        if isinstance(event, Update) and event.parameter in ("W1", "b1"):
            np.testing.assert_array_equal(event.after[1], event.before[1])


def test_the_convolution_learns_its_image() -> None:
    found = losses(Timeline(read(FOLDER / "convolution.toml")))
    assert len(found) == 10
    assert found[-1] < 0.01 < found[0]


def test_dropout_is_drawn_anew_in_each_iteration_and_off_in_an_evaluation() -> None:
    text = """
    program = '''
    a = dropout(w * x, p=0.5)
    L = sum(a * y)
    '''
    [input]
    x = [[1.0, 2.0, 3.0, 4.0]]
    [target]
    y = [[1.0, 1.0, 1.0, 1.0]]
    [parameters]
    w = 1.0
    [data]
    held_out = 1
    [update]
    rule = "gradient_descent"
    learning_rate = 1e-9
    iterations = 30
    """
    timeline = Timeline(parse(text))
    masked = [e.value[0] for e in timeline.events if isinstance(e, Evaluate) and e.node.op.name == "dropout"]
    kept = np.array([row / np.array([1.0, 2.0, 3.0]) for row in masked])
    assert len(kept) == 30
    assert set(np.round(kept.ravel(), 6)) == {0.0, 2.0}
    assert len({tuple(np.round(row, 6)) for row in kept}) > 1
    apart = [
        e.value for e in timeline.events if e.phase == "evaluate" and isinstance(e, Evaluate) and e.node.name == "a"
    ]
    assert all(float(value[0, 0]) == pytest.approx(4.0, rel=1e-6) for value in apart)


def test_batch_norm_is_evaluated_with_the_statistics_of_all_that_is_learnt_from() -> None:
    text = """
    program = '''
    n = batch_norm(x, g, h, epsilon=0.5)
    L = half_squared_error(n, y)
    '''
    [input]
    x = [[1.0, 2.0, 3.0, 6.0, 10.0]]
    [target]
    y = [[0.0, 0.0, 0.0, 0.0, 0.0]]
    [parameters]
    g = [1.0]
    h = [0.0]
    [data]
    held_out = 1
    batch_size = 2
    [update]
    rule = "gradient_descent"
    learning_rate = 1e-12
    iterations = 2
    """
    timeline = Timeline(parse(text))
    x = np.array([1.0, 2.0, 3.0, 6.0])
    apart = [
        e.value for e in timeline.events if e.phase == "evaluate" and isinstance(e, Evaluate) and e.node.name == "n"
    ]
    assert float(apart[0][0, 0]) == pytest.approx((10.0 - x.mean()) / np.sqrt(x.var() + 0.5), rel=1e-9)


def test_digits_reach_95_percent_on_examples_they_never_learnt_from() -> None:
    timeline = Timeline(read(FOLDER / "digits.toml"))
    examples = timeline.scenario.examples
    assert examples is not None
    *_, last = epochs(timeline)
    assert last.iteration == timeline.scenario.iterations - 1
    end = timeline.reach(len(timeline))
    W1, b1, W2, b2 = (np.asarray(timeline.value(name, end)) for name in ("W1", "b1", "W2", "b2"))
    z = W2 @ np.tanh(W1 @ examples.held_out["x"] + b1) + b2
    right = float(np.mean(z.argmax(axis=0) == examples.held_out["y"][0]))
    assert last.accuracy == right >= 0.95
    learnt = {tuple(column) for column in examples.training["x"].T}
    assert not any(tuple(column) in learnt for column in examples.held_out["x"].T)


@pytest.mark.parametrize("held_out", ["nan", "inf", "-inf", "0", "2.5", "7"])
def test_a_part_that_is_none_is_refused(held_out: str) -> None:
    with pytest.raises(InputError, match=r"data\.held_out: is ") as caught:
        line(f"held_out = {held_out}", 1)
    assert caught.value.line == 14


@pytest.mark.parametrize(
    "value", ['{ init = "normal", shape = [9, 9], scale = 1e308 }', '{ init = "ones", shape = [2, 1], scale = 1e39 }']
)
def test_values_that_overflow_are_refused_at_their_key(value: str) -> None:
    text = f'dtype = "float32"\nprogram = "z = sum(w)"\n[parameters]\nw = {value}\n'
    with pytest.raises(InputError, match="has a number that is not finite in float32") as caught:
        parse(text)
    assert (caught.value.line, caught.value.key) == (4, "parameters.w")
