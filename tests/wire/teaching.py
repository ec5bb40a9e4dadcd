"""The commands of docs/teaching.md about OpenSSH alone, and a student who types them."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from wire.command import PATH
from wire.sshd import Sshd
from wire.terminal import Terminal

PAGE = (Path(__file__).parents[2] / "docs/teaching.md").read_text("utf-8")
SECTION = PAGE.partition("\n## With OpenSSH alone\n")[2].partition("\n## ")[0]
BPTUI = Path(sys.executable).with_name("bptui")


def _lines(kind: str) -> list[str]:
    """The lines of the fenced blocks of a kind, in their order."""
    found = re.findall(rf"^```{kind}\n(.*?)^```$", SECTION, re.DOTALL | re.MULTILINE)
    return [line for block in found for line in block.splitlines()]


(OPEN, LINK, FOUND, EXPORT, WHOLE, JOIN, *_rest) = _lines("sh")
(BEGIN, RESIZE, SMALLEST, FOLDER, BEGIN_SHARED, SOCKET, ALLOW, LOOK, *_rest) = _rest
(DARK, TRUE_COLOUR, MOUSE, ASCII, RECORD, COPY, REPLAY) = _rest
(LOCKED, LOOKING) = _lines("text")


class Student:
    """Somebody with a key to the server, who types commands at home."""

    def __init__(self, server: Sshd, terminal: Callable[..., Terminal], home: Path) -> None:
        self.server, self.home = server, home
        self._terminal = terminal

    def opens(self, command: str, **options: int) -> Terminal:
        """The terminal in which the student types a command; its options are the size."""
        return self._terminal(["sh", "-c", _typed(command)], env=self._environment(), **options)

    def runs(self, command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """What becomes of a command without a terminal."""
        return subprocess.run(
            ["sh", "-c", _typed(command)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",  # what is not meant for people may be any bytes
            cwd=self.home,
            env=self._environment() | environment,
            timeout=30,
            check=False,
        )

    def is_let_in_by(self, line: str) -> None:
        """From now on the server knows this student by a line of authorized_keys from the page."""
        named = "ssh-ed25519 AAAA… anna"
        assert line.endswith(named)
        self.server.authorize(line.replace(named, self.server.key))

    def _environment(self) -> dict[str, str]:
        return {"PATH": f"{self.server.clients}:{PATH}", "HOME": str(self.home), "LANG": "C.UTF-8"}


def _typed(command: str) -> str:
    """Over there is only the account of who runs the tests."""
    return command.replace("class@", "")
