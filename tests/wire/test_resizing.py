"""A window that changes while the program runs shows what one of its new size shows from the start."""

from collections.abc import Callable

import pytest
from wire.terminal import Terminal


@pytest.mark.parametrize(
    ("before", "after"), [((100, 29), (80, 23)), ((80, 23), (100, 29)), ((120, 40), (60, 20)), ((60, 20), (120, 40))]
)
def test_the_screen_is_that_of_the_new_size(
    terminal: Callable[..., Terminal], before: tuple[int, int], after: tuple[int, int]
) -> None:
    fresh = terminal(["bptui", "tanh4"], columns=after[0], rows=after[1])
    fresh.wait_for("s S step")
    fresh.press("s")
    fresh.wait_for(" 1 / 33")
    fresh.settle()
    resized = terminal(["bptui", "tanh4"], columns=before[0], rows=before[1])
    resized.wait_for("s S step")
    resized.press("s")
    resized.wait_for(" 1 / 33")
    resized.resize(*after)
    resized.wait_for(lambda text: text == fresh.text)
