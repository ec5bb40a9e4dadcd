"""The commands of docs/teaching.md about a class, and those who type them at home."""

import re
import shlex
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from needs import needs
from wire.command import PATH
from wire.serving import PATIENCE, Serving, wait_until
from wire.sshd import HOST, Sshd
from wire.terminal import Terminal

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/teaching.md").read_text("utf-8")
SECTION = PAGE.partition("\n## A class\n")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", SECTION, re.DOTALL | re.MULTILINE)
COMMANDS = [line for kind, block in BLOCKS if kind == "sh" for line in block.splitlines()]
(INSTALL, SERVE, JOIN, JOIN_BY_NAME, OPEN, TUNNEL, JOIN_HERE, *_rest) = COMMANDS
(VERIFY, REPLAY, EXPORT, INSTALL_BOTH, SERVE_BOTH, TUNNEL_OF_BROWSER) = _rest
(PRINTED, ANSWERS) = (block for kind, block in BLOCKS if kind == "text")
ROWS = dict(re.findall(r"^\| (.+?) \| (.+) \|$", SECTION, re.MULTILINE))
"""Of all tables, the first column and the second."""


class Home:
    """Where somebody sits who joins a class: with an ssh that knows the machine which serves as `host`."""

    def __init__(self, folder: Path, terminal: Callable[..., Terminal], serving: Serving) -> None:
        self.serving = serving
        self._terminal = terminal
        self._programs = folder / "home"
        self._programs.mkdir()
        settings = {"UserKnownHostsFile": self._programs / "known", "StrictHostKeyChecking": "ask"}
        lines = ["Host host", f"HostName {HOST}", "Host *", *(f"{name} {value}" for name, value in settings.items())]
        (self._programs / "config").write_text("\n".join(lines))
        client = self._programs / "ssh"
        client.write_text(f'#!/bin/sh\nexec {needs("ssh")} -F {self._programs}/config "$@"\n')
        client.chmod(0o755)

    def opens(self, command: str, **size: int) -> Terminal:
        """A terminal in which a command of the page is typed; where it is at home, it makes friends with the host."""
        typed = command.replace("8022", str(self.serving.port))
        client = self._terminal(["sh", "-c", typed], env={"PATH": f"{self._programs}:{PATH}"}, **size)
        client.wait_for(lambda text: "(yes/no" in text or "Token:" in text or "name, as" in text, PATIENCE)
        if "(yes/no" in client.text:
            assert self.serving.fingerprint in "".join(client.lines)
            client.press("yes\r")
        return client

    def joins(self, command: str, token: str, name: str = "", **size: int) -> Terminal:
        """Somebody types a command, and what is asked for then."""
        client = self.opens(command, **size)
        for asked, answer in (("name, as the teacher sees it:", name), ("Token:", token)):
            if answer:
                client.wait_for(asked, PATIENCE)
                client.press(f"{answer}\r")
        client.wait_for("? help", PATIENCE)
        return client

    def teaches(self, **size: int) -> Terminal:
        """The teacher joins, as `bptui serve` says."""
        (command,) = re.findall(r"^teacher +(ssh .*)$", self.serving.said, re.MULTILINE)
        return self.joins(command, self.serving.tokens["teacher"], "Ms Ray", **size)

    def learns(self, name: str, **size: int) -> Terminal:
        """A student joins, by name."""
        return self.joins(JOIN_BY_NAME.replace("ada", name), self.serving.tokens["class"], **size)


def served(folder: Path, command: str, *more: str) -> Serving:
    """What the page begins a class with."""
    program, subcommand, *arguments = shlex.split(command)
    assert (program, subcommand) == ("bptui", "serve")
    return Serving(folder / "server", *arguments, *more)


def as_written(text: str) -> str:
    """A text that stands on the page; it has its own numbers."""
    assert re.sub(r"\d+", "N", text) in re.sub(r"\d+", "N", SECTION)
    return text


def sees(client: Terminal, *texts: str) -> None:
    for text in texts:
        client.wait_for(text, PATIENCE)


def does(client: Terminal, *typed: tuple[str, str]) -> None:
    """Type one thing after the other, each when the screen has shown what comes of the one before."""
    for keys, text in typed:
        client.press(keys)
        sees(client, text)


@contextmanager
def tunnel(folder: Path, command: str, port: int) -> Iterator[int]:
    """A student's tunnel to the port of a class, through a real SSH server: the port at this end."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        here = free.getsockname()[1]
    far = folder / "sshd"
    far.mkdir()
    server = Sshd(far)
    program, *options = shlex.split(re.sub(r"\d+(:\w+:)\d+", rf"{here}\g<1>{port}", command))
    assert program == "ssh"
    with subprocess.Popen([str(server.clients / program), *options]) as client:
        try:
            wait_until(lambda: listens(here), "the tunnel is there")
            yield here
        finally:
            client.terminate()
            server.close()


def listens(port: int) -> bool:
    with suppress(ConnectionRefusedError), socket.create_connection((HOST, port), timeout=10):
        return True
    return False
