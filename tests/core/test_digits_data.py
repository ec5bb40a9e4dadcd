"""The digits in the scenarios' folder are those that docs/digits.py draws; files of the UCI set fit in their place."""

import re
import runpy
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from bptui.core.data import read_table

ROOT = Path(__file__).parents[2]
FILE = ROOT / "scenarios" / "digits.npz"
MOST = 1 << 24


def labelled() -> tuple[np.ndarray, np.ndarray]:
    with np.load(FILE) as held:
        return held["images"], held["labels"]


def test_the_file_is_what_the_script_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bit for bit in the arrays: how the archive is compressed is the business of the zlib at hand."""
    drawn = tmp_path / "drawn.npz"
    monkeypatch.setattr(sys, "argv", ["digits.py", str(drawn)])
    runpy.run_path(str(ROOT / "docs" / "digits.py"), run_name="__main__")
    with np.load(drawn) as new, np.load(FILE) as old:
        assert new.files == old.files == ["images", "labels"]
        for name in old.files:
            assert new[name].dtype == old[name].dtype == np.uint8
            assert np.array_equal(new[name], old[name])


def test_shapes_and_range() -> None:
    images, labels = labelled()
    assert images.shape == (1800, 64)
    assert labels.shape == (1800,)
    assert (images.min(), images.max()) == (0, 16)
    assert np.array_equal(np.bincount(labels), [180] * 10)


def test_no_part_lacks_a_digit() -> None:
    """Whatever is held out, first or last: the order is random. 16 of a digit in 360 are 4 σ below the mean of 36."""
    _, labels = labelled()
    for part in np.split(labels, 5):
        assert np.bincount(part, minlength=10).min() >= 16


def test_every_image_has_ink_and_none_comes_twice() -> None:
    images, _ = labelled()
    assert images.sum(axis=1).min() >= 3 * 16
    assert len(np.unique(images, axis=0)) == len(images)


def test_the_digits_look_different() -> None:
    """The nearest class mean finds most digits that it has not seen, not all: they are no ten pictures with noise."""
    images, labels = labelled()
    x, y = images[:900].astype(float), labels[:900]
    means = np.array([x[y == digit].mean(axis=0) for digit in range(10)])
    distances = np.square(images[900:, None, :] - means).sum(axis=2)
    assert 0.7 < np.mean(distances.argmin(axis=1) == labels[900:]) < 0.95


def test_a_file_of_the_uci_layout_takes_their_place(tmp_path: Path) -> None:
    """With the selectors that docs/data.md gives: 64 values and the digit in each line, no header."""
    (block,) = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/data.md").read_text("utf-8"), re.DOTALL)
    data = tomllib.loads(block)["data"]
    images, labels = labelled()
    lines = [",".join(map(str, [*image, label])) for image, label in zip(images[:20], labels[:20], strict=True)]
    (tmp_path / data["file"]).write_text("\n".join(lines) + "\n", "utf-8")
    table = read_table(tmp_path, data["file"], MOST)
    ours = read_table(FILE.parent, FILE.name, MOST)
    x, y = table.examples(data["input"]["x"]), table.examples(data["target"]["y"])
    assert x.shape == (64, 20)
    assert y.shape == (1, 20)
    assert np.array_equal(x, ours.examples("images")[:, :20])
    assert np.array_equal(y, ours.examples("labels")[:, :20])
