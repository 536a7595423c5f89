"""Facts of Go files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from fluorite_mcp.conventions.reading import Handler, Reader
from fluorite_mcp.conventions.words import last_word

if TYPE_CHECKING:
    import tree_sitter

_VERBS = re.compile(r"\.(?:GET|POST|PUT|PATCH|DELETE|Get|Post|Put|Patch|Delete)$")
_ERR = re.compile(r"\berr\b|\b\w*Err\b")
_LOG = re.compile(r"^(?:log|slog|logger|level|zap|logrus)\.")
_SQL = re.compile(r"[`\"]\s*(?:SELECT|INSERT|UPDATE|DELETE)\s", re.IGNORECASE)
_FIELDS = re.compile(r"""\([^,]*"[^"%]*"\s*,\s*"[a-zA-Z_.]+"\s*,""")
_MAX_ARGUMENTS = 2_000


def _package(reader: Reader, node: tree_sitter.Node) -> None:
    name = reader.text(node).rpartition(" ")[2]
    if name != "main":
        reader.note("test-package", "outside" if name.endswith("_test") else "inside", node)


def _import(reader: Reader, node: tree_sitter.Node) -> None:
    module = reader.field(node, "path").strip('"`')
    alias = reader.field(node, "name")
    name = alias or re.sub(r"/v\d+$", "", module).rpartition("/")[2]
    reader.imported[name] = module
    reader.note("own-target", module, node)
    reader.note_import(module, node)
    if alias not in {"_", "."}:
        reader.note(f"import-as {module}", alias or "(its name)", node)


def _function(reader: Reader, node: tree_sitter.Node) -> None:
    name = reader.field(node, "name")
    if reader.is_test:
        if re.match(r"Test[A-Z_]", name):
            _test(reader, node, name)
        return
    _documented(reader, node, name)


def _test(reader: Reader, node: tree_sitter.Node, name: str) -> None:
    body = reader.field(node, "body")
    is_table = re.search(r"\bfor\b[^{]*\brange\b", body) is not None and ".Run(" in body
    reader.note("table", "yes" if is_table else "no", node)
    reader.note("parallel", "yes" if "t.Parallel()" in body else "no", node)
    reader.note("test-case", "TestSubject_Case" if "_" in name else "TestSubjectCase", node)


def _method(reader: Reader, node: tree_sitter.Node) -> None:
    receiver = reader.field(node, "receiver")
    reader.note("receiver", "pointer" if "*" in receiver else "value", node)
    _documented(reader, node, reader.field(node, "name"))


def _documented(reader: Reader, node: tree_sitter.Node, name: str) -> None:
    if name[:1].isupper():
        before = node.prev_sibling
        while before is not None and before.type == "\n":
            before = before.prev_sibling
        above = before is not None and before.type == "comment" and before.end_point[0] + 1 >= node.start_point[0]
        reader.note("documented", "yes" if above else "no", node)


def _type(reader: Reader, node: tree_sitter.Node) -> None:
    if word := last_word(reader.field(node, "name")):
        reader.note("class-word", word, node)


def _call(reader: Reader, node: tree_sitter.Node) -> None:
    name = reader.field(node, "function")
    arguments = reader.field(node, "arguments")
    if len(name) > 80:
        return
    package, _, rest = name.partition(".")
    if package in reader.imported and rest:
        reader.note("calls", f"{reader.imported[package]}.{rest}", node)
    if name == "fmt.Errorf" and "%w" in arguments:
        reader.note("wrap", "fmt.Errorf %w", node)
    elif name == "fmt.Errorf" and re.search(r",\s*err\s*,?\s*\)$", arguments):
        reader.note("wrap", "fmt.Errorf %v", node)
    elif name in {"errors.Wrap", "errors.Wrapf"}:
        reader.note("wrap", "errors.Wrap", node)
    elif name in {"errors.Is", "errors.As"}:
        reader.note("compare-errors", "errors.Is", node)
    elif name in {"os.Getenv", "os.LookupEnv"} or (package == "viper" and rest.startswith("Get")):
        reader.note("env", "env", node)
        reader.note("env-with", "viper" if package == "viper" else name, node)
    elif reader.is_test:
        _test_call(reader, node, name)
    else:
        _source_call(reader, node, name, arguments[:_MAX_ARGUMENTS])


def _source_call(reader: Reader, node: tree_sitter.Node, name: str, arguments: str) -> None:
    if _LOG.match(name) and re.search(r"\.(?:Print|Info|Warn|Error|Debug|Fatal|Log)", name):
        reader.note("log-call", "fields" if _FIELDS.match(arguments) else "plain", node)
    elif _VERBS.search(name) and re.match(r'\(\s*"/', arguments):
        reader.note("route-on", name.rpartition(".")[0].rpartition(".")[2], node)
    elif re.search(r"\.(?:Query|QueryRow|Exec)(?:Context)?$", name) and _SQL.search(arguments):
        reader.note("query", "raw SQL", node)
    elif re.search(r"\.(?:ShouldBind|BindJSON|Bind)\w*$", name):
        reader.note("route-validation", f"{name.rpartition('.')[2]} (binding tags)", node)


def _test_call(reader: Reader, node: tree_sitter.Node, name: str) -> None:
    if name.startswith(("require.", "assert.")):
        reader.note("assert", f"testify's {name.partition('.')[0]}", node)
    elif re.match(r"t\.(?:Error|Fatal)f?$", name):
        reader.note("assert", "if and t.Error or t.Fatal", node)


def _compare(reader: Reader, node: tree_sitter.Node) -> None:
    left, right = reader.field(node, "left"), reader.field(node, "right")
    if _ERR.fullmatch(left) and re.search(r"(?:^|\.)(?:Err[A-Z]|EOF$)", right):
        reader.note("compare-errors", "==", node)


def finish(_reader: Reader) -> None:
    """Nothing more to say of a file."""


HANDLERS: Mapping[str, Handler] = {
    "package": _package, "import": _import, "function": _function, "method": _method, "type": _type, "call": _call,
    "compare": _compare,
}  # fmt: skip
