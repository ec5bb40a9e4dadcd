"""What wire.py looks at: bptui on several screens, each with a state of its own that it remembers, and pudb."""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
TANH4 = HERE.parent / "scenarios" / "tanh4.toml"
STRIDE = 30  # steps in one direction; tanh4 has 33 events
PICTURES = ("network", "function", "product")

A_MATRIX = """
title = "A matrix of 1,000 by 1,000"

[input]
x = 1.0

[target]
y = [0.5]

[[layer]]
units = 1000
init = "normal"
activation = "tanh"

[[layer]]
units = 1000
activation = "tanh"

[[layer]]
units = 1

[loss]
kind = "half_squared_error"
"""
SCROLLED = "j" * 70 + "l" * 90  # 33 rows and 57 columns are seen at 120x40: the window moves on three times, and twice


@dataclass(frozen=True)
class Program:
    """A debugger: how it is started, what its first useful frame contains, its keys: that lead there, and measured."""

    name: str
    argv: list[str]
    environment: dict[str, str]
    shows: bytes
    keys: str
    """One way, and back, or another way."""
    before: tuple[str, ...] = ()
    """Typed before anything but the start is measured, each as a whole; then what it does is waited for."""


def programs(bptui: Path, python: str, home: Path) -> dict[str, Program]:
    """All by name, with the same environment and the same home, in which pudb has shown its welcome already."""
    settings = home / ".config" / "pudb" / "pudb.cfg"
    settings.parent.mkdir(parents=True)
    settings.write_text("[pudb]\nseen_welcome = z\n")
    scenario = home / "matrix.toml"
    scenario.write_text(A_MATRIX)
    terminal = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    environment = terminal | {"PATH": os.environ["PATH"], "HOME": str(home), "OPENBLAS_NUM_THREADS": "1"}
    stepped = [python, "-m", "pudb", str(HERE / "pudb_target.py")]
    bare = environment | remembered(home, "none")
    ours = Program("bptui", [str(bptui), str(TANH4)], bare, b"tanh", "s" * STRIDE + "S" * STRIDE)
    over_ssh = {name: value for name, value in bare.items() if name != "COLORTERM"}
    ssh = over_ssh | {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
    large = replace(ours, argv=[str(bptui), str(scenario)], shows=b"matrix", keys=SCROLLED)
    all_programs = [
        ours,
        Program("pudb", stepped, environment, b"ariables", "n" * 2 * STRIDE),  # the V is underlined
        replace(ours, name="over SSH", environment=ssh),
        *(replace(ours, name=picture, environment=environment | remembered(home, picture)) for picture in PICTURES),
        replace(large, name="heat map", before=("j", "h")),  # W2, whose row is the second
        replace(large, name="Jacobian", before=("g", "∂L/∂a1", "\r", "m")),  # W2 itself
    ]
    return {program.name: program for program in all_programs}


def remembered(home: Path, picture: str) -> dict[str, str]:
    """The environment in which bptui has been run before, and left with this picture, in a pane chosen to be seen."""
    folder = home / f"state-{picture}"
    state = {"picture": picture, "pane": "" if picture == "none" else "picture", "hinted": True}
    (folder / "bptui").mkdir(parents=True)
    (folder / "bptui" / "state.json").write_text(json.dumps(state))
    return {"XDG_STATE_HOME": str(folder)}
