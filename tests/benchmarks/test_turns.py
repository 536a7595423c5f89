"""Programs of a benchmark do one item each time they are told to."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.quality.turns import take_turn

PROGRAM = """
import sys
from benchmarks.quality.turns import in_turns
for item in in_turns(["a", "b"]):
    print("noise on the way")
    print(item, file=sys.stderr, flush=True)
    if item in sys.argv:
        sys.exit(3)
"""


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_each_turn_is_one_item_and_none_is_begun_untold() -> None:
    one, other = start(), start()
    assert [take_turn(process) for process in (one, other, one, other)] == [True] * 4
    for process in (one, other):
        _, said = process.communicate(timeout=30)
        assert (process.returncode, said.split()) == (0, ["a", "b"])


def test_a_program_that_ends_in_its_turn_is_noticed() -> None:
    process = start("b")
    assert take_turn(process)
    assert not take_turn(process)
    process.communicate(timeout=30)
    assert process.returncode == 3


def test_a_program_that_nobody_drives_any_more_ends() -> None:
    process = start()
    assert take_turn(process)
    process.communicate(timeout=30)
    assert process.returncode == 1
