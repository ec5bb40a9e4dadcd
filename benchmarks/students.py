"""What classroom.py looks at: `bptui serve`, and a class with a teacher and students, each with the real `ssh`."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from terminals import PATIENCE, Terminal, Terminals

SIZES = ((80, 24), (120, 40), (60, 20), (100, 30))  # columns and rows
PAUSE = 0.25  # seconds between two keys
AT_ONCE = 4  # who join at the same time
ENVIRONMENT = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "PATH": os.environ["PATH"], "OPENBLAS_NUM_THREADS": "1"}
ANSWER = '#!/bin/sh\n: > "$ANSWERED"\nprintf "%s\\n" "$TOKEN"\n'
"""What ssh runs instead of asking for the token; the time of the empty file says when that was."""
SAID = re.compile(rb"-p (\d+) .*token of the class +(\S+).*token of the teacher +(\S+)", re.DOTALL)
MIB = 2**20
TTY_WRITE = ("n_tty_write", "wait_woken")
"""Where the kernel is then."""


class Serve:
    """`bptui serve`, until `close`."""

    def __init__(self, bptui: Path, home: Path, files: Iterable[str]) -> None:
        self.home = home
        self._ssh_answers = home / "answer"
        self._ssh_answers.write_text(ANSWER)
        self._ssh_answers.chmod(0o700)
        argv = [str(bptui), "serve", *files, "--port", "0", "--most", "100"]
        environment = ENVIRONMENT | {"HOME": str(home)}
        with (home / "journal").open("wb") as journal:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=journal,
                env=environment,
                start_new_session=True,  # Ctrl+C is for the benchmark, which ends it
            )
        self.pid = self._process.pid
        try:
            self._begin()
        except BaseException:  # also Ctrl+C
            self.close()
            raise

    def _begin(self) -> None:
        """Wait until the class has begun."""
        found = SAID.search(self._said())
        if found is None:
            sys.exit(f"bptui serve: {(self.home / 'journal').read_text()}")
        self.port, self.tokens = int(found[1]), {"student": found[2].decode(), "teacher": found[3].decode()}
        (self.forker,) = (child.pid for child in psutil.Process(self.pid).children())

    def _said(self) -> bytes:
        """What it says before the class begins."""
        said, stdout = b"", self._process.stdout
        while stdout is not None and (line := stdout.readline()) and b"Ctrl+C" not in line:
            said += line
        return said

    def sessions(self) -> list[int]:
        """The processes of those who are here."""
        return [child.pid for child in psutil.Process(self.forker).children()]

    def join(self, name: str, size: tuple[int, int], role: str = "student", address: str = "127.0.0.1") -> Terminal:
        """Somebody types ssh."""
        options = ("UserKnownHostsFile=/dev/null", "StrictHostKeyChecking=no", "LogLevel=ERROR")
        settings = [word for option in options for word in ("-o", option)]
        argv = ["ssh", "-F", "/dev/null", "-b", address, *settings, "-p", str(self.port), f"{name}@127.0.0.1"]
        asked = {"SSH_ASKPASS": str(self._ssh_answers), "SSH_ASKPASS_REQUIRE": "force", "TOKEN": self.tokens[role]}
        named = {"HOME": str(self.home), "ANSWERED": str(self.home / f"answered-{name}")}
        return Terminal(argv, ENVIRONMENT | asked | named, size)

    def answered(self, name: str) -> float:
        """When the token of somebody was asked for, and answered."""
        ago = time.time() - (self.home / f"answered-{name}").stat().st_mtime
        return time.perf_counter() - ago

    def close(self) -> None:
        """End the class, and with it all sessions."""
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


class Class:
    """A class with a teacher, at `position`; students come, and follow."""

    def __init__(self, bptui: Path, files: Iterable[str]) -> None:
        self.students: list[Terminal] = []
        self.position = 0
        with ExitStack() as made:
            home = Path(made.enter_context(tempfile.TemporaryDirectory()))
            self.serve = made.enter_context(closing(Serve(bptui, home, files)))
            self.terminals = made.enter_context(closing(Terminals()))
            self.teacher = self._join("teacher-1", SIZES[1], "teacher")
            self.terminals.frame(self.teacher, 0)
            self._exits = made.pop_all()

    def close(self) -> None:
        """End all that runs."""
        self._exits.close()

    def _join(self, name: str, size: tuple[int, int], role: str = "student") -> Terminal:
        address = f"127.0.0.{2 + len(self.students) // 40}"  # forty behind one router
        return self.terminals.add(self.serve.join(name, size, role, address))

    def come(self, number: int) -> None:
        """So many students come, some at the same time."""
        numbers = range(len(self.students), len(self.students) + number)
        for first in numbers[::AT_ONCE]:
            together = numbers[first - numbers[0] :][:AT_ONCE]
            group = [self._join(f"student-{n}", SIZES[n % len(SIZES)]) for n in together]
            for each in group:
                self.terminals.frame(each, self.position)
            self.students += group

    def press(self, key: str, pause: float = PAUSE) -> tuple[float, float]:
        """Milliseconds from the teacher's key to the last follower's whole frame, and to the last byte until a pause.

        Where that is, is what the teacher's own screen says.
        """
        before = self.position
        for each in self.students:
            each.mark = len(each.written)
        pressed = self.teacher.press(key)
        self.terminals.read(pause)
        self.terminals.wait(lambda: self.teacher.position() not in (None, before), f"{key!r} has moved the teacher")
        self.position = self.teacher.position() or 0
        frames = [self.terminals.frame(each, self.position) for each in self.students]
        last = max(each.last for each in self.students)
        return (max(frames) - pressed) * 1e3, (last - pressed) * 1e3


@dataclass(frozen=True)
class Memory:
    """Of some processes, in MiB: the share of each in what they have in memory, and what is each one's alone."""

    processes: int
    shares: float
    alone: float
    resident: float
    descriptors: int


def memory(pids: Iterable[int]) -> Memory:
    """What processes have; one that ends meanwhile has nothing."""
    processes = shares = alone = resident = descriptors = 0
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            full, opened = process.memory_full_info(), process.num_fds()
            processes, descriptors = processes + 1, descriptors + opened
            shares, alone, resident = shares + full.pss, alone + full.uss, resident + full.rss
    return Memory(processes, shares / MIB, alone / MIB, resident / MIB, descriptors)


def processor(pids: Iterable[int]) -> dict[int, float]:
    """Milliseconds of processor time that each has used until now."""
    used = {}
    for pid in pids:
        with suppress(OSError):
            tasks = Path(f"/proc/{pid}/task").iterdir()
            used[pid] = sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6
    return used


def spent(before: dict[int, float]) -> float:
    """Milliseconds of processor time that those who are still there have used since."""
    return sum(now - before[pid] for pid, now in processor(before).items())


def is_held_up(pid: int) -> bool:
    """Whether a process waits for its terminal to take what it writes."""
    with suppress(OSError):
        return any((task / "wchan").read_text() in TTY_WRITE for task in Path(f"/proc/{pid}/task").iterdir())
    return False


Row = tuple[str, str, str, str]
"""What is measured, what was found, what is to reach, and whether it is."""


def bounded(title: str, value: float, bound: float, *, at_most: bool = True) -> Row:
    """A row with a bound."""
    reached = value <= bound if at_most else value >= bound
    return title, f"{value:.1f}", f"at {'most' if at_most else 'least'} {bound}", "yes" if reached else "no"
