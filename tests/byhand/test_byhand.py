"""The passes that are written by hand: the right ones against numerical differentiation, the wrong ones as wrong."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from byhand.networks import NETWORKS
from byhand.step import CHANGE, Line, Named, Network, forward

EVERYWHERE = pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
CATALOGUE = {
    *("phi-missing", "sign", "phi-at-a", "activation-for-phi", "phi-of-another-layer", "transpose"),
    *("input-of-another-layer", "weights-of-another-layer", "updated-weights", "bias-not-summed", "bias-broadcast"),
    *("mean-for-sum", "sum-for-mean", "batch-twice", "softmax-cross-entropy", "regulariser-forgotten"),
    *("regulariser-doubled", "last-only", "path-forgotten", "not-reset", "factor-2", "factor-half", "local-missing"),
    *("statistics-constant", "kernel-turned"),
}
WIDTH = 1e-5
"""Of a central difference: its error is near WIDTH², and rounding adds near 1e-16/WIDTH."""


def _differences(network: Network, name: str) -> np.ndarray:
    """∂L/∂name, one cell at a time: the lines after it are computed again."""
    v = network.values()
    names = [line.name for line in network.lines]
    behind: tuple[Line, ...] = network.lines[names.index(name) + 1 if name in names else 0 :]
    result = np.zeros(np.shape(v[name]))
    for cell in np.ndindex(result.shape):
        losses = []
        for width in (WIDTH, -WIDTH):
            moved = Named(v)
            moved[name] = np.array(v[name])
            moved[name][cell] += width
            forward(behind, moved)
            losses.append(moved[names[-1]])
        result[cell] = (losses[0] - losses[1]) / (2 * WIDTH)
    return result


@EVERYWHERE
def test_the_right_pass_agrees_with_central_differences(network: Network) -> None:
    for name, gradient in network.gradients().items():
        expected = _differences(network, name[1:])
        assert gradient.shape == expected.shape, name
        assert abs(gradient - expected).max() < 1e-7 * max(1.0, abs(expected).max()), name


@EVERYWHERE
def test_every_value_that_is_computed_or_learns_has_a_gradient(network: Network) -> None:
    *names, _output = [line.name for line in network.lines]
    assert {f"d{name}" for name in (*names, *network.tables["parameters"])} <= set(network.gradients())
    assert len({step.variable for step in network.steps}) == len(network.steps)


@EVERYWHERE
def test_every_slip_changes_its_number_and_the_pass_stays_finite(network: Network) -> None:
    right = network.gradients()
    assert network.slips == network.listed, [str(slip) for slip in network.listed if not network.applies(slip)]
    for slip in network.slips:
        wrong = network.gradients([slip])
        name = f"d{slip.variable}"
        assert abs(wrong[name] - right[name]).max() > CHANGE * abs(right[name]).max(), slip
        assert all(np.isfinite(gradient).all() for gradient in wrong.values()), slip
        for before in list(right)[: slip.index]:
            np.testing.assert_array_equal(wrong[before], right[before])


@EVERYWHERE
def test_all_is_computed_in_the_precision_asked_for(network: Network) -> None:
    double = network.gradients()
    for slips in ((), *((slip,) for slip in network.slips)):
        for name, gradient in network.gradients(slips, dtype=np.float32).items():
            assert gradient.dtype == np.float32, (name, *map(str, slips))
    for name, gradient in network.gradients(dtype=np.float32).items():
        assert abs(gradient - double[name]).max() < 1e-4 * abs(double[name]).max(), name


@EVERYWHERE
def test_nothing_is_at_a_kink_and_every_relu_has_both_sides(network: Network) -> None:
    v = network.values()
    for line in network.lines:
        if line.text.startswith("relu"):
            u = v[line.text[5:-1]]
            assert (u > 0).any()
            assert (u < 0).any()
            assert abs(u).min() > 100 * WIDTH


@EVERYWHERE
def test_what_a_random_one_lists_can_be_made_there(network: Network) -> None:
    rng = np.random.default_rng(0)
    for _ in range(10):
        other = network.random(rng)
        assert other.name == network.name
        assert all(np.isfinite(gradient).all() for gradient in other.gradients().values())
        for slip in other.slips:
            assert set(other.gradients([slip])) == set(network.gradients())


def test_two_slips_are_made_in_one_pass() -> None:
    network = NETWORKS[1]
    first = next(slip for slip in network.slips if str(slip) == "dz:sign")
    second = next(slip for slip in network.slips if str(slip) == "da1:factor-2")
    both, right = network.gradients([first, second]), network.gradients()
    np.testing.assert_array_equal(both["db2"], -right["db2"])
    np.testing.assert_allclose(both["db1"], -2 * right["db1"], rtol=1e-15)


def test_there_are_enough_and_each_mistake_is_made_twice() -> None:
    counts = Counter(slip.id for network in NETWORKS for slip in network.slips)
    assert counts.total() >= 150
    assert set(counts) == CATALOGUE
    assert min(counts.values()) >= 2, counts


def test_nothing_here_is_taken_from_what_is_tested() -> None:
    for file in Path(__file__).parent.glob("*.py"):
        if file.name == "test_scenarios_of_byhand.py":
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [module for module in modules if module.split(".")[0] == "bptui"], file.name
