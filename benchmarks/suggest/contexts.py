"""What an assistant is given for a task: by `suggest`, and by what it is compared with, all within one budget."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.suggest.targets import Hidden
from fluorite_mcp.engine import Engine
from fluorite_mcp.results import SearchResult
from fluorite_mcp.server.text import search_text
from fluorite_mcp.text.imports import import_lines
from fluorite_mcp.text.languages import detect_language
from fluorite_mcp.text.tokens import count_tokens

_MOST_HITS = 50
_LONG_HIT = 40


@dataclass(frozen=True, slots=True)
class Given:
    """A context, and the milliseconds it took."""

    text: str
    ms: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What a system is asked: the task, the budget, and the engine and repository that it may look into."""

    engine: Engine
    hidden: Hidden
    floor: str
    task: str
    budget: int


async def _suggest(asked: Asked) -> str:
    return (await asked.engine.suggest(asked.task, token_budget=asked.budget)).context


async def _search(asked: Asked) -> str:
    return await _hits(asked, 12)


async def _long_search(asked: Asked) -> str:
    return await _hits(asked, _LONG_HIT)


async def _hits(asked: Asked, max_lines: int) -> str:
    found = await asked.engine.search(asked.task, limit=_MOST_HITS, max_lines=max_lines)
    hits = found.hits or found.nearest
    low, high = 0, len(hits)
    while low < high:
        middle = (low + high + 1) // 2
        if count_tokens(search_text(SearchResult(hits=hits[:middle]))) <= asked.budget:
            low = middle
        else:
            high = middle - 1
    return search_text(SearchResult(hits=hits[:low]))


async def _spike(asked: Asked) -> str:
    found = await asked.engine.spikes.find(asked.task, limit=1)
    if not found.spikes:
        return ""
    files = (await asked.engine.spikes.preview(found.spikes[0].id)).files
    text = "\n\n".join(f"`{file.path}`\n```\n{file.content}```" for file in files)
    return cut(text, asked.budget)


async def _nothing(asked: Asked) -> str:
    return cut(asked.floor, asked.budget)


SYSTEMS: dict[str, Callable[[Asked], Awaitable[str]]] = {
    "suggest": _suggest,
    "search": _search,
    "search 40 lines": _long_search,
    "best template alone": _spike,
    "most common imports": _nothing,
}


async def give(system: str, asked: Asked) -> Given:
    """Return what a system gives for a task."""
    started = time.perf_counter()
    text = await SYSTEMS[system](asked)
    return Given(text, (time.perf_counter() - started) * 1000)


def cut(text: str, budget: int) -> str:
    """Return as many whole lines of a text as the budget has room for."""
    lines = text.split("\n")
    low, high = 0, len(lines)
    while low < high:
        middle = (low + high + 1) // 2
        if count_tokens("\n".join(lines[:middle])) <= budget:
            low = middle
        else:
            high = middle - 1
    return "\n".join(lines[:low])


def common_imports(root: Path, language: str) -> str:
    """Return the import lines of a repository, those of most files first: what anyone knows without looking."""
    counts: Counter[str] = Counter()
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and not name.startswith(".git/") and detect_language(name, ""):
            text = path.read_text(encoding="utf-8", errors="replace")
            counts.update({line.strip() for line in import_lines(text).splitlines()})
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return f"```{language}\n" + "\n".join(line for line, _ in ordered)


_FENCE = re.compile(r"^(`{3,})[^\n`]*\n(.*?)^\1", re.MULTILINE | re.DOTALL)


def code_of(context: str) -> str:
    """Return the code that a context quotes: all of it where nothing is fenced."""
    found = [match.group(2) for match in _FENCE.finditer(context)]
    return "\n".join(found) if found else context
