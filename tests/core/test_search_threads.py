"""Threads that wander and search share a timeline, and see the bits of a linear run."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random

import numpy as np
import pytest
from runs import EVENTS, MAKERS, TESTS, Answer, every_run, few_states, finish, said

from bptui.core import Timeline
from bptui.core.search import Job, following, go, preceding


def looks(timeline: Timeline, positions: Sequence[int]) -> Iterator[tuple[object, ...]]:
    """What there is to see at these positions."""
    names = [*timeline.scenario.program.variables, *timeline.scenario.program.by_name]
    for position in positions:
        state = [told(x) for name in names for x in (timeline.value(name, position), timeline.gradient(name, position))]
        event = timeline.event(position)
        yield (position, None if event is None else said(event), *state)


def told(value: object) -> object:
    return (value.shape, value.tobytes()) if isinstance(value, np.ndarray | np.generic) else value


@every_run
def test_several_threads_see_the_bits_of_a_linear_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    few_states(monkeypatch)
    end = len(EVENTS[name])
    linear = {seen[0]: seen for seen in looks(MAKERS[name](), range(end + 1))}
    shared = MAKERS[name]()
    shared.reach(end // 2)

    def wander(seed: int) -> list[tuple[object, ...]]:
        random = Random(seed)
        if seed % 4 == 0:
            assert finish(go(shared, len(shared))) == end
        return list(looks(shared, [shared.reach(random.randrange(end + 1)) for _ in range(60)]))

    def hunt(seed: int) -> list[tuple[object, ...]]:
        find, holds = TESTS["the updates of each fifth iteration"]
        places = [index + 1 for index, event in enumerate(EVENTS[name]) if holds(event)]
        for position in Random(seed).sample(range(end + 1), 6):
            position = shared.reach(position)
            for job, nearest in (
                (following(shared, position, find), [place for place in places if place > position][:1]),
                (preceding(shared, position, find), [place for place in places if place < position][-1:]),
            ):
                assert last(job) == (nearest[0] if nearest else None)
        return []

    with ThreadPoolExecutor(6) as pool:
        futures = [pool.submit(wander if seed % 3 else hunt, seed) for seed in range(12)]
        for future in futures:
            assert all(seen == linear[seen[0]] for seen in future.result(timeout=60))
    assert [*map(said, shared.events)] == [*map(said, EVENTS[name])]


def last(job: Job[Answer]) -> Answer:
    """The answer alone: how far a job is may jump where others drop what it starts from."""
    while True:
        try:
            next(job)
        except StopIteration as end:
            answer: Answer = end.value
            return answer
