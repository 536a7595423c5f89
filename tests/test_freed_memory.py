from __future__ import annotations

import subprocess
import sys

import pytest

from fluorite_mcp.freed_memory import return_freed_memory

# Many small blocks and one behind them that stays: the allocator cannot shorten the heap by itself.
_PROGRAM = """
from pathlib import Path
from fluorite_mcp.freed_memory import return_freed_memory

def resident():
    return int(next(l for l in Path("/proc/self/status").read_text().splitlines() if l.startswith("VmRSS")).split()[1])

blocks = [bytearray(8_000) for _ in range(10_000)]
kept = bytearray(8_000)
del blocks
before = resident()
assert return_freed_memory()
print(before - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is asked")
def test_what_was_freed_goes_back_to_the_system() -> None:
    printed = subprocess.run([sys.executable, "-c", _PROGRAM], check=True, capture_output=True, text=True).stdout

    assert int(printed) > 60_000  # KiB, of 80 MB


def test_elsewhere_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")

    assert not return_freed_memory()
