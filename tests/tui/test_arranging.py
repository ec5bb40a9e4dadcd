"""Panes chosen and zoomed, pictures and numbers: by keys, and as rectangles."""

import re

import pytest
import screens
from hypothesis import given
from hypothesis import strategies as st

from bptui.tui.arrangement import PANES, Window, arrangement
from bptui.tui.pictures import PICTURES

WINDOWS = st.builds(
    Window,
    width=st.integers(1, 400),
    height=st.integers(1, 200),
    table=st.integers(3, 300),
    matrices=st.booleans(),
    lower=st.integers(9, 300),
    watches=st.integers(0, 30),
    notes=st.booleans(),
    noted=st.booleans(),
    pane=st.sampled_from(["", *PANES]),
    zoomed=st.booleans(),
    picture=st.booleans(),
)


@given(WINDOWS)
def test_no_two_panes_overlap_and_none_is_outside(window: Window) -> None:
    boxes = list(arrangement(window).values())
    for box in boxes:
        assert box.x >= 0
        assert box.x + box.width <= max(window.width, 1)
        assert box.y >= 0
        assert box.y + box.height <= window.height
        assert box.height >= 1
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            apart_across = one.x + one.width <= other.x or other.x + other.width <= one.x
            assert apart_across or one.y + one.height <= other.y or other.y + other.height <= one.y


@pytest.mark.parametrize("size", screens.SIZES)
async def test_each_pane_can_have_the_whole_window(size: tuple[int, int]) -> None:
    async with screens.opened("layers4", size) as pilot:
        await screens.press(pilot, *"fssz")
        for number in range(1, 7):
            rows = await screens.press(pilot, str(number))
            assert rows[1].startswith(f" {number} ")
            assert not [row for row in rows[2:] if re.match(r" \d .*──", row)]
        assert "1 layers" in "\n".join(await screens.press(pilot, "z"))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (180, 50)])
@pytest.mark.parametrize("key", ["o", "O"])
async def test_the_pictures_go_round(size: tuple[int, int], key: str) -> None:
    async with screens.opened("layers4", size) as pilot:
        await screens.press(pilot, *"fss6")
        said = []
        for _ in range(len(PICTURES) + 1):
            rows = await screens.press(pilot, key)
            said.append(rows[-2])
            await screens.press(pilot, "s", "S")
        assert sum("no picture" in row for row in said) == 1
        assert sum("picture: " in row for row in said) == len(PICTURES)
        assert any("6 network" in row for row in rows)


async def test_seventeen_digits_are_those_of_the_number() -> None:
    """sech²(4)·(tanh(4) - 10) is -0.0120694555232060756…, by decimal arithmetic in 40 digits."""
    async with screens.opened("tanh4", (120, 40)) as pilot:
        rows = await screens.press(pilot, *"fssssss####")
        shown = next(row for row in rows if row.strip().startswith("= -1.2"))
        assert float(shown.split()[1]) == pytest.approx(-0.0120694555232060756, rel=1e-15)
        assert len(shown.split()[1]) == len("-1.2069455523206077e-02")
