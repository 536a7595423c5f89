"""How much of a piece of code its grammar can read."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from fluorite_mcp.text.languages import LANGUAGES, grammar_for
from fluorite_mcp.text.parsing import parse_within

if TYPE_CHECKING:
    import tree_sitter

# A piece is some kilobytes; what takes longer is not read for the sake of one figure.
_MAX_SECONDS = 0.2
# What a method needs around it to be read alone.
_CLASS = {
    "java": "class X {{\n{}\n}}", "csharp": "class X {{\n{}\n}}", "kotlin": "class X {{\n{}\n}}",
    "typescript": "class X {{\n{}\n}}", "tsx": "class X {{\n{}\n}}", "javascript": "class X {{\n{}\n}}",
    "php": "<?php\nclass X {{\n{}\n}}", "swift": "class X {{\n{}\n}}", "scala": "class X {{\n{}\n}}",
    "dart": "class X {{\n{}\n}}", "rust": "impl X {{\n{}\n}}",
}  # fmt: skip


def parse_health(text: str, language: str | None) -> float | None:
    """Return the share of a text, 0..1, that stands in no syntax error; None where there is no grammar for it."""
    import tree_sitter

    if not text.strip() or language is None or LANGUAGES[language].is_prose:
        return None
    if (grammar := grammar_for(language)) is None:
        return None
    parser = tree_sitter.Parser(grammar)
    plain = textwrap.dedent(text)
    best = 0.0
    for form in ("{}", *([_CLASS[language]] if language in _CLASS else ())):
        source = (plain if form == "{}" else form.format(plain)).encode("utf-8", "replace")
        tree = parse_within(parser, language, source, _MAX_SECONDS)
        if tree is None:
            return None
        best = max(best, 1.0 - _error_bytes(tree.root_node) / len(source))
        if best == 1.0:
            break
    return best


def _error_bytes(node: tree_sitter.Node) -> int:
    """Return how many bytes stand in the outermost nodes that are errors."""
    if not node.has_error:
        return 0
    if node.is_error:
        return max(1, node.end_byte - node.start_byte)
    return int(node.is_missing) + sum(_error_bytes(child) for child in node.children)
