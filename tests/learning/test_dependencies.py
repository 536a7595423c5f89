"""When a name in a piece of code means a definition of its project."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fluorite_mcp.conventions.own_modules import OwnImport
from fluorite_mcp.learning.dependencies import (
    IMPORTED,
    ONLY_ONE,
    SAME_FILE,
    Found,
    Link,
    Piece,
    Placed,
    best,
    defined_in,
    is_same,
    link,
    names_to_find,
)
from fluorite_mcp.models import Chunk, Origin
from fluorite_mcp.text.references import references_of

KEYS = iter(range(1, 10_000))


def chunk(path: str, language: str = "python", *definitions: tuple[str, str]) -> Chunk:
    key = next(KEYS)
    listed = [[name, kind, 3, 0] for name, kind in definitions]
    return Chunk(
        f"code-{key}", "code", path, "", key=key, project=1, language=language, origin=Origin(path, 1, 9),
        metadata={"definitions": listed},
    )  # fmt: skip


def definition(path: str, name: str, kind: str = "function", language: str = "python") -> Found:
    return Found(chunk(path, language, (name, kind)), kind)


def piece(code: str, path: str = "app/a.py", language: str = "python", placed: tuple[Placed, ...] = ()) -> Piece:
    return Piece(chunk(path, language), references_of(code, language), placed)


def imported(name: str, place: str) -> Placed:
    return Placed(OwnImport("m", name, (1,), (place,)), place)


def test_an_imported_name_is_what_its_file_defines_however_many_others_there_are() -> None:
    here, other = definition("app/b.py", "load"), definition("app/c.py", "load")

    found = link("load", piece("load(1); load(2)", placed=(imported("load", "app/b.py"),)), [other, here], is_all=False)

    assert found == Link("load", "calls", here, IMPORTED, 2)


def test_a_package_gives_what_one_of_its_files_defines() -> None:
    one, two = definition("app/db/session.py", "Session", "class"), definition("app/db/old.py", "Session", "class")
    use = piece("s: Session = make()", placed=(imported("Session", "app/db/__init__.py"),))

    assert link("Session", use, [one], is_all=True) == Link("Session", "uses", one, IMPORTED, 1)
    assert link("Session", use, [one, two], is_all=True) is None


def test_a_name_that_is_handed_over_uncalled_counts_if_it_is_imported() -> None:
    here = definition("app/deps.py", "get_db")

    assert link("get_db", piece("Depends(get_db)"), [here], is_all=True) is None
    found = link("get_db", piece("Depends(get_db)", placed=(imported("get_db", "app/deps.py"),)), [here], is_all=True)
    assert found == Link("get_db", "uses", here, IMPORTED, 1)


def test_the_only_definition_is_meant_where_languages_need_no_import() -> None:
    here = definition("tree.go", "cleanPath", language="go")
    use = piece("p := cleanPath(path)", "gin.go", "go")

    assert link("cleanPath", use, [here], is_all=True) == Link("cleanPath", "calls", here, ONLY_ONE, 1)
    assert link("cleanPath", use, [here], is_all=False) is None
    assert link("cleanPath", use, [here, definition("x.go", "cleanPath", language="go")], is_all=True) is None


def test_a_function_of_another_python_file_is_not_meant_without_an_import() -> None:
    assert link("sub", piece("sub()"), [definition("app/b.py", "sub")], is_all=True) is None


@pytest.mark.parametrize(
    ("code", "name", "is_meant"),
    [
        ("ctx.ensure_object(1)", "ensure_object", True),
        ("ctx.close()", "close", False),  # anybody's
        ("path.read_text()", "read_text", False),  # the standard library's
        ("self.refresh()", "refresh", True),
    ],
)
def test_a_method_is_meant_by_a_telling_name_or_on_the_own_object(code: str, name: str, is_meant: bool) -> None:
    here = definition("app/b.py", name, "method")

    assert (link(name, piece(code), [here], is_all=True) is not None) == is_meant


def test_what_is_called_on_the_own_object_is_no_imported_function() -> None:
    use = piece("self.fail(1)", placed=(imported("fail", "app/b.py"),))

    assert (
        link("fail", use, [definition("app/b.py", "fail"), definition("c.py", "fail", "method")], is_all=False) is None
    )


def test_the_same_file_comes_without_an_import_and_says_so() -> None:
    here = definition("app/a.py", "helper")

    assert link("helper", piece("helper()"), [here, definition("app/b.py", "helper")], is_all=True) == Link(
        "helper", "calls", here, SAME_FILE, 1
    )


def test_overloads_are_one_and_methods_of_several_classes_are_that_of_the_own_class() -> None:
    def method(symbol: str) -> Found:
        found = definition("app/a.py", "render", "method")
        return Found(replace(found.chunk, origin=Origin("app/a.py", 1, 9, symbol)), "method")

    overloads = [definition("app/b.py", "prompt"), definition("app/b.py", "prompt")]
    use = piece("prompt(1)", placed=(imported("prompt", "app/b.py"),))
    one, two = method("Page.render"), method("Part.render")
    inside = piece("self.render()")
    inside = replace(inside, chunk=replace(inside.chunk, origin=Origin("app/a.py", 1, 9, "Part.show")))

    assert link("prompt", use, overloads, is_all=False) == Link("prompt", "calls", overloads[0], IMPORTED, 1)
    assert is_same(*overloads)
    assert link("render", inside, [one, two], is_all=True) == Link("render", "calls", two, SAME_FILE, 1)
    assert link("render", piece("self.render()"), [one, two], is_all=True) is None
    assert not is_same(one, two)


def test_code_does_not_mean_what_tests_define_and_tests_may() -> None:
    here = definition("tests/util_test.go", "fakeHandler", language="go")

    assert link("fakeHandler", piece("fakeHandler()", "gin.go", "go"), [here], is_all=True) is None
    assert link("fakeHandler", piece("fakeHandler()", "gin_test.go", "go"), [here], is_all=True) is not None


def test_another_language_is_not_meant() -> None:
    assert (
        link("draw", piece("draw()", "a.go", "go"), [definition("a.rs", "draw", language="rust")], is_all=True) is None
    )


def test_a_name_from_another_package_is_not_meant() -> None:
    use = piece("assertEqual(a, b)", "a_test.go", "go")
    outside = Piece(use.chunk, use.references, (), frozenset({"assertEqual"}))

    assert link("assertEqual", outside, [definition("b.go", "assertEqual", language="go")], is_all=True) is None


def test_names_are_looked_for_once_the_imported_first_and_never_the_own() -> None:
    use = piece("own(1); other(2); third(other, db)", placed=(imported("third", "x.py"), imported("unused", "y.py")))

    assert names_to_find(use, {"own"}) == ["third", "other"]


def test_the_surest_come_first_then_what_is_named_most() -> None:
    found = [
        Link("a", "calls", definition("z.py", "a"), ONLY_ONE, 9),
        Link("b", "calls", definition("b.py", "b"), IMPORTED, 1),
        Link("c", "calls", definition("a.py", "c"), IMPORTED, 1),
        Link("d", "calls", definition("d.py", "d"), IMPORTED, 2),
    ]

    assert [one.name for one in best(found)] == ["d", "c", "b", "a"]


@pytest.mark.parametrize("listed", [None, "text", [["load"]], [[1, 2, 3, 4]], [{"name": "load"}]])
def test_metadata_of_any_shape_define_nothing(listed: object) -> None:
    stored = Chunk("x", "code", "x", "", metadata={"definitions": listed})

    assert defined_in(stored, "load") is None
