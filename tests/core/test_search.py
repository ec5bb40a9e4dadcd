"""Jobs find what looking through all events finds, and can be left half way."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import EVENTS, MAKERS, TESTS, every_run, few_states, finish, said

from bptui.core.events import result
from bptui.core.search import Job, counts, following, go, preceding

# ---- following and preceding ----------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(sorted(MAKERS)),
    sought=st.sampled_from(sorted(TESTS)),
    shares=st.lists(st.floats(0, 1), min_size=1, max_size=4),
    few=st.booleans(),
)
def test_the_nearest_ahead_and_behind_are_those_of_all_events(
    name: str, sought: str, shares: list[float], few: bool
) -> None:
    events, (find, holds) = EVENTS[name], TESTS[sought]
    places = [index + 1 for index, event in enumerate(events) if holds(event)]
    with pytest.MonkeyPatch.context() as patch:
        if few:
            few_states(patch)
        timeline = MAKERS[name]()
        for share in shares:  # on the same timeline, of which more and more is derived
            position = timeline.reach(round(share * len(events)))
            ahead = [place for place in places if place > position]
            behind = [place for place in places if place < position]
            assert finish(following(timeline, position, find)) == (ahead[0] if ahead else None)
            assert finish(preceding(timeline, position, find)) == (behind[-1] if behind else None)


@every_run
@pytest.mark.parametrize("sought", ["the updates of each fifth iteration", "the evaluations"])
def test_going_back_undoes_going_on(name: str, sought: str, monkeypatch: pytest.MonkeyPatch) -> None:
    few_states(monkeypatch)
    timeline, find = MAKERS[name](), TESTS[sought][0]
    met: list[int] = []
    while (ahead := finish(following(timeline, [0, *met][-1], find))) is not None:
        met.append(ahead)
    assert met == [index + 1 for index, event in enumerate(EVENTS[name]) if TESTS[sought][1](event)]
    back: list[int] = []
    while (behind := finish(preceding(timeline, [len(timeline) + 1, *back][-1], find))) is not None:
        back.append(behind)
    assert back == met[::-1]


# ---- going, counting ------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(name=st.sampled_from(sorted(MAKERS)), targets=st.lists(st.integers(-3, 600), min_size=1, max_size=5))
def test_going_reaches_the_position_or_the_nearest_that_there_is(name: str, targets: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        few_states(patch)
        timeline = MAKERS[name]()
        for target in targets:
            position = finish(go(timeline, target))
            assert position == min(max(target, 0), len(EVENTS[name]))
            assert (timeline.event(position) is None) == (position == 0)


def test_where_a_run_stops_everything_ends() -> None:
    timeline, end = MAKERS["stops"](), len(EVENTS["stops"])
    assert end < len(timeline)  # not known yet
    assert finish(go(timeline, len(timeline))) == end == len(timeline)
    stop = EVENTS["stops"][-1]
    assert not np.all(np.isfinite(result(stop)))
    assert timeline.stopped is timeline.event(end)
    assert finish(following(timeline, end, TESTS["all"][0])) is None
    assert finish(preceding(timeline, end, TESTS["all"][0])) == end - 1
    assert finish(counts(timeline, [TESTS["all"][0]])) == [end]


@every_run
@pytest.mark.parametrize("iterations", [0, 1, 5, 17])
def test_what_has_been_derived_is_counted(name: str, iterations: int) -> None:
    timeline = MAKERS[name]()
    timeline.reach(timeline.calendar.start(iterations))
    counted = [event for event in EVENTS[name] if event.iteration <= max(timeline.furthest, 0)]
    assert timeline.furthest <= max(iterations, timeline.first) - 1
    expected = [sum(map(holds, counted)) for _, holds in TESTS.values()]
    assert finish(counts(timeline, [find for find, _ in TESTS.values()])) == expected
    assert finish(counts(timeline, [])) == []


@every_run
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_a_job_that_is_left_half_way_does_no_harm(name: str, data: st.DataObject) -> None:
    events = EVENTS[name]
    positions = st.integers(0, len(events))
    with pytest.MonkeyPatch.context() as patch:
        few_states(patch)
        timeline, nothing = MAKERS[name](), TESTS["none"][0]
        jobs: list[Job[object]] = []
        for _ in range(data.draw(st.integers(1, 4))):
            position = timeline.reach(data.draw(positions))
            begun: list[Job[object]] = [
                go(timeline, len(timeline)),
                following(timeline, position, nothing),
                preceding(timeline, position, nothing),
                counts(timeline, [nothing]),
            ]
            job = begun[data.draw(st.integers(0, 3))]
            list(islice(job, data.draw(st.integers(0, 6))))
            jobs.append(job)
        for job in jobs[::2]:
            job.close()
        at = timeline.reach(data.draw(positions))
        assert at == 0 or said(timeline.event(at)) == said(events[at - 1])
        for job in jobs[1::2]:  # those that wait go on as if nothing had been
            list(job)
        assert [*map(said, timeline.events)] == [*map(said, events)]
