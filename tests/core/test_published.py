"""Worked examples that others have published, with their numbers and where they stand."""

import math

import numpy as np
import pytest

from bptui.core import Accumulate, Timeline, parse


def gradients(text: str) -> dict[str, np.ndarray]:
    timeline = Timeline(parse(text))
    end = timeline.reach(len(timeline))
    assert timeline.stopped is None
    return {name: np.asarray(timeline.gradient(name, end)) for name in timeline.scenario.program.wrt}


def value(text: str, name: str) -> float:
    timeline = Timeline(parse(text))
    return np.asarray(timeline.value(name, timeline.reach(len(timeline)))).item()


def test_cs231n_a_sum_times_a_number() -> None:
    """f = (x + y) z at (-2, 5, -4): cs231n.github.io, "Backpropagation, Intuitions"."""
    text = 'program = "q = x + y\\nf = q * z"\n[input]\nx = -2\ny = 5\nz = -4\n'
    assert value(text, "f") == -12.0
    assert gradients(text) == {"x": -4.0, "y": -4.0, "z": 3.0}


def test_cs231n_a_neuron() -> None:
    """σ(w₀x₀ + w₁x₁ + w₂) with w = (2, -3, -3), x = (-1, -2): the same page, whose code gives these digits."""
    text = """
    program = "f = sigmoid(w0*x0 + w1*x1 + w2)"
    wrt = ["x0", "x1", "w0", "w1", "w2"]
    [input]
    x0 = -1
    x1 = -2
    [parameters]
    w0 = 2
    w1 = -3
    w2 = -3
    """
    assert value(text, "f") == pytest.approx(0.7310585786, abs=5e-11)
    expected = [0.3932238665, -0.5898357997, -0.1966119332, -0.3932238665, 0.1966119332]
    assert [gradient.item() for gradient in gradients(text).values()] == pytest.approx(expected, abs=6e-11)


def test_cs231n_what_gates_do() -> None:
    """2(xy + max(z, w)) at (3, -4, 2, -1): add distributes, max routes, multiply switches; the same page."""
    text = 'program = "f = 2 * (x*y + maximum(z, w))"\n[input]\nx = 3\ny = -4\nz = 2\nw = -1\n'
    assert value(text, "f") == -20.0
    assert gradients(text) == {"x": -8.0, "y": 6.0, "z": 2.0, "w": 0.0}


def test_karpathys_neuron() -> None:
    """tanh(x₁w₁ + x₂w₂ + b): "The spelled-out intro to neural networks and backpropagation: building micrograd"."""
    text = """
    program = "o = tanh(x1*w1 + x2*w2 + b)"
    wrt = ["x1", "x2", "w1", "w2"]
    [input]
    x1 = 2
    x2 = 0
    [parameters]
    w1 = -3
    w2 = 1
    b = 6.8813735870195432
    """
    assert value(text, "o") == pytest.approx(math.sqrt(0.5), abs=1e-15)
    found = [gradient.item() for gradient in gradients(text).values()]
    assert found == pytest.approx([-1.5, 0.5, 1.0, 0.0], abs=1e-15)


def test_karpathys_bug_of_a_variable_used_twice() -> None:
    """b = a + a: the gradient is 2, not 1, because contributions are added; the same lecture."""
    assert gradients('program = "b = a + a"\n[input]\na = 3\n') == {"a": 2.0}


def test_olahs_graph() -> None:
    """e = (a + b)(b + 1) at a = 2, b = 1: colah.github.io, "Calculus on Computational Graphs: Backpropagation"."""
    text = 'program = "c = a + b\\nd = b + 1\\ne = c * d"\n[input]\na = 2\nb = 1\n'
    timeline = Timeline(parse(text))
    assert gradients(text) == {"a": 2.0, "b": 5.0}
    meeting = next(event for event in timeline.events if isinstance(event, Accumulate))
    assert (meeting.variable, sorted(float(x) for x in meeting.contributions)) == ("b", [2.0, 3.0])


def test_mazurs_network() -> None:
    """Two inputs, two hidden and two output units: mattmazur.com, "A Step by Step Backpropagation Example".

    The page rounds each number to nine digits, and the new weights to eight or nine.
    """
    text = """
    [input]
    x = [0.05, 0.10]
    [target]
    y = [0.01, 0.99]
    [[layer]]
    W = [[0.15, 0.20], [0.25, 0.30]]
    b = [0.35, 0.35]
    activation = "sigmoid"
    [[layer]]
    W = [[0.40, 0.45], [0.50, 0.55]]
    b = [0.60, 0.60]
    activation = "sigmoid"
    [loss]
    kind = "half_squared_error"
    [update]
    rule = "gradient_descent"
    learning_rate = 0.5
    """
    timeline = Timeline(parse(text))
    end = timeline.reach(len(timeline))
    z, L = (np.asarray(timeline.value(name, end)) for name in ("z", "L"))
    np.testing.assert_allclose(z, [[0.75136507], [0.772928465]], atol=5e-9)
    assert L.item() == pytest.approx(0.298371109, abs=5e-10)
    W1, W2 = (np.asarray(timeline.value(name, end)) for name in ("W1", "W2"))
    np.testing.assert_allclose(W2, [[0.35891648, 0.408666186], [0.511301270, 0.561370121]], atol=5e-9)
    np.testing.assert_allclose(W1, [[0.149780716, 0.19956143], [0.24975114, 0.29950229]], atol=5e-9)


def test_hochreiters_bound() -> None:
    """σ′ is at most ¼, so each sigmoid layer with |w| < 4 shrinks the gradient: Hochreiter, 1991, section 3."""
    text = 'program = "a = sigmoid(w * x)"\n[input]\nx = X\n[constants]\nw = 3.99\n'
    found = [abs(gradients(text.replace("X", str(x)))["x"].item()) for x in np.linspace(-2, 2, 41)]
    assert max(found) == pytest.approx(3.99 / 4)
    assert max(found) < 1.0


def test_rumelharts_delta_rule() -> None:
    """For sigmoid units and half squared error, δ = (t - o) o (1 - o) with the sign turned: Rumelhart et al., 1986."""
    text = """
    program = '''
    o = sigmoid(W @ x)
    E = half_squared_error(o, t)
    '''
    [input]
    x = [1.0, 0.5]
    [target]
    t = [1.0, 0.0]
    [parameters]
    W = [[0.2, -0.4], [0.7, 0.1]]
    """
    x, t, W = np.array([[1.0], [0.5]]), np.array([[1.0], [0.0]]), np.array([[0.2, -0.4], [0.7, 0.1]])
    o = 1 / (1 + np.exp(-W @ x))
    np.testing.assert_allclose(gradients(text)["W"], -(t - o) * o * (1 - o) @ x.T, rtol=1e-13)


def test_kingma_and_ba_the_first_step_of_adam_is_the_learning_rate() -> None:
    """The step is bounded by η whatever the scale of the gradient: "Adam", section 2.1, 2015."""
    for scale in (1e-3, 1.0, 1e6):
        text = f"""
        program = "L = c * w"
        [constants]
        c = {scale}
        [parameters]
        w = 1.0
        [update]
        rule = "adam"
        learning_rate = 0.25
        """
        assert value(text, "w") == pytest.approx(0.75, rel=1e-5)
