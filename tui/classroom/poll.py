"""A question to the class, and what has been answered to it."""

from __future__ import annotations

from collections import Counter

from bptui.core.grading import CLOSE

from .messages import Answered, Answers

_MOST_VALUES = 20


class Poll:
    """What the step at a position brings is asked of these members; the first answer of each counts."""

    def __init__(self, position: int, asked: set[int]) -> None:
        self.position = position
        self.asked = asked
        self._given: dict[int, Answered] = {}

    def waits_for(self, member: int) -> bool:
        """Whether a member is asked, and has not answered yet."""
        return member in self.asked and member not in self._given

    def takes(self, member: int, answer: Answered) -> bool:
        """Take an answer; False where it is none of these."""
        if not self.waits_for(member) or answer.position != self.position:
            return False
        self._given[member] = answer
        return True

    def answers(self) -> Answers:
        """What has been answered until now, the most frequent first; wrong numbers within 0.5% count as one."""
        wrong = [answer for answer in self._given.values() if answer.value is not None and not answer.right]
        values: Counter[float] = Counter()
        for answer in wrong:
            assert answer.value is not None
            values[_same(values, answer.value)] += 1
        return Answers(
            position=self.position,
            asked=len(self.asked),
            right=sum(answer.right for answer in self._given.values()),
            unanswered=sum(answer.value is None for answer in self._given.values()),
            mistakes=dict(Counter(answer.mistake for answer in wrong).most_common()),
            values=tuple(values.most_common(_MOST_VALUES)),
        )


def _same(values: Counter[float], value: float) -> float:
    """The one of these numbers that is this one, or this one."""
    return next((known for known in values if abs(known - value) <= CLOSE * abs(known)), value)
