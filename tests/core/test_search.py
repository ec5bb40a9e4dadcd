"""Jobs find what looking through all events finds; they can be left half way, and threads share a timeline."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from random import Random
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bptui.core import Accumulate, Evaluate, Event, Multiply, Timeline, Update, parse
from bptui.core.chapter import Arrived, Chapter
from bptui.core.edits import parse_edit
from bptui.core.equations import description
from bptui.core.events import result
from bptui.core.search import Finder, Job, Progress, concerning, counts, differing, following, go, matching, preceding
from bptui.core.search import same as equal
from bptui.core.whatif import edited

Answer = TypeVar("Answer")

LEARNS = """
program = '''
u1 = W @ x + b
h = tanh(u1)
d = dropout(h, p=0.25)
z = V @ d + V @ h
L = half_squared_error(z, y, reduction=mean)
'''
[input]
x = [[0.5, -1.0, 0.25, 2.0, -0.75, 1.5, -0.125], [1.0, 0.5, -2.0, 0.0, 1.25, -0.5, 0.75]]
[target]
y = [[1.0, 0.0, -1.0, 0.5, 0.25, -0.5, 2.0]]
[parameters]
W = { init = "normal", shape = [3, 2] }
b = [0.1, 0.2, -0.1]
V = { init = "normal", shape = [1, 3] }
[data]
batch_size = 2
held_out = 2
[update]
rule = "momentum"
learning_rate = 0.05
iterations = 17
"""
"""An epoch has three iterations and an evaluation; the last two iterations are an epoch cut short."""
STOPS = """
program = '''
u = exp(w)
v = u*u
z = u - v
'''
[parameters]
w = 0.0
[update]
rule = "gradient_descent"
learning_rate = 0.1
iterations = 60
"""
"""w grows faster and faster, until exp overflows."""


def few_states(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("bptui.core.timeline.MOST_STATES", 4)
    patch.setattr("bptui.core.timeline.MOST_BYTES", 20_000)


def branched(text: str, edit: str, first: int) -> Timeline:
    base = Timeline(parse(text))
    scenario, state = edited(base.scenario, base.state(first), first, parse_edit(edit, base.scenario))
    return Timeline(scenario, base=base, first=first, state=state)


MAKERS: dict[str, Callable[[], Timeline]] = {
    "learns": lambda: Timeline(parse(LEARNS)),
    "stops": lambda: Timeline(parse(STOPS)),
    "branch": lambda: branched(LEARNS, "η = 0.2", 6),
}
EVENTS: dict[str, list[Event]] = {name: list(make().events) for name, make in MAKERS.items()}
every_run = pytest.mark.parametrize("name", MAKERS)


def finish(job: Job[Answer]) -> Answer:
    """The answer of a job; how far it says it is never goes back, and never beyond the end."""
    before = Progress(0, 0)
    while True:
        try:
            now = next(job)
        except StopIteration as end:
            answer: Answer = end.value
            return answer
        assert 0 <= now.done <= now.of
        assert before.of in (0, now.of)
        assert before.done <= now.done
        before = now


def is_late(event: Event) -> bool:
    return event.iteration % 5 == 3 and isinstance(event, Update)


def rare(chapter: Chapter) -> list[int]:
    return [i for i, event in enumerate(chapter.events) if is_late(event)]


TESTS: dict[str, tuple[Finder, Callable[[Event], bool]]] = {
    "the updates of each fifth iteration": (rare, is_late),
    "all": (lambda chapter: range(len(chapter.events)), lambda event: True),
    "none": (lambda chapter: [], lambda event: False),
    "the first iteration": (
        lambda chapter: range(len(chapter.events)) if chapter.number == 0 else [],
        lambda event: event.iteration == 0,
    ),
    "the evaluations": (
        lambda chapter: [i for i, event in enumerate(chapter.events) if event.phase == "evaluate"],
        lambda event: event.phase == "evaluate",
    ),
}


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


def said(event: Event | None) -> tuple[object, ...]:
    """What an event is, with all bits of its result."""
    assert event is not None
    name = event.node.name if isinstance(event, Evaluate | Multiply) else ""
    return type(event), event.iteration, event.phase, name, result(event).shape, result(event).tobytes()


# ---- what is looked for ---------------------------------------------------------------------------------------------


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


# ---- threads --------------------------------------------------------------------------------------------------------


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
