"""The tree of errors is the one that `errors.py` draws."""

from __future__ import annotations

import inspect
import re

import pytest

from fluorite_mcp import errors
from fluorite_mcp.errors import FluoriteError

CLASSES = [value for value in vars(errors).values() if inspect.isclass(value)]


def drawn() -> dict[str, str | None]:
    """Return the parent of each class in the drawing."""
    parents: dict[str, str | None] = {"FluoriteError": None}
    stack = ["FluoriteError"]
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r"([│ ]*)[├└]── (\w+)", line):
            depth = len(match[1]) // 4 + 1
            parents[match[2]] = stack[depth - 1]
            stack[depth:] = [match[2]]
    return parents


def test_the_drawing_is_the_tree() -> None:
    real = {error.__name__: error.__base__.__name__ for error in CLASSES if error.__base__ is not None}

    assert drawn() == {**real, "FluoriteError": None}


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_every_error_is_caught_by_the_root_and_says_what_it_is_for(error: type[Exception]) -> None:
    assert issubclass(error, FluoriteError)
    assert error.__doc__
    assert str(error("What was wrong. What to do.")) == "What was wrong. What to do."
