"""LaTeX mathematics from the Unicode text of formulas and numbers, in macros that MathJax and KaTeX know as well.

Only what stands in the tables below comes out; every other character comes out as its number. So nothing that a file
calls its variables can run a command, and what comes out is ASCII with balanced braces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple
from unicodedata import normalize

# fmt: off
GREEK = {
    "α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "ε": r"\varepsilon", "ζ": r"\zeta", "η": r"\eta",
    "θ": r"\theta", "ι": r"\iota", "κ": r"\kappa", "λ": r"\lambda", "μ": r"\mu", "ν": r"\nu", "ξ": r"\xi",
    "π": r"\pi", "ρ": r"\rho", "σ": r"\sigma", "τ": r"\tau", "υ": r"\upsilon", "φ": r"\varphi", "χ": r"\chi",
    "ψ": r"\psi", "ω": r"\omega", "Γ": r"\Gamma", "Δ": r"\Delta", "Θ": r"\Theta", "Λ": r"\Lambda", "Ξ": r"\Xi",
    "Π": r"\Pi", "Φ": r"\Phi", "Ψ": r"\Psi", "Ω": r"\Omega",
}
SIGNS = {
    "+": "+", "-": "-", "=": "=", "/": "/", "*": "*", "<": "<", ">": ">", ",": ",", ";": ";", ":": "{:}", ".": ".",
    "!": "!", "?": "?", "(": "(", ")": ")", "[": "[", "]": "]", "|": r"\vert", "@": "@",
    "·": r"\cdot", "×": r"\times", "⊙": r"\odot", "⋆": r"\star", "∗": r"\ast", "←": r"\leftarrow", "→": r"\to",
    "≤": r"\le", "≥": r"\ge", "≈": r"\approx", "Σ": r"\sum", "∂": r"\partial", "∇": r"\nabla", "∞": r"\infty",
    "½": r"\tfrac{1}{2}", "…": r"\cdots", "‖": r"\Vert", "⌊": r"\lfloor", "⌋": r"\rfloor", "√": r"\surd", "−": "-",
    "_": r"\_", "\\": r"\backslash", "{": r"\{", "}": r"\}", "$": r"\$", "%": r"\%", "&": r"\&", "#": r"\#",
    "~": r"\sim", "′": r"\prime",
}
ACCENTS = {
    "\u0300": r"\grave", "\u0301": r"\acute", "\u0302": r"\hat", "\u0303": r"\tilde", "\u0304": r"\bar",
    "\u0306": r"\breve", "\u0307": r"\dot", "\u0308": r"\ddot", "\u030c": r"\check",
}
MACROS = {"tanh", "exp", "log", "sin", "cos", "tan", "min", "max"}
"""Functions that LaTeX has a name for; the others are set upright."""
PAIRS = {
    "(": (")", "(", ")"), "[": ("]", "[", "]"), "⌊": ("⌋", r"\lfloor", r"\rfloor"),
    "‖": ("‖", r"\lVert", r"\rVert"), "|": ("|", r"\lvert", r"\rvert"),
}
"""The closing sign of each opening one, and both as LaTeX."""
# fmt: on

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ᵗ", "0123456789-+t")
_SIGNS = ("sign", "blank", "with")
"""Kinds of tokens that stand between operands."""
_POSTFIXES = ("sub", "sup", "power")
"""Kinds of tokens that are written above or below an operand."""
_OPERANDS = ("open", "name", "number")
"""Kinds of tokens that a root or an exponent is made of."""
_DEEPEST = 20
"""How deep brackets are paired."""

_LETTER = r"[^\W\d_ᵀᵗΣ½⁰¹²³⁴-⁹₀-₉][\u0300-\u036f]*"
NAME = rf"(?:_|{_LETTER})(?:{_LETTER}|[0-9_₀-₉])*(?:·(?:[0-9]+|[a-z]+))*"
_NUMBER = r"[0-9]+(?:\.[0-9]*)?(?:e[+-]?[0-9]{1,9})?"
_CELL = rf"-?(?:{_NUMBER}|inf|nan)"
MATRIX = rf"(?<!=)\[{_CELL}(?:[,;] {_CELL})*\]"
LARGE = rf"\[[0-9]+(?:×[0-9]+)*, ‖·‖ = {_CELL}\]"
_TOKENS = {
    "matrix": MATRIX,
    "large": LARGE,
    "fraction": rf"∂{NAME}/∂{NAME}",
    "prose": r"the sum of its [0-9]+ contributions|is the largest of its window|part of(?= [∂δ\[])|(?<=g )clipped\b",
    "with": r"\s*with(?= w = √)\s*",
    "option": r"(?:axis|size|stride|shape)(?==)|(?:stride|padding)(?= [0-9])",
    "number": _NUMBER,
    "root": r"√(?=[(\w])|sqrt(?=\()",
    "function": r"[A-Za-z][A-Za-z0-9_]+(?=[²′]*\()",
    "name": NAME,
    "sub": r"[₀-₉]+",
    "sup": r"[⁰¹²³⁴-⁹⁻⁺ᵗ]+|ᵀ|′+",
    "power": r"\^",
    "opening": r"[(\[⌊]",
    "closing": r"[)\]⌋]",
    "bar": r"[‖|]",
    "sign": r"\s*[-+=/*<>·×⊙⋆∗←→≤≥≈,;:]\s*|[Σ∇∂]\s*",
    "blank": r"\s+",
    "other": r".",
}
_TOKEN = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _TOKENS.items()), re.DOTALL)


class _Token(NamedTuple):
    kind: str
    text: str


def mathematics(text: str) -> str:
    r"""The text of a formula or of numbers as LaTeX: `δ₃ · W₃` is `\delta_{3} \cdot W_{3}`."""
    found = _TOKEN.finditer(normalize("NFD", text).strip())
    tokens = [_Token(match.lastgroup or "other", match[0].strip() or " ") for match in found]
    return _sequence(_paired(tokens)[::-1])


def _paired(tokens: Sequence[_Token]) -> list[_Token]:
    """The tokens with brackets that belong together as `open` and `close`, all other brackets as `other`."""
    kinds: dict[int, str] = {}
    waiting: list[int] = []
    for i, (kind, text) in enumerate(tokens):
        if kind not in ("opening", "closing", "bar"):
            continue
        kinds[i] = "other"
        if waiting and PAIRS[tokens[waiting[-1]].text][0] == text:
            kinds[waiting.pop()], kinds[i] = "open", "close"
        elif kind != "closing" and len(waiting) < _DEEPEST:
            waiting.append(i)
    return [_Token(kinds.get(i, kind), text) for i, (kind, text) in enumerate(tokens)]


def _sequence(stack: list[_Token]) -> str:
    """What stands up to the closing bracket, or to the end; the next token is the last of the stack."""
    pieces: list[str] = []
    before, negative = _Token("", ""), False
    while stack and stack[-1].kind != "close":
        token = stack[-1]
        if token.kind in _SIGNS:
            stack.pop()
            piece = {"blank": r"\,", "with": r"\quad\text{with}\quad"}.get(token.kind) or SIGNS[token.text]
        else:
            piece = _operand(stack)
            if token.kind == "number" and before.text == "/" and r"\times" in piece:
                piece = f"({piece})"
        argument = token.kind == "open" and before.kind not in _SIGNS
        if pieces and (piece == "," or argument or negative):
            pieces[-1] += piece
        else:
            pieces.append(piece)
        negative = token == ("sign", "-") and before.kind in ("", "sign")
        before = token
    return " ".join(pieces)


def _operand(stack: list[_Token]) -> str:
    """The next operand with its subscripts and superscripts, of which LaTeX allows one each."""
    base = "{}" if stack[-1].kind in _POSTFIXES else _base(stack)
    below, above = [], []
    while stack and stack[-1].kind in _POSTFIXES:
        kind, text = stack.pop()
        if kind == "sub":
            below.append(text.translate(_SUBSCRIPTS))
        else:
            above.append(_exponent(stack) if kind == "power" else _raised(text))
    if (below or above) and (r"\times" in base or r"\frac" in base) and not base.startswith((r"\begin", r"\left", "(")):
        base = rf"\left({base}\right)"
    if below:
        base = f"{{{base}}}_{{{' '.join(below)}}}"
    if above and set("".join(above).split()) == {r"\prime"}:
        return base + "'" * " ".join(above).count("p")
    return f"{base}^{{{' '.join(above)}}}" if above else base


def _raised(text: str) -> str:
    if text[0] in "ᵀ′":
        return " ".join([r"\top" if text == "ᵀ" else r"\prime"] * len(text))
    return text.translate(_SUPERSCRIPTS)


def _exponent(stack: list[_Token]) -> str:
    """What stands behind ^: a sign and an operand, of which parentheses are left out."""
    sign = "-" if stack and stack[-1] == ("sign", "-") and stack.pop() else ""
    return sign + (_inside(stack) if stack and stack[-1].kind in _OPERANDS else "")


def _inside(stack: list[_Token]) -> str:
    """The next operand by itself, without parentheses around it."""
    if stack[-1].text != "(":
        return _base(stack)
    stack.pop()
    content = _sequence(stack)
    stack.pop()
    return content


def _base(stack: list[_Token]) -> str:
    """The next operand without what is written above and below it."""
    kind, text = stack.pop()
    if kind == "root":
        return rf"\sqrt{{{_inside(stack)}}}" if stack and stack[-1].kind in _OPERANDS else r"\surd"
    if kind != "open":
        return _ATOMS[kind](text)
    _, opening, closing = PAIRS[text]
    content = _sequence(stack)
    stack.pop()
    if re.search(r"\\(begin|frac|underset)", content):
        return rf"\left{opening} {content} \right{closing}"
    return f"{opening}{content}{closing}" if text in "([" else f"{opening} {content} {closing}"


def _matrix(text: str) -> str:
    rows = r" \\ ".join(" & ".join(map(_number, row)) for row in cells(text))
    return rf"\begin{{bmatrix}} {rows} \end{{bmatrix}}"


def _large(text: str) -> str:
    """Shape and norm of an array that is not written out."""
    shape, _, norm = text[1:-1].partition(", ‖·‖ = ")
    return rf"\underset{{\lVert \cdot \rVert = {_number(norm)}}}{{[{mathematics(shape)}]}}"


def _fraction(text: str) -> str:
    """A derivative ∂L/∂W₄."""
    above, _, below = text[1:].partition("/∂")
    return rf"\frac{{\partial {_name(above)}}}{{\partial {_name(below)}}}"


def _function(text: str) -> str:
    word = text.replace("_", r"\_")
    return rf"\{text}" if text in MACROS else rf"\mathrm{{{word}}}"


def cells(text: str) -> list[list[str]]:
    """The numbers of a matrix, row by row."""
    return [row.split(", ") for row in text[1:-1].split("; ")]


def _number(text: str) -> str:
    """1e-05 as 1 × 10⁻⁵."""
    mantissa, e, exponent = text.partition("e")
    if e:
        return rf"{mantissa} \times 10^{{{int(exponent)}}}"
    return re.sub("inf|nan", lambda match: rf"\mathrm{{{match[0]}}}", text)


def _name(text: str) -> str:
    """A variable: u₃, θ_g and the part S·1 of a line with subscripts, any other in one piece, with its underscores."""
    if text in ("inf", "nan"):
        return _number(text)
    name, *inner = text.split("·")
    match = re.fullmatch(rf"((?:{_LETTER})+)([0-9]+|[₀-₉]*)(?:_((?:{_LETTER})+))?", name)
    stem, digits, tail = match.groups() if match else (name, "", None)
    subscript = ",".join(filter(None, [digits.translate(_SUBSCRIPTS), tail and _letters(tail)]))
    subscript += "".join(f"({part if part.isdecimal() else _letters(part)})" for part in inner)
    return _letters(stem) + (f"_{{{subscript}}}" if subscript else "")


def _letters(text: str) -> str:
    """One letter, or several as one word; Greek ones side by side, as in Δθ."""
    signs = [_letter(sign) for sign in re.findall(rf"{_LETTER}|.", text)]
    if len(signs) == 1 or all(sign in GREEK for sign in text):
        return " ".join(signs)
    return rf"\mathit{{{''.join(sign + ' ' * sign[1:].isalpha() for sign in signs)}}}"


def _letter(text: str) -> str:
    """A letter of a name with its accents."""
    letter, marks = text[0].translate(_SUBSCRIPTS), text[1:]
    found = letter if letter.isascii() and letter.isalnum() else GREEK.get(letter) or _sign(letter)
    for mark in marks:
        found = rf"{ACCENTS[mark]}{{{found}}}" if mark in ACCENTS else found + _sign(mark)
    return found


def _sign(text: str) -> str:
    """A character from the table; one that is not in it as its number."""
    return SIGNS.get(text) or rf"\text{{[U+{ord(text):04X}]}}"


_ATOMS: dict[str, Callable[[str], str]] = {
    "matrix": _matrix,
    "large": _large,
    "fraction": _fraction,
    "prose": r"\text{{{}}}".format,
    "option": r"\mathrm{{{}}}".format,
    "function": _function,
    "number": _number,
    "name": _name,
    "other": _sign,
}
