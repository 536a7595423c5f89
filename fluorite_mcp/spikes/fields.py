"""The keys of one mapping of a manifest, checked against those that are allowed, read by type."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from fluorite_mcp.spikes.document import ListNode, MapNode, Node, TextNode, fail

if TYPE_CHECKING:
    from collections.abc import Sequence

KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Fields:
    """The keys of one mapping, checked against those that are allowed, read by type."""

    def __init__(self, node: Node, source: str, what: str, required: Sequence[str], optional: Sequence[str]) -> None:
        if not isinstance(node, MapNode):
            fail(source, node.line, f"{what} must be a mapping with the keys {', '.join(required)}.")
        self.line = node.line
        self.source = source
        self._values = {key.value: value for key, value in node.fields}
        allowed = (*required, *optional)
        for key, _ in node.fields:
            if key.value not in allowed:
                fail(source, key.line, f"unknown key '{key.value}'; {_suggestion(key.value, allowed)}")
        missing = [key for key in required if key not in self._values]
        if missing:
            fail(source, node.line, f"{what} lacks {', '.join(repr(key) for key in missing)}.")

    def has(self, key: str) -> bool:
        """Whether the key was written."""
        return key in self._values

    def node(self, key: str) -> TextNode:
        """Return a text with how and where it was written."""
        node = self._values[key]
        if not isinstance(node, TextNode):
            fail(self.source, node.line, f"'{key}' must be text.")
        return node

    def text(self, key: str, missing: str | None = None, *, may_be_empty: bool = False) -> str:
        """Return a text: trimmed, or exactly as written where it may be empty."""
        if missing is not None and key not in self._values:
            return missing
        node = self.node(key)
        if may_be_empty:
            if not node.value and not node.is_quoted and not node.is_block:
                fail(self.source, node.line, f"'{key}' has no value; write '' if it shall be empty.")
            return node.value
        if not node.value.strip():
            fail(self.source, node.line, f"'{key}' is empty.")
        return node.value.strip()

    def matching(self, key: str, pattern: re.Pattern[str], wanted: str) -> str:
        """Return a text that has a form; `wanted` says in words which."""
        value = self.text(key)
        if not pattern.fullmatch(value):
            fail(self.source, self.node(key).line, f"'{key}' is '{value}' but must be {wanted}.")
        return value

    def flag(self, key: str) -> bool:
        """Return true or false; false where the key is missing."""
        value = self.text(key, "false")
        if value not in ("true", "false"):
            fail(self.source, self.node(key).line, f"'{key}' must be true or false, not '{value}'.")
        return value == "true"

    def fields(self, key: str, required: Sequence[str], optional: Sequence[str] = ()) -> Fields:
        """Return the mapping below a key."""
        return Fields(self._values[key], self.source, f"'{key}'", required, optional)

    def line_of(self, key: str) -> int:
        """Return the line on which the value of a key begins."""
        return self._values[key].line

    def members(self, key: str) -> tuple[Node, ...]:
        """Return the members of a list; none where the key is missing."""
        node = self._values.get(key)
        if node is None:
            return ()
        if not isinstance(node, ListNode):
            fail(self.source, node.line, f"'{key}' must be a list.")
        return node.members

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of single lines."""
        for node in self.members(key):
            if not isinstance(node, TextNode) or not node.value.strip() or "\n" in node.value.strip():
                fail(self.source, node.line, f"'{key}' holds something that is not one line of text.")
        return tuple(node.value.strip() for node in self.members(key) if isinstance(node, TextNode))

    def names(self, key: str, *, may_be_empty: bool = True) -> tuple[str, ...]:
        """Return a list of kebab-case names, each once."""
        names: list[str] = []
        for node in self.members(key):
            if not isinstance(node, TextNode) or not KEBAB.fullmatch(node.value):
                shown = f"'{node.value}'" if isinstance(node, TextNode) else "a nested value"
                fail(self.source, node.line, f"'{key}' holds {shown}; its names are lower-case and kebab-case.")
            names.append(node.value)
        if not names and not may_be_empty:
            fail(self.source, self._values[key].line, f"'{key}' is empty.")
        return tuple(dict.fromkeys(names))


def _suggestion(key: str, allowed: Sequence[str]) -> str:
    near = get_close_matches(key, allowed, n=1)
    return f"did you mean '{near[0]}'?" if near else f"known are {', '.join(allowed)}."
