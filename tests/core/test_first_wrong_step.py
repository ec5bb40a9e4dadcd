"""Every mistake of the catalogue, made in backward passes that are written apart from the core, is found and named."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np
import pytest
from byhand.layouts import laid_out
from byhand.networks import NETWORKS
from byhand.step import Array, Network, Slip

from bptui.core import Scenario, parse
from bptui.core.comparison.compare import compare
from bptui.core.comparison.records import Comparison
from bptui.core.mistakes.catalogue import NAMES

CASES = [(network, slip) for network in NETWORKS for slip in network.slips]
BY_NAME = {network.name: network for network in NETWORKS}
SAME = {"sum-for-mean": "batch-missing", "mean-for-sum": "batch-twice"}
"""Two names of one mistake where the loss is a mean: 1/N once too often, or not at all."""
CANCELLING = (
    "sign",
    "factor-2",
    "factor-half",
    "mean-for-sum",
    "sum-for-mean",
    "batch-twice",
    "local-missing",
    "transpose",
)
"""Two of these on one way may cancel each other."""


@cache
def scenario(name: str) -> Scenario:
    return parse(BY_NAME[name].toml)


def compared(network: Network, slips: Iterable[Slip], *, only: Iterable[str] = ()) -> Comparison:
    """What is found in the pass with these mistakes, of all its numbers or of these variables' only."""
    gradients = network.gradients(slips)
    names = {f"d{name}" for name in only} or set(gradients)
    given = {name: x for name, x in gradients.items() if name in names}
    return compare(scenario(network.name), given, iteration=network.iteration)


def test_every_mistake_of_the_catalogue_is_made_somewhere() -> None:
    made = {slip.id for _, slip in CASES}
    never_by_hand = {"other-argument", "added", "divided", "batch-missing"}  # of predictions; sum-for-mean
    assert made | never_by_hand == set(NAMES)
    assert len(NETWORKS) >= 12


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_the_step_is_found_and_the_mistake_is_among_those_named(network: Network) -> None:
    """Where two mistakes give the same number, as the last of two contributions and one that is forgotten, both are."""
    for slip in network.slips:
        found = compared(network, [slip])
        assert [(each.variable, each.verdict) for each in found.findings] == [(slip.variable, "wrong here")], str(slip)
        assert is_named(slip, names(found)), str(slip)


def test_the_mistake_is_named_first_in_nearly_all_cases() -> None:
    first = [is_named(slip, names(compared(network, [slip]))[:1]) for network, slip in CASES]
    assert np.mean(first) >= 0.95


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_what_comes_behind_the_mistake_is_right_or_inherited(network: Network) -> None:
    right = network.gradients()
    for slip in network.slips:
        wrong = network.gradients([slip])
        for each in compared(network, [slip]).judgements:
            name = f"d{each.variable}"
            if each.variable == slip.variable or name not in wrong:
                continue
            same = np.allclose(wrong[name], right[name], rtol=1e-9, atol=1e-9 * abs(right[name]).max())
            assert each.verdict == ("right" if same else "inherited"), f"{slip}: {name}"


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_of_the_parameters_alone_the_step_is_found_or_is_among_those_it_may_be(network: Network) -> None:
    parameters = list(network.tables["parameters"])
    for slip in network.slips:
        wrong, right = network.gradients([slip]), network.gradients()
        if all(np.array_equal(wrong[f"d{name}"], right[f"d{name}"]) for name in parameters):
            continue  # nothing of it is to be seen
        found = compared(network, [slip], only=parameters)
        assert len(found.findings) == 1, str(slip)
        first = found.findings[0]
        places = first.between if first.verdict == "undetermined" else (first.variable,)
        assert slip.variable in places, str(slip)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_two_mistakes_are_found_one_after_the_other(network: Network) -> None:
    rng = np.random.default_rng(len(network.name))
    others = [slip for slip in network.slips if slip.id not in CANCELLING]
    for first in others:
        second = others[rng.integers(len(others))]
        if first.index == second.index:
            continue
        found = compared(network, [first, second])
        assert {each.variable for each in found.findings} == {first.variable, second.variable}, f"{first}, {second}"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("transposed", [False, True])
def test_a_mistake_is_found_in_every_layout_and_precision(dtype: type, rows: bool, transposed: bool) -> None:
    for name in ("perceptron", "square", "fused"):
        network = BY_NAME[name]
        for slip in network.slips:
            gradients = laid_out(network, network.gradients([slip], dtype), rows=rows, transposed=transposed)
            found = compare(scenario(network.name), gradients, iteration=network.iteration)
            assert [each.variable for each in found.findings] == [slip.variable], str(slip)
            assert is_named(slip, names(found)), str(slip)


def is_named(slip: Slip, found: list[str]) -> bool:
    return slip.id in found or SAME.get(slip.id) in found


def names(found: Comparison) -> list[str]:
    """The ids of the first finding's mistakes."""
    assert found.first is not None
    return [each.mistake.id for each in found.first.mistakes]


def test_one_square_matrix_alone_that_is_transposed_is_a_mistake_and_all_of_them_are_a_layout() -> None:
    network = BY_NAME["square"]
    gradients = network.gradients()
    weights = [name for name in gradients if name.startswith("dW")]
    for wrong in weights:
        found = compare(scenario(network.name), {**gradients, wrong: gradients[wrong].T})
        assert [each.variable for each in found.findings] == [wrong[1:]]
        assert names(found)[0] == "transpose"
    turned: dict[str, Array] = {name: x.T if name in weights else x for name, x in gradients.items()}
    found = compare(scenario(network.name), turned)
    assert found.is_right
    assert "weights transposed (by the numbers)" in found.layout
    declared = compare(scenario(network.name), turned, layout="as-here")
    assert [each.variable for each in declared.findings] == [name[1:] for name in ("dW3", "dW2", "dW1")]
