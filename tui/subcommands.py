"""The commands that have a word; what each of them needs is imported late."""

from __future__ import annotations

import argparse
import gc
import importlib.util
import sys
from collections.abc import Callable, Mapping

from .writing import WritingError, fail, write


def _check(options: argparse.Namespace) -> int:
    """Compare every derivative of a scenario with numerical differentiation; or the reader's own with the true ones."""
    from bptui.core.errors import ExitCode, InputError
    from bptui.core.log.begins import is_log

    from . import sources
    from .check import check_lines

    word: str | None = options.scenario
    if word is None:
        raise InputError("check takes one scenario", file="bptui", hint="for instance bptui check tanh4")
    if is_log(word):
        raise InputError("is a log", file=word, hint="check takes a scenario; bptui verify takes logs")
    scenario = sources.scenario(word, options.max_memory)
    if options.gradients is not None:
        from .compared import check_own

        return check_own(scenario, options)
    for option in ("json", "open", "layout", "iteration"):
        if getattr(options, option):
            hint = f"for instance bptui check {word} mine.npz"
            raise InputError(f"--{option} goes with your own gradients", file="bptui", hint=hint)
    outcome: list[bool] = []
    write(check_lines(scenario, outcome))
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
        raise WritingError(error.strerror) from None
    failure = recording.output.failure
    if isinstance(failure, BrokenPipeError):
        raise failure
    if failure is not None:
        after = f"after step {recording.last:,}: {failure.strerror}"
        return fail(f"bptui: writing failed {after}", ExitCode.WRITING_FAILED)
    if path != STDOUT:
        write([visible(f"{path}: {recording.said}")])
    if problem:
        return fail(f"{word}: {problem}", ExitCode.INCOMPLETE)
    return ExitCode.NOT_FINITE if stopped else ExitCode.OK


def _verify(options: argparse.Namespace) -> int:
    """Derive a log again, and say where it differs."""
    from bptui.core.log.log import Log
    from bptui.core.log.verifying.verify import verified

    from .progress import finished

    gc.enable()
    path = _only(options, "verify takes one log", "bptui verify tanh4.bptlog")
    report = finished(verified(Log(path, options.max_memory)), f"verifying {path}")
    write(report.text())
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
        raise WritingError(error.strerror) from None
    write(text)
    return fail(f"{word}: {problem}", ExitCode.INCOMPLETE) if problem else ExitCode.OK


def _serve(options: argparse.Namespace) -> int:
    """Hold a class."""
    from bptui.core.errors import InputError

    doors = {"asyncssh": options.ssh or not options.web, "aiohttp": options.web, "textual_serve": options.web}
    for module, is_needed in doors.items():
        if is_needed and importlib.util.find_spec(module) is None:
            extra = "ssh" if module == "asyncssh" else "web"
            hint = f"pip install 'bptui[{extra}]'"
            raise InputError(f"the package {module} is missing", file="bptui serve", hint=hint)
    if sys.platform == "win32":
        raise InputError("a class cannot be held on Windows", file="bptui serve", hint="Linux or macOS, or WSL")
    from .classroom.serving import serve

    return serve(options)


def _scenarios(options: argparse.Namespace) -> int:
    """List the scenarios that ship."""
    from bptui.core.reader import read

    from .sources import shipped

    lines = [f"{name:<12}  {read(path).title}" for name, path in shipped().items()]
    return write([*lines, "", "Open one by its name: bptui tanh4"])


def _where(options: argparse.Namespace) -> int:
    """Say which files are read and written without being named."""
    from bptui.core.errors import ExitCode

    from .where import where

    lines, problem = where()
    write(lines)
    return fail(problem, ExitCode.BAD_INPUT) if problem else ExitCode.OK


def _completion(options: argparse.Namespace) -> int:
    """Write the script for a shell."""
    from bptui.core.errors import InputError

    if options.shell is None:
        hint = "for instance bptui completion bash; there are zsh and fish too"
        raise InputError("completion takes the name of a shell", file="bptui", hint=hint)
    from .completion import completion

    return write(completion(options.shell))


def _only(options: argparse.Namespace, asks: str, example: str) -> str:
    """The one file that a command takes."""
    from bptui.core.errors import InputError

    if len(options.files) != 1:
        raise InputError(asks, file="bptui", hint=f"for instance {example}")
    file: str = options.files[0]
    return file


SUBCOMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "record": _record,
    "verify": _verify,
    "check": _check,
    "export": _export,
    "serve": _serve,
    "scenarios": _scenarios,
    "where": _where,
    "completion": _completion,
}
"""By their words."""
