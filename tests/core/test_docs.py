"""What the docs show is what the program does."""

import re
from pathlib import Path

import pytest

from bptui.core import Timeline, parse

ROOT = Path(__file__).parents[2]


def examples() -> list[str]:
    return re.findall(r"```toml\n(.*?)```", (ROOT / "docs/scenarios.md").read_text("utf-8"), re.DOTALL)


def test_the_layers_of_the_docs_train() -> None:
    timeline = Timeline(parse(examples()[0]))
    assert timeline.reach(len(timeline)) == timeline.calendar.total
    assert set(timeline.chapter(len(timeline)).updated) == {"W1", "b1", "W2", "b2"}


def test_the_neuron_of_the_docs_is_that_of_cs231n() -> None:
    """CS231n, Optimization 2: f = 0.7310585786, ∂f/∂w = 0.1966 (-1, -2, 1), ∂f/∂x = 0.1966 (2, -3)."""
    timeline = Timeline(parse(examples()[1]))
    end = len(timeline)
    assert float(timeline.value("f", end)) == pytest.approx(0.7310585786, abs=1e-10)  # type: ignore[arg-type]
    found = [float(timeline.gradient(name, end)) for name in ("w1", "w2", "b")]  # type: ignore[arg-type]
    assert found == pytest.approx([-0.1966119332, -0.3932238665, 0.1966119332], abs=1e-10)
