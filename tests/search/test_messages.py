"""Error messages without what differs each time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.search.messages import stable_message

MESSAGES = [
    ("user 42 not found", "user not found"),
    ("took 3.5s of 10%", "took of"),
    ("object at 0x7f3a2b1c", "object at"),
    ("commit 9fc6b4312646 is missing", "commit is missing"),
    ("job 123e4567-e89b-12d3-a456-426614174000 died", "job died"),
    ("2026-01-31T12:00:00.123Z failed", "failed"),
    ("GET https://example.org/a?b=1 failed", "GET failed"),
    ("refused by 127.0.0.1:5432", "refused by"),
    ("no such file: '/home/bob/app/settings.toml'", "no such file: settings.toml"),
    ("cannot open C:\\Users\\bob\\app\\rows.csv", "cannot open rows.csv"),
    ("missing folder /var/lib/app", "missing folder"),
    ("invalid literal 'abc'", "invalid literal"),
    ("'Ledger' object has no attribute 'total'", "object has no attribute total"),
    ("KeyError: 'due'", "KeyError: due"),
    ("bad value for 'due_date'", "bad value for due_date"),
    ("undefined method `sum_lines' for nil", "undefined method sum_lines for nil"),
    ("django.db.utils.IntegrityError: duplicate", "IntegrityError: duplicate"),
    ("don't retry http2 over utf8", "don't retry http2 over utf8"),
]


@pytest.mark.parametrize(("text", "kept"), MESSAGES)
def test_what_varies_is_dropped(text: str, kept: str) -> None:
    assert stable_message(text) == kept


@given(st.text(max_size=300))
def test_any_message_gets_shorter_or_stays(text: str) -> None:
    assert len(stable_message(text)) <= len(text) + 1
