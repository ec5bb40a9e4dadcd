"""What a run of a million events costs: opening it, going to any place in it, and the screen while it is derived.

    python benchmarks/timeline.py [--rounds 5] [--bptui PATH]

xor and digits are copied to a temporary folder with as many iterations as make a million events. In every round each
run is opened in a pseudo-terminal, in turn with tanh4; is derived in a process of its own, which then looks at random
positions; is traced by a plain loop, in another one; and is derived and gone about in by keys.
"""

import argparse
import math
import multiprocessing
import os
import random
import re
import resource
import shutil
import statistics
import sys
import tempfile
import time
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from msgspec import structs
from wire import PATIENCE, STARTED, TANH4, Program, Wire, percentile_95, programs, table

from bptui.core.calendar import Calendar
from bptui.core.reader import read
from bptui.core.scenario import Scenario
from bptui.core.search import go
from bptui.core.timeline import Timeline
from bptui.core.training import trace

SCENARIOS = ("xor", "digits")
EVENTS = 1_000_000
POSITIONS = 300  # that are looked at in a process
PAGES = 10  # times that the help is opened, and again while events are derived
JUMPS = 20
STARTS = 5  # in every round
SIZE = (120, 40)
SETTLED = 0.1  # seconds without a byte that end a frame, in which up to 50 ms of deriving may come
QUIET = 0.4  # seconds without a byte that end a job, which reports ten times a second
FRAME_ENDS = b"\x1b[?2026l"  # of a synchronized update
HELP, REPORT = b"One step forward", b"going to"

Samples = defaultdict[tuple[str, str], list[list[float]]]  # (scenario, measurement) -> a list for every round


@dataclass(frozen=True)
class Figure:
    """One line of the table: a statistic of what was measured, beside its peer, and the bound on it or on the ratio."""

    title: str
    measurement: str
    statistic: Callable[[list[float]], float]
    peer: str = ""
    at_most: float = math.inf
    relative: bool = False


FIGURES = [
    Figure("start to first useful frame / tanh4, median, ms", "start", statistics.median, "start of tanh4", 1.1, True),
    Figure("any position, all values, median, ms", "position", statistics.median),
    Figure("any position, all values, 95th percentile, ms", "position", percentile_95),
    Figure("any position, all values, worst, ms", "position", max, at_most=50),
    Figure("memory behind that, peak, MB", "memory", max, at_most=300),
    Figure("deriving all / a plain loop, events/s", "derived", statistics.median, "traced"),
    Figure("? to the help while deriving / at rest, median, ms", "help, deriving", statistics.median, "help"),
    Figure("? to the help while deriving / at rest, worst, ms", "help, deriving", max, "help"),
    Figure("S to the end of a job's reports, worst, ms", "cancel", max),
    Figure("Enter to the frame, anywhere / a step on, median, ms", "jump", statistics.median, "jump by 1"),
    Figure("Enter to the frame, anywhere / a step on, worst, ms", "jump", max, "jump by 1", 100),
]


def lengthened(scenario: Path, folder: Path) -> Path:
    """A copy of the scenario, and of its data, with as many iterations as make a million events."""
    calendar = Calendar.of(read(scenario))
    count = bisect_left(range(EVENTS), EVENTS, key=lambda n: structs.replace(calendar, iterations=n).total)
    text, found = re.subn(r"(?m)^iterations = .*$", f"iterations = {count}", scenario.read_text())
    if not found:
        sys.exit(f"{scenario} does not say how many iterations it has")
    copy = folder / scenario.name
    for data in scenario.parent.glob(f"{scenario.stem}.npz"):
        shutil.copy(data, folder)
    copy.write_text(text)
    return copy


# ---- in a process of its own


def derived(scenario: Path, seed: int) -> dict[str, list[float]]:
    """Derive everything once, then look at positions: the event there, and the value of every variable."""
    timeline = Timeline(read(scenario))
    program = timeline.scenario.program
    names = [*program.variables, *program.by_name]
    begin = time.perf_counter()
    deque(go(timeline, len(timeline)), maxlen=0)
    seconds = time.perf_counter() - begin
    times = []
    for position in random.Random(seed).sample(range(1, len(timeline) + 1), POSITIONS):
        begin = time.perf_counter()
        timeline.chapter(position)
        timeline.event(position)
        for name in names:
            timeline.value(name, position)
        times.append((time.perf_counter() - begin) * 1e3)
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB on Linux
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    return {"position": times, "memory": [memory], "derived": [len(timeline) / seconds]}


def traced(scenario: Path, seed: int) -> dict[str, list[float]]:
    """The same events, of which nothing is kept."""
    events = trace(read(scenario))
    begin = time.perf_counter()
    count = sum(1 for _ in events)
    return {"traced": [count / (time.perf_counter() - begin)]}


# ---- in a terminal


def start(program: Program) -> float:
    """Milliseconds to the first useful frame."""
    begin = time.perf_counter()
    with closing(Wire(program, *SIZE)) as wire:
        return (wire.frame(STARTED, program.shows)[0] - begin) * 1e3


def until(wire: Wire, shows: bytes, key: str = "") -> float:
    """Milliseconds from a key to the end of the first frame that shows this."""
    seen, sent = len(wire.written), wire.press(key)
    shown = re.compile(re.escape(shows) + b".*?" + re.escape(FRAME_ENDS), re.DOTALL)
    while not shown.search(wire.written, seen):
        if time.perf_counter() - sent > PATIENCE or not wire.read(PATIENCE):
            wire.fail(f"did not show {shows!r} within {PATIENCE} s of {key!r}")
    return (time.perf_counter() - sent) * 1e3


def pages(wire: Wire) -> list[float]:
    """The help, opened and closed; when it is closed, its place shows the title again."""
    times = []
    for _ in range(PAGES):
        times.append(until(wire, HELP, "?"))
        until(wire, wire.program.shows, "q")
    return times


def jump(wire: Wire, words: str) -> float:
    """Milliseconds from Enter behind the name of a place to the last byte."""
    for typed in ("g", words):
        wire.press(typed)
        wire.frame(SETTLED)
    sent = wire.press("\r")
    return (wire.frame(SETTLED)[0] - sent) * 1e3


def live(program: Program, scenario: Scenario, seed: int) -> dict[str, list[float]]:
    """Derive on the worker, with the help opened and closed meanwhile; cancel that; derive all; go about."""
    program, total = replace(program, shows=scenario.title.encode()), Calendar.of(scenario).total
    with closing(Wire(program, *SIZE)) as wire:
        wire.frame(STARTED, program.shows)
        pages(wire)  # what the help needs is imported the first time
        result = {"help": pages(wire)}
        wire.press("ss")  # S has somewhere to go then
        wire.frame(SETTLED)
        until(wire, REPORT, "G")
        result["help, deriving"] = pages(wire)
        until(wire, REPORT)  # it still derives
        sent = wire.press("S")
        result["cancel"] = [(wire.frame(QUIET)[0] - sent) * 1e3]
        wire.press("G")
        wire.frame(QUIET, f"{total} / {total}".encode())
        jump(wire, "1")
        places = random.Random(seed).sample(range(1, total), JUMPS)
        pairs = [(jump(wire, str(place)), jump(wire, "+1")) for place in places]
        result["jump"], result["jump by 1"] = map(list, zip(*pairs, strict=True))
    return result


def run(bptui: Program, scenarios: dict[str, Path], rounds: int) -> Samples:
    """Everything in turn; what goes first changes from round to round."""
    samples: Samples = defaultdict(list)
    opened = {name: replace(bptui, argv=[bptui.argv[0], str(path)]) for name, path in scenarios.items()}
    opened["tanh4"] = bptui
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, max_tasks_per_child=1) as processes:
        for i in range(rounds):
            print(f"round {i + 1} of {rounds}", file=sys.stderr)
            for j in range(STARTS):
                for name in sorted(opened, reverse=j % 2 == 1):
                    samples[name, "start"].append([start(opened[name])])
            for name, path in scenarios.items():
                found = {}
                for task in (derived, traced) if i % 2 == 0 else (traced, derived):
                    found |= processes.submit(task, path, i).result()
                found |= live(opened[name], read(path), i)
                for measurement, values in found.items():
                    samples[name, measurement].append(values)
    for name in scenarios:
        samples[name, "start of tanh4"] = samples["tanh4", "start"]
    return samples


def row(figure: Figure, scenario: str, samples: Samples) -> list[str]:
    """A figure over all rounds; the ratio is the median of the rounds' ratios, which drift of the machine spares."""
    ours, theirs = samples[scenario, figure.measurement], samples.get((scenario, figure.peer), [])
    value = figure.statistic([x for values in ours for x in values])
    ratio, shown = math.nan, [f"{value:,.1f}", "–", "–"]
    if theirs:
        peer = figure.statistic([x for values in theirs for x in values])
        pairs = zip(ours, theirs, strict=True)
        ratio = statistics.median(figure.statistic(mine) / figure.statistic(other) for mine, other in pairs)
        shown = [f"{value:,.1f}", f"{peer:,.1f}", f"{ratio:.2f}"]
    if math.isinf(figure.at_most):
        return [f"{scenario}  {figure.title}", *shown, "–", "–"]
    reached = (ratio if figure.relative else value) <= figure.at_most
    bound = f"at most {figure.at_most}" + (" of tanh4's" if figure.relative else "")
    return [f"{scenario}  {figure.title}", *shown, bound, "yes" if reached else "no"]


def main() -> None:
    parser = argparse.ArgumentParser(description="a run of a million events: opening it, and going about in it")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bptui", type=Path, default=Path(sys.executable).parent / "bptui", help="the program")
    arguments = parser.parse_args()
    if not arguments.bptui.is_file():
        parser.error(f"there is no {arguments.bptui}; install this project, or say where it is with --bptui")
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as bptui does; for the processes that are started
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as folder:
        bptui, _ = programs(arguments.bptui, sys.executable, home)
        scenarios = {name: lengthened(TANH4.with_name(f"{name}.toml"), Path(folder)) for name in SCENARIOS}
        samples = run(bptui, scenarios, arguments.rounds)
    rows = [["figure / peer", "bptui", "peer", "ratio", "to reach", "reached"]]
    rows += [row(figure, scenario, samples) for scenario in SCENARIOS for figure in FIGURES]
    print(f"{arguments.rounds} rounds; in each, everything is started afresh, in turn, the first to go alternating.")
    print("A ratio is the median of the ratios of the rounds.", *table(rows), sep="\n")


if __name__ == "__main__":
    main()
