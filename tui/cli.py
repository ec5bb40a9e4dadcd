"""The command line. Textual is imported only when a screen is really opened."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .arguments import OPEN, parse, parser
from .subcommands import SUBCOMMANDS
from .writing import WritingError, fail, write

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
        return fail(str(error), ExitCode.INCOMPLETE)
    except InputError as error:
        return fail(str(error), ExitCode.BAD_INPUT)
    except BrokenPipeError:
        return ExitCode.SIGNAL + signal.SIGPIPE
    except WritingError as error:
        return fail(f"bptui: writing failed: {error}", ExitCode.WRITING_FAILED)
    except KeyboardInterrupt:
        return ExitCode.SIGNAL + signal.SIGINT
    except Exception as error:  # never a traceback
        return fail(f"bptui: a fault in bptui: {type(error).__name__}: {error}", ExitCode.FAULT)


def _run(command: str, options: argparse.Namespace) -> int:
    if options.help:
        return write([parser(command).format_help().rstrip()])
    return _open(options) if command == OPEN else SUBCOMMANDS[command](options)


def _open(options: argparse.Namespace) -> int:
    """Show a scenario or a log; without a file, list those that ship."""
    if options.version:
        from importlib import metadata

        return write([f"bptui {metadata.version('bptui')}"])
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
        return SUBCOMMANDS["scenarios"](options)
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
    write(plain_lines(timeline, setup, to_ascii if options.ascii else str))
    if log is not None and log.problem:
        return fail(f"{log.path}: {log.problem}", ExitCode.INCOMPLETE)
    return ExitCode.OK if timeline.stopped is None else ExitCode.NOT_FINITE
