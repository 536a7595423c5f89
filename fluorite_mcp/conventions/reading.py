"""Reading one parsed file: observations are noted by what they are about, what was done there, and the line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from fluorite_mcp.conventions.aspects import ASPECTS, Where
from fluorite_mcp.conventions.roles import ROLE_SENTENCES, ROLES
from fluorite_mcp.search.paths import is_test_path
from fluorite_mcp.text.languages import LANGUAGES, grammar_for

if TYPE_CHECKING:
    import tree_sitter

_QUERIES = Path(__file__).parent / "queries"

# A language's query holds what it has beside another one.
_ON_TOP_OF: Mapping[str, tuple[str, ...]] = {"typescript": ("javascript",)}

# What a file says about one thing is heard up to so many times: a table of a thousand rows is one habit.
MAX_LINES_EACH = 60
_MAX_VALUE_CHARS = 80
# What is longer is an expression that is called, not a name.
_MAX_NAME_CHARS = 80

Handler = Callable[["Reader", "tree_sitter.Node"], None]


class Called(NamedTuple):
    """A call: the function's node and its text, the node of the arguments if there is one, and each of them."""

    function: tree_sitter.Node
    name: str
    arguments: tree_sitter.Node | None
    given: list[tree_sitter.Node]


class Reader:
    """What was observed in one file.

    Attributes:
        path: Relative to the project root.
        is_test: Whether the file is test code.
        imported: The module (and name in it) that each local name was imported from.
        found: Lines by (aspect, value), in the order seen.
    """

    def __init__(self, source: bytes, path: str, family: str) -> None:
        self.source = source
        self.path = path
        self.family = family
        self.is_test = is_test_path(path)
        self.folders = frozenset(PurePosixPath(path).parts[:-1])
        self.stem = PurePosixPath(path).name.partition(".")[0]
        self.imported: dict[str, str] = {}
        self.own: set[str] = set()
        self.test_ranges: list[tuple[int, int]] = []
        self.found: dict[tuple[str, str], list[int]] = {}

    def text(self, node: tree_sitter.Node | None) -> str:
        """Return the source of a node, "" for none."""
        return "" if node is None else self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def field(self, node: tree_sitter.Node, name: str) -> str:
        """Return the source of a field of a node, "" if it has none."""
        return self.text(node.child_by_field_name(name))

    def called(self, node: tree_sitter.Node) -> Called | None:
        """Return what a call calls, and with what; None where that has no name."""
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        name = self.text(function)
        if function is None or len(name) > _MAX_NAME_CHARS:
            return None
        return Called(function, name, arguments, arguments.named_children if arguments is not None else [])

    def in_test(self, node: tree_sitter.Node) -> bool:
        """Whether a node is test code, by its file or by the module it stands in."""
        return self.is_test or any(start <= node.start_byte < end for start, end in self.test_ranges)

    def note(self, aspect: str, value: str, node: tree_sitter.Node) -> None:
        """Note an observation; one that the catalogue does not want in such code is dropped."""
        where = ASPECTS[aspect.partition(" ")[0]].where
        if where is not Where.ANYWHERE and (where is Where.TESTS) != self.in_test(node):
            return
        self.note_line(aspect, value, node.start_point[0] + 1)

    def note_line(self, aspect: str, value: str, line: int) -> None:
        """Note an observation on a line, in whatever code."""
        lines = self.found.setdefault((aspect, value[:_MAX_VALUE_CHARS]), [])
        if len(lines) < MAX_LINES_EACH:
            lines.append(line)

    def note_import(self, module: str, node: tree_sitter.Node) -> None:
        """Note a package from outside: itself, and which role it plays."""
        package = package_of(module, self.family)
        if package:
            self.note("uses", package, node)
        for role, label in roles_of(module, self.family):
            if ROLE_SENTENCES[role][0] == "tests" and not self.in_test(node):
                continue
            if ("role " + role, label) not in self.found:  # one case a file
                self.note("role " + role, label, node)


def package_of(module: str, family: str) -> str:
    """Return the package a module belongs to, as a manifest names it; "" where that is no package from outside."""
    if family == "python":
        name = module.partition(".")[0]
        return "" if name in sys.stdlib_module_names else name
    if family == "script":
        parts = module.split("/")
        return "/".join(parts[:2]) if module.startswith("@") else parts[0]
    if family == "go":
        parts = module.split("/")
        return "/".join(parts[:3]) if "." in parts[0] else ""
    if family == "rust":
        return module.partition("::")[0]
    if family == "php":
        return "\\".join(module.split("\\")[:2])
    return module if family == "ruby" else ".".join(module.split(".")[:3])


@cache
def roles_of(module: str, family: str) -> tuple[tuple[str, str], ...]:
    """Return the roles that a module plays, each with the name under which it plays it: the longest prefix knows."""
    found = [
        (len(prefix), role, label)
        for role, families in ROLES.items()
        for prefix, label in families.get(family, {}).items()
        if module == prefix or module.startswith((prefix + ".", prefix + "/", prefix + "::", prefix + "\\"))
    ]
    longest = max((length for length, _, _ in found), default=0)
    return tuple((role, label) for length, role, label in found if length == longest)


@cache
def query_for(language: str, name: str) -> tree_sitter.Query | None:
    """Return the query of a language, None where it has none or its grammar is missing."""
    grammar = grammar_for(language)
    paths = [_QUERIES / f"{one}.scm" for one in (*_ON_TOP_OF.get(name, ()), name)]
    if LANGUAGES.get(language) is None or grammar is None or not all(path.is_file() for path in paths):
        return None
    from tree_sitter import Query

    return Query(grammar, "\n".join(path.read_text(encoding="utf-8") for path in paths))


def run_handlers(
    reader: Reader, tree: tree_sitter.Tree, query: tree_sitter.Query, handlers: Mapping[str, Handler]
) -> None:
    """Give each captured node to the handler of its capture, capture by capture in the order of the handlers."""
    from tree_sitter import QueryCursor

    captures = QueryCursor(query).captures(tree.root_node)
    for name, handle in handlers.items():
        # The captures of one name come in no order.
        for node in sorted(captures.get(name, ()), key=lambda one: (one.start_byte, -one.end_byte)):
            if not node.has_error or name == "class":
                handle(reader, node)
