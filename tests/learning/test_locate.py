"""Which project a path means, and which paths mean none."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluorite_mcp.errors import FluoriteError, InputError, OutsideRootError, ProjectError
from fluorite_mcp.learning.locate import Location, Place, is_personal, locate


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "work" / "shop"
    for folder in (".git", "src/api", "libs/inner/.git", "libs/inner/src"):
        (root / folder).mkdir(parents=True)
    (root / "src" / "a.py").write_text("x")
    (tmp_path / "other").mkdir()
    return root


@pytest.mark.parametrize(
    ("folder", "path", "expected"),
    [
        ("", None, ("", "")),
        ("src/api", None, ("", "")),
        ("src/api", "  ", ("", "")),
        ("", ".", ("", "")),
        ("", "src", ("", "src")),
        ("src/api", "src", ("", "src")),
        ("", "src/a.py", ("", "src/a.py")),
        ("", "src/../src/api/", ("", "src/api")),
        ("", "libs/inner", ("libs/inner", "")),
        ("", "libs/inner/src", ("libs/inner", "src")),
        ("libs/inner/src", None, ("libs/inner", "")),
    ],
)
def test_a_path_is_a_part_of_the_nearest_repository(
    root: Path, folder: str, path: str | None, expected: tuple[str, str]
) -> None:
    found = locate(Place(root / folder), path)

    assert found == Location(root / expected[0], expected[1])


def test_an_absolute_path_may_be_another_project(root: Path, tmp_path: Path) -> None:
    assert locate(Place(root), str(tmp_path / "other")) == Location(tmp_path / "other")
    assert locate(Place(tmp_path / "other"), str(root / "src")) == Location(root, "src")


def test_a_folder_without_a_repository_is_a_project_of_its_own(tmp_path: Path) -> None:
    assert locate(Place(tmp_path), None) == Location(tmp_path)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("../../other", OutsideRootError),
        ("../../../../../../../../etc/passwd", OutsideRootError),
        ("/etc/passwd", ProjectError),
        ("/etc", ProjectError),
        ("/proc/self", ProjectError),
        ("missing", InputError),
        ("src/a.py/deeper", InputError),
        ("a\0b", InputError),
        ("\ud800", InputError),
        ("~nobody-has-this-name/x", InputError),
        ("x" * 5000, InputError),
    ],
)
def test_a_path_that_means_no_project_is_refused(root: Path, path: str, error: type[FluoriteError]) -> None:
    with pytest.raises(error, match="path"):
        locate(Place(root), path)


@pytest.mark.parametrize("name", [".ssh", ".gnupg", ".aws"])
def test_folders_of_keys_are_refused_wherever_they_lie(tmp_path: Path, root: Path, name: str) -> None:
    (tmp_path / name / "inner").mkdir(parents=True)

    with pytest.raises(ProjectError, match="keys"):
        locate(Place(root), str(tmp_path / name / "inner"))


def test_a_link_that_leads_out_of_the_project_is_refused(root: Path, tmp_path: Path) -> None:
    (root / "out").symlink_to(tmp_path / "other")

    with pytest.raises(OutsideRootError, match="leaves the allowed root"):
        locate(Place(root), "out")


def test_a_link_loop_does_not_exist(root: Path) -> None:
    (root / "loop").symlink_to(root / "loop")

    with pytest.raises(InputError):
        locate(Place(root), "loop")


def test_the_clients_roots_are_the_limit(root: Path, tmp_path: Path) -> None:
    place = Place(tmp_path, (root / "src",))

    # The whole repository of a root may be read, and the first root is where paths start.
    assert locate(place, None) == Location(root)
    assert locate(place, str(root / "libs")) == Location(root, "libs")
    with pytest.raises(OutsideRootError, match=str(root)):
        locate(place, str(tmp_path / "other"))


def test_a_second_root_is_allowed_too(root: Path, tmp_path: Path) -> None:
    assert locate(Place(tmp_path, (root, tmp_path / "other")), str(tmp_path / "other")) == Location(tmp_path / "other")


def test_a_session_whose_folder_is_gone_is_told_so(root: Path) -> None:
    place = Place(root / "gone")

    with pytest.raises(ProjectError, match=r"gone does not exist\. Pass path"):
        locate(Place(root.parent / "gone"), None)
    assert locate(place, str(root / "src")) == Location(root, "src")


def test_a_name_that_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    try:
        folder = tmp_path / "bad\udcff"
        folder.mkdir()
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")

    with pytest.raises(ProjectError, match="UTF-8"):
        locate(Place(folder), None)


def test_a_home_folder_is_personal_and_its_projects_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "users" / "me"))
    (tmp_path / "users" / "me" / "code").mkdir(parents=True)
    home = Path.home()

    assert all(map(is_personal, (home, home.parent, Path("/"), Path("/home/somebody"))))
    assert not is_personal(home / "code")
    assert locate(Place(home), None).is_personal
    assert not locate(Place(home), "code").is_personal


def test_a_home_folder_under_version_control_is_no_project_of_everything_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".git").mkdir()
    (tmp_path / "code").mkdir()

    assert locate(Place(tmp_path / "code"), None) == Location(tmp_path / "code")
    assert locate(Place(tmp_path), "code") == Location(tmp_path / "code")


def test_a_home_folder_is_one_however_it_is_spelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "people" / "ann"
    for spelled in (str(home), f"{home}/", f"{home.parent}//ann", f"{home}/./"):
        monkeypatch.setenv("HOME", spelled)
        assert [is_personal(one) for one in (home, home.parent, home / "project", tmp_path / "peop")] == [
            True, True, False, False,
        ]  # fmt: skip
