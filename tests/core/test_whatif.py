"""The edited scenario is the one written by hand, and an edited node has the value that it was given."""

import numpy as np
import pytest
from edits import FOLDER, NAMES, SCENARIOS, run
from hypothesis import given, settings
from hypothesis import strategies as st

from bptui.core import Evaluate, Multiply, Scenario, Update, parse, read
from bptui.core.errors import InputError
from bptui.core.events import Event, result
from bptui.core.gradcheck import check
from bptui.core.jacobian import Array
from bptui.core.timeline import Timeline
from bptui.core.training import State, given_at, iteration

TANH4 = (FOLDER / "tanh4.toml").read_text(encoding="utf-8")
EPSILON = float(np.finfo(np.float64).eps)


def events(scenario: Scenario, state: State, number: int = 0) -> list[Event]:
    with np.errstate(all="ignore"):  # a value may be set to where the run stops
        return list(iteration(scenario, state, number, given_at(scenario, number)))


def said(event: Event) -> tuple[object, ...]:
    """Everything an event says but its place in a file."""
    numbers: list[Array] = [result(event)]
    names: tuple[object, ...] = ()
    match event:
        case Evaluate():
            names = event.node.name, event.node.op.name
        case Multiply():
            names = event.node.name, event.argument
            numbers += [event.upstream, event.local.shown]
        case Update():
            names = (event.parameter,)
            numbers += [event.before, event.gradient]
    return type(event), names, event.iteration, *((x.shape, x.tobytes()) for x in map(np.asarray, numbers))


def value(scenario: Scenario, state: State, name: str, number: int = 0) -> Array:
    found = {e.node.name: e.value for e in events(scenario, state, number) if isinstance(e, Evaluate)}
    return found[name]


# ---- the same as by hand --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("x = 3", "x = 2.0", "x = 3.0"),
        ("y = -1", "y = 10.0", "y = -1.0"),
        ("W₂ = 0.5", "W = 2.0", "W = 0.5"),
        ("η = 0.25", "learning_rate = 0.1", "learning_rate = 0.25"),
        ("a3 = 0.5", 'activation = "tanh"', 'activation = "tanh"'),
    ],
)
def test_the_edited_scenario_is_the_one_that_is_written_by_hand(text: str, old: str, new: str) -> None:
    scenario, state = run(parse(TANH4), text)
    by_hand = parse(TANH4.replace(old, new))
    if text.startswith("a3"):
        # a₃ = 0.5 by hand: z = 0.5, δ₄ = z - y, ∂L/∂W₄ = δ₄ a₃, and δ₃ = δ₄ sech²(u₃) with u₃ = 4.
        found = {e.variable: e.downstream for e in events(scenario, state) if isinstance(e, Multiply)}
        assert value(scenario, state, "a3") == pytest.approx(0.5, rel=1e-15)
        assert found["W4"] == pytest.approx(-9.5 * 0.5, rel=1e-14)
        assert found["u3"] == pytest.approx(-9.5 / np.cosh(4.0) ** 2, rel=1e-14)
    else:
        assert [*map(said, events(scenario, state))] == [*map(said, events(by_hand, State(by_hand.parameters)))]
        assert scenario.parameters == by_hand.parameters
    assert len(events(scenario, state)) == len(events(by_hand, State(by_hand.parameters)))


def test_nothing_of_the_scenario_or_the_state_is_written() -> None:
    scenario = read(FOLDER / "layers4.toml")
    state = State(scenario.parameters)
    before = [*map(said, events(scenario, state))]
    run(scenario, "W2[0, 1] = 9", "x[0] = 9", "y = [9, 9]", "a2[1] = 9", "η = 9", state=state)
    assert [*map(said, events(scenario, state))] == before


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_any_value_is_changed_and_no_other_that_is_given(data: st.DataObject) -> None:
    scenario = SCENARIOS[data.draw(st.sampled_from(NAMES))]
    names = [
        *scenario.parameters,
        *(n for n, v in scenario.program.variables.items() if v.line and n in scenario.given),
    ]
    name, number = data.draw(st.sampled_from(names)), data.draw(st.floats(-3, 3))
    shape = scenario.program.shape(name)
    cell = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    text = f"{name}[{', '.join(map(str, cell))}] = {number!r}" if shape else f"{name} = {number!r}"
    changed, state = run(scenario, text)
    old, new = {**scenario.given, **scenario.parameters}, {**changed.given, **state.parameters}
    assert new[name][cell] == number
    differs = {(n, index) for n in old for index in np.ndindex(old[n].shape) if old[n][index] != new[n][index]}
    assert differs <= {(name, cell)}
    assert Timeline(changed).calendar == Timeline(scenario).calendar


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_any_node_gets_its_value_to_rounding_and_the_others_before_it_keep_theirs(data: st.DataObject) -> None:
    scenario = SCENARIOS[data.draw(st.sampled_from(NAMES))]
    state = State(scenario.parameters)
    node = data.draw(st.sampled_from([n for n in scenario.program.nodes if n.name != scenario.program.output]))
    shape, number = node.op.shape, data.draw(st.floats(-3, 3))
    cell = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    where = f"[{', '.join(map(str, cell))}]" if shape else ""
    changed, _ = run(scenario, f"{node.name}{where} = {number!r}")
    old = {e.node.name: e.value for e in events(scenario, state) if isinstance(e, Evaluate)}
    new = {e.node.name: e.value for e in events(changed, state) if isinstance(e, Evaluate)}
    names = [n.name for n in scenario.program.nodes]
    assert all(np.array_equal(old[n], new[n]) for n in names[: names.index(node.name)])
    assert abs(new[node.name][cell] - number) <= 4 * EPSILON * (abs(old[node.name][cell]) + abs(number))
    others = np.ones(shape, dtype=bool)
    others[cell] = False
    assert np.array_equal(old[node.name][others], new[node.name][others])
    assert Timeline(changed).calendar == Timeline(scenario).calendar


# ---- a constant added to a node -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("tanh4", ["a3 = 0.5", "u2 = 0.3"]),
        ("layers4", ["a2[1] = 0.9", "u1 = [0.1, 0.2, 0.3, 0.4, 0.5]", "W3[0, 0] = 2"]),
        ("residual", ["f2 = 0.25", "a1 = 0.1"]),
        ("rnn", ["h2[1] = 0.5", "s3 = [1, 2, 3]"]),
        ("softmax", ["u[0] = 2.0", "p = [0.5, 0.25, 0.25]"]),
        ("xor", ["a1[2, 3] = 0.5"]),
    ],
)
def test_every_derivative_on_the_branch_agrees_with_numerical_differentiation(name: str, texts: list[str]) -> None:
    scenario, _ = run(SCENARIOS[name], *texts)
    verdicts = {(found.node, found.argument): found.verdict for found in check(scenario)}
    assert set(verdicts.values()) == {"pass"}
    assert len(verdicts) > len(scenario.parameters)


def test_a_gradient_on_the_branch_agrees_with_central_differences() -> None:
    scenario, state = run(SCENARIOS["residual"], "f1 = 0.7")

    def loss(w: float) -> float:
        f1 = np.tanh(w * 0.5) + (0.7 - np.tanh(0.6 * 0.5))
        a1 = 0.5 + f1
        a2 = a1 + np.tanh(-0.4 * a1)
        return float(0.5 * (a2 + np.tanh(0.9 * a2) - 2.0) ** 2)

    found = {e.parameter: e.gradient for e in events(scenario, state) if isinstance(e, Update)}
    assert float(found["w1"]) == pytest.approx((loss(0.6 + 1e-6) - loss(0.6 - 1e-6)) / 2e-6, rel=1e-8)


def test_a_node_that_is_changed_again_has_the_new_value_and_one_constant() -> None:
    scenario, state = run(SCENARIOS["layers4"], "a2[1] = 5", "a2[3] = 7", "a2[1] = -2")
    plain = value(SCENARIOS["layers4"], state, "a2")
    expected = [plain[0, 0], -2.0, plain[2, 0], 7.0]
    np.testing.assert_allclose(value(scenario, state, "a2")[:, 0], expected, rtol=1e-14)
    assert scenario.program.by_name["a2"].op.formula.count("c") == 1


def test_the_constant_stands_in_the_formula() -> None:
    scenario, _ = run(parse("program = '''\nf = x^2\nz = f*2\n'''\n[input]\nx = 3.0"), "f = 10.5")
    assert scenario.program.by_name["f"].op.formula.endswith("+ 1.5")
    assert run(scenario, "f = 8.5")[0].program.by_name["f"].op.formula.endswith("- 0.5")


def test_a_node_without_a_finite_value_or_too_far_from_it_is_refused() -> None:
    scenario = parse("program = '''\nf = log(x)\ng = f + 1\nz = g*2\n'''\n[input]\nx = -1.0")
    for name in ("f", "g"):
        with pytest.raises(InputError, match="has no finite value here"):
            run(scenario, f"{name} = 1")
    scenario = parse("program = '''\nf = x*1\nz = f*0\n'''\n[input]\nx = 1e308")
    with pytest.raises(InputError, match="not so far"):
        run(scenario, "f = -1.7e308")


# ---- later iterations, batches, indices -----------------------------------------------------------------------------


def test_in_a_later_iteration_the_state_changes_and_the_memory_stays() -> None:
    scenario = SCENARIOS["xor"]
    state = Timeline(scenario).state(3)
    changed, after = run(scenario, "W1[2, 1] = 4", "η = 0.5", number=3, state=state)
    assert after.memory is state.memory
    assert after.parameters["W1"][2, 1] == 4.0
    assert after.parameters["W2"] is state.parameters["W2"]
    assert changed.parameters is scenario.parameters  # what iteration 0 started from
    moved, kept = (
        next(e for e in events(s, a, 3) if isinstance(e, Update)) for s, a in ((changed, after), (scenario, state))
    )
    assert (moved.quantities["rate"], kept.quantities["rate"]) == (0.5, 0.1)


def test_a_node_is_held_in_the_iteration_that_is_named() -> None:
    scenario = SCENARIOS["xor"]
    state = Timeline(scenario).state(5)
    changed, state = run(scenario, "a1[0, 0] = 0.125", number=5, state=state)
    assert value(changed, state, "a1", 5)[0, 0] == pytest.approx(0.125, abs=1e-15)


@pytest.mark.parametrize("number", [0, 2, 22, 23])
def test_an_edit_of_a_batch_changes_one_training_example(number: int) -> None:
    scenario = SCENARIOS["digits"]
    examples = scenario.examples
    assert examples is not None
    changed, _ = run(scenario, "x[5, 3] = 0.3125", "y[0, 3] = 4", number=number)
    assert changed.examples is not None
    batch, old = changed.examples.batch(number), examples.batch(number)
    assert batch["x"][5, 3] == 0.3125
    assert batch["y"][0, 3] == 4.0
    for name in ("x", "y"):
        assert np.count_nonzero(batch[name] != old[name]) <= 1
        assert np.count_nonzero(changed.examples.training[name] != examples.training[name]) <= 1
        np.testing.assert_array_equal(examples.training[name][..., examples.indices(number)], old[name])
    assert np.array_equal(changed.given["x"], changed.examples.batch(0)["x"])


def test_what_cannot_be_changed_in_a_batch_is_refused() -> None:
    scenario = SCENARIOS["digits"]
    assert scenario.examples is not None
    assert scenario.examples.size(22) == 32  # 1,440 = 22 · 64 + 32
    with pytest.raises(InputError, match="x has no cell"):
        run(scenario, "x[0, 40] = 1", number=22)
    with pytest.raises(InputError, match="other examples in each batch"):
        run(scenario, "a1[0, 0] = 1")
    for wrong in ("10", "-1", "0.5"):
        with pytest.raises(InputError, match="whole numbers from 0 to 9") as refused:
            run(scenario, f"y[0, 0] = {wrong}")
        assert not str(refused.value).startswith(":")


def test_a_learning_rate_under_a_schedule_is_the_one_before_it() -> None:
    update = "[update]\nrule = 'gradient_descent'\nlearning_rate = 0.1\niterations = 4\n"
    text = "program = 'z = w^2'\n[parameters]\nw = 1.0\n" + update
    scenario = parse(text + "schedule = { kind = 'step', every = 1, factor = 0.5 }")
    changed, _ = run(scenario, "η₀ = 0.2")
    rates = [e.quantities["rate"] for e in Timeline(changed).events if isinstance(e, Update)]
    assert rates == [0.2, 0.1, 0.05, 0.025]
