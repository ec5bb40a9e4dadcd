"""Where breakpoints hit: a place where it is entered, a condition on numbers at every step."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.core import Timeline, parse, read
from bptui.core.conditions.breakpoints import here, hits, hits_any
from bptui.core.conditions.condition import parse as condition

FOLDER = Path(__file__).parents[2] / "scenarios"
TIMELINES = {path.stem: Timeline(read(path)) for path in sorted(FOLDER.glob("*.toml"))}
ODD = """
program = '''
and = x * x
delta1 = sin(and)
nan = delta1 * and
'''
[input]
x = 1.5
"""
"""Variables that are called as words of the grammar."""


def found(name: str, text: str, position: int = 1) -> list[int]:
    timeline = TIMELINES[name]
    return hits(condition(text, timeline.scenario.program), timeline.chapter(position))


def test_a_place_stops_where_it_is_entered() -> None:
    """tanh4: nine steps forward, the loss at 9 goes back first, then layers 4 to 1 with 4, 4, 4 and 3 steps."""
    assert found("tanh4", "forward") == [0]
    assert found("tanh4", "backward") == [9]
    assert found("tanh4", "layer 3") == [4, 14, 29]
    assert found("tanh4", "line 5 or line 6") == [4, 14]
    assert found("tanh4", "not layer 3") == [0, 6, 18, 31]
    assert found("tanh4", "a3 or u3") == [4, 13]
    assert found("tanh4", "iteration 1 or backward") == [0]


def test_numbers_stop_at_every_step() -> None:
    assert found("tanh4", "backward and result == result") == list(range(9, 25))
    assert found("tanh4", "backward and not nan") == list(range(9, 25))
    assert found("tanh4", "iteration == 1") == list(range(33))


def test_a_place_is_entered_anew_in_each_iteration() -> None:
    """xor has 17 steps an iteration: five forward, eight back, four updates."""
    for position in (1, 18, 1700):
        assert found("xor", "backward", position) == [5]
        assert found("xor", "not backward", position) == [0, 13]


def test_an_iteration_is_entered_once() -> None:
    timeline = TIMELINES["xor"]
    dated = condition("iteration 40", timeline.scenario.program)
    others = condition("not iteration 40 and update", timeline.scenario.program)
    for number in (38, 39, 40, 39):
        chapter = timeline.chapter(17 * number + 1)
        assert hits(dated, chapter) == [0] * (number == 39)
        assert hits(others, chapter) == [13] * (number != 39)


def test_what_is_remembered_of_a_program_fits_an_iteration_that_stops_early() -> None:
    """w grows from 3 to 800 in one step, and eʷ overflows."""
    text = "program = '''\nu = exp(w)\nz = -(u * w)\n'''\n[parameters]\nw = 3.0\n"
    text += "[update]\nrule = 'gradient_descent'\nlearning_rate = 10.0\niterations = 5\n"
    timeline = Timeline(parse(text))
    place = condition("backward or u", timeline.scenario.program)
    first, last = timeline.chapter(1), timeline.chapter(len(timeline))
    assert len(last.events) < len(first.events)
    for chapter in (first, last, first):
        inside = [e.phase == "backward" or (i == 0) for i, e in enumerate(chapter.events)]
        expected = [i for i, now in enumerate(inside) if now and (i == 0 or not inside[i - 1])]
        assert hits(place, chapter) == expected


def test_the_evaluation_behind_an_epoch_is_entered() -> None:
    """digits: an epoch has 23 iterations of 17 steps, then 5 steps of evaluation."""
    timeline = TIMELINES["digits"]
    place = condition("evaluate", timeline.scenario.program)
    assert hits(place, timeline.chapter(1)) == []
    assert hits(place, timeline.chapter(23 * 17 + 1)) == [17]


def test_several_together_hit_where_one_of_them_does() -> None:
    timeline = TIMELINES["tanh4"]
    both = [condition(text, timeline.scenario.program) for text in ("layer 3", "backward", "u3 == 4", "line 5")]
    assert hits_any(both, timeline.chapter(1)) == [4, 9, 14, 15, 29]
    assert hits_any([], timeline.chapter(1)) == []


@pytest.mark.parametrize("name", TIMELINES)
def test_a_breakpoint_here_hits_here(name: str) -> None:
    timeline = TIMELINES[name]
    chapter = timeline.chapter(1)
    for index in range(len(chapter.events)):
        text = here(chapter, index)
        assert condition(text, timeline.scenario.program).holds(chapter, index), text


def test_the_words_of_a_breakpoint_here() -> None:
    chapter = TIMELINES["tanh4"].chapter(1)
    assert [here(chapter, index) for index in (4, 8, 9, 14, 15, 25)] == [
        "u3",
        "L",
        "grad(z)",
        "delta3",
        "grad(W3)",
        "W1",
    ]


def test_a_breakpoint_here_at_variables_that_are_called_as_words() -> None:
    timeline = Timeline(parse(ODD))
    chapter = timeline.chapter(1)
    assert [here(chapter, index) for index in range(3)] == ["variable and", "delta1", "nan"]
    for index in range(len(chapter.events)):
        assert condition(here(chapter, index), timeline.scenario.program).holds(chapter, index)


@given(st.data())
def test_the_hits_of_a_place_are_the_starts_of_its_runs(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["tanh4", "residual", "attention"]))
    timeline = TIMELINES[name]
    chapter = timeline.chapter(1)
    places = st.integers(0, len(chapter.events) - 1).map(lambda index: here(chapter, index))
    text = " or ".join(data.draw(st.lists(places, min_size=1, max_size=4)))
    place = condition(text, timeline.scenario.program)
    inside = "".join("x" if place.holds(chapter, index) else " " for index in range(len(chapter.events)))
    assert len(hits(place, chapter)) == len(inside.split())
    assert all(inside[index] == "x" and inside[:index][-1:] != "x" for index in hits(place, chapter))
