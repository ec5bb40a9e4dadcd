"""The words of the command line: which command is meant, and what each of them takes."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from .palettes import THEME_NAMES

FORMATS = ("md", "tex", "html", "svg", "csv")
"""What `bptui export` writes."""
SHELLS = ("bash", "zsh", "fish")
"""What `bptui completion` writes scripts for."""

OPEN = ""
"""The command that has no word: open a file."""
_TAKE_A_VALUE = (
    *("--expr", "--break", "--watch", "--theme", "--max-memory", "--record"),
    *("--every", "--to", "--steps", "-o", "--layout", "--iteration"),
    *("--host", "--port", "--web-port", "--most", "--hours"),
)


def parse(arguments: Sequence[str]) -> tuple[str, argparse.Namespace]:
    """The command that is meant, and its options; InputError where they are none."""
    command, rest = _command(list(arguments))
    return command, parser(command).parse_intermixed_args(rest)


def parser(command: str) -> argparse.ArgumentParser:
    """What a command takes."""
    about, add = _COMMANDS[command]
    made = _Parser(prog=f"bptui {command}".rstrip(), description=about, add_help=False)
    add(made)
    made.add_argument(
        "--max-memory", metavar="SIZE", type=_memory, default=1 << 30, help="refuse what needs more (1GiB)"
    )
    made.add_argument("-h", "--help", action="store_true", help="say this")
    if command == OPEN:
        made.add_argument("--version", action="store_true", help="say which version this is")
        made.epilog = "Commands, each with a --help of its own: " + ", ".join(WORDS) + "."
    return made


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        from bptui.core.errors import InputError

        raise InputError(message, file="bptui", hint=f"see {self.prog} --help")


def _command(arguments: list[str]) -> tuple[str, list[str]]:
    """The first word that is neither an option nor the value of one, if it is a command; and the others."""
    at = 0
    while at < len(arguments):
        word = arguments[at]
        if word == "--expr" or word.startswith("--expr="):
            break
        if word in _COMMANDS and word != OPEN:
            return word, arguments[:at] + arguments[at + 1 :]
        if not word.startswith("-"):
            break
        at += 2 if word in _TAKE_A_VALUE else 1
    return OPEN, arguments


def _open(made: argparse.ArgumentParser) -> None:
    made.add_argument("file", nargs="?", help="a scenario or a log: a file, or the name of a scenario that ships")
    made.add_argument("values", nargs="*", metavar="name=value", help="with --expr: the values of its variables")
    made.add_argument("--expr", metavar="FORMULA", help='a formula given on the spot: bptui --expr "sin(x^2)" x=1.5')
    made.add_argument(
        "--break",
        dest="breakpoints",
        metavar="CONDITION",
        action="append",
        default=[],
        help='a breakpoint: u3, "|product| < 1e-4", "loss < 0.1"; may be given again',
    )
    made.add_argument(
        "--watch", dest="watches", metavar="WHAT", action="append", default=[], help="a watch: loss, W2, norm(δ3)"
    )
    made.add_argument("--plain", action="store_true", help="plain lines, also where a screen could be opened")
    made.add_argument("--record", metavar="LOG", help="record the session, as r does; LOG is a new file")
    made.add_argument("--force", action="store_true", help="with --record: over a file that is there")
    _screen(made)


def _screen(made: argparse.ArgumentParser) -> None:
    made.add_argument("--theme", choices=THEME_NAMES, metavar="NAME", help=f"the colours: {', '.join(THEME_NAMES)}")
    made.add_argument("--ascii", action="store_true", help="signs that every terminal and font has")
    made.add_argument("--mouse", action=argparse.BooleanOptionalAction, help="whether the screen listens to the mouse")


def _check(made: argparse.ArgumentParser) -> None:
    made.add_argument("scenario", nargs="?", metavar="FILE", help="a scenario")
    made.add_argument(
        "gradients", nargs="?", metavar="GRADIENTS", help="your own gradients of it: .npz, .npy, .csv, .json or .toml"
    )
    one = made.add_mutually_exclusive_group()
    one.add_argument("--plain", action="store_true", help="with GRADIENTS: a table of all steps")
    one.add_argument("--json", action="store_true", help="with GRADIENTS: all steps as JSON")
    one.add_argument("--open", action="store_true", help="with GRADIENTS: the debugger, at the first wrong step")
    made.add_argument(
        "--layout",
        metavar="WORDS",
        help="how your arrays lie: columns or rows are examples, weights as-here, transposed",
    )
    made.add_argument("--iteration", metavar="K", type=_count, default=None, help="of which iteration they are (1)")
    _screen(made)


def _record(made: argparse.ArgumentParser) -> None:
    made.add_argument("files", nargs="*", metavar="FILE", help="a scenario, or a log, whose copy this makes")
    made.add_argument("-o", dest="output", metavar="LOG", help="the new log; '-' is standard output; else FILE.bptlog")
    made.add_argument("--full", action="store_true", help="every cell of large arrays too")
    made.add_argument(
        "--every", metavar="K", type=_count, default=None, help="only iterations 1, 1 + K, …, and the last"
    )
    made.add_argument("--force", action="store_true", help="over a file that is there")


def _export(made: argparse.ArgumentParser) -> None:
    made.add_argument("files", nargs="*", metavar="FILE", help="a scenario or a log")
    made.add_argument("--to", dest="format", choices=FORMATS, help="what to write")
    made.add_argument("--steps", metavar="A:B", default="", help="these steps only; svg shows one, the last")
    made.add_argument("-o", dest="output", metavar="FILE", help="a new file; else standard output")
    made.add_argument("--force", action="store_true", help="over a file that is there")


def _completion(made: argparse.ArgumentParser) -> None:
    made.add_argument("shell", nargs="?", choices=SHELLS, help=f"the shell: {', '.join(SHELLS)}")


def _serve(made: argparse.ArgumentParser) -> None:
    made.add_argument("files", nargs="*", metavar="FILE", help="the scenarios of the class; it begins with the first")
    made.add_argument(
        "--host", metavar="ADDRESS", default="127.0.0.1", help="where to listen (127.0.0.1: this machine)"
    )
    made.add_argument("--port", metavar="N", type=_port, default=8022, help="the port of SSH (8022); 0 is a free one")
    made.add_argument("--web", action="store_true", help="open a door for browsers; without --ssh, only that")
    made.add_argument("--ssh", action="store_true", help="with --web: open the door of SSH as well")
    made.add_argument("--web-port", metavar="N", type=_port, default=8080, help="the port for browsers (8080)")
    made.add_argument("--record", metavar="LOG", help="record the class; LOG is a new file")
    made.add_argument("--most", metavar="N", type=_count, default=60, help="at most so many students (60)")
    made.add_argument("--hours", metavar="N", type=_count, default=12, help="the class and its tokens end then (12)")


def _nothing(made: argparse.ArgumentParser) -> None:
    pass


def _one_file(made: argparse.ArgumentParser) -> None:
    made.add_argument("files", nargs="*", metavar="FILE")


_COMMANDS: Mapping[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    OPEN: ("Step through backpropagation, forward and backward.", _open),
    "record": ("Write a whole run as a text log.", _record),
    "verify": ("Derive every step of a log again, and say where it first differs.", _one_file),
    "check": (
        "Check every derivative of a scenario by numerical differentiation; or find the first wrong step in your own.",
        _check,
    ),
    "export": ("Write the steps of a run as a hand-out.", _export),
    "serve": ("Hold a class that follows one screen, over SSH or in the browser.", _serve),
    "scenarios": ("The scenarios that ship, by name.", _one_file),
    "where": ("The files of settings and of what is remembered, and where the scenarios are.", _nothing),
    "completion": ("A script that lets a shell complete commands, options and files.", _completion),
}
WORDS = tuple(filter(None, _COMMANDS))
"""The commands that have a word."""


def _count(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,8}", text):
        raise argparse.ArgumentTypeError(f"'{text[:20]}' is no count; for instance 10")
    return int(text)


def _port(text: str) -> int:
    if not re.fullmatch(r"\d{1,5}", text) or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"'{text[:20]}' is no port; for instance 8022")
    return int(text)


def _memory(text: str) -> int:
    """Bytes, as 500000000, 512MiB or 2GiB."""
    match = re.fullmatch(r"(\d{1,12})(B|KiB|MiB|GiB)?", text)
    if not match:
        raise argparse.ArgumentTypeError(f"'{text[:20]}' is no size; for instance 512MiB or 2GiB")
    return int(match[1]) << {"B": 0, "KiB": 10, "MiB": 20, "GiB": 30}[match[2] or "B"]
