"""What a file's path says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.search.paths import is_test_path, path_profile


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/a.py", True),
        ("pkg/test_a.py", True),
        ("pkg/a_test.go", True),
        ("web/a.spec.ts", True),
        ("src/ATest.java", True),
        ("conftest.py", True),
        ("pkg/contest.py", False),
        ("pkg/latest.py", False),
        ("src/attestation/key.py", False),
    ],
)
def test_test_code_is_known_by_its_path(path: str, expected: bool) -> None:
    assert is_test_path(path) is expected
    assert path_profile(path).is_test is expected


@pytest.mark.parametrize(
    ("path", "joined"),
    [
        ("src/JToken.Async.cs", "jtokenasync"),
        ("src/JToken.cs", "jtoken"),
        ("types/router.d.ts", "router"),
        ("web/state_flow.test.ts", "stateflow"),
        ("web/vite.config.js", "vite"),
        ("Makefile", "makefile"),
        (".gitignore", "gitignore"),
    ],
)
def test_a_name_is_read_without_its_suffix(path: str, joined: str) -> None:
    assert path_profile(path).joined == joined


@pytest.mark.parametrize("name", ["index.ts", "__init__.py", "mod.rs", "lib.rs", "main.go"])
def test_a_file_that_stands_for_its_folder_is_called_like_it(name: str) -> None:
    profile = path_profile(f"src/invoices/{name}")

    assert profile.is_index
    assert (profile.joined, profile.subject) == ("invoices", path_profile("src/invoices.py").subject)


def test_an_index_at_the_top_stands_for_no_folder() -> None:
    assert (path_profile("index.ts").joined, path_profile("index.ts").subject) == ("", "")


def test_folders_and_name_are_told_apart() -> None:
    profile = path_profile("billing/old_mail/send_reminder.py")

    assert {"send", "remind"} <= {word[:6] for word in profile.stem}
    assert "mail" in profile.folders
    assert "mail" not in profile.stem
    assert profile.spoken == "old_mail send_reminder"


@pytest.mark.parametrize(("path", "depth"), [("a.py", 0), ("x/a.py", 1), ("x/y/z/a.py", 3)])
def test_depth_counts_folders(path: str, depth: int) -> None:
    assert path_profile(path).depth == depth


@pytest.mark.parametrize(
    ("path", "example", "legacy"),
    [
        ("examples/a.py", True, False),
        ("pkg/demo/a.py", True, False),
        ("benchmarks/a.py", True, False),
        ("vendor/x/a.go", False, True),
        ("pkg/v1/a.py", False, True),
        ("pkg/_compat.py", False, True),
        ("pkg/compat.py", False, True),
        ("pkg/a_legacy.py", False, True),
        ("pkg/v2/a.py", False, False),
        ("pkg/vendors.py", False, False),
        ("pkg/golden.py", False, False),
    ],
)
def test_examples_and_legacy_code_are_known_by_their_path(path: str, example: bool, legacy: bool) -> None:
    profile = path_profile(path)

    assert (profile.is_example, profile.is_legacy) == (example, legacy)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_path_says_something(path: str) -> None:
    profile = path_profile(path)

    assert profile.depth == path.count("/")
    assert profile.joined == profile.joined.lower()
