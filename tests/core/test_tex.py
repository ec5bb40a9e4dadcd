"""Hand-outs in LaTeX: they compile, nothing runs out of the page, and no text from a file runs a command."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hostile import LABEL, scenario
from hypothesis import example, given
from hypothesis import strategies as st
from runs import LEARNS, STOPS
from typeset import FILES, begun

from bptui.core import Timeline, parse
from bptui.core.export.tex import escaped, lines

PDFLATEX = shutil.which("pdflatex")
needs_pdflatex = pytest.mark.skipif(PDFLATEX is None, reason="pdflatex is not there")
MOST_OVERFULL = 3.0
"""Points, about 1 mm, that a line may run into the margin."""
OPENED = {"quote", "aligned", "bmatrix", "document"}
EVIL = "\\input{/etc/passwd} $x$ %c ^^41 _ & # ~ {} \\write18{touch owned} \\end{document} 變 é ß “q” -- `` '' <> |"
ODD = """
program = '''
größe_x_y = x * 變
w² = größe_x_y + _é
z = sum(w²) / 1e-5
'''
[input]
x = [1e-30, -2.0]
"變" = 1.5
"_é" = [[0.1], [1e300]]
"""


def written(timeline: Timeline, first: int, last: int) -> str:
    return "\n".join(lines(timeline, first, last))


def compiled(text: str, folder: Path) -> str:
    """The log of pdflatex, which may run no other program."""
    assert PDFLATEX
    (folder / "handout.tex").write_text(text, encoding="ascii")
    command = [PDFLATEX, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "handout.tex"]
    run = subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False)
    log = (folder / "handout.log").read_text(encoding="utf-8", errors="replace")
    assert run.returncode == 0, log[-2_000:]
    assert not re.search(r"LaTeX Warning: Command|Missing character|undefined", log)
    wide = [float(points) for points in re.findall(r"Overfull \\[hv]box \(([0-9.]+)pt", log)]
    assert max(wide, default=0.0) <= MOST_OVERFULL
    return log


@needs_pdflatex
@pytest.mark.parametrize("name", ["tanh4", "layers4", "attention", "xor"])
def test_a_shipped_scenario_compiles_and_fits_the_page(name: str, tmp_path: Path) -> None:
    timeline, end = begun(next(path for path in FILES if path.stem == name))
    compiled(written(timeline, 1, end), tmp_path)
    assert (tmp_path / "handout.pdf").read_bytes().startswith(b"%PDF")


@needs_pdflatex
def test_hostile_texts_and_odd_names_compile_and_run_nothing(tmp_path: Path) -> None:
    title, about = scenario(EVIL + LABEL, "x" + EVIL * 3).splitlines()[:2]
    odd = Timeline(parse(f"{title}\n{about}\n{ODD}"))
    compiled(written(odd, 1, len(odd)), tmp_path)
    assert not (tmp_path / "owned").exists()


@needs_pdflatex
def test_a_run_that_stops_and_sums_of_many_contributions_compile(tmp_path: Path) -> None:
    stops = Timeline(parse(STOPS))
    compiled(written(stops, len(stops.events) - 3, len(stops)), tmp_path)
    row = ", ".join(["-0.123456789"] * 12)
    uses = " + ".join(["sum(x*x)"] * 20)
    many = Timeline(parse(f"program = '''z = {uses}'''\n[input]\nx = [[{row}]]\n"))
    text = written(many, 1, len(many))
    compiled(text, tmp_path)
    assert text.count(r"\cdots") == 1  # of 40 contributions


def test_training_has_iterations_phases_and_evaluations() -> None:
    timeline = Timeline(parse(LEARNS))
    text = written(timeline, 1, len(timeline))
    assert text.count(r"\section*{Iteration ") == 17
    assert text.count(r"\subsection*{Evaluation of the held-out examples}") == 6
    assert r"\fit{v \leftarrow \mu \, v + g}" in text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_shipped_scenario(path: Path) -> None:
    timeline, end = begun(path)
    text = written(timeline, 1, end)
    assert text.isascii()
    assert "[U+" not in text
    assert len(re.findall(r"\\textbf\{\d+\}\\quad", text)) == end
    balanced(text)


def balanced(text: str) -> None:
    bare = re.sub(r"\\[^A-Za-z]", "", text)
    assert bare.count("{") == bare.count("}")
    begun_, ended = (re.findall(rf"\\{word}\{{(.*?)\}}", text) for word in ("begin", "end"))
    assert sorted(begun_) == sorted(ended)
    assert set(begun_) <= OPENED


KNOWN = r"""textbackslash textasciicircum textasciitilde textless textgreater textbar textquotedbl textasciigrave dots
textendash textemdash textquoteleft textquoteright textquotedblleft textquotedblright quotedblbase quotesinglbase
guillemotleft guillemotright ss ae AE oe OE o O l L i textdegree S textquestiondown textexclamdown textbullet
r u v c k H"""


@given(
    st.text(max_size=60) | st.text(alphabet="\\{}$%^_&#~<>|\"'`-,.!? éłß“ΣφW₁²ᵀ′∂/L-0.5×→\u0301\u202e變a", max_size=40)
)
@example(EVIL)
@example("\\" * 100)
def test_text_is_set_and_never_run(text: str) -> None:
    found = escaped(text)
    assert all(" " <= sign <= "~" or sign in "\n" for sign in found)
    assert "^^" not in found
    pieces = re.split(r"(?<!\\)\$", found)
    assert len(pieces) % 2 == 1  # mathematics ends where it begins
    for piece in pieces[::2]:
        commands = re.findall(r"\\([A-Za-z]+|.)", piece)
        assert set(commands) <= {*KNOWN.split(), *"{}$&#%_`'^~=.\""}
        bare = re.sub(r"\\(?:[^A-Za-z])", "", piece)
        assert not set(bare) & set("$&#%_^~\\") - {"\\", "~"}
        assert bare.count("{") == bare.count("}")


def test_words_of_a_note_are_set_as_a_teacher_writes_them() -> None:
    assert escaped("At u₃ = 4, δ₃ is -0.012: φ₃′ × 2") == (
        r"At $u_{3}$ = 4, $\delta_{3}$ is $-0.012$: $\varphi_{3}'$ $\times$ 2"
    )
    assert escaped("∂L/∂z — 50% naïve") == r"$\frac{\partial L}{\partial z}$ \textemdash{} 50\% na\"{i}ve"
