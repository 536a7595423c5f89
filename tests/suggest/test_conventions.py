"""Conventions are counted, never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.models import Chunk, Origin
from fluorite_mcp.suggest.conventions import MIN_COUNT, MIN_SHARE, find_conventions


def chunk(path: str, language: str = "python", frameworks: tuple[str, ...] = ()) -> Chunk:
    return Chunk(path, "code", "t", "", language=language, frameworks=frameworks, origin=Origin(path, 1, 2))


def statements(*chunks: Chunk) -> dict[str, tuple[int, int]]:
    return {one.statement: (one.count, one.total) for one in find_conventions(chunks)}


def test_what_holds_for_most_is_said_with_how_often() -> None:
    found = statements(
        *(chunk(f"pkg/some_module_{n}.py") for n in range(4)),
        chunk("web/App.tsx", "tsx"),
        *(chunk(f"tests/test_{n}.py", frameworks=("pytest",)) for n in range(3)),
    )

    assert found == {
        "code is written in python": (4, 5),
        "tests lie in tests/": (3, 3),
        "test files are named test_*.py": (3, 3),
        "source files are named in snake_case": (4, 5),
        "tests use pytest": (3, 3),
    }


def test_less_than_three_is_a_coincidence() -> None:
    assert statements(chunk("a_b.py"), chunk("c_d.py")) == {}
    assert statements() == {}


@pytest.mark.parametrize(
    ("names", "case"),
    [
        (("some-file.ts", "other-file.ts", "third-file.ts"), "kebab-case"),
        (("SomeFile.ts", "OtherFile.ts", "Third.ts"), "PascalCase"),
        (("someFile.ts", "otherFile.ts", "thirdFile.ts"), "camelCase"),
    ],
)
def test_the_case_of_file_names_is_known(names: tuple[str, ...], case: str) -> None:
    assert f"source files are named in {case}" in statements(*(chunk(f"src/{name}", "typescript") for name in names))


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (("pkg/a_test.go", "pkg/b_test.go", "lib/c_test.go"), "test files are named *_test.go"),
        (("web/a.spec.ts", "web/b.spec.ts", "web/c.spec.ts"), "test files are named *.spec.ts"),
    ],
)
def test_the_form_of_test_names_is_known(paths: tuple[str, ...], expected: str) -> None:
    assert expected in statements(*map(chunk, paths))


def test_a_file_counts_once_however_many_chunks_it_has() -> None:
    chunks = [chunk("a_b.py", frameworks=("fastapi",)) for _ in range(9)]

    assert statements(*chunks) == {}


PATHS = st.sampled_from(["a_b.py", "pkg/c_d.py", "E.ts", "tests/test_a.py", "x/y_test.go", "web/z.spec.ts", "README"])


@given(
    st.lists(
        st.builds(chunk, PATHS, st.sampled_from(["python", "go"]), st.sampled_from([(), ("fastapi",)])), max_size=30
    )
)
def test_counts_are_counts(chunks: list[Chunk]) -> None:
    for one in find_conventions(chunks):
        assert MIN_COUNT <= one.count <= one.total
        assert one.count / one.total >= MIN_SHARE or "use" in one.statement
        assert set(one.examples) <= {each.origin.path for each in chunks}
