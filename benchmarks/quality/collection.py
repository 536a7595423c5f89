"""What is searched and asked: collections of documents or a source tree, with their questions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

# What every system is asked for.
LIMIT = 10
# So many hits somebody looks at who turns page after page.
READ_AT_MOST = 50
# What the product's search answers with unless asked for more.
PAGE = 5


class Target(NamedTuple):
    """What answers a question: a path or a document's id, and where the data says so its lines (from 1)."""

    path: str
    start_line: int | None = None
    end_line: int | None = None


class Found(NamedTuple):
    """One hit of a system, in its place. `chars` is how much text the system shows for it."""

    path: str
    start_line: int
    end_line: int
    chars: int


@dataclass(frozen=True, slots=True)
class Document:
    """A text to search that is no file of a tree. `suffix` is what its file would be called, such as `.py`."""

    id: str
    text: str
    suffix: str = ".md"


@dataclass(frozen=True, slots=True)
class Question:
    """A query with everything that answers it; `groups` are the rows of the table it counts for."""

    query: str
    targets: tuple[Target, ...]
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collection:
    """One index: a tree at `root`, or documents. `family` is what means of means are taken over first."""

    name: str
    questions: tuple[Question, ...]
    root: str | None = None
    documents: tuple[Document, ...] = ()
    language: str | None = None
    family: str = ""

    def job(self) -> dict[str, Any]:
        """Return what a system is told of it: the texts and the queries, never the answers."""
        return {
            "name": self.name,
            "root": self.root,
            "language": self.language,
            "documents": [asdict(document) for document in self.documents],
            "queries": [question.query for question in self.questions],
        }


@dataclass(frozen=True, slots=True)
class Answered:
    """What one system answered to one question.

    `chars` is the text of the whole answer with ten hits, `page_chars` that of each page a user reads in turn.
    `further` are the hits after the first ten, on pages of `further_page_chars`, as far as a patient reader goes.
    `nearest` are the places a system names that says to have found nothing.
    `scores` are those shown with the hits, where a system shows any.
    `relevance` is how relevant it finds its best hit, where that was asked for.
    """

    found: tuple[Found, ...]
    ms: float
    chars: int
    page_chars: tuple[int, ...] = ()
    abstained: bool = False
    relevance: float | None = None
    nearest: tuple[Found, ...] = ()
    further: tuple[Found, ...] = ()
    further_page_chars: tuple[int, ...] = ()
    scores: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one system did with all collections; answers stand in the order of collections and questions."""

    system: str
    answers: tuple[tuple[Answered, ...], ...]
    index_seconds: tuple[float, ...]
    peak_megabytes: float
    chunks: int = 0


def read_outcome(system: str, printed: dict[str, Any], peak_megabytes: float) -> Outcome:
    """Read what a system's program wrote."""
    answers = tuple(
        tuple(
            Answered(
                tuple(Found(*one) for one in answer["found"]), answer["ms"], answer["chars"],
                tuple(answer.get("page_chars", ())), answer.get("abstained", False), answer.get("relevance"),
                tuple(Found(*one) for one in answer.get("nearest", ())),
                tuple(Found(*one) for one in answer.get("further", ())), tuple(answer.get("further_page_chars", ())),
                tuple(answer.get("scores", ())),
            )
            for answer in collection["answers"]
        )
        for collection in printed["collections"]
    )  # fmt: skip
    seconds = tuple(collection["index_seconds"] for collection in printed["collections"])
    chunks = sum(collection.get("chunks", 0) for collection in printed["collections"])
    return Outcome(system, answers, seconds, peak_megabytes, chunks)
