"""One run of a command: which memory it speaks to, and how it answers."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from fluorite_mcp.cli.output import Output, error_console
from fluorite_mcp.results import Answer

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from fluorite_mcp.engine import Engine
    from fluorite_mcp.learning.pipeline import Progress
    from fluorite_mcp.settings import Settings

ResultT = TypeVar("ResultT")
ShownT = TypeVar("ShownT", bound="DataclassInstance")


@dataclass(frozen=True, slots=True)
class Session:
    """The options every command takes, and what they decide."""

    data_dir: Path | None = None
    config: Path | None = None
    as_json: bool = False

    def settings(self) -> Settings:
        """Read the settings, and log as they say: to stderr.

        Raises:
            ConfigError: A file, key or value is wrong.
        """
        from fluorite_mcp.settings import load_settings

        folder = self.data_dir.expanduser() if self.data_dir else None
        settings = load_settings(config=self.config.expanduser() if self.config else None, data_dir=folder)
        logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
        logging.getLogger("fluorite_mcp").setLevel(settings.log_level)
        return settings

    def run(self, action: Callable[[Engine, Progress], Awaitable[ResultT]], *, doing: str | None = None) -> ResultT:
        """Open the memory, do something with it, and close it.

        Args:
            action: Called with the engine and where to report progress.
            doing: Names work that reports no progress itself, so that a terminal shows that something goes on.

        Raises:
            FluoriteError: The memory cannot be opened, or the action failed.
        """
        from fluorite_mcp.cli.progress import progress_bar
        from fluorite_mcp.engine import Engine

        settings = self.settings()

        async def work() -> ResultT:
            with progress_bar(doing) as progress:
                async with Engine.open(settings=settings) as engine:
                    return await action(engine, progress)

        return asyncio.run(work())

    def answer(self, result: ShownT, show: Callable[[Output, ShownT], None]) -> None:
        """Print a result: as JSON if asked, else as `show` does, and what the user should know on stderr."""
        if self.as_json:
            print_json(dataclasses.asdict(result))
            return
        show(Output(), result)
        if isinstance(result, Answer):
            for notice in result.notices:
                error_console().print(f"note: {notice}", markup=False)


def print_json(document: Any) -> None:
    """Print one JSON document on stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")
