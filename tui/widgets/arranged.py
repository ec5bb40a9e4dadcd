"""Textual's way to ask where the panes are to stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual.geometry import NULL_OFFSET, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from ..arrangement import Box


class Arranged(Layout):
    """Places each child at the rectangle that is named by its id; those without one are not seen."""

    name = "arranged"

    def __init__(self, boxes: Callable[[Size], Mapping[str, Box]]) -> None:
        self._boxes = boxes

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        """One placement for each child that is seen."""
        boxes = self._boxes(size)
        none = Spacing()
        return [
            WidgetPlacement(Region(*boxes[name]), NULL_OFFSET, none, child)
            for child in children
            if (name := child.id or "") in boxes
        ]
