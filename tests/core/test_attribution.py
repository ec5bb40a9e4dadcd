"""Attribution: the shares of all factors, beside networks that are computed here by hand."""

import math
from pathlib import Path

import numpy as np
import pytest

from bptui.core import InputError, Timeline, parse, read
from bptui.core.attribution import STEEPEST, Attribution, Share, Units, attribution, history
from bptui.core.notation import log_norm
from bptui.core.ops import RULES

FOLDER = Path(__file__).parents[2] / "scenarios"
SCENARIOS = sorted(path.stem for path in FOLDER.glob("*.toml"))


def shipped(name: str) -> Timeline:
    return Timeline(read(FOLDER / f"{name}.toml"))


def of(timeline: Timeline) -> Attribution:
    return attribution(timeline.chapter(1))


def found(text: str) -> Attribution:
    return of(Timeline(parse(text)))


def shares(found: Attribution, kind: str) -> list[float]:
    return [share.log10 for share in found.shares if share.kind == kind]


def guilty(found: Attribution) -> Share:
    return found.shares[found.guilty]


def norm(x: object) -> float:
    return float(np.linalg.norm(np.ravel(x)))  # type: ignore[arg-type]


# ---- networks of layers


def test_twenty_sigmoids_vanish() -> None:
    u, slopes = 1.0, []
    for _ in range(19):
        a = 1.0 / (1.0 + math.exp(-u))
        slopes.append(a * (1.0 - a))
        u = a
    vanishing = of(shipped("vanishing"))
    expected = [0.0, *(math.log10(slope) for slope in reversed(slopes))]  # the last layer is the identity
    assert shares(vanishing, "activation") == pytest.approx(expected, rel=1e-9)
    assert shares(vanishing, "weights") == [0.0] * 19
    assert shares(vanishing, "loss") == pytest.approx([math.log10(u)])  # z - 0
    assert vanishing.total == vanishing.together("activation") == pytest.approx(sum(expected))
    assert vanishing.verdict == "vanishes"
    assert slopes.index(min(slopes)) == 0
    assert guilty(vanishing).label == "φ₁′(u₁)"


def test_twelve_rotations_that_stretch_explode() -> None:
    """Each weight matrix is √5 times a rotation."""
    exploding = of(shipped("exploding"))
    assert shares(exploding, "weights") == pytest.approx([0.5 * math.log10(5.0)] * 11)
    assert shares(exploding, "activation") == [0.0] * 12
    assert exploding.total == pytest.approx(5.5 * math.log10(5.0))
    assert exploding.verdict == "explodes"
    assert guilty(exploding).label == "W₁₂ᵀ"  # of equals the first on the way


def test_a_saturated_tanh() -> None:
    timeline = shipped("tanh4")
    tanh4 = of(timeline)
    assert guilty(tanh4).label == "φ₃′(u₃)"
    assert guilty(tanh4).log10 == pytest.approx(-2.0 * math.log10(math.cosh(4.0)))
    assert guilty(tanh4).units == Units(dead=0, saturated=1, of=1)
    event = timeline.events[guilty(tanh4).index]
    assert event is timeline.multiplication("a3", 0, len(timeline))
    assert tanh4.verdict == "vanishes"


def test_which_units_are_dead() -> None:
    timeline = shipped("dead_relu")
    scenario = timeline.scenario
    values = {**scenario.given, **scenario.parameters}
    u = values["W1"] @ values["x"] + values["b1"]
    dead = int(np.sum(np.all(u <= 0.0, axis=1)))
    assert dead == 1
    z, first = of(timeline).shares[1], of(timeline).shares[-1]
    assert (first.label, first.units) == ("φ₁′(u₁)", Units(dead, 0, 2))
    assert (z.label, z.units) == ("φ₂′(u₂)", None)  # the identity


def test_units_are_saturated_only_if_they_are_in_every_example() -> None:
    """sigmoid′ is below 1/80 where |u| is above 4.37."""
    x, W = np.array([[5.0, -6.0, 7.0]]), np.array([[1.0], [0.1], [-2.0], [1e4]])
    flat = np.all(np.abs(W @ x) > 4.37, axis=1)
    zero = np.all(np.abs(W @ x) > 1000.0, axis=1)  # e⁻¹⁰⁰⁰ is 0 in float64
    text = f"""
    [input]
    x = {x.tolist()}
    [target]
    y = [[0.0, 0.0, 0.0]]
    [[layer]]
    W = {W.tolist()}
    activation = "sigmoid"
    [[layer]]
    W = [[1.0, 1.0, 1.0, 1.0]]
    [loss]
    kind = "half_squared_error"
    """
    assert found(text).shares[-1].units == Units(int(zero.sum()), int(flat.sum() - zero.sum()), 4)
    assert (zero.sum(), flat.sum()) == (1, 3)


def test_the_layers_of_a_network_by_hand() -> None:
    timeline = shipped("layers4")
    scenario = timeline.scenario
    values = {**scenario.given, **scenario.parameters}
    sigmoid = lambda u: 1.0 / (1.0 + np.exp(-u))  # noqa: E731
    phi = [np.tanh, sigmoid, np.tanh, lambda u: u]
    slope = [lambda a: 1.0 - a**2, lambda a: a * (1.0 - a), lambda a: 1.0 - a**2, np.ones_like]
    a = [values["x"]]
    for k in range(4):
        a.append(phi[k](values[f"W{k + 1}"] @ a[-1] + values[f"b{k + 1}"]))
    g = a[-1] - values["y"]
    sizes = [1.0, norm(g)]
    for k in reversed(range(4)):
        g = g * slope[k](a[k + 1])
        sizes.append(norm(g))
        if k:
            g = values[f"W{k + 1}"].T @ g
            sizes.append(norm(g))
    layers4 = of(timeline)
    assert [share.product for share in layers4.shares] == pytest.approx(np.log10(sizes[1:]).tolist())
    assert [share.log10 for share in layers4.shares] == pytest.approx(np.diff(np.log10(sizes)).tolist())
    assert [share.layer for share in layers4.shares] == [0, 4, 4, 3, 3, 2, 2, 1]
    assert " ".join(share.label for share in layers4.shares) == ("∂L/∂z φ₄′(u₄) W₄ᵀ φ₃′(u₃) W₃ᵀ φ₂′(u₂) W₂ᵀ φ₁′(u₁)")


def test_the_way_goes_on_to_an_input_that_is_asked_for_and_past_penalties() -> None:
    text = (FOLDER / "layers4.toml").read_text(encoding="utf-8")
    text = text.replace("[input]", 'wrt = ["x", "W1"]\n[input]').replace("[update]", "[other]").split("[other]")[0]
    to_x = found(text.replace('"half_squared_error"', '"half_squared_error"\nl2 = 0.1'))
    assert [share.label for share in to_x.shares[-2:]] == ["φ₁′(u₁)", "W₁ᵀ"]
    assert [share.label for share in to_x.shares[:3]] == ["∂J/∂L", "∂L/∂z", "φ₄′(u₄)"]
    assert [share.kind for share in to_x.shares[:3]] == ["loss", "loss", "activation"]
    assert to_x.total == pytest.approx(sum(share.log10 for share in to_x.shares[2:]))


# ---- programs


def test_residual_blocks_by_hand() -> None:
    a, slopes = [0.5], []
    for w in (0.6, -0.4, 0.9):
        slopes.append(1.0 + w / math.cosh(w * a[-1]) ** 2)  # around the tanh, and through it
        a.append(a[-1] + math.tanh(w * a[-1]))
    residual = of(shipped("residual"))
    expected = [math.log10(abs(slope)) for slope in reversed(slopes)]
    assert shares(residual, "meeting") == pytest.approx(expected)  # the way around is 1, and the largest
    assert shares(residual, "add") == [0.0] * 3
    assert residual.shares[0].log10 == pytest.approx(math.log10(2.0 - a[-1]))
    assert [share.variable for share in residual.shares] == ["a3", "a2", "a2", "a1", "a1", "a0", "a0"]


def test_a_recurrent_network_through_time_by_hand() -> None:
    timeline = shipped("rnn")
    values = {**timeline.scenario.given, **timeline.scenario.parameters}
    W, U, V = values["W"], values["U"], values["V"]
    h = [values["h0"]]
    for t in range(1, 5):
        h.append(np.tanh(W @ h[-1] + U @ values[f"x{t}"] + values["b"]))
    g = V @ h[-1] + values["c"] - values["y"]
    sizes = [norm(g)]
    for t in range(4, 0, -1):
        g = (V if t == 4 else W).T @ g
        sizes.append(norm(g))
        g = (1.0 - h[t] ** 2) * g
        sizes.append(norm(g))
    rnn = of(timeline)
    factors = [share for share in rnn.shares if share.kind in ("weights", "activation")]
    assert [share.log10 for share in factors] == pytest.approx(np.diff(np.log10(sizes)).tolist())
    assert [share.label for share in factors[::2]] == ["Vᵀ", "Wᵀ", "Wᵀ", "Wᵀ"]
    assert rnn.shares[-1].variable == "v1"
    assert rnn.shares[-1].product == pytest.approx(math.log10(sizes[-1]))


def test_what_is_a_parameters_factor() -> None:
    text = "program = '''\na = w * x\nb = sin(a)\nc = x2 * b\nL = c^2\n'''\n[parameters]\nw = 3.0\n"
    every = found("wrt = ['x', 'w']\n" + text + "[input]\nx = 0.1\nx2 = 2.0\n").shares
    kinds = [(share.kind, share.label, share.variable) for share in every]
    assert kinds == [
        ("power", "∂L/∂c", "c"),
        ("multiply", "∂c/∂b", "b"),
        ("activation", "∂b/∂a", "a"),
        ("weights", "w", "x"),
    ]
    c = 2.0 * math.sin(0.3)
    expected = [math.log10(factor) for factor in (2.0 * c, 2.0, math.cos(0.3), 3.0)]
    assert [share.log10 for share in every] == pytest.approx(expected)


def test_without_other_variables_the_way_ends_at_the_parameter() -> None:
    (share,) = found("program = 'L = w^2'\n[parameters]\nw = 5.0\n").shares
    assert (share.variable, share.log10) == ("w", pytest.approx(1.0))


# ---- all of them


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_shares_add_up_to_the_size_of_the_last_gradient(name: str) -> None:
    timeline = shipped(name)
    every = of(timeline).shares
    end = timeline.gradient(every[-1].variable, timeline.chapter(1).end)
    assert isinstance(end, np.ndarray | np.generic)
    assert math.fsum(share.log10 for share in every) == pytest.approx(math.log10(norm(end)), abs=1e-12)
    assert [share.index for share in every] == sorted(share.index for share in every)


def test_iterations_one_after_the_other() -> None:
    timeline = shipped("dead_relu")
    chapters = [timeline.chapter(timeline.calendar.start(number) + 1) for number in range(3)]
    sizes = [norm(timeline.gradient("u1", chapter.end)) for chapter in chapters]
    assert len(set(sizes)) == 3
    assert history(chapters) == pytest.approx(np.log10(sizes).tolist())


@pytest.mark.parametrize("name", sorted(STEEPEST))
def test_the_steepest_slope_is_that_at_0_or_far_to_the_right(name: str) -> None:
    op, at = RULES[name].bind(()), 0.0 if name in ("tanh", "sigmoid") else 30.0
    value = [float(op.value(np.float64(at + step))) for step in (-1e-5, 1e-5)]
    assert STEEPEST[name] == pytest.approx((value[1] - value[0]) / 2e-5, rel=1e-8)


@pytest.mark.parametrize("cell", [1e308, 1.0, 1e-300, 5e-324])
@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (20, 5)])
def test_the_size_of_equal_cells(cell: float, shape: tuple[int, int]) -> None:
    expected = math.log10(cell) + 0.5 * math.log10(math.prod(shape))
    assert log_norm(np.full(shape, -cell)) == pytest.approx(expected)


def test_the_size_of_what_is_no_number() -> None:
    assert log_norm(np.zeros((2, 2))) == -math.inf
    assert log_norm(np.array([[1.0, math.nan]])) == log_norm(np.float64(-math.inf)) == math.inf


# ---- where it ends


def test_nothing_passes_a_dead_layer() -> None:
    text = "program = '''\na = tanh(x)\nb = relu(a)\nL = 4 * b\n'''\n[input]\nx = [-1.0, -2.0]\n"
    dead = found(text.replace("4 * b", "4 * sum(b)"))
    assert [share.log10 for share in dead.shares if share.kind == "activation"] == [-math.inf, 0.0]
    assert dead.shares[-1].product == dead.total == -math.inf
    assert dead.verdict == "vanishes"
    assert (guilty(dead).label, guilty(dead).units) == ("∂b/∂a", Units(2, 0, 2))


def test_the_loss_is_blamed_where_all_ends_at_it() -> None:
    text = "program = '''\nz = 3 * x\nL = half_squared_error(z, y)\n'''\n[input]\nx = 1.0\n[target]\ny = 3.0\n"
    assert guilty(found(text)).kind == "loss"
    assert guilty(found(text)).log10 == -math.inf
    assert guilty(found(text.replace("y = 3.0", "y = 1e9"))).variable == "x"


def test_a_run_that_stops_on_the_way_back_is_followed_up_to_there() -> None:
    """√q is about 1e-160, its derivative 5e159; times 1e200 that is infinite."""
    text = "program = '''\np = 1 * q\nr = sqrt(p)\nL = 1e200 * r\n'''\n[input]\nq = 1e-320\n"
    timeline = Timeline(parse(text))
    stopped = of(timeline)
    assert timeline.chapter(1).end == len(timeline.events)
    assert [share.variable for share in stopped.shares] == ["r", "p"]
    assert [share.log10 for share in stopped.shares] == [pytest.approx(200.0), math.inf]
    assert (stopped.verdict, guilty(stopped).label) == ("explodes", "∂r/∂p")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("program = 'L = log(x)'\n[input]\nx = -1.0\n", "the run stops before"),
        ("program = '''\ny = x*x\nz = v*x\n'''\noutput = 'y'\n[input]\nx = 3.0\n[parameters]\nv = 1.0", "y depends on"),
    ],
)
def test_without_a_gradient_there_is_nothing_to_follow(text: str, hint: str) -> None:
    with pytest.raises(InputError, match=f"this iteration has no gradient to follow; {hint}"):
        found(text)
    assert history([Timeline(parse(text)).chapter(1)]) == []
