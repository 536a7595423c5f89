from __future__ import annotations

import subprocess
import sys
import time

import pytest

from fluorite_mcp.text.languages import parser_for
from fluorite_mcp.text.parsing import parse_within


def test_source_is_parsed() -> None:
    parser = parser_for("python")
    assert parser is not None
    tree = parse_within(parser, "python", b"def f(): pass\n" * 10_000)
    assert tree is not None
    assert tree.root_node.child_count == 10_000


def test_a_parse_that_takes_too_long_is_given_up_and_the_parser_still_works() -> None:
    parser = parser_for("kotlin")
    assert parser is not None
    started = time.thread_time()
    assert parse_within(parser, "kotlin", b"/*" * 20_000, seconds=0.2) is None
    assert time.thread_time() - started < 5
    tree = parse_within(parser, "kotlin", b"fun a() = 1\n")
    assert tree is not None
    assert not tree.root_node.has_error


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("yaml", "- " * 300),
        ("yaml", "--- " + "? " * 300),
        ("yaml", "\n".join(" " * level + "a:" for level in range(300))),
        ("yaml", "- &a " * 300),
        ("markdown", ">" * 300),
        ("markdown", "1. " * 300),
        ("markdown", "- > " * 150),
        ("markdown", "\n".join("  " * level + "- b" for level in range(300))),
    ],
)
def test_nesting_that_would_crash_the_grammar_is_refused(language: str, text: str) -> None:
    parser = parser_for(language)
    assert parser is not None
    assert parse_within(parser, language, text.encode()) is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("yaml", "a: " + "word " * 1000),
        ("yaml", "- " * 90 + "x"),
        ("markdown", "Some prose. It goes on. " * 200),
        ("markdown", "-" * 500),
        ("markdown", "| a | b |\n|" + "-" * 400 + "|---|\n"),
    ],
)
def test_long_but_flat_lines_are_parsed(language: str, text: str) -> None:
    parser = parser_for(language)
    assert parser is not None
    assert parse_within(parser, language, text.encode()) is not None


_HOSTILE = """
import sys
from fluorite_mcp.text.languages import parser_for
from fluorite_mcp.text.parsing import parse_within
language = sys.argv[1]
forms = [
    "6@T", "$@", "${@}", "echo @a", "<<@\\nx\\n@\\n", "my $x@ = q@a@;", "@: b\\n\\t@\\n", "%@", "x=@\\n@()",
    "[[ a =~ @ ]]", "$((@+1))", "s@a@b@",
]
for letter in ("\\U0010ffff", "\\U000f9c45", "\\U0001f680", "\\u6f22", "\\ufe0f"):
    for form in forms:
        for _ in range(20):
            assert parse_within(parser_for(language), language, form.replace("@", letter).encode()) is not None
"""


@pytest.mark.parametrize("language", ["bash", "just", "markdown", "perl"])
def test_letters_of_any_script_do_not_end_the_process(language: str) -> None:
    process = subprocess.run([sys.executable, "-c", _HOSTILE, language], capture_output=True, text=True, timeout=60)
    assert process.returncode == 0, process.stderr


@pytest.mark.parametrize("heading", ["# 使い方 🚀", "# Ĝis la revido", "# 1️⃣ Erste Schritte"])
def test_letters_of_any_script_move_no_node(heading: str) -> None:
    parser = parser_for("markdown")
    source = f"{heading}\n\n説明\n".encode()
    assert parser is not None
    tree = parse_within(parser, "markdown", source)
    assert tree is not None
    [section] = tree.root_node.children
    found = section.children[0]
    assert found.type == "atx_heading"
    assert source[found.start_byte : found.end_byte].decode().strip() == heading


_READ_AGAIN_AND_AGAIN = """
import resource
from fluorite_mcp.text.languages import parser_for
from fluorite_mcp.text.parsing import parse_within
source = b"def f(value):\\n    return [value, f(value)]\\n" * 20_000
def parse():
    assert parse_within(parser_for("python"), "python", source).root_node.child_count == 20_000
parse()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for _ in range(12):
    parse()
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024, len(source))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss differs")
def test_memory_does_not_grow_with_what_is_parsed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _READ_AGAIN_AND_AGAIN], capture_output=True, text=True, check=True, timeout=120
    )
    grown, source = map(int, done.stdout.split())
    assert grown < 6 * source


def test_a_parsed_tree_tells_the_text_of_its_nodes_however_long_they_are() -> None:
    parser = parser_for("python")
    assert parser is not None
    source = b"".join(b"def f%d(): return '%s'\n" % (number, b"x" * number) for number in range(300))
    other = b"class Other: ...\n" * 1_000
    tree = parse_within(parser, "python", source)
    assert tree is not None
    assert parse_within(parser, "python", other) is not None  # The buffer holds something else by now.

    assert tree.root_node.text == source
    assert [node.text for node in tree.root_node.children] == source.splitlines()
