"""What a class costs: from the teacher's key to the last follower's frame, memory, the first frame, what is left.

    python benchmarks/classroom.py [--rounds 3] [--only latency,memory,start,leaks] [--bptui PATH]

`bptui serve` and the real `ssh` run on this machine; every student is an `ssh` in a pseudo-terminal, and all are read
in one loop here. A key's time ends when the last of those who follow has the end of the frame that shows where the
teacher is. Then a student who reads nothing and a hostile one (hostile.py) come, and the same is measured again. The
peer of the first frame is a process of its own, started in turn. Needs Linux.
"""

import argparse
import asyncio
import signal
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from operator import attrgetter
from pathlib import Path

from following import FILES, Values, latency
from hostile import connected, opened
from students import AT_ONCE, ENVIRONMENT, SIZES, Class, Memory, Row, Serve, bounded, memory, processor, spent
from terminals import PATIENCE, Terminal, Terminals
from wire import percentile_95

IDLE = 5  # seconds
QUIET = 0.15  # seconds without a byte after which a first frame is the last one, too
STARTS = 5  # of each kind in a round
COMINGS = (50, 500, 1_000)  # sessions after which is looked what is left
MOST_MORE = 1.1  # times the memory after the first of them
MIN_SESSIONS, MAX_START = 80, 150  # in a GiB; ms


def room_for(bptui: Path, rounds: int) -> Iterator[Row]:
    """Memory of forty sessions, and of eighty; what they do while nothing happens."""
    took = []
    with closing(Class(bptui, FILES)) as room:
        for number in (40, 80):
            room.come(number - len(room.students))
            for key in "ssssSSSS":
                room.press(key)
            title = f"{number} students and a teacher"
            before = processor(room.serve.sessions())
            room.terminals.read(IDLE)
            idle = spent(before) / IDLE
            yield f"{title}: processor of all sessions while nothing happens, ms a second", f"{idle:.1f}", "–", "–"
            sessions, *others = map(memory, (room.serve.sessions(), [room.serve.pid], [room.serve.forker]))
            took.append(sessions.shares + sum(each.shares for each in others))
            each = f"{sessions.shares / sessions.processes:.1f}; {sessions.alone / sessions.processes:.1f}"
            yield f"{title}: MiB a session: its share; its own", each, "–", "–"
            yield f"{title}: MiB of server; forker", "; ".join(f"{each.shares:.1f}" for each in others), "–", "–"
            fit = 1024 * sessions.processes / sessions.shares
            yield bounded(f"{title}: sessions in a GiB", fit, MIN_SESSIONS, at_most=False)
    fit = 1024 * 40 / (took[1] - took[0])
    yield bounded("forty more, of all that is used then: sessions in a GiB", fit, MIN_SESSIONS, at_most=False)


def start(bptui: Path, rounds: int) -> Iterator[Row]:
    """The first frame of one who comes, in an empty class and in a full one; a process of its own in turn with them."""
    values: Values = defaultdict(list)
    with closing(Class(bptui, FILES[:1])) as empty, closing(Class(bptui, FILES[:1])) as full:
        full.come(40)
        numbers = count()
        for _ in range(rounds * STARTS):
            for others, room in ((0, empty), (40, full)):
                comes(room, f"guest-{next(numbers)}", f"with {others} others", values)
            process(bptui, values)
    peer = statistics.median(values["a process of its own", "from its start"])
    for (case, since), times in values.items():
        median, high = statistics.median(times), percentile_95(times)
        row = bounded(f"first frame, ms, {case}, {since}: median", median, MAX_START)
        yield row if since == "from the token" else (*row[:2], "–", "–")
        yield "  95th percentile; ratio of the median to the peer's", f"{high:.1f}; {median / peer:.2f}", "–", "–"


def comes(room: Class, name: str, case: str, values: Values) -> None:
    """One comes, and goes."""
    address = f"127.0.1.{1 + len(values[case, 'from ssh']) % 200}"
    terminal = room.terminals.add(room.serve.join(name, SIZES[0], address=address))
    first, last = first_frame(room.terminals, terminal)
    answered = room.serve.answered(name)
    values[case, "from ssh"].append((first - terminal.began) * 1e3)
    values[case, "from the token"].append((first - answered) * 1e3)
    values[case, "from the token to the last byte"].append((last - answered) * 1e3)
    here = len(room.serve.sessions())
    room.terminals.remove(terminal)
    room.terminals.wait(lambda: len(room.serve.sessions()) < here, "who had gone was gone")
    room.terminals.read(0.5)


def process(bptui: Path, values: Values) -> None:
    """The peer: bptui without a class."""
    remote = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}  # which is drawn as over SSH
    with tempfile.TemporaryDirectory() as home, closing(Terminals()) as terminals:
        argv, environment = [str(bptui), FILES[0]], ENVIRONMENT | remote | {"HOME": home}
        terminal = terminals.add(Terminal(argv, environment, SIZES[0]))
        first, last = first_frame(terminals, terminal)
    values["a process of its own", "from its start"].append((first - terminal.began) * 1e3)
    values["a process of its own", "from its start to the last byte"].append((last - terminal.began) * 1e3)


def first_frame(terminals: Terminals, terminal: Terminal) -> tuple[float, float]:
    """When the first frame that is of use was whole, and when the last byte of the start came."""
    first = terminals.frame(terminal, 0)
    terminals.quiet(terminal, QUIET)
    return first, terminal.last


def leaks(bptui: Path, rounds: int) -> Iterator[Row]:
    """What is left of a thousand sessions."""
    took: defaultdict[str, list[Memory]] = defaultdict(list)
    with closing(Class(bptui, FILES)) as room:
        for first, number in zip((0, *COMINGS), COMINGS, strict=False):
            asyncio.run(come_and_go(room.serve, range(first, number)))
            room.terminals.wait(lambda: len(room.serve.sessions()) == 1, "all had gone")
            room.terminals.read(1)
            took["server"].append(memory([room.serve.pid]))
            took["forker"].append(memory([room.serve.forker]))
            took["all with the teacher"].append(memory([room.serve.pid, room.serve.forker, *room.serve.sessions()]))
    for who, those in took.items():
        title = f"{who}, after {', '.join(f'{number:,}' for number in COMINGS)} sessions"
        for what in ("processes", "descriptors"):
            seen = list(map(attrgetter(what), those))
            is_same = "yes" if seen[0] == seen[-1] else "no"
            yield f"{title}: {what}", "; ".join(map(str, seen)), "the same", is_same
        for name, what in (("MiB resident", "resident"), ("MiB of its own", "alone")):
            seen = list(map(attrgetter(what), those))
            is_bounded = "yes" if seen[-1] <= seen[0] * MOST_MORE else "no"
            yield f"{title}: {name}", "; ".join(f"{each:.1f}" for each in seen), f"at most ×{MOST_MORE}", is_bounded


async def come_and_go(serve: Serve, numbers: range) -> None:
    """Some at a time, under forty names, from many addresses."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with places, asyncio.timeout(PATIENCE):
            await visit(serve, number)
        if number % 100 == 99:
            print(f"leaks: {number + 1} have come", file=sys.stderr)

    await asyncio.gather(*(one(number) for number in numbers))


async def visit(serve: Serve, number: int) -> None:
    """Come, see a frame, and leave: with a key, at the end of the input, by dropping or by closing the connection."""
    address, name = f"127.0.2.{1 + number % 50}", f"student-{number % 40}"
    connection = await connected(serve.port, serve.tokens["student"], address, name)
    process = await opened(connection, SIZES[number % len(SIZES)])
    shown = b""
    while b" / 33" not in shown:
        shown += await process.stdout.read(65536)
    match number // len(SIZES) % 4:
        case 0:
            process.stdin.write(b"q")
            await process.wait()
        case 1:
            process.stdin.write_eof()
            await process.wait()
        case 2:
            connection.abort()
    connection.close()
    await connection.wait_closed()


def table(rows: list[Row]) -> Iterator[str]:
    """The rows with aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


MEASUREMENTS: dict[str, Callable[[Path, int], Iterator[Row]]] = {
    "latency": latency,
    "memory": room_for,
    "start": start,
    "leaks": leaks,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="a class over SSH")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(MEASUREMENTS), help=f"some of {','.join(MEASUREMENTS)}")
    parser.add_argument("--bptui", type=Path, default=Path(sys.executable).parent / "bptui", help="the program")
    arguments = parser.parse_args()
    chosen = arguments.only.split(",")
    if not set(chosen) <= set(MEASUREMENTS):
        parser.error(f"--only takes some of {','.join(MEASUREMENTS)}")
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # all that runs is ended
    rows: list[Row] = [("figure", "bptui", "to reach", "reached")]
    for name in chosen:
        rows += MEASUREMENTS[name](arguments.bptui, arguments.rounds)
    print(*table(rows), sep="\n")


if __name__ == "__main__":
    main()
