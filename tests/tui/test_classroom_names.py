"""What a member is called, by what a client says."""

import pytest

from bptui.tui.classroom.names import name_of


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Emmy", "Emmy"),
        ("  Emmy \t  Noether\n", "Emmy Noether"),
        ("Zoe\u0308", "Zoë"),
        ("王小明", "王小明"),
        ("x" * 24, "x" * 24),
        ("x" * 25, "student"),
        ("x" * 10_000_000, "student"),
        (" " * 10_000_000 + "x", "student"),
        ("", "student"),
        ("\u00a0", "student"),
        ("a\x1b[2Jb", "student"),
        ("a\u202eb", "student"),
        ("a\u200bb", "student"),
        ("a\ud800b", "student"),
    ],
)
def test_a_text_gives_a_name_or_none(text: str, name: str) -> None:
    assert name_of(text, "student") == name
