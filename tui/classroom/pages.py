"""The pages of a class: who is here, what is answered, and how a question went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from ..actions.predicting import rows_of
from ..dialogs import Sheet
from ..lines import Line, Span, line, shortened, wrapped
from .answers import answer_lines
from .messages import Along, Answers, Closing, Lead, Lock, Watching
from .roster import files_lines, roster_lines

if TYPE_CHECKING:
    from .following import Following
    from .lesson import Lesson


class Live(Sheet):
    """A page that is drawn anew when the server tells something."""


class ClassPage(Live):
    """Who is in the class, and where; a teacher takes everybody along, locks, and hands over the lead."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "select(-1)", "up"),
        Binding("down,j", "select(1)", "down"),
        Binding("t", "along", "take all along"),
        Binding("l", "lock", "lock, unlock"),
        Binding("h", "lead", "hand over the lead"),
        Binding("f", "file", "next file"),
        Binding("q,escape,R", "dismiss(None)", "close"),
    ]

    def __init__(self, lesson: Lesson) -> None:
        super().__init__()
        self.lesson = lesson
        self.participant = lesson.participant
        self.selected: int | None = None

    def on_mount(self) -> None:
        """Have the server tell who is here."""
        if self.participant.is_teacher:
            self.participant.tell(Watching(roster=True))

    def on_unmount(self) -> None:
        """It need not any more."""
        if self.participant.is_teacher:
            self.participant.tell(Watching(roster=False))

    def keys(self) -> list[tuple[str, str]]:
        several = [("f", "next file")] if len(self.lesson.files) > 1 else []
        if not self.participant.is_teacher:
            return [*several, ("q", "close")]
        lock = "unlock" if self.participant.standing.locked else "lock"
        lead = ("h", "hand over the lead")
        return [("↑ ↓", "select"), ("t", "take along"), ("l", lock), lead, *several, ("q", "close")]

    def heading(self) -> str:
        return "the class" if self.participant.is_teacher else f"the class: you are {self.participant.name}"

    def lines(self, width: int, height: int) -> list[Line]:
        files = [timeline.scenario for timeline in self.lesson.files]
        lines = files_lines(files, self.lesson.file, self.participant)
        if not self.participant.is_teacher:
            return shortened(lines, height, "more files")
        return [*lines, *roster_lines(self.participant.roster, files, self._row, width, max(height - len(lines), 1))]

    @property
    def _row(self) -> int:
        """The row of the selected member, who may have moved to another one."""
        numbers = [each.member for each in self.participant.roster.members]
        return numbers.index(self.selected) if self.selected in numbers else 0

    def action_select(self, by: int) -> None:
        """Select the next or previous member."""
        members = self.participant.roster.members
        if members:
            self.selected = members[min(max(self._row + by, 0), len(members) - 1)].member
        self.draw()

    def action_along(self) -> None:
        """Take everybody to where the class is."""
        if self.participant.is_teacher:
            self.participant.tell(Along())

    def action_lock(self) -> None:
        """Nobody leaves the track any more; or may again."""
        if self.participant.is_teacher:
            self.participant.tell(Lock(not self.participant.standing.locked))

    def action_lead(self) -> None:
        """The selected member leads."""
        members = self.participant.roster.members
        if self.participant.is_teacher and members:
            self.participant.tell(Lead(members[self._row].member))

    def action_file(self) -> None:
        """Open the next of the files; of one who leads the class does too."""
        files = self.lesson.files
        if len(files) > 1 and not self.participant.is_held:
            self.lesson.choose_file((self.lesson.file + 1) % len(files))


class Answering(Live):
    """What the class has answered until now."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "over(True)", "show it to the class"),
        Binding("e", "over(False)", "end the question"),
        Binding("q,enter,escape,Q", "dismiss(None)", "close"),
    ]

    def __init__(self, lesson: Following, asks: str) -> None:
        super().__init__()
        self.participant = lesson.participant
        self._asks = asks

    def keys(self) -> list[tuple[str, str]]:
        return [("s", "show the class"), ("e", "end the question"), ("q", "close, Q reopens")]

    def heading(self) -> str:
        return "what the class answers"

    def lines(self, width: int, height: int) -> list[Line]:
        answers = self.participant.answers or Answers(0, 0)
        asked = [line(Span(row, "dim")) for row in wrapped(self._asks, width)]
        return shortened([*answer_lines(answers, width), line(""), *asked], height, "more")

    def action_over(self, shown: bool) -> None:
        """The question is over, and what was answered is shown to the class, or not."""
        self.participant.tell(Closing(shown))
        self.dismiss(None)


class Outcome(Sheet):
    """How a question went, and what has become of one's own answer."""

    def __init__(self, answers: Answers, mine: Sequence[Line]) -> None:
        super().__init__()
        self._answers = answers
        self._mine = mine

    def heading(self) -> str:
        return "what the class has answered"

    def lines(self, width: int, height: int) -> list[Line]:
        mine = [row for each in self._mine for row in rows_of(each, width)]
        return shortened([*answer_lines(self._answers, width), *mine], height, "more")
