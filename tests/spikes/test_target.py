"""Writing into a project: never outside, all files or none."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fluorite_mcp.errors import FluoriteError, InputError, OutsideRootError, StoreFullError
from fluorite_mcp.spikes.target import MAX_FILE_BYTES, TargetFolder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "src/old.txt").write_text("old\n")
    return folder


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def folders(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_dir()}


def test_files_are_created_changed_and_removed(root: Path) -> None:
    (root / "gone.txt").write_text("x")
    TargetFolder(root).write(
        {"src/old.txt": "new\n", "deep/er/a.txt": "a", "gone.txt": None}, {"src/old.txt": "old\n", "gone.txt": "x"}
    )
    assert tree(root) == {"src/old.txt": b"new\n", "deep/er/a.txt": b"a"}


def test_folders_that_a_removed_file_leaves_empty_go_with_it(root: Path) -> None:
    target = TargetFolder(root)
    target.write({"deep/er/a.txt": "a", "src/b.txt": "b"}, {})
    target.write({"deep/er/a.txt": None, "src/b.txt": None}, {"deep/er/a.txt": "a", "src/b.txt": "b"})
    assert folders(root) == {"src"}


def test_a_changed_file_keeps_its_mode(root: Path) -> None:
    (root / "src/old.txt").chmod(0o750)
    TargetFolder(root).write({"src/old.txt": "new"}, {"src/old.txt": "old\n"})
    assert stat.S_IMODE((root / "src/old.txt").stat().st_mode) == 0o750


def test_paths_start_from_a_part_of_the_root(root: Path) -> None:
    target = TargetFolder(root, "apps/web")
    target.write({"a.txt": "a"}, {})
    assert target.read("a.txt") == "a"
    assert (root / "apps/web/a.txt").read_text() == "a"


@pytest.mark.parametrize("path", ["../out.txt", "/etc/out", "a/../../out", ".git/hooks/x", "C:/x", "a\\b", "", "a//b"])
def test_paths_that_lead_out_are_refused(root: Path, path: str) -> None:
    target = TargetFolder(root)
    with pytest.raises(OutsideRootError):
        target.read(path)
    with pytest.raises(OutsideRootError):
        target.write({"fine.txt": "x", path: "x"}, {})
    assert tree(root.parent) == {"project/src/old.txt": b"old\n"}


def test_links_that_lead_out_are_refused(root: Path) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "file.txt").write_text("theirs")
    (root / "link").symlink_to(outside, target_is_directory=True)
    (root / "file.txt").symlink_to(outside / "file.txt")
    for path in ("link/new.txt", "link/file.txt", "link/deep/new.txt", "file.txt"):
        with pytest.raises(OutsideRootError, match="link"):
            TargetFolder(root).write({"first.txt": "x", path: "x"}, {})
    assert tree(outside) == {"file.txt": b"theirs"}
    assert not (root / "first.txt").exists()


def test_links_inside_the_root_are_followed_to_folders_only(root: Path) -> None:
    (root / "alias").symlink_to(root / "src", target_is_directory=True)
    (root / "dangling.txt").symlink_to(root / "nothing")
    TargetFolder(root).write({"alias/new.txt": "x"}, {})
    assert (root / "src/new.txt").read_text() == "x"
    with pytest.raises(OutsideRootError, match="is a link"):
        TargetFolder(root).write({"dangling.txt": "x"}, {})


def test_a_circle_of_links_is_refused(root: Path) -> None:
    (root / "a").symlink_to(root / "b")
    (root / "b").symlink_to(root / "a")
    with pytest.raises(FluoriteError):
        TargetFolder(root).write({"a/x.txt": "x"}, {})


def test_when_the_last_write_fails_nothing_remains(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, there = tree(root), folders(root)
    real = Path.replace
    seen: list[str] = []

    def fail_last(self: Path, target: Path) -> Path:
        seen.append(target.name)
        if target.name == "last.txt":
            raise OSError(errno.EIO, "Input/output error", str(target))
        return real(self, target)

    monkeypatch.setattr(Path, "replace", fail_last)
    with pytest.raises(InputError, match="Everything was put back"):
        TargetFolder(root).write(
            {"src/old.txt": "new", "new/a.txt": "a", "new/last.txt": "b"}, {"src/old.txt": "old\n"}
        )
    assert seen[:3] == ["old.txt", "a.txt", "last.txt"]
    assert (tree(root), folders(root)) == (before, there)


def test_a_full_disk_leaves_everything_as_it_was(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, there = tree(root), folders(root)
    count = 0
    real = os.fsync

    def full(number: int) -> None:
        nonlocal count
        count += 1
        if count == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(number)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreFullError, match="Nothing was written"):
        TargetFolder(root).write({"x/a.txt": "a", "src/old.txt": "new"}, {"src/old.txt": "old\n"})
    assert (tree(root), folders(root)) == (before, there)


def test_a_real_failure_in_the_middle_is_rolled_back(root: Path) -> None:
    """A folder where the last file should go: staging succeeds for the others first."""
    before = tree(root)
    (root / "zz").mkdir()
    with pytest.raises(InputError, match="is no file"):
        TargetFolder(root).write({"a.txt": "a", "src/old.txt": "new", "zz": "x"}, {"src/old.txt": "old\n"})
    assert tree(root) == before


def test_a_file_that_changed_since_the_plan_stops_everything(root: Path) -> None:
    with pytest.raises(InputError, match=r"old\.txt changed meanwhile"):
        TargetFolder(root).write({"a.txt": "a", "src/old.txt": "new"}, {"src/old.txt": "other\n"})
    assert tree(root) == {"src/old.txt": b"old\n"}


def test_a_name_that_is_too_long_is_told(root: Path) -> None:
    with pytest.raises(InputError, match="cannot be reached: File name too long"):
        TargetFolder(root).write({"a" * 300: "a"}, {})


def test_a_file_in_place_of_a_folder_is_told(root: Path) -> None:
    with pytest.raises(InputError, match=r"needs a folder where old\.txt is a file"):
        TargetFolder(root).write({"src/old.txt/a.txt": "a"}, {})


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"\xff\xfe", "no UTF-8"), (b"a\0b", "binary"), (b"x" * (MAX_FILE_BYTES + 1), "more than")],
)
def test_what_is_no_text_is_not_touched(root: Path, data: bytes, message: str) -> None:
    (root / "data.bin").write_bytes(data)
    with pytest.raises(InputError, match=message):
        TargetFolder(root).read("data.bin")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.sampled_from(["..", ".", "a", "src", "link", "old.txt", "/", "~", "C:", "\\", ".git", ""]), max_size=5)
)
def test_whatever_the_path_nothing_outside_is_touched(root: Path, parts: list[str]) -> None:
    outside = root.parent / "outside"
    outside.mkdir(exist_ok=True)
    if not (root / "link").is_symlink():
        (root / "link").symlink_to(outside, target_is_directory=True)
    with contextlib.suppress(FluoriteError):
        TargetFolder(root).write({"/".join(parts): "x"}, {})
    assert tree(outside) == {}
    assert {path.name for path in root.parent.iterdir()} <= {"project", "outside"}
    assert not (root / ".git").exists()
