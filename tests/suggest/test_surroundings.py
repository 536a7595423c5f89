"""What nearby code imports and calls is counted, not guessed."""

from __future__ import annotations

import pytest

from fluorite_mcp.suggest.surroundings import NearFile, called_names, calls_of, imports_of, untold, uses_text
from fluorite_mcp.text.tokens import count_tokens

HEAD = "from fastapi import APIRouter\nfrom shop.errors import NotFound\n"


def near(path: str, *pieces: str, head: str = HEAD, score: float = 0.5) -> NearFile:
    return NearFile(path, "python", head, pieces, score)


def test_imports_are_counted_by_file_those_of_most_files_first() -> None:
    files = [near("a.py"), near("b.py"), near("c.py", head="import json\n", score=0.4)]

    assert [(used.text, used.count) for used in imports_of(files)] == [
        ("from fastapi import APIRouter", 2),
        ("from shop.errors import NotFound", 2),
        ("import json", 1),
    ]


@pytest.mark.parametrize(
    ("head", "lines"),
    [
        ('package a\n\nimport (\n\t"net/http"\n\n\t"example.com/log"\n)\n',
         ['import "example.com/log"', 'import "net/http"']),
        ("from a import (\n    one,\n    two,\n)\n", ["from a import ( one, two, )"]),
        ('import {\n  one,\n  two,\n} from "./a";\n', ['import { one, two, } from "./a";']),
    ],
)  # fmt: skip
def test_imports_over_several_lines_are_told_whole(head: str, lines: list[str]) -> None:
    assert [used.text for used in imports_of([near("a", head=head)])] == lines


def test_calls_are_told_if_two_files_make_them_or_the_project_defines_them() -> None:
    files = [near("a.py", "x = load_order(key)\nstore.flush()"), near("b.py", "store.flush()\nonce_only()")]

    assert [used.text for used in calls_of(files, {"load_order"})] == ["flush", "load_order"]


def test_what_is_shown_anyway_is_not_told_again() -> None:
    files = [near("a.py", "store.flush()"), near("b.py", "store.flush()")]

    assert untold(calls_of(files, ()), "def done(): store.flush()") == []
    assert [used.text for used in untold(calls_of(files, ()), "def done(): pass")] == ["flush"]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("load_order(key)", {"load_order"}),
        ("2nd_try(key)", {"nd_try"}),
        ("änderung(key)", {"nderung"}),
        ("Box::<Order>(key)", {"Box"}),
        ("value == (1)", set()),
        ("ab(key)", set()),
        ("table {=", set()),
    ],
)
def test_a_call_is_a_word_before_a_bracket(code: str, names: set[str]) -> None:
    assert called_names(code, "rust") == names


def test_comments_and_texts_call_nothing() -> None:
    files = [near(name, '# retry_all()\nlog("call drop_all() by hand")') for name in ("a.py", "b.py")]

    assert [used.text for used in calls_of(files, ())] == ["log"]


def test_the_text_keeps_its_tokens_and_says_of_how_many_files_it_speaks() -> None:
    files = [near(f"{n}.py", "flush()") for n in range(4)]
    imports, calls = imports_of(files), calls_of(files, ())

    text = uses_text(imports, calls, 4, "python", 200)
    assert "The 4 nearest files import:" in text
    assert "from fastapi import APIRouter (4)" in text
    assert "`flush` (4)" in text
    for tokens in (20, 40, 60, 100):
        assert count_tokens(uses_text(imports, calls, 4, "python", tokens)) <= tokens
