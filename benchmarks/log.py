"""What a log costs: writing and reading scalar events, opening a log of a gigabyte, and a step that is recorded.

    python benchmarks/log.py [--rounds 5] [--gigabyte]

Written and read are the events of tanh4 over many iterations, which have been derived before: through a log in a
temporary folder, in turn with the standard library's json on the same fields without sentence and CRC-32. With
--gigabyte such a log is repeated to 1 GB and opened in a process of its own, beside a short one.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


from wire import SIZES, measure, programs

from bptui import scenarios
from bptui.core.log import cells
from bptui.core.log.header import header
from bptui.core.log.log import Log
from bptui.core.log.output import create
from bptui.core.log.recorded import RecordedTimeline
from bptui.core.log.recording import Recording
from bptui.core.log.records import CellsLine, MaskLine, result_of
from bptui.core.reader import parse
from bptui.core.scenario import Scenario
from bptui.core.timeline import Timeline

ITERATIONS = 1_000
EVENTS_PER_SECOND = 200_000
GIGABYTE = 1_000_000_000
SLOWER = 1.10  # of a step that is recorded
GROWTH = 64  # MB of memory for a log of a gigabyte above what a short one takes


def long_run(iterations: int) -> Scenario:
    """tanh4 over many iterations, at a rate at which nothing settles soon."""
    text = (Path(next(iter(scenarios.__path__))) / "tanh4.toml").read_text()
    text = text.replace("learning_rate = 0.1", f"learning_rate = 1e-5\niterations = {iterations}")
    return parse(text, "tanh4.toml")


def derived(scenario: Scenario) -> Timeline:
    """The run with all its events at hand."""
    timeline = Timeline(scenario)
    for number in range(scenario.iterations):
        timeline.chapter_of(number)
    return timeline


def record(path: str, timeline: Timeline) -> None:
    """A whole run as a log, brought to the disk at the end."""
    recording = Recording(create(path, force=True), header(timeline.scenario), timeline, lambda: 0.0)
    for _ in recording.events(timeline, len(timeline)):
        pass
    recording.close()


def read_back(log: Log) -> int:
    """Every event of a log with its result as a number."""
    count = 0
    for number in log.spans[0].numbers:
        for record in log.records(0, number):
            if not isinstance(record, MaskLine | CellsLine):
                cells.read(result_of(record), (), "float64")
                count += 1
    return count


def index(path: str) -> Log:
    log = Log(path)
    for _ in log.indexed():
        pass
    return log


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def fields(path: str) -> list[dict[str, object]]:
    """What the event lines of a log say, without sentence and CRC-32."""
    with open(path, "rb") as lines:
        found = [json.loads(line) for line in lines if b'"n":' in line]
    return [{key: value for key, value in each.items() if key not in ("text", "crc")} for each in found]


def speed(rounds: int, folder: str) -> Iterator[str]:
    """Events a second each way, in turn with json."""
    timeline, path = derived(long_run(ITERATIONS)), f"{folder}/short.bptlog"
    count = len(timeline)
    record(path, timeline)
    said = fields(path)
    texts = [json.dumps(each) for each in said]
    samples: dict[str, list[float]] = {name: [] for name in ("write", "json.dumps", "index", "read", "json.loads")}
    for _ in range(rounds):
        samples["write"].append(timed(lambda: record(f"{folder}/again.bptlog", timeline)))
        samples["json.dumps"].append(timed(lambda: [json.dumps(each) for each in said]))
        samples["index"].append(timed(lambda: index(path)))
        samples["read"].append(timed(partial(read_back, index(path))))
        samples["json.loads"].append(timed(lambda: [json.loads(text) for text in texts]))
    per_second = {name: count / statistics.median(times) for name, times in samples.items()}
    for name, rate in per_second.items():
        bound = f"  (at least {EVENTS_PER_SECOND:,})" if name in ("write", "read") else ""
        yield f"{name:<12}{rate:>12,.0f} events/s{bound}"
    for ours, peer in (("write", "json.dumps"), ("read", "json.loads")):
        ratios = [a / b for a, b in zip(samples[ours], samples[peer], strict=True)]
        yield f"{ours} / {peer}, time, median of the rounds: {statistics.median(ratios):.2f}"


def opened(path: str) -> tuple[float, float]:
    """MB of memory and seconds of a process that opens a log and looks at its end and its middle."""
    began = time.perf_counter()
    log = index(path)
    seconds = time.perf_counter() - began
    timeline = RecordedTimeline(log, log.scenario)
    for position in (len(timeline), len(timeline) // 2, 1):
        timeline.chapter(position)
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6
    return resident, seconds


def gigabyte(folder: str) -> Iterator[str]:
    """Memory and time to open a log of 1 GB."""
    short, long = f"{folder}/short.bptlog", f"{folder}/long.bptlog"
    record(short, Timeline(long_run(10)))
    size = os.path.getsize(short) / 10
    record(long, Timeline(long_run(int(GIGABYTE / size))))
    found = {}
    for path in (short, long):
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            found[path] = process.submit(opened, path).result()
    grown = found[long][0] - found[short][0]
    yield f"a log of {os.path.getsize(long) / 1e9:.2f} GB opens in {found[long][1]:.1f} s"
    yield f"memory {found[long][0]:.0f} MB, of a short one {found[short][0]:.0f}: {grown:+.0f} MB (at most {GROWTH})"


def latency(rounds: int, folder: str) -> Iterator[str]:
    """A step with recording on, in turn with one without."""
    bptui, _ = programs(Path(sys.executable).parent / "bptui", sys.executable, f"{folder}/home")
    for size in SIZES:
        ratios: list[float] = []
        times: tuple[list[float], list[float]] = [], []
        for i in range(rounds):
            recorded = replace(bptui, argv=[*bptui.argv, "--record", f"{folder}/{size[0]}-{i}.bptlog"])
            pair = [(0, recorded), (1, bptui)]
            for which, program in pair if i % 2 else reversed(pair):
                times[which].append(statistics.median(measure(program, size, {"step"}, with_idle=False)["step"]))
            ratios.append(times[0][-1] / times[1][-1])
        shown = " / ".join(f"{statistics.median(each):.1f}" for each in times)
        ratio = f"{statistics.median(ratios):.2f} (at most {SLOWER})"
        yield f"{size[0]}x{size[1]}: a step recorded / not, ms: {shown}, ratio {ratio}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--gigabyte", action="store_true")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for line in (*speed(chosen.rounds, folder), *latency(chosen.rounds, folder)):
            print(line, flush=True)
        if chosen.gigabyte:
            for line in gigabyte(folder):
                print(line, flush=True)


if __name__ == "__main__":
    main()
