"""`bptui where`: the files that bptui reads and writes of its own accord."""

from __future__ import annotations

import os

from bptui.core.errors import InputError
from bptui.core.text import visible

from .settings import read_settings, settings_path
from .sources import shipped
from .state import state_path


def where() -> tuple[list[str], str]:
    """A line for each place, and what is wrong with the settings, if anything is."""
    problem = ""
    try:
        read_settings()
    except InputError as error:
        problem = str(error)
    scenarios = shipped()
    rows = {
        "settings": (settings_path(), "not there: the defaults", "faulty" if problem else ""),
        "state": (state_path(), "not there: nothing is remembered", ""),
        "scenarios": (next(iter(scenarios.values())).parent, "", f"{len(scenarios)} that ship"),
    }
    lines = []
    for name, (path, without, beside) in rows.items():
        note = beside if os.path.lexists(path) else without
        lines.append(visible(f"{name:<9}  {path}" + (f"  ({note})" if note else "")))
    return lines, problem
