"""Update rules: steps computed by hand, and what they have in common; nothing is written in place."""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from moves import move, path, same

from bptui.core.jacobian import Array
from bptui.core.optimizers import QUANTITIES, RULES, UpdateRule, equations, step_of
from bptui.core.schedules import Schedule

# fmt: off
SETTINGS = {
    "learning_rate": "η", "momentum": "μ", "beta1": "β₁", "beta2": "β₂", "decay": "ρ", "epsilon": "ε",
    "weight_decay": "λ",
}
# fmt: on
"""The symbol of each setting in the equations."""

CELLS = st.floats(-100, 100).map(lambda x: round(x, 3))
COLUMN = arrays(np.float64, (3, 1), elements=CELLS)
EXTRAS: list[dict[str, Any]] = [{}, {"clip_norm": 0.5, "weight_decay": 0.1}, {"clip_value": 0.1, "weight_decay": 0.1}]
OTHER: Mapping[str, float] = {"momentum": 0.5, "beta1": 0.5, "beta2": 0.5, "decay": 0.5, "epsilon": 0.1}
"""A value for each setting that only some rules have, far from its default."""
EVERY = pytest.mark.parametrize("name", RULES)
WITH_EXTRAS = pytest.mark.parametrize("extras", EXTRAS, ids=["plain", "norm", "value"])


# ---- by hand

# fmt: off
BY_HAND: list[tuple[UpdateRule, list[float], list[float]]] = [
    # from θ = 1             gradients           by how much θ gets smaller
    (UpdateRule("gradient_descent", 0.5),                         [2.0, -4.0], [1.0, -2.0]),
    # v = 1, 1.9, 2.71
    (UpdateRule("momentum", 0.1, momentum=0.9),                   [1.0, 1.0, 1.0], [0.1, 0.19, 0.271]),
    # 1 + 0.9 v
    (UpdateRule("nesterov", 0.1, momentum=0.9),                   [1.0, 1.0, 1.0], [0.19, 0.271, 0.3439]),
    # v = 1, 1.75; ε outside the root
    (UpdateRule("rmsprop", 0.1, decay=0.75, epsilon=1.0),         [2.0, 2.0], [0.1, 0.2 / (1.75**0.5 + 1)]),
    # G = 9, 25
    (UpdateRule("adagrad", 0.1, epsilon=1.0),                     [3.0, 4.0], [0.3 / 4, 0.4 / 6]),
    # m = 1, -1.5; v = 1, 4.75; m̂ = 2, -2; v̂ = 4, 76/7
    (UpdateRule("adam", 0.1, beta1=0.5, beta2=0.75, epsilon=1.0), [2.0, -4.0], [0.2 / 3, -0.2 / ((76 / 7) ** 0.5 + 1)]),
    # the same, and 0.1 · 0.5 · θ with θ = 1, 1 - 0.05 - 0.2/3
    (UpdateRule("adamw", 0.1, beta1=0.5, beta2=0.75, epsilon=1.0, weight_decay=0.5), [2.0, -4.0],
     [0.05 + 0.2 / 3, 0.05 * (0.95 - 0.2 / 3) - 0.2 / ((76 / 7) ** 0.5 + 1)]),
    # 1.0 + 0.5 θ
    (UpdateRule("gradient_descent", 0.1, weight_decay=0.5),       [1.0, 1.0], [0.15, 0.1425]),
    # clipped to 2 before 0.5 θ is added
    (UpdateRule("gradient_descent", 0.1, weight_decay=0.5, clip_value=2.0), [5.0], [0.25]),
    (UpdateRule("gradient_descent", 0.1, weight_decay=0.5, clip_norm=2.0),  [5.0], [0.25]),
]
# fmt: on


@pytest.mark.parametrize(("rule", "gradients", "changes"), BY_HAND)
def test_steps_by_hand(rule: UpdateRule, gradients: list[float], changes: list[float]) -> None:
    expected = 1.0 - np.cumsum(changes)
    assert path(rule, 1.0, gradients) == pytest.approx(list(expected), rel=1e-14)


def test_under_a_constant_gradient_momentum_comes_to_the_geometric_series() -> None:
    *_, before, after = path(UpdateRule("momentum", 0.1, momentum=0.75), 0.0, [1.0] * 200)
    assert before - after == pytest.approx(0.1 / (1 - 0.75), rel=1e-12)


def test_adam_says_every_quantity_in_the_order_in_which_it_is_computed() -> None:
    rule = UpdateRule("adam", 0.1, beta1=0.5, beta2=0.75, epsilon=1.0, weight_decay=0.5, clip_norm=5.0)
    gradients = {"w": np.float64(6.0), "b": np.float64(8.0)}
    run = move(rule, {"w": np.float64(2.0), "b": np.float64(-4.0)}, [gradients], {})
    w, b = (event.quantities for event in run.events)
    assert list(w.items()) == [
        ("rate", 0.1), ("norm", 10.0), ("clip", 0.5), ("clipped", 3.0), ("decayed", 4.0),
        ("m", 2.0), ("v", 4.0), ("m_hat", 4.0), ("v_hat", 16.0), ("step", pytest.approx(0.1 * 4 / 5)),
    ]  # fmt: skip
    assert (b["clipped"], b["decayed"]) == (4.0, 2.0)
    assert [event.gradient for event in run.events] == list(gradients.values())
    assert run.state == {"w": {"m": 2.0, "v": 4.0}, "b": {"m": 1.0, "v": 1.0}}


# ---- what holds for all


@EVERY
@WITH_EXTRAS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_types_shapes_and_order(name: str, extras: dict[str, Any], dtype: type) -> None:
    rng = np.random.default_rng(0)
    shapes = {"s": (), "b": (3, 1), "W": (3, 2), "K": (2, 1, 2, 2), "frozen": (2, 1)}
    parameters = {key: rng.normal(size=shape).astype(dtype)[()] for key, shape in shapes.items()}
    learning = ["W", "s", "K", "b"]
    gradients = [{key: rng.normal(size=shapes[key]).astype(dtype)[()] for key in learning} for _ in range(3)]
    run = move(UpdateRule(name, 0.1, **extras), parameters, gradients, {})
    assert [event.parameter for event in run.events] == learning * 3
    assert [event.iteration for event in run.events] == [0] * 4 + [1] * 4 + [2] * 4
    for event in run.events:
        for quantity in (event.after, *event.quantities.values(), *run.state.get(event.parameter, {}).values()):
            if not isinstance(quantity, float) or isinstance(quantity, np.generic):
                assert (type(quantity), quantity.shape, quantity.dtype) == (
                    type(event.before), event.before.shape, event.before.dtype,
                )  # fmt: skip
        assert next(iter(event.quantities)) == "rate"
        assert event.quantities.keys() <= QUANTITIES.keys()
        assert (event.before - step_of(event)).tobytes() == event.after.tobytes()
    assert list(run.parameters) == list(parameters)
    assert run.parameters["frozen"] is parameters["frozen"]


@EVERY
@WITH_EXTRAS
@given(theta=COLUMN, gradients=st.lists(COLUMN, min_size=2, max_size=6), data=st.data())
def test_from_a_state_on_the_same_bits_come_again(
    name: str, extras: dict[str, Any], theta: Array, gradients: list[Array], data: st.DataObject
) -> None:
    rule = UpdateRule(name, 0.1, **extras, schedule=Schedule("cosine", over=5, warmup=2))
    steps, middle = [{"w": g} for g in gradients], data.draw(st.integers(1, len(gradients) - 1))
    whole = move(rule, {"w": theta}, steps, {})
    half = move(rule, {"w": theta}, steps[:middle], {})
    rest, again = (move(rule, half.parameters, steps[middle:], half.state, middle) for _ in range(2))
    for run in (rest, again):
        assert same(run.parameters, whole.parameters)
        assert all(same(run.state[key], whole.state[key]) for key in whole.state)


@EVERY
def test_a_rule_depends_on_its_settings_and_no_others(name: str) -> None:
    usual = UpdateRule(name, 0.1)
    there = path(usual, 1.0, [1.0, 0.5, -2.0])
    used = {
        key
        for key, x in OTHER.items()
        if path(msgspec.structs.replace(usual, **{key: x}), 1.0, [1.0, 0.5, -2.0]) != there
    }
    assert used == set(RULES[name].settings)
    assert {key for key in OTHER if SETTINGS[key] in " ".join(equations(usual))} == used


@EVERY
def test_what_a_rule_remembers_stands_in_its_equations(name: str) -> None:
    computed = {line.split(" ")[0] for line in equations(UpdateRule(name, 0.1))[:-1]}
    assert {QUANTITIES[key] for key in RULES[name].state} <= computed
    assert equations(UpdateRule(name, 0.1))[-1].startswith("θ ← θ - η")


@given(theta=COLUMN, gradients=st.lists(COLUMN, min_size=1, max_size=4), name=st.sampled_from(["momentum", "nesterov"]))
def test_without_momentum_it_is_gradient_descent(theta: Array, gradients: list[Array], name: str) -> None:
    runs = [
        move(rule, {"w": theta}, [{"w": g} for g in gradients], {})
        for rule in (UpdateRule(name, 0.1, momentum=0.0), UpdateRule("gradient_descent", 0.1))
    ]
    np.testing.assert_array_equal(*(run.parameters["w"] for run in runs))


@given(theta=COLUMN, gradient=COLUMN)
def test_plain_gradient_descent_is_the_formula_and_keeps_the_rate_alone(theta: Array, gradient: Array) -> None:
    run = move(UpdateRule("gradient_descent", 0.3), {"w": theta}, [{"w": gradient}], {})
    assert run.events[0].after.tobytes() == (theta - 0.3 * gradient).tobytes()
    assert run.events[0].quantities == {"rate": 0.3}


@given(gradient=arrays(np.float64, (3, 1), elements=st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3)))
def test_the_first_step_of_adam_is_the_rate_whatever_the_gradient(gradient: Array) -> None:
    """g/(|g| + ε) is sign(g) but for a part ε/|g|, here at most 1e-5."""
    run = move(UpdateRule("adam", 0.01), {"w": np.zeros((3, 1))}, [{"w": gradient}], {})
    np.testing.assert_allclose(run.parameters["w"], -0.01 * np.sign(gradient), rtol=1.1e-5)


@given(
    gradients=st.lists(st.floats(-1e3, 1e3).filter(lambda g: abs(g) > 1e-3), min_size=1, max_size=5),
    power=st.integers(-8, 8),
)
def test_adam_does_not_see_the_scale_of_the_gradients(gradients: list[float], power: int) -> None:
    """Kingma & Ba, 2015, section 2.1; exact for powers of two, but for ε."""
    rule = UpdateRule("adam", 0.01, epsilon=1e-300)
    scaled = [g * 2.0**power for g in gradients]
    assert path(rule, 0.5, scaled) == path(rule, 0.5, gradients)
