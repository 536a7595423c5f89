"""What was judged wrong is not handed over again."""

from __future__ import annotations

import pytest

from fluorite_mcp.models import Chunk, Origin
from fluorite_mcp.suggest.trust import is_trusted


@pytest.mark.parametrize(
    ("quality", "helpful", "unhelpful", "trusted"),
    [
        (0.5, 0.0, 0.0, True),  # nobody judged it
        (0.1, 0.0, 0.0, True),  # filler, which is ranked last anyway
        (0.25, 0.0, 4.0, False),  # wrong once
        (0.33, 0.0, 2.0, True),  # unhelpful twice
        (0.54, 5.0, 4.0, True),  # wrong once, helpful since
    ],
)
def test_a_judgement_decides(quality: float, helpful: float, unhelpful: float, trusted: bool) -> None:
    chunk = Chunk("note-1", "note", "t", "c", quality=quality, helpful=helpful, unhelpful=unhelpful)

    assert is_trusted(chunk) is trusted


def test_a_projects_own_code_is_only_ranked_lower() -> None:
    chunk = Chunk("code-1", "code", "t", "c", quality=0.1, unhelpful=8.0, origin=Origin("a.py", 1, 9))

    assert is_trusted(chunk)
