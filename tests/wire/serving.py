"""A real class: `bptui serve` in a process of its own, and the command lines of those who join it with the real ssh."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Self

import asyncssh
from needs import needs
from wire.command import PATH
from wire.frontdoor import ANSWER, HOST
from wire.terminal import Terminal

PATIENCE = 60.0
"""Seconds that a condition may take to come true; the machine may be busy."""
RESTORED = {7, 25}
"""The modes of a fresh terminal: lines wrap, the cursor is shown; no mouse, no pasting, no alternate screen."""
KEEPER = [sys.executable, str(Path(__file__).with_name("keeper.py"))]
MAIN = "import sys\nfrom bptui.tui.cli import main\nsys.exit(main(sys.argv[1:]))\n"
ON_Y = """
from bptui.tui.classroom.lesson import Lesson

def action_do(self, name, otherwise=Lesson.action_do):
    if name == "copy":
        {}
    else:
        otherwise(self, name)

Lesson.action_do = action_do
"""
"""Python that makes a session do something when its reader types y."""
CLOCK = """
import time, types
from pathlib import Path
from bptui.tui.classroom import school, seat, serving

def monotonic(began=time.monotonic()):
    return began + float(Path("hours").read_text()) * 3600

for module in (school, seat, serving):
    module.time = types.SimpleNamespace(monotonic=monotonic)
serving._MINUTE = 0.1
"""
"""Python that makes the server's clock stand where the file `hours` says; connections keep the real one."""
JUST_NOW = """
from bptui.tui.classroom.app import ClassApp
from bptui.tui.classroom.steps import Noted

def hear(self, message, otherwise=ClassApp._hear):
    due = self.screen_stack[0].ahead._due
    if isinstance(message, Noted) and due is not None:
        due._callback(*due._args)
    otherwise(self, message)

ClassApp._hear = hear
"""
"""Python that makes a follower's time to draw the next frame come just before a note is heard."""


def wait_until(is_so: Callable[[], object], what: str = "", timeout: float = PATIENCE) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + timeout
    while not is_so():
        assert time.monotonic() < deadline, f"waited {timeout} s until {what or is_so}"
        time.sleep(0.02)


class Process(NamedTuple):
    """A process as `ps` tells of it; one without a terminal has `tty` "?", or "??" on macOS."""

    pid: int
    parent: int
    tty: str
    state: str


def processes() -> list[Process]:
    """All processes that run; one that is dead and waits to be asked how it ended does not."""
    told = [needs("ps"), "-A", "-o", "pid=,ppid=,tty=,stat="]
    lines = subprocess.run(told, check=True, capture_output=True, text=True, timeout=30).stdout.splitlines()
    parts = [line.split() for line in lines]
    rows = [Process(int(pid), int(parent), tty, state) for pid, parent, tty, state in parts]
    return [row for row in rows if not row.state.startswith("Z")]


class Serving:
    """`bptui serve` with these arguments, from the making until `close`; `before` is Python that runs first in it.

    `folder` is where it runs, and its HOME; `said` is what it prints, `journal` what it tells of the class.
    """

    def __init__(self, folder: Path, *arguments: str, before: str = "") -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self._clients = folder / "clients"
        self._clients.mkdir()
        self.at(0)
        argv = [sys.executable, "-c", before + MAIN] if before else ["bptui"]
        environment = {"PATH": PATH, "HOME": str(folder), "LANG": "C.UTF-8"}
        with (folder / "said").open("wb") as said, (folder / "journal").open("wb") as journal:
            self.process = subprocess.Popen(
                [*argv, "serve", *(arguments or ("tanh4",)), "--port", "0"],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=journal,
                cwd=folder,
                env=environment,
                start_new_session=True,
            )
        self._seen = {self.process.pid}
        try:
            wait_until(lambda: "Ctrl+C ends" in self.said or self.process.poll() is not None, "the class has begun")
            self.port = self._told(r"-p (\d+) class@")
        except BaseException:
            self.close()
            raise
        self.fingerprint = self._told(r"host key +(\S+)")
        self.tokens = {role: self._told(rf"token of the {role} +(\S+)") for role in ("class", "teacher")}
        (self._clients / "answer").write_text(ANSWER)
        (self._clients / "answer").chmod(0o700)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def said(self) -> str:
        return (self.folder / "said").read_text()

    @property
    def journal(self) -> str:
        return (self.folder / "journal").read_text()

    def _told(self, pattern: str) -> str:
        found = re.search(pattern, self.said)
        assert found, f"it said: {self.said}{self.journal}"
        return found[1]

    # ---- its processes

    def family(self) -> list[Process]:
        """The server, the forker, and its children, as far as they run, also those whose parents do not."""
        running = processes()
        before = 0
        while len(self._seen) > before:
            before = len(self._seen)
            self._seen |= {each.pid for each in running if each.parent in self._seen}
        return [each for each in running if each.pid in self._seen]

    @property
    def forker(self) -> int:
        """The one child of the server."""
        (pid,) = (each.pid for each in self.family() if each.parent == self.process.pid)
        return pid

    def sessions(self) -> list[int]:
        """The children of the forker that have a terminal, the first that came first."""
        return sorted(each.pid for each in self.family() if each.parent == self.forker and each.tty.strip("?"))

    def recorder(self) -> int:
        """The child of the forker that has none."""
        (pid,) = (each.pid for each in self.family() if each.parent == self.forker and not each.tty.strip("?"))
        return pid

    def signal(self, number: int) -> None:
        """Send a signal to the server as its terminal does; who belongs to it is looked up before."""
        self.family()
        os.killpg(self.process.pid, number)

    def at(self, hours: float) -> None:
        """Set the clock of a server that runs with CLOCK."""
        (self.folder / "hours.new").write_text(str(hours))
        (self.folder / "hours.new").replace(self.folder / "hours")

    def wait_exit(self) -> int:
        """Wait for the end of the server; the exit code, or -n after signal n."""
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        """End the server, and then whatever is left of it."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for each in self.family():
            os.kill(each.pid, signal.SIGKILL)

    # ---- who joins

    def argv(self, user: str) -> list[str]:
        """What somebody types to join."""
        options = {
            "UserKnownHostsFile": self._clients / "known",
            "StrictHostKeyChecking": "accept-new",
            "LogLevel": "ERROR",
        }
        settings = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        return [needs("ssh"), "-F", "/dev/null", *settings, "-p", str(self.port), f"{user}@{HOST}"]

    def env(self, token: str, name: str = "") -> dict[str, str]:
        """The environment in which ssh knows a token, and the name of somebody who joins as class or teacher."""
        asked = {"SSH_ASKPASS": str(self._clients / "answer"), "SSH_ASKPASS_REQUIRE": "force"}
        return {**asked, "TOKEN": token, "NAME": name}

    def join(
        self,
        terminal: Callable[..., Terminal],
        name: str,
        role: str = "class",
        *,
        is_kept: bool = False,
        shows: str = "",
        **size: int,
    ) -> Terminal:
        """Somebody joins in a terminal that stays open if it `is_kept`; returns when it shows the class, or a text."""
        argv, env = self.argv(role), self.env(self.tokens[role], name)
        client = terminal([*(KEEPER if is_kept else ()), *argv], env=env, **size)
        client.wait_for(shows or ("you lead" if role == "teacher" else "following"), PATIENCE)
        return client

    async def connect(self, user: str) -> asyncssh.SSHClientConnection:
        """A student's client that can do what the program cannot."""
        return await asyncssh.connect(
            HOST,
            self.port,
            username=user,
            password=self.tokens["class"],
            known_hosts=None,
            config=None,
            client_keys=None,
            agent_path=None,
            gss_host=None,
        )
