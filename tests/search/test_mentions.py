"""Places that sentences name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.search.mentions import MAX_MENTIONS, read_mentions
from fluorite_mcp.search.reading import Mention, Reading


def mentions(text: str) -> list[Mention]:
    return list(read_mentions(Reading(text)).mentions)


@pytest.mark.parametrize(
    ("text", "path", "line", "end"),
    [
        ("what happens in billing/invoices.py:42?", "billing/invoices.py", 42, None),
        ("billing/invoices.py:42:7 is wrong", "billing/invoices.py", 42, None),
        ("see src/x.ts#L10-L20", "src/x.ts", 10, 20),
        ("see src/x.ts#L10", "src/x.ts", 10, None),
        ("src/x.ts:10-20", "src/x.ts", 10, 20),
        ("src/x.ts(12,5): error TS2322", "src/x.ts", 12, None),
        ("line 12 of `pkg/wire.go`", "pkg/wire.go", 12, None),
        ("lines 3 to nothing, but pkg/wire.go line 12", "pkg/wire.go", 12, None),
        ("./pkg/wire.go, line 12", "pkg/wire.go", 12, None),
        ("app\\Billing\\Run.cs:7", "app/Billing/Run.cs", 7, None),
        ("https://github.com/o/r/blob/main/src/x.py#L4", "//github.com/o/r/blob/main/src/x.py", 4, None),
        ("billing.py の 42 行目", "billing.py", 42, None),
        ("app/[id]/page.tsx:3", "app/[id]/page.tsx", 3, None),
    ],
)
def test_a_line_of_a_file(text: str, path: str, line: int, end: int | None) -> None:
    assert mentions(text) == [Mention(path, line, end)]


def test_the_numbers_of_lines_are_not_searched_for() -> None:
    assert read_mentions(Reading("explain src/x.ts#L10-L20 to me")).text == "explain src/x.ts to me"


@pytest.mark.parametrize(
    ("text", "path"),
    [("what is in settings.toml", "settings.toml"), ("`a/b.py` and more", "a/b.py"), ("read README.md", "README.md")],
)
def test_a_file(text: str, path: str) -> None:
    assert mentions(text) == [Mention(path)]


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("where is Ledger.add_invoice called", "Ledger.add_invoice"),
        ("Ledger.add_invoice()", "Ledger.add_invoice"),
        ("what does Ledger::add do", "Ledger.add"),
        ("Ledger#add", "Ledger.add"),
        ("$ledger->add()", "ledger.add"),
        ("billing.ledger.Ledger.add", "billing.ledger.Ledger.add"),
        ("self.ledger.add", "ledger.add"),
    ],
)
def test_a_dotted_name(text: str, symbol: str) -> None:
    assert mentions(text) == [Mention(symbol=symbol)]


@pytest.mark.parametrize(
    "text",
    [
        "e.g. this, i.e. that",
        "version 1.2.3",
        "at 12:30",
        "self.load",
        "a sentence. Another one",
        "x:1",
        "foo.bar:9",
        "",
    ],
)
def test_ordinary_text_names_no_place(text: str) -> None:
    assert [one for one in mentions(text) if one.path] == []
    assert [one.symbol for one in mentions(text)] in ([], ["foo.bar"])


def test_a_list_of_files_names_no_place() -> None:
    assert mentions(" ".join(f"a/file{n}.py" for n in range(MAX_MENTIONS + 1))) == []


@given(st.text(alphabet="aB.py/:#L0123 -(),\\`'行目の", max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    assert len(mentions(text)) <= MAX_MENTIONS
