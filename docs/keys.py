"""Makes docs/keys.md from the table of commands: python docs/keys.py."""

from pathlib import Path

from bptui.tui.commands import COMMANDS, key_label

HEAD = """# Keys

Lower case goes forward, its capital goes backward. No key needs Ctrl, Alt, Esc or a function key; `ctrl+c` leaves from
anywhere, and Esc closes what lies on top, as `q` or Enter does. This table is made
from the table of commands (`python docs/keys.py`), as are the help (`?`) and the palette (`:`). Any key can be changed
in the [settings](settings.md), by the command's id.

| key | what it does | id |
|---|---|---|
"""
TAIL = """
What each of them is for is shown in [how to look into a run](debugging.md).
"""


def page() -> str:
    """The whole page."""
    rows = [
        f"| {' '.join(f'`{key_label(key)}`' for key in keys)} | {text[0].lower() + text[1:]} | `{name}` |\n"
        for name, keys, text, _ in COMMANDS
    ]
    return HEAD + "".join(rows) + TAIL


if __name__ == "__main__":
    Path(__file__).with_suffix(".md").write_text(page(), "utf-8")
