"""A node that is edited is written as its line with a constant added, and read as the same mathematics."""

from pathlib import Path

import numpy as np
import pytest
from written import FOLDER, branch, shipped, through_a_file

from bptui.core import Evaluate, Multiply, Update, parse
from bptui.core.errors import InputError
from bptui.core.events import Event
from bptui.core.training import given_at, iteration, trace
from bptui.core.writing import scenario_text


def named(events: list[Event]) -> dict[object, bytes]:
    """Values, totals of gradients and updates by name."""
    found: dict[object, bytes] = {}
    gradients: dict[str, list[bytes]] = {}
    for event in events:
        match event:
            case Evaluate():
                found[event.node.name] = event.value.tobytes()
            case Multiply():
                gradients.setdefault(event.variable, []).append(event.downstream.tobytes())
            case Update():
                found["new", event.parameter] = event.after.tobytes()
    return found | {("d", name): b"".join(parts) for name, parts in gradients.items()}


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("tanh4", ["a3 = 0.5", "W4 = 2"]),
        ("tanh4", ["u2 = 7", "a2 = -1"]),
        ("layers4", ["a2[1] = 0.9", "u1 = [0.1, 0.2, 0.3, 0.4, 0.5]"]),
        ("rnn", ["v2[0] = 0.5", "h1 = [1, 2, 3]"]),
        ("residual", ["f2 = 0.9", "a1 = -4"]),
        ("softmax", ["p[0] = 0.5"]),
        ("attention", ["S[0, 1] = 2"]),
    ],
)
def test_a_constant_is_added_in_the_program(name: str, texts: list[str], tmp_path: Path) -> None:
    scenario, state, edits = branch(shipped(name), *texts)
    again = through_a_file(scenario_text(scenario, state, 0, edits), tmp_path)
    expected = named(list(iteration(scenario, state, 0, given_at(scenario, 0))))
    found = named(list(trace(again)))
    assert {key: found[key] for key in expected} == expected
    shifted = [scenario.program.by_name[edit.name].op.name for edit in edits if edit.name not in scenario.parameters]
    more = sum(2 if op == "affine" else 1 for op in shifted)  # W @ a + b + c is three steps
    assert len(again.program.nodes) == len(scenario.program.nodes) + more


def test_a_comment_of_the_line_stays_behind_the_constant() -> None:
    text = "program = '''\n# \"\"\" and \\ n\n\nf = x - y   # the first\nz = f^2\n'''\n[input]\nx = 3.0\ny = 1.0"
    scenario, state, edits = branch(parse(text), "f = 0.5")
    again = parse(scenario_text(scenario, state, 0, edits).text)
    assert again.program.source == ("f = x - y - 1.5", "z = f^2")
    assert "f = x - y - 1.5  # the first" in again.text


def test_constants_get_a_name_that_is_free() -> None:
    program = "program = '''\nf = shift_1 @ x\ng = f * 2\nz = sum(g)\n'''\n"
    values = "[input]\nx = [1, 2]\n[constants]\nshift_1 = [[1, 2], [3, 4]]"
    scenario, state, edits = branch(parse(program + values), "f = [1, 1]", "g[1] = 0")
    again = parse(scenario_text(scenario, state, 0, edits).text)
    assert again.program.source[:2] == ("f = (shift_1 @ x) + shift_2", "g = f * 2 + shift_3")
    np.testing.assert_array_equal(again.given["shift_2"], [[-4.0], [-10.0]])


def test_an_inner_node_has_no_line_for_a_constant() -> None:
    scenario, state, edits = branch(parse("program = 'z = exp(x^2)'\n[input]\nx = 0.5"), "z·1 = 0.5")
    with pytest.raises(InputError, match="z·1 has no line"):
        scenario_text(scenario, state, 0, edits)


def test_notes_are_left_out_and_so_is_with_the_layers_what_speaks_of_them() -> None:
    text = 'breakpoints = ["layer 3", "W1"]\n' + (FOLDER / "tanh4.toml").read_text(encoding="utf-8")
    scenario, state, edits = branch(parse(text), "a3 = 0.5")
    written = scenario_text(scenario, state, 0, edits).text
    again = parse(written)
    assert len(scenario.notes) > 0
    assert again.notes == ()
    assert again.breakpoints == ("W1",)
    assert f"# Left out: {len(scenario.notes)} notes " in written
    assert "no layers any more: breakpoints 'layer 3'\n" in written
