"""Any text is a condition or is refused in one line, and a wrong one gets a clear message."""

import pytest
from holding import TIMELINES
from hypothesis import given, settings
from hypothesis import strategies as st

from bptui.core import InputError
from bptui.core.conditions.condition import parse as condition

words = st.sampled_from([*"()|‖<>=!+-*/&∂·₃", "<=", "==", "and", "or", "not", "nan", "shape", "changed", "norm", "grad",
                         "line", "iteration", "node", "u3", "W1", "x", "delta3", "δ₃", "∂L/∂W1", "loss", "product", "3",
                         "1e-4", "1e999", "phase", "forward", "layer"])  # fmt: skip


@settings(max_examples=200)
@given(st.one_of(st.text(max_size=30), st.lists(words, max_size=12).map(" ".join)))
def test_any_text_is_a_condition_or_is_refused_in_one_line(text: str) -> None:
    timeline = TIMELINES["tanh4"]
    chapter = timeline.chapter(1)
    try:
        holds = condition(text, timeline.scenario.program).holds
        found = {str(holds(chapter, index)) for index in range(len(chapter.events))}
    except InputError as error:
        found = {str(error)}
    assert found
    assert all(said.isprintable() and said for said in found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the condition is empty; for instance |product| < 1e-4"),
        ("|product| <", "'|product| <': a number or a name is missing; for instance |product| < 1e-4"),
        ("loss = 1", "'loss =': one = compares nothing; write =="),
        ("0 < u1 < 1", "'0 < u1 < 1': a comparison has two sides; write 0 < u1 and u1 < 1"),
        ("los < 1", "'los': nothing is called 'los'; did you mean 'loss'?"),
        ("line 99", "'line 99': there is no line '99'; lines are counted from 1 to 9"),
        ("layer 0", "'layer 0': there is no layer '0'; layers are counted from 1 to 4"),
        ("iteration 0", "'iteration 0': there is no iteration '0'; iterations are counted from 1"),
        ("phase backwards", "'phase backwards': 'backwards' is no phase; did you mean 'backward'?"),
        ("line", "'line': of what?; for instance line 3"),
        ("a1 && a2", "'a1': '&' is not expected here; combine with and, or, not"),
        ("norm W1 > 1", "'norm': 'norm' is a function; write norm(…)"),
        ("nrm(W1) > 1", "'nrm': 'nrm' is not a function; did you mean 'norm'?"),
        ("norm(W1 > 1", "'norm(W1': ')' is missing; close what is open"),
        ("||delta|| > 1", "'|': two bars are no norm; write norm(…)"),
        ("product", "'product': a number alone is no condition; compare it, for instance |product| < 1e-4"),
        ("forward < 1", "'forward': this is no number; < and + - * / stand between numbers and names"),
        ("x > 1", "no step computes x, which is given; name a node or a parameter"),
        ("y", "'y': no step is at y, which is given; name a node or a parameter"),
        ("grad(L) > 1", "'grad(L)': this is 1, and no step computes it; name what the output depends on"),
        ("∂z/∂W1 > 1", "'∂z/∂W1': only derivatives of L are computed; write ∂L/∂W₁"),
        ("node W1", "'node W1': W₁ is no node; write W1, or name one of u1, a1, u2, a2, u3"),
        ("a1 > 1e999", "'a1 > 1e999': 1e999 is not finite in float64; give a finite number"),
        ("(" * 30, "'(((((((((((((((((((((': nested too deep; 20 levels at the most"),
        ("a1 or " * 50, "a condition of 299 characters; 200 at the most"),
        ("\x1b[2J", "'\\x1b' is not expected here; for instance |product| < 1e-4"),
    ],
)
def test_what_is_wrong_is_said_at_once(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        condition(text, TIMELINES["tanh4"].scenario.program)
    assert str(caught.value) == message


def test_a_program_without_layers_says_so() -> None:
    with pytest.raises(InputError, match="this program has no layers"):
        condition("layer 1", TIMELINES["residual"].scenario.program)


@pytest.mark.parametrize("space", ["\n", "\x0b", "\x1c", "\x85", "\u2028", "\t", "  "])
def test_white_space_is_blanks(space: str) -> None:
    """What stands in a file is shown later: no other white space may come with it."""
    program = TIMELINES["tanh4"].scenario.program
    assert condition(f"u1{space}and{space}{space}backward", program).text == "u1 and backward"
