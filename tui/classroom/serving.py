"""`bptui serve FILE…`: a class over SSH, in the browser, or both."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bptui.core.errors import ExitCode, InputError
from bptui.core.text import visible
from bptui.core.timeline import Timeline

from ..writing import fail, write

if TYPE_CHECKING:  # the front doors have extras of their own
    import asyncssh

    from .forking import Child, Forker
    from .school import School

MOST = 200
"""Students in the largest class."""
_MINUTE = 60.0
_EVERYWHERE = ("", "0.0.0.0", "::")


def serve(options: argparse.Namespace) -> int:
    """Hold a class until it is ended; returns the exit code."""
    if options.most > MOST:
        raise InputError(f"--most is {options.most}", file="bptui serve", hint=f"{MOST} students at the most")
    files = _files(options)
    _import_all()
    from .forking import Forker

    for timeline in files:
        timeline.chapter(1)  # what each session needs first is at hand in all
    sockets = _sockets(options)
    forker = Forker(partial(_children, files))
    gc.enable()
    return asyncio.run(_hold(options, files, sockets, forker))


def _children(files: Sequence[Timeline]) -> dict[str, Child]:
    """What the forker's children run."""
    from .caps import strip
    from .prepared import prepared
    from .scribe import scribe
    from .session import session

    strip()
    return {"session": partial(session, prepared(files)), "recorder": partial(scribe, files)}


def _files(options: argparse.Namespace) -> list[Timeline]:
    """The runs that are served; InputError where one cannot be."""
    from bptui.core.log.begins import is_log

    from .. import sources

    if not options.files:
        raise InputError("serve takes one scenario or more", file="bptui", hint="for instance bptui serve tanh4")
    for word in options.files:
        if is_log(word):
            raise InputError("is a log", file=word, hint="serve takes scenarios; bptui opens logs")
    return [Timeline(sources.scenario(word, options.max_memory)) for word in options.files]


def _import_all() -> None:
    """Import all that a session may need, so that it has it from birth; the front doors are of the server alone."""
    import importlib
    import pkgutil

    from .. import terminal

    terminal.prepare(remote=True)
    import bptui.core
    import bptui.tui

    for package in (bptui.core, bptui.tui):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith("bptui.tui.classroom."):
                importlib.import_module(module.name)


def _sockets(options: argparse.Namespace) -> dict[str, socket.socket]:
    """The sockets of the front doors, by their names."""
    from .sockets import listening

    made = {}
    for door, is_wanted, port in (
        ("ssh", options.ssh or not options.web, options.port),
        ("web", options.web, options.web_port),
    ):
        if is_wanted:
            try:
                made[door] = listening(options.host, port)
            except OSError as error:
                where = f"{options.host}:{port}"
                hint = "choose another with --port, --web-port or --host"
                raise InputError(f"cannot listen: {error.strerror}", file=visible(where), hint=hint) from None
    return made


async def _hold(
    options: argparse.Namespace, files: Sequence[Timeline], sockets: Mapping[str, socket.socket], forker: Forker
) -> int:
    """Open the doors, and close them when the class is over."""
    from .journal import Journal
    from .limits import Limits
    from .school import School
    from .tokens import Tokens

    tokens, student, teacher = Tokens.made(time.monotonic(), options.hours * 3600.0)
    record = os.path.abspath(options.record) if options.record else ""
    journal = Journal(sys.stderr)
    school = School(forker, len(files), tokens, Limits(time.monotonic), journal, most=options.most, record=record)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: journal.event("fault", what=type(context.get("exception")).__name__))
    logging.getLogger("asyncio").setLevel(logging.CRITICAL + 1)  # the journal has a line for each event
    over: asyncio.Future[int] = loop.create_future()
    _end_on_signals(over)
    doors: list[asyncio.Task[None]] = []
    key = None
    try:
        if "ssh" in sockets:
            from .hostkey import host_key, host_key_path

            key = host_key(host_key_path())
        if problem := await school.begin():
            return fail(problem, ExitCode.BAD_INPUT)
        if "ssh" in sockets and key is not None:
            from .ssh import serve_ssh

            doors.append(asyncio.create_task(serve_ssh(school, sockets["ssh"], key)))
        if "web" in sockets:
            from .web import serve_web

            doors.append(asyncio.create_task(serve_web(school, sockets["web"], options.host)))
        write(said(files, options.host, sockets, key, student, teacher))
        journal.event("class", files=len(files), most=options.most)
        return await _until(over, doors, school, options.hours * 3600.0)
    finally:
        for door in doors:
            door.cancel()
        await asyncio.gather(*doors, return_exceptions=True)
        await school.close()
        if doors:
            journal.event("over")
        journal.close()


def _end_on_signals(over: asyncio.Future[int]) -> None:
    def end(number: int) -> None:
        if not over.done():
            over.set_result(ExitCode.SIGNAL + number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, end, number)


async def _until(over: asyncio.Future[int], doors: Sequence[asyncio.Task[None]], school: School, seconds: float) -> int:
    """Wait until the class is ended, or its time is over; a door that fails ends it. Returns the exit code."""
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        waited: set[asyncio.Future[Any]] = {over, school.forker_ended, *doors}
        done, _ = await asyncio.wait(waited, timeout=min(left, _MINUTE), return_when=asyncio.FIRST_COMPLETED)
        for door in doors:
            if door in done:
                door.result()
        if over in done:
            return over.result()
        if school.forker_ended in done:
            raise RuntimeError("the process that begins sessions has ended")
        school.end_idle()
    return ExitCode.WRITING_FAILED if school.failure else ExitCode.OK


def said(
    files: Sequence[Timeline],
    host: str,
    sockets: Mapping[str, socket.socket],
    key: asyncssh.SSHKey | None,
    student: str,
    teacher: str,
) -> list[str]:
    """What the teacher is told: how to join, the tokens, and by what the host is known."""
    names = ", ".join(visible(Path(timeline.scenario.file).stem) for timeline in files)
    where = socket.gethostname() if host in _EVERYWHERE else host
    lines = [f"a class with {names}", ""]
    if "ssh" in sockets and key is not None:
        from .hostkey import fingerprint

        port = sockets["ssh"].getsockname()[1]
        lines += [f"students   ssh -p {port} class@{where}", f"teacher    ssh -p {port} teacher@{where}"]
        lines += [f"host key   {fingerprint(key)}", ""]
    if "web" in sockets:
        shown = f"[{where}]" if ":" in where else where
        lines += [f"browser    http://{shown}:{sockets['web'].getsockname()[1]}/", ""]
    lines += [f"token of the class     {student}", f"token of the teacher   {teacher}", ""]
    return [*lines, "Ctrl+C ends the class. What happens is told below."]
