"""A real tmux, and what it shows."""

import subprocess
import time
from pathlib import Path

from needs import needs
from wire.command import PATH


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
