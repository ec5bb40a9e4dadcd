"""Mathematics as HTML: formulas, equations with their numbers, sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

import msgspec
import numpy as np

from ..equations import Equation, Term, signed
from ..jacobian import Array
from ..notation import SHORT, array, number
from ..text import visible
from .words import Words

MOST_ROWS = 8
"""Rows, and columns, of the largest matrix that is written out."""
MOST_CONTRIBUTIONS = 8
"""Contributions of a sum that are written out; of more, the middle is left out."""
_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_LETTER = re.compile(r"(?<![\w.])([^\W\d_Σ½])(?![^\W₀-₉⁰¹²³⁴-⁹ᵀ_])")
"""A variable of one letter, before its index; in a formula these are set in italics."""


def words(sentence: Words) -> str:
    """A sentence as HTML."""
    return "".join(
        escape(part) if isinstance(part, str) else f"<span class=math>{mathematics(part.text)}</span>"
        for part in sentence
    )


def mathematics(text: str) -> str:
    """Mathematics as HTML: variables of one letter in italics, an index below, a minus that is a minus."""
    parts = re.split(_LETTER, visible(text).replace("-", "−"))
    html = "".join(f"<i>{escape(part)}</i>" if i % 2 else escape(part) for i, part in enumerate(parts))
    return re.sub("[₀-₉]+", lambda match: f"<sub>{match[0].translate(_DIGITS)}</sub>", html)


def equation(found: Equation) -> Iterator[str]:
    """left = formula, below it the same with the numbers, and the result."""
    found = msgspec.structs.replace(found, terms=_shortened(found.terms))
    yield f'<div class="equation"><div class="left">{mathematics(found.left)}</div>'
    yield f'<div class="sign">{found.relation}</div><div class="formula">{mathematics(found.formula)}</div>'
    if any(isinstance(term, np.ndarray) and term.ndim for term in (*found.terms, found.result)):
        numbers, result = _terms(found.terms), _matrix(found.result)
    else:
        numbers, result = (f"<span>{mathematics(text)}</span>" for text in (found.numbers, array(found.result)))
    if numbers not in (result, f"<span>{mathematics(found.formula)}</span>"):
        yield f'<div class="sign">=</div><div class="numbers">{numbers}</div>'
    yield f'<div class="sign">=</div><div class="numbers result">{result}</div></div>'


def _shortened(terms: tuple[Term, ...]) -> tuple[Term, ...]:
    """The terms of a sum; in a long one the middle is left out. Operands and signs take turns in it."""
    if len(terms) < 2 * MOST_CONTRIBUTIONS:
        return terms
    return (*terms[: 2 * (MOST_CONTRIBUTIONS - 1)], "…", " + ", terms[-1])


def _terms(terms: Sequence[Term]) -> str:
    """Numbers and matrices beside each other, as a textbook prints them."""
    signs = ["", *(term if isinstance(term, str) else "" for term in terms), ""]
    return "".join(
        f"<span>{mathematics(term.strip())}</span>"
        if isinstance(term, str)
        else _matrix(term)
        if term.ndim
        else f"<span>{mathematics(signed(array(term, SHORT), signs[i], signs[i + 2]))}</span>"
        for i, term in enumerate(terms)
    )


def _matrix(x: Array) -> str:
    """A matrix in brackets; one that is too large by its shape and norm."""
    if x.ndim != 2 or max(x.shape) > MOST_ROWS:
        return f"<span>{mathematics(array(x, SHORT, most=0))}</span>"
    rows = ("<tr>" + "".join(f"<td>{mathematics(number(float(each), SHORT))}" for each in row) for row in x)
    return f'<table class="matrix">{"".join(rows)}</table>'
