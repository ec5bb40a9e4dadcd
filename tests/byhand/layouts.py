"""The same gradients as others lay them: examples in rows, weights as (inputs, outputs)."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from .step import Array, Network


def laid_out(network: Network, gradients: Mapping[str, Array], *, rows: bool, transposed: bool) -> dict[str, Array]:
    """All of them in one layout; in rows a bias gradient is flat, and images have the examples first."""
    weights = {f"d{name}" for name in _weights(network)}
    return {name: _laid(x, name in weights, rows=rows, transposed=transposed) for name, x in gradients.items()}


def _weights(network: Network) -> set[str]:
    """The matrices of parameters, and those that are computed of parameters and constants alone."""
    fixed = {name for kind in ("parameters", "constants") for name in network.tables.get(kind, {})}
    for line in network.lines:
        if fixed.issuperset(re.findall(r"\b[A-Za-z]\w*\b(?!\s*[(=])", re.sub(r"\w+=\S+|\.T", "", line.text))):
            fixed.add(line.name)
    values = network.values()
    return {name for name in fixed if sum(n > 1 for n in values[name].shape) > 1}


def _laid(x: Array, is_weight: bool, *, rows: bool, transposed: bool) -> Array:
    if is_weight:
        return x.T if transposed and x.ndim == 2 else x
    if not rows or x.ndim == 0:
        return x
    return x.reshape(-1) if x.ndim == 2 and x.shape[1] == 1 else np.moveaxis(x, -1, 0)
