"""What mathematics in LaTeX may hold, and shipped scenarios to write out."""

import re
from pathlib import Path

import bptui.scenarios
from bptui.core import Timeline, read

KNOWN = r"""
\_ \, \{ \} \$ \% \& \# \\ \Delta \Gamma \Lambda \Omega \Phi \Pi \Psi \Theta \Vert \Xi \acute \alpha \approx \ast
\backslash \bar \begin \beta \breve \cdot \cdots \check \chi \cos \ddot \delta \dot \end \eta \exp \frac \gamma \ge
\grave \hat \infty \iota \kappa \lVert \lambda \le \left \leftarrow \lfloor \log \lvert \mathit \mathrm \max \min \mu
\nabla \nu \odot \omega \partial \pi \prime \psi \quad \rVert \rfloor \rho \right \rvert \sigma \sim \sin \sqrt \star
\sum \surd \tan \tanh \tau \text \tfrac \theta \tilde \times \to \top \underset \upsilon \varepsilon \varphi \vert
\xi \zeta
"""
COMMANDS = set(KNOWN.split())
"""All that may come out; MathJax and KaTeX know each of them, and none defines, reads or writes anything."""
FILES = sorted(Path(next(iter(bptui.scenarios.__path__))).glob("*.toml"))


def check(latex: str) -> None:
    """No other command is in it, all of it is ASCII; braces, environments and \\left … \\right are balanced."""
    assert latex.isascii()
    assert "^^" not in latex
    assert set(re.findall(r"\\(?:[A-Za-z]+|.)", latex, re.DOTALL)) <= COMMANDS
    assert set(re.findall(r"\\(?:begin|end)\{(.*?)\}", latex)) <= {"bmatrix", "aligned"}
    bare = re.sub(r"\\[^A-Za-z]", "", latex)
    assert not set(bare) & set("$%#~`")
    waiting: list[str] = []
    closes = {"}": "{", r"\right": r"\left", r"\end": r"\begin"}
    for token in re.findall(r"[{}]|\\(?:left|right|begin|end)(?![A-Za-z])", bare):
        if token in closes:
            assert waiting.pop() == closes[token]
        else:
            waiting.append(token)
    assert not waiting


def begun(path: Path) -> tuple[Timeline, int]:
    """A run, and the position behind its first iteration."""
    timeline = Timeline(read(str(path)))
    return timeline, timeline.chapter(1).end
