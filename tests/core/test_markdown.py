"""Hand-outs in Markdown: what a Markdown reader makes of them, and what stands in them by the course text."""

import re
from pathlib import Path

import pytest
from hostile import LABEL, SHOWN, scenario
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from runs import STOPS
from typeset import FILES, begun, check

from bptui.core import Timeline, parse
from bptui.core.export.markdown import escaped, lines
from bptui.core.text import visible

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def written(timeline: Timeline, first: int, last: int) -> str:
    return "\n".join(lines(timeline, first, last))


@pytest.fixture(scope="module")
def tanh4() -> str:
    timeline, end = begun(next(path for path in FILES if path.stem == "tanh4"))
    return written(timeline, 1, end)


def test_the_recursion_and_the_steps_of_the_course_text(tanh4: str) -> None:
    assert tanh4.startswith("# Four layers, one tanh\n")
    step = """
**15.** Layer 3, step A, through the activation: $`\\varphi_{3}'(u_{3}) = \\mathrm{sech}^{2}(u_{3})`$. \
With step D of layer 4: $`\\delta_{3} = (W_{4}^{\\top} \\, \\delta_{4}) \\odot \\varphi_{3}'(u_{3})`$.

```math
\\delta_{3} = \\frac{\\partial L}{\\partial a_{3}} \\cdot \\varphi_{3}'(u_{3}) = \
-9.00067 \\times 0.00134095 = -0.0120695
```
"""
    assert step in tanh4
    labels = re.findall(r"Layer (\d), step ([A-D])", tanh4)
    assert labels == [(str(n), label) for n in (4, 3, 2, 1) for label in "ABCD"][:-1]  # x is not differentiated by


def test_every_step_has_its_position_and_its_mathematics(tanh4: str) -> None:
    assert re.findall(r"^\*\*(\d+)\.\*\*", tanh4, re.MULTILINE) == [str(n) for n in range(1, 34)]
    assert tanh4.count("```math") == 33 + 9  # then the loss and eight parameters
    assert "\n> The flat tanh: only 0.00134 of the gradient passes" in tanh4
    assert tanh4.rstrip().endswith("b_{4} \\leftarrow 0.900067\n```")


def test_a_part_of_a_run_says_which_and_has_no_end() -> None:
    timeline, _ = begun(next(path for path in FILES if path.stem == "tanh4"))
    text = written(timeline, 10, 12)
    assert "steps 10 to 12 of 33" in text
    assert re.findall(r"^\*\*(\d+)\.\*\*", text, re.MULTILINE) == ["10", "11", "12"]
    assert "What it came to" not in text
    assert "## Forward pass" not in text


def test_a_run_that_stops_says_why() -> None:
    timeline = Timeline(parse(STOPS))
    text = written(timeline, len(timeline.events) - 1, len(timeline))
    assert "The run stops here, as the result is not finite" in text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_shipped_scenario(path: Path) -> None:
    timeline, end = begun(path)
    text = written(timeline, 1, end)
    fences = re.findall(r"```math\n(.*?)\n```", text, re.DOTALL)
    assert len(fences) >= end
    for latex in (*fences, *re.findall(r"\$`(.*?)`\$", text)):
        check(latex)
        assert "[U+" not in latex
    kinds = {token.type for token in READER.parse(text)}
    assert not kinds & {"html_block", "code_block", "hr", "lheading_open", "table_open", "list_item_open"}
    assert sum(token.info == "math" for token in READER.parse(text)) == len(fences)


HOSTILE = st.text(max_size=60) | st.text(alphabet="\\`*_[]<>()#+-=!|~$&@:.1 ahtp/^{}'\"\té", max_size=40)


@given(HOSTILE)
@example("<script>alert(1)</script> & [x](javascript:alert) ![y](http://e.vil) `code` $x$ ~~no~~ *a* _b_")
@example("1. one")
@example("1) one")
@example("# title")
@example("0 #")
@example("===")
@example("> quote")
@example("---")
@example("&lt; &#36; \\&")
@example("```")
def test_a_reader_sees_hostile_text_as_it_is(text: str) -> None:
    text = visible(" ".join(text.split()))
    for inside in (escaped(text), f"> {escaped(text)}", f"# {escaped(text)}"):
        if not text:
            continue
        tokens = READER.parse(inside)
        inline = [token for token in tokens if token.type == "inline"]
        assert len(inline) == 1
        assert {child.type for child in inline[0].children or []} <= {"text", "text_special"}
        assert "".join(child.content for child in inline[0].children or []) == text
        assert {token.type.removesuffix("_open").removesuffix("_close") for token in tokens} <= {
            "paragraph", "inline", "heading", "blockquote",
        }  # fmt: skip
    assert not set("$@") & set(escaped(text))


def test_controls_in_title_and_text_are_written_out() -> None:
    text = written(Timeline(parse(scenario(LABEL, LABEL))), 1, 2)
    assert text.startswith(f"# {escaped(SHOWN)}\n")
    assert all(sign.isprintable() or sign == "\n" for sign in text)
