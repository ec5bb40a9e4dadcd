"""The catalogue of mistakes, most likely first, and what comes out at a variable where one of them is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from ..jacobian import is_finite
from .layers import inputs_of_another, slope_of_another, updated_weights, weights_of_another
from .meeting import each, last_only, not_reset, path_forgotten, penalty_times
from .multiplying import (
    added,
    divided,
    for_other_argument,
    mean_for_sum,
    slope_at_value,
    sum_for_mean,
    times,
    transposed,
    unchanged,
    value_for_slope,
    without_slope,
)
from .records import Candidate, Formation, Mistake, Multiplication, Outcome, Wrong
from .sharing import (
    constant_statistics,
    divided_by_batch,
    multiplied_by_batch,
    not_summed,
    summed_over_everything,
    turned,
)
from .softmax import combined

Alone: TypeAlias = Callable[[Multiplication], Iterator[Wrong]]
"""From one multiplication and nothing else what comes out of it, so that predictions know the mistake too."""
Formed: TypeAlias = Callable[[Formation], Iterator[Outcome]]
"""From the whole formation and its run what comes out at the variable."""

# fmt: off
NAMES: dict[str, str] = {
    "phi-missing":              "φ′ is missing: the upstream was passed on unchanged",
    "local-missing":            "the local derivative is missing: the upstream was passed on unchanged",
    "sign":                     "the sign",
    "phi-at-a":                 "φ′ taken at a instead of u",
    "activation-for-phi":       "the activation instead of its derivative",
    "phi-of-another-layer":     "φ′ of another layer",
    "transpose":                "a transpose is missing or too much",
    "input-of-another-layer":   "the input of another layer",
    "weights-of-another-layer": "the weights of another layer",
    "updated-weights":          "the updated weights instead of the old ones",
    "bias-not-summed":          "the bias gradient is not summed over the examples",
    "bias-broadcast":           "the bias gradient is summed over everything and broadcast",
    "mean-for-sum":             "mean instead of sum",
    "sum-for-mean":             "sum instead of mean",
    "batch-twice":              "1/N twice",
    "batch-missing":            "1/N is missing",
    "softmax-cross-entropy":    "softmax and cross-entropy are combined wrongly",
    "regulariser-forgotten":    "the regulariser is forgotten",
    "regulariser-doubled":      "the regulariser is doubled",
    "last-only":                "= instead of +=: only the last contribution is left",
    "path-forgotten":           "one path is forgotten",
    "not-reset":                "the gradients of the iteration before are still in it",
    "factor-2":                 "a factor of 2",
    "factor-half":              "a factor of ½",
    "statistics-constant":      "mean and variance are taken as constants",
    "kernel-turned":            "the kernels are turned around where they must not be, or not where they must",
    "other-argument":           "the derivative with respect to the other argument",
    "added":                    "added where the chain rule multiplies",
    "divided":                  "divided instead of multiplied",
}
"""Every mistake by its id, the most likely first."""

ALONE: dict[str, Alone] = {
    "phi-missing":        without_slope,
    "local-missing":      unchanged,
    "sign":               times(-1.0),
    "phi-at-a":           slope_at_value,
    "activation-for-phi": value_for_slope,
    "transpose":          transposed,
    "mean-for-sum":       mean_for_sum,
    "sum-for-mean":       sum_for_mean,
    "factor-2":           times(2.0),
    "factor-half":        times(0.5),
    "other-argument":     for_other_argument,
    "added":              added,
    "divided":            divided,
}

FORMED: dict[str, Formed] = {
    "phi-of-another-layer":     each(slope_of_another),
    "input-of-another-layer":   inputs_of_another,
    "weights-of-another-layer": each(weights_of_another),
    "updated-weights":          each(updated_weights),
    "bias-not-summed":          each(not_summed),
    "bias-broadcast":           each(summed_over_everything),
    "batch-twice":              each(divided_by_batch),
    "batch-missing":            each(multiplied_by_batch),
    "softmax-cross-entropy":    combined,
    "regulariser-forgotten":    each(penalty_times(0.0)),
    "regulariser-doubled":      each(penalty_times(2.0)),
    "last-only":                last_only,
    "path-forgotten":           path_forgotten,
    "not-reset":                not_reset,
    "statistics-constant":      each(constant_statistics),
    "kernel-turned":            each(turned),
}
# fmt: on

CATALOGUE = tuple((name, ALONE[identifier]) for identifier, name in NAMES.items() if identifier in ALONE)
"""The mistakes that are looked for in a prediction."""


def candidates(formation: Formation) -> Iterator[Candidate]:
    """Every mistake that can be made in a formation, the most likely first, with what comes out then."""
    found = _found(formation)
    while True:
        with np.errstate(all="ignore"):  # not held across a yield
            candidate = next(found, None)
        if candidate is None:
            return
        yield candidate


def _found(formation: Formation) -> Iterator[Candidate]:
    right = formation.gradient
    for identifier, name in NAMES.items():
        mistake, outcomes = Mistake(identifier, name), FORMED.get(identifier) or each(ALONE[identifier])
        for outcome in outcomes(formation):
            gradient = outcome.gradient
            if is_finite(gradient) and not np.array_equal(gradient, right):
                yield Candidate(mistake, gradient, outcome.at, outcome.detail)
