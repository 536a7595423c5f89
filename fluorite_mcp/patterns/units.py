"""Which parts of a file may be an example of a pattern: each definition with what is written on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fluorite_mcp.patterns.kinds import is_decorator
from fluorite_mcp.text.symbols import definition_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    import tree_sitter

_KINDS = frozenset(
    ["function", "method", "class", "struct", "interface", "enum", "impl", "trait", "object", "constant", "variable",
     "macro", "extension", "record", "type"]
)  # fmt: skip
# What encloses a definition and nothing else: the definition is not whole without it.
_WRAPPERS = frozenset(
    ["decorated_definition", "export_statement", "lexical_declaration", "variable_declaration", "template_declaration",
     "variable_declarator", "ambient_declaration", "type_declaration", "const_declaration", "var_declaration"]
)  # fmt: skip
# Statements that define by calling: `app.get("/", async (c) => { … })`.
_CALLBACKS = frozenset({"arrow_function", "function_expression", "lambda_expression", "do_block", "anonymous_function"})
_SCRIPTS = frozenset({"javascript", "typescript", "tsx"})
_MAX_NAME_CHARS = 100


@dataclass(frozen=True, slots=True)
class Unit:
    """A definition: its nodes in order (decorators that stand before it, then itself), and what it is called."""

    kind: str
    name: str
    symbol: str
    nodes: tuple[tree_sitter.Node, ...]

    @property
    def start(self) -> int:
        """First byte."""
        return self.nodes[0].start_byte

    @property
    def end(self) -> int:
        """Byte after the last one."""
        return self.nodes[-1].end_byte

    @property
    def start_line(self) -> int:
        """First line, from 1."""
        return self.nodes[0].start_point[0] + 1

    @property
    def end_line(self) -> int:
        """Last line, inclusive."""
        return self.nodes[-1].end_point[0] + 1

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return self.end_line - self.start_line + 1


def find_units(tree: tree_sitter.Tree, source: bytes, language: str) -> Iterator[Unit]:
    """Yield the units of a parsed file in order, outer before inner; those the parser misread are left out."""
    enclosing: list[tuple[int, str]] = []
    for kind, node, name in definition_nodes(language, tree):
        text = source[name.start_byte : name.end_byte].decode("utf-8", "replace")[:_MAX_NAME_CHARS]
        while enclosing and enclosing[-1][0] <= node.start_byte:
            enclosing.pop()
        symbol = f"{enclosing[-1][1]}.{text}" if enclosing else text
        enclosing.append((node.end_byte, symbol))
        if kind not in _KINDS:
            continue
        whole = _whole(node)
        if not whole.has_error:
            within = "method" if kind == "function" and len(enclosing) > 1 else kind
            yield Unit(within, text, symbol, (*_decorators(whole), whole))
    if language in _SCRIPTS:
        yield from _calling_statements(tree, source)


def _whole(node: tree_sitter.Node) -> tree_sitter.Node:
    while (parent := node.parent) is not None and parent.type in _WRAPPERS and _is_alone(parent):
        node = parent
    return node


def _is_alone(parent: tree_sitter.Node) -> bool:
    """Whether a wrapper holds one definition; `const a = 1, b = 2` holds two."""
    if parent.type in {"decorated_definition", "export_statement", "template_declaration", "variable_declarator"}:
        return True
    return parent.named_child_count == 1


def _decorators(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    found: list[tree_sitter.Node] = []
    before = node.prev_sibling
    while before is not None and before.is_named and is_decorator(before.type):
        found.append(before)
        before = before.prev_sibling
    return found[::-1]


def _calling_statements(tree: tree_sitter.Tree, source: bytes) -> Iterator[Unit]:
    for node in tree.root_node.named_children:
        call = node.named_child(0) if node.type == "expression_statement" else None
        if call is None or call.type != "call_expression" or node.has_error:
            continue
        function, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
        if function is None or arguments is None:
            continue
        if any(child.type in _CALLBACKS for child in arguments.named_children):
            name = source[function.start_byte : function.end_byte].decode("utf-8", "replace")
            yield Unit("statement", name[:_MAX_NAME_CHARS], name[:_MAX_NAME_CHARS], (node,))
