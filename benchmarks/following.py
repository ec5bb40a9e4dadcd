"""How long a class takes to follow its teacher: a measurement of classroom.py."""

import os
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
from students import ENVIRONMENT, Class, Row, Serve, bounded, is_held_up, processor, spent
from wire import percentile_95

FILES = ("tanh4", "digits")
FOLLOWERS = 38
WALKS = {
    "step": ("s" * 30 + "S" * 30, 0.75),
    "quick step": ("s" * 30 + "S" * 30, 0.25),
    "jump": (("n" * 5 + "N" * 5) * 2, 0.75),
}
"""Keys that lead forward and back, and the seconds between two of them: steps may be foreseen, jumps may not."""
CASES = ("alone", "with both")
MOST = 100  # ms

Values = defaultdict[tuple[str, ...], list[float]]


def latency(bptui: Path, rounds: int) -> Iterator[Row]:
    """From the teacher's key to the last follower's frame, without and with those who make trouble."""
    values: Values = defaultdict(list)
    for number in range(rounds):
        for file in FILES if number % 2 == 0 else reversed(FILES):
            print(f"latency, {file}: round {number + 1} of {rounds}", file=sys.stderr)
            with closing(Class(bptui, (file,))) as room:
                room.come(FOLLOWERS)
                walk(room, (file, CASES[0]), values)
                with hostile(room.serve) as enemy:
                    room.terminals.wait(
                        lambda room=room: any(map(is_held_up, room.serve.sessions())), "one was held up"
                    )
                    walk(room, (file, CASES[1]), values, enemy)
    for kind in WALKS:
        for case in CASES:
            for file in FILES:
                yield from said(values, (file, case, kind))


def walk(room: Class, where: tuple[str, str], values: Values, enemy: int | None = None) -> None:
    """The teacher goes forward and back again; what processor time that took is told by who used it."""
    pids = {
        "server": [room.serve.pid, room.serve.forker],
        "sessions": room.serve.sessions(),
        "ssh": [each.pid for each in (room.teacher, *room.students)],
        "benchmark": [os.getpid()],
        "hostile": [enemy] if enemy else [],
    }
    for kind, (keys, pause) in WALKS.items():
        for key in "sS":
            room.press(key, pause)
        before, before_in_all = {who: processor(each) for who, each in pids.items()}, processor_in_all()
        for key in keys:
            frame, last = room.press(key, pause)
            values[*where, kind].append(frame)
            values[*where, kind, "last byte"].append(last)
        used = {who: spent(each) / len(keys) for who, each in before.items()}
        used["all else"] = (processor_in_all() - before_in_all) / len(keys) - sum(used.values())
        for who, each in used.items():
            values[*where, kind, "processor", who].append(each)


def processor_in_all() -> float:
    """Milliseconds for which all processors were busy until now."""
    times = psutil.cpu_times()
    return 1e3 * (times.user + times.nice + times.system + times.irq + times.softirq + times.steal)


def said(values: Values, what: tuple[str, str, str]) -> Iterator[Row]:
    """The rows about one kind of step in one file and case."""
    file, case, kind = what
    title, times = f"{kind}, {file}, {FOLLOWERS} follow, {case}", values[what]
    yield (
        f"{title}: key to last frame, ms, median; worst",
        f"{statistics.median(times):.0f}; {max(times):.0f}",
        "–",
        "–",
    )
    yield bounded("  95th percentile", percentile_95(times), MOST)
    yield "  to the last byte, 95th percentile", f"{percentile_95(values[*what, 'last byte']):.1f}", "–", "–"
    used = {key[4]: statistics.fmean(each) for key, each in values.items() if key[:4] == (*what, "processor")}
    yield "  processor time, ms", ", ".join(f"{who} {each:.0f}" for who, each in used.items()), "–", "–"


@contextmanager
def hostile(serve: Serve) -> Iterator[int]:
    """The process of those who make trouble, which is ended at the end."""
    argv = [sys.executable, str(Path(__file__).with_name("hostile.py")), str(serve.port)]
    environment = ENVIRONMENT | {"TOKEN": serve.tokens["student"]}
    process = subprocess.Popen(argv, env=environment, start_new_session=True)
    try:
        yield process.pid
        if process.poll() is not None:
            sys.exit("those who make trouble have given up")
    finally:
        process.kill()
        process.wait()
