"""Tests that need an outside program say so by its name."""

import os
import shutil

import pytest


def needs(program: str) -> str:
    """The path of an outside program; without it the calling test is skipped, or fails where every program must be."""
    path = shutil.which(program)
    if path is None:
        if os.environ.get("BPTUI_REQUIRE_PROGRAMS") == "1":
            pytest.fail(f"{program} is not installed, and BPTUI_REQUIRE_PROGRAMS is 1")
        pytest.skip(f"{program} is not installed")
    return path
