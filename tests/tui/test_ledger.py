"""The ledger as a pane: everything is shown or counted, at every size."""

import re

import pytest
from rich.cells import cell_len

from bptui.core import parse
from bptui.core.events import Accumulate, Multiply, result
from bptui.core.ledger import ledger
from bptui.core.training import trace
from bptui.tui.ledger import ledger_view
from bptui.tui.lines import Line

OLAH = "program = '''\nc = a + b\nd = b + 1\ne = c * d\n'''\n[input]\na = 2.0\nb = 1.0\n"
SQUARES = "program = '''\n" + "".join(f"x{k + 1} = x{k} * x{k}\n" for k in range(20)) + "'''\n[input]\nx0 = 1.0\n"
"""2²⁰ paths, each with the product 1."""
WIDE = SQUARES.replace("x0 = ", '"x0" = ').replace("x", "漢字かなカナ")


def drawn(text: str, name: str, width: int, height: int) -> list[Line]:
    scenario = parse(text)
    events = list(trace(scenario))
    gradients = {event.variable: result(event) for event in events if isinstance(event, Multiply | Accumulate)}
    multiplications = [event for event in events if isinstance(event, Multiply)]
    return ledger_view(
        scenario.program, ledger(scenario.program, name, multiplications, gradients[name]), width, height
    )


def shown(text: str, name: str, width: int, height: int) -> list[str]:
    return ["".join(span.text for span in line) for line in drawn(text, name, width, height)]


def test_the_published_example() -> None:
    assert shown(OLAH, "b", 34, 6) == [
        "path                       product",
        "e → d → b                 3.000000",
        "e → c → b                 2.000000",
        "sum = ∂e/∂b               5.000000",
    ]


def test_what_has_no_room_is_counted() -> None:
    """Twenty squares have 2²⁰ paths of product 1; the variables on a route are named or counted."""
    head, *paths, more, together, total = shown(SQUARES, "x0", 60, 6)
    assert head.split() == ["path", "product"]
    assert len(paths) == 2
    for path in paths:
        named, product = path.split()[:-1], path.split()[-1]
        skipped = next(int(word.strip("…")) for word in named if word.strip("…").isdigit())
        assert sum(word.startswith("x") for word in named) + skipped == 21
        assert product == "1.0000000"
    assert more == "… 62 more"
    assert together.split() == ["…", "the", "remaining", "1,048,512", "together", "1048512.0000000"]
    assert total.split() == ["sum", "=", "∂x₂₀/∂x₀", "1048576.0000000"]


@pytest.mark.parametrize("width", [34, 38, 47, 60])
@pytest.mark.parametrize("height", range(4, 21))
@pytest.mark.parametrize(("text", "name"), [(OLAH, "b"), (SQUARES, "x0"), (WIDE, "漢字かなカナ0")])
def test_every_path_is_shown_or_counted(text: str, name: str, width: int, height: int) -> None:
    rows = shown(text, name, width, height)
    assert len(rows) <= height
    assert max(map(cell_len, rows)) <= width
    assert rows[0].startswith("path")
    assert rows[-1].startswith("sum = ∂")
    more = [int(row.split()[1]) for row in rows if row.endswith("more")]
    together = [row for row in rows if "together" in row]
    paths = len(rows) - 2 - len(more) - len(together)
    if text == OLAH:
        assert (paths + sum(more), together) == (2, [])
    else:
        assert paths + sum(more) == 64
        product = "1048512.0000000" if width == 60 else "1048512"  # the others have no room for digits behind the point
        assert re.search(rf" 1,048,512 together +{re.escape(product)}$", together[0])


def test_a_number_without_room_is_rounded_not_cut() -> None:
    text = "program = '''\n" + "".join(f"x{k + 1} = x{k} + x{k}\n" for k in range(100)) + "'''\n[input]\nx0 = 1.0\n"
    rows = shown(text, "x0", 34, 6)
    assert rows[-2].startswith("… ≈ 1.27e+30 together ")
    assert rows[-2].split() == ["…", "≈", "1.27e+30", "together", "1.268e+30"]


def test_a_window_too_low_says_how_much_is_missing() -> None:
    assert [row.split()[0] for row in shown(SQUARES, "x0", 40, 3)] == ["path", "…", "…"]
    assert shown(SQUARES, "x0", 40, 3)[1:] == ["… 64 more", "… 2 more"]


def test_no_path() -> None:
    text = "program = '''\ny = x*x\nz = v*x\n'''\noutput = 'y'\n[parameters]\nx = 3.0\nv = 1.0"
    program = parse(text).program
    zero = ledger(program, "v", [], parse(text).parameters["v"] * 0)
    rows = ["".join(span.text for span in line) for line in ledger_view(program, zero, 34, 6)]
    assert [row.split() for row in rows] == [
        ["path", "product"],
        ["no", "path", "leads", "to", "v"],
        ["sum", "=", "∂y/∂v", "0.000000"],
    ]
