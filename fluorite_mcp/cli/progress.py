"""The progress of long work, on stderr when it is a terminal, nothing otherwise."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

if TYPE_CHECKING:
    from fluorite_mcp.learning.pipeline import Progress


# Told how much is done, of how much, and what is done now.
Report = Callable[[int, int, str], None]


@contextmanager
def progress_bar(doing: str | None = None) -> Iterator[Progress]:
    """Yield where asynchronous work reports progress.

    The bar appears at the first report, or at once for what `doing` names.
    """
    with shown_progress(doing) as show:

        async def report(done: int, total: int, message: str) -> None:
            show(done, total, message)

        yield report


@contextmanager
def shown_progress(doing: str | None = None) -> Iterator[Report]:
    """Yield where blocking work reports progress; as `progress_bar`."""
    console = Console(stderr=True)
    # rich takes FORCE_COLOR for a terminal; a bar in a log file is of no use, coloured or not.
    if not (console.is_terminal and sys.stderr.isatty()):
        yield lambda _done, _total, _message: None
        return
    columns = (
        (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        if doing
        else (SpinnerColumn(), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    )
    bar = Bar(*columns, console=console, transient=True)
    task = bar.add_task(doing or "", total=None)
    if doing:
        bar.start()

    def report(done: int, total: int, message: str) -> None:
        bar.start()
        bar.update(task, completed=done, total=total, description=message)

    try:
        yield report
    finally:
        bar.stop()
