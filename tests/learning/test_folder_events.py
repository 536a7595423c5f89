"""As long as the kernel tells of no change, there is none; and where it does not tell, every file is looked at."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluorite_mcp.learning import folder_events, freshness
from fluorite_mcp.learning.folder_events import FolderEvents, _is_local
from fluorite_mcp.learning.freshness import FreshnessWatch
from fluorite_mcp.learning.scan import scan_project

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of every change in time")

ROOT_DISK = "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"


@pytest.fixture
def watch() -> Iterator[FreshnessWatch]:
    watch = FreshnessWatch()
    yield watch
    watch.close()


def listening(watch: FreshnessWatch, root: Path) -> None:
    """Have a project learned, long ago, and looked at once."""
    then = time.time() - 3600
    for path in (root, *root.rglob("*")):
        os.utime(path, (then, then))
    watch.remember(str(root), scan_project(root))
    assert not watch.has_changed(str(root))


def forbid_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(*_: object) -> bool:
        raise AssertionError("every file was looked at")

    monkeypatch.setattr(freshness, "_differs", look)


def test_no_file_is_looked_at_while_nothing_happens(
    tmp_path: Path, watch: FreshnessWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").write_text("one")
    listening(watch, tmp_path)
    forbid_looks(monkeypatch)

    assert watch.is_cheap(str(tmp_path))
    assert not watch.has_changed(str(tmp_path))


def test_however_quiet_it_is_every_file_is_looked_at_in_the_end(
    tmp_path: Path, watch: FreshnessWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").write_text("one")
    with (tmp_path / "a.py").open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        listening(watch, tmp_path)
        mapped[:3] = b"two"  # No event tells of this.
        mapped.flush()
        assert not watch.has_changed(str(tmp_path))
        monkeypatch.setattr(freshness, "_TRUSTED_SECONDS", 0.0)

        assert watch.has_changed(str(tmp_path))


def test_what_the_kernel_told_of_is_looked_at_however_dear_a_look_is(
    tmp_path: Path, watch: FreshnessWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").write_text("one")
    (tmp_path / ".gitignore").write_text("*.log\n")
    (tmp_path / "server.log").write_text("started")
    monkeypatch.setattr(freshness, "_CHEAP_SECONDS", -1.0)
    monkeypatch.setattr(freshness, "_SHARE_OF_TIME", 1e-9)
    listening(watch, tmp_path)
    (tmp_path / "a.py").write_text("two")
    assert not watch.is_cheap(str(tmp_path))
    assert watch.has_changed(str(tmp_path))

    listening(watch, tmp_path)
    with (tmp_path / "server.log").open("a") as log:
        log.write("a line")
    assert not watch.has_changed(str(tmp_path))
    # Now it is known that something else is written there: as if the kernel told nothing.
    with (tmp_path / "server.log").open("a") as log:
        log.write("another line")
    forbid_looks(monkeypatch)
    assert watch.is_cheap(str(tmp_path))
    assert not watch.has_changed(str(tmp_path))


OPERATIONS: tuple[Callable[[Path, str], object], ...] = (
    lambda folder, name: (folder / name).write_text("new"),
    lambda folder, name: (folder / name).unlink(),
    lambda folder, name: (folder / name).rename(folder / f"{name}-moved"),
    lambda folder, name: (folder / f"{name}-moved").rename(folder / name),
    lambda folder, name: (folder / f"{name}-folder").mkdir(),
    lambda folder, name: (folder / f"{name}-folder" / "inside.py").write_text("inside"),
    lambda folder, name: (folder / f"{name}-folder" / "inside.py").unlink(),
    lambda folder, name: (folder / f"{name}-folder").rmdir(),
    lambda folder, name: (folder / f"{name}-folder").rename(folder / "other-folder"),
    lambda folder, name: (folder / "other-folder").rename(folder / f"{name}-folder"),
    lambda folder, name: os.utime(folder / name, ns=(1, 1)),
    lambda folder, name: (folder / name).chmod(0o600),
)
STEPS = st.lists(
    st.tuples(st.sampled_from(["act", "ask", "learn"]), st.sampled_from(OPERATIONS), st.sampled_from("ab"))
)


@settings(max_examples=150, deadline=None)
@given(steps=STEPS)
def test_nothing_that_a_look_would_find_is_missed(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Callable[[Path, str], object], str]]
) -> None:
    root = tmp_path_factory.mktemp("project")
    watch = FreshnessWatch()
    try:
        listening(watch, root)
        scan = scan_project(root)
        for what, operation, name in steps:
            if what == "act":
                try:
                    operation(root, name)
                except OSError:
                    continue
            elif what == "learn":
                scan = scan_project(root)
                watch.remember(str(root), scan)
            assert watch.has_changed(str(root)) == freshness._differs(str(root), scan)
    finally:
        watch.close()


def test_what_another_process_has_written_is_noticed_at_once(tmp_path: Path, watch: FreshnessWatch) -> None:
    file = tmp_path / "a.py"
    file.write_text("0")
    writer = "import sys\nfor n in sys.stdin:\n    open(sys.argv[1], 'w').write(n)\n    print(flush=True)"
    command = [sys.executable, "-c", writer, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for n in range(100):
            listening(watch, tmp_path)
            process.stdin.write(f"{n}\n")
            process.stdin.flush()
            process.stdout.readline()
            assert watch.has_changed(str(tmp_path))
        process.stdin.close()


def test_more_events_than_the_kernel_keeps_are_a_change(tmp_path: Path, watch: FreshnessWatch) -> None:
    (tmp_path / "a.py").write_text("one")
    (tmp_path / "b.py").write_text("two")
    listening(watch, tmp_path)
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    for _ in range(most // 2 + 1):  # In turn, as equal events are kept once.
        os.utime(tmp_path / "a.py", ns=(1, 1))
        os.utime(tmp_path / "b.py", ns=(1, 1))

    assert watch.has_changed(str(tmp_path))
    listening(watch, tmp_path)
    (tmp_path / "b.py").write_text("new")
    assert watch.has_changed(str(tmp_path))


def test_a_user_without_watches_left_has_every_file_looked_at(
    tmp_path: Path, watch: FreshnessWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_events, "_SHARE_OF_WATCHES", 10**12)
    (tmp_path / "a.py").write_text("one")
    listening(watch, tmp_path)
    assert not watch.has_changed(str(tmp_path))
    (tmp_path / "a.py").write_text("two")
    assert watch.has_changed(str(tmp_path))


def test_a_folder_that_is_gone_is_no_reason_to_stop_listening_for_good(tmp_path: Path) -> None:
    events = FolderEvents(str(tmp_path), most=10)
    assert not events.cover(["", "gone"])
    assert not events.is_quiet()

    assert events.cover([""])
    assert events.is_quiet()
    events.close()


def test_what_may_not_be_watched_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = FolderEvents(str(tmp_path), most=10)
    with monkeypatch.context() as patched:
        patched.setattr("inotify_simple.INotify.add_watch", _refuse)
        assert not events.cover([""])
    assert not events.cover([""])


def _refuse(*_: object) -> None:
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize(
    ("root", "mounts", "is_local"),
    [
        ("/home/a/project", ROOT_DISK, True),
        ("/home/a/project", ROOT_DISK + "30 22 0:40 / /home/a rw - nfs4 server:/home rw\n", False),
        ("/home/a/project", ROOT_DISK + "30 22 0:40 / /home/ab rw - nfs4 server:/home rw\n", True),
        ("/home/a/project", ROOT_DISK + "30 22 0:40 / /home/a/project/data rw - fuse.sshfs host: rw\n", False),
        ("/home/a/project", ROOT_DISK + "30 22 0:40 / /home/a/project rw - 9p C:\\ rw\n", False),
        ("/my disk/project", ROOT_DISK + "30 22 0:40 / /my\\040disk rw - virtiofs host rw\n", False),
        ("/home/a/project", ROOT_DISK + "30 22 0:40 / / rw - nfs server:/ rw\n", False),
        ("/a\tb\\c/project", ROOT_DISK + "30 22 0:40 / /a\\011b\\134c rw - nfs server:/ rw\n", False),
        ("/home/a/project", "", False),
    ],
)
def test_only_disks_of_this_machine_are_listened_to(root: str, mounts: str, is_local: bool) -> None:
    assert _is_local(root, mounts) == is_local
