"""What is read from a query before its words are: the places it points at, what it leaves out, what is left to say.

The steps of understanding are functions from one `Reading` to the next.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mention:
    """A place that a query points at.

    Attributes:
        path: File as written, with `/`; empty if only a name was given.
        line: First line, from 1.
        end_line: Last line of a range.
        symbol: Path of the definition with dots, such as `Ledger.add_invoice`; of a frame, the function it ran in.
        is_frame: Whether a stack trace says so, rather than the sentence.
        is_whole: Whether `path` is known to be complete from the package on, as a module's path in `site-packages` or
            one made of a Java package: then all of it must match.
        is_library: Whether the path is that of an installed library or of the language itself.
    """

    path: str = ""
    line: int | None = None
    end_line: int | None = None
    symbol: str = ""
    is_frame: bool = False
    is_whole: bool = False
    is_library: bool = False


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What a query does not want. `words` are index tokens that neither path nor symbol should hold."""

    tests: bool = False
    examples: bool = False
    docs: bool = False
    legacy: bool = False
    words: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return self.tests or self.examples or self.docs or self.legacy or bool(self.words)

    def __or__(self, other: Exclusions) -> Exclusions:
        return Exclusions(
            self.tests or other.tests,
            self.examples or other.examples,
            self.docs or other.docs,
            self.legacy or other.legacy,
            self.words | other.words,
        )


NOTHING = Exclusions()


@dataclass(frozen=True, slots=True)
class Reading:
    """A query as far as it is read.

    Attributes:
        text: What is left to be searched for by words and meaning.
        mentions: The places it points at, the most telling first.
        excluded: What it does not want.
        language: The language of a pasted trace.
        is_trace: Whether it is an error with a stack trace.
        is_code: Whether `text` is pasted code, of which nothing need be defined where it is found.
    """

    text: str
    mentions: tuple[Mention, ...] = ()
    excluded: Exclusions = NOTHING
    language: str | None = None
    is_trace: bool = False
    is_code: bool = False
