"""No right backward pass is ever accused: in float32 or float64, in any layout, of all numbers or of a few."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from byhand.layouts import laid_out
from byhand.networks import NETWORKS
from byhand.step import Network

from bptui.core import parse
from bptui.core.comparison.compare import compare, compared
from bptui.core.comparison.reading import read_own

PASSES = 10_000
CHUNKS = 20


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_of_ten_thousand_right_passes_none_is_accused(chunk: int) -> None:
    rng = np.random.default_rng((2026, chunk))
    compared = 0
    while compared < PASSES // CHUNKS:
        network = NETWORKS[rng.integers(len(NETWORKS))].random(rng)
        dtype = rng.choice([np.float32, np.float64])
        gradients = network.gradients(dtype=dtype)
        part = rng.choice([0.2, 0.6, 1.0])
        few = {name: x for name, x in gradients.items() if rng.random() < part}
        rows, transposed = (bool(answer) for answer in rng.integers(2, size=2))
        own = laid_out(network, few or gradients, rows=rows, transposed=transposed)
        found = compare(parse(network.toml), own, iteration=network.iteration)
        what = f"{network.name}, {dtype.__name__}, rows {rows}, transposed {transposed}, {sorted(own)}\n{network.toml}"
        assert found.is_right, what
        compared += 1


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_numbers_that_are_stored_as_float32_are_right_with_a_remark(network: Network) -> None:
    stored = {name: x.astype(np.float32) for name, x in network.gradients().items()}
    found = compare(parse(network.toml), stored, iteration=network.iteration)
    assert found.is_right
    assert found.remarks == ("the numbers are float32's where the scenario has float64, and compared to its rounding",)


@pytest.mark.parametrize("form", ["%.6g", "%.4f", "%.8e"])
@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_numbers_that_are_written_with_few_digits_are_right(network: Network, form: str, tmp_path: Path) -> None:
    written = {name: np.vectorize(lambda x: float(form % x))(x).tolist() for name, x in network.gradients().items()}
    (tmp_path / "own.json").write_text(json.dumps({**written, "iteration": network.iteration}))
    found = compared(parse(network.toml), read_own(str(tmp_path / "own.json"), 10_000))
    assert found.is_right
