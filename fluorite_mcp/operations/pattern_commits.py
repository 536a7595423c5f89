"""In which commits the examples of a pattern were written: asked of git when the pattern is looked at."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fluorite_mcp.learning.git import Commit, LineHistory, head_commit, history_of_lines
from fluorite_mcp.learning.pattern_chunks import MINED
from fluorite_mcp.models import Chunk, Project

COMMITS = "commits"
"""Under this name the shown metadata of a pattern say in which commits its examples were written."""

# How long git may take for a pattern; it takes a tenth of that in most repositories, and what takes longer is left out.
_GIT_SECONDS = 0.5
# So many patterns of one answer are asked about.
MAX_PATTERNS = 3
_KEPT = 256


class PatternCommits:
    """Asks git about patterns, and keeps what it said for as long as the same commit is checked out."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str, str], LineHistory | None] = OrderedDict()

    async def of(self, chunk: Chunk, project: Project | None) -> dict[str, Any]:
        """Return what is shown of a mined pattern's commits; empty where git does not tell, and for other chunks."""
        mined = chunk.metadata.get(MINED)
        if project is None or chunk.kind != "pattern" or not isinstance(mined, dict):
            return {}
        places = [(one["path"], one["line"], one["end_line"]) for one in mined.get("exemplars", ())]
        history = await asyncio.to_thread(self._look_up, project.root, places)
        return {COMMITS: _shown(history)} if history else {}

    def _look_up(self, root: str, places: list[tuple[str, int, int]]) -> LineHistory | None:
        commit = head_commit(Path(root))
        if commit is None:
            return None
        key = (root, commit, repr(places))
        if key not in self._known:
            self._known[key] = history_of_lines(Path(root), places, _GIT_SECONDS)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return self._known[key]


def _shown(history: LineHistory) -> dict[str, Any]:
    return {"first": _commit(history.first), "last": _commit(history.last), "count": history.count}


def _commit(commit: Commit) -> dict[str, str]:
    return {"commit": commit.hash, "date": datetime.fromtimestamp(commit.seconds, UTC).date().isoformat()}
