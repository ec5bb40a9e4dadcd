"""The same gradients as others lay them: examples in rows, weights as (inputs, outputs)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .step import Array, Network


def laid_out(network: Network, gradients: Mapping[str, Array], *, rows: bool, transposed: bool) -> dict[str, Array]:
    """All of them in one layout; in rows a bias gradient is flat, and images have the examples first."""
    parameters = network.tables.get("parameters", {})
    weights = {f"d{name}" for name, x in parameters.items() if x.ndim > 1 and x.size > len(x) > 1}
    return {name: _laid(x, name in weights, rows=rows, transposed=transposed) for name, x in gradients.items()}


def _laid(x: Array, is_weight: bool, *, rows: bool, transposed: bool) -> Array:
    if is_weight:
        return x.T if transposed and x.ndim == 2 else x
    if not rows or x.ndim == 0:
        return x
    return x.reshape(-1) if x.ndim == 2 and x.shape[1] == 1 else np.moveaxis(x, -1, 0)
