"""Files that are meant to do harm: by their size, depth, width, or by what their programs would compute.

As a program it opens each file named on the command line in a process of its own that may use SECONDS of the
processor and MEBIBYTES more than before; it prints one line of JSON for each.
"""

import json
import os
import resource
import signal
import sys
from collections.abc import Iterator

from bptui.core import InputError, Timeline, read
from bptui.core.files import LARGEST_FILE

SECONDS = 1.5
"""Three times what the design allows, for slow machines; what the files really need is far below."""
MEBIBYTES = 150


def full(start: str, part: str, end: str = "") -> str:
    """As often the part as the largest file can hold."""
    return start + part * ((LARGEST_FILE - len(start) - len(end)) // len(part)) + end


def numbered(start: str, part: str, end: str = "") -> str:
    """The same with a number for each `#`."""

    def parts() -> Iterator[str]:
        left = LARGEST_FILE - len(start) - len(end)
        for number in range(left):
            piece = part.replace("#", str(number))
            left -= len(piece)
            if left < 0:
                return
            yield piece

    return start + "".join(parts()) + end


def bomb(n: int, program: str, wrt: str = "p") -> str:
    """A program with a column and a row of n cells."""
    head = f'wrt = ["{wrt}"]\nprogram = """\n{program}\n"""\n[parameters]\np = 1.0\n[constants]\n'
    return f"{head}c = [{'1.5,' * n}]\nr = [[{'1.5,' * n}]]\n"


KNOWN = [f"k{i}" for i in range(3_700)]
X = "\n[input]\nx = 0.5\n"
NOTES = "[[note]]\nat = 'a7'\ntext = 'see'\n" * 200
FILES = {
    # ---- TOML -------------------------------------------------------------------------------------------------------
    "a key of 32,000 parts": ".".join(["a"] * 32_000) + " = 1",
    "many keys of 8 parts": numbered("", "a#.b.c.d.e.f.g.h=1\n"),
    "many deep tables": numbered("", "[a.b.c.d.e.f.g.h#]\n"),
    "100,000 nested brackets": "a = " + "[" * 100_000 + "]" * 100_000,
    "as many brackets as fit": full("a = ", "["),
    "nested inline tables": full("a = ", "{a="),
    "an inline table of many keys": numbered("a = {", "k#=1,", "}"),
    "200,000 tables": "".join(f"[t{i}]\n" for i in range(200_000)),
    "as many tables as fit": numbered("", "[t#]\n"),
    "as many keys as fit": numbered("program = 'z = x'\n[input]\n", "k#=1\n"),
    "the same key": full("[input]\n", "x=1\n"),
    "many layers": full("[input]\nx=1\n", "[[layer]]\nW=1\n"),
    "many tables in arrays": full("", "[[a.b]]\n[a.b.c]\n"),
    "a large array": full('program = "z = sum(x)"\n[input]\nx = [', "1,", "]\n"),
    "an array of many rows": full('program = "z = sum(x)"\n[input]\nx = [', "[1],", "]\n"),
    "an array of many lines": full('program = "z = sum(x)"\n[input]\nx = [', "\n1,", "]\n"),
    "an array of commas": full("a = [", ","),
    "equals signs": full("", "="),
    "dots": full("", "."),
    "empty lines": full("", "\n"),
    "blanks": full("", " "),
    "a comment": full("#", " #"),
    "quotes in quotes": full('a = """', '\\"""'),
    "quotes in a string": full('a = "', '\\"'),
    "texts that never end": full("a = ", '"""\\"""a'),
    "openings of texts": full("", '"""\n'),
    "openings of literal texts": full("", "'''\n"),
    "a literal text that never ends": full("a = '''", "''x"),
    "a text that never ends": full('a = """', '""x'),
    "empty strings": full("", '""'),
    "strings and quotes": full('"""a"', '""a"'),
    "strings that never end": full("", '"\n'),
    "backslashes": full('a = "', "\\"),
    "escapes": full('a = "', "\\u0041", '"'),
    "a long number": full("a = ", "9"),
    "a long number with underscores": full("a = 1", "_1"),
    "a long fraction": full("a = 0.", "1"),
    "a long hexadecimal number": full("a = 0x", "f"),
    "a long bare key": full("", "a", " = 1"),
    "a long quoted key": full('"', "\\u0009", '" = 1'),
    "a long name": full("[input]\n", "x", " = 1"),
    # ---- programs ---------------------------------------------------------------------------------------------------
    "deep parentheses": full('program = "z = ', "(", 'x"' + X),
    "deep functions": full('program = "z = ', "sin(", 'x"' + X),
    "towers of powers": full('program = "z = x', "^x", '"' + X),
    "signs": full('program = "z = ', "-", 'x"' + X),
    "a long line": full('program = "z = x', "+x", '"' + X),
    "a line of 250,000 characters": 'program = "z = x' + "+x" * 125_000 + '"' + X,
    "a line of blanks": full('program = "z = x', " ", '"' + X),
    "many long lines": numbered('program = """', "\na#=x" + "+x" * 900, '"""' + X),
    "many short lines": numbered('program = """', "\na#=x", '\nz=x"""' + X),
    "a text of continued lines": full('program = """', "\\\n", '"""'),
    "a text of escaped lines": full('program = "', "\\nz=x", '"' + X),
    "many contributions to one variable": numbered('program = """', "\na#=x" + "*x" * 4, '\nz=x"""' + X),
    "many names, and one that is unknown": numbered('program = "z = nothing"\n[input]\n', "k#=1\n"),
    "many similar names, and one that is unknown": numbered(
        'program = "z = ' + "n" * 40 + '"\n[input]\n', "n" * 30 + "#=1\n"
    ),
    "a long wrt": numbered('program = "z = x"\nwrt = [', '"k#",', "]" + X),
    "a long wrt of known names": f'program = "z = k0"\nwrt = {KNOWN}\n[input]\n' + "=1\n".join([*KNOWN, ""]),
    # ---- what would be computed -------------------------------------------------------------------------------------
    "a broadcast of 10⁸ cells": bomb(7_000, "w = c * r\nz = sum(w) * p"),
    "powers of as many cells as may be": bomb(1_650, "w = (c*r) ^ (r - 2*c)\nz = sum(w) * p"),
    "gradients of as many cells as may be": bomb(1_000, "w = sigmoid(c * r)\nz = sum(w) * p", "c"),
    "sums of many cells": bomb(1_300, "w = c * r\n" + "".join(f"s{i}=sum(w)\n" for i in range(2_000)) + "z = s0 * p"),
    "initial values of 10⁸ cells": 'program = "L = sum(W * x)"\n[input]\nx = 1.0\n[parameters]\n'
    'W = { init = "normal", shape = [10000, 13000] }\n',
    "a product of large matrices": bomb(1_400, "w = c * r\nz = sum(w @ w) * p"),
    "products of large matrices": bomb(
        700, "w = c * r\n" + "".join(f"s{i}=w@w\n" for i in range(9)) + "z = sum(s0) * p"
    ),
    # ---- what stands beside the program ------------------------------------------------------------------------------
    "notes on one of many names": numbered('program = """\nz=x', "\na#=sin(z)", '"""' + X + NOTES),
    "breakpoints and watches on many names": numbered(
        f"breakpoints = {['|product| < 1e-4 and not a7'] * 50}\nwatches = {['norm(a7)'] * 50}\n" + 'program = """\nz=x',
        "\na#=sin(z)",
        '"""' + X,
    ),
    "a note on a name that is unknown": numbered(
        'program = """\nz=x', "\na#=sin(z)", f'"""{X}{NOTES}'.replace("a7", "b")
    ),
    "too many notes": full("program = 'z = x'" + X, "[[note]]\nat='z'\ntext='t'\n"),
    "a deep condition": full("program = 'z = x'\nbreakpoints = ['", "(", "']" + X),
    "a condition of many words": full("program = 'z = x'\nbreakpoints = ['z", " or z", "']" + X),
    "products of flat matrices": bomb(
        90, "w = c * r\n" + "".join(f"s{i}=sum(w@w)\n" for i in range(900)) + "z = s0 * p"
    ),
}


def attempt(path: str) -> None:
    """Open one file within the bounds, and say what became of it."""
    if sys.platform == "linux":
        with open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + (MEBIBYTES << 20),) * 2)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        timeline = Timeline(read(path))
    except InputError as error:
        said = {"refused": str(error), "hint": error.hint}
    else:
        said = {"events": str(len(timeline))}
    print(json.dumps(said), flush=True)


def main(paths: list[str]) -> None:
    """Each file in a process of its own, one after the other; what ends it is said where it says nothing itself."""
    for path in paths:
        child = os.fork()
        if child == 0:
            try:
                attempt(path)
            except BaseException as error:
                print(json.dumps({"died": repr(error)}), flush=True)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status:
            print(json.dumps({"died": f"exit status {status}"}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
