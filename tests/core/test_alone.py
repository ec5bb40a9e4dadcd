"""The core does without the terminal: it imports nothing of it, whatever is asked of it."""

import subprocess
import sys
from pathlib import Path

SCENARIO = Path(__file__).parents[2] / "scenarios" / "layers4.toml"

PROGRAM = """
import pkgutil, sys
import bptui.core
from bptui.core import InputError, Timeline, parse, read
from bptui.core.equations import equation
for module in pkgutil.walk_packages(bptui.core.__path__, "bptui.core."):
    __import__(module.name)
timeline = Timeline(read(sys.argv[1]))
for position, event in enumerate(timeline.events, 1):
    if event.phase == "backward":
        str(equation(timeline.scenario.program, event, {}))
try:
    parse("titel = 1")
except InputError as error:
    str(error)
print(len(timeline), *sorted(sys.modules))
"""


def test_the_core_imports_nothing_of_the_terminal() -> None:
    command = [sys.executable, "-c", PROGRAM, str(SCENARIO)]
    count, *modules = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert int(count) > 30
    assert {"bptui.core.passes", "bptui.core.ops.losses", "bptui.core.paths"} <= set(modules)
    packages = {name.partition(".")[0] for name in modules}
    assert {"numpy", "msgspec"} <= packages
    assert packages & {"textual", "rich", "pygments", "markdown_it", "curses", "termios"} == set()
    assert [name for name in modules if name.startswith("bptui.") and not name.startswith("bptui.core")] == []
