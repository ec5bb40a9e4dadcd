"""Ledgers of scenarios written as text."""

from bptui.core import parse
from bptui.core.events import Accumulate, Multiply, result
from bptui.core.jacobian import Array
from bptui.core.ledger import Ledger, ledger, ledger_lines
from bptui.core.paths import Path
from bptui.core.program import Program
from bptui.core.training import trace

OLAH = "program = '''\nc = a + b\nd = b + 1\ne = c * d\n'''\n[input]\na = 2.0\nb = 1.0\n"
"""colah.github.io, "Calculus on Computational Graphs"."""


def passed(text: str) -> tuple[Program, list[Multiply], dict[str, Array]]:
    """The program, the multiplications of its backward pass, and the gradients that it comes to."""
    scenario = parse(text)
    events = list(trace(scenario))
    gradients = {event.variable: result(event) for event in events if isinstance(event, Multiply | Accumulate)}
    return scenario.program, [event for event in events if isinstance(event, Multiply)], gradients


def of(text: str, name: str, most: int = 64) -> Ledger:
    program, multiplications, gradients = passed(text)
    return ledger(program, name, multiplications, gradients[name], most)


def lines(text: str, name: str, most: int = 64) -> list[str]:
    return ledger_lines(parse(text).program, of(text, name, most))


def names(path: Path) -> list[str]:
    return [edge.variable for edge in path.edges]


def residual(blocks: int, a: str = "0.3", w: str = "0.7", loss: str = "") -> str:
    """a₁ = a₀ + tanh(w a₀), …"""
    steps = "".join(f"a{k + 1} = a{k} + tanh(w @ a{k})\n" for k in range(blocks))
    return f"wrt = ['a0', 'w']\nprogram = '''\n{steps}{loss}'''\n[input]\na0 = {a}\n[parameters]\nw = {w}\n"
