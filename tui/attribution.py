"""Where the gradient vanishes or explodes, as a pane: the verdict, and a bar for each factor on the way back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len

from bptui.core.attribution import Attribution, Share, Units
from bptui.core.conditions.watches import sparkline
from bptui.core.jacobian import counted
from bptui.core.notation import number, symbol
from bptui.core.program import Program

from .lines import Line, Role, Span, drawn_window, fitted, left, line, right, spaced, wrapped

LONGEST_SIDE = 16
"""Cells of a bar on each side of its 0."""
ALIKE = 0.1
"""Powers of ten within which two factors are alike."""
ENDS = len(" 10^-123.45 → 10^-123.45")
"""Cells beside a sparkline for its first and its last value."""

# ---- which rows there are, and where they lead


def rows(attribution: Attribution) -> list[list[int]]:
    """The shares of each row, from the loss on: those of a layer together; without layers one by one."""
    shares, layered = attribution.shares, _has_layers(attribution)
    found: list[list[int]] = []
    for index, share in enumerate(shares):
        if layered and found and shares[found[-1][0]].layer == share.layer:
            found[-1].append(index)
        else:
            found.append([index])
    return found


def _has_layers(attribution: Attribution) -> bool:
    return any(share.layer for share in attribution.shares)


def guilty_row(attribution: Attribution) -> int:
    """The row to begin with: that of the guilty factor."""
    guilty = attribution.guilty
    return next(row for row, indices in enumerate(rows(attribution)) if guilty in indices)


def target(attribution: Attribution, selected: int) -> int:
    """The event, counted within the iteration, that a row leads to: its guilty factor, or the one that changes most."""
    shares, indices = attribution.shares, rows(attribution)[selected]
    if attribution.guilty in indices:
        return shares[attribution.guilty].index
    return shares[max(indices, key=lambda index: abs(shares[index].log10))].index


# ---- the pane


def attribution_lines(
    attribution: Attribution, program: Program, width: int, height: int, selected: int, history: Sequence[float] = ()
) -> list[Line]:
    """The verdict, who is guilty, the rows around the selected one, and how the last product went over iterations."""
    room = max(width, 2)
    top = [line(Span(text, "head")) for text in wrapped(_verdict(attribution, program), room)]
    top += [line(Span(text, "alert")) for text in wrapped(_guilty(attribution, program), room)]
    top += [line(text) for text in wrapped(_together(attribution, program), room)]
    foot = [_over_iterations(history, width)] if len(history) > 1 else []
    table = _table(attribution, program, width, max(height - len(top) - len(foot), 2), selected)
    return [fitted(each, width) for each in spaced([top, table, foot], height)[:height]]


def _verdict(attribution: Attribution, program: Program) -> str:
    """What becomes of the gradient, for someone who sees it for the first time."""
    shares = attribution.shares
    for share in shares:
        if share.log10 == -math.inf:
            return f"nothing passes {share.label}: from {symbol(share.variable)} on the gradient is 0"
        if share.log10 == math.inf:
            return f"the gradient explodes: {share.label} makes it infinite or NaN"
    losses = next((i for i, share in enumerate(shares) if share.kind != "loss"), len(shares))
    start = symbol(shares[losses - 1].variable if losses else program.output)
    before, after = _power(shares[losses - 1].product if losses else 0.0), _power(shares[-1].product)
    end = symbol(shares[-1].variable)
    return {
        "vanishes": f"the gradient vanishes: of {before} at {start} only {after} is left at {end}",
        "explodes": f"the gradient explodes: from {before} at {start} it grows to {after} at {end}",
        "passes": f"the gradient passes: it is {before} at {start} and {after} at {end}",
    }[attribution.verdict]


def _guilty(attribution: Attribution, program: Program) -> str:
    """The factor that does most."""
    share = attribution.shares[attribution.guilty]
    word = "changes most" if attribution.verdict == "passes" and math.isfinite(share.log10) else "guilty"
    kind = program.layers[share.layer - 1].activation if share.layer and share.kind == "activation" else share.kind
    factor = f"{number(10.0**share.log10, 3)} = " if abs(share.log10) < 4 else ""
    alike = [s for s in attribution.shares if s.kind == share.kind and abs(s.log10 - share.log10) <= ALIKE]
    others = f", with {len(alike) - 1} like it" if len(alike) > 1 and math.isfinite(share.log10) else ""
    return f"{word}: {share.label} ({kind}), a factor of {factor}{_power(share.log10)}{others}"


def _together(attribution: Attribution, program: Program) -> str:
    """What the activations, without identities, and the weights do together; empty where there are neither."""
    identities = {layer.number for layer in program.layers if layer.activation == "identity"}
    shares = [s for s in attribution.shares if s.kind != "activation" or s.layer not in identities]
    sums = [
        f"{counted(count, noun)} {_power(attribution.together(kind))}"
        for kind, noun in (("activation", "activation"), ("weights", "weight"))
        if (count := sum(share.kind == kind for share in shares))
    ]
    units = [share.units for share in attribution.shares if share.units]
    broken = [
        f"{counted(count, 'unit')} {what}"
        for count, what in ((sum(u.dead for u in units), "dead"), (sum(u.saturated for u in units), "saturated"))
        if count
    ]
    return "; ".join(filter(None, (f"together: {', '.join(sums)}" if sums else "", ", ".join(broken))))


def _power(log10: float) -> str:
    """A size as a power of ten: 10^-12.85; 0 and ∞ as they are."""
    return f"10^{log10:z.2f}" if math.isfinite(log10) else "∞" if log10 > 0 else "0"


class _Row(NamedTuple):
    """What stands in a row; `shares` has one for each column of bars, or None."""

    label: str
    shares: tuple[Share | None, ...]
    product: float
    units: Units | None


def _table(attribution: Attribution, program: Program, width: int, height: int, selected: int) -> list[Line]:
    """The head, and the rows around the selected one; bars have what room the numbers leave."""
    guilty = attribution.shares[attribution.guilty]
    shares, layered = attribution.shares, _has_layers(attribution)
    names = ("log₁₀ φ′", "log₁₀ Wᵀ") if layered else ("log₁₀",)
    entries = [_row(program, [shares[index] for index in indices], layered) for indices in rows(attribution)]
    barred = [share for entry in entries for share in entry.shares if share]
    scale = max((abs(share.log10) for share in barred if math.isfinite(share.log10)), default=0.0)
    label = min(max(5, *(cell_len(entry.label) for entry in entries)), width // 3) + 1
    digits = max((len(_signed(share.log10)) for share in barred), default=0) + 1
    product = max(7, *(len(_signed(entry.product)) for entry in entries)) + 1
    free = width - 2 - label - product - len(names) * (digits + 3)
    longest = max(len(_units(entry.units, width)) for entry in entries) + 2
    units = min(longest, max(free - 4 * len(names), 20))  # of bars of 3 cells a side, or two counts, what has room
    side = max(min((free - units) // (2 * len(names)) + 1, LONGEST_SIDE), 1)
    column = 2 * side + 1 + digits

    def draw(index: int) -> Line:
        entry, here = entries[index], index == selected
        spans = [Span("› " if here else "  ", "now"), Span(left(entry.label, label), "now" if here else "text")]
        for share in entry.shares:
            text = _bar(share.log10, side, scale) + right(_signed(share.log10), digits) if share else " " * column
            spans.append(Span(text, "alert" if share is guilty else _role(share)))
        spans.append(Span(right(_signed(entry.product), product)))
        return line(*spans, Span(f"  {_units(entry.units, units - 2)}".rstrip(), "alert"))

    titles = [*(Span(right(name, column), "head") for name in names), Span(right("product", product), "head")]
    head = line(Span("  " + left("layer" if layered else "factor", label), "head"), *titles)
    return [head, *drawn_window(len(entries), height - 1, selected, draw)]


def _row(program: Program, shares: Sequence[Share], layered: bool) -> _Row:
    """A layer with its activation and its weights; the loss, which has no bars beside them; or a single factor."""
    first, product = shares[0], shares[-1].product
    if not layered:
        return _Row(f"{first.label} {first.kind}", (first,), product, first.units)
    by_kind = {share.kind: share for share in shares}
    number_width = len(str(len(program.layers)))
    name = f"{first.layer:>{number_width}} {program.layers[first.layer - 1].activation}" if first.layer else ""
    label = name or " " * number_width + " loss"
    activation, weights = by_kind.get("activation"), by_kind.get("weights")
    return _Row(label, (activation, weights), product, activation.units if activation else None)


def _role(share: Share | None) -> Role:
    """The colour of a bar: what shrinks, what grows."""
    if share is None or not share.log10:
        return "text"
    return "backward" if share.log10 < 0 else "forward"


def _bar(log10: float, side: int, scale: float) -> str:
    """From 0 in the middle: to the left what shrinks, to the right what grows; the largest of all has all the room."""
    part = 1.0 if math.isinf(log10) else abs(log10) / (scale or 1.0)
    cells = round(side * part)
    body = "━" * (cells - 1)
    shrinks = "◀" + body if cells and log10 < 0 else ""
    grows = body + "▶" if cells and log10 > 0 else ""
    return right(shrinks, side) + "│" + left(grows, side)


def _signed(log10: float) -> str:
    """The sign as text too; 0 has none."""
    text = f"{log10:+z.2f}"
    return "0.00" if text == "+0.00" else text


def _units(units: Units | None, room: int) -> str:
    """3 of 64 dead, 2 saturated; `3 dead, 2 sat.` where there is no room for it; empty where all units work."""
    if units is None or not units.dead + units.saturated:
        return ""
    dead, saturated = f"{units.dead} dead", f"{units.saturated} sat."
    short = ", ".join([dead] * (units.dead > 0) + [saturated] * (units.saturated > 0))
    long = short.replace(" ", f" of {units.of} ", 1).replace("sat.", "saturated")
    return long if len(long) <= room else short


def _over_iterations(history: Sequence[float], width: int) -> Line:
    """How the last product's size went, over as many of the last iterations as have room."""
    start = "over iterations "
    shown = history[-max(width - len(start) - ENDS, 1) :]
    ends = f" {_power(shown[0])} → {_power(shown[-1])}"
    return line(Span(start, "dim"), sparkline(shown, len(shown)), Span(ends, "dim"))
