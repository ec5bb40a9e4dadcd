"""How often an address may come: any order of events, against what has to hold of the whole history."""

from collections import defaultdict
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from bptui.tui.classroom.limits import Limits, Visit

ADDRESSES = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"]
PLACE = {"2001:db8::2": "2001:db8::1"}
"""Which addresses are one; the others are each their own."""
TOO_OFTEN = "too many attempts"


class Coming(RuleBasedStateMachine):
    """What was let in, and what was refused, by the whole history of each address."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000.0
        self.limits = Limits(lambda: self.now)
        self.spent: defaultdict[str, list[float]] = defaultdict(list)  # attempts that did not come too often
        self.wrong_since_held_off: defaultdict[str, list[float]] = defaultdict(list)
        self.held_off_since: defaultdict[str, float] = defaultdict(lambda: -1e9)
        self.open: dict[int, tuple[str, Visit]] = {}
        self.waiting: set[int] = set()
        self.numbers = count()

    @rule(address=st.sampled_from(ADDRESSES), attempts=st.sampled_from([1, 2, 5, 63, 70]))
    def connect(self, address: str, attempts: int) -> None:
        place = PLACE.get(address, address)
        for _ in range(attempts):
            answer = self.limits.may_connect(address)
            is_held_off = self.now < self.held_off_since[place] + 60
            if isinstance(answer, Visit):
                assert not is_held_off
                number = next(self.numbers)
                self.open[number] = place, answer
                self.waiting.add(number)
            elif not answer.startswith(TOO_OFTEN):
                assert is_held_off or self.is_full(place)
            if isinstance(answer, str) and answer.startswith(TOO_OFTEN):
                assert self.most_spent(place, 1) > 0
            elif not is_held_off or self.most_spent(place, 1) <= 0:  # while held off, one is spent if one is left
                self.spent[place].append(self.now)

    @rule(data=st.data(), many=st.sampled_from([1, 10, 64]))
    def log_in(self, data: st.DataObject, many: int) -> None:
        for number in sorted(self.open)[:: data.draw(st.integers(1, 3))][:many]:
            self.open[number][1].logged_in()
            self.waiting.discard(number)

    @rule(data=st.data(), many=st.sampled_from([1, 10, 64]), times=st.integers(1, 2))
    def end(self, data: st.DataObject, many: int, times: int) -> None:
        for number in sorted(self.open)[:: data.draw(st.integers(1, 3))][:many]:
            _, visit = self.open.pop(number)
            self.waiting.discard(number)
            for _ in range(times):
                visit.ended()

    @rule(address=st.sampled_from(ADDRESSES), times=st.sampled_from([1, 2, 4, 5, 7]))
    def mistype(self, address: str, times: int) -> None:
        place, now = PLACE.get(address, address), self.now
        for _ in range(times):
            self.limits.wrong(address)
            if now < self.held_off_since[place] + 60:
                continue
            wrong = self.wrong_since_held_off[place]
            wrong.append(now)
            if len(wrong) >= 5 and now - wrong[-5] < 60:
                self.held_off_since[place] = now
                wrong.clear()

    @rule(quarters=st.sampled_from([1, 2, 4, 20, 40, 130, 239, 240, 400]))
    def wait(self, quarters: int) -> None:
        self.now += quarters / 4

    @invariant()
    def nobody_comes_too_often(self) -> None:
        assert all(self.most_spent(place, 0) <= 0 for place in self.spent)

    @invariant()
    def there_are_never_too_many(self) -> None:
        for place in set(ADDRESSES):
            here = [number for number, (where, _) in self.open.items() if where == place]
            assert len(here) <= 128
            assert len(self.waiting.intersection(here)) <= 64
        assert len(self.open) <= 256

    @invariant()
    def it_is_held_off_if_and_only_if_it_has_to_be(self) -> None:
        for address in ADDRESSES:
            since = self.held_off_since[PLACE.get(address, address)]
            assert bool(self.limits.held_off(address)) == (self.now < since + 60)

    def most_spent(self, place: str, more: int) -> float:
        """By how much, at worst, the attempts in any span of time until now exceed 64 and 2 a second."""
        spent, now = self.spent[place], self.now
        spans = ((len(spent) - at, now - since) for at, since in enumerate([*spent, now]))
        return max(attempts + more - 64 - 2 * seconds for attempts, seconds in spans)

    def is_full(self, place: str) -> bool:
        here = [number for number, (where, _) in self.open.items() if where == place]
        waiting = self.waiting.intersection(here)
        return len(here) == 128 or len(waiting) == 64 or len(self.open) == 256


def test_any_order_of_events() -> None:
    run_state_machine_as_test(Coming, settings=settings(max_examples=200, stateful_step_count=40, deadline=None))
