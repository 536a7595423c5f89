"""Systems take turns, collection by collection, so that a machine that slows down slows all of them down."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import IO, TypeVar

_DONE = "the turn is over"

Item = TypeVar("Item")


def in_turns(items: Sequence[Item]) -> Iterator[Item]:
    """Yield items in a program that `take_turn` drives: each when it is told to, and say when it is done with it."""
    for item in items:
        if not sys.stdin.readline():
            sys.exit("Nobody gives turns any more.")
        yield item
        print(_DONE, flush=True)


def take_turn(process: subprocess.Popen[str]) -> bool:
    """Have a program do its next item, and wait for it. Returns whether it did; False if it ended instead."""
    told, said = _pipes(process)
    try:
        told.write("\n")
        told.flush()
    except BrokenPipeError:
        return False
    return any(line.strip() == _DONE for line in iter(said.readline, ""))


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    if process.stdin is None or process.stdout is None:
        raise ValueError("a program that takes turns needs pipes for both")
    return process.stdin, process.stdout
