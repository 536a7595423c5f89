"""What the makers of index files are told, and the portions that they are handed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

IndexKind = Literal["vectors", "words"]
Purpose = Literal["sample", "add"]


@dataclass(frozen=True, slots=True)
class BuildOrder:
    """What to build: an index of what, its file, for about how many chunks, and the index to go on from, if any.

    `base` is the file of a published index and `checksum` its checksum; `removed` are keys to take out of it.
    """

    kind: IndexKind
    path: str
    expected: int
    base: str | None = None
    checksum: str = ""
    removed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Portion:
    """What an index needs of some chunks: their keys as int64 bytes, and the data.

    Of vectors these are the float16 bytes that the store keeps, of words what `word_lists_build.word_portion` makes. A
    sample of vectors comes before anything is added; nobody asks for the keys of one.
    """

    purpose: Purpose
    keys: bytes
    data: bytes


class IndexMaker(Protocol):
    """An index in the making."""

    @property
    def goes_on(self) -> bool:
        """Whether the base serves: then only newer chunks are wanted, and no sample."""
        ...

    def take(self, portion: Portion) -> None:
        """Take a portion in."""
        ...

    def finish(self) -> tuple[str, int]:
        """Write the file. Returns its checksum and the number of chunks in it.

        Raises:
            OSError: The file cannot be written.
        """
        ...


class Build(Protocol):
    """The same here or elsewhere, while other work goes on."""

    async def begin(self, order: BuildOrder) -> bool:
        """Start. Returns whether the base serves."""
        ...

    async def take(self, portion: Portion) -> None:
        """Take a portion in."""
        ...

    async def finish(self) -> tuple[str, int]:
        """Write the file. Returns its checksum and the number of chunks in it.

        Raises:
            OSError: The file cannot be written.
        """
        ...
