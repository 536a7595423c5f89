"""What a project does again and again, counted over what was learned of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from fluorite_mcp.models import Chunk
from fluorite_mcp.results import Convention
from fluorite_mcp.search.paths import is_test_path

# Less is a coincidence.
MIN_COUNT = 3
# What holds for fewer than this part of the cases is a habit of some, not a convention.
MIN_SHARE = 0.6
_EXAMPLES = 3


def find_conventions(chunks: Sequence[Chunk]) -> tuple[Convention, ...]:
    """Return what holds for most of a project's code, with how often and where.

    Args:
        chunks: The project's code chunks; their text is not needed.
    """
    by_file: dict[str, list[Chunk]] = {}
    for chunk in chunks:
        if chunk.origin.path:
            by_file.setdefault(chunk.origin.path, []).append(chunk)
    tests = sorted(path for path in by_file if is_test_path(path))
    sources = sorted(path for path in by_file if not is_test_path(path))
    found = (
        _most_common("code is written in {}", sources, lambda path: by_file[path][0].language),
        _most_common("tests lie in {}/", tests, lambda path: path.split("/")[0] if "/" in path else None),
        _most_common("test files are named {}", tests, _test_name),
        _most_common("source files are named in {}", sources, _naming),
        *_frameworks("code", sources, by_file),
        *_frameworks("tests", tests, by_file),
    )
    return tuple(convention for convention in found if convention is not None)


def _most_common(statement: str, paths: Sequence[str], of: Callable[[str], str | None]) -> Convention | None:
    values = {path: value for path in paths if (value := of(path))}
    if not values:
        return None
    (value, count), *_ = Counter(values.values()).most_common(1)
    if count < MIN_COUNT or count / len(values) < MIN_SHARE:
        return None
    examples = tuple(path for path, one in values.items() if one == value)[:_EXAMPLES]
    return Convention(statement=statement.format(value), count=count, total=len(values), examples=examples)


def _frameworks(what: str, paths: Sequence[str], by_file: dict[str, list[Chunk]]) -> list[Convention]:
    counts: Counter[str] = Counter()
    for path in paths:
        counts.update({name for chunk in by_file[path] for name in chunk.frameworks})
    return [
        Convention(
            statement=f"{what} uses {name}" if what == "code" else f"{what} use {name}",
            count=count,
            total=len(paths),
            examples=tuple(p for p in paths if any(name in chunk.frameworks for chunk in by_file[p]))[:_EXAMPLES],
        )
        for name, count in counts.most_common(4)
        if count >= MIN_COUNT
    ]


def _test_name(path: str) -> str | None:
    name = PurePosixPath(path).name
    stem, _, suffix = name.partition(".")
    if stem.startswith("test_"):
        return f"test_*.{suffix}"
    if stem.endswith(("_test", "_spec")):
        return f"*{stem[-5:]}.{suffix}"
    return f"*.{suffix}" if suffix.startswith(("test.", "spec.")) else None


def _naming(path: str) -> str | None:
    """Name the case of a file name that shows one: a single lower-case word fits several."""
    stem = PurePosixPath(path).name.partition(".")[0]
    if "_" in stem.strip("_") and stem == stem.lower():
        return "snake_case"
    if "-" in stem and stem == stem.lower():
        return "kebab-case"
    if stem[:1].isupper() and stem != stem.upper():
        return "PascalCase"
    return "camelCase" if stem != stem.lower() and stem[:1].islower() else None
