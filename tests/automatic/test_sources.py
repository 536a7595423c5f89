"""What a source is, told by how it is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fluorite_mcp.automatic.sources import parse_source
from fluorite_mcp.errors import InputError


@pytest.mark.parametrize(
    ("text", "kind", "location"),
    [
        ("/srv/api", "folder", "/srv/api"),
        ("~/api", "folder", str(Path.home() / "api")),
        ("https://example.org/docs/guide#routing", "page", "https://example.org/docs/guide"),
        ("https://example.org/name.git", "repository", "https://example.org/name.git"),
        ("git+https://example.org/name", "repository", "https://example.org/name"),
        ("git@example.org:team/name.git", "repository", "git@example.org:team/name.git"),
        ("ssh://git@example.org/name", "repository", "ssh://git@example.org/name"),
        ("file:///srv/name", "repository", "file:///srv/name"),
        ("git+/srv/name", "repository", "/srv/name"),
        ("/srv/name.git", "repository", "/srv/name.git"),
        ("spikes:/srv/templates", "spikes", "/srv/templates"),
    ],
)
def test_a_source_is_told_by_its_form(text: str, kind: str, location: str) -> None:
    source = parse_source(text)

    assert (source.kind, source.location) == (kind, location)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "docs", "a\nb", "ext::sh -c touch% /tmp/x", "git+ext::sh -c true", "--upload-pack=x", "http://",
        "https://user:secret@example.org/guide", "~nobody-at-all/x", "git+--upload-pack=true",
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_source(text)
    assert "secret" not in str(refused.value)


def test_a_password_in_an_address_is_never_shown() -> None:
    source = parse_source("https://user:secret@example.org/name.git")

    assert "secret" not in source.shown
    assert "secret" not in source.folder_name


def test_names_of_copies_are_readable_and_no_two_alike() -> None:
    names = [parse_source(f"https://{host}/team/api.git").folder_name for host in ("a.org", "b.org")]

    assert len(set(names)) == 2
    assert all(re.fullmatch(r"team-api-[0-9a-f]{8}", name) for name in names)
