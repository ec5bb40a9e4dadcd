"""Mathematics in ASCII: a twin for every symbol, and lines whose columns stay where they were."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from unicodedata import name, normalize

from rich.cells import cell_len

from .lines import Line, Role, Span, fitted

# ---- symbols

# fmt: off
_SPELT = {
    "∂": "d", "∇": "grad", "Σ": "sum", "√": "sqrt", "∞": "inf", "½": "1/2", "∗": "conv", "⋆": "corr", "⌊": "floor(",
    "⌋": ")", "±": "+-", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~=", "≡": "==", "∈": "in", "←": "<-", "→": "->",
    "…": "..", "—": "--", "«": "<<", "»": ">>", "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE",
}
_CORNERS = "┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛┣┫┳┻╋╔╗╚╝╠╣╦╩╬╞╡╪"
_ALIKE = (  # one for one
    ("⊙×·÷−′‖⟨⟩", "*x./-'|<>"),  # products are *, as in NumPy: of one cell, so that matrices stay below each other
    ("↑↓▶▷▸◀◁◂›‹▲△▼▽", "^v>>><<<><^^vv"),
    ("✎●◉○◆◇■□•✓✗⚠", "**@o*o#o*+x!"),
    ("–‘’‚“”„", "-'''" + '"""'),
    ("¡¿§°øØłŁı", "!?SooOlLi"),
    ("⎡⎢⎣⎤⎥⎦", "[[[]]]"),
    ("─━═┄┅┈┉╌╍╴╶", "-==-=-=-=--"),
    ("│┃║┆┇┊┋╎╏╵╷", "|" * 11),
    (_CORNERS, "+" * len(_CORNERS)),
    ("▁▂▃▄▅▆▇█", "_.:-=+*#"),
    ("▀▐▏▎▍▌▋▊▉", '"|||||###'),
    ("░▒▓", ".:+"),
    ("▔▕", "-|"),
)
# fmt: on
_BRAILLE = 0x2800
_DENSITY = " ...:::##"
"""The twin of a braille character by how many of its eight dots are set."""
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ᵀᵗ"
_LETTERS = re.compile("GREEK (SMALL|CAPITAL) LETTER (?:FINAL )?([A-Z]+)")

_HAT = re.compile(r"(?<!\w)([A-Za-z])\u0302(?!\w)")
_ROOT = re.compile(r"√([A-Za-z]\w*)")
_POWER = re.compile(rf"([{_RAISED}]+)(?=(\w?))")
_WORD = re.compile(r"([∇ΣΔ])(?=\w)|(½)(?=[^\s/])")
_PRODUCT = re.compile(r"(?<=\S )·(?= \S)|(?<=\S )×(?!\S)|(?<!\S)×(?= \S)")


class _Twins(dict[int, str]):
    """What `str.translate` asks: ASCII is its own twin, what stands in no table is found out by its name."""

    def __missing__(self, point: int) -> str:
        return _other(chr(point))


@lru_cache(maxsize=4096)
def _other(sign: str) -> str:
    """A Greek letter by name; of any other its parts that have twins, or ? for each of its cells."""
    if greek := _LETTERS.fullmatch(name(sign, "")):
        case, letter = greek.groups()
        letter = letter.replace("LAMDA", "LAMBDA")
        return letter.lower() if case == "SMALL" else letter.capitalize()
    cells = cell_len(sign)
    parts = normalize("NFKD", sign)
    if parts == sign:
        return "?" * cells
    twin = parts.translate(_TWINS)
    return "?" * cells if "?" in twin else twin


_TWINS = _Twins(
    {point: chr(point) for point in range(0x80)}
    | {ord(sign): twin for sign, twin in _SPELT.items()}
    | {ord(sign): twin for signs, twins in _ALIKE for sign, twin in zip(signs, twins, strict=True)}
    | {_BRAILLE | dots: _DENSITY[dots.bit_count()] for dots in range(0x100)}
)


def to_ascii(text: str) -> str:
    """The text with every symbol spelt in ASCII: ∂L/∂δ₃ is dL/ddelta3, W₄ᵀδ₄ is W4^T delta4, m̂/√v is m_hat/sqrt(v)."""
    return text if text.isascii() else _spelt(_products(text))


def _products(text: str) -> str:
    """The signs · and × between factors as *; those that are left are parts of names, shapes and placeholders."""
    return _PRODUCT.sub("*", text)


def _spelt(text: str) -> str:
    text = _ROOT.sub(r"√(\1)", _HAT.sub(r"\1_hat", text))
    return _WORD.sub(r"\1\2 ", _POWER.sub(_power, text)).translate(_TWINS)


def _power(match: re.Match[str]) -> str:
    """A raised number or letter: ^-12, ^T, ^(t+1); a factor behind it stands apart."""
    raised, behind = match.groups()
    return (f"^({raised})" if "⁺" in raised else f"^{raised}") + " " * bool(behind)


# ---- lines

_GAP = re.compile(r"( {2,}|─{2,})")
"""Where columns may give way: blanks, or the rule behind a heading."""


def ascii_line(spans: Line) -> Line:
    """The line in ASCII, its columns where they were, as far as the gaps between them have room.

    A span that is blanks and then one text is a column to the right: the text ends where it ended, and the gap before
    it gives way. Any other text begins where it began, and the gap behind it gives way. Of a gap one cell is left; what
    needs more moves what follows. So this is for the spans as a view makes them, before `fitted` joins them.
    """
    if all(span.text.isascii() for span in spans):
        return spans
    return tuple(span for span in _placed(spans) if span.text)


def _placed(spans: Line) -> Iterator[Span]:
    text = _products("".join(span.text for span in spans))  # one for one, but what stands beside them matters
    at = column = end = 0  # in the text; in the line as it was, and as it will be
    gap: Span | None = None
    for whole, role in spans:
        pieces = _GAP.split(text[at : at + len(whole)])
        at += len(whole)
        is_right = len(pieces) == 3 and not pieces[0] and bool(pieces[2])
        for index, piece in enumerate(pieces):
            twin, cells = (piece if index % 2 else _ascii(piece)), cell_len(piece)
            start = column + (cells - len(twin) if is_right else 0)
            if piece and gap:
                yield _filled(gap, max(start, end + 1) - end)
                end = max(start, end + 1)
                gap = None
            if index % 2:
                gap = Span(twin, role)
            elif piece:
                yield Span(twin, role)
                end += len(twin)
            column += cells
    if gap or end < column:
        yield _filled(gap or Span(" ", spans[-1].role), column - end)


def _ascii(text: str) -> str:
    return text if text.isascii() else _spelt(text)


def _filled(gap: Span, cells: int) -> Span:
    return Span(to_ascii(gap.text[:1]) * cells, gap.role)


def ascii_fitted(spans: Line, width: int) -> Line:
    """The line in ASCII in exactly `width` cells: padded, or cut with .. at the end."""
    shown = ascii_line(spans)
    if sum(len(span.text) for span in shown) <= width:
        return fitted(shown, width)
    kept: list[Span] = []
    room = max(width - 2, 0)
    role: Role = "text"
    for text, role in shown:
        kept.append(Span(text[:room], role))
        if len(text) > room:
            break
        room -= len(text)
    return fitted((*kept, Span(".."[: max(width, 0)], role)), width)


def cellwise(text: str) -> str:
    """Each character by the beginning of its twin, in as many cells: for what no line was made of."""
    if text.isascii():
        return text
    return "".join(c if c.isascii() else to_ascii(c).ljust(cell_len(c), "?")[: cell_len(c)] for c in text)


# ---- terminals


def speaks_unicode(environ: Mapping[str, str], encoding: str | None) -> bool:
    """Whether the terminal may be sent UTF-8: standard output writes it, and the locale names no other charset.

    Of LC_ALL, LC_CTYPE and LANG the first that is set counts. Where none is, as in many containers and SSH sessions, it
    may. Where LANG is C, Python itself sets LC_CTYPE to C.UTF-8 (PEP 538): that says nothing about the terminal.
    """
    if encoding is None or not _is_utf(encoding):
        return False
    wanted = [environ.get(key, "") for key in ("LC_ALL", "LC_CTYPE", "LANG")]
    if wanted[2] in ("C", "POSIX") and wanted[1] in ("C.UTF-8", "C.utf8", "UTF-8"):
        wanted[1] = ""
    locale = next(filter(None, wanted), "")
    return not locale or _is_utf(locale.partition("@")[0].rpartition(".")[2])  # macOS has LC_CTYPE=UTF-8


def _is_utf(charset: str) -> bool:
    return charset.lower().replace("-", "").replace("_", "").startswith("utf")
