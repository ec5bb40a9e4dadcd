"""The files that are written: for their owner only, and never over what is there."""

import os
import stat
from pathlib import Path

import numpy as np
import pytest

from bptui.core.errors import InputError
from bptui.core.saving import write
from bptui.core.writing import WrittenScenario

SMALL = WrittenScenario("title = 'small'\n", "small.npz", {"A": np.ones((2, 2))}, "")


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    write(tmp_path / "small.toml", SMALL)
    assert (tmp_path / "small.toml").read_text() == SMALL.text
    for name in ("small.toml", "small.npz"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("taken", ["small.toml", "small.npz"])
@pytest.mark.parametrize("kind", ["file", "link", "folder", "pipe"])
def test_what_is_there_is_never_written_over(taken: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / taken
    match kind:
        case "file":
            path.write_text("mine")
        case "link":
            path.symlink_to(tmp_path / "elsewhere")
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
    before = path.lstat()
    with pytest.raises(InputError, match="exists already") as refused:
        write(tmp_path / "small.toml", SMALL)
    assert refused.value.file == str(path)
    assert [each.name for each in tmp_path.iterdir()] == [taken]
    assert (path.lstat().st_ino, path.lstat().st_size) == (before.st_ino, before.st_size)


@pytest.mark.parametrize("name", ["no/such/folder.toml", "nul\0.toml", "x" * 300 + ".toml"])
def test_a_path_that_cannot_be_written_is_said_in_one_line(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        write(f"{tmp_path}/{name}", SMALL)
    assert "cannot be written" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []
