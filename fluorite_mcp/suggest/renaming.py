"""Renaming what a template's scripts define, where nothing outside the template can know the name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from fluorite_mcp.conventions.words import case_of
from fluorite_mcp.text.languages import parser_for
from fluorite_mcp.text.tokens import split_identifier

if TYPE_CHECKING:
    from tree_sitter import Node

_SCRIPTS = frozenset({"typescript", "tsx", "javascript"})
_FUNCTION = re.compile(
    r"^(?:export )?(?:async )?function\*? (\w+)|^(?:export )?const (\w+) = (?:async )?\(", re.MULTILINE
)
_CONSTANT = re.compile(r"""^(?:export )?const (\w+)(?:: \w+)? = (?:["'\d-][^\n]*|true|false);?$""", re.MULTILINE)
_DEFINED: Mapping[str, re.Pattern[str]] = {"name-function": _FUNCTION, "name-constant": _CONSTANT}
# A hook must be named so that React and Vue know it.
_HOOK = re.compile(r"use[A-Z]")


def in_case(name: str, case: str) -> str:
    """Return a name in another case; "" where that is not plain: digits belong to either word beside them."""
    if any(letter.isdigit() for letter in name) or not name.isascii():
        return ""
    words = split_identifier(name)
    if case == "kebab-case":
        return "-".join(words)
    if case in ("snake_case", "UPPER_CASE"):
        joined = "_".join(words)
        return joined.upper() if case == "UPPER_CASE" else joined
    capitalised = "".join(word.capitalize() for word in words)
    return capitalised if case == "PascalCase" else capitalised[:1].lower() + capitalised[1:]


def renamed_definitions(
    files: Sequence[tuple[str, str, str | None]], aspect: str, case: str
) -> tuple[tuple[tuple[str, str, str | None], ...], dict[str, str]]:
    """Rename functions or constants of modules that are not in a case.

    A name is left as it is if it stands anywhere but as an identifier (a text, a comment, a property), if it is
    exported and no file of the template imports it (a framework may), or if the new name stands anywhere already.

    Args:
        files: Path, text and language of each file of a template.
        aspect: What is renamed: "name-function" or "name-constant".
        case: As conventions call it.

    Returns:
        The files, and the new names by the old ones.
    """
    names: dict[str, str] = {}
    done = tuple(files)
    for path, name in _defined(files, aspect, case):
        new = in_case(name, case)
        if new and _is_certain(done, path, name, new):
            word = _word(name)
            done = tuple((other, word.sub(new, text), language) for other, text, language in done)
            names[name] = new
    return done, names


def _defined(files: Sequence[tuple[str, str, str | None]], aspect: str, case: str) -> Iterator[tuple[str, str]]:
    """Yield definitions that are in another case, each with the path where it stands."""
    seen: set[str] = set()
    for path, text, language in files:
        for match in _DEFINED[aspect].finditer(text) if language in _SCRIPTS else ():
            name = next(filter(None, match.groups()))
            is_component = aspect == "name-function" and case_of(name) == "PascalCase"
            if name not in seen and case_of(name) not in (None, case) and not is_component and not _HOOK.match(name):
                seen.add(name)
                yield path, name


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w$-]){re.escape(name)}(?![\w$-])")


def _is_certain(files: Sequence[tuple[str, str, str | None]], home: str, name: str, new: str) -> bool:
    word, other = _word(name), _word(new)
    is_exported = is_imported = False
    for path, text, language in files:
        if other.search(text):
            return False
        count = len(word.findall(text))
        if not count:
            continue
        places = _identifiers(text, language, name)
        if len(places) != count:
            return False
        above = [_above(place) for place in places]
        if "export_specifier" in above or "foreign import" in above:
            return False
        if path == home:
            is_exported = "export" in above
        elif "own import" in above:
            is_imported = True
        else:
            return False  # Another thing of the same name.
    return is_imported or not is_exported


def _identifiers(text: str, language: str | None, name: str) -> list[Node]:
    """Return the identifiers of a name in a script; none if it cannot be read."""
    parser = parser_for(language) if language in _SCRIPTS else None
    if parser is None:
        return []
    source = text.encode()
    root = parser.parse(source).root_node
    wanted = name.encode()
    found, waiting = [], [root]
    while waiting:
        node = waiting.pop()
        if node.type == "identifier" and source[node.start_byte : node.end_byte] == wanted:
            found.append(node)
        waiting.extend(node.children)
    return found


def _above(node: Node) -> str:
    """Say what an identifier is a part of, as far as renaming cares."""
    parent = node.parent
    if parent is None:
        return ""
    if parent.type == "export_specifier":
        return "export_specifier"
    if parent.type == "import_specifier":
        statement = parent.parent
        while statement is not None and statement.type != "import_statement":
            statement = statement.parent
        source = statement.child_by_field_name("source") if statement is not None else None
        text = (source.text or b"").decode() if source is not None else ""
        return "own import" if re.match(r"""["'][.@~]\.?/""", text) else "foreign import"
    declaration = parent.parent if parent.type == "variable_declarator" else parent
    is_defined = parent.child_by_field_name("name") == node
    exported = (
        declaration is not None and declaration.parent is not None and declaration.parent.type == "export_statement"
    )
    return "export" if is_defined and exported else ""
