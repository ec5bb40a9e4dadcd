"""Makes the pictures of README and docs: python docs/pictures.py (needs chromium, DejaVu fonts, and tmux and ssh)."""

from __future__ import annotations

import asyncio
import io
import itertools
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text
from textual.keys import _character_to_key

from bptui.core import Timeline, compare, read
from bptui.core.export.html import lines
from bptui.tui.app import BptuiApp
from bptui.tui.chooser import Chooser
from bptui.tui.face import Face
from bptui.tui.looks import Looks
from bptui.tui.setup import Setup

HERE = Path(__file__).parent
SCENARIOS = HERE.parent / "scenarios"
NO_PICTURE = Looks(picture="none")
PICTURES: dict[str, tuple[str, tuple[int, int], Sequence[str], Face]] = {
    "tanh4": ("tanh4", (120, 36), "s" * 15, Face()),
    "layers4": ("layers4", (110, 34), "s" * 14, Face(looks=NO_PICTURE)),
    "nested4": ("nested4", (80, 24), "s" * 8, Face()),
    "vanishing": ("vanishing", (96, 29), "v", Face()),
    "explain": ("layers4", (96, 27), "s" * 22 + "e", Face()),
    "whatif": ("tanh4", (110, 36), [*"s" * 15, "x", *"W3=0.5", "enter"], Face(looks=NO_PICTURE)),
    "chooser": ("", (100, 28), ["down"] * 7, Face()),
    "network": ("layers4", (120, 38), "s" * 14, Face()),
    "slope": ("tanh4", (96, 27), "s" * 15, Face(looks=Looks(picture="function", pane="picture", zoomed=True))),
    "product": ("vanishing", (96, 48), "ff", Face(looks=Looks(picture="product", pane="picture", zoomed=True))),
    "heat": ("digits", (110, 30), [*"iifkh", *["down"] * 9, *["right"] * 20], Face()),
    "own": ("../docs/two_layers", (132, 37), (), Face(looks=NO_PICTURE)),
    "light": ("layers4", (120, 38), "s" * 19, Face(theme="light")),
}
"""Name: scenario, or none for the chooser; columns and rows; keys; how the screen looks."""


def own() -> Setup:
    """The gradients of two_layers.py, compared."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, HERE / "two_layers.py"], cwd=folder, check=True, capture_output=True)
        with np.load(Path(folder, "two_layers.npz")) as gradients:
            comparison = compare(HERE / "two_layers.toml", dict(gradients))
    setup = Setup()
    setup.own = comparison
    return setup


async def screenshot(scenario: str, size: tuple[int, int], keys: Sequence[str], face: Face) -> str:
    """The screen behind these keys, as SVG without the web font that Textual refers to."""
    timeline = Timeline(read(SCENARIOS / f"{scenario}.toml")) if scenario else None
    setup = own() if scenario.endswith("two_layers") else None
    app = BptuiApp(timeline, setup, face=face, chooser=lambda app: Chooser((), app.open, 1 << 30))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for key in keys:
            await pilot.press(_character_to_key(key) if len(key) == 1 else key)
            await pilot.pause(0.3 if key in "iG" else 0)
        await pilot.pause(0.3)
        return in_local_font(app.export_screenshot())


def in_local_font(svg: str) -> str:
    """An SVG of Rich's without the web font that it refers to."""
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code", "DejaVu Sans Mono").replace("<text ", '<text xml:space="preserve" ')


# ---- a class as it is tried: a terminal for each in a tmux, and a tmux around it which shows all of them

TERMINAL = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
WHOLE = (176, 54)
"""Columns and rows."""
MEMBERS = (("Ms Ray", "teacher"), ("ada", "class"), ("bob", "class"), ("cy", "class"))
SPLITS = (("-v", "-l", "22"), ("-h", "-l", "62", "-t", ":.0"), ("-h", "-l", "95", "-t", ":.2"))
"""How a terminal for one more is made; the first has the whole window."""
TYPED: tuple[tuple[int, str, Sequence[str]], ...] = (
    (1, "following Ms Ray", "l"),
    (2, "following Ms Ray", "ll"),
    (0, " 0 / 33", "f" + "s" * 8),
    (3, " 17 / 33", ["x", "W4[0,0] = 2", "Enter"]),
    (3, "off the track", ()),
    (0, " 17 / 33", "s"),
    (1, " 18 / 33", ()),
    (2, " 18 / 33", ()),
)
"""In whose terminal, what it shows before, and what is typed there then."""
PLAIN = TerminalTheme((20, 22, 27), (170, 176, 188), [(170, 176, 188)] * 8)
"""What tmux draws where no colour is said."""


class Tmux:
    """A tmux of our own, until `close`; its panes count from 0."""

    def __init__(self, socket: Path, command: str) -> None:
        self._tmux = ["tmux", "-u", "-S", str(socket), "-f", "/dev/null"]
        self.run("new-session", "-d", "-x", str(WHOLE[0]), "-y", str(WHOLE[1]), command)
        self.run("set", "-g", "status", "off")
        self.run("set", "-g", "terminal-features", "*:RGB")

    def run(self, *command: str) -> str:
        """What a command of tmux prints."""
        done = subprocess.run(
            [*self._tmux, *command], check=True, env=os.environ | TERMINAL, capture_output=True, text=True
        )
        return done.stdout

    def wait_for(self, pane: int, text: str) -> None:
        """Until a pane shows this."""
        deadline = time.monotonic() + 20
        while text not in (screen := self.run("capture-pane", "-p", "-t", f":.{pane}")):
            assert time.monotonic() < deadline, f"waited for {text!r}:\n{screen}"
            time.sleep(0.05)

    def type(self, pane: int, *keys: str) -> None:
        """Type; what a key opens is given the time to be there before the next."""
        for key in keys:
            self.run("send-keys", "-t", f":.{pane}", *(() if key == "Enter" else ("-l",)), key)
            time.sleep(0.2)

    def close(self) -> None:
        """End it, and what runs in it."""
        self.run("kill-server")


@contextmanager
def served(folder: Path) -> Iterator[dict[str, str]]:
    """A class, by what `bptui serve` prints: the port, and the tokens of the class and of the teacher."""
    bptui = str(Path(sys.executable).with_name("bptui"))
    command = [bptui, "serve", "layers4", "--port", "0", "--record", f"{folder}/class.bptlog"]
    environment = os.environ | TERMINAL | {"HOME": str(folder)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            printed = "".join(itertools.takewhile(lambda line: not line.startswith("Ctrl+C"), process.stdout))
            tokens = dict(re.findall(r"^token of the (\w+) +(\S+)$", printed, re.MULTILINE))
            yield {"port": re.findall(r"-p (\d+)", printed)[0], **tokens}
        finally:
            process.terminate()


def a_class(folder: Path) -> str:
    """A teacher and three students; one of them is off the track."""
    with served(folder) as found, ExitStack() as ends:
        ssh = f"ssh -F none -o StrictHostKeyChecking=no -o LogLevel=ERROR -o SendEnv=COLORTERM -p {found['port']}"
        first, *others = [f"{ssh} -o UserKnownHostsFile=/dev/null {user}@127.0.0.1" for _, user in MEMBERS]
        tmux = Tmux(folder / "class", first)
        ends.callback(tmux.close)
        for split, command in zip(SPLITS, others, strict=True):
            tmux.run("split-window", *split, command)
        tmux.run("set", "-g", "pane-border-status", "top")
        tmux.run("set", "-g", "pane-border-format", " ssh -p 8022 #{pane_title}, #{pane_width}×#{pane_height} ")
        tmux.run("set", "-g", "pane-active-border-style", "default")
        for pane, (name, user) in enumerate(MEMBERS):
            for asked, answer in (("name", name), ("Token", found[user])):
                tmux.wait_for(pane, asked)
                tmux.type(pane, answer, "Enter")
            tmux.wait_for(pane, " 0 / 33")
            tmux.run("select-pane", "-t", f":.{pane}", "-T", f"{user}@host: {name}")
        for pane, shown, keys in TYPED:
            tmux.wait_for(pane, shown)
            tmux.type(pane, *keys)
        around = Tmux(folder / "around", f"TERM=xterm-256color tmux -u -S {folder}/class attach")
        ends.callback(around.close)
        around.wait_for(0, "off the track")
        time.sleep(1)  # for the rest of it
        return drawn(around.run("capture-pane", "-p", "-e", "-N"))


def drawn(screen: str) -> str:
    """What a terminal shows, as SVG."""
    console = Console(width=WHOLE[0], file=io.StringIO(), force_terminal=True, color_system="truecolor", record=True)
    console.print(Text.from_ansi(screen.rstrip("\n")), no_wrap=True, overflow="crop")
    return in_local_font(console.export_svg(title="a class", theme=PLAIN))


def photographed(page: str, size: tuple[int, int], to: Path, folder: str) -> None:
    """A page as the browser shows it, as PNG."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    window = [f"--user-data-dir={folder}/profile", f"--window-size={size[0]},{size[1]}", "--hide-scrollbars"]
    shot = ["--default-background-color=00000000", f"--screenshot={to}", page]
    subprocess.run(["chromium", *options, *window, *shot], check=True, capture_output=True)


def main(names: Sequence[str]) -> None:
    """Make these pictures, or all."""
    with tempfile.TemporaryDirectory() as folder:
        for name in (*PICTURES, "class"):
            if not names or name in names:
                svg = a_class(Path(folder)) if name == "class" else asyncio.run(screenshot(*PICTURES[name]))
                width, height = map(float, re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)[0])
                file = Path(folder, f"{name}.html")
                file.write_text(f"<style>body {{ margin: 0 }} svg {{ display: block; width: {width}px }}</style>{svg}")
                photographed(file.as_uri(), (round(width), round(height)), HERE / f"{name}.png", folder)
        if not names or "handout" in names:
            page = Path(folder, "tanh4.html")
            page.write_text("\n".join(lines(Timeline(read(SCENARIOS / "tanh4.toml")), 1, 33)))
            photographed(f"{page.as_uri()}#15", (1280, 800), HERE / "handout.png", folder)


main(sys.argv[1:])
