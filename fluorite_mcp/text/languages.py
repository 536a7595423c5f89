"""The languages the project knows: how to tell them, and how to parse them.

Which package the grammars come from is known here and nowhere else.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import tree_sitter

_LOG = logging.getLogger(__name__)
# Where the grammar package unpacks its libraries; it has no other knob.
_CACHE_VARIABLE = "SEMBLE_GRAMMARS_CACHE_DIR"


@dataclass(frozen=True, slots=True)
class Language:
    """A language: its canonical name, its grammar and what its files look like.

    Attributes:
        name: Canonical name, lower case.
        grammar: Name of the tree-sitter grammar, or None if files are only read as lines.
        extensions: File extensions with the dot, lower case.
        filenames: Whole file names, lower case.
        interpreters: Programs a `#!` line may name.
        is_prose: Whether the text is meant for people first (documents), not for machines.
        definitions: The query file in `definitions/` that finds its definitions, or None.
    """

    name: str
    grammar: str | None
    extensions: tuple[str, ...] = ()
    filenames: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()
    is_prose: bool = False
    definitions: str | None = None


def _language(
    name: str,
    extensions: str = "",
    filenames: str = "",
    interpreters: str = "",
    *,
    grammar: str | None = None,
    definitions: str | None = None,
    is_prose: bool = False,
) -> Language:
    """Write one row of the table: lists as words, grammar and query named like the language unless given."""
    return Language(
        name=name,
        grammar=grammar or name,
        extensions=tuple(f".{extension}" for extension in extensions.split()),
        filenames=tuple(filenames.split()),
        interpreters=tuple(interpreters.split()),
        is_prose=is_prose,
        definitions=definitions or name,
    )


_TABLE = (
    _language("python", "py pyi pyw", "sconstruct sconscript", "python python2 python3 pypy3 uv"),
    _language("javascript", "js jsx mjs cjs", "jakefile", "node nodejs bun"),
    _language("typescript", "ts mts cts", "", "deno ts-node tsx"),
    _language("tsx", "tsx", definitions="typescript"),
    _language("go", "go"),
    _language("rust", "rs", "", "rust-script"),
    _language("java", "java"),
    _language("c", "c h"),
    _language("cpp", "cpp cc cxx c++ hpp hh hxx h++ ipp tpp inl cu cuh ino"),
    _language("csharp", "cs csx"),
    _language("ruby", "rb rake gemspec ru", "gemfile rakefile vagrantfile podfile brewfile fastfile guardfile", "ruby"),
    _language("php", "php php8 phtml", "", "php"),
    _language("kotlin", "kt kts"),
    _language("swift", "swift", "", "swift"),
    _language("scala", "scala sc sbt"),
    _language("elixir", "ex exs", "mix.lock", "elixir"),
    _language("haskell", "hs", "", "runhaskell runghc stack"),
    _language("lua", "lua", "", "lua luajit"),
    _language(
        "bash",
        "sh bash zsh ksh bats",
        ".bashrc .bash_profile .profile .zshrc .zprofile .zshenv .bash_aliases pkgbuild",
        "sh bash zsh ksh dash ash",
    ),
    _language("zig", "zig zon"),
    _language("sql", "sql psql pgsql ddl"),
    _language("html", "html htm xhtml"),
    _language("css", "css"),
    _language("scss", "scss"),
    _language("yaml", "yaml yml", ".clang-format .clang-tidy .clangd"),
    _language("toml", "toml", "cargo.lock poetry.lock uv.lock pipfile"),
    _language("json", "json webmanifest geojson ipynb", ".prettierrc .eslintrc .babelrc composer.lock"),
    _language("jsonc", "jsonc code-workspace", definitions="json"),
    _language("json5", "json5"),
    _language("markdown", "md markdown mdx mkd qmd", is_prose=True),
    _language("rst", "rst", is_prose=True),
    _language("asciidoc", "adoc asciidoc", is_prose=True),
    _language("org", "org", is_prose=True),
    _language("latex", "tex sty cls", is_prose=True),
    _language("vue", "vue"),
    _language("svelte", "svelte"),
    _language("astro", "astro"),
    _language("dart", "dart", "", "dart"),
    _language("dockerfile", "dockerfile containerfile", "dockerfile containerfile"),
    _language("hcl", "tf hcl tfvars nomad"),
    _language("graphql", "graphql gql graphqls"),
    _language("proto", "proto"),
    _language("ocaml", "ml", "", "ocaml"),
    _language("clojure", "clj cljs cljc edn", "", "bb clojure"),
    _language("julia", "jl", "", "julia"),
    _language("r", "r", ".rprofile", "rscript"),
    _language("perl", "pl pm t", "cpanfile", "perl"),
    _language("make", "mk mak", "makefile gnumakefile", "make"),
    _language("cmake", "cmake", "cmakelists.txt"),
    _language("powershell", "ps1 psm1 psd1", "", "pwsh powershell"),
    _language("erlang", "erl hrl", "rebar.config", "escript"),
    _language("objc", "m mm"),
    _language("xml", "xml xsd xsl xslt svg plist csproj fsproj vbproj props targets xaml resx", "pom.xml"),
    _language("groovy", "groovy gradle gvy", "jenkinsfile", "groovy"),
    _language("solidity", "sol"),
    _language("nix", "nix"),
    _language("starlark", "bzl star", "build build.bazel workspace workspace.bazel tiltfile"),
    _language("fortran", "f90 f95 f03 f08 f for"),
    _language("vim", "vim", ".vimrc .gvimrc"),
    _language("ini", "ini cfg conf editorconfig", ".editorconfig .gitconfig .flake8 .pylintrc"),
    _language("properties", "properties"),
    _language("just", "just", "justfile .justfile", "just"),
)

LANGUAGES: Mapping[str, Language] = MappingProxyType({language.name: language for language in _TABLE})

_BY_EXTENSION = {extension: language.name for language in _TABLE for extension in language.extensions}
_BY_FILENAME = {filename: language.name for language in _TABLE for filename in language.filenames}
_BY_INTERPRETER = {program: language.name for language in _TABLE for program in language.interpreters}

_SHEBANG = re.compile(r"#!\s*(?:\S*/)?(\S+)(.*)")
_CPP_SIGNS = re.compile(
    r"^\s*(?:class|namespace|template|using)\b|\w::\w|^\s*(?:public|private|protected):", re.MULTILINE
)
_OBJC_SIGNS = re.compile(r"^\s*(?:@interface|@protocol|@implementation|@class|#import)\b", re.MULTILINE)


def detect_language(path: str, head: str = "") -> str | None:
    r"""Tell a file's language from its name, else from its first line.

    Args:
        path: File path or name; `/` and `\` separate.
        head: The first few thousand characters, if at hand; tells C from C++ headers and reads a `#!` line.

    Returns:
        The canonical name, or None if it is not known.
    """
    filename = re.split(r"[/\\]", path)[-1].lower()
    name = _BY_FILENAME.get(filename) or _by_extension(filename) or _by_prefix(filename)
    if name == "c" and filename.endswith(".h"):
        return _header_language(head)
    return name or _by_shebang(head)


def _by_extension(filename: str) -> str | None:
    dot = filename.rfind(".")
    return _BY_EXTENSION.get(filename[dot:]) if dot > 0 else None


def _by_prefix(filename: str) -> str | None:
    """Know `Dockerfile.prod` and `Makefile.am` by what stands before the first dot."""
    prefix = filename.split(".", maxsplit=1)[0]
    return prefix.replace("makefile", "make") if prefix in {"dockerfile", "makefile"} else None


def _header_language(head: str) -> str:
    if _OBJC_SIGNS.search(head):
        return "objc"
    return "cpp" if _CPP_SIGNS.search(head) else "c"


def _by_shebang(head: str) -> str | None:
    match = _SHEBANG.match(head)
    if match is None:
        return None
    program, rest = match.group(1), match.group(2).split()
    if program == "env":
        program = next((word for word in rest if not word.startswith("-") and "=" not in word), "")
    program = program.lower()
    return _BY_INTERPRETER.get(program) or _BY_INTERPRETER.get(re.sub(r"[\d.]+$", "", program))


_parsers = threading.local()
_loading = threading.Lock()
_grammars: dict[str, tree_sitter.Language | None] = {}


def parser_for(language: str) -> tree_sitter.Parser | None:
    """Return this thread's parser for a language, or None if the language is unknown or its grammar cannot be loaded.

    The first call for a language may unpack its grammar (about 0.2 s); a failure is logged once, as a warning.
    """
    cached: dict[str, tree_sitter.Parser] = _parsers.__dict__
    if language not in cached:
        grammar = grammar_for(language)
        if grammar is None:
            return None
        from tree_sitter import Parser

        cached[language] = Parser(grammar)
    return cached[language]


def grammar_for(language: str) -> tree_sitter.Language | None:
    """Return the grammar of a language, shared by all threads; None as in `parser_for`."""
    if language not in _grammars:
        with _loading:
            if language not in _grammars:
                _grammars[language] = _load_grammar(language)
    return _grammars[language]


def _load_grammar(language: str) -> tree_sitter.Language | None:
    known = LANGUAGES.get(language)
    if known is None or known.grammar is None:
        return None
    try:
        from semble_grammars import get_language

        _ensure_cache_folder()
        grammar: tree_sitter.Language = get_language(known.grammar)
    except Exception as error:  # a foreign loader: whatever fails there, files are read as lines
        _LOG.warning("No parser for %s, its files are read as lines: %s", language, error)
        return None
    return grammar


def _ensure_cache_folder() -> None:
    """Send the grammars to a private temporary folder if the usual one cannot be written.

    The folder is fresh and private: libraries are loaded from it, so nobody else may have put one there.
    """
    import atexit
    import shutil
    import tempfile

    from semble_grammars.cache import cache_dir

    folder = cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return
    except OSError:
        private = tempfile.mkdtemp(prefix="fluorite-grammars-")
        atexit.register(shutil.rmtree, private, ignore_errors=True)
        os.environ[_CACHE_VARIABLE] = private
