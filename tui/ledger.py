"""The ledger of a gradient as a pane: its paths, each with its product, and what they add up to."""

from __future__ import annotations

from rich.cells import cell_len

from bptui.core.equations import gradient_symbol
from bptui.core.jacobian import Array
from bptui.core.ledger import Ledger, count_text, route
from bptui.core.notation import symbol
from bptui.core.program import Program

from .lines import Line, Span, left, line, shortened
from .numbers import AS_FITS, Format
from .tables import cell, row


def ledger_view(program: Program, ledger: Ledger, width: int, height: int, numbers: Format = AS_FITS) -> list[Line]:
    """The paths that are listed, as many as have room; the remaining ones together; the sum, which is the gradient."""
    columns = max(min(17, max(width // 3, 9)), min(numbers.width + 2, width // 2))
    label = width - columns

    def entry(text: str, value: Array) -> Line:
        return row(left(text, label), [cell(value, columns - 2, numbers)], columns, -1)

    head = row(left("path", label), ["product"], columns, -1, "head")
    name, gradient = symbol(ledger.variable), gradient_symbol(program, ledger.variable)
    foot = [line(Span(f"no path leads to {name}", "dim"))] if not ledger.count else []
    if ledger.rest is not None:
        foot.append(entry(_together(ledger.remaining, label), ledger.rest))
    foot.append(line(Span(left(f"sum = {gradient}", label)), *entry("", ledger.gradient)[1:]))
    room = max(height - 1 - len(foot), 1)
    kept = len(ledger.listed) if len(ledger.listed) <= room else room - 1
    rows = [entry(route(program, path, label - 1, cell_len), path.product) for path in ledger.listed[:kept]]
    if more := len(ledger.listed) - kept:
        rows.append(line(Span(f"… {more} more", "dim")))
    return shortened([head, *rows, *foot], height, "more")


def _together(remaining: int, width: int) -> str:
    """… the remaining 1,048,512 together, or what has room of it."""
    text = f"… the remaining {count_text(remaining, width)} together"
    return text if cell_len(text) <= width else f"… {count_text(remaining, width - 12)} together"
