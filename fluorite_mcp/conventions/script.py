"""Facts of JavaScript and TypeScript files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from fluorite_mcp.conventions.reading import Handler, Reader
from fluorite_mcp.conventions.words import case_of, last_word

if TYPE_CHECKING:
    import tree_sitter

_BUILTINS = frozenset(
    ["assert", "buffer", "child_process", "crypto", "dns", "events", "fs", "fs/promises", "http", "https", "net", "os",
     "path", "perf_hooks", "process", "querystring", "readline", "stream", "timers", "tls", "url", "util", "v8", "vm",
     "worker_threads", "zlib", "async_hooks", "string_decoder"]
)  # fmt: skip
_VERBS = frozenset({"get", "post", "put", "patch", "delete", "all"})
_BODY_VERBS = frozenset({"post", "put", "patch"})
_ROUTERS = re.compile(r"(?:^|\.)(?:\w*[aA]pp|\w*[rR]outer|\w*[rR]outes?|server|fastify|hono|api)$")
_NEST_BODY = re.compile(r"@(?:Post|Put|Patch)\(")
_CHECKS = (
    (re.compile(r"\bz(?:od)?Validator\(|\bz\.(?:object|strictObject|array|string|coerce)\b"), "zod"),
    (re.compile(r"\bsValidator\(|\b(?:vValidator|tbValidator)\("), "a validator middleware"),
    (re.compile(r"\b(?:Joi|celebrate)\b|\bjoi\.|\.validateAsync\("), "Joi"),
    (re.compile(r"\byup\.|\.validateSync\("), "yup"),
    (re.compile(r"\b(?:validationResult|checkSchema)\(|\bbody\(['\"]"), "express-validator"),
    (re.compile(r"\bschema:\s*"), "a route schema"),
    (re.compile(r"\.safeParse(?:Async)?\(|(?<!JSON)(?<!qs)\.parse(?:Async)?\("), "a schema's parse"),
)
_TEST_CALLS = frozenset({"it", "test"})
_LOG_METHODS = frozenset({"debug", "info", "warn", "error", "trace", "fatal", "log"})
_SQL = re.compile(r"""^[`"']\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE|WITH|ALTER)\s""", re.IGNORECASE)


def _import(reader: Reader, node: tree_sitter.Node) -> None:
    source = reader.field(node, "source").strip("'\"`")
    if not source:
        return
    reader.found.setdefault(("module-system", "esm"), [node.start_point[0] + 1])
    clause = next((child for child in node.named_children if child.type == "import_clause"), None)
    for local, name in _names(reader, clause) if clause is not None else ():
        reader.imported[local] = f"{source}.{name}" if name else source
    if any(child.type == "type" for child in node.children):
        reader.note("import-type", "separate", node)
    _module(reader, source, node)
    if clause is not None and source not in _BUILTINS and not source.startswith("."):
        star = next((child for child in clause.named_children if child.type == "namespace_import"), None)
        if star is not None:
            reader.note(f"import-as {source}", f"* as {reader.text(star.named_children[0])}", node)
        else:
            reader.note(f"import-as {source}", "(its name)", node)


def _names(reader: Reader, clause: tree_sitter.Node) -> list[tuple[str, str]]:
    found = []
    for child in clause.named_children:
        if child.type == "identifier":
            found.append((reader.text(child), "default"))
        elif child.type == "namespace_import":
            found.append((reader.text(child.named_children[0]), ""))
        for one in child.named_children if child.type == "named_imports" else ():
            name = reader.field(one, "name")
            found.append((reader.field(one, "alias") or name, name))
    return found


def _module(reader: Reader, source: str, node: tree_sitter.Node) -> None:
    if source.startswith("."):
        reader.note("import-own", "relative", node)
        reader.note("own-target", source, node)
    elif source.startswith(("@/", "~/", "#", "$lib", "src/", "~~/")):
        reader.note("import-own", "alias", node)
        reader.note("own-target", source, node)
    elif source.startswith("node:") or source in _BUILTINS:
        reader.note("import-builtin", "prefixed" if source.startswith("node:") else "bare", node)
    else:
        reader.note_import(source, node)


def _export(reader: Reader, node: tree_sitter.Node) -> None:
    if node.child_by_field_name("source") is not None:
        return
    kind = "default" if any(child.type == "default" for child in node.children) else "named"
    reader.note("export", kind, node)
    name = reader.field(node, "declaration")
    if reader.stem == "route" and re.match(r"(?:async\s+)?(?:function|const)\s+(?:POST|PUT|PATCH)\b", name):
        reader.note("route-validation", _validation(name), node)


def _call(reader: Reader, node: tree_sitter.Node) -> None:
    called = reader.called(node)
    if called is None:
        return
    function, name, _, given = called
    head, _, method = name.rpartition(".")
    if name == "require" and given and given[0].type == "string":
        reader.found.setdefault(("module-system", "commonjs"), [node.start_point[0] + 1])
        _module(reader, reader.text(given[0]).strip("'\""), node)
        return
    _note_api(reader, node, name)
    if reader.is_test:
        _test_call(reader, node, name, given)
    elif (
        method in _VERBS
        and _ROUTERS.search(head)
        and len(given) >= 2
        and given[0].type in {"string", "template_string"}
    ):
        _route(reader, node, head, method, given)
    elif head == "console" and method in _LOG_METHODS:
        reader.note("log-call", "console", node)
    elif method in _LOG_METHODS and re.search(r"(?:^|\.)_?(?:log|logger)$", head):
        reader.note("log-call", "logger", node)
    elif method == "then" and function.type == "member_expression":
        reader.note("promise", ".then", node)
    elif method in {"query", "execute", "exec", "raw"} and given and _SQL.match(reader.text(given[0])):
        reader.note("query", "raw SQL", node)
    elif re.search(r"(?:^|\.)prisma\.\w+$", head):
        reader.note("query", "Prisma's client", node)


def _note_api(reader: Reader, node: tree_sitter.Node, name: str) -> None:
    local, dot, rest = name.partition(".")
    module = reader.imported.get(local)
    if module and not module.startswith((".", "@/", "~/", "#")):
        reader.note("calls", module + dot + rest, node)


def _route(reader: Reader, node: tree_sitter.Node, on: str, verb: str, given: list[tree_sitter.Node]) -> None:
    handler = given[-1]
    reader.note("route-on", on.rpartition(".")[2], node)
    if handler.type in {"arrow_function", "function_expression"}:
        is_async = any(child.type == "async" for child in handler.children)
        reader.note("route-async", "async" if is_async else "sync", node)
    if verb in _BODY_VERBS:
        value = _validation(reader.text(node))
        # A handler that is defined elsewhere does not show what it does.
        if value != "none" or handler.type in {"arrow_function", "function_expression"}:
            reader.note("route-validation", value, node)


def _validation(text: str) -> str:
    return next((label for pattern, label in _CHECKS if pattern.search(text)), "none")


def _test_call(reader: Reader, node: tree_sitter.Node, name: str, given: list[tree_sitter.Node]) -> None:
    base = name.partition(".")[0]
    if base in _TEST_CALLS and len(given) >= 2 and given[0].type in {"string", "template_string"}:
        reader.note("test-call", base, node)
    elif name == "expect":
        reader.note("assert", "expect", node)
    elif base == "assert":
        reader.note("assert", "assert", node)
    elif name in {"vi.mock", "vi.fn", "vi.spyOn", "jest.mock", "jest.fn", "jest.spyOn"} or base == "sinon":
        reader.note("mock-call", base, node)
    elif name == "beforeEach":
        reader.note("fixture", "before", node)


def _member(reader: Reader, node: tree_sitter.Node) -> None:
    text = reader.text(node)
    if text in {"process.env", "import.meta.env"}:
        reader.note("env", "env", node)
        reader.note("env-with", text, node)


def _function(reader: Reader, node: tree_sitter.Node) -> None:
    name = reader.field(node, "name")
    top = node.parent is not None and node.parent.type in {"program", "export_statement"}
    if top and not reader.is_test:
        reader.note("function-form", "declaration", node)
    _named_function(reader, node, name, "function", node.child_by_field_name("parameters"))
    if top and node.parent is not None and node.parent.type == "export_statement":
        _documented(reader, node.parent)


def _arrow(reader: Reader, node: tree_sitter.Node) -> None:
    name = reader.field(node, "name")
    declaration = node.parent
    outer = declaration.parent if declaration is not None else None
    value = node.child_by_field_name("value")
    if outer is None or outer.type not in {"program", "export_statement"} or value is None or not name.isidentifier():
        return
    reader.note("function-form", "arrow", node)
    _named_function(reader, node, name, "arrow", value.child_by_field_name("parameters"))
    if outer.type == "export_statement":
        _documented(reader, outer)


def _named_function(
    reader: Reader, node: tree_sitter.Node, name: str, form: str, parameters: tree_sitter.Node | None
) -> None:
    is_component = reader.path.endswith(("x", ".js")) and name[:1].isupper() and "</" in reader.text(node) + "/>"
    if is_component and ("<" in reader.text(node)):
        if reader.path.endswith(("tsx", "jsx")):
            reader.note("component", form, node)
            _props(reader, node, name, parameters)
        return
    if case := case_of(name):
        reader.note("name-function", case, node)


def _props(reader: Reader, node: tree_sitter.Node, name: str, parameters: tree_sitter.Node | None) -> None:
    text = reader.text(parameters)
    if match := re.search(r"\}\s*:\s*(?:Readonly<)?([A-Z]\w*|\{)", text) or re.match(
        r"\(\s*\w+\s*:\s*([A-Z]\w*)", text
    ):
        value = match[1]
        named = "Props" if value == "Props" else "<Component>Props" if value == f"{name}Props" else ""
        reader.note("component-props", named or ("an inline type" if value == "{" else "another type"), node)


def _documented(reader: Reader, node: tree_sitter.Node) -> None:
    before = node.prev_sibling
    is_documented = before is not None and before.type == "comment" and reader.text(before).startswith("/**")
    reader.note("documented", "yes" if is_documented else "no", node)


def _class(reader: Reader, node: tree_sitter.Node) -> None:
    name = reader.field(node, "name")
    if case := case_of(name):
        reader.note("name-class", case, node)
    if word := last_word(name):
        reader.note("class-word", word, node)
    heritage = next((child for child in node.named_children if child.type == "class_heritage"), None)
    if heritage is not None and (match := re.match(r"extends\s+([\w.]+)", reader.text(heritage))):
        reader.note("base", match[1].rpartition(".")[2], node)
        if match[1] in {"React.Component", "Component", "PureComponent", "React.PureComponent"}:
            reader.note("component", "class", node)


def _method(reader: Reader, node: tree_sitter.Node) -> None:
    name = reader.field(node, "name")
    if name != "constructor" and (case := case_of(name)):
        reader.note("name-function", case, node)
    before = node.prev_sibling
    decorators = ""
    while before is not None and before.type == "decorator":
        decorators = reader.text(before) + decorators
        before = before.prev_sibling
    if _NEST_BODY.search(decorators) and "@Body(" in reader.field(node, "parameters"):
        has_class = re.search(
            r"@Body\([^)]*\)\s*\w+\s*:\s*[A-Z]\w*(?:Dto|DTO|Input|Request|Body)", reader.field(node, "parameters")
        )
        reader.note("route-validation", "DTO classes (class-validator)" if has_class else "none", node)


def _throw(reader: Reader, node: tree_sitter.Node) -> None:
    made = node.named_children[0] if node.named_children else None
    if made is not None and made.type == "new_expression":
        name = reader.field(made, "constructor").rpartition(".")[2]
        reader.note("raises", name, node)
        builtin = name in {"Error", "TypeError", "RangeError", "SyntaxError", "ReferenceError", "URIError"}
        reader.note("raise-kind", "builtin" if builtin else "own", node)


def _catch(reader: Reader, node: tree_sitter.Node) -> None:
    name = reader.field(node, "parameter")
    if name.isidentifier():
        reader.note("caught-name", name, node)
    body = reader.field(node, "body")
    if re.search(r"\bthrow\b", body):
        reader.note("handled", "raises", node)
    elif re.search(r"\b(?:console|log|logger)\.\w+\(", body):
        reader.note("handled", "logs", node)
    else:
        reader.note("handled", "ignores" if not re.sub(r"//[^\n]*|/\*.*?\*/|[{}\s;]", "", body) else "other", node)


def _await(reader: Reader, node: tree_sitter.Node) -> None:
    reader.note("promise", "await", node)


def _interface(reader: Reader, node: tree_sitter.Node) -> None:
    reader.note("object-type", "interface", node)
    if case := case_of(reader.field(node, "name")):
        reader.note("name-class", case, node)


def _object_alias(reader: Reader, node: tree_sitter.Node) -> None:
    reader.note("object-type", "type", node)


def _constant(reader: Reader, node: tree_sitter.Node) -> None:
    value = node.child_by_field_name("value")
    declared = node.parent
    if value is None or value.type not in {"number", "string", "true", "false"} or declared is None:
        return
    if declared.children[0].type == "const" and (case := case_of(reader.field(node, "name"))):
        reader.note("name-constant", case, node)


def finish(_reader: Reader) -> None:
    """Nothing more to say of a file."""


HANDLERS: Mapping[str, Handler] = {
    "import": _import, "export": _export, "call": _call, "member": _member, "function": _function, "arrow": _arrow,
    "class": _class, "method": _method, "throw": _throw, "catch": _catch, "await": _await, "interface": _interface,
    "object_alias": _object_alias, "constant": _constant,
}  # fmt: skip
