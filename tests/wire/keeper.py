"""Runs a program, keeps its terminal open, and tells how it ended.

Its standard error goes to the file `errors`, its process id to the file `pid`, how it ended to standard output.
"""

import os
import subprocess
import sys
import termios
from pathlib import Path


def wait(process: subprocess.Popen[bytes]) -> int:
    """The exit code, or -n after signal n; meanwhile, each time that the program is stopped, a word about it."""
    while os.WIFSTOPPED(status := os.waitpid(process.pid, os.WUNTRACED)[1]):
        print("asleep", flush=True)
    return os.waitstatus_to_exitcode(status)


before = termios.tcgetattr(0)
with Path("errors").open("wb") as errors:
    process = subprocess.Popen(sys.argv[1:], stderr=errors)
Path("pid").write_text(str(process.pid))
code = wait(process)
after = termios.tcgetattr(0)
print(f"left with {code}, the terminal is {'as before' if after == before else 'changed'}", flush=True)
sys.stdin.read()
