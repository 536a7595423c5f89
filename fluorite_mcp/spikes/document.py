"""Reads YAML into plain nodes that remember their line; aliases, anchors and tags are refused.

Every scalar is text exactly as written: `1.10` stays `1.10` and `no` stays `no`. A template folder may come
from anywhere, so nothing in it can build an object or expand into more than it holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from fluorite_mcp.errors import SpikeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import yaml

MAX_SPIKE_BYTES = 1_000_000
"""A template is written to be read; the largest bundled one has 10 KB."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")

_MAX_DEPTH = 8
"""The format nests three levels; the limit keeps hostile nesting away from the interpreter's stack."""


@dataclass(frozen=True, slots=True)
class TextNode:
    """A scalar. `is_block` says that it was written with `|` or `>`, below its key."""

    line: int
    value: str
    is_block: bool = False
    is_quoted: bool = False


@dataclass(frozen=True, slots=True)
class ListNode:
    """A sequence."""

    line: int
    members: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapNode:
    """A mapping with text keys, in the order written."""

    line: int
    fields: tuple[tuple[TextNode, Node], ...]


Node = TextNode | ListNode | MapNode


def fail(source: str, line: int, message: str) -> NoReturn:
    """Raise a SpikeError that names the file and the line (from 1)."""
    shown = _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", message)
    raise SpikeError(f"{source}:{line}: {shown}")


def read_document(text: str, source: str) -> Node:
    """Parse one YAML document.

    Args:
        text: The file's text.
        source: What messages call the file.

    Raises:
        SpikeError: Not YAML, over `MAX_SPIKE_BYTES`, nested too deep, or with an alias, anchor or tag.
    """
    import yaml

    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_SPIKE_BYTES:
        raise SpikeError(f"{source}: {size} bytes; a spike may have {MAX_SPIKE_BYTES}. Split it.")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _document(yaml.parse(text, Loader=loader), source)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        fail(source, mark.line + 1 if mark else 1, f"not valid YAML: {error.problem or error.context}")
    except yaml.reader.ReaderError as error:
        # It tells no line, only what it found.
        letter = error.character if isinstance(error.character, int) else ord(error.character)
        fail(source, text.count("\n", 0, max(0, text.find(chr(letter)))) + 1, f"not valid YAML: {_unwritable(letter)}")
    except (yaml.YAMLError, UnicodeError) as error:
        raise SpikeError(f"{source}: not valid YAML: {str(error).splitlines()[0]}") from error


def _unwritable(letter: int) -> str:
    return f"the character U+{letter:04X} may not stand in it; write it as an escape in quotes, or leave it out."


def _document(events: Iterator[Any], source: str) -> Node:
    import yaml

    root: Node | None = None
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            if root is not None:
                fail(source, _line(event), "a second document starts here; a file holds one spike.")
            root = _node(next(events), events, source, 0)
    if root is None:
        fail(source, 1, "the file is empty.")
    return root


def _node(event: yaml.Event, events: Iterator[Any], source: str, depth: int) -> Node:
    import yaml

    line = _line(event)
    _refuse_indirection(event, source)
    if depth > _MAX_DEPTH:
        fail(source, line, f"nested more than {_MAX_DEPTH} levels deep.")
    if isinstance(event, yaml.ScalarEvent):
        return TextNode(line, event.value, event.style in ("|", ">"), event.style in ("'", '"'))
    if isinstance(event, yaml.SequenceStartEvent):
        members = []
        while not isinstance(inner := next(events), yaml.SequenceEndEvent):
            members.append(_node(inner, events, source, depth + 1))
        return ListNode(line, tuple(members))
    return MapNode(line, tuple(_fields(events, source, depth + 1)))


def _fields(events: Iterator[Any], source: str, depth: int) -> Iterator[tuple[TextNode, Node]]:
    import yaml

    seen: dict[str, int] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key = _node(event, events, source, depth)
        if not isinstance(key, TextNode):
            fail(source, key.line, "a key must be plain text; quote braces and brackets.")
        if key.value in seen:
            fail(source, key.line, f"key '{key.value}' stands twice, first in line {seen[key.value]}.")
        seen[key.value] = key.line
        yield key, _node(next(events), events, source, depth)


def _refuse_indirection(event: yaml.Event, source: str) -> None:
    import yaml

    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
        fail(source, _line(event), "YAML anchors and aliases are not allowed; write the text out.")
    if getattr(event, "tag", None) is not None:
        fail(source, _line(event), "YAML tags are not allowed; quote text that starts with '!'.")


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return int(mark.line) + 1 if mark else 1
