"""The screen as SVG: what stands on it, that it is XML, and that it refers to nothing outside."""

import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest
from hostile import FORBIDDEN, LABEL, SHOWN, scenario
from screens import timeline

from bptui.core import Timeline, parse
from bptui.tui.svg import svg

TEXT = "{http://www.w3.org/2000/svg}text"


def rows(drawn: str) -> list[str]:
    """The text of the picture, a line for each row of the screen, in order."""
    found: dict[float, list[tuple[float, str]]] = {}
    for element in ElementTree.fromstring(drawn).iter(TEXT):
        place = float(element.get("y", "0")), float(element.get("x", "0"))
        found.setdefault(place[0], []).append((place[1], (element.text or "").replace("\xa0", " ")))
    return ["".join(text for _, text in sorted(found[y])) for y in sorted(found)]


def test_the_screen_at_a_position() -> None:
    drawn = svg(timeline("tanh4"), 15)
    text = "\n".join(rows(drawn))
    assert "Four layers, one tanh" in text
    assert "-0.0120694555232061" in text  # δ₃ of the course text
    assert "15 / 33" in text
    assert len(rows(drawn)) >= 35
    assert len(drawn) < 100_000


@pytest.mark.parametrize(("position", "shown"), [(0, " 0 / 33"), (33, "33 / 33"), (10**6, "33 / 33")])
def test_start_end_and_beyond(position: int, shown: str) -> None:
    assert shown in "\n".join(rows(svg(timeline("tanh4"), position, (80, 24))))


def test_nothing_outside_is_referred_to() -> None:
    drawn = svg(timeline("tanh4"), 5, (80, 24))
    assert set(re.findall(r"\w+://[^\"' )]*", drawn)) == {"http://www.w3.org/2000/svg"}
    assert all(target.startswith("#") for target in re.findall(r"url\((.*?)\)", drawn))
    assert not re.search(r"href|@import|@font-face|<script|<image|<foreignObject", drawn)


def test_hostile_text_is_shown_and_is_no_markup() -> None:
    label = "</text><script>alert(1)</script>&amp;]]>" + LABEL
    drawn = svg(Timeline(parse(scenario(label))), 1, (200, 30))
    root = ElementTree.fromstring(drawn)
    assert not [element for element in root.iter() if element.tag.endswith("script")]
    shown = "\n".join(rows(drawn))
    assert "</text><script>alert(1)</script>&amp;]]>" + SHOWN in shown
    assert not [sign for sign in FORBIDDEN if sign in drawn]


def test_textual_is_imported_when_a_picture_is_made() -> None:
    code = "import sys, bptui.tui.svg; sys.exit(any(name.split('.')[0] == 'textual' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
