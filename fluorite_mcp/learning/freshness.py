"""Noticing that a project's files changed since they were learned, cheaply enough to ask at every search."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from fluorite_mcp.learning.folder_events import FolderEvents
from fluorite_mcp.learning.scan import Scan
from fluorite_mcp.models import Freshness

# A look that cost at most this much (seconds) is taken at every search.
_CHEAP_SECONDS = 0.002
# A dearer one is taken so seldom that looking costs at most this part of the time.
_SHARE_OF_TIME = 0.1
# However dear the last look was, an edit is seen after so many seconds: the next look may be cheap again.
_LONGEST_SECONDS = 5.0
# As long as the kernel tells of nothing, no look is taken but one in so many seconds, for the rare changes that it
# does not tell of: through a map of the file in memory, or under another name of it elsewhere.
_TRUSTED_SECONDS = 30.0


@dataclass(slots=True)
class _Picture:
    """What the files and folders of a project looked like when they were learned.

    Attributes:
        scan: What there was.
        looked_at: When the last look was taken, and how many seconds it took (`cost`).
        is_heard: Whether a look found it the same while the kernel was telling of changes already.
        is_told: Whether the kernel told of something since the last look.
        is_noise: Whether it had, and the last look found nothing all the same: something else is written there.
    """

    scan: Scan
    looked_at: float = 0.0
    cost: float = 0.0
    is_heard: bool = False
    is_told: bool = False
    is_noise: bool = False

    @property
    def is_cheap(self) -> bool:
        """Whether a look is known to cost little."""
        return self.looked_at > 0 and self.cost <= _CHEAP_SECONDS

    @property
    def is_left_out(self) -> bool:
        """Whether no look is taken now, as the last one was dear and a moment ago, and nothing speaks for one."""
        pause = min(self.cost / _SHARE_OF_TIME, _LONGEST_SECONDS)
        is_dear = self.cost > _CHEAP_SECONDS and time.perf_counter() - self.looked_at < pause
        return is_dear and not (self.is_told and not self.is_noise)


class FreshnessWatch:
    """Remembers what projects looked like, and looks again."""

    def __init__(self) -> None:
        self._pictures: dict[str, _Picture] = {}
        self._events: dict[str, FolderEvents | None] = {}

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

    def close(self) -> None:
        """Let go of what the kernel holds for this watch."""
        for events in self._events.values():
            if events is not None:
                events.close()
        self._events.clear()

    def is_cheap(self, root: str) -> bool:
        """Whether looking is so cheap, or left out, that no thread is worth it."""
        picture = self._pictures.get(root)
        return picture is None or self._is_quiet(root, picture) or picture.is_cheap or picture.is_left_out

    def has_changed(self, root: str) -> bool:
        """Whether any file or folder differs from the picture, or there is none.

        New and deleted entries show in their folder's time, edits in the file's time and size. The look is left out if
        the kernel tells of nothing since the last one. Where it does not tell, or tells of what is none of the
        project's files, a dear one is also left out if the last one was a moment ago.
        """
        picture = self._pictures.get(root)
        if picture is None:
            return True
        if self._is_quiet(root, picture) or picture.is_left_out:
            return False
        # First listen, then look: what happens in between is heard.
        is_listening = self._listen(root, picture.scan)
        started = time.perf_counter()
        changed = _differs(root, picture.scan)
        picture.looked_at = time.perf_counter()
        picture.cost = picture.looked_at - started
        picture.is_noise, picture.is_told = picture.is_told and not changed, False
        picture.is_heard = is_listening and not changed
        return changed

    def freshness(self, root: Path | None, path: str | None, size_and_time: tuple[int, int] | None) -> Freshness:
        """Compare one file with what was learned of it, as `file_freshness` does.

        No look is taken where the file was the same when `has_changed` was asked last, and the kernel told so.
        """
        picture = self._pictures.get(str(root))
        seen = picture.scan.files.get(path or "") if picture is not None and picture.is_heard else None
        if seen is not None and seen == size_and_time:
            return "fresh"
        return file_freshness(root, path, size_and_time)

    def _is_quiet(self, root: str, picture: _Picture) -> bool:
        """Whether a look found nothing, and the kernel told of nothing since."""
        if not picture.is_heard or time.perf_counter() - picture.looked_at > _TRUSTED_SECONDS:
            return False
        events = self._events.get(root)
        picture.is_heard = events is not None and events.is_quiet()
        picture.is_told = not picture.is_heard
        return picture.is_heard

    def _listen(self, root: str, scan: Scan) -> bool:
        """Have the kernel tell of changes in a project's folders, if it does."""
        if root not in self._events:
            self._events[root] = FolderEvents.of(root)
        events = self._events[root]
        return events is not None and events.cover(scan.folders)


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
