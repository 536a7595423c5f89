"""Languages and frameworks that queries hint at."""

from __future__ import annotations

import pytest

from fluorite_mcp.search.hints import frameworks_of, is_of_language, language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("retry in rust", "rust"),
        ("TypeScript の型", "typescript"),
        ("worker in Go", "go"),
        ("Go で書いたワーカー", "go"),
        ("C言語の文字列", "c"),
        ("string functions in C", "c"),
        ("go to the next page", None),
        ("drop in go routine names", None),
        ("output in json", None),
        ("できる", None),
    ],
)
def test_a_language(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_languages_of_a_family_answer_for_each_other() -> None:
    assert is_of_language("typescript", "tsx")
    assert is_of_language("c", "cpp")
    assert is_of_language("rust", "rust")
    assert not is_of_language("rust", "go")
    assert not is_of_language("javascript", "java")


@pytest.mark.parametrize(
    ("text", "frameworks"),
    [
        ("fastapi dependency", {"fastapi"}),
        ("Next.js の認証", {"nextjs"}),
        ("a Django model with pytest", {"django", "pytest"}),
        ("click handler", set()),
        ("command line using click", {"click"}),
        ("express で API", {"express"}),
        ("my_django_app", set()),
        ("react to a change", set()),
    ],
)
def test_frameworks(text: str, frameworks: set[str]) -> None:
    assert frameworks_of(text) == frameworks
