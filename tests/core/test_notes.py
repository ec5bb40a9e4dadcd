"""Notes are shown where they are tied; what is wrong with them, breakpoints or watches is said with its line."""

from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.core import Evaluate, InputError, Multiply, Timeline, Update, parse, read
from bptui.core.notes import last_notes, notes_at

FOLDER = Path(__file__).parents[2] / "scenarios"
LEARNS = """
program = '''
u = w @ x
z = tanh(u)
L = half_squared_error(z, y, reduction=mean)
'''
[input]
x = [[0.5, 1.0, 2.0, 3.0, 4.0]]
[target]
y = [[1.0, 0.5, 0.0, 0.25, 0.75]]
[parameters]
w = [[0.1]]
[data]
batch_size = 2
held_out = 1
[update]
rule = "gradient_descent"
learning_rate = 0.5
iterations = 6
"""
"""u z L, then z u w back, then w: seven steps; behind each second iteration three of evaluation."""


def note(at: str, text: str, more: str = "") -> str:
    return f"[[note]]\nat = '{at}'\ntext = '{text}'\n{more}"


def shown(text: str) -> dict[int, list[str]]:
    """The notes of a run by position, where there are any."""
    timeline = Timeline(parse(text))
    found = {position: notes_at(timeline, position) for position in range(timeline.reach(len(timeline)) + 1)}
    return {position: notes for position, notes in found.items() if notes}


# ---- where they are shown -------------------------------------------------------------------------------------------

STARTS = [0, 7, 17, 24, 34, 41]
"""The positions before the iterations of LEARNS."""


@pytest.mark.parametrize(
    ("at", "more", "positions"),
    [
        ("start", "", [0]),
        ("0", "", [0]),
        ("5", "", [5]),
        ("  5 ", "", [5]),
        ("iteration 4", "", [25]),
        ("iteration  1", "", [1]),
        ("u", "", [start + 1 for start in STARTS]),
        ("∂L/∂u", "", [start + 5 for start in STARTS]),
        ("w", "", [start + 6 for start in STARTS]),
        ("update w", "", [start + 7 for start in STARTS]),
        ("backward", "", [start + 4 for start in STARTS]),
        ("evaluate", "", [15, 32, 49]),
        ("u", "iteration = 3", [18]),
        ("update w", "iteration = 6", [48]),
        ("evaluate", "iteration = 2", [15]),
        ("evaluate", "iteration = 1", []),
    ],
)
def test_a_note_is_shown_at_each_step_that_it_names(at: str, more: str, positions: list[int]) -> None:
    assert shown(LEARNS + note(at, "look", more)) == {position: ["look"] for position in positions}


def test_notes_at_one_step_keep_their_order() -> None:
    notes = note("u", "b") + note("iteration 2", "a") + note("8", "c") + note("forward", "d", "iteration = 2")
    found = shown(LEARNS + notes)
    assert found[8] == ["b", "a", "c", "d"]
    assert found[1] == ["b"]


def test_a_text_is_shown_without_the_blanks_around_it() -> None:
    assert shown(LEARNS + note("start", "  two words\t ")) == {0: ["two words"]}


def test_without_notes_nothing_is_shown() -> None:
    assert shown(LEARNS) == {}


def test_what_a_run_stops_before_shows_no_note() -> None:
    stops = "program = '''\nu = log(x)\nz = u^2\n'''\n[input]\nx = -1.0\n"
    assert shown(stops + note("u", "here") + note("z", "never") + note("dx", "never")) == {1: ["here"]}


def test_a_branch_shows_the_notes_of_its_scenario() -> None:
    timeline = Timeline(parse(LEARNS + note("u", "look")))
    branch = Timeline(timeline.scenario, base=timeline, first=2, state=timeline.state(2))
    assert [notes_at(branch, start + 1) for start in STARTS] == [["look"]] * 6
    assert notes_at(branch, 2) == []


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_every_note_of_a_shipped_scenario_is_shown(path: Path) -> None:
    scenario = read(path)
    timeline = Timeline(scenario)
    end = timeline.reach(min(len(timeline), 2 * timeline.calendar.length))
    found = {text for position in range(end + 1) for text in notes_at(timeline, position)}
    assert {each.text for each in scenario.notes if each.iteration in (None, 1, 2)} == found


@given(st.integers(0, 51), st.data())
def test_a_note_tied_to_a_step_by_its_name_is_shown_there(position: int, data: st.DataObject) -> None:
    timeline = Timeline(parse(LEARNS))
    event = timeline.event(position)
    match event:
        case None:
            at = "start"
        case Evaluate(node=node):
            at = node.name if event.phase == "forward" else "evaluate"
        case Multiply():
            at = data.draw(st.sampled_from(["dL/d{}", "∂L/∂{}", "d{}"])).format(event.variable)
        case Update(parameter=parameter):
            at = f"update {parameter}"
    more = "" if event is None or data.draw(st.booleans()) else f"iteration = {event.iteration + 1}"
    found = shown(LEARNS + note(at, "look", more))
    assert position in found or (event is not None and at == "evaluate")
    assert not more or len(found) <= 1


# ---- what is refused ------------------------------------------------------------------------------------------------


class Case(NamedTuple):
    text: str
    line: int
    key: str
    said: str


HEAD = """program = 'z = p^2'
[parameters]
p = 1.0
[update]
rule = 'gradient_descent'
learning_rate = 0.1
iterations = 3
"""
"""Seven lines; in an iteration z, p, p."""
LONG = "x" * 2_001


def stops(key: str, *texts: str) -> str:
    """The texts each on a line of its own, from line 2 on."""
    return f"{key} = [\n" + "".join(f"    '{text}',\n" for text in texts) + "]\n" + HEAD


REFUSED = {
    # ---- notes
    "nothing of this name": Case(HEAD + note("q", "a"), 9, "note 1.at", "nothing is called 'q'; known are: z, "),
    "a misspelt name": Case(HEAD + note("bakward", "a"), 9, "note 1.at", "'bakward'; did you mean 'backward'?"),
    "the second one": Case(HEAD + note("z", "a") + note("zz", "a"), 12, "note 2.at", "nothing is called 'zz'; "),
    "no place": Case(HEAD + note("", "a"), 9, "note 1.at", "nothing is called ''; type a name"),
    "a percentage": Case(HEAD + note("50%", "a"), 9, "note 1.at", "nothing is called '50%'"),
    "an offset": Case(HEAD + note("+5", "a"), 9, "note 1.at", "nothing is called '+5'"),
    "no such iteration": Case(
        HEAD + note("iteration 4", "a"), 9, "note 1.at", "is 'iteration 4'; there are iterations 1 to 3"
    ),
    "iteration 0": Case(HEAD + note("iteration 0", "a"), 9, "note 1.at", "is 'iteration 0'; there are iterations 1 to"),
    "in no iteration": Case(HEAD + note("z", "a", "iteration = 0"), 11, "note 1.iteration", "is 0; from 1 to 3"),
    "in one too late": Case(HEAD + note("z", "a", "iteration = 4"), 11, "note 1.iteration", "is 4; from 1 to 3"),
    "in half a one": Case(HEAD + note("z", "a", "iteration = 1.5"), 11, "note 1.iteration", "must be a whole number"),
    "an empty text": Case(HEAD + note("z", ""), 10, "note 1.text", "is empty or too long; 1 to 2,000 characters"),
    "a blank text": Case(HEAD + note("z", "  "), 10, "note 1.text", "is empty or too long"),
    "a long text": Case(HEAD + note("z", LONG), 10, "note 1.text", "is empty or too long; 1 to 2,000 characters"),
    "no text": Case(HEAD + "[[note]]\nat = 'z'\n", 8, "note 1", "'text' is missing; add text = …"),
    "no at": Case(HEAD + "[[note]]\ntext = 'a'\n", 8, "note 1", "'at' is missing; add at = …"),
    "a misspelt key": Case(HEAD + note("z", "a", "iteratoin = 1"), 11, "note 1.iteratoin", "did you mean 'iteration'?"),
    "a text that is a number": Case(HEAD + "[[note]]\nat = 'z'\ntext = 3\n", 10, "note 1.text", "must be a string"),
    "a place that is a number": Case(HEAD + "[[note]]\nat = 3\ntext = 'a'\n", 9, "note 1.at", "must be a string"),
    "one table": Case(HEAD + "[note]\nat = 'z'\ntext = 'a'\n", 8, "note", "is a table; write [[note]]"),
    "too many": Case(HEAD + note("z", "a") * 201, 608, "note 201", "is one note too many; 200 at the most"),
    "not even a string": Case(f"note = 3\n{HEAD}", 1, "note", "write [[note]]"),
    "hostile": Case(HEAD + '[[note]]\nat = "\\u001b[2J"\ntext = "a"\n', 9, "note 1.at", r"'\x1b[2J'"),
    # ---- breakpoints and watches
    "a breakpoint at nothing": Case(stops("breakpoints", "q > 1"), 2, "breakpoints 1", "'q'"),
    "the third breakpoint": Case(stops("breakpoints", "z", "nan", "z >"), 4, "breakpoints 3", ";"),
    "an empty breakpoint": Case(stops("breakpoints", ""), 2, "breakpoints 1", ";"),
    "breakpoints that are a string": Case(f"breakpoints = 'z'\n{HEAD}", 1, "breakpoints", "is a string; must be"),
    "a number as a breakpoint": Case(f"breakpoints = ['z', 3]\n{HEAD}", 1, "breakpoints 2", "must be a string"),
    "51 breakpoints": Case(stops("breakpoints", *["z"] * 51), 1, "breakpoints", "has 51; 50 at the most"),
    "a watch of nothing": Case(stops("watches", "z", "q"), 3, "watches 2", "'q'"),
    "a watch that is a condition": Case(stops("watches", "z > 1"), 2, "watches 1", ";"),
    "an empty watch": Case(stops("watches", "", "z"), 2, "watches 1", ";"),
    "51 watches": Case(stops("watches", *["z"] * 51), 1, "watches", "has 51; 50 at the most"),
    "watches that are a table": Case(f"{HEAD}[watches]\nz = 1\n", 8, "watches", "is a table; must be a list"),
    "a misspelt table": Case(f"breakpoint = ['z']\n{HEAD}", 1, "breakpoint", "did you mean 'breakpoints'?"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_said_with_its_line_and_what_would_be_right(name: str) -> None:
    case = REFUSED[name]
    with pytest.raises(InputError) as refused:
        parse(case.text, "lesson.toml")
    error = refused.value
    assert (error.file, error.line, error.key) == ("lesson.toml", case.line, case.key)
    assert case.said in str(error)
    assert str(error).startswith(f"lesson.toml:{case.line}: {case.key}: ")
    assert error.reason
    assert error.hint
    assert "\n" not in str(error)
    assert len(str(error)) < 400


def test_as_many_as_are_allowed() -> None:
    scenario = parse(stops("breakpoints", *["z > 1"] * 50) + note("z", LONG[1:]) * 200)
    assert (len(scenario.breakpoints), len(scenario.notes), scenario.watches) == (50, 200, ())
    scenario = parse(stops("watches", *["norm(grad(p))"] * 50))
    assert scenario.watches == ("norm(grad(p))",) * 50


@pytest.mark.parametrize("at", ["start", "2", "iteration 2"])
def test_an_iteration_beside_a_place_that_has_its_own_is_not_silently_ignored(at: str) -> None:
    with pytest.raises(InputError) as refused:
        parse(HEAD + note(at, "a", "iteration = 3"))
    assert (refused.value.line, refused.value.key) == (11, "note 1.iteration")


@pytest.mark.parametrize("at", ["10", "999999999", "evaluate"])
def test_a_place_that_this_run_never_has_is_refused(at: str) -> None:
    """There are nine positions besides the start, and nothing is held out."""
    with pytest.raises(InputError) as refused:
        parse(HEAD + note(at, "a"))
    assert (refused.value.line, refused.value.key) == (9, "note 1.at")


def test_a_phase_that_this_run_has_not() -> None:
    with pytest.raises(InputError) as refused:
        parse("program = 'z = x^2'\n[input]\nx = 1.0\n" + note("update", "a"))
    assert (refused.value.line, refused.value.key) == (5, "note 1.at")


def test_a_note_stays_until_the_next_one_or_the_end_of_the_phase() -> None:
    """u, z forward; z → u, u → x backward."""
    text = "program = '''\nu = 3 * x\nz = u^2\n'''\n[input]\nx = 1.0\n"
    timeline = Timeline(parse(text + note("start", "s") + note("u", "first") + note("dz/du", "second")))
    assert [last_notes(timeline, position) for position in range(5)] == [
        ["s"],
        ["first"],
        ["first"],
        ["second"],
        ["second"],
    ]
    assert [notes_at(timeline, position) for position in range(5)] == [["s"], ["first"], [], ["second"], []]
    timeline = Timeline(parse(text + note("z", "last")))
    assert [last_notes(timeline, position) for position in range(5)] == [[], [], ["last"], [], []]
