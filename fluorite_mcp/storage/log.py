"""SQLite's write-ahead log, read only as far as telling which pages it holds (file format, §4)."""

from __future__ import annotations

import struct
from pathlib import Path

_HEADER = struct.Struct(">8I")  # magic, version, page size, checkpoint, two salts, two checksums
_FRAME = struct.Struct(">6I")  # page, pages after a commit, two salts, two checksums
_MAGICS = (0x377F0682, 0x377F0683)


def log_of(database: Path) -> Path:
    """Return the write-ahead log beside a database."""
    return database.with_name(database.name + "-wal")


def find_logged_pages(log: Path) -> frozenset[int]:
    """Return the pages the log holds, none when it is missing or is no log.

    Checksums are not computed: SQLite does so before it uses a page.
    """
    pages: set[int] = set()
    try:
        with log.open("rb") as file:
            header = file.read(_HEADER.size)
            if len(header) < _HEADER.size:
                return frozenset()
            magic, _, page_size, _, *salts = _HEADER.unpack(header)[:6]
            if magic not in _MAGICS:
                return frozenset()
            while len(frame := file.read(_FRAME.size)) == _FRAME.size:
                page, _, *of_frame = _FRAME.unpack(frame)[:4]
                # Frames behind the newest are left from before the log was used anew.
                if of_frame != salts:
                    break
                pages.add(page)
                file.seek(page_size, 1)
    except OSError:
        return frozenset()
    return frozenset(pages)
