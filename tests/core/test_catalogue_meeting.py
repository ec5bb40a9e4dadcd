"""Mistakes where contributions meet, with the contributions worked out in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from grades import formation, places, written
from hypothesis import given, settings
from hypothesis import strategies as st

from bptui.core.jacobian import Array
from bptui.core.mistakes import Formation, candidates

RNG = np.random.default_rng(5)
H0, X1, X2, X3, Y = (RNG.uniform(-1, 1, (2, 3)) for _ in range(5))
U, W = RNG.uniform(-1, 1, (2, 2)), RNG.uniform(-1, 1, (2, 2))

H1 = np.tanh(W @ H0 + U @ X1)
H2 = np.tanh(W @ H1 + U @ X2)
H3 = np.tanh(W @ H2 + U @ X3)
D3 = (H3 - Y) * (1 - H3**2)
D2 = W.T @ D3 * (1 - H2**2)
D1 = W.T @ D2 * (1 - H1**2)
SHARES = D3 @ H2.T, D2 @ H1.T, D1 @ H0.T
"""A recurrent network over three steps: what each adds to ∂L/∂W, in order of arrival."""

STEPS = "\n".join(
    f"r{t} = W @ h{t - 1}\ns{t} = U @ x{t}\nu{t} = r{t} + s{t}\nh{t} = tanh(u{t})" for t in (1, 2, 3)
) + "\nL = half_squared_error(h3, y)"  # fmt: skip


def recurrent(**more: dict[str, tuple[Array, ...]]) -> Formation:
    given = {"h0": H0, "x1": X1, "x2": X2, "x3": X3}
    chapter = written(STEPS, input=given, target={"y": Y}, parameters={"U": U, "W": W})
    return formation(chapter, "W", **more)


def test_the_shares() -> None:
    found = recurrent()
    assert np.allclose(found.gradient, SHARES[0] + SHARES[1] + SHARES[2])
    for m, share in zip(found.multiplications, SHARES, strict=True):
        assert np.allclose(m.downstream, share)


def test_a_mistake_in_one_contribution_and_in_all() -> None:
    a, b, c = SHARES
    assert places(recurrent(), "sign", -a + b + c) == [(0, "through ∂r₃/∂W")]
    assert places(recurrent(), "sign", a - b + c) == [(1, "through ∂r₂/∂W")]
    assert places(recurrent(), "transpose", a + b + c.T) == [(2, "through ∂r₁/∂W")]
    assert places(recurrent(), "transpose", (a + b + c).T) == [(None, "in all 3 contributions")]
    of_x = D3 @ X3.T + D2 @ H1.T + D1 @ H0.T
    assert places(recurrent(), "input-of-another-layer", of_x) == [(0, "x₃ instead of h₂, through ∂r₃/∂W")]
    assert [each.at for each in candidates(recurrent()) if each.mistake.id == "factor-2"] == [0, 1, 2, None]


def test_the_inputs_of_another_time_in_all_contributions() -> None:
    later = D3 @ H3.T + D2 @ H2.T + D1 @ H1.T
    detail = "h₃ instead of h₂, in all 3 contributions"
    assert places(recurrent(), "input-of-another-layer", later) == [(None, detail)]
    first = (D3 + D2 + D1) @ X1.T
    detail = "x₁ instead of h₂, in all 3 contributions"
    assert (None, detail) in places(recurrent(), "input-of-another-layer", first)


def test_contributions_that_are_left_out() -> None:
    a, b, c = SHARES
    assert places(recurrent(), "last-only", c) == [(None, "through ∂r₁/∂W")]
    assert places(recurrent(), "path-forgotten", b + c) == [(None, "through ∂r₃/∂W")]
    assert places(recurrent(), "path-forgotten", a + c) == [(None, "through ∂r₂/∂W")]
    assert places(recurrent(), "path-forgotten", a + b) == [(None, "through ∂r₁/∂W")]


def test_gradients_that_are_not_reset() -> None:
    before, all_before = np.ones((2, 2)), np.full((2, 2), 2.5)
    found = recurrent(earlier={"W": (before, all_before)})
    assert places(found, "not-reset", sum(SHARES) + before) == [(None, "")]
    assert places(found, "not-reset", sum(SHARES) + all_before) == [(None, "")]
    assert "not-reset" not in {each.mistake.id for each in candidates(recurrent(earlier={"U": (before,)}))}


@pytest.mark.parametrize(
    ("penalty", "share"),
    [("0.3 * l2(W)", 0.3 * W), ("0.3 * l1(W)", 0.3 * np.sign(W)), ("0.3 * sum(W^2)", 0.6 * W)],
)
def test_the_regulariser(penalty: str, share: Array) -> None:
    program = f"u = W @ x\nL = half_squared_error(u, y)\nJ = L + {penalty}"
    found = formation(written(program, input={"x": X1}, target={"y": Y}, parameters={"W": W}), "W")
    of_data = (W @ X1 - Y) @ X1.T
    assert np.allclose(found.gradient, of_data + share)
    (at,) = [i for i, m in enumerate(found.multiplications) if np.allclose(m.downstream, share)]
    assert [place for place, _ in places(found, "regulariser-forgotten", of_data)] == [at]
    assert [place for place, _ in places(found, "regulariser-doubled", of_data + 2 * share)] == [at]
    assert not places(found, "regulariser-forgotten", share)


def test_two_regularisers_are_forgotten_at_once() -> None:
    program = "u = W @ x\nL = half_squared_error(u, y)\nJ = L + 0.3 * l2(W) + 0.2 * l1(W)"
    found = formation(written(program, input={"x": X1}, target={"y": Y}, parameters={"W": W}), "W")
    of_data = (W @ X1 - Y) @ X1.T
    assert places(found, "regulariser-forgotten", of_data) == [(None, "in 2 of 3 contributions")]
    assert len(places(found, "regulariser-forgotten", of_data + 0.3 * W)) == 1
    assert len(places(found, "regulariser-forgotten", of_data + 0.2 * np.sign(W))) == 1


def test_where_nothing_meets_nothing_is_forgotten() -> None:
    chapter = written("u = W @ x\nL = sum(u^2)", input={"x": X1}, parameters={"W": W})
    ids = {each.mistake.id for each in candidates(formation(chapter, "W"))}
    assert not ids & {"last-only", "path-forgotten", "regulariser-forgotten", "regulariser-doubled"}
    assert {each.at for each in candidates(formation(chapter, "W"))} == {0}


@given(shares=st.lists(st.integers(-50, 50), min_size=2, max_size=6))
@settings(max_examples=40, deadline=None)
def test_leaving_out_each_of_some_numbers(shares: list[int]) -> None:
    terms = " + ".join(f"{share} * x" for share in shares)
    found = formation(written(f"L = {terms}", input={"x": 2.0}), "x")
    total = sum(shares)
    made = [int(each.gradient) for each in candidates(found) if each.mistake.id == "path-forgotten"]
    # those that arrived first are the last of the sum; a share of 0 is not missed
    assert sorted(made) == sorted(total - share for share in shares if share)
