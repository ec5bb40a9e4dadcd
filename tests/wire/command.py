"""The real command, run without a terminal."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
"""With the programs of this Python first, and so the bptui that is tested."""


def bptui(
    *arguments: str, home: Path, env: Mapping[str, str] | None = None, stdout: Any = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    """Run `bptui` in the folder `home`, with nothing to read; of the environment it gets only PATH, HOME and `env`."""
    environment = {"PATH": PATH, "HOME": str(home), "LANG": "C.UTF-8", **(env or {})}
    return subprocess.run(
        ["bptui", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        cwd=home,
        env=environment,
        timeout=30,
        check=False,
    )
