"""The course text's example, stepped through in real terminals: its figures stand on the screen."""

from collections.abc import Callable

import pytest
from wire.figures import step_through
from wire.terminal import Terminal
from wire.tmux import Tmux

SIZES = [(80, 24), (120, 40)]


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_every_figure_is_on_the_screen_forward_back_and_forward_again(
    terminal: Callable[..., Terminal], columns: int, rows: int
) -> None:
    program = terminal(["bptui", "tanh4"], columns=columns, rows=rows)

    def wait_for(text: str) -> str:
        program.wait_for(text)
        return program.text

    step_through(program.press, wait_for)
    program.press("q")
    assert program.wait_exit() == 0


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_every_figure_is_on_the_screen_of_tmux(tmux: Tmux, columns: int, rows: int) -> None:
    tmux.open(columns, rows, "bptui tanh4; echo left with $?; cat")
    step_through(tmux.press, tmux.wait_for)
    tmux.press("q")
    screen = tmux.wait_for("left with 0")
    assert screen.split() == ["left", "with", "0"]  # the alternate screen has been left
