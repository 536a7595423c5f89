"""One process works on a project at a time, under a file lock that ends with the process."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fluorite_mcp.errors import StoreBusyError

_POLL_SECONDS = 0.05


@asynccontextmanager
async def project_lock(folder: Path, purpose: str, root: str, patience: float) -> AsyncIterator[None]:
    """Hold the lock of a project for one purpose, without stalling other work of this process.

    Args:
        folder: Where lock files lie.
        purpose: What is done under it, as a verb: "learn".
        root: The project's root folder.
        patience: How many seconds to wait for another process.

    Raises:
        StoreBusyError: Another process holds it for longer.
    """
    import filelock

    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - once, and in microseconds
    name = hashlib.blake2b(root.encode(), digest_size=8).hexdigest()
    lock = filelock.AsyncFileLock(folder / f"{purpose}-{name}.lock", timeout=patience, thread_local=False)
    try:
        held = await lock.acquire(poll_interval=_POLL_SECONDS)
    except filelock.Timeout as error:
        raise StoreBusyError(f"Another process is learning {root}. Try again when it is done.") from error
    async with held:
        yield
