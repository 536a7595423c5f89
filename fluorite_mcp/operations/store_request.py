"""What `store` is asked to keep: which fields, what is refused, what is taken out as secret."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fluorite_mcp.errors import InputError, TooLargeError
from fluorite_mcp.models import KINDS
from fluorite_mcp.operations.arguments import check_characters, check_choice
from fluorite_mcp.text.languages import LANGUAGES
from fluorite_mcp.text.secrets import redact

MAX_TITLE_CHARS = 200
MAX_LABELS = 50
MAX_LABEL_CHARS = 100
MAX_METADATA_BYTES = 65_536
MAX_METADATA_DEPTH = 32
SCOPES = ("project", "global")

# The ids of templates; one under which something else is stored would take the template's place.
_TEMPLATE_PREFIX = "spike:"

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}")


@dataclass(frozen=True, slots=True)
class StoreRequest:
    """What to store. Fields as in the `store` tool."""

    content: str
    kind: str = "note"
    id: str | None = None
    title: str | None = None
    language: str | None = None
    frameworks: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    scope: str = "project"
    quality_score: float | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    path: str | None = None


def check_request(request: StoreRequest, max_bytes: int) -> None:
    """Refuse a request that cannot be stored, naming the argument.

    Raises:
        InputError: An argument cannot be used.
        TooLargeError: The content is over the limit.
    """
    if not request.content.strip():
        raise InputError("content is empty; pass what should be kept.")
    check_characters("content", request.content)
    if (size := len(request.content.encode())) > max_bytes:
        raise TooLargeError(f"content has {size} bytes; the limit is {max_bytes} (max_chunk_size). Store it in parts.")
    check_choice("kind", (request.kind,), KINDS)
    check_choice("scope", (request.scope,), SCOPES)
    if request.language is not None:
        check_choice("language", (request.language,), tuple(LANGUAGES))
    if request.id is not None and request.id.startswith(_TEMPLATE_PREFIX):
        raise InputError(f"id {request.id!r} would name a template. Choose one that does not begin with spike:.")
    if request.id is not None and not _ID.fullmatch(request.id):
        raise InputError("id may hold letters, digits and . _ : / @ -, at most 128, beginning with a letter or digit.")
    if request.title is not None:
        check_characters("title", request.title)
        if len(request.title) > MAX_TITLE_CHARS:
            raise TooLargeError(f"title has {len(request.title)} characters; the limit is {MAX_TITLE_CHARS}.")
    if request.quality_score is not None and not 0.0 <= request.quality_score <= 1.0:
        raise InputError(f"quality_score is {request.quality_score}; it may be 0 to 1.")
    _check_labels("frameworks", request.frameworks)
    _check_labels("tags", request.tags)
    _check_metadata(request.metadata)


def _check_labels(name: str, labels: tuple[str, ...]) -> None:
    if len(labels) > MAX_LABELS:
        raise TooLargeError(f"{name} holds {len(labels)}; at most {MAX_LABELS}.")
    for label in labels:
        check_characters(name, label)
        if not label.strip() or len(label) > MAX_LABEL_CHARS:
            raise InputError(f"{name} holds {label[:40]!r}; each must have 1 to {MAX_LABEL_CHARS} characters.")


def _check_metadata(metadata: Mapping[str, Any]) -> None:
    try:
        text = json.dumps(dict(metadata), allow_nan=False, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"metadata is not JSON: {error}.") from error
    check_characters("metadata", text)
    if (size := len(text.encode())) > MAX_METADATA_BYTES:
        raise TooLargeError(f"metadata has {size} bytes; the limit is {MAX_METADATA_BYTES}.")
    if _depth(text) > MAX_METADATA_DEPTH:
        raise TooLargeError(f"metadata is nested deeper than {MAX_METADATA_DEPTH} levels. Make it flatter.")


def _depth(text: str) -> int:
    """Return how deep a JSON text is nested."""
    depth = deepest = 0
    for mark in re.findall(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text):
        depth += (mark in ("[", "{")) - (mark in ("]", "}"))
        deepest = max(deepest, depth)
    return deepest


@dataclass(slots=True)
class Redactor:
    """Redacts what is stored, and counts the secrets."""

    count: int = 0

    def text(self, text: str) -> str:
        """Redact one text."""
        redaction = redact(text)
        self.count += redaction.count
        return redaction.text

    def values(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """Redact the texts inside metadata, however deep."""
        return {str(key): self._named(str(key), value) for key, value in metadata.items()}

    def _named(self, name: str, value: Any) -> Any:
        """Redact a value; a text may be known as a secret only by its name."""
        if not isinstance(value, str):
            return self._value(value)
        clean = self.text(value)
        if clean == value and (named := redact(f"{name}: {json.dumps(value)}")).count:
            self.count += named.count
            return f"[redacted:{named.kinds[0]}]"
        return clean

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return self.values(value)
        return [self._value(inner) for inner in value] if isinstance(value, list | tuple) else value
