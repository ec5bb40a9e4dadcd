"""What a user at a terminal waits for: bptui beside pudb, each in a pseudo-terminal of its own.

    python benchmarks/wire.py [--rounds 7] [--only step,bytes,...] [--bptui PATH] [--pudb PYTHON]

Both step through the same network: bptui through scenarios/tanh4.toml with `s` and `S`, without a picture and then with
one, pudb through pudb_target.py with `n`. Beside a step of pudb's stands too what a key does to bptui's views of a
matrix of 1,000 by 1,000. In every round all are started afresh, one way round and then the other.
"""

import argparse
import math
import os
import pty
import re
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import termios
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from screens import PICTURES, STRIDE, Program, programs

SIZES = [(120, 40), (80, 24)]
FRAME = 1 / 60  # seconds
SETTLED, STARTED = 0.03, 0.15  # seconds without a byte that end a frame, and a start
IDLE = 10  # seconds
PATIENCE = 10  # seconds until a program that shows nothing is given up
MODE_QUERY = re.compile(rb"\x1b\[\?(\d+)\$p")

Samples = defaultdict[tuple[str, str], list[list[float]]]  # (measurement, program) -> a list for every round


@dataclass(frozen=True)
class Figure:
    """One line of the table: a statistic of what a program was measured by, and the bound on it, if it has one.

    Of a relative figure the bound is that on the ratio to pudb's.
    """

    option: str
    program: str
    measurement: str
    title: str
    statistic: Callable[[list[float]], float]
    at_most: float = math.inf
    relative: bool = False


def percentile_95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[18]


STEP, BYTES, START = "one key to the last byte", "bytes a step", "start to first useful frame, median, ms"
FIGURES = [
    Figure("step", "bptui", "step", f"{STEP}, median, ms", statistics.median, 0.9, relative=True),
    Figure("step", "bptui", "step", f"{STEP}, 95th percentile, ms", percentile_95, 1.5, relative=True),
    Figure("bytes", "bptui", "bytes", f"{BYTES}, full colour, median", statistics.median, 1200),
    Figure("bytes", "over SSH", "bytes", f"{BYTES}, ANSI theme, median", statistics.median, 900),
    Figure("held", "bptui", "held at 30/s", "key held at 30/s, worst lag, frames of 1/60 s", max, 1),
    Figure("held", "bptui", "held at 60/s", "key held at 60/s, worst lag, frames of 1/60 s", max, 1),
    Figure("start", "bptui", "start", START, statistics.median, 1.1, relative=True),
    Figure("idle", "bptui", "idle", f"bytes in {IDLE} s without a key", max, 0),
]
for name in PICTURES:
    FIGURES += [
        Figure("picture", name, "step", f"with the {name}: {STEP}, median, ms", statistics.median),
        Figure("picture", name, "step", f"with the {name}: {STEP}, 95th percentile, ms", percentile_95),
        Figure("picture", name, "bytes", f"with the {name}: {BYTES}, median", statistics.median),
        Figure("picture", name, "start", f"with the {name}: {START}", statistics.median),
    ]
for name in ("heat map", "Jacobian"):
    FIGURES += [
        Figure("matrix", name, "step", f"{name}: {STEP}, median, ms", statistics.median, 0.9, relative=True),
        Figure("matrix", name, "step", f"{name}: {STEP}, 95th percentile, ms", percentile_95, 1.5, relative=True),
        Figure("matrix", name, "bytes", f"{name}: bytes a move, median", statistics.median, 1200),
        Figure("matrix", name, "bytes", f"{name}: bytes a move, largest", max),
    ]
OPTIONS = list(dict.fromkeys(figure.option for figure in FIGURES))


class Wire:
    """The terminal's side of a pseudo-terminal with a program in it; its bytes are counted, never drawn."""

    def __init__(self, program: Program, columns: int, rows: int) -> None:
        self.program = program
        self.written = bytearray()
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            try:
                termios.tcsetwinsize(0, (rows, columns))
                os.execvpe(program.argv[0], program.argv, program.environment)
            finally:  # the copy of this process must not go on where there is no such program
                os._exit(127)

    def press(self, key: str) -> float:
        """Send a key; the time at which it was sent."""
        sent = time.perf_counter()
        os.write(self.master, key.encode())
        return sent

    def read(self, seconds: float) -> bytes:
        """What comes next, or nothing if nothing comes for so long."""
        if not select.select([self.master], [], [], max(0, seconds))[0]:
            return b""
        try:
            chunk = os.read(self.master, 65536)
        except OSError:
            self.fail("ended by itself")
        self.written += chunk
        return chunk

    def read_until(self, moment: float) -> None:
        """Read whatever comes until then."""
        while (left := moment - time.perf_counter()) > 0:
            self.read(left)

    def frame(self, quiet: float, shows: bytes = b"") -> tuple[float, int]:
        """The time of the last byte before a silence, and how many bytes came; before it, `shows` must have come."""
        before, last, wait = len(self.written), math.nan, float(PATIENCE)
        while chunk := self.read(wait):
            last = time.perf_counter()
            for query in MODE_QUERY.finditer(chunk):  # as a terminal does that knows synchronized output
                os.write(self.master, b"\x1b[?%b;%d$y" % (query[1], 2 if query[1] == b"2026" else 0))
            wait = quiet if shows in self.written else PATIENCE
        if wait == PATIENCE:
            self.fail(f"was silent for {PATIENCE} s")
        return last, len(self.written) - before

    def fail(self, how: str) -> NoReturn:
        """Say what the program did wrong, and what it wrote last."""
        sys.exit(f"{self.program.name} {how}; it had written …{self.written[-500:].decode(errors='replace')!r}")

    def close(self) -> None:
        """End the program, which leads its own process group."""
        os.killpg(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.master)


def held(wire: Wire, key: str, rate: int) -> float:
    """How long after the last of the repeated keys the last byte comes, in frames."""
    start = time.perf_counter()
    for i in range(STRIDE):
        wire.read_until(start + i / rate)
        sent = wire.press(key)
    return (wire.frame(SETTLED)[0] - sent) / FRAME


def measure(program: Program, size: tuple[int, int], wanted: set[str]) -> dict[str, list[float]]:
    """Start a program and take every measurement that is wanted."""
    begin = time.perf_counter()
    with closing(Wire(program, *size)) as wire:
        result = {"start": [(wire.frame(STARTED, program.shows)[0] - begin) * 1e3]}
        for keys in program.before:
            wire.press(keys)
            wire.frame(STARTED)
        forward, back = program.keys[0], program.keys[-1]
        if wanted & {"step", "bytes"}:
            warming = (forward + back) * 3  # in its first steps pudb imports NumPy
            frames = [(wire.press(key), *wire.frame(SETTLED)) for key in warming + program.keys][len(warming) :]
            result["step"] = [(last - sent) * 1e3 for sent, last, _ in frames]
            result["bytes"] = [float(count) for _, _, count in frames]
        if "held at 30/s" in wanted:
            result["held at 30/s"] = [held(wire, forward, 30)]
            result["held at 60/s"] = [held(wire, back, 60)]
        if "idle" in wanted:
            before = len(wire.written)
            wire.read_until(time.perf_counter() + IDLE)
            result["idle"] = [float(len(wire.written) - before)]
    return result


def run(all_programs: dict[str, Program], size: tuple[int, int], rounds: int, figures: list[Figure]) -> Samples:
    """All rounds at one size: in each every program that a figure is about, and pudb."""
    wanted = defaultdict(set)
    for figure in figures:
        wanted[figure.program].add(figure.measurement)
        wanted["pudb"].add(figure.measurement)
    names = [name for name in all_programs if name in wanted]
    samples: Samples = defaultdict(list)
    for i in range(rounds):
        print(f"{size[0]}x{size[1]}: round {i + 1} of {rounds}", file=sys.stderr)
        for name in names if i % 2 == 0 else reversed(names):
            now = wanted[name] - ({"idle"} if i else set())  # what happens without a key is seen once
            for measurement, values in measure(all_programs[name], size, now).items():
                samples[measurement, name].append(values)
    return samples


def row(figure: Figure, size: tuple[int, int], samples: Samples) -> list[str]:
    """A figure over all rounds; the ratio is the median of the rounds' ratios, which drift of the machine spares."""
    ours, theirs = samples[figure.measurement, figure.program], samples[figure.measurement, "pudb"]
    value, peer = (figure.statistic([value for values in side for value in values]) for side in (ours, theirs))
    pairs = [(figure.statistic(mine), figure.statistic(other)) for mine, other in zip(ours, theirs, strict=True)]
    ratio = statistics.median(mine / other for mine, other in pairs) if all(other for _, other in pairs) else math.nan
    reached = (ratio if figure.relative else value) <= figure.at_most
    shown = [f"{value:,.1f}", f"{peer:,.1f}", "–" if math.isnan(ratio) else f"{ratio:.2f}"]
    bound = [f"at most {figure.at_most:,}" + (" of pudb's" if figure.relative else ""), "yes" if reached else "no"]
    return [f"{size[0]}x{size[1]}  {figure.title}", *shown, *(bound if math.isfinite(figure.at_most) else ["–", "–"])]


def table(rows: list[list[str]]) -> Iterator[str]:
    """The rows with aligned columns: text to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        padded = (f"{cell:{side}{width}}" for cell, side, width in zip(cells, "<>>><<", widths, strict=True))
        yield "  ".join(padded).rstrip()


def main() -> None:
    parser = argparse.ArgumentParser(description="bptui beside pudb in a real terminal")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default=",".join(OPTIONS), help=f"some of {','.join(OPTIONS)}")
    parser.add_argument("--bptui", type=Path, default=Path(sys.executable).parent / "bptui", help="the program")
    parser.add_argument("--pudb", default=sys.executable, metavar="PYTHON", help="a Python that has pudb and NumPy")
    arguments = parser.parse_args()
    options = set(arguments.only.split(","))
    if not options <= set(OPTIONS):
        parser.error(f"--only takes some of {','.join(OPTIONS)}")
    if not arguments.bptui.is_file():
        parser.error(f"there is no {arguments.bptui}; install this project, or say where it is with --bptui")
    if subprocess.run([arguments.pudb, "-c", "import numpy, pudb"], capture_output=True, check=False).returncode:
        parser.error(f"{arguments.pudb} cannot import pudb: pip install pudb (it is in the extra `bench`)")
    rows = [["figure", "bptui", "pudb", "ratio", "to reach", "reached"]]
    with tempfile.TemporaryDirectory() as home:
        all_programs = programs(arguments.bptui, arguments.pudb, Path(home))
        figures = [figure for figure in FIGURES if figure.option in options]
        for size in SIZES:
            samples = run(all_programs, size, arguments.rounds, figures)
            rows += [row(figure, size, samples) for figure in figures]
    print(f"{arguments.rounds} rounds; in each all are started afresh, in turn, every other round the other way round.")
    print("A ratio is the median of the ratios of the rounds.", *table(rows), sep="\n")


if __name__ == "__main__":
    main()
