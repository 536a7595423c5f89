"""Noticing that a project's files changed since they were learned, cheaply enough to ask at every search."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from fluorite_mcp.learning.scan import Scan
from fluorite_mcp.models import Freshness

# A look that cost at most this much (seconds) is taken at every search.
_CHEAP_SECONDS = 0.002
# A dearer one is taken so seldom that looking costs at most this part of the time.
_SHARE_OF_TIME = 0.1
# However dear the last look was, an edit is seen after so many seconds: the next look may be cheap again.
_LONGEST_SECONDS = 5.0


@dataclass(slots=True)
class _Picture:
    """What the files and folders of a project looked like when they were learned."""

    scan: Scan
    looked_at: float = 0.0
    cost: float = 0.0


class FreshnessWatch:
    """Remembers what projects looked like, and looks again."""

    def __init__(self) -> None:
        self._pictures: dict[str, _Picture] = {}

    def remember(self, root: str, scan: Scan) -> None:
        """Keep how a project looked when its learning began."""
        self._pictures[root] = _Picture(scan)

    def remembered(self, root: str) -> Scan | None:
        """Return how a project looked when it was learned last, if this process learned it."""
        picture = self._pictures.get(root)
        return picture.scan if picture else None

    def forget(self, root: str) -> None:
        """Look at a project as if it had never been learned."""
        self._pictures.pop(root, None)

    def is_cheap(self, root: str) -> bool:
        """Whether looking is so cheap, or left out, that no thread is worth it."""
        picture = self._pictures.get(root)
        return picture is None or picture.cost <= _CHEAP_SECONDS or self._is_recent(picture)

    @staticmethod
    def _is_recent(picture: _Picture) -> bool:
        pause = min(picture.cost / _SHARE_OF_TIME, _LONGEST_SECONDS)
        return time.perf_counter() - picture.looked_at < pause

    def has_changed(self, root: str) -> bool:
        """Whether any file or folder differs from the picture, or there is none.

        New and deleted entries show in their folder's time, edits in the file's time and size. A dear look may
        be left out if the last one was a moment ago.
        """
        picture = self._pictures.get(root)
        if picture is None:
            return True
        if picture.cost > _CHEAP_SECONDS and self._is_recent(picture):
            return False
        started = time.perf_counter()
        changed = _differs(root, picture.scan)
        picture.looked_at = time.perf_counter()
        picture.cost = picture.looked_at - started
        return changed


def _differs(root: str, scan: Scan) -> bool:
    stat, prefix = os.stat, root + os.sep
    try:
        for path, modified in scan.folders.items():
            if stat(prefix + path).st_mtime_ns != modified:
                return True
        for path, (size, modified) in scan.files.items():
            status = stat(prefix + path)
            if status.st_mtime_ns != modified or status.st_size != size:
                return True
    except OSError:
        return True
    return False


def file_freshness(root: Path | None, path: str | None, size_and_time: tuple[int, int] | None) -> Freshness:
    """Compare one file with what was learned of it.

    Args:
        root: The project's root, None for chunks that come from no file.
        path: The file, relative to the root.
        size_and_time: Its size in bytes and modification time in nanoseconds when it was learned.
    """
    if root is None or path is None:
        return "fresh"
    try:
        status = os.stat(f"{root}{os.sep}{path}")  # noqa: PTH116 - a path object costs more than the look
    except OSError:
        return "gone"
    if size_and_time is None:
        return "drifted"
    size, modified = size_and_time
    # The scan keeps the time of a file that was just written negative.
    return "fresh" if status.st_size == size and status.st_mtime_ns in (modified, -modified) else "drifted"
