"""What the kernel tells of changes below a project's folders, so that a look at every file can be left out.

Linux queues an event within the call that changes a file or folder (inotify(7)): who has read no event knows that
nothing changed. Elsewhere, on disks that other machines write to, and where too many folders would have to be watched,
nothing is told, and every file is looked at.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inotify_simple import INotify

# On these the kernel of this machine makes every change itself. Network folders and those of a virtual machine's host
# are changed elsewhere, and it hears nothing of that.
_LOCAL_FILE_SYSTEMS = frozenset(
    {"bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "tmpfs", "xfs", "zfs"}
)  # fmt: skip
_MOUNTS = Path("/proc/self/mountinfo")
# A user has so many watches for all programs together; editors need them too.
_WATCHES_OF_A_USER = Path("/proc/sys/fs/inotify/max_user_watches")
_SHARE_OF_WATCHES = 8

# In mountinfo: the column of the place, how it writes blanks and the like, and the mark before the file system's type.
_PLACE_COLUMN = 4
_ESCAPED = re.compile(r"\\([0-7]{3})")
_TYPE_MARK = "-"


class FolderEvents:
    """Listens to what happens directly in some folders of a project.

    Args:
        root: The project's root folder.
        most: How many folders may be watched.
    """

    def __init__(self, root: str, most: int) -> None:
        self._root = root
        self._most = most
        self._inotify: INotify | None = None
        self._covered: set[str] = set()

    @classmethod
    def of(cls, root: str) -> FolderEvents | None:
        """Return what listens to a project, or None where the kernel would not tell of every change."""
        try:
            import inotify_simple  # noqa: F401 - only Linux has it

            if not _is_local(root, _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")):
                return None
            return cls(root, int(_WATCHES_OF_A_USER.read_text(encoding="ascii")) // _SHARE_OF_WATCHES)
        except (ImportError, OSError, ValueError):
            return None

    def cover(self, folders: Iterable[str]) -> bool:
        """Listen to folders, given relative to the root, from now on: what was told before is for who looks next.

        Returns:
            Whether all are covered. If not, nothing is listened to; another try may succeed if a folder was only gone.
        """
        from inotify_simple import INotify

        self.is_quiet()
        wanted = set(folders)
        if len(wanted) > self._most:
            self.close()
            return False
        try:
            if self._inotify is None:
                self._inotify = INotify(nonblocking=True)
            mask = _mask()
            for folder in wanted - self._covered:
                self._inotify.add_watch(f"{self._root}{os.sep}{folder}", mask)
        except OSError as error:
            self.close()
            if error.errno not in (errno.ENOENT, errno.ENOTDIR):
                self._most = 0  # The user has no watches left, or may not watch this: neither will change soon.
            return False
        self._covered = wanted
        return True

    def is_quiet(self) -> bool:
        """Whether nothing happened in the covered folders since the last call; False if none are covered."""
        from inotify_simple import flags

        if self._inotify is None:
            return False
        events = self._inotify.read(timeout=0)
        # A folder came, went or moved, or events were lost: what is covered is no longer what it was.
        if any(event.mask & (flags.ISDIR | flags.IGNORED | flags.Q_OVERFLOW | flags.UNMOUNT) for event in events):
            self.close()
        return not events

    def close(self) -> None:
        """Listen to nothing any more."""
        if self._inotify is not None:
            self._inotify.close()
        self._inotify = None
        self._covered = set()


def _mask() -> int:
    from inotify_simple import flags

    return int(
        flags.MODIFY | flags.CLOSE_WRITE | flags.ATTRIB | flags.CREATE | flags.DELETE | flags.MOVED_FROM
        | flags.MOVED_TO | flags.DELETE_SELF | flags.MOVE_SELF | flags.ONLYDIR
    )  # fmt: skip


def _is_local(root: str, mounts: str) -> bool:
    """Whether a folder and all below lie on one file system that only this machine writes to.

    Args:
        root: The folder, without links in its path.
        mounts: What /proc/self/mountinfo holds (proc_pid_mountinfo(5)); of equal places the last one counts.
    """
    places: dict[str, str] = {}
    for line in mounts.splitlines():
        columns = line.split(" ")
        place = _ESCAPED.sub(lambda escaped: chr(int(escaped[1], 8)), columns[_PLACE_COLUMN])
        places[place] = columns[columns.index(_TYPE_MARK) + 1]
    below = root.rstrip(os.sep) + os.sep
    around = [place for place in places if below.startswith(place.rstrip(os.sep) + os.sep)]
    return (
        bool(around)
        and places[max(around, key=len)] in _LOCAL_FILE_SYSTEMS
        and not any(place.startswith(below) for place in places)
    )
