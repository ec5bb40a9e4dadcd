"""What is looked for: words of a formula, what concerns a variable, what differs from the run."""

import numpy as np
import pytest
from runs import EVENTS, LEARNS, MAKERS, STOPS, branched, every_run

from bptui.core import Accumulate, Evaluate, Event, Multiply, Timeline, Update
from bptui.core.chapter import Arrived
from bptui.core.equations import description
from bptui.core.events import result
from bptui.core.search import Finder, concerning, differing, matching
from bptui.core.search import same as equal


def found(timeline: Timeline, find: Finder) -> list[int]:
    """All that is found, counted from the start of the run."""
    chapters = timeline.walk(0, timeline.scenario.iterations - 1)
    return [chapter.start + index for chapter in chapters for index in find(chapter)]


@every_run
@pytest.mark.parametrize(
    "words",
    ["tanh", "TANH", "W", "u1", "u₁", "dropout", "identity", "update V", "∂L/∂", "dL/dh", "h =", "sum", "η", "+", ""],
)
def test_a_match_has_the_words_in_its_formula_or_names(name: str, words: str) -> None:
    timeline = MAKERS[name]()
    shown = words.replace("u1", "u₁").casefold().replace(" ", "")
    typed = words.casefold().replace(" ", "")
    expected: list[int] = []
    for chapter in timeline.walk(0, timeline.scenario.iterations - 1):
        for index, event in enumerate(chapter.events):
            text = description(chapter.program, event).casefold().replace(" ", "")
            if words and (typed in text or shown in text):
                expected.append(chapter.start + index)
    assert found(timeline, matching(words)) == expected


def test_a_search_for_a_layer_a_variable_a_function() -> None:
    """In an iteration: u₁, h, d, two products and their sum, L; L and three back; V and h meet; and so on."""
    timeline = MAKERS["learns"]()
    chapter = timeline.chapter(1)
    kinds = [type(event).__name__[0] + event.phase[0] for event in chapter.events]
    assert [kinds[i] for i in matching("tanh")(chapter)] == ["Ef", "Mb"]
    assert [kinds[i] for i in matching("update")(chapter)] == ["Uu"] * 3
    assert [kinds[i] for i in matching("dL/dV")(chapter)] == ["Mb", "Mb", "Ab"]
    assert matching("nothing of this kind")(chapter) == []


@every_run
@pytest.mark.parametrize("names", [["W"], ["h"], ["w", "V"], ["L"], ["u"], ["z"], [], ["x"]])
def test_what_concerns_a_variable(name: str, names: list[str]) -> None:
    def about(event: Event) -> str:
        match event:
            case Evaluate(node=node):
                return node.name
            case Multiply(node=node, argument=argument):
                return node.arguments[argument]
            case Accumulate(variable=variable):
                return variable
            case Update(parameter=parameter):
                return parameter

    expected = [index for index, event in enumerate(EVENTS[name]) if about(event) in names]
    assert found(MAKERS[name](), concerning(names)) == expected


@pytest.mark.parametrize("edit", ["η = 0.2", "W[0, 0] = 3", "x[0, 1] = 9", "y[0, 0] = 0.5", "η = 0.05"])
@pytest.mark.parametrize("first", [0, 4, 16])
def test_what_differs_from_the_run(edit: str, first: int) -> None:
    branch = branched(LEARNS, edit, first)
    base = branch.base
    assert base is not None
    pairs = [(result(ours), result(theirs)) for ours, theirs in zip(branch.events, EVENTS["learns"], strict=True)]
    expected = [i for i, (x, y) in enumerate(pairs) if np.abs(x - y).max() > 16 * 2.0**-52 * np.abs(x).max()]
    assert found(branch, differing(base)) == expected
    assert bool(expected) == (edit != "η = 0.05")
    assert all(index >= base.calendar.start(first) for index in expected)
    assert found(base, differing(base)) == []


def test_a_run_that_goes_on_where_the_other_stopped_differs_from_there_on() -> None:
    """What the other has no event for is not the same."""
    base = MAKERS["stops"]()
    end = base.reach(len(base))
    number = base.chapter(end).number
    branch = branched(STOPS, "η = 1e-9", number - 1)
    length = branch.reach(len(branch))
    assert length > end
    first = found(branch, differing(base))[0]
    assert found(branch, differing(base)) == [*range(first, length)]


def test_two_values_are_the_same_in_every_cell_but_for_rounding() -> None:
    x = np.array([[1.0, np.nan], [np.inf, -0.0]])
    assert equal(x, x.copy())
    assert not equal(x, x[:, :1])
    assert not equal(x, np.array([[1.0, np.nan], [-np.inf, 0.0]]))
    assert equal(np.array([3.0, 1e-9]), np.array([3.0 + 2.0**-51, 1e-9 - 2.0**-51]))
    assert not equal(np.array([3.0, 1e-9]), np.array([3.0 + 2.0**-46, 1e-9]))
    tenth = np.array(0.1, dtype=np.float32)
    assert equal(tenth, tenth + np.float32(2.0**-26))
    for one, other in ((0.0, 5e-324), (np.inf, -np.inf), (np.nan, 1.0), (1.0, np.nan)):
        assert not equal(np.array(one), np.array(other))
    assert equal(None, None)
    assert not equal(None, x)
    assert equal(Arrived(1, 2), Arrived(1, 2))
    assert not equal(Arrived(1, 2), Arrived(2, 2))
    assert not equal(Arrived(1, 2), x)
