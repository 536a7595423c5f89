"""Sizes of this folder's tests: small by default, whole with RELIABILITY_FULL=1 (`scripts/reliability`)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.reliability.children import write_project

IS_FULL = os.environ.get("RELIABILITY_FULL") == "1"


def size(small: int, full: int) -> int:
    """Return how much of something a test does."""
    return full if IS_FULL else small


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A project large enough to be learned by worker processes."""
    return write_project(tmp_path / "work", 320)
