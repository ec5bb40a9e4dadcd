"""The command line. Textual is imported only when a screen is really opened."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from .arguments import OPEN, parse, parser

if TYPE_CHECKING:
    from bptui.core.log.log import Log
    from bptui.core.timeline import Timeline


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    gc.disable()  # while modules are imported there is no garbage, but each collection would look for it
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the same bits however many cores there are; a quicker start
    from bptui.core.errors import ExitCode, IncompleteError, InputError

    try:
        return _run(*parse(sys.argv[1:] if arguments is None else arguments))
    except IncompleteError as error:
        return _fail(str(error), ExitCode.INCOMPLETE)
    except InputError as error:
        return _fail(str(error), ExitCode.BAD_INPUT)
    except BrokenPipeError:
        return ExitCode.SIGNAL + signal.SIGPIPE
    except _WritingError as error:
        return _fail(f"bptui: writing failed: {error}", ExitCode.WRITING_FAILED)
    except KeyboardInterrupt:
        return ExitCode.SIGNAL + signal.SIGINT
    except Exception as error:  # never a traceback
        return _fail(f"bptui: a fault in bptui: {type(error).__name__}: {error}", ExitCode.FAULT)


class _WritingError(Exception):
    """Standard output takes no more: the disk is full, or it is closed."""


def _write(lines: Iterable[str]) -> int:
    """Write lines to standard output, to the last byte; returns the exit code 0."""
    if sys.stdout is None:
        raise _WritingError("standard output is closed")
    try:
        for text in lines:
            print(text)
        sys.stdout.flush()
        return 0
    except OSError as error:
        from .terminal import discard

        discard(sys.stdout)
        if isinstance(error, BrokenPipeError):
            raise
        raise _WritingError(error.strerror) from error


def _fail(reason: str, code: int) -> int:
    """Say in one line on standard error what is wrong; returns the exit code."""
    from bptui.core.text import visible

    try:
        if sys.stderr is not None:
            print(visible(reason), file=sys.stderr)
    except OSError:
        from .terminal import discard

        discard(sys.stderr)
    return code


def _run(command: str, options: argparse.Namespace) -> int:
    if options.help:
        return _write([parser(command).format_help().rstrip()])
    return _COMMANDS[command](options)


def _open(options: argparse.Namespace) -> int:
    """Show a scenario or a log; without a file, list those that ship."""
    if options.version:
        from importlib import metadata

        return _write([f"bptui {metadata.version('bptui')}"])
    from bptui.core.errors import InputError

    if options.expr is None and options.file is None:
        return _choose(options)
    from bptui.core.timeline import Timeline

    from . import sources

    if options.expr is not None:
        given = [options.file, *options.values]
        return _show(Timeline(sources.formula(options.expr, given, options.max_memory)), None, options)
    if options.force and not options.record:
        raise InputError("--force goes with --record", file="bptui", hint="leave it out, or name a log")
    if options.values:
        hint = "values go with --expr"
        if not os.path.lexists(options.file):
            hint = f"'{options.file}' is no command: see bptui --help; {hint}"
        raise InputError(f"'{options.values[0]}' is not expected", file="bptui", hint=hint)
    return _show(*sources.timeline_of(options.file, options.max_memory), options)


def _choose(options: argparse.Namespace) -> int:
    """Let the reader choose what to open; where there is no screen, list the scenarios that ship."""
    from bptui.core.errors import InputError

    from . import terminal
    from .settings import read_settings

    for option, given in (("--break", options.breakpoints), ("--watch", options.watches), ("--record", options.record)):
        if given:
            raise InputError(f"{option} goes with a file", file="bptui", hint=f"for instance bptui tanh4 {option} …")
    if options.plain or not terminal.has_screen():
        return _scenarios(options)
    return terminal.open_screen(None, options, read_settings())


def _show(timeline: Timeline, log: Log | None, options: argparse.Namespace) -> int:
    """Open the debugger; plain lines where there is no screen."""
    from bptui.core.errors import ExitCode, InputError

    from . import sources, terminal
    from .settings import read_settings
    from .setup import set_up

    setup = set_up(timeline.scenario, options.breakpoints, options.watches)
    if not options.plain and terminal.has_screen():
        return terminal.open_screen(timeline, options, read_settings(), setup, log)
    if options.record:
        raise InputError("there is no screen to record", file="--record", hint="`bptui record FILE -o LOG` writes all")
    gc.enable()
    from .ascii import to_ascii
    from .plain import plain_lines

    timeline = sources.as_it_ended(timeline, log)
    _write(plain_lines(timeline, setup, to_ascii if options.ascii else str))
    if log is not None and log.problem:
        return _fail(f"{log.path}: {log.problem}", ExitCode.INCOMPLETE)
    return ExitCode.OK if timeline.stopped is None else ExitCode.NOT_FINITE


def _check(options: argparse.Namespace) -> int:
    """Compare every derivative of a scenario with numerical differentiation."""
    from bptui.core.errors import ExitCode, InputError
    from bptui.core.log.begins import is_log

    from . import sources
    from .check import check_lines

    outcome: list[bool] = []
    word = _only(options, "check takes one scenario", "bptui check tanh4")
    if is_log(word):
        raise InputError("is a log", file=word, hint="check takes a scenario; bptui verify takes logs")
    scenario = sources.scenario(word, options.max_memory)
    _write(check_lines(scenario, outcome))
    return ExitCode.OK if all(outcome) else ExitCode.CHECK_FAILED


def _record(options: argparse.Namespace) -> int:
    """Write a run as a log."""
    from bptui.core.errors import ExitCode
    from bptui.core.text import visible

    from .record import STDOUT, record

    gc.enable()
    word = _only(options, "record takes one file", "bptui record tanh4 -o tanh4.bptlog")
    try:
        recording, path, stopped, problem = record(word, options)
    except OSError as error:
        raise _WritingError(error.strerror) from None
    failure = recording.output.failure
    if isinstance(failure, BrokenPipeError):
        raise failure
    if failure is not None:
        after = f"after step {recording.last:,}: {failure.strerror}"
        return _fail(f"bptui: writing failed {after}", ExitCode.WRITING_FAILED)
    if path != STDOUT:
        _write([visible(f"{path}: {recording.said}")])
    if problem:
        return _fail(f"{word}: {problem}", ExitCode.INCOMPLETE)
    return ExitCode.NOT_FINITE if stopped else ExitCode.OK


def _verify(options: argparse.Namespace) -> int:
    """Derive a log again, and say where it differs."""
    from bptui.core.log.log import Log
    from bptui.core.log.verifying.verify import verified

    from .progress import finished

    gc.enable()
    path = _only(options, "verify takes one log", "bptui verify tanh4.bptlog")
    report = finished(verified(Log(path, options.max_memory)), f"verifying {path}")
    _write(report.text())
    return report.exit_code


def _export(options: argparse.Namespace) -> int:
    """Write the steps of a run as a hand-out."""
    from bptui.core.errors import ExitCode

    from .export import export

    gc.enable()
    word = _only(options, "export takes one file", "bptui export tanh4 --to md")
    try:
        text, problem = export(word, options)
    except OSError as error:
        raise _WritingError(error.strerror) from None
    _write(text)
    return _fail(f"{word}: {problem}", ExitCode.INCOMPLETE) if problem else ExitCode.OK


def _scenarios(options: argparse.Namespace) -> int:
    """List the scenarios that ship."""
    from bptui.core.reader import read

    from .sources import shipped

    lines = [f"{name:<12}  {read(path).title}" for name, path in shipped().items()]
    return _write([*lines, "", "Open one by its name: bptui tanh4"])


def _where(options: argparse.Namespace) -> int:
    """Say which files are read and written without being named."""
    from bptui.core.errors import ExitCode

    from .where import where

    lines, problem = where()
    _write(lines)
    return _fail(problem, ExitCode.BAD_INPUT) if problem else ExitCode.OK


def _completion(options: argparse.Namespace) -> int:
    """Write the script for a shell."""
    from bptui.core.errors import InputError

    if options.shell is None:
        hint = "for instance bptui completion bash; there are zsh and fish too"
        raise InputError("completion takes the name of a shell", file="bptui", hint=hint)
    from .completion import completion

    return _write(completion(options.shell))


_COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    OPEN: _open,
    "record": _record,
    "verify": _verify,
    "check": _check,
    "export": _export,
    "scenarios": _scenarios,
    "where": _where,
    "completion": _completion,
}


def _only(options: argparse.Namespace, asks: str, example: str) -> str:
    """The one file that a command takes."""
    from bptui.core.errors import InputError

    if len(options.files) != 1:
        raise InputError(asks, file="bptui", hint=f"for instance {example}")
    file: str = options.files[0]
    return file
