"""What events say: the sentences of a person who works it out on paper."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.core import Multiply, Timeline, parse, read
from bptui.core.equations import equation, gradient_symbol, local_symbols, merged_recursion, step, tidy
from bptui.core.notation import symbol

FOLDER = Path(__file__).parents[2] / "scenarios"


def sentences(timeline: Timeline) -> list[str]:
    """What each event says."""
    program = timeline.scenario.program
    names = [*program.variables, *program.by_name]
    said = []
    for position, event in enumerate(timeline.events, start=1):
        values = {name: value for name in names if (value := timeline.value(name, position)) is not None}
        said.append(str(equation(program, event, values)))
    return said


def of(program: str, given: str = "x = 3.0") -> list[str]:
    return sentences(Timeline(parse(f"program = '''\n{program}\n'''\n[input]\n{given}\n")))


def test_four_functions_one_inside_the_other() -> None:
    assert sentences(Timeline(read(FOLDER / "nested4.toml"))) == [
        "u = 3 · x = 3 × 2 = 6",
        "v = u² = 6^2 = 36",
        "w = log(v) = log(36) = 3.58351893845611",
        "z = exp(w) = exp(3.58352) = 36",
        "∂z/∂w = ∂z/∂z · exp(w) = 1 × 36 = 36",
        "∂z/∂v = ∂z/∂w · (1/v) = 36 × 0.0277778 = 1",
        "∂z/∂u = ∂z/∂v · (2 · u) = 1 × 12 = 12",
        "∂z/∂x = ∂z/∂u · 3 = 12 × 3 = 36",
    ]


@pytest.mark.parametrize(
    ("index", "sentence"),
    [
        (0, "u₁ = W₁ x + b₁ = [5×4, ‖·‖ = 1.49666] [0.5; -1; 0.25; 2] + [0.1; -0.2; 0.05; 0; 0.15] = "
            "[0.775; -0.35; 0.6625; 0.0125; 0.1625]"),
        (8, "L = ½‖z - y‖² = ½‖[1.00909; -0.0913938] - [0.75; -0.25]‖² = 0.0461414018079697"),
        (10, "δ₄ = ∂L/∂z · φ₄′(u₄) = [0.259089; 0.158606] × 1 = [0.259088549658962; 0.15860620117623]"),
        (12, "∂L/∂b₄ = δ₄ · 1 = [0.259089; 0.158606] × 1 = [0.259088549658962; 0.15860620117623]"),
        (13, "∂L/∂a₃ = W₄ᵀ δ₄ = [1.2, -0.3; -0.7, 0.9; 0.4, 0.5] [0.259089; 0.158606] = "
             "[0.263324399237886; -0.0386164037026664; 0.1829385204517]"),
        (32, "b₄ ← b₄ - η ∂L/∂b₄ = [0.1; -0.05] - 0.1 × [0.259089; 0.158606] = "
             "[0.0740911450341038; -0.065860620117623]"),
    ],
)  # fmt: skip
def test_four_layers_with_matrices(index: int, sentence: str) -> None:
    assert sentences(Timeline(read(FOLDER / "layers4.toml")))[index] == sentence


def test_the_steps_of_each_layer_are_a_to_d() -> None:
    timeline = Timeline(read(FOLDER / "layers4.toml"))
    program = timeline.scenario.program
    backward = [event for event in timeline.events if isinstance(event, Multiply)]
    assert "".join(step(program, event) for event in backward) == "ABCD" * 3 + "ABC"
    assert [step(program, event) for event in timeline.events if not isinstance(event, Multiply)] == [""] * 17
    structures = [type(event.local).__name__ for event in backward[5:9]]
    assert structures == ["Diagonal", "Outer", "Identity", "Linear"]
    assert [local_symbols(program, event) for event in backward[5:9]] == [
        ("φ₃′(u₃)", "sech²(u₃)"),
        ("∂u₃/∂W₃", "a₂"),
        ("∂u₃/∂b₃", "1"),
        ("∂u₃/∂a₂", "W₃"),
    ]


def test_each_recursion_is_merged_from_step_d_and_step_a() -> None:
    timeline = Timeline(read(FOLDER / "layers4.toml"))
    merged = [merged_recursion(timeline.scenario.program, event) for event in timeline.events]
    assert {index: text for index, text in enumerate(merged) if text} == {
        13: "δ₃ = (W₄ᵀ δ₄) ⊙ φ₃′(u₃)",
        14: "δ₃ = (W₄ᵀ δ₄) ⊙ φ₃′(u₃)",
        17: "δ₂ = (W₃ᵀ δ₃) ⊙ φ₂′(u₂)",
        18: "δ₂ = (W₃ᵀ δ₃) ⊙ φ₂′(u₂)",
        21: "δ₁ = (W₂ᵀ δ₂) ⊙ φ₁′(u₁)",
        22: "δ₁ = (W₂ᵀ δ₂) ⊙ φ₁′(u₁)",
    }


def test_the_gradient_of_a_pre_activation_is_a_delta() -> None:
    program = read(FOLDER / "layers4.toml").program
    said = [gradient_symbol(program, name) for name in ("u2", "a2", "W2", "z", "x")]
    assert said == ["δ₂", "∂L/∂a₂", "∂L/∂W₂", "∂L/∂z", "∂L/∂x"]


def test_contributions_are_written_as_a_sum() -> None:
    *_, last = of("z = x*x - x")
    assert last == "∂z/∂x = the sum of its 3 contributions = -1 + 3 + 3 = 5"


@pytest.mark.parametrize(
    ("expression", "x", "sentence"),
    [
        ("x^2", -3.0, "z = x² = (-3)^2 = 9"),
        ("x^-2", 2.0, "z = x⁻² = 2^-2 = 0.25"),
        ("(-2)^x", 3.0, "z = (-2)^x = (-2)^3 = -8"),
        ("-2 * x", 3.0, "z = (-2) · x = -2 × 3 = -6"),
        ("x - -2", 3.0, "z = x - (-2) = 3 - (-2) = 5"),
        ("x / -2", 3.0, "z = x / (-2) = 3 / (-2) = -1.5"),
        ("x + -x", -3.0, "z·1 = -x = -(-3) = 3"),
        ("sin(-2) * x", 0.0, "z·1 = sin(-2) = -0.909297426825682"),
        ("x^1e2", 1.0, "z = x^1e2 = 1^100 = 1"),
        ("x^1.5", 4.0, "z = x^1.5 = 4^1.5 = 8"),
        ("2^x", -1.0, "z = 2^x = 2^-1 = 0.5"),
        ("relu(x)", -3.0, "z = relu(x) = relu(-3) = 0"),
        ("half_squared_error(x, 1)", -3.0, "z = ½(x - 1)² = ½(-3 - 1)² = 8"),
        ("theta_1 + x", 1.0, "z = θ_1 + x = 2 + 1 = 3"),
    ],
)
def test_numbers_stand_in_the_formula_with_their_signs(expression: str, x: float, sentence: str) -> None:
    given = f"x = {x}" + "\ntheta_1 = 2.0" * ("theta" in expression)
    assert of(f"z = {expression}", given)[0] == sentence


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("x^3", "∂z/∂x = ∂z/∂z · (3 · x²) = 1 × 12 = 12"),
        ("x^-1", "∂z/∂x = ∂z/∂z · ((-1) · x⁻²) = 1 × (-0.25) = -0.25"),
        ("x^2.5", "∂z/∂x = ∂z/∂z · (2.5 · x^(2.5 - 1)) = 1 × 7.07107 = 7.07106781186548"),
        ("x^1e1", "∂z/∂x = ∂z/∂z · (1e1 · x^(1e1 - 1)) = 1 × 5120 = 5120"),
        ("8 / x", "∂z/∂x = ∂z/∂z · (-8/x²) = 1 × (-2) = -2"),
        ("x / 8", "∂z/∂x = ∂z/∂z · (1/8) = 1 × 0.125 = 0.125"),
        ("4 * sqrt(x*2)", "∂z/∂z·2 = ∂z/∂z · 4 = 1 × 4 = 4"),
        ("5 - x", "∂z/∂x = ∂z/∂z · (-1) = 1 × (-1) = -1"),
        ("abs(x)", "∂z/∂x = ∂z/∂z · sign(x) = 1 × 1 = 1"),
    ],
)
def test_derivatives_are_written_as_in_the_textbook(expression: str, sentence: str) -> None:
    assert sentence in of(f"z = {expression}", "x = 2.0")


@pytest.mark.parametrize(
    ("formula", "tidied"),
    [
        ("u^2", "u²"),
        ("2 · u^(2 - 1)", "2 · u"),
        ("3 · u^(3 - 1)", "3 · u²"),
        ("12 · u^(12 - 1)", "12 · u¹¹"),
        ("0 · u^(0 - 1)", "0 · u⁻¹"),
        ("(-2) · u^((-2) - 1)", "(-2) · u⁻³"),
        ("u^(-2)", "u⁻²"),
        ("u^1 · log(u)", "u · log(u)"),
        ("u^1.5", "u^1.5"),
        ("u^15", "u¹⁵"),
        ("u^1e5", "u^1e5"),
        ("u^2E5", "u^2E5"),
        ("n · u^(n - 1)", "n · u^(n - 1)"),
        ("2.5 · u^(2.5 - 1)", "2.5 · u^(2.5 - 1)"),
        ("2^x · log(2)", "2^x · log(2)"),
        ("x^n1", "x^n1"),
        ("-z/y^2", "-z/y²"),
        ("sin((-2))", "sin(-2)"),
    ],
)
def test_whole_powers_are_raised(formula: str, tidied: str) -> None:
    assert tidy(formula) == tidied


@given(st.integers(-99, 99).filter(lambda n: n != 1))
def test_every_whole_power_is_raised(n: int) -> None:
    digits = dict(zip("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻", strict=True))
    assert tidy(f"u^{n}") == "u" + "".join(digits[c] for c in str(n))


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("u3", "u₃"),
        ("W12", "W₁₂"),
        ("theta", "θ"),
        ("theta_g", "θ_g"),
        ("phi2", "φ₂"),
        ("z·1", "z·1"),
        ("x_2", "x_2"),
        ("x1y", "x1y"),
        ("lambda", "λ"),
    ],
)
def test_names_are_written_as_in_the_textbook(name: str, written: str) -> None:
    assert symbol(name) == written
