"""Files that a crash leaves either whole or not at all, and that are known by their checksum."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

# A file is hashed in pieces of so many bytes, and never whole in memory for that.
HASHED_BYTES = 1 << 20


class CheckedWriter:
    """Writes a file and works out its checksum on the way."""

    def __init__(self, file: IO[bytes]) -> None:
        import xxhash

        self._file = file
        self._checksum = xxhash.xxh3_128()

    def write(self, data: bytes | memoryview) -> None:
        """Write some bytes behind those written before."""
        self._checksum.update(data)
        self._file.write(data)

    def checksum(self) -> str:
        """Return the checksum of what was written so far."""
        return str(self._checksum.hexdigest())


@contextmanager
def written_whole(path: Path) -> Iterator[CheckedWriter]:
    """Give a writer of a file that appears under its name when all of it is safe on disk, and else not at all.

    Raises:
        OSError: The folder cannot be written.
    """
    partial = partial_path(path)
    try:
        with partial.open("wb") as file:
            yield CheckedWriter(file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        _sync_folder(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def partial_path(path: Path, purpose: str = "") -> Path:
    """Return where this process writes what will be, or serves to make, a file: `<its name>.<...>.partial`."""
    return path.with_name(f"{path.name}.{purpose}{os.getpid()}.partial")


def checksum_of(path: Path) -> str:
    """Return the checksum of a file.

    Raises:
        OSError: The file cannot be read.
    """
    import xxhash

    checksum = xxhash.xxh3_128()
    with path.open("rb", buffering=0) as file:
        while data := file.read(HASHED_BYTES):
            checksum.update(data)
    return str(checksum.hexdigest())


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
