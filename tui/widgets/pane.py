"""A pane: a title and lines, of which only the changed part is painted again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from ..lines import Line, Span, fitted


class Pane(Widget):
    """Draws lines of spans; `show` compares them with those on the screen and refreshes the difference."""

    class Resized(Message):
        """A pane has another size, and is to be shown anew."""

    def __init__(self, id: str, title: str = "") -> None:  # noqa: A002
        super().__init__(id=id)
        self._heading = title
        self._width = 0
        self._given: Sequence[Line | None] = []
        self._lines: list[Line] = []

    @property
    def room(self) -> tuple[int, int]:
        """Width and height for the lines below the title."""
        width, height = self.size
        return width, height - bool(self._heading)

    def on_resize(self) -> None:
        """Tell the screen."""
        self.post_message(self.Resized())

    def show(self, lines: Sequence[Line], heading: str | None = None) -> None:
        """Show these lines, from the top; those that are missing are blank."""
        width, height = self.size
        if heading is not None:
            self._heading = heading
        given = [*self._title(width), *lines][:height]
        given += [()] * (height - len(given))
        if width != self._width or len(self._given) != height:
            self._width, self._given, self._lines = width, [None] * height, [()] * height
        regions = []
        for y, (before, now) in enumerate(zip(self._given, given, strict=True)):
            if now != before:
                new = fitted(now, width)
                first, last = _difference(self._lines[y], new, width)
                self._lines[y] = new
                regions.append(Region(first, y, last - first, 1))
        self._given = given
        if regions:
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        """One line in the theme's colours."""
        if y >= len(self._lines):
            return Strip.blank(self.size.width, self.rich_style)
        style = self.screen.get_component_rich_style  # of the screen: one set of styles for all panes
        return Strip([Segment(text, style(f"role--{role}")) for text, role in self._lines[y]], self.size.width)

    def _title(self, width: int) -> Iterator[Line]:
        if self._heading:
            rule = "─" * (width - cell_len(self._heading) - 1)
            yield Span(f"{self._heading} ", "head"), Span(rule, "dim")


def _difference(old: Line, new: Line, width: int) -> tuple[int, int]:
    """The first and behind-the-last column in which two lines differ; all columns where widths are not all 1."""
    before, after = _cells(old), _cells(new)
    if len(before) != width or len(after) != width:
        return 0, width
    changed = [i for i in range(width) if before[i] != after[i]]
    return (changed[0], changed[-1] + 1) if changed else (0, width)


def _cells(line: Line) -> list[tuple[str, str]]:
    return [(character, role) for text, role in line for character in text]
