from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from fluorite_mcp.text import languages, symbols
from fluorite_mcp.text.languages import LANGUAGES, grammar_for, parser_for
from fluorite_mcp.text.symbols import Definition, find_definitions

SAMPLES = Path(__file__).parent / "samples"
MAIN_LANGUAGES = tuple(path.stem for path in sorted(SAMPLES.glob("*.sample")))


def definitions(language: str, text: str) -> list[Definition]:
    parser = parser_for(language)
    assert parser is not None
    source = text.encode()
    return find_definitions(language, parser.parse(source), source)


def expected_of(language: str) -> list[str]:
    """Each line of EXPECTED was checked by hand against the sample: first-last line @name line, kind, path."""
    sections = re.split(r"^\[(\w+)\]\n", (SAMPLES / "EXPECTED").read_text("utf-8"), flags=re.MULTILINE)
    return sections[sections.index(language) + 1].split("\n\n")[0].splitlines()


@pytest.mark.parametrize("language", MAIN_LANGUAGES)
def test_a_realistic_file_gives_its_symbols_with_paths_kinds_and_lines(language: str) -> None:
    found = definitions(language, (SAMPLES / f"{language}.sample").read_text("utf-8"))
    shown = [f"{d.start_line}-{d.end_line} @{d.name_line} {d.kind} {d.path}" for d in found]
    assert shown == expected_of(language)


@pytest.mark.parametrize("language", MAIN_LANGUAGES)
def test_the_name_stands_on_its_line(language: str) -> None:
    text = (SAMPLES / f"{language}.sample").read_text("utf-8")
    for definition in definitions(language, text):
        line = text.split("\n")[definition.name_line - 1]
        assert definition.name.split(" ")[0].rstrip(",") in line
        assert definition.start_line <= definition.name_line <= definition.end_line


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"nix", "xml", "json5", "properties"}))
def test_every_query_fits_its_grammar(language: str) -> None:
    assert grammar_for(language) is not None
    assert symbols._query_for(language) is not None


SHORT = {
    "dart": ("/// Doc\nclass A {\n  int f() {\n    return 1;\n  }\n}\n", ["1-6 class A", "3-5 method A.f"]),
    "dockerfile": ("FROM node AS build\nRUN x\nFROM alpine\nCMD y\n", ["1-2 section build", "3-4 section alpine"]),
    "hcl": ('# logs\nresource "bucket" "logs" {\n  a = 1\n}\n', ["1-4 block resource.bucket.logs"]),
    "graphql": ("type User {\n  id: ID!\n}\nenum Role { A }\n", ["1-3 type User", "4-4 enum Role"]),
    "proto": ('syntax = "proto3";\n// doc\nmessage User {\n  string id = 1;\n}\n', ["2-5 struct User"]),
    "ocaml": ("(* doc *)\nlet add a b = a + b\n", ["1-2 function add"]),
    "clojure": ("(defn add [a b] (+ a b))\n(def x 1)\n", ["1-1 function add", "2-2 variable x"]),
    "julia": ('"""doc"""\nfunction add(a)\n  a\nend\n', ["1-4 function add"]),
    "r": ("# doc\nadd <- function(a) {\n  a\n}\n", ["1-4 function add"]),
    "perl": ("package Foo::Bar;\nsub add {\n  return 1;\n}\n", ["1-1 section Foo::Bar", "2-4 function add"]),
    "make": ("# doc\nall: a\n\techo hi\n", ["1-3 rule all"]),
    "cmake": ("function(add_x name)\nendfunction()\n", ["1-2 function add_x"]),
    "powershell": ("function Get-Thing {\n  1\n}\n", ["1-3 function Get-Thing"]),
    "erlang": ("-spec add(integer()) -> ok.\nadd(0) -> 0;\nadd(A) -> A.\n", ["1-3 function add"]),
    "objc": ("@implementation Foo\n- (void)run {\n}\n@end\n", ["1-4 class Foo", "2-3 method Foo.run"]),
    "scss": (".a {\n  .b { c: d; }\n}\n", ["1-3 rule .a", "2-2 rule .a > .b"]),
    "vue": ('<script setup lang="ts">\n// doc\nfunction f() {}\n</script>\n', ["1-4 element script", "2-3 function f"]),
    "svelte": ("<script>\n  function f() {}\n</script>\n", ["1-3 element script", "2-2 function f"]),
    "astro": ("---\nfunction f() {}\n---\n<p></p>\n", ["2-2 function f"]),
    "rst": ("Title\n=====\n\nText.\n\nSub\n---\n\nMore.\n", ["1-4 section Title", "6-9 section Sub"]),
    "org": ("* Title\ntext\n** Sub\nmore\n", ["1-4 section Title", "3-4 section Title > Sub"]),
    "asciidoc": ("= Title\n\ntext\n\n== Sub\n\nmore\n", ["1-3 section Title", "5-7 section Sub"]),
    "latex": ("\\section{Intro}\ntext\n\\section{End}\ny\n", ["1-2 section Intro", "3-4 section End"]),
    "groovy": ("class A {\n  def m(x) { 1 }\n}\n", ["1-3 class A", "2-2 method A.m"]),
    "solidity": ("contract A {\n  function f() public {}\n}\n", ["1-3 class A", "2-2 method A.f"]),
    "ini": ("[a]\nx=1\n[b]\ny=2\n", ["1-2 table a", "3-4 table b"]),
    "just": ("# doc\nbuild:\n  echo hi\n", ["1-3 function build"]),
    "starlark": ("def f(x):\n  return 1\n", ["1-2 function f"]),
    "fortran": ("subroutine s(a)\n integer :: a\nend subroutine\n", ["1-3 function s"]),
    "vim": ("function! Foo(a) abort\n  return 1\nendfunction\n", ["1-3 function Foo"]),
    "nix": ("{ a = 1; }\n", []),
}


@pytest.mark.parametrize("language", SHORT)
def test_further_languages_give_their_symbols(language: str) -> None:
    text, expected = SHORT[language]
    shown = [f"{d.start_line}-{d.end_line} {d.kind} {d.path}" for d in definitions(language, text)]
    assert shown[: len(expected)] == expected


def test_a_comment_after_code_or_above_a_blank_line_belongs_to_nobody_below() -> None:
    found = definitions("python", "x = 1  # one\ndef f(): pass\n# far\n\ndef g(): pass\n")
    assert [(d.path, d.start_line) for d in found] == [("x", 1), ("f", 2), ("g", 5)]


def test_several_comments_and_decorators_in_a_row_all_belong_to_the_definition() -> None:
    found = definitions("python", "# a\n# b\n@one\n@two(\n  1,\n)\n# c\ndef f(): pass\n")
    assert [(d.path, d.start_line, d.name_line) for d in found] == [("f", 1, 8)]


def test_underlined_headings_reach_to_the_next_heading() -> None:
    found = definitions("markdown", "Title\n=====\n\na\n\nOne\n---\n\nb\n\nTwo\n---\nc\n")
    assert [(d.path, d.start_line, d.end_line) for d in found] == [
        ("Title", 1, 13),
        ("Title > One", 6, 9),
        ("Title > Two", 11, 13),
    ]


def test_a_broken_file_still_gives_what_can_be_read() -> None:
    found = definitions("python", "def good():\n    return 1\n\ndef bad(:\n    ((\n\nclass Also: pass\n")
    assert "good" in [definition.path for definition in found]


def test_names_outside_ascii_are_kept() -> None:
    found = definitions("python", "def größe(): pass\nclass 認証: pass\n")
    assert [definition.path for definition in found] == ["größe", "認証"]


def test_a_qualified_name_is_written_with_dots_and_without_type_arguments() -> None:
    text = "template <class T> int a::Box<std::vector<T>>::get() { return 1; }\n"
    assert [(d.path, d.name, d.kind) for d in definitions("cpp", text)] == [("a.Box.get", "get", "method")]


def test_a_query_that_does_not_fit_the_grammar_is_reported_and_gives_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = languages.Language("python", "python", definitions="css")
    monkeypatch.setattr(symbols, "LANGUAGES", {"python": wrong})
    symbols._query_for.cache_clear()
    with caplog.at_level(logging.WARNING):
        assert definitions("python", "def f(): pass\n") == []
    symbols._query_for.cache_clear()
    assert "No definitions for python" in caplog.text


def test_an_unknown_language_has_no_definitions() -> None:
    parser = parser_for("python")
    assert parser is not None
    assert find_definitions("klingon", parser.parse(b"x"), b"x") == []


def test_a_page_whose_scripts_cannot_be_parsed_still_gives_its_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symbols, "_SCRIPT_LANGUAGE", "klingon")
    found = definitions("svelte", "<script>\n  function f() {}\n</script>\n")
    assert [definition.path for definition in found] == ["script"]
