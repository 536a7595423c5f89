"""The catalogue: everything that facts are kept about, and the sentence for each way of doing it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Where(enum.Enum):
    """In which code an aspect is observed: what tests do is no example for the rest, and the reverse."""

    SOURCE = "source"
    TESTS = "tests"
    ANYWHERE = "anywhere"


class Form(enum.Enum):
    """How conventions come from an aspect's cases.

    SHARE: the way most cases do it. FOLDER: the same, but per folder only. PLACE: the folder or file where they lie.
    DATA: none, the facts serve something else.
    """

    SHARE = "share"
    FOLDER = "folder"
    PLACE = "place"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing that code does in some way.

    Attributes:
        category: What it is about.
        sentences: The sentence by way of doing it; "*" serves every other, with `{value}`, `{subject}` and `{folder}`.
            A way without a sentence is counted and never stated.
        commonplace: What goes without saying in a language, as "family:value": worth little.
        per_file: A file is one case, however often it does it.
    """

    category: str
    sentences: Mapping[str, str]
    where: Where = Where.SOURCE
    form: Form = Form.SHARE
    commonplace: frozenset[str] = field(default_factory=frozenset)
    per_file: bool = False

    def sentence(self, value: str, subject: str = "") -> str:
        """Return the sentence for a way of doing it; "" if it is not stated."""
        template = self.sentences[value] if value in self.sentences else self.sentences.get("*", "")
        return template.replace("{value}", value).replace("{subject}", subject)


def _say(**sentences: str) -> dict[str, str]:
    return {name.replace("_", "-"): sentence for name, sentence in sentences.items()}


def _any(sentence: str) -> dict[str, str]:
    return {"*": sentence}


_TESTS = Where.TESTS

ASPECTS: Mapping[str, Aspect] = {
    # Imports and exports
    "import-own": Aspect("imports", _say(
        relative="modules of the project are imported by relative paths",
        absolute="modules of the project are imported by their full names",
        alias="modules of the project are imported through a path alias",
        crate="modules of the crate are imported from crate::",
        super="modules of the crate are imported from super::",
    )),
    "import-as": Aspect("imports", {"(its name)": "", "*": "{subject} is imported as {value}"}),
    "import-builtin": Aspect("imports", _say(
        prefixed="Node's own modules are imported with the node: prefix",
        bare="Node's own modules are imported without the node: prefix",
    )),
    "import-type": Aspect("imports", _say(separate="types alone are imported with import type")),
    "module-system": Aspect("imports", _say(
        esm="files are ES modules (import/export)", commonjs="files are CommonJS modules (require)",
    ), per_file=True, commonplace=frozenset({"script:esm"})),
    "future-annotations": Aspect("imports", _say(
        yes="files begin with from __future__ import annotations",
    ), per_file=True),
    "export": Aspect("exports", _say(
        named="modules export by name, not as default", default="modules export a default",
    )),
    "uses": Aspect("imports", _any("{subject} is imported in {value} only"), Where.SOURCE, Form.PLACE, per_file=True),
    "own-target": Aspect("imports", {}, Where.ANYWHERE, Form.DATA),
    "calls": Aspect("calls", {}, Where.ANYWHERE, Form.DATA),
    # Names
    "name-function": Aspect("naming", _any("functions are named in {value}"), commonplace=frozenset(
        {"python:snake_case", "script:camelCase", "rust:snake_case", "java:camelCase", "ruby:snake_case",
         "php:camelCase", "go:camelCase", "go:PascalCase"})),
    "name-class": Aspect("naming", _any("types are named in {value}"), commonplace=frozenset(
        {f"{f}:PascalCase" for f in ("python", "script", "rust", "java", "ruby", "php", "go")})),
    "name-constant": Aspect("naming", _any("constants of a module are named in {value}"), commonplace=frozenset(
        {"python:UPPER_CASE"})),
    "name-file": Aspect("naming", _any("source files are named in {value}"), commonplace=frozenset(
        {"python:snake_case", "rust:snake_case", "java:PascalCase", "ruby:snake_case", "php:PascalCase",
         "go:snake_case"})),
    "class-word": Aspect("layout", _any("types in {folder} are named …{value}"), form=Form.FOLDER),
    "base": Aspect("layout", _any("classes in {folder} extend {value}"), form=Form.FOLDER),
    "decorated": Aspect("layout", {"(none)": "", "*": "functions in {folder} are decorated with @{value}"},
                        form=Form.FOLDER),
    "logger-name": Aspect("logging", _any("loggers are named {value}")),
    "caught-name": Aspect("errors", _any("caught errors are named {value}")),
    # Types
    "annotated": Aspect("types", _say(
        all="functions annotate all parameters and the result", none="functions have no type annotations",
        some="functions are annotated in part",
    )),
    "optional": Aspect("types", {"X | None": "optional types are written X | None",
                                 "Optional": "optional types are written Optional[X]"}),
    "generics": Aspect("types", _say(
        builtin="generic types are written list[…] and dict[…]", typing="generic types are written List[…], Dict[…]",
    )),
    "object-type": Aspect("types", _say(
        interface="shapes of objects are declared as interface", type="shapes of objects are declared as type",
    )),
    "dataclass": Aspect("types", _say(
        frozen="dataclasses are frozen", plain="dataclasses are plain (not frozen)",
        frozen_slots="dataclasses are frozen and have slots", slots="dataclasses have slots",
    )),
    "strict-types": Aspect("types", _say(
        yes="files declare strict_types=1", no="files do not declare strict_types",
    ), per_file=True),
    "class-final": Aspect("types", _say(final="classes are final", final_readonly="classes are final and readonly")),
    "promotion": Aspect("types", _say(yes="constructors promote their parameters to properties")),
    "receiver": Aspect("types", _say(pointer="methods have pointer receivers", value="methods have value receivers")),
    "derives": Aspect("types", _say(yes="types derive Debug"), commonplace=frozenset({"rust:yes"})),
    "local-type": Aspect("types", _say(
        var="local variables are declared with var", explicit="local variables are declared with their type",
    ), commonplace=frozenset({"java:explicit"})),
    "injection": Aspect("types", _say(
        constructor="dependencies come through the constructor", field="dependencies are injected into fields",
    )),
    # Documentation
    "documented": Aspect("docs", _say(
        yes="public functions have a doc comment", no="public functions have no doc comment",
    )),
    "doc-style": Aspect("docs", _any("doc comments with sections are in {value} style")),
    "frozen-strings": Aspect("types", _say(
        yes="files begin with # frozen_string_literal: true", no="files have no frozen_string_literal comment",
    ), per_file=True),
    # Errors
    "raises": Aspect("errors", _any("what is raised is {value}")),
    "raise-kind": Aspect("errors", _say(
        own="exceptions raised are classes of the project or a library, not built-in ones",
        builtin="exceptions raised are built-in ones",
    )),
    "raise-cause": Aspect("errors", {"from": "an exception raised while handling another names its cause (raise … from)",
                                     "no from": "an exception raised while handling another names no cause"}),
    "except": Aspect("errors", _say(narrow="handlers catch narrow exception classes",
                                    broad="handlers catch Exception or everything"),
                     commonplace=frozenset({"python:narrow", "ruby:narrow"})),
    "handled": Aspect("errors", {
        "logs": "what is caught is logged", "raises": "what is caught is raised again or turned into another error",
        "ignores": "what is caught is ignored without a word", "other": "",
    }),
    "wrap": Aspect("errors", {
        "fmt.Errorf %w": "errors are wrapped with fmt.Errorf and %w", "errors.Wrap": "errors are wrapped with errors.Wrap",
        "fmt.Errorf %v": "errors are put into texts with fmt.Errorf, without %w",
    }),
    "compare-errors": Aspect("errors", {"errors.Is": "errors are compared with errors.Is and errors.As",
                                        "==": "errors are compared with =="}),
    "propagate": Aspect("errors", {"?": "errors are passed on with ?, not unwrapped",
                                   "unwrap": "errors are unwrapped (unwrap, expect) rather than passed on"}),
    "result-error": Aspect("errors", _any("functions that can fail return {value}")),
    # Logging
    "log-call": Aspect("logging", {
        "%-arguments": "log calls pass their values as %-arguments", "f-string": "log calls format with f-strings",
        ".format": "log calls format with .format()", "console": "messages go to console",
        "logger": "messages go through a logger, not console", "fields": "log calls carry named fields",
        "plain": "", "print": "messages are printed", "macro": "log macros are called by their bare name",
        "path macro": "log macros are called with their crate's name",
    }),
    "logger-made": Aspect("logging", _any("loggers are made with {value}")),
    # Routes and validation
    "route-validation": Aspect("validation", {"none": "", "*": "route handlers that take a body validate it with {value}"}),
    "route-async": Aspect("routes", _say(async_="", sync="route handlers are plain functions")
                          | {"async": "route handlers are async"}),
    "route-on": Aspect("routes", _any("routes are registered on {value}")),
    "route-inject": Aspect("routes", {"Annotated": "dependencies of handlers are written Annotated[…, Depends(…)]",
                                      "default": "dependencies of handlers are written as defaults: = Depends(…)"}),
    # Asynchronous code
    "promise": Aspect("async", {"await": "promises are awaited, not chained with .then",
                                ".then": "promises are chained with .then"}, commonplace=frozenset({"script:await"})),
    # Components
    "component": Aspect("components", {"function": "components are function declarations",
                                       "arrow": "components are arrow functions", "class": "components are classes"}),
    "component-props": Aspect("components", _any("props of a component are typed as {value}")),
    "directive": Aspect("components", {"use client": ""}),
    "function-form": Aspect("naming", {"declaration": "functions of a module are declared with function",
                                       "arrow": "functions of a module are arrow functions"}),
    # Data
    "query": Aspect("data", {"raw SQL": "queries are SQL texts", "*": "queries are written with {value}"}),
    # Configuration
    "env": Aspect("config", _any("environment variables are read in {value}"), form=Form.PLACE),
    "env-with": Aspect("config", _any("environment variables are read with {value}")),
    # Formatting of text
    "format": Aspect("calls", {"f-string": "texts are put together with f-strings", ".format": "… with str.format"}
                     | {".format": "texts are put together with str.format"}, commonplace=frozenset({"python:f-string"})),
    # Tests
    "test-form": Aspect("tests", {"function": "tests are plain functions", "method": "tests are methods of classes",
                                  "TestCase": "tests are methods of unittest.TestCase classes"}, _TESTS),
    "test-call": Aspect("tests", _any("tests are written with {value}(…)"), _TESTS),
    "test-mark": Aspect("tests", _any("tests are marked {value}"), _TESTS, commonplace=frozenset({"rust:#[test]"})),
    "test-words": Aspect("tests", {"sentence": "tests are named by sentences (five words or more)", "short": ""}, _TESTS),
    "test-case": Aspect("tests", _any("test functions are named {value}"), _TESTS, commonplace=frozenset(
        {"python:test_snake_case"})),
    "assert": Aspect("tests", _any("tests check with {value}"), _TESTS, commonplace=frozenset({"python:assert"})),
    "mock-call": Aspect("tests", _any("test doubles are made with {value}"), _TESTS),
    "fixture": Aspect("tests", {"fixture": "tests are prepared with pytest fixtures", "setUp": "tests are prepared in setUp",
                                "let": "tests are prepared with let", "before": "tests are prepared in before blocks"},
                      _TESTS),
    "parallel": Aspect("tests", _say(yes="tests call t.Parallel()", no=""), _TESTS),
    "table": Aspect("tests", _say(yes="tests are table-driven (t.Run in a loop)", no=""), _TESTS),
    "test-package": Aspect("tests", _say(
        outside="tests stand in a package of their own (…_test)", inside="tests stand in the package they test",
    ), _TESTS, per_file=True),
    "raises-check": Aspect("tests", {"match": "expected errors are checked by their text too (pytest.raises(…, match=…))",
                                     "bare": "expected errors are checked by class alone"}, _TESTS),
    "role": Aspect("calls", {}, Where.ANYWHERE, per_file=True),
    "test-file": Aspect("tests", _any("test files are named {value}"), _TESTS),
    "test-place": Aspect("tests", {"beside": "tests lie beside what they test", "*": "tests lie in {value}"}, _TESTS),
}  # fmt: skip
