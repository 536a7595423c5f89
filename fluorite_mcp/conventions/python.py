"""Facts of Python files."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from fluorite_mcp.conventions.reading import Handler, Reader
from fluorite_mcp.conventions.words import case_of, last_word

if TYPE_CHECKING:
    import tree_sitter

_BUILTIN_ERRORS = frozenset(
    name for name, one in vars(builtins).items() if isinstance(one, type) and issubclass(one, BaseException)
)
_VERBS = frozenset({"get", "post", "put", "patch", "delete", "route", "api_route", "websocket"})
_BODY_VERBS = frozenset({"post", "put", "patch"})
_LOG_METHODS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical"})
_LOGGER = re.compile(r"(?:^|\.)_?(?:log|logger|LOG|LOGGER)$")
_MODEL_PARAM = re.compile(r":\s*(?:Annotated\[)?[\w.]*?\b([A-Z]\w+)")
_NO_MODELS = re.compile(
    r"^(?:.*(?:Request|Response|Session|Client|Service|Depends|Connection|Settings|Repository|Dep)|BackgroundTasks"
    r"|UploadFile|UUID|Any|Optional|Annotated|Path|Query|List|Dict|Union|Literal)$"
)
_CHECKS = (
    (re.compile(r"\.model_validate\(|TypeAdapter\(|validate_python\("), "pydantic models"),
    (re.compile(r"validate_on_submit\(|\.validate\(\)"), "a form's validate()"),
    (re.compile(r"is_valid\("), "serializers or forms (is_valid)"),
    (re.compile(r"[Ss]chema\(?[^)\n]*\)?\.load\("), "a schema's load()"),
)
_SECTIONS = (
    (re.compile(r"^\s*(?:Parameters|Returns|Raises|Yields)\n\s*-{3,}", re.MULTILINE), "numpy"),
    (re.compile(r"^\s*:(?:param|returns?|rtype|type|raises)\b", re.MULTILINE), "Sphinx (:param:)"),
    (re.compile(r"^\s*(?:Args|Arguments|Returns|Raises|Yields|Attributes):\s*$", re.MULTILINE), "Google"),
)
_PLAIN_VALUES = frozenset({"string", "integer", "float", "true", "false", "concatenated_string"})
_QUERYING = frozenset({"execute", "executemany", "fetch", "fetchone", "fetch_one", "fetch_all", "text"})
_SQL = re.compile(r"""^[rbfu]*["']+\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE|WITH|ALTER|PRAGMA)\b""", re.IGNORECASE)


def _import(reader: Reader, node: tree_sitter.Node) -> None:
    module = node.child_by_field_name("module_name")
    names = node.children_by_field_name("name")
    if module is None:
        for name in names:
            _whole(reader, node, name)
        return
    text = reader.text(module)
    own = text.startswith(".") or text.partition(".")[0] in reader.folders
    if text == "unittest" and any(reader.text(name).startswith("mock") for name in names):
        text = "unittest.mock"
    for name in names:
        real = reader.field(name, "name") if name.type == "aliased_import" else reader.text(name)
        local = reader.field(name, "alias") if name.type == "aliased_import" else real
        reader.imported[local] = f"{text}.{real}"
        if own:
            reader.own.add(local)
    if own:
        reader.note("import-own", "relative" if text.startswith(".") else "absolute", node)
        for name in names:
            reader.note("own-target", f"{text} {reader.text(name).partition(' ')[0]}", node)
    else:
        reader.note_import(text, node)


def _whole(reader: Reader, node: tree_sitter.Node, name: tree_sitter.Node) -> None:
    is_aliased = name.type == "aliased_import"
    module = reader.field(name, "name") if is_aliased else reader.text(name)
    local = reader.field(name, "alias") if is_aliased else module.partition(".")[0]
    reader.imported[local] = module if is_aliased else local
    if module.partition(".")[0] in reader.folders:
        reader.own.add(local)
        reader.note("own-target", module, node)
        reader.note("import-own", "absolute", node)
        return
    reader.note_import(module, node)
    if "." not in module:
        reader.note(f"import-as {module}", local if is_aliased else "(its name)", node)


def _function(reader: Reader, node: tree_sitter.Node) -> None:
    name = reader.field(node, "name")
    decorators = list(_decorators(reader, node))
    is_method = node.parent is not None and _owner(node) is not None
    if reader.is_test:
        _test(reader, node, name, decorators)
        return
    if not (name.startswith("__") and name.endswith("__")) and (case := case_of(name)):
        reader.note("name-function", case, node)
    if not name.startswith("_") and not _in_function(node):
        reader.note("documented", "yes" if _docstring(reader, node) else "no", node)
        if not is_method:
            reader.note("decorated", (decorators[0].partition("(")[0] if decorators else "(none)"), node)
    _annotations(reader, node, name)
    _doc_style(reader, node)
    _route(reader, node, decorators)


def _test(reader: Reader, node: tree_sitter.Node, name: str, decorators: list[str]) -> None:
    if any("fixture" in one.partition("(")[0] for one in decorators):
        reader.note("fixture", "fixture", node)
    if name in {"setUp", "setup_method", "setUpClass"}:
        reader.note("fixture", "setUp", node)
    if not name.startswith("test"):
        return
    owner = _owner(node)
    bases = reader.field(owner, "superclasses") if owner is not None else ""
    form = "function" if owner is None else ("TestCase" if "TestCase" in bases else "method")
    reader.note("test-form", form, node)
    reader.note("test-words", "sentence" if name.count("_") >= 5 else "short", node)
    if case := case_of(name):
        reader.note("test-case", f"test_{case}" if name.startswith("test_") else f"in {case}", node)


def _annotations(reader: Reader, node: tree_sitter.Node, name: str) -> None:
    parameters = node.child_by_field_name("parameters")
    if parameters is None:
        return
    kinds = [
        one.type for one in parameters.named_children
        if one.type != "comment" and reader.text(one) not in {"self", "cls", "*", "/"}
    ]  # fmt: skip
    typed = [kind for kind in kinds if kind in {"typed_parameter", "typed_default_parameter"}]
    has_result = node.child_by_field_name("return_type") is not None
    if len(typed) == len([k for k in kinds if k not in {"keyword_separator", "positional_separator"}]) and (
        has_result or (name == "__init__" and kinds)
    ):
        reader.note("annotated", "all", node)
    elif typed or has_result:
        reader.note("annotated", "some", node)
    elif kinds or name != "__init__":
        reader.note("annotated", "none", node)


def _doc_style(reader: Reader, node: tree_sitter.Node) -> None:
    text = _docstring(reader, node)
    for pattern, style in _SECTIONS if text else ():
        if pattern.search(text):
            reader.note("doc-style", style, node)
            return


def _docstring(reader: Reader, node: tree_sitter.Node) -> str:
    body = node.child_by_field_name("body")
    first = body.named_children[0] if body is not None and body.named_children else None
    if first is not None and first.type == "expression_statement" and first.named_children:
        first = first.named_children[0]
    return reader.text(first) if first is not None and first.type == "string" else ""


def _route(reader: Reader, node: tree_sitter.Node, decorators: list[str]) -> None:
    for decorator in decorators:
        target, _, rest = decorator.partition("(")
        on, _, verb = target.rpartition(".")
        if verb not in _VERBS or not on or not re.match(r"""\s*[rf]?["']/?""", rest):
            continue
        reader.note("route-on", on.rpartition(".")[2], node)
        is_async = node.children[0].type == "async"
        reader.note("route-async", "async" if is_async else "sync", node)
        parameters = reader.field(node, "parameters")
        if "Depends(" in parameters:
            reader.note("route-inject", "default" if re.search(r"=\s*Depends\(", parameters) else "Annotated", node)
        takes_body = verb in _BODY_VERBS or re.search(r"POST|PUT|PATCH", rest)
        if takes_body:
            reader.note("route-validation", _validation(reader, node, parameters), node)


def _validation(reader: Reader, node: tree_sitter.Node, parameters: str) -> str:
    text = reader.text(node)
    for pattern, label in _CHECKS:
        if pattern.search(text):
            return label
    if any(module.startswith("fastapi") for module in reader.imported.values()) and any(
        not _NO_MODELS.match(one) for one in _MODEL_PARAM.findall(parameters)
    ):
        return "pydantic models"
    return "none"


def _class(reader: Reader, node: tree_sitter.Node) -> None:
    name = reader.field(node, "name")
    if case := case_of(name):
        reader.note("name-class", case, node)
    if word := last_word(name):
        reader.note("class-word", word, node)
    bases = node.child_by_field_name("superclasses")
    for base in bases.named_children if bases is not None else ():
        if base.type in {"identifier", "attribute"} and reader.text(base) != "object":
            reader.note("base", reader.text(base).rpartition(".")[2], node)
            break
    for decorator in _decorators(reader, node):
        if decorator.partition("(")[0].rpartition(".")[2] == "dataclass":
            frozen, slots = "frozen=True" in decorator, "slots=True" in decorator
            value = "frozen-slots" if frozen and slots else "frozen" if frozen else "slots" if slots else "plain"
            reader.note("dataclass", value, node)


def _raise(reader: Reader, node: tree_sitter.Node) -> None:
    raised = node.named_children[0] if node.named_children else None
    if raised is None:
        return
    target = raised.child_by_field_name("function") if raised.type == "call" else raised
    name = reader.text(target).rpartition(".")[2]
    handler = _within(node, "except_clause")
    if raised.type == "call" and handler is not None:
        reader.note("raise-cause", "from" if node.child_by_field_name("cause") is not None else "no from", node)
    if not name[:1].isupper() or name == "NotImplementedError":
        return
    reader.note("raises", name, node)
    reader.note("raise-kind", "builtin" if name in _BUILTIN_ERRORS and name not in reader.imported else "own", node)


def _except(reader: Reader, node: tree_sitter.Node) -> None:
    head = reader.text(node).partition(":")[0]
    broad = re.fullmatch(r"except(?:\s+(?:Base)?Exception(?:\s+as\s+\w+)?)?\s*", head) is not None
    reader.note("except", "broad" if broad else "narrow", node)
    if caught := re.search(r"\bas\s+(\w+)\s*$", head):
        reader.note("caught-name", caught[1], node)
    body = reader.text(node).partition(":")[2]
    if re.search(r"^\s*raise\b", body, re.MULTILINE):
        reader.note("handled", "raises", node)
    elif re.search(r"\b_?(?:log|logger|logging|LOG|LOGGER)\.\w+\(", body):
        reader.note("handled", "logs", node)
    elif re.sub(r"#[^\n]*", "", body).strip() in {"pass", "...", "continue"}:
        reader.note("handled", "ignores", node)
    else:
        reader.note("handled", "other", node)


def _assert(reader: Reader, node: tree_sitter.Node) -> None:
    reader.note("assert", "assert", node)


def _call(reader: Reader, node: tree_sitter.Node) -> None:
    called = reader.called(node)
    if called is None:
        return
    function, name, arguments, given = called
    head, _, method = name.rpartition(".")
    first = given[0] if given else None
    _note_api(reader, node, name)
    if method in _LOG_METHODS and (_LOGGER.search(head) or head == "logging") and first is not None:
        reader.note("log-call", _log_style(reader, arguments, first), node)
    elif method == "format" and function.type == "attribute" and _is_text(function.child_by_field_name("object")):
        reader.note("format", ".format", node)
    elif reader.is_test:
        _test_call(reader, node, name, method)
    else:
        _source_call(reader, node, name, first)


def _source_call(reader: Reader, node: tree_sitter.Node, name: str, first: tree_sitter.Node | None) -> None:
    method = name.rpartition(".")[2]
    if name in {"os.getenv", "os.environ.get", "getenv", "environ.get"}:
        reader.note("env", "env", node)
        reader.note("env-with", "os.getenv" if method == "getenv" else "os.environ", node)
    elif method in _QUERYING and first is not None and _SQL.match(reader.text(first)):
        reader.note("query", "raw SQL", node)
    elif ".objects." in name + ".":
        reader.note("query", "Django's managers (Model.objects)", node)
    elif name == "select" and reader.imported.get("select", "").startswith("sqlalchemy"):
        reader.note("query", "SQLAlchemy's select()", node)
    elif name.endswith("session.query"):
        reader.note("query", "session.query()", node)


def _note_api(reader: Reader, node: tree_sitter.Node, name: str) -> None:
    local, dot, rest = name.partition(".")
    module = reader.imported.get(local)
    if module and local not in reader.own:
        reader.note("calls", module + dot + rest, node)


def _log_style(reader: Reader, arguments: tree_sitter.Node | None, first: tree_sitter.Node) -> str:
    text = reader.text(first)
    rest = arguments.named_children[1:] if arguments is not None else []
    named = [one for one in rest if one.type == "keyword_argument"]
    if re.match(r"[rb]?f", text) and first.type == "string":
        return "f-string"
    if ".format(" in text:
        return ".format"
    if rest and len(named) < len(rest) and "%" in text:
        return "%-arguments"
    known = {"exc_info", "extra", "stack_info", "stacklevel"}
    return "fields" if any(reader.field(one, "name") not in known for one in named) else "plain"


def _test_call(reader: Reader, node: tree_sitter.Node, name: str, method: str) -> None:
    if method.startswith("assert") and method[6:7].isupper():
        reader.note("assert", "self.assert… methods", node)
    elif name == "pytest.raises":
        reader.note("raises-check", "match" if "match=" in reader.text(node) else "bare", node)
    elif name.startswith("monkeypatch."):
        reader.note("mock-call", "monkeypatch", node)
    elif name in {"mock.patch", "patch", "mock.patch.object", "patch.object", "Mock", "MagicMock", "AsyncMock",
                  "mock.Mock", "mock.MagicMock"}:  # fmt: skip
        reader.note("mock-call", "unittest.mock", node)
    elif name.startswith("mocker."):
        reader.note("mock-call", "mocker (pytest-mock)", node)


def _subscript(reader: Reader, node: tree_sitter.Node) -> None:
    if reader.text(node) == "os.environ" and not (node.parent and _is_target(node.parent)):
        reader.note("env", "env", node)
        reader.note("env-with", "os.environ", node)


def _interpolation(reader: Reader, node: tree_sitter.Node) -> None:
    text = node.parent
    if text is not None and next((c for c in text.named_children if c.type == "interpolation"), None) == node:
        reader.note("format", "f-string", node)


def _assigned(reader: Reader, node: tree_sitter.Node) -> None:
    name, value = reader.text(node), node.parent.child_by_field_name("right") if node.parent else None
    made = reader.text(value).partition("(") if value is not None and value.type == "call" else ("", "", "")
    if "getLogger" in made[0] or made[0] in {"structlog.get_logger", "get_logger"}:
        reader.note("logger-name", name, node)
        reader.note("logger-made", "".join(made)[:60], node)
    elif value is not None and value.type in _PLAIN_VALUES and not name.startswith("__") and (case := case_of(name)):
        reader.note("name-constant", case, node)


def _union(reader: Reader, node: tree_sitter.Node) -> None:
    if re.search(r"\|\s*None\b|\bNone\s*\|", reader.text(node)):
        reader.note("optional", "X | None", node)


def _generic(reader: Reader, node: tree_sitter.Node) -> None:
    name = reader.text(node)
    if name == "Optional":
        reader.note("optional", "Optional", node)
    elif name in {"list", "dict", "tuple", "set", "type", "frozenset"}:
        reader.note("generics", "builtin", node)
    elif name in {"List", "Dict", "Tuple", "Set", "Type", "FrozenSet"}:
        reader.note("generics", "typing", node)


def _future(reader: Reader, node: tree_sitter.Node) -> None:
    if "annotations" in reader.text(node):
        reader.note("future-annotations", "yes", node)


def _decorators(reader: Reader, node: tree_sitter.Node) -> Iterator[str]:
    parent = node.parent
    if parent is not None and parent.type == "decorated_definition":
        for child in parent.children:
            if child.type == "decorator":
                yield reader.text(child).lstrip("@").strip()


def _owner(node: tree_sitter.Node) -> tree_sitter.Node | None:
    """Return the class whose method a function is."""
    parent = node.parent
    if parent is not None and parent.type == "decorated_definition":
        parent = parent.parent
    outer = parent.parent if parent is not None and parent.type == "block" else None
    return outer if outer is not None and outer.type == "class_definition" else None


def _in_function(node: tree_sitter.Node) -> bool:
    return node.parent is not None and _within(node.parent, "function_definition") is not None


def _within(node: tree_sitter.Node, kind: str) -> tree_sitter.Node | None:
    found: tree_sitter.Node | None = node
    while found is not None and found.type != kind:
        if kind == "except_clause" and found.type == "function_definition":
            return None
        found = found.parent
    return found


def _is_text(node: tree_sitter.Node | None) -> bool:
    return node is not None and node.type in {"string", "concatenated_string"}


def _is_target(node: tree_sitter.Node) -> bool:
    parent = node.parent
    return parent is not None and (
        (parent.type == "assignment" and parent.child_by_field_name("left") == node)
        or parent.type == "delete_statement"
    )


def finish(reader: Reader) -> None:
    """Note what the whole file says."""
    if ("future-annotations", "yes") not in reader.found and not reader.is_test and len(reader.source) > 200:
        reader.note_line("future-annotations", "no", 1)


HANDLERS: Mapping[str, Handler] = {
    "import": _import, "future": _future, "class": _class, "function": _function, "raise": _raise, "except": _except,
    "assert": _assert, "call": _call, "subscript": _subscript, "interpolation": _interpolation, "assigned": _assigned,
    "union": _union, "generic": _generic,
}  # fmt: skip
