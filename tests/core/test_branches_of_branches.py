"""Branches of branches, of runs that stop, and what cannot be one."""

import numpy as np
import pytest
from branches import LEARNS, STOPS, bits, branched, run_from, said, state_at

from bptui.core import InputError, Multiply, Timeline, parse

# ---- branches of branches -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second"), [(2, 5), (3, 3), (5, 2), (0, 0), (0, 4), (4, 0)])
def test_a_branch_of_a_branch(first: int, second: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part has the bits of the run that it belongs to, though next to nothing is kept."""
    monkeypatch.setattr("bptui.core.timeline.MOST_STATES", 2)
    monkeypatch.setattr("bptui.core.timeline.MOST_BYTES", 1)
    base = Timeline(parse(LEARNS))
    middle = branched(base, "η = 0.5", first)
    branch = branched(middle, "W[1, 0] = 0.75", second)
    with np.errstate(all="ignore"):
        tail = list(run_from(branch.scenario, branch.state(second), second))
    start = base.calendar.start
    borders = sorted({0, start(min(first, second)), start(second), len(base)})
    head = [*list(base.events)[: start(first)], *list(middle.events)[start(first) :]][: start(second)]
    expected = [said(event) for event in (*head, *tail)]
    assert [*map(said, branch.events)] == expected
    for position in sorted({p for border in borders for p in range(border - 3, border + 4)}):
        if not 0 <= position <= len(base):
            continue
        if position:
            assert said(branch.event(position)) == expected[position - 1]
        if 0 < position <= start(min(first, second)):
            assert state_at(branch, position) == state_at(base, position)
        elif 0 < position <= start(second):
            assert state_at(branch, position) == state_at(middle, position)


def test_what_each_iteration_of_a_branch_can_be_derived_from() -> None:
    base = Timeline(parse(LEARNS))
    base.reach(base.calendar.start(6))
    middle = branched(base, "η = 0.5", 4)
    middle.reach(base.calendar.start(7))
    branch = branched(middle, "b[0] = 1", 6)
    assert branch.starts(7) == [0, 1, 2, 3, 4, 5, 6]
    assert branch.furthest == 5
    branch.reach(len(branch))
    assert branch.starts(7) == [0, 1, 2, 3, 4, 5, 6, 7]
    assert branch.furthest == 7
    assert branch.starts(2) == [0, 1, 2]
    assert middle.starts(7) == [0, 1, 2, 3, 4, 5, 6, 7]
    assert [chapter.number for chapter in branch.walk(2, 6)] == [2, 3, 4, 5, 6]
    assert [chapter.number for chapter in branch.walk(1, 2)] == [1, 2]
    for number in range(8):
        owner = base if number < 4 else middle if number < 6 else branch
        ours, theirs = branch.state(number), owner.state(number)
        assert {name: bits(x) for name, x in ours.parameters.items()} == {
            name: bits(x) for name, x in theirs.parameters.items()
        }


# ---- runs that stop -------------------------------------------------------------------------------------------------


def test_a_branch_goes_on_where_its_base_stopped_and_stops_where_it_did_not() -> None:
    base = Timeline(parse(STOPS))
    end = base.reach(len(base))
    stop = base.chapter(end).number
    assert base.stopped is base.event(end)
    tame = branched(base, "η = 1e-6", stop - 1)
    assert tame.reach(len(tame)) == tame.calendar.total > end
    assert tame.stopped is None
    assert tame.event(base.calendar.start(stop - 1)) is not None
    wild = branched(tame, "w = 800", stop + 3)
    assert wild.reach(len(wild)) == base.calendar.start(stop + 3) + 1
    assert wild.stopped is wild.event(len(wild))
    assert (len(base), len(tame)) == (end, tame.calendar.total)
    assert (base.stopped is None, tame.stopped is None) == (False, True)


def test_in_the_iteration_that_stops_a_branch_starts_from_its_beginning() -> None:
    base = Timeline(parse(STOPS))
    end = base.reach(len(base))
    stop = base.chapter(end).number
    branch = branched(base, "w = -1", stop)
    border = base.calendar.start(stop)
    assert state_at(branch, border) == state_at(base, border)
    assert float(np.asarray(branch.value("u", border + 1))) == pytest.approx(np.exp(-1.0), rel=1e-15)
    product = next(event for event in branch.chapter_of(stop).events if isinstance(event, Multiply))
    assert product.iteration == stop


def test_an_edit_that_cannot_be_is_refused_and_the_base_is_as_it_was() -> None:
    base = Timeline(parse(LEARNS))
    before = [*map(said, base.events)]
    with pytest.raises(InputError):
        branched(base, "W[5, 0] = 1", 2)
    assert [*map(said, base.events)] == before
