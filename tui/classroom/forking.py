"""The forker: a process without threads, in which no event loop runs; its children are the sessions and the recorder.

It has imported everything and read the files before the server begins, so a child costs little and starts at once.
"""

from __future__ import annotations

import os
import resource
import selectors
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import NoReturn

import msgspec

PATIENCE = 3.0
"""Seconds that a session has to end after it was told to."""
LONGER = 20.0
"""Seconds that the recorder has, once the server has gone."""
_AT_ONCE = 1 << 16
_READY = b"\n"
_MOST_FILES = 1 << 16
"""Descriptors that are looked for to be closed, where the limit is higher."""

Child = Callable[[Mapping[str, object], Sequence[int]], int]
"""What runs in a child: from what it was asked for with, and its descriptors, to its exit code."""


class Begin(msgspec.Struct, frozen=True, array_like=True, tag="begin"):
    """Fork a child of this number and kind; so many descriptors come along."""

    number: int
    kind: str
    words: dict[str, object]
    descriptors: int


class End(msgspec.Struct, frozen=True, array_like=True, tag="end"):
    """End a child."""

    number: int


class Ended(msgspec.Struct, frozen=True, array_like=True, tag="ended"):
    """A child has ended; `status` is as `os.waitstatus_to_exitcode` gives it."""

    number: int
    status: int


_encode = msgspec.json.Encoder().encode
_requests = msgspec.json.Decoder(Begin | End)
_reports = msgspec.json.Decoder(Ended)


# ---- the server's side


class Forker:
    """The server's way to the forker, which is a child of its process; it must be made before any thread is.

    What its children run, by kind, is made in it by `prepare`; RuntimeError where that fails.
    """

    def __init__(self, prepare: Callable[[], Mapping[str, Child]]) -> None:
        self.socket, theirs = socket.socketpair()
        self._made = 0
        self._rest = b""
        self.pid = os.fork()
        if self.pid == 0:
            self.socket.close()
            _serve(theirs, prepare)
        theirs.close()
        if self.socket.recv(len(_READY)) != _READY:
            self.close()
            raise RuntimeError("what the sessions run could not be made")

    def begin(self, kind: str, words: Mapping[str, object], descriptors: Sequence[int]) -> int:
        """Fork a child, which gets these descriptors; returns its number. OSError where the forker has gone."""
        self._made += 1
        socket.send_fds(
            self.socket, [_encode(Begin(self._made, kind, dict(words), len(descriptors))) + b"\n"], descriptors
        )
        return self._made

    def end(self, number: int) -> None:
        """Tell a child to end; it is killed where it does not."""
        with suppress(OSError):
            self.socket.send(_encode(End(number)) + b"\n")

    def ended(self) -> list[Ended] | None:
        """The next children that have ended; None where the forker itself has. Waits, unless the socket does not."""
        data = self.socket.recv(_AT_ONCE)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [_reports.decode(each) for each in lines] if data else None

    def close(self) -> None:
        """End the forker, and with it what is left of its children; waits for it."""
        self.socket.close()
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


# ---- the forker's side


def _serve(line: socket.socket, prepare: Callable[[], Mapping[str, Child]]) -> NoReturn:
    try:
        os.setsid()  # what the terminal of the server sends is for the server
        os.closerange(3, line.fileno())  # or a door would be open for as long as any child lives
        os.closerange(line.fileno() + 1, _most_files())
        children = prepare()
        line.sendall(_READY)
        _Nursery(line, children).run()
    finally:
        os._exit(0)


def _most_files() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST_FILES if soft == resource.RLIM_INFINITY else min(soft, _MOST_FILES)


class _Nursery:
    """The children: by their process, the number, and when they are killed if they have been told to end."""

    def __init__(self, line: socket.socket, children: Mapping[str, Child]) -> None:
        self._line = line
        self._children = children
        self._numbers: dict[int, int] = {}
        self._deadlines: dict[int, float] = {}
        self._kinds: dict[int, str] = {}
        self._rest = b""
        self._descriptors: list[int] = []
        self._wakes, self._wake = socket.socketpair()

    def run(self) -> None:
        """Do what is asked until the server has gone, or something fails; then end all."""
        for each in (self._wakes, self._wake, self._line):
            each.setblocking(False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # it ends with the server
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._wakes, selectors.EVENT_READ)
            selector.register(self._line, selectors.EVENT_READ)
            try:
                while self._heard():
                    selector.select(self._until_deadline())
                    self._tidy()
            finally:
                selector.unregister(self._line)
                self._end_all()
                while self._numbers:
                    selector.select(self._until_deadline())
                    self._tidy()

    def _heard(self) -> bool:
        """Do all that is asked; False where the server has gone."""
        while True:
            try:
                data, descriptors, _, _ = socket.recv_fds(self._line, _AT_ONCE, 64)
            except BlockingIOError:
                return True
            except OSError:
                return False
            if not data:
                return False
            self._descriptors += descriptors
            *lines, self._rest = (self._rest + data).split(b"\n")
            for each in lines:
                self._do(_requests.decode(each))

    def _do(self, request: Begin | End) -> None:
        if isinstance(request, End):
            for pid, number in self._numbers.items():
                if number == request.number:
                    self._end(pid, PATIENCE)
            return
        descriptors = self._descriptors[: request.descriptors]
        del self._descriptors[: request.descriptors]
        try:
            pid = os.fork()
        except OSError:  # there is no room for another process
            self._report(request.number, 1)
        else:
            if pid == 0:
                self._become(request, descriptors)
            self._numbers[pid], self._kinds[pid] = request.number, request.kind
        for descriptor in descriptors:
            os.close(descriptor)

    def _become(self, request: Begin, descriptors: Sequence[int]) -> NoReturn:
        """Be the child: with nothing of the forker's but memory."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            for each in (self._line, self._wakes, self._wake):
                each.close()
            status = self._children[request.kind](request.words, descriptors)
        finally:
            os._exit(status)

    def _end_all(self) -> None:
        """The recorder ends by itself when it has written all; the others lose their terminals, and are told."""
        for pid, kind in self._kinds.items():
            if kind == "recorder":
                self._deadlines[pid] = time.monotonic() + LONGER
            else:
                self._end(pid, PATIENCE)

    def _end(self, pid: int, patience: float) -> None:
        os.kill(pid, signal.SIGTERM)
        self._deadlines.setdefault(pid, time.monotonic() + patience)

    def _until_deadline(self) -> float | None:
        return max(min(self._deadlines.values()) - time.monotonic(), 0.0) if self._deadlines else None

    def _tidy(self) -> None:
        """Kill whose time is over, and report who has ended."""
        with suppress(BlockingIOError):
            self._wakes.recv(4096)
        now = time.monotonic()
        for pid in [pid for pid, deadline in self._deadlines.items() if deadline <= now]:
            del self._deadlines[pid]
            os.kill(pid, signal.SIGKILL)
        while self._numbers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            number = self._numbers.pop(pid)
            del self._kinds[pid]
            self._deadlines.pop(pid, None)
            self._report(number, os.waitstatus_to_exitcode(status))

    def _report(self, number: int, status: int) -> None:
        self._line.setblocking(True)  # the server is to hear of each
        with suppress(OSError):  # it has gone
            self._line.sendall(_encode(Ended(number, status)) + b"\n")
        self._line.setblocking(False)
