from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

import pytest
import semble_grammars

from fluorite_mcp.text import languages
from fluorite_mcp.text.languages import LANGUAGES, detect_language, grammar_for, parser_for


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("src/app.py", "python"),
        ("APP.PY", "python"),
        ("a/b.jsx", "javascript"),
        ("a/b.tsx", "tsx"),
        ("a/b.mts", "typescript"),
        ("main.go", "go"),
        ("x.rs", "rust"),
        ("A.java", "java"),
        ("a.cc", "cpp"),
        ("A.cs", "csharp"),
        ("Gemfile", "ruby"),
        ("Rakefile", "ruby"),
        ("Dockerfile", "dockerfile"),
        ("Dockerfile.prod", "dockerfile"),
        ("api.dockerfile", "dockerfile"),
        ("Makefile", "make"),
        ("Makefile.am", "make"),
        ("sub\\dir\\CMakeLists.txt", "cmake"),
        (".bashrc", "bash"),
        ("Jenkinsfile", "groovy"),
        ("pom.xml", "xml"),
        ("README.md", "markdown"),
        ("x.yml", "yaml"),
        ("tsconfig.jsonc", "jsonc"),
        (".gitignore", None),
        ("LICENSE", None),
        ("photo.png", None),
        (".py", None),
        ("", None),
    ],
)
def test_the_name_of_a_file_tells_its_language(path: str, language: str | None) -> None:
    assert detect_language(path) == language


@pytest.mark.parametrize(
    ("head", "language"),
    [
        ("#!/usr/bin/env python3\n", "python"),
        ("#!/usr/bin/python3.11 -u\n", "python"),
        ("#!/usr/bin/env -S deno run --allow-net\n", "typescript"),
        ("#! /bin/sh\n", "bash"),
        ("#!/usr/bin/env VAR=1 node\n", "javascript"),
        ("#!/usr/bin/env\n", None),
        ("#!/opt/strange\n", None),
        ("just text", None),
    ],
)
def test_a_script_without_extension_is_told_by_its_first_line(head: str, language: str | None) -> None:
    assert detect_language("bin/run", head) == language


@pytest.mark.parametrize(
    ("head", "language"),
    [
        ("#ifndef A_H\nint f(void);\n", "c"),
        ("", "c"),
        ("namespace a {\n", "cpp"),
        ("  template <typename T>\n", "cpp"),
        ("std::vector<int> f();\n", "cpp"),
        ("#import <Foundation/Foundation.h>\n@interface A\n", "objc"),
    ],
)
def test_a_header_is_c_unless_it_looks_like_something_else(head: str, language: str) -> None:
    assert detect_language("a.h", head) == language


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_of_the_table_can_be_parsed(language: str) -> None:
    parser = parser_for(language)
    assert parser is not None
    assert parser.parse(b"x\n").root_node.end_byte in {1, 2}


def test_names_extensions_and_file_names_are_lower_case_and_belong_to_one_language() -> None:
    for attribute in ("extensions", "filenames", "interpreters"):
        values = [value for language in LANGUAGES.values() for value in getattr(language, attribute)]
        assert len(values) == len(set(values))
        assert all(value == value.lower() for value in values)
    assert all(name == language.name for name, language in LANGUAGES.items())
    assert LANGUAGES["markdown"].is_prose
    assert not LANGUAGES["python"].is_prose


def test_an_unknown_language_has_no_parser() -> None:
    assert parser_for("klingon") is None


def test_each_thread_has_its_own_parser_and_keeps_it() -> None:
    parsers = []
    thread = threading.Thread(target=lambda: parsers.append(parser_for("python")))
    thread.start()
    thread.join()
    assert parser_for("python") is parser_for("python")
    assert parsers[0] is not None
    assert parsers[0] is not parser_for("python")


@pytest.fixture
def fresh_grammars(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what was loaded, here and in the grammar package."""
    monkeypatch.setattr(languages, "_grammars", {})
    monkeypatch.setattr(languages, "_parsers", threading.local())
    semble_grammars.get_language.cache_clear()


@pytest.mark.usefixtures("fresh_grammars")
def test_a_grammar_that_cannot_be_loaded_is_reported_once_and_gives_no_parser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SEMBLE_GRAMMARS_CACHE_DIR", str(tmp_path))
    grammar_for("lua")
    library = next(tmp_path.rglob("*lua*"))
    library.with_name(library.name.replace("lua", "toml")).write_bytes(b"no library")
    with caplog.at_level(logging.WARNING):
        assert parser_for("toml") is None
        assert parser_for("toml") is None
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "No parser for toml" in caplog.text


@pytest.mark.usefixtures("fresh_grammars")
def test_grammars_go_to_a_private_folder_if_the_cache_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("SEMBLE_GRAMMARS_CACHE_DIR", str(tmp_path / "file" / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert parser_for("toml") is not None
    folder = Path(os.environ["SEMBLE_GRAMMARS_CACHE_DIR"])
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o777 == 0o700
    assert list(folder.rglob("*toml*"))
