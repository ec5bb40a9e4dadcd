"""A pane: a title and lines, of which only the changed part is painted again."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from ..ascii import ascii_fitted
from ..lines import Line, Span, fitted


class Pane(Widget):
    """Draws lines of spans; `show` compares them with those on the screen and refreshes the difference."""

    class Resized(Message):
        """A pane has another size, and is to be shown anew."""

    def __init__(self, id: str, *, headed: bool = False) -> None:  # noqa: A002
        super().__init__(id=id)
        self._is_headed = headed
        self._width = 0
        self._fit = fitted
        self._given: Sequence[Line | None] = []
        self._lines: list[Line] = []

    @property
    def room(self) -> tuple[int, int]:
        """Width and height for the lines below the heading."""
        width, height = self.size
        return width, height - self._is_headed

    def on_resize(self) -> None:
        """Tell the screen."""
        self.post_message(self.Resized())

    def show(self, lines: Sequence[Line], heading: Line = ()) -> None:
        """Show these lines, from the top, below their heading; those that are missing are blank."""
        width, height = self.size
        given = [*([_ruled(heading, width)] if self._is_headed else ()), *lines][:height]
        given += [()] * (height - len(given))
        fit = ascii_fitted if self.app.has_class("-ascii") else fitted
        if width != self._width or len(self._given) != height or fit is not self._fit:
            self._width, self._fit, self._given, self._lines = width, fit, [None] * height, [()] * height
        regions = []
        for y, (before, now) in enumerate(zip(self._given, given, strict=True)):
            if now != before:
                new = fit(now, width)
                first, last = _difference(self._lines[y], new, width)
                regions += [Region(first, y, last - first, 1)] * (first < last)
                self._lines[y] = new
        self._given = given
        if regions:
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        """One line in the theme's colours."""
        if y >= len(self._lines):
            return Strip.blank(self.size.width, self.rich_style)
        style = self.screen.get_component_rich_style  # of the screen: one set of styles for all panes
        return Strip([Segment(text, style(f"role--{role}")) for text, role in self._lines[y]], self.size.width)


def _ruled(heading: Line, width: int) -> Line:
    """The heading with a rule behind it."""
    return (*heading, Span(" " + "─" * (width - sum(cell_len(text) for text, _ in heading) - 1), "dim"))


def _difference(old: Line, new: Line, width: int) -> tuple[int, int]:
    """The first and behind-the-last column in which two lines differ; all columns where widths are not all 1."""
    before, after = _cells(old), _cells(new)
    if len(before) != width or len(after) != width:
        return 0, width
    changed = [i for i in range(width) if before[i] != after[i]]
    return (changed[0], changed[-1] + 1) if changed else (0, 0)


def _cells(line: Line) -> list[tuple[str, str]]:
    return [(character, role) for text, role in line for character in text]
