"""Checks of arguments that several operations share; each refusal names the argument and what it may be."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from fluorite_mcp.errors import InputError, TooLargeError, UnknownIdError
from fluorite_mcp.models import Chunk
from fluorite_mcp.ports import ChunkStore

MAX_IDS = 200
_NEAREST_IDS = 3

_SURROGATE = re.compile("[\ud800-\udfff]")


def check_text(name: str, text: str, *, max_chars: int) -> None:
    """Refuse text that is empty, too long, or no text.

    Raises:
        InputError: The text is empty or holds characters that no store keeps.
        TooLargeError: It is longer than `max_chars`.
    """
    if not text.strip():
        raise InputError(f"{name} is empty; say what you mean.")
    if len(text) > max_chars:
        raise TooLargeError(f"{name} has {len(text)} characters; the limit is {max_chars}. Shorten it.")
    check_characters(name, text)


def check_characters(name: str, text: str) -> None:
    """Refuse NUL characters and lone surrogates, which are broken input rather than text.

    Raises:
        InputError: Names the position.
    """
    if (position := text.find("\0")) >= 0:
        raise InputError(f"{name} holds a NUL character at position {position}; remove it.")
    if not text.isascii() and (lone := _SURROGATE.search(text)):
        raise InputError(f"{name} holds half of a surrogate pair at position {lone.start()}; send valid Unicode.")


def check_choice(name: str, values: Sequence[str], allowed: Sequence[str]) -> None:
    """Refuse values that are not among the allowed ones.

    Raises:
        InputError: Names the value and the nearest, or all, allowed ones.
    """
    for value in values:
        if value not in allowed:
            near = difflib.get_close_matches(value, allowed, n=1)
            guess = f"Did you mean {near[0]!r}? " if near else ""
            raise InputError(f"{name} {value[:100]!r} is unknown. {guess}It may be {', '.join(allowed)}.")


def check_time(name: str, text: str) -> datetime:
    """Read an ISO 8601 time; without a zone it is UTC.

    Raises:
        InputError: The text is no time.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{name} {text[:100]!r} is no ISO 8601 time, such as 2026-03-01T12:00:00Z.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def utc_text(name: str, text: str) -> str:
    """Return an ISO 8601 time as the store keeps times, in UTC, so that the texts compare as the times do.

    Raises:
        InputError: The text is no time.
    """
    moment = check_time(name, text)
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as error:
        raise InputError(f"{name} {text[:100]!r} lies outside the years 1 to 9999.") from error
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


async def find_all(chunks: ChunkStore, ids: Sequence[str]) -> dict[str, Chunk]:
    """Return the whole chunk of each id, each once, in order; by its newest id where its file was renamed.

    Raises:
        InputError: None or too many ids.
        UnknownIdError: Some id is unknown; names the nearest.
    """
    if not ids:
        raise InputError("ids is empty; pass ids from search.")
    if len(ids) > MAX_IDS:
        raise InputError(f"ids holds {len(ids)}; at most {MAX_IDS} at once.")
    # Half of a surrogate pair cannot even be asked for.
    found = await chunks.find([id_ for id_ in ids if not _SURROGATE.search(id_)])
    if len(found) < len(set(ids)):
        ids, found = await _follow_moves(chunks, ids, found)
    for id_ in ids:
        if id_ not in found:
            near = await _nearest_ids(chunks, id_)
            hint = f" The nearest: {', '.join(near)}." if near else " Ids come from search."
            raise UnknownIdError(f"No chunk has the id {id_[:100]!r}.{hint}")
    return {id_: found[id_] for id_ in ids}


async def _follow_moves(
    chunks: ChunkStore, ids: Sequence[str], found: dict[str, Chunk]
) -> tuple[Sequence[str], dict[str, Chunk]]:
    """Put the chunks of renamed files in the place of ids that they had before."""
    unknown = [id_ for id_ in ids if id_ not in found and not _SURROGATE.search(id_)]
    moved = await chunks.successors(unknown)
    return [moved.get(id_, id_) for id_ in ids], found | await chunks.find(list(moved.values()))


async def _nearest_ids(chunks: ChunkStore, id_: str) -> list[str]:
    id_ = _SURROGATE.sub("?", id_)
    for length in (8, 6, 4, 2):
        if found := await chunks.ids_like(id_[:length], 200):
            return difflib.get_close_matches(id_, found, n=_NEAREST_IDS, cutoff=0.5)
    return []
