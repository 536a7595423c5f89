"""What was found for a task as pieces of Markdown, each part within its room."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from fluorite_mcp.conventions.relevance import describe
from fluorite_mcp.models import Chunk
from fluorite_mcp.results import Convention, Hit, SpikeSuggestion
from fluorite_mcp.search.paths import is_test_path
from fluorite_mcp.search.ranking import Ranked
from fluorite_mcp.suggest import budget as weights
from fluorite_mcp.suggest.budget import Want, allocate
from fluorite_mcp.suggest.compose import Piece
from fluorite_mcp.suggest.essence import essence, first_lines
from fluorite_mcp.suggest.exemplars import Exemplar, condense
from fluorite_mcp.suggest.surroundings import NearFile, Used, calls_of, imports_of, untold, uses_text
from fluorite_mcp.text.tokens import count_tokens, has_cjk

# A file of a template of which less would be shown is named instead.
_MIN_FILE_TOKENS = 60
_MAX_CODE_TOKENS = 600
_MAX_USES_TOKENS = 1200
_HEADING_TOKENS = 30
# Less room than this shows no further piece of code.
_WORTH_DIVIDING = 80
_MAX_NOTE_TOKENS = 400
# More of what was adapted, or differs, than this stands in the suggestion alone.
_COMPARED = 3


@dataclass(frozen=True, slots=True)
class TemplateFound:
    """A template with its files as they would be here: (path, text, language), the tests last."""

    suggestion: SpikeSuggestion
    overview: Chunk
    files: tuple[tuple[str, str, str | None], ...]
    is_named: bool = False


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that was found for a task, each part best first; `texts` are those of the code, by key."""

    templates: Sequence[TemplateFound] = ()
    code: Sequence[Ranked] = ()
    texts: Mapping[int, str] = field(default_factory=dict)
    origin: Callable[[Chunk], str] = lambda chunk: chunk.title
    near: Sequence[NearFile] = ()
    defined: frozenset[str] = frozenset()
    conventions: Sequence[Convention] = ()
    notes: Sequence[Hit] = ()

    @property
    def has_named_template(self) -> bool:
        """Whether the best template is for a framework that the task names."""
        return bool(self.templates) and self.templates[0].is_named

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that speaks of the task; conventions alone do not."""
        return not (self.templates or self.code or self.notes)


@dataclass(frozen=True, slots=True)
class Arranged:
    """The pieces of a context in the order in which they are read, and the code that is among them."""

    pieces: tuple[Piece, ...] = ()
    code: tuple[Ranked, ...] = ()


def arrange(task: str, material: Material, budget: int) -> Arranged:
    """Choose what is said of the material, each part within its room.

    Args:
        task: The user's words: a template is described in their language.
        material: What was found.
        budget: Tokens for all pieces together.
    """
    named = material.has_named_template
    whole = _whole_templates(task, material.templates)
    around = _surroundings(material.near, material.defined)
    rooms = allocate(budget, _wants(material, whole, budget))
    template = _template_pieces(whole, rooms["template"])
    conventions = _convention_piece(material.conventions, rooms["conventions"])
    notes = _note_pieces(material.notes, rooms["notes"])
    exemplars = condense(material.code, material.texts, rooms["code"])
    uses = _uses_piece(around, exemplars, rooms["uses"])
    others = sum(map(_cost, (*template, *conventions, *notes, *uses)))
    if budget - others - rooms["code"] >= _WORTH_DIVIDING:
        # What the others could not use after all shows more code.
        exemplars = condense(material.code, material.texts, budget - others)
        uses = _uses_piece(around, exemplars, rooms["uses"])
    code = [_exemplar_piece(one, material) for one in exemplars]
    parts = (*(template if named else ()), *code, *uses, *(() if named else template), *conventions, *notes)
    return Arranged(parts, tuple(one.ranked for one in exemplars))


def _wants(material: Material, templates: Sequence[Piece], budget: int) -> dict[str, Want]:
    texts = material.texts
    code = _up_to(budget, (min(count_tokens(texts[one.chunk.key]) + 40, _MAX_CODE_TOKENS) for one in material.code))
    template = _up_to(budget, map(_cost, templates))
    conventions = sum(count_tokens(_convention_line(one)) + 1 for one in material.conventions)
    notes = sum(_cost(_note_piece(hit, _MAX_NOTE_TOKENS)) for hit in material.notes)
    return {
        "code": Want(weights.CODE_WEIGHT, code),
        "uses": Want(weights.USES_WEIGHT, _MAX_USES_TOKENS if material.near else 0),
        "template": Want(
            weights.NAMED_TEMPLATE_WEIGHT if material.has_named_template else weights.TEMPLATE_WEIGHT, template
        ),
        "conventions": Want(weights.CONVENTION_WEIGHT, conventions + _HEADING_TOKENS if conventions else 0),
        "notes": Want(weights.NOTE_WEIGHT, notes),
    }


def _up_to(budget: int, costs: Iterable[int]) -> int:
    """Add up costs until they are more than a whole budget: how much more makes no difference to anybody's part."""
    total = 0
    for cost in costs:
        total += cost
        if total > budget:
            break
    return total


def _exemplar_piece(exemplar: Exemplar, material: Material) -> Piece:
    chunk = exemplar.ranked.chunk
    kind = "Test" if is_test_path(chunk.origin.path or "") else "Code"
    heading = f"## {kind}: {chunk.origin.symbol or chunk.title} (`{chunk.id}`, {material.origin(chunk)})"
    return Piece(heading, exemplar.text, chunk.language or "")


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What the nearest files in one language import and call."""

    imports: Sequence[Used]
    calls: Sequence[Used]
    files: int
    language: str | None


def _surroundings(near: Sequence[NearFile], defined: frozenset[str]) -> _Surroundings | None:
    if not near:
        return None
    language = near[0].language
    alike = [file for file in near if file.language == language]
    return _Surroundings(imports_of(alike), calls_of(alike, defined), len(alike), language)


def _uses_piece(around: _Surroundings | None, exemplars: Sequence[Exemplar], tokens: int) -> list[Piece]:
    if around is None or tokens < _HEADING_TOKENS:
        return []
    heading = "## What such code uses here"
    calls = untold(around.calls, "\n".join(one.text for one in exemplars))
    room = tokens - count_tokens(heading) - 2
    body = uses_text(around.imports, calls, around.files, around.language, room)
    return [Piece(heading, body)] if body else []


def _template_pieces(templates: Sequence[Piece], tokens: int) -> list[Piece]:
    """Return the best template file by file, as far as it has room, then the other choices by name."""
    pieces: list[Piece] = []
    left = tokens
    for whole in templates:
        piece = whole
        if _cost(whole) > left >= _MIN_FILE_TOKENS and whole.is_code:
            body = essence(whole.body, whole.language, left - _cost(replace(whole, body="")))
            piece = replace(whole, body=body)
        if piece.body and _cost(piece) <= left:
            pieces.append(piece)
            left -= _cost(piece)
    return pieces


def _whole_templates(task: str, templates: Sequence[TemplateFound]) -> list[Piece]:
    pieces = []
    for rank, template in enumerate(templates):
        heading = f"## Template: {template.overview.title} (`spike:{template.suggestion.id}`)"
        about = _about(template.overview, task)
        said = [about, _filled(template.suggestion), *_compared(template.suggestion)]
        pieces.append(Piece(heading, "\n".join(filter(None, said))))
        if rank == 0:
            pieces += [Piece(f"`{path}`", text, language or "") for path, text, language in template.files]
    return pieces


def _filled(suggestion: SpikeSuggestion) -> str:
    known = [f"{name} = `{value}`" for name, value in suggestion.params.items() if name not in suggestion.assumed]
    assumed = [f"{name} = `{suggestion.params[name]}`" for name in suggestion.assumed if name in suggestion.params]
    said = [
        f"From this project: {', '.join(known)}." if known else "",
        f"Assumed: {', '.join(assumed)}." if assumed else "",
    ]
    return " ".join(filter(None, said))


def _compared(suggestion: SpikeSuggestion) -> list[str]:
    """Say how the files are like the project's, and how they are not."""
    return [
        *(f"Adapted: {one}." for one in suggestion.adapted[:_COMPARED]),
        *(f"Differs: {one}." for one in suggestion.differs[:_COMPARED]),
    ]


def _about(overview: Chunk, task: str) -> str:
    """Return the description of a template in the language of the task, as far as it has one."""
    paragraphs = overview.content.split("\n\n")[1:3]
    alike = [text for text in paragraphs if has_cjk(text) == has_cjk(task)]
    return (alike or paragraphs or [""])[0]


def _convention_piece(conventions: Sequence[Convention], tokens: int) -> list[Piece]:
    lines: list[str] = []
    left = tokens - _HEADING_TOKENS // 2
    for one in conventions:
        line = _convention_line(one)
        left -= count_tokens(line) + 1
        if left < 0:
            break
        lines.append(line)
    return [Piece("## How this project does it", "\n".join(lines))] if lines else []


def _convention_line(one: Convention) -> str:
    return f"- {describe(one)}"


def _note_pieces(notes: Sequence[Hit], tokens: int) -> list[Piece]:
    pieces = []
    for number, hit in enumerate(notes):
        piece = _note_piece(hit, tokens // (len(notes) - number))
        if piece.body:
            pieces.append(piece)
            tokens -= _cost(piece)
    return pieces


def _note_piece(hit: Hit, tokens: int) -> Piece:
    heading = f"## {hit.kind.capitalize()}: {hit.title} (`{hit.id}`, {hit.origin})"
    return Piece(heading, first_lines(hit.snippet, tokens - _cost(Piece(heading, "", "text"))), "text")


# The same piece is weighed when room is divided and when it is filled.
@lru_cache(maxsize=256)
def _cost(piece: Piece) -> int:
    """Return the tokens that a piece costs with its fence and the break after it, rather too many than too few."""
    return count_tokens(f"{piece.heading}\n{piece.body}") + (9 if piece.is_code else 2)
