"""Ops that rearrange or reduce cells: the shapes and options that they refuse, and what they say would be right."""

import re
from typing import Any

import pytest

from bptui.core.jacobian import Shape
from bptui.core.ops import RULES, ShapeError
from bptui.core.ops.op import OptionError


@pytest.mark.parametrize(
    ("name", "shapes", "options", "hint"),
    [
        ("transpose", [()], {}, "only a matrix"),
        ("transpose", [(2, 3, 4, 5)], {}, "only a matrix"),
        ("reshape", [(2, 3)], {"shape": (4, 2)}, "must hold 6 cells"),
        ("reshape", [(2, 3)], {"shape": (4, -1)}, "must hold 6 cells"),
        ("reshape", [(2, 3)], {"shape": (7, -1)}, "must hold 6 cells"),
        ("reshape", [(2, 3)], {"shape": ()}, "must hold 6 cells"),
        ("slice", [()], {"ranges": ((0, 1),)}, "a scalar has no parts"),
        ("slice", [(2, 3)], {"ranges": ((0, 1),) * 3}, "2 ranges at the most"),
        ("slice", [(2, 3)], {"ranges": ((2, 3),)}, "axis 0: its indices are 0 to 1"),
        ("slice", [(2, 3)], {"ranges": ((None, None), (2, 1))}, "axis 1: its indices are 0 to 2"),
        ("slice", [(2, 3)], {"ranges": ((-3, -2),)}, "axis 0"),
        ("concatenate", [(), ()], {}, "two at least"),
        ("concatenate", [(2, 3), ()], {}, "same number of axes"),
        ("concatenate", [(2, 3), (1, 2, 3)], {}, "same number of axes"),
        ("concatenate", [(2, 3), (2, 4)], {}, "equally long along every axis but 0"),
        ("concatenate", [(2, 3), (2, 4), (1, 3)], {"axis": 1}, "equally long along every axis but 1"),
        ("embedding", [(2, 3), (4, 1)], {}, "one row of column numbers"),
        ("embedding", [(2, 3), ()], {}, "one row of column numbers"),
        ("embedding", [(), (1, 2)], {}, "one column for each word"),
    ],
)
def test_shapes_that_do_not_fit(name: str, shapes: list[Shape], options: dict[str, Any], hint: str) -> None:
    with pytest.raises(ShapeError, match=re.escape(hint)):
        RULES[name].bind(*shapes, **options)


@pytest.mark.parametrize(
    ("name", "shapes", "options", "hint"),
    [
        ("reshape", [(2, 3)], {"shape": (6,)}, "a column is [n, 1]"),
        ("reshape", [(2, 3)], {"shape": (-1,)}, "a column is [n, 1]"),
        ("reshape", [(2, 3)], {"shape": (1, 1, 1, 1, 6)}, "2 to 4 axes"),
        ("reshape", [(2, 3)], {"shape": (-1, -1)}, "one of them may be -1"),
        ("reshape", [(2, 3)], {"shape": (0, 6)}, "above 0"),
        ("reshape", [(2, 3)], {"shape": (-2, -3)}, "above 0"),
        ("reshape", [(2, 3)], {"shape": (2.0, 3)}, "whole numbers"),
        ("reshape", [(2, 3)], {"shape": ("rows", 3)}, "whole numbers"),
        ("concatenate", [(2, 3), (2, 3)], {"axis": 2}, "from 0 to 1"),
        *((name, [(2, 3)], {"axis": axis}, "from 0 to 1") for name in ("sum", "mean", "max") for axis in (2, -3)),
        *((name, [(2, 3)], {"axis": axis}, "whole number") for name in ("sum", "max") for axis in ("rows", 1.0)),
        *((name, [()], {"axis": 0}, "a scalar has no axes") for name in ("sum", "mean", "max")),
    ],
)
def test_options_that_are_wrong(name: str, shapes: list[Shape], options: dict[str, Any], hint: str) -> None:
    with pytest.raises(OptionError, match=re.escape(hint)):
        RULES[name].bind(*shapes, **options)
