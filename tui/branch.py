"""A branch as the reader sees it: what was changed, one after the other, and what it is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bptui.core.timeline import Timeline

if TYPE_CHECKING:  # most sessions change nothing
    from bptui.core.edits import Edit


class Change(NamedTuple):
    """An edit, and the iteration from which on it is made."""

    edit: Edit
    first: int

    def __str__(self) -> str:
        return str(self.edit)


class Branch(NamedTuple):
    """What a branch is compared with, what was changed in it one after the other, and the position it was left at."""

    run: Timeline
    changes: tuple[Change, ...]
    left_at: int


class Place(NamedTuple):
    """Where the reader is: a position on a timeline, the branch that it is, and what was changed and kept before."""

    timeline: Timeline
    position: int
    branch: Branch | None = None
    kept: tuple[Change, ...] = ()

    def changed(self, timeline: Timeline, change: Change) -> Place:
        """The same position on the timeline that a change has made; later changes are left behind."""
        last = self.branch or Branch(self.timeline, (), self.position)
        changes = (*_until(last.changes, change.first), change)
        return Place(timeline, self.position, last._replace(changes=changes), _until(self.kept, change.first))

    def keeping(self) -> Place:
        """The branch is the run."""
        return self._replace(branch=None, kept=(*self.kept, *(self.branch.changes if self.branch else ())))

    def dropping(self, position: int) -> Place:
        """Back on the run, at a position."""
        return self if self.branch is None else Place(self.branch.run, position, None, self.kept)


def _until(changes: tuple[Change, ...], first: int) -> tuple[Change, ...]:
    """Those that a branch from this iteration on still has."""
    return tuple(change for change in changes if change.first <= first)
