"""Files of a reader's own gradients: made, read, and refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bptui.core.comparison.reading import Own, read_own
from bptui.core.errors import InputError

CELLS = 100


def own(folder: Path, file: str, content: bytes | str) -> Own:
    (folder / file).write_bytes(content.encode() if isinstance(content, str) else content)
    return read_own(str(folder / file), CELLS)


def refused(folder: Path, file: str, content: bytes | str) -> str:
    """What is said, behind the path."""
    with pytest.raises(InputError) as caught:
        own(folder, file, content)
    text = str(caught.value)
    assert text.isprintable()
    assert text.startswith(str(folder / file))
    assert caught.value.hint
    return text.removeprefix(str(folder / file)).removeprefix(": ")


def same(found: Any, expected: Any) -> bool:
    return {name: (x.shape, x.tolist()) for name, x in found.items()} == {
        name: (np.shape(x), np.asarray(x).tolist()) for name, x in expected.items()
    }
