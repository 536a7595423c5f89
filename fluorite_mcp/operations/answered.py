"""Answers of `search` kept for when the same is asked again of the same memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from fluorite_mcp.results import SearchResult

# An answer takes some 10 kB; an assistant asks the same again within minutes, not after hundreds of other questions.
_ANSWERS_KEPT = 256


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, and what was known of its hits' files: (size in bytes, modification time in nanoseconds) by path."""

    result: SearchResult
    files: dict[str, tuple[int, int]]


class AnsweredSearches:
    """Keeps the last answers of one version of the store; any change of the store forgets them all."""

    def __init__(self) -> None:
        self._version = -1
        self._answers: OrderedDict[Hashable, Answered] = OrderedDict()

    def find(self, version: int, question: Hashable) -> Answered | None:
        """Return the answer to a question if the store has not changed since."""
        if version != self._version:
            self._version = version
            self._answers.clear()
        if question in self._answers:
            self._answers.move_to_end(question)
        return self._answers.get(question)

    def keep(self, version: int, question: Hashable, answered: Answered) -> None:
        """Keep an answer that was computed while the store had a version."""
        if version != self._version:
            return
        self._answers[question] = answered
        if len(self._answers) > _ANSWERS_KEPT:
            self._answers.popitem(last=False)
