"""The scenarios of the networks written by hand: bptui reads them, and computes the same loss."""

from __future__ import annotations

import numpy as np
import pytest
from byhand.networks import NETWORKS
from byhand.step import Network

from bptui.core.events import Evaluate
from bptui.core.passes import forward
from bptui.core.reader import parse
from bptui.core.training import trace


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_the_scenario_has_the_same_loss_and_the_same_names(network: Network) -> None:
    scenario = parse(network.toml)
    program = scenario.program
    last = network.iteration - 1
    values = {e.node.name: e.value for e in trace(scenario) if isinstance(e, Evaluate) and e.iteration == last}
    expected = network.values()
    np.testing.assert_allclose(values[program.output], expected[network.lines[-1].name], rtol=1e-12)
    for name, gradient in network.gradients().items():
        assert program.shape(name[1:]) == gradient.shape, name
        assert name[1:] in program.uses, name


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_of_other_numbers_and_sizes_too(network: Network) -> None:
    rng = np.random.default_rng(1)
    for _ in range(5):
        other = network.random(rng)
        scenario = parse(other.toml)
        first = list(forward(scenario.program, scenario.given | scenario.parameters))[-1].value
        if other.iteration == 1:
            np.testing.assert_allclose(first, other.values()[other.lines[-1].name], rtol=1e-12)
