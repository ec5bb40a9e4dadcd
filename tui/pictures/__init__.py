"""Pictures: each a pure function from a moment to lines of block and braille characters, and its twin in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import NamedTuple

from ..lines import Line
from ..moment import Moment


class Picture(NamedTuple):
    """A picture: its title, the module that draws it, and what its two functions are called there."""

    title: str
    module: str
    drawn: str
    words: str


PICTURES: Mapping[str, Picture] = {
    "network": Picture("network", "network", "network", "network_words"),
    "function": Picture("function and slope", "slope", "slope", "slope_words"),
    "product": Picture("running product, log scale", "bars", "bars", "bars_words"),
    "matrix": Picture("heat map", "brought", "heat_picture", "heat_words"),
    "histograms": Picture("histograms", "histogram", "histograms", "histogram_words"),
    "loss": Picture("loss curve", "losses", "loss_curve", "loss_words"),
}
"""By name, in the order in which the reader goes through them."""
NONE = "none"


def picture(moment: Moment, width: int, height: int) -> list[Line]:
    """The picture that is shown; its module is imported when it is drawn for the first time."""
    chosen = PICTURES[moment.picture]
    module = import_module(f".{chosen.module}", __package__)
    draw: Callable[[Moment, int, int], list[Line]] = getattr(module, chosen.words if moment.is_ascii else chosen.drawn)
    return draw(moment, width, height)


def title(moment: Moment) -> str:
    """The heading of the picture that is shown."""
    return PICTURES[moment.picture].title
