from __future__ import annotations

import shutil
from collections.abc import Mapping

import pytest

from fluorite_mcp.models import SpikePatch
from fluorite_mcp.spikes.merging import merge
from fluorite_mcp.spikes.plan import Change, Strategy, plan_changes
from fluorite_mcp.spikes.render import RenderedFile

BASE = "one\ntwo\nthree\nfour\nfive\n"
PATCH = SpikePatch("main.py", "@@ -1 +1,2 @@\n import app\n+import router\n")


def plan(
    wanted: str | None = None,
    *,
    strategy: Strategy = "abort",
    project: Mapping[str, str] | None = None,
    bases: Mapping[str, str] | None = None,
    patches: tuple[SpikePatch, ...] = (),
) -> dict[str, Change]:
    files = [] if wanted is None else [RenderedFile("a.txt", wanted)]
    changes = plan_changes(files, patches, (project or {}).get, bases or {}, strategy)
    return {change.path: change for change in changes}


@pytest.mark.parametrize("strategy", ["abort", "merge", "overwrite"])
def test_a_file_that_is_not_there_is_created(strategy: Strategy) -> None:
    change = plan(BASE, strategy=strategy)["a.txt"]
    assert (change.action, change.before, change.after) == ("create", None, BASE)
    assert change.diff.startswith("--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1,5 @@\n+one\n")


@pytest.mark.parametrize("strategy", ["abort", "merge", "overwrite"])
def test_a_file_that_is_there_as_wanted_stays(strategy: Strategy) -> None:
    change = plan(BASE, strategy=strategy, project={"a.txt": BASE})["a.txt"]
    assert (change.action, change.diff) == ("unchanged", "")


def test_abort_leaves_a_different_file_alone_and_shows_the_difference() -> None:
    change = plan(BASE, project={"a.txt": "one\n"})["a.txt"]
    assert (change.action, change.after) == ("conflict", None)
    assert "+two\n" in change.diff
    assert "choose the strategy merge or overwrite" in change.reason


def test_overwrite_replaces_it() -> None:
    change = plan(BASE, strategy="overwrite", project={"a.txt": "mine\n"})["a.txt"]
    assert (change.action, change.after) == ("update", BASE)


def test_merge_joins_what_the_project_and_the_template_changed() -> None:
    mine, wanted = BASE.replace("one", "ONE"), BASE.replace("five", "FIVE")
    change = plan(wanted, strategy="merge", project={"a.txt": mine}, bases={"a.txt": BASE})["a.txt"]
    assert (change.action, change.after) == ("update", "ONE\ntwo\nthree\nfour\nFIVE\n")
    assert change.base == wanted


def test_merge_tells_where_both_changed_the_same_line() -> None:
    mine, wanted = BASE.replace("one", "mine"), BASE.replace("one", "theirs")
    change = plan(wanted, strategy="merge", project={"a.txt": mine}, bases={"a.txt": BASE})["a.txt"]
    assert (change.action, change.after) == ("conflict", None)
    assert change.reason == "was changed here too, in 1 place that the template changes"
    assert change.marked is not None
    assert "<<<<<<< project\nmine\n=======\ntheirs\n>>>>>>> template\n" in change.marked


def test_merge_without_a_known_base_is_a_conflict() -> None:
    change = plan(BASE, strategy="merge", project={"a.txt": "mine\n"})["a.txt"]
    assert change.action == "conflict"
    assert "the template was not applied here before" in change.reason


def test_an_untouched_file_takes_the_new_template_by_merge() -> None:
    change = plan("new\n", strategy="merge", project={"a.txt": BASE}, bases={"a.txt": BASE})["a.txt"]
    assert (change.action, change.after) == ("update", "new\n")


def test_a_file_with_windows_ends_keeps_them() -> None:
    change = plan("one\ntwo\n", strategy="overwrite", project={"a.txt": "one\r\n"})["a.txt"]
    assert change.after == "one\r\ntwo\r\n"
    patched = plan(patches=(PATCH,), project={"main.py": "import app\r\nx\r\n"})["main.py"]
    assert patched.after == "import app\r\nimport router\r\nx\r\n"


def test_a_patch_changes_a_file_of_the_project() -> None:
    change = plan(patches=(PATCH,), project={"main.py": "import app\n"})["main.py"]
    assert (change.action, change.after) == ("update", "import app\nimport router\n")
    assert "+import router\n" in change.diff


def test_a_patch_that_does_not_fit_is_a_conflict() -> None:
    assert plan(patches=(PATCH,), project={"main.py": "x\n"})["main.py"].reason == (
        "the patch does not fit: hunk 1 finds no line 'import app'"
    )
    assert plan(patches=(PATCH,))["main.py"].reason == "the patch changes a file that does not exist"


def test_a_patch_of_a_planned_file_changes_the_plan() -> None:
    patch = SpikePatch("a.txt", "@@ -1 +1,2 @@\n one\n+one and a half\n")
    change = plan(BASE, patches=(patch,))["a.txt"]
    assert (change.action, change.before) == ("create", None)
    assert change.after is not None
    assert change.after.startswith("one\none and a half\ntwo\n")


def test_the_last_line_without_an_end_is_marked_in_the_diff() -> None:
    assert "\\ No newline at end of file\n" in plan("x")["a.txt"].diff


def test_without_git_both_changed_is_a_clear_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    merged = merge(BASE, BASE + "mine\n", "theirs\n" + BASE)
    assert merged.text is None
    assert "git, which merges lines, is not installed" in (merged.problem or "")
    assert merge(BASE, BASE, "new\n").text == "new\n"
