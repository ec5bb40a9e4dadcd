"""The command line. Textual is imported only when a screen is really opened."""

from __future__ import annotations

import argparse
import gc
import json
import os
import re
import signal
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from bptui.core.scenario import Scenario


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    gc.disable()  # while modules are imported there is no garbage, but each collection would look for it
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the same bits however many cores there are; a quicker start
    from bptui.core.errors import ExitCode, InputError

    try:
        return _run(_parser().parse_intermixed_args(arguments))
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


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        from bptui.core.errors import InputError

        raise InputError(message, file="bptui", hint="see bptui --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="bptui", description="Step through backpropagation, forward and backward.", add_help=False)
    parser.add_argument(
        "file",
        nargs="?",
        help="a scenario: a file or a name; 'scenarios' lists those that ship; 'check FILE' checks its derivatives",
    )
    parser.add_argument("values", nargs="*", metavar="name=value", help="with --expr: the values of its variables")
    parser.add_argument("--expr", metavar="FORMULA", help='a formula given on the spot: bptui --expr "sin(x^2)" x=1.5')
    parser.add_argument(
        "--break",
        dest="breakpoints",
        metavar="CONDITION",
        action="append",
        default=[],
        help='a breakpoint: u3, "|product| < 1e-4", "loss < 0.1"; may be given again',
    )
    parser.add_argument(
        "--watch", dest="watches", metavar="WHAT", action="append", default=[], help="a watch: loss, W2, norm(δ3)"
    )
    parser.add_argument("--plain", action="store_true", help="plain lines, also where a screen could be opened")
    parser.add_argument(
        "--max-memory", metavar="SIZE", type=_memory, default=1 << 30, help="refuse what needs more (1GiB)"
    )
    parser.add_argument("-h", "--help", action="store_true", help="say this")
    parser.add_argument("--version", action="store_true", help="say which version this is")
    return parser


def _run(options: argparse.Namespace) -> int:
    if options.help:
        return _write([_parser().format_help().rstrip()])
    if options.version:
        from importlib import metadata

        return _write([f"bptui {metadata.version('bptui')}"])
    if options.expr is not None:
        return _show(_formula(options.expr, [options.file, *options.values], options.max_memory), options)
    if options.file is None or options.file == "scenarios":
        return _list_scenarios()
    if options.file == "check":
        return _check(options)
    if options.values:
        from bptui.core.errors import InputError

        hint = "values go with --expr"
        if not os.path.lexists(options.file):
            hint = f"'{options.file}' is no command: check FILE, scenarios; {hint}"
        raise InputError(f"'{options.values[0]}' is not expected", file="bptui", hint=hint)
    return _show(_scenario(options.file, options.max_memory), options)


def _check(options: argparse.Namespace) -> int:
    """Compare every derivative of a scenario with numerical differentiation."""
    from bptui.core.errors import ExitCode, InputError

    if len(options.values) != 1:
        raise InputError("check takes one scenario", file="bptui", hint="for instance bptui check tanh4")
    from .check import check_lines

    outcome: list[bool] = []
    _write(check_lines(_scenario(options.values[0], options.max_memory), outcome))
    return ExitCode.OK if all(outcome) else ExitCode.CHECK_FAILED


def _show(scenario: Scenario, options: argparse.Namespace) -> int:
    """Open the debugger; plain lines where there is no screen."""
    from bptui.core.errors import ExitCode
    from bptui.core.timeline import Timeline

    from . import terminal
    from .setup import set_up

    timeline = Timeline(scenario)
    setup = set_up(scenario, options.breakpoints, options.watches)
    if not options.plain and terminal.has_screen():
        return terminal.open_screen(timeline, setup)
    gc.enable()
    from .plain import plain_lines

    _write(plain_lines(timeline, setup))
    return ExitCode.OK if timeline.stopped is None else ExitCode.NOT_FINITE


def _memory(text: str) -> int:
    """Bytes, as 500000000, 512MiB or 2GiB."""
    match = re.fullmatch(r"(\d{1,12})(B|KiB|MiB|GiB)?", text)
    if not match:
        raise argparse.ArgumentTypeError(f"'{text[:20]}' is no size; for instance 512MiB or 2GiB")
    return int(match[1]) << {"B": 0, "KiB": 10, "MiB": 20, "GiB": 30}[match[2] or "B"]


def _scenario(word: str, max_memory: int) -> Scenario:
    """The scenario of this file; else the shipped one of this name."""
    from bptui.core.errors import InputError, did_you_mean
    from bptui.core.reader import read

    if os.path.lexists(word):
        return read(word, max_memory)
    shipped = _shipped()
    if word in shipped:
        return read(shipped[word], max_memory)
    hint = did_you_mean(word, shipped) if os.sep not in word else "`bptui scenarios` lists those that ship"
    raise InputError("there is no such file", file=word, hint=hint)


def _formula(expression: str, values: Sequence[str | None], max_memory: int) -> Scenario:
    """The scenario of a formula given on the spot, and its values as name=value."""
    from bptui.core.errors import InputError
    from bptui.core.reader import parse
    from bptui.core.tokens import NAME

    lines = [
        "program = " + json.dumps(expression if re.match(rf"\s*{NAME}\s*=", expression) else f"z = {expression}"),
        "[input]",
    ]
    for text in filter(None, values):
        name, sign, value = text.partition("=")
        if not sign or "\n" in text:
            raise InputError(f"'{text}' is not name=value", file="--expr", hint="for instance x=1.5")
        lines.append(f"{json.dumps(name.strip())} = {value}")
    return parse("\n".join(lines), "--expr", max_memory)


def _list_scenarios() -> int:
    from bptui.core.reader import read

    lines = [f"{name:<12}  {read(path).title}" for name, path in _shipped().items()]
    return _write([*lines, "", "Open one by its name: bptui tanh4"])


def _shipped() -> dict[str, Path]:
    """The scenarios that ship, by name."""
    import bptui.scenarios

    folders = map(Path, bptui.scenarios.__path__)
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.toml"))}
