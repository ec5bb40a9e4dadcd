"""Every picture, drawn and told, of every scenario that ships: it has room in any pane."""

import pytest
import screens
from rich.cells import cell_len

from bptui.tui.moment import Moment
from bptui.tui.pictures import PICTURES, picture

SIZES = [(1, 1), (2, 3), (7, 2), (17, 5), (20, 5), (44, 1), (44, 8), (46, 12), (78, 18), (118, 34)]
READABLE = {"matrix": 44, "histograms": 44}
"""Columns below which the pane cuts these; all others have room in any."""
LATER = 24
"""An iteration in which a curve of losses has a past."""


@pytest.mark.parametrize("scenario", screens.SCENARIOS)
@pytest.mark.parametrize("name", PICTURES)
def test_every_step_of_every_scenario_fits(name: str, scenario: str) -> None:
    timeline = screens.timeline(scenario)
    end, later = timeline.chapter(1).end, timeline.chapter_of(min(timeline.scenario.iterations - 1, LATER)).end
    for position in sorted({*range(0, end + 1, max(end // 9, 1)), end, later // 2, later}):
        for width, height in SIZES:
            for is_ascii in (False, True):
                lines = picture(Moment(timeline, position, picture=name, is_ascii=is_ascii), width, height)
                assert 0 < len(lines) <= height
                if width >= READABLE.get(name, 0):
                    assert all(sum(cell_len(span.text) for span in line) <= width for line in lines)
