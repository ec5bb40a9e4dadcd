"""Twins of all symbols in ASCII, columns that stay where they were, and terminals that get them."""

import ast
import unicodedata
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.core.notation import superscript, symbol
from bptui.tui.ascii import ascii_fitted, ascii_line, speaks_unicode, to_ascii
from bptui.tui.lines import Line, Role, Span, line

SOURCES = sorted(path for folder in ("core", "tui") for path in (Path(__file__).parents[2] / folder).rglob("*.py"))
# fmt: off
GREEK = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu", "xi", "pi",
    "rho", "sigma", "tau", "phi", "chi", "psi", "omega",
]
# fmt: on
ROLES: list[Role] = ["text", "dim", "now", "head"]
SYMBOLS = st.sampled_from("aWδφη∂₀₃²ᵀ′‖×·…√Σ½→←≤−█▃⣿é漢")
WORDS = st.text(SYMBOLS, min_size=1, max_size=5)
LINES = st.lists(st.builds(Span, st.text(SYMBOLS | st.just(" "), max_size=12), st.sampled_from(ROLES))).map(tuple)


def text(spans: Line) -> str:
    return "".join(span.text for span in spans)


def signs(tree: ast.AST) -> Iterator[str]:
    """Every character of every string of a module, but for docstrings."""
    told = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):  # the parts of an f-string are constants too
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield from node.value


def test_every_symbol_of_the_program_has_a_twin() -> None:
    every = {sign for path in SOURCES for sign in signs(ast.parse(path.read_text("utf-8")))}
    seen = {sign for sign in every if not sign.isascii() and unicodedata.category(sign) not in ("Mn", "Cf")}
    assert {"∂", "δ", "₃", "ᵀ", "⎡", "▁", "◀"} <= seen
    without = [sign for sign in seen - {"¿"} if not to_ascii(sign) or "?" in to_ascii(sign)]
    assert without == []


@pytest.mark.parametrize(
    ("symbols", "twin"),
    [
        ("∂L/∂W₂ = δ₂ a₁ᵀ", "dL/dW2 = delta2 a1^T"),
        ("δ₃ = (W₄ᵀδ₄) ⊙ φ₃′(u₃)", "delta3 = (W4^T delta4) * phi3'(u3)"),
        ("W₁ ← W₁ - η ∂L/∂W₁", "W1 <- W1 - eta dL/dW1"),
        ("= 1 - 0.1 × (-0.5)", "= 1 - 0.1 * (-0.5)"),
        ("× ∂z/∂u", "* dz/du"),
        ("w - η ×", "w - eta *"),  # the line goes on below
        ("W 3×4", "W 3x4"),
        ("δ₄ · 1", "delta4 * 1"),
        ("∂L/∂S·2", "dL/dS.2"),
        ("b₁       ·", "b1       ."),
        ("[2×4, ‖·‖ = 0.3]", "[2x4, |.| = 0.3]"),
        ("m̂ = m/(1 - β₁ᵗ⁺¹)", "m_hat = m/(1 - beta1^(t+1))"),
        ("θ ← θ - η m̂/(√v̂ + ε)", "theta <- theta - eta m_hat/(sqrt(v_hat) + epsilon)"),
        ("γ/√(σ² + ε)", "gamma/sqrt(sigma^2 + epsilon)"),
        ("½‖z - y‖²", "1/2 |z - y|^2"),
        ("½ · W^2", "1/2 * W^2"),
        ("Σ y · log(p)", "sum y * log(p)"),
        ("‖∇L‖", "|grad L|"),
        ("x²y", "x^2 y"),
        ("L → z →₂ x → …12… → b", "L -> z ->2 x -> ..12.. -> b"),
        ("▁▂▃▄▅▆▇█", "_.:-=+*#"),
        ("⠀⠁⠛⣿", " .:#"),
        ("╭─┬━╮", "+-+=+"),
        ("Δθ ≤ ∞", "Delta theta <= inf"),
        ("Straße, forêt, Łódź", "Strasse, foret, Lodz"),
        ("漢字", "????"),
        ("𝛿 ﬁ Ａ", "delta fi A"),
    ],
)
def test_symbols_and_their_twins(symbols: str, twin: str) -> None:
    assert to_ascii(symbols) == twin


@pytest.mark.parametrize("name", GREEK)
def test_a_name_comes_back_as_it_is_typed(name: str) -> None:
    assert [to_ascii(symbol(each)) for each in (name, f"{name}12", f"{name}_g")] == [name, f"{name}12", f"{name}_g"]


@given(st.integers())
def test_exponents(exponent: int) -> None:
    assert to_ascii("x" + superscript(str(exponent))) == f"x^{exponent}"


@given(st.text())
def test_every_text_becomes_ascii_and_stays_as_it_is_then(symbols: str) -> None:
    twin = to_ascii(symbols)
    assert twin.isascii()
    assert to_ascii(twin) == twin


@given(st.text(st.characters(max_codepoint=0x7F)), st.sampled_from(ROLES))
def test_ascii_is_its_own_twin(plain: str, role: Role) -> None:
    assert to_ascii(plain) == plain
    assert ascii_line((Span(plain, role),)) == (Span(plain, role),)


# ---- lines


@given(st.lists(st.tuples(WORDS, st.lists(WORDS, min_size=3, max_size=3)), min_size=1, max_size=4))
def test_the_columns_of_a_table_stay(rows: list[tuple[str, list[str]]]) -> None:
    for label, cells in rows:
        shown = ascii_line(line(Span(padded(label, 40), "head"), *(Span(padded(cell, -40)) for cell in cells)))
        assert text(shown) == f"{to_ascii(label):<40}" + "".join(f"{to_ascii(cell):>40}" for cell in cells)
        assert [span.role for span in shown if span.text.strip()] == ["head", "text", "text", "text"]


def padded(word: str, width: int) -> str:
    """To the left, or for a negative width to the right, of so many cells."""
    cells = len(word) + word.count("漢")
    blanks = " " * (abs(width) - cells)
    return word + blanks if width > 0 else blanks + word


@given(LINES)
def test_roles_stay_in_their_order(spans: Line) -> None:
    shown = ascii_line(spans)
    assert text(shown).isascii()
    assert roles(shown) == roles(spans)
    assert ascii_line(shown) == shown


def roles(spans: Line) -> list[Role]:
    return [role for role, _ in groupby(span.role for span in spans if span.text.strip())]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (line("  δ₃      φ"), "  delta3  phi"),  # what begins a text stays where it begins
        (line("δ  x"), "delta x"),  # one blank is left
        (line("δδ  x    y"), "deltadelta x y"),
        (line("label", "       δ", "       1"), "label   delta       1"),
        (
            line("label", "   δ", "    φ", "       1"),
            "label delta phi      1",
        ),  # too narrow: the next column makes up for it
        (line("of δ ", Span("──────", "dim")), "of delta --"),
        (line("漢  1"), "??  1"),
        (line("Ａ", "b  c"), "Ab   c"),  # one cell less is a blank more
        (line("Ａ"), "A "),
        (line("⎢ 1⎥ ⊙ 2 = ⎢ 3⎥"), "[ 1] * 2 = [ 3]"),
        (line("u ", "· 1"), "u * 1"),  # a product across spans
        ((), ""),
    ],
)
def test_gaps_give_way(before: Line, after: str) -> None:
    assert text(ascii_line(before)) == after


@given(LINES, st.integers(0, 40))
def test_a_fitted_line_has_its_width_and_says_where_it_is_cut(spans: Line, width: int) -> None:
    whole, shown = text(ascii_line(spans)), text(ascii_fitted(spans, width))
    if len(whole) <= width:
        assert shown == whole.ljust(width)
    else:
        assert shown == whole[: max(width - 2, 0)] + ".."[:width]


# ---- terminals


@pytest.mark.parametrize(
    ("environ", "encoding", "expected"),
    [
        ({}, "utf-8", True),
        ({}, "UTF8", True),
        ({}, "ascii", False),
        ({}, "latin-1", False),
        ({}, None, False),
        ({"LANG": "C.UTF-8"}, "utf-8", True),
        ({"LANG": "de_DE.utf8@euro"}, "utf-8", True),
        ({"LC_CTYPE": "UTF-8"}, "utf-8", True),
        ({"LANG": "C"}, "utf-8", False),
        ({"LC_ALL": "POSIX", "LANG": "C.UTF-8"}, "utf-8", False),
        ({"LC_ALL": "", "LC_CTYPE": "", "LANG": "en_US.ISO-8859-1"}, "utf-8", False),
        ({"LANG": "en_US"}, "utf-8", False),
        ({"LC_CTYPE": "en_US.UTF-8", "LANG": "C"}, "utf-8", True),
        ({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, "utf-8", False),  # what Python makes of LANG=C
        ({"LC_CTYPE": "C.UTF-8"}, "utf-8", True),
        ({"TERM": "linux", "LANG": "C.UTF-8"}, "utf-8", True),
    ],
)
def test_which_terminals_are_sent_unicode(environ: dict[str, str], encoding: str | None, expected: bool) -> None:
    assert speaks_unicode(environ, encoding) is expected
