"""What the mathematics costs: forward, backward and update, every event consumed, beside others that show none.

    python benchmarks/core.py [--rounds 30] [--default-malloc]

tanh4 runs beside micrograd, two larger networks beside "plain", which is NumPy written by hand (see peers.py); PyTorch,
PyTorch with hooks and autograd are measured where they are installed. All compute on one thread. In every round each
runs in turn, and which goes first changes from round to round. Before that, the parameters that each one updates are
compared with bptui's.

The weights of the 784 network are 1.6 MB. glibc gives such blocks back to the kernel as soon as they are free, and the
page faults for the next ones take up to half the time of either side, at random. So the benchmark starts itself again
with MALLOC_MMAP_THRESHOLD_ and MALLOC_TRIM_THRESHOLD_ above that size; --default-malloc measures without.
"""

import argparse
import importlib.util
import os
import statistics
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from peers import Step, autograd, micrograd, plain, pytorch, pytorch_hooks

from bptui.core.events import Update
from bptui.core.reader import parse, read
from bptui.core.scenario import Scenario
from bptui.core.training import trace

TANH4 = Path(__file__).resolve().parent.parent / "scenarios" / "tanh4.toml"
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(1 << 30)}
"""32 MiB is the largest threshold that glibc takes."""

Start = Callable[[Scenario], Callable[[], Any]]
OTHERS: dict[Callable[[Scenario], Step], str] = {pytorch: "torch", pytorch_hooks: "torch", autograd: "autograd"}
"""Who else is measured, if this package is installed."""


def network(title: str, sizes: Sequence[int], examples: int) -> Scenario:
    """Layers of these sizes with tanh, the last with the identity; all values are drawn."""
    activations = ["tanh"] * (len(sizes) - 2) + ["identity"]
    layers = [f'[[layer]]\nunits = {n}\nactivation = "{a}"' for n, a in zip(sizes[1:], activations, strict=True)]
    return parse(f"""
title = "{title}"
[input]
x = {{ init = "normal", shape = [{sizes[0]}, {examples}] }}
[target]
y = {{ init = "normal", shape = [{sizes[-1]}, {examples}] }}
{chr(10).join(layers)}
[loss]
kind = "half_squared_error"
[update]
rule = "gradient_descent"
learning_rate = 0.01
""")


@dataclass(frozen=True)
class Figure:
    """What is computed, how many times in one round, beside whom, and the bound on the ratio to that peer."""

    title: str
    scenario: Scenario
    repeats: int
    peer: Callable[[Scenario], Step]
    at_most: float

    @property
    def peers(self) -> list[Callable[[Scenario], Step]]:
        return [self.peer, *(start for start, package in OTHERS.items() if importlib.util.find_spec(package))]


def bptui(scenario: Scenario) -> Callable[[], Any]:
    return lambda: deque(trace(scenario), maxlen=0)


def check(scenario: Scenario, start: Callable[[Scenario], Step]) -> None:
    """The first step of a peer moves the parameters to where bptui moves them."""
    updated = start(scenario)()
    for event in trace(scenario):
        if isinstance(event, Update):
            theirs = np.asarray(updated[event.parameter])
            np.testing.assert_allclose(theirs, event.after, rtol=1e-12, atol=1e-12, err_msg=event.parameter)


def measure(scenario: Scenario, start: Start, repeats: int) -> float:
    """Microseconds of one step, from the scenario's own parameters on."""
    step = start(scenario)
    step()
    begin = time.perf_counter()
    for _ in range(repeats):
        step()
    return (time.perf_counter() - begin) / repeats * 1e6


def rows(figure: Figure, rounds: int) -> Iterator[list[str]]:
    """bptui beside each peer; the ratio is the median of the rounds' ratios, which drift of the machine spares."""
    everyone: list[Start] = [bptui, *figure.peers]
    times: dict[Start, list[float]] = {start: [] for start in everyone}
    for i in range(rounds):
        first = i % len(everyone)
        for start in everyone[first:] + everyone[:first]:
            times[start].append(measure(figure.scenario, start, figure.repeats))
    for start in figure.peers:
        ours, theirs = statistics.median(times[bptui]), statistics.median(times[start])
        ratio = statistics.median(mine / other for mine, other in zip(times[bptui], times[start], strict=True))
        row = [f"{figure.title} / {start.__name__}", f"{ours:,.1f}", f"{theirs:,.1f}", f"{ratio:.2f}"]
        goal = [f"at most {figure.at_most}", "yes" if ratio <= figure.at_most else "no"]
        yield row + (goal if start is figure.peer else ["–", "–"])


def table(rows: list[list[str]]) -> Iterator[str]:
    """The rows with aligned columns: text to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        padded = (f"{cell:{side}{width}}" for cell, side, width in zip(cells, "<>>><<", widths, strict=True))
        yield "  ".join(padded).rstrip()


def main() -> None:
    parser = argparse.ArgumentParser(description="bptui's mathematics beside micrograd, NumPy, PyTorch and autograd")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--default-malloc", action="store_true", help="let freed memory go back to the kernel")
    arguments = parser.parse_args()
    if not importlib.util.find_spec("micrograd"):
        parser.error("cannot import micrograd: pip install micrograd (it is in the extra `bench`)")
    environment = ONE_THREAD | ({} if arguments.default_malloc else KEEP_MEMORY)
    if not environment.items() <= os.environ.items():  # they are read when a process starts, and NumPy is imported
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | environment)

    figures = [
        Figure("tanh4", read(TANH4), 400, micrograd, 1.0),
        Figure("784-256-128-10, batch 32", network("784-256-128-10", (784, 256, 128, 10), 32), 5, plain, 1.1),
        Figure("64 layers of 64, batch 32", network("64 layers of 64", (64,) * 65, 32), 5, plain, 1.3),
    ]
    lines = [["figure / peer", "bptui", "peer", "ratio", "to reach", "reached"]]
    for figure in figures:
        print(f"{figure.title} …", file=sys.stderr)
        for start in figure.peers:
            check(figure.scenario, start)
        lines += rows(figure, arguments.rounds)
    print(f"{arguments.rounds} rounds; µs for one iteration, medians; float64, one thread.")
    print("A ratio is the median of the ratios of the rounds.", *table(lines), sep="\n")


if __name__ == "__main__":
    main()
