"""Labels that would take over a terminal, or the markup of the screen, if they were shown as they are."""

LABEL = "\x1b[31mred \x07bell \x1b]0;owned\x07 \x9b31m \u202elive\u2066 [/] [bold]b[/bold] [@click=app.quit]q"
SHOWN = r"\x1b[31mred \x07bell \x1b]0;owned\x07 \x9b31m \u202elive\u2066 [/] [bold]b[/bold] [@click=app.quit]q"
"""The same as it may be shown: each control and direction sign written out, and brackets as they are."""

FORBIDDEN = [*map(chr, range(0x80, 0xA0)), "\x07", "\u202e", "\u2066", "\u2028", "\ud800"]
"""What never may be sent; ESC only in sequences of our own, and those never have one of these texts."""
STOLEN = ["\x1b[31mred", "\x1b]"]


def toml(text: str) -> str:
    """The text as a TOML string, all its characters written as escapes."""
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'


def scenario(title: str, about: str = "") -> str:
    """A small scenario with this title and description."""
    return f"title = {toml(title)}\nabout = {toml(about)}\nprogram = '''z = x^2'''\n[input]\nx = 3.0\n"
