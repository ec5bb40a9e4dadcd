"""Penalties, frozen parameters, layers that are drawn, values from files; and what is wrong with any of them."""

from pathlib import Path

import numpy as np
import pytest

from bptui.core import InputError, Timeline, Update, parse, read

LAYERS = """
seed = 4
[input]
x = [[1.0, -0.5, 2.0], [0.5, 1.5, -1.0]]
[target]
y = [[1.0, 0.0, -1.0]]
[[layer]]
units = 3
activation = "tanh"
[[layer]]
units = 1
bias = false
[loss]
kind = "half_squared_error"
reduction = "mean"
LOSS
[update]
rule = "gradient_descent"
learning_rate = 0.1
UPDATE
"""


def layers(loss: str = "", update: str = "") -> Timeline:
    return Timeline(parse(LAYERS.replace("LOSS", loss).replace("UPDATE", update)))


def test_penalties_are_nodes_and_add_their_share_to_the_gradient() -> None:
    """J = L + 0.3 (½‖W₁‖² + ½‖W₂‖²) + 0.2 (Σ|W₁| + Σ|W₂|); biases are not punished."""
    plain, punished = layers(), layers("l2 = 0.3\nl1 = 0.2")
    end = punished.reach(len(punished))
    assert punished.scenario.program.output == "J"
    weights = [punished.scenario.parameters[name] for name in ("W1", "W2")]
    penalty = sum(0.15 * float((W * W).sum()) + 0.2 * float(np.abs(W).sum()) for W in weights)
    L, J = (np.asarray(punished.value(name, end)).item() for name in "LJ")
    assert pytest.approx(L + penalty, rel=1e-13) == J
    for name in ("W1", "W2", "b1"):
        W = punished.scenario.parameters[name]
        share = 0.3 * W + 0.2 * np.sign(W) if name != "b1" else 0.0
        there, here = (np.asarray(t.gradient(name, t.reach(len(t)))) for t in (punished, plain))
        np.testing.assert_allclose(there, here + share, rtol=1e-12, atol=1e-15)


def test_drawn_layers_fit_and_stay_within_the_bound_of_glorot_and_bengio() -> None:
    parameters = layers().scenario.parameters
    assert {name: x.shape for name, x in parameters.items()} == {"W1": (3, 2), "b1": (3, 1), "W2": (1, 3)}
    assert np.abs(parameters["W1"]).max() <= np.sqrt(6 / 5)
    assert not parameters["b1"].any()
    assert np.unique(parameters["W1"]).size == 6


def test_frozen_parameters_have_no_gradient_and_do_not_move() -> None:
    timeline = layers(update='frozen = ["W1", "b1"]')
    moved = [event.parameter for event in timeline.events if isinstance(event, Update)]
    assert moved == ["W2"]
    end = len(timeline)
    assert timeline.gradient("W1", end) is None
    assert timeline.value("W1", end) is timeline.scenario.parameters["W1"]


def test_values_come_from_files_as_they_stand_there(tmp_path: Path) -> None:
    (tmp_path / "W.csv").write_text("1,2\n3,4\n5,6\n")
    np.savez(tmp_path / "b.npz", b=np.array([7.0, 8.0, 9.0]))
    (tmp_path / "s.toml").write_text(
        "program = 'L = sum(W @ x + b)'\n[input]\nx = [1, 10]\n[parameters]\n"
        "W = { file = 'W.csv' }\nb = { file = 'b.npz', select = 'b' }\n"
    )
    timeline = Timeline(read(tmp_path / "s.toml"))
    np.testing.assert_array_equal(timeline.scenario.parameters["W"], [[1, 2], [3, 4], [5, 6]])
    np.testing.assert_array_equal(timeline.scenario.parameters["b"], [[7], [8], [9]])
    assert timeline.value("L", timeline.reach(len(timeline))) == 9 + 120 + 24


@pytest.mark.parametrize(
    ("loss", "update", "line", "key", "said"),
    [
        ("l2 = -1.0", "", 16, "loss.l2", "is -1.0; must be 0 or more"),
        ("", "momentum = 0.5", 20, "update.momentum", "is no setting of gradient_descent"),
        ("", "clip_norm = 1.0\nclip_value = 1.0", 21, "update.clip_value", "exclude each other"),
        ("", "iterations = 0", 20, "update.iterations", "must be from 1"),
        ("", 'frozen = ["W3"]', 20, "update.frozen 1", "there is no parameter 'W3'"),
        ("", 'schedule = { kind = "step" }', 20, "update.schedule", "'every' is missing"),
        ("", 'schedule = { kind = "cosine", over = 5, every = 2 }', 20, "update.schedule.every", "is no setting of"),
        ("", 'schedule = { kind = "step", every = 2, factor = 2.0 }', 20, "update.schedule.factor", "1 at the most"),
        ("", 'frozen = ["W1", "b1", "W2"]', 17, "update", "there are no parameters to update"),
    ],
)
def test_what_is_wrong_is_said_at_its_key(loss: str, update: str, line: int, key: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        layers(loss, update)
    error = caught.value
    assert said in str(error) + "; " + error.hint
    assert (error.line, error.key) == (line, key)
