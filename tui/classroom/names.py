"""What a member is called, by what a client says."""

from __future__ import annotations

import unicodedata

LONGEST_NAME = 24
"""Characters of a name."""
_LONGEST_TEXT = 256
"""Characters of a text that are looked at: it may have been made to be costly."""


def name_of(text: str, otherwise: str) -> str:
    """The name that a text gives, in one form and with single blanks; another if it is empty, too long or hostile."""
    name = " ".join(unicodedata.normalize("NFC", text[:_LONGEST_TEXT]).split())
    return name if name and len(name) <= LONGEST_NAME and name.isprintable() else otherwise
