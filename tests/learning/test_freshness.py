"""Every change of a project is noticed by looking at it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fluorite_mcp.learning import freshness
from fluorite_mcp.learning.folder_events import FolderEvents
from fluorite_mcp.learning.freshness import FreshnessWatch, file_freshness
from fluorite_mcp.learning.scan import scan_project


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "a.py").write_text("one")
    (tmp_path / "b.py").write_text("two")
    age(tmp_path)
    return tmp_path


def age(root: Path) -> None:
    then = time.time() - 3600
    for path in (root, *root.rglob("*")):
        os.utime(path, (then, then))


@pytest.fixture
def watch(root: Path) -> Iterator[FreshnessWatch]:
    watch = FreshnessWatch()
    watch.remember(str(root), scan_project(root))
    yield watch
    watch.close()


def rewrite_with_the_same_size(root: Path) -> None:
    (root / "b.py").write_text("TWO")


def grow_at_the_same_time(root: Path) -> None:
    times = (root / "b.py").stat()
    (root / "b.py").write_text("two more")
    os.utime(root / "b.py", ns=(times.st_atime_ns, times.st_mtime_ns))


CHANGES: dict[str, Callable[[Path], object]] = {
    "edited": rewrite_with_the_same_size,
    "grown": grow_at_the_same_time,
    "new file": lambda root: (root / "c.py").write_text("new"),
    "new file below": lambda root: (root / "pkg" / "c.py").write_text("new"),
    "new folder": lambda root: (root / "new").mkdir(),
    "deleted file": lambda root: (root / "b.py").unlink(),
    "renamed file": lambda root: (root / "b.py").rename(root / "c.py"),
    "replaced file": lambda root: (root / "pkg" / "a.py").replace(root / "b.py"),
    "root gone": lambda root: root.rename(root.with_name("elsewhere")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_noticed(root: Path, watch: FreshnessWatch, change: Callable[[Path], object]) -> None:
    # The first look finds nothing; after it the kernel tells of changes, where it does.
    assert not watch.has_changed(str(root))
    assert not watch.has_changed(str(root))

    change(root)

    assert watch.has_changed(str(root))
    # Nobody learned it yet.
    assert watch.has_changed(str(root))


def test_a_project_never_seen_counts_as_changed(root: Path) -> None:
    assert FreshnessWatch().has_changed(str(root))


def test_a_forgotten_project_counts_as_changed(root: Path, watch: FreshnessWatch) -> None:
    watch.forget(str(root))

    assert watch.has_changed(str(root))


def test_a_file_edited_again_within_one_tick_of_the_clock_is_noticed(root: Path, watch: FreshnessWatch) -> None:
    path = root / "b.py"
    path.write_text("TWO")
    times = path.stat()
    watch.remember(str(root), scan_project(root))

    path.write_text("2wo")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    assert watch.has_changed(str(root))


def test_a_dear_look_is_left_out_for_a_moment(
    root: Path, watch: FreshnessWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FolderEvents, "of", lambda _root: None)
    # As if the look took long: every look is now dearer than what is cheap.
    monkeypatch.setattr(freshness, "_CHEAP_SECONDS", -1.0)
    monkeypatch.setattr(freshness, "_SHARE_OF_TIME", 1e-9)
    assert not watch.is_cheap(str(root))
    assert not watch.has_changed(str(root))
    rewrite_with_the_same_size(root)

    assert not watch.has_changed(str(root))
    assert watch.is_cheap(str(root))
    monkeypatch.setattr(freshness, "_LONGEST_SECONDS", 0.0)
    assert not watch.is_cheap(str(root))
    monkeypatch.setattr(freshness, "_LONGEST_SECONDS", 5.0)
    monkeypatch.setattr(freshness, "_SHARE_OF_TIME", 1e9)
    assert not watch.is_cheap(str(root))
    assert watch.has_changed(str(root))


def test_a_file_is_fresh_drifted_or_gone(root: Path) -> None:
    status = (root / "b.py").stat()
    known = (status.st_size, status.st_mtime_ns)

    assert file_freshness(root, "b.py", known) == "fresh"
    assert file_freshness(root, "b.py", None) == "drifted"
    assert file_freshness(root, "b.py", (known[0] + 1, known[1])) == "drifted"
    assert file_freshness(root, "b.py", (known[0], known[1] + 1)) == "drifted"
    assert file_freshness(root, "gone.py", known) == "gone"
    assert file_freshness(None, "b.py", None) == "fresh"
    assert file_freshness(root, None, None) == "fresh"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of every change in time")
def test_a_file_is_not_looked_at_again_where_the_kernel_told_that_it_is_the_same(
    root: Path, watch: FreshnessWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = tuple(scan_project(root).files["b.py"])
    assert not watch.has_changed(str(root))
    with monkeypatch.context() as patched:
        patched.setattr(freshness, "file_freshness", lambda *_: "gone")
        assert watch.freshness(root, "b.py", (known[0], known[1])) == "fresh"
        # What the store knows is not what was seen: then the file itself decides.
        assert watch.freshness(root, "b.py", (known[0] + 1, known[1])) == "gone"

    rewrite_with_the_same_size(root)
    assert watch.has_changed(str(root))
    assert watch.freshness(root, "b.py", (known[0], known[1])) == "drifted"
