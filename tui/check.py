"""The table of `bptui check FILE`."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len

from bptui.core.gradcheck import Check, check
from bptui.core.notation import symbol
from bptui.core.passes import NotFiniteError
from bptui.core.report import explain_stop
from bptui.core.scenario import Scenario
from bptui.core.text import visible
from bptui.core.timeline import Timeline

from .lines import left

HEAD = ("derivative", "op", "method", "worst error", "verdict")


def check_lines(scenario: Scenario, outcome: list[bool]) -> Iterator[str]:
    """A line for each local derivative, then for each gradient, then pass or fail, which is appended to `outcome`."""
    yield visible(scenario.title)
    found: list[Check] = []
    stopped = False
    try:
        found.extend(check(scenario))
    except NotFiniteError:
        stopped = True
    rows = [HEAD, *(_row(each) for each in found)]
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        yield "  ".join(left(text, width) for text, width in zip(row, widths, strict=True)).rstrip()
    yield ""
    wrong = [each for each in found if each.verdict == "FAIL"]
    outcome.append(not wrong and not stopped)
    if wrong:
        first = next((each for each in wrong if each.op), wrong[0])
        yield f"fail: {len(wrong)} of {len(found)} derivatives are wrong, first {_name(first)}"
    elif stopped:
        timeline = Timeline(scenario)
        timeline.reach(len(timeline))
        at = f" ({why})" if (why := explain_stop(timeline)) else ""
        yield f"fail: the trace stops at a number that is not finite{at}; the derivatives before it agree: {len(found)}"
    else:
        kinks = sum(each.verdict == "kink" for each in found)
        at = f"; {kinks} at a kink, where the derivative is chosen" if kinks else ""
        yield f"pass: {len(found)} derivatives agree with numerical differentiation{at}"


def _row(found: Check) -> tuple[str, ...]:
    return _name(found), found.op or "gradient", found.method, f"{found.error:.1e}", found.verdict


def _name(found: Check) -> str:
    return f"∂{symbol(found.node)}/∂{symbol(found.argument)}"
