"""The course text's example, stepped through in real terminals: its figures stand on the screen."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from needs import needs
from wire.command import PATH
from wire.figures import step_through
from wire.terminal import Terminal

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


class Tmux:
    """A tmux server of our own, for one program."""

    def __init__(self, socket: Path) -> None:
        self._tmux = [needs("tmux"), "-u", "-S", str(socket), "-f", "/dev/null"]
        self._environment = {"PATH": PATH, "HOME": str(socket.parent), "LANG": "C.UTF-8", "TERM": "xterm-256color"}

    def open(self, columns: int, rows: int, command: str) -> None:
        size = ["-x", str(columns), "-y", str(rows)]
        new = [*self._tmux, "new-session", "-d", *size, command]
        subprocess.run(new, check=True, timeout=10, env=self._environment)

    def run(self, *command: str) -> str:
        done = subprocess.run([*self._tmux, *command], check=True, timeout=10, capture_output=True, text=True)
        return done.stdout

    def press(self, key: str) -> None:
        self.run("send-keys", key)

    def wait_for(self, text: str, timeout: float = 10) -> str:
        deadline = time.monotonic() + timeout
        while text not in (screen := self.run("capture-pane", "-p")):
            assert time.monotonic() < deadline, f"waited {timeout} s for {text!r}; the screen:\n{screen}"
            time.sleep(0.005)
        return screen

    def close(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], check=False, timeout=10, capture_output=True)


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    """A server, which ends with the test."""
    server = Tmux(tmp_path / "tmux")
    yield server
    server.close()


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_every_figure_is_on_the_screen_of_tmux(tmux: Tmux, columns: int, rows: int) -> None:
    tmux.open(columns, rows, "bptui tanh4; echo left with $?; cat")
    step_through(tmux.press, tmux.wait_for)
    tmux.press("q")
    screen = tmux.wait_for("left with 0")
    assert screen.split() == ["left", "with", "0"]  # the alternate screen has been left
