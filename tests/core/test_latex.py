"""Formulas and numbers as LaTeX: expected by hand from the mathematics; nothing that is named can run a command."""

import pytest
from cases import CASES
from hypothesis import example, given
from hypothesis import strategies as st
from laws import Case
from typeset import check

from bptui.core import optimizers, schedules
from bptui.core.equations import tidy
from bptui.core.export.display import display
from bptui.core.export.latex import mathematics
from bptui.core.notation import symbol
from bptui.core.optimizers import QUANTITIES, UpdateRule
from bptui.core.schedules import Schedule

WRITTEN = {
    # ---- symbols
    "u₃": "u_{3}",
    "δ₁₂": r"\delta_{12}",
    "θ_g": r"\theta_{g}",
    "W_out": r"W_{\mathit{out}}",
    "Wq": r"\mathit{Wq}",
    "loss₂": r"\mathit{loss}_{2}",
    "W_1": r"\mathit{W\_1}",
    "S·2": r"S_{(2)}",
    "f3·1": r"f_{3(1)}",
    "d·mask": r"d_{(\mathit{mask})}",
    "Δθ": r"\Delta \theta",
    "m̂": r"\hat{m}",
    "größe": r"\mathit{gr\ddot{o}\text{[U+00DF]}e}",
    "∂L/∂W₄": r"\frac{\partial L}{\partial W_{4}}",
    "φ₃′(u₃)": r"\varphi_{3}'(u_{3})",
    "W₄ᵀ δ₄": r"W_{4}^{\top} \, \delta_{4}",
    "(∂L/∂S·1)ᵀ": r"\left( \frac{\partial L}{\partial S_{(1)}} \right)^{\top}",
    # ---- numbers
    "1e-05": r"1 \times 10^{-5}",
    "-2.5e+30": r"-2.5 \times 10^{30}",
    "2 / 1e-05": r"2 / (1 \times 10^{-5})",
    "1e-05^2": r"\left(1 \times 10^{-5}\right)^{2}",
    "6^2": "6^{2}",
    "(-2)^-3": "(-2)^{-3}",
    "nan × inf": r"\mathrm{nan} \times \mathrm{inf}",
    "[1; -2]": r"\begin{bmatrix} 1 \\ -2 \end{bmatrix}",
    "[1, 2; 3, 1e-05]": r"\begin{bmatrix} 1 & 2 \\ 3 & 1 \times 10^{-5} \end{bmatrix}",
    "[5×4, ‖·‖ = 1.5]": r"\underset{\lVert \cdot \rVert = 1.5}{[5 \times 4]}",
    # ---- formulas
    "½(z - y)²": r"\tfrac{1}{2}(z - y)^{2}",
    "½‖z - y‖²/3": r"\tfrac{1}{2}\lVert z - y \rVert^{2} / 3",
    "Σ |z - y|": r"\sum \lvert z - y \rvert",
    "sech²(u₃)": r"\mathrm{sech}^{2}(u_{3})",
    "tanh(u₃)": r"\tanh(u_{3})",
    "1/(2 · sqrt(x))": r"1 / (2 \cdot \sqrt{x})",
    "x^(n - 1)": "x^{n - 1}",
    "m̂/(√v̂ + ε)": r"\hat{m} / (\sqrt{\hat{v}} + \varepsilon)",
    "v/(1 - β₂ᵗ⁺¹)": r"v / (1 - \beta_{2}^{t+1})",
    "η₀ · 0.1^⌊t/5⌋": r"\eta_{0} \cdot 0.1^{\lfloor t / 5 \rfloor}",
    "g · min(1, 5/‖∇L‖)": r"g \cdot \min(1, 5 / \lVert \nabla L \rVert)",
    "[u > 0]": "[u > 0]",
    "x ⋆ K (stride 1, padding 0)": r"x \star K \, (\mathrm{stride} \, 1, \mathrm{padding} \, 0)",
    "reshape(x, shape=[8, 1])": r"\mathrm{reshape}(x, \mathrm{shape} = [8, 1])",
    "[a is the largest of its window]": r"[a \, \text{is the largest of its window}]",
    "-Σ log_softmax(z)[y]": r"-\sum \mathrm{log\_softmax}(z)[y]",
    # ---- what is hostile
    r"\input{x}": r"\backslash \mathit{input} \{ x \}",
    "$ % & #": r"\$ \, \% \, \& \, \#",
    "^^41": "{}^{ 41}",
    "變\x00": r"\text{[U+8B8A]} \text{[U+0000]}",
    "x²²₃₄": "{x}_{34}^{22}",
}


@pytest.mark.parametrize("text", WRITTEN)
def test_it_is_written_as_the_textbook_sets_it(text: str) -> None:
    assert mathematics(text) == WRITTEN[text]
    check(mathematics(text))


SIGNS = "∂L/∂W₄ᵀ⊙×·′²⁻√Σ‖|()[]⌊⌋^_{}\\$%&#~`'\"½←≤δφη̂e1,;. \n\tinputbegin變ö\u202e\x1b\ud800-"
HOSTILE = st.text(max_size=60) | st.text(alphabet=SIGNS, max_size=60)


@given(HOSTILE)
@example("(" * 5_000)
@example("^" * 5_000)
@example("√" * 5_000 + "x")
@example("‖|" * 5_000)
@example(r"\end{document}\input{/etc/passwd}\write18{ls}^^5cinput")
@example("[1; 2, 3]")
@example("1e" + "9" * 5_000)
@example("½²ᵀ′₃^^-^")
def test_no_text_breaks_out(text: str) -> None:
    check(mathematics(text))
    check(display(text, "=", (text, text)))


@given(st.from_regex(r"[^\W\d]\w{0,39}", fullmatch=True))
def test_every_name_that_a_variable_can_have_is_written(name: str) -> None:
    check(mathematics(f"{symbol(name)}ᵀ ∂L/∂{symbol(name)} · ({symbol(name)}·1 - {symbol(name)}·mask)²"))


def test_names_that_differ_are_written_differently() -> None:
    names = ["W1", "W_1", "W_a", "Wa", "W1_a", "W_a_1", "w1", "delta1", "W", "_W", "W_", "W1a"]
    assert len({mathematics(symbol(name)) for name in names}) == len(names)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_of_every_op_no_sign_is_unknown(case: Case) -> None:
    op = case.bind()
    names = ("x", "y", "W₃", "b_c", "z·1")
    for text in (op.formula, *op.derivatives):
        latex = mathematics(tidy(text.format(*names)))
        check(latex)
        assert "[U+" not in latex


def test_of_every_update_rule_no_sign_is_unknown() -> None:
    plans = [Schedule("step", every=5), Schedule("cosine", over=9, minimum=0.1, warmup=2), Schedule("warmup", over=3)]
    texts = list(QUANTITIES.values())
    for rule in optimizers.RULES:
        settings = UpdateRule(rule, 0.1, weight_decay=0.01, clip_norm=5.0)
        texts += [*optimizers.equations(settings), *optimizers.equations(UpdateRule(rule, 0.1, clip_value=1.0))]
    texts += [text for plan in plans for text in schedules.equations(plan)]
    for text in texts:
        check(mathematics(text))
        assert "[U+" not in mathematics(text)


def test_what_fits_is_on_one_line() -> None:
    assert display("u", "=", ("3 · x", "3 × 2", "6")) == r"u = 3 \cdot x = 3 \times 2 = 6"


def test_what_does_not_is_aligned_and_sums_are_broken_outside_of_brackets() -> None:
    column = "[" + "; ".join(["-0.123456"] * 3) + "]"
    row = "[" + ", ".join(["-0.123456"] * 4) + "]"
    latex = display("u", "←", ("W x + b", f"{row} {column} + ({row} - {row})", "6"))
    lines = latex.splitlines()
    assert lines[0] == r"\begin{aligned}"
    assert lines[1] == r"{}u & \leftarrow W \, x + b \\"
    assert lines[2].startswith(r"& = \begin{bmatrix} -0.123456 & ")
    assert lines[3].startswith(r"&\quad {}+ \left( \begin{bmatrix}")
    assert lines[4] == "& = 6"
    assert lines[5] == r"\end{aligned}"
