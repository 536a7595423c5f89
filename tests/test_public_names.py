"""What `import fluorite_mcp` gives, and what it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import fluorite_mcp

HEAVY = ("numpy", "faiss", "mcp", "tree_sitter", "aiosqlite", "diskcache", "pydantic", "tokenizers", "yaml")


@pytest.mark.parametrize("name", fluorite_mcp.__all__)
def test_a_public_name_can_be_imported(name: str) -> None:
    assert getattr(fluorite_mcp, name) is not None


def test_any_other_name_is_refused_as_python_does() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Motor'"):
        fluorite_mcp.__getattr__("Motor")


def test_importing_the_package_loads_nothing_heavy() -> None:
    program = f"import sys, fluorite_mcp; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_the_version_is_a_version() -> None:
    assert all(part.isdigit() for part in fluorite_mcp.__version__.split("."))
