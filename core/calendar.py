"""Which iteration each event of a run belongs to, without deriving any: every iteration has as many events."""

from __future__ import annotations

import msgspec

from .scenario import Scenario


class Calendar(msgspec.Struct, frozen=True):
    """An epoch has `epoch` iterations of `length` events, then the `evaluation` of the held-out examples."""

    iterations: int
    length: int
    epoch: int
    evaluation: int

    @property
    def total(self) -> int:
        """The events of the whole run, if no NaN or infinity stops it."""
        return self.start(self.iterations) + self.evaluation * (self.iterations % self.epoch > 0)

    def start(self, iteration: int) -> int:
        """The position before the first event of an iteration."""
        return iteration * self.length + self.evaluation * (iteration // self.epoch)

    def iteration(self, index: int) -> int:
        """The iteration that the event with this index belongs to."""
        epoch, index = divmod(index, self.epoch * self.length + self.evaluation)
        within = min(index // self.length, self.epoch - 1)
        return min(epoch * self.epoch + within, self.iterations - 1)

    @classmethod
    def of(cls, scenario: Scenario) -> Calendar:
        """The calendar of a scenario, counted from its program."""
        program, examples = scenario.program, scenario.examples
        meetings = sum(count > 1 for count in program.uses.values())
        backward = sum(len(node.needed) for node in program.needed) + meetings
        return cls(
            iterations=scenario.iterations,
            length=len(program.nodes) + backward + len(scenario.learning) * (scenario.update is not None),
            epoch=examples.epoch_length if examples else 1,
            evaluation=len(scenario.evaluation.nodes) if scenario.evaluation else 0,
        )
