from __future__ import annotations

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.spikes.patching import apply_patch

MAIN = "import app\n\n\ndef main():\n    app.run()\n"
ADD_ROUTER = """\
--- a/main.py
+++ b/main.py
@@ -40,2 +40,3 @@ def main
 import app
+import router

"""


def test_a_hunk_is_applied_where_its_context_stands() -> None:
    assert apply_patch(MAIN, ADD_ROUTER).text == "import app\nimport router\n\n\ndef main():\n    app.run()\n"


def test_applying_twice_is_applying_once() -> None:
    once = apply_patch(MAIN, ADD_ROUTER).text
    assert apply_patch(once, ADD_ROUTER).text == once


def test_blanks_at_the_end_of_context_do_not_matter() -> None:
    assert apply_patch(MAIN.replace("import app", "import app  "), ADD_ROUTER).problem is None


def test_context_that_is_not_there_is_named() -> None:
    patched = apply_patch("print()\n", ADD_ROUTER)
    assert patched.text is None
    assert patched.problem == "does not fit: hunk 1 finds no line 'import app'"


def test_lines_without_context_make_a_new_file() -> None:
    diff = "@@ -0,0 +1,2 @@\n+one\n+two\n"
    assert apply_patch(None, diff).text == "one\ntwo\n"
    assert apply_patch("zero\n", diff).text == "one\ntwo\nzero\n"


def test_a_change_needs_a_file() -> None:
    assert apply_patch(None, ADD_ROUTER).problem == "changes a file that does not exist"


def test_lines_are_taken_out_once() -> None:
    diff = "@@ -1,3 +1,2 @@\n a\n-b\n c\n"
    assert apply_patch("a\nb\nc\n", diff).text == "a\nc\n"
    assert apply_patch("a\nc\n", diff).text == "a\nc\n"


@pytest.mark.parametrize("diff", ["", "nothing", "+++ b/x\n+y\n"])
def test_a_diff_without_hunks_is_refused(diff: str) -> None:
    assert "has no hunk" in (apply_patch("x\n", diff).problem or "")


LINES = st.lists(st.sampled_from(["a", "b", "c", "", "  d"]), max_size=12)


@given(LINES, LINES)
def test_what_difflib_wrote_can_be_applied(before: list[str], after: list[str]) -> None:
    old, new = "".join(f"{line}\n" for line in before), "".join(f"{line}\n" for line in after)
    diff = "".join(difflib.unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), n=99))
    if not diff:
        return
    patched = apply_patch(old, diff)
    assert patched.problem is None
    # A hunk whose result is there already is left alone, which is right for all but texts that hold it twice.
    assert patched.text in (new, old)
