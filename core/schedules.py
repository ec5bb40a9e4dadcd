"""Schedules: how the learning rate η₀ of a scenario becomes the rate η of iteration t = 0, 1, …"""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

from .notation import SHORT, number


class Schedule(msgspec.Struct, frozen=True):
    """A kind of SCHEDULES with its numbers; `warmup` iterations of linear warm-up go with each but "warmup" itself.

    every and over are at least 1, factor is above 0 and at most 1, minimum and warmup are not negative.
    """

    kind: str
    every: int = 1
    factor: float = 0.1
    over: int = 1
    minimum: float = 0.0
    warmup: int = 0


class Kind(msgspec.Struct, frozen=True, eq=False):
    """A row of the table of schedules: η from η₀ and t, the same as text, and which numbers it needs and may have."""

    rate: Callable[[float, Schedule, int], float]
    equation: Callable[[Schedule], str]
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()


def scheduled(rate: float, schedule: Schedule, t: int) -> float:
    """The rate η of iteration t, from η₀."""
    eta = SCHEDULES[schedule.kind].rate(rate, schedule, t)
    return eta * _ramp(t, schedule.warmup) if schedule.warmup else eta


def equations(schedule: Schedule | None) -> tuple[str, ...]:
    """The rate as text, with the schedule's numbers in it; nothing without a schedule."""
    if schedule is None:
        return ()
    equation = f"η = {SCHEDULES[schedule.kind].equation(schedule)}"
    return (equation, f"η ← η · {_ramp_text(schedule.warmup)}") if schedule.warmup else (equation,)


def _step(rate: float, schedule: Schedule, t: int) -> float:
    """Multiplied by a factor again and again, as PyTorch's StepLR."""
    return rate * schedule.factor ** (t // schedule.every)


def _cosine(rate: float, schedule: Schedule, t: int) -> float:
    """Half a cosine down to the minimum, where it stays: Loshchilov & Hutter, SGDR, 2017, without restarts.

    ½(1 + cos(π t/T)) is taken as sin²(π (T - t)/(2 T)), which keeps its digits near the end and is 0 there.
    """
    left = max(schedule.over - t, 0) / schedule.over
    return schedule.minimum + (rate - schedule.minimum) * math.sin(math.pi / 2.0 * left) ** 2


def _warmup(rate: float, schedule: Schedule, t: int) -> float:
    """In equal steps up to the whole rate: Goyal et al., Accurate, Large Minibatch SGD, 2017."""
    return rate * _ramp(t, schedule.over)


def _ramp(t: int, over: int) -> float:
    return min(1.0, (t + 1) / over)


def _step_text(schedule: Schedule) -> str:
    return f"η₀ · {number(schedule.factor, SHORT)}^⌊t/{schedule.every}⌋"


def _cosine_text(schedule: Schedule) -> str:
    least = number(schedule.minimum, SHORT)
    height = f"{least} + ½ (η₀ - {least})" if schedule.minimum else "½ η₀"
    return f"{height} (1 + cos(π min(t, {schedule.over})/{schedule.over}))"


def _ramp_text(over: int) -> str:
    return f"min(1, (t + 1)/{over})"


SCHEDULES = {
    "step": Kind(_step, _step_text, ("every",), ("factor", "warmup")),
    "cosine": Kind(_cosine, _cosine_text, ("over",), ("minimum", "warmup")),
    "warmup": Kind(_warmup, lambda schedule: f"η₀ · {_ramp_text(schedule.over)}", ("over",)),
}
"""Every schedule by the name it has in a scenario."""
