"""A hand-out as a LaTeX document for pdflatex, in ASCII, with packages that every TeX Live has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import normalize

from ..timeline import Timeline
from .display import display
from .handout import Block, Derivation, Heading, Listing, Paragraph, Quote, blocks
from .latex import GREEK, SIGNS, mathematics
from .words import Words

PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[T1]{fontenc}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\usepackage{textcomp}
\usepackage{amsmath}
\usepackage{graphicx}
\usepackage[margin=25mm]{geometry}
\setcounter{MaxMatrixCols}{12}
\setlength{\parskip}{6pt plus 2pt}
\widowpenalty=10000 \displaywidowpenalty=10000 \clubpenalty=10000
\newcommand{\note}[1]{{\leftskip=2em\rightskip=2em plus 1fil\itshape #1\par}}
% Mathematics as wide as it is, or made smaller to fit the line.
\newsavebox{\fitbox}
\newcommand{\fit}[1]{\sbox{\fitbox}{$#1$}%
\ifdim\wd\fitbox>0.98\linewidth\resizebox{0.98\linewidth}{!}{\usebox{\fitbox}}\else\usebox{\fitbox}\fi}
\begin{document}
\raggedright\setlength{\parindent}{0pt}
\setlength{\abovedisplayskip}{5pt plus 2pt}
\setlength{\belowdisplayskip}{5pt plus 2pt}
\setlength{\abovedisplayshortskip}{5pt plus 2pt}
\setlength{\belowdisplayshortskip}{5pt plus 2pt}"""

# fmt: off
_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "`": r"\textasciigrave{}",
    "…": r"\dots{}", "–": r"\textendash{}", "—": r"\textemdash{}", "‘": r"\textquoteleft{}", "’": r"\textquoteright{}",
    "“": r"\textquotedblleft{}", "”": r"\textquotedblright{}", "„": r"\quotedblbase{}", "‚": r"\quotesinglbase{}",
    "«": r"\guillemotleft{}", "»": r"\guillemotright{}", "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}",
    "Œ": r"\OE{}", "ø": r"\o{}", "Ø": r"\O{}", "ł": r"\l{}", "Ł": r"\L{}", "ı": r"\i{}", "°": r"\textdegree{}",
    "§": r"\S{}", "¿": r"\textquestiondown{}", "¡": r"\textexclamdown{}", "•": r"\textbullet{}", "\xa0": "~",
}
_ACCENTS = {
    "\u0300": r"\`", "\u0301": r"\'", "\u0302": r"\^", "\u0303": r"\~", "\u0304": r"\=", "\u0306": r"\u",
    "\u0307": r"\.", "\u0308": r"\"", "\u030a": r"\r", "\u030b": r"\H", "\u030c": r"\v", "\u0327": r"\c",
    "\u0328": r"\k",
}
# fmt: on
_SYMBOLS = "".join(map(re.escape, (sign for sign in {**GREEK, **SIGNS} if not sign.isascii() and sign not in _ESCAPES)))
_LOWERED = r"(?:(?<![A-Za-z])[A-Za-z]{1,12}|[α-ωΑ-Ω])[₀-₉]+"
_TOKEN = re.compile(
    rf"(?P<maths>∂{_LOWERED}/∂{_LOWERED}|∂[A-Za-z]/∂(?:{_LOWERED}|[A-Za-z])|{_LOWERED}[′²ᵀ]*|(?<![\w)])-[0-9.]*[0-9]"
    rf"|[{_SYMBOLS}][′²ᵀ]*|[A-Za-z]?[₀-₉⁰¹²³⁴-⁹⁻ᵀ]+)|(?P<joined>[-,'](?=[-,']))|(?P<letter>.[\u0300-\u036f]*)",
    re.DOTALL,
)


def lines(timeline: Timeline, first: int, last: int) -> Iterator[str]:
    """The lines of the document of the steps from position `first` to `last`, both included."""
    yield PREAMBLE
    for block in blocks(timeline, first, last):
        if not isinstance(block, Derivation):  # which stays on the page of the sentence before it
            yield ""
        yield from _block(block)
    yield ""
    yield r"\end{document}"


def escaped(text: str) -> str:
    """A text as LaTeX sets it: mathematics in it as such, letters with their accents, all others as their number."""
    return "".join(map(_token, _TOKEN.finditer(normalize("NFD", text))))


def _token(match: re.Match[str]) -> str:
    if match["maths"]:
        return f"${mathematics(match[0])}$"
    return match[0] + "{}" if match["joined"] else _letter(match[0])  # two of them would become another sign


def _letter(text: str) -> str:
    sign, marks = text[0], text[1:]
    found = _ESCAPES.get(sign) or (sign if sign.isascii() and sign.isprintable() else rf"[U+{ord(sign):04X}]")
    for mark in marks:
        known = mark in _ACCENTS and sign.isalpha() and sign.isascii()
        found = rf"{_ACCENTS[mark]}{{{found}}}" if known else rf"{found}[U+{ord(mark):04X}]"
    return found


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(level=1):
            yield rf"{{\LARGE\bfseries {escaped(block.text)}\par}}"
        case Heading():
            yield rf"\{'sub' * (block.level - 2)}section*{{{escaped(block.text)}}}"
        case Paragraph():
            yield (rf"\textbf{{{block.position}}}\quad " if block.position else "") + _words(block.words)
        case Quote():
            yield rf"\note{{{escaped(block.text)}}}"
        case Listing():
            yield r"\begin{quote}\ttfamily\setlength{\parskip}{0pt}"
            yield from (_code(line) + r"\par" for line in block.lines)
            yield r"\end{quote}"
        case Derivation():
            yield rf"\[\fit{{\displaystyle {display(block.left, block.relation, block.parts)}}}\]"


def _code(line: str) -> str:
    """A line of the program with all its blanks and straight quotes."""
    return "".join({" ": r"\ ", "'": r"\textquotesingle{}"}.get(sign) or escaped(sign) for sign in line)


def _words(words: Words) -> str:
    return "".join(escaped(part) if isinstance(part, str) else rf"\fit{{{mathematics(part.text)}}}" for part in words)
