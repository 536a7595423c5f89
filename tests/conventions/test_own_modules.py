"""From an import to the files of the project that it may mean."""

from __future__ import annotations

import pytest

from fluorite_mcp.conventions.facts import FileFacts
from fluorite_mcp.conventions.own_modules import holds, is_met, own_imports


def candidates(
    language: str, path: str, *observations: tuple[str, str], manifests: dict[str, str] | None = None
) -> list[str]:
    """Return what the only import of a file may mean."""
    facts = FileFacts(language, tuple((aspect, value, (1,)) for aspect, value in observations))
    found = own_imports(facts, path, manifests or {})
    return [place for one in found for place in one.candidates]


@pytest.mark.parametrize(
    ("path", "target", "file"),
    [
        ("src/click/core.py", ".parser _split_opt", "src/click/parser.py"),
        ("src/click/core.py", ". types", "src/click/types.py"),
        ("app/api/v1/orders.py", "..deps get_db", "app/api/deps.py"),
        ("app/api/orders.py", "app.db.session Session", "app/db/session.py"),
        ("app/api/orders.py", "app.db Session", "app/db/__init__.py"),
        ("src/shop/a.py", "shop.b run", "src/shop/b.py"),
    ],
)
def test_python(path: str, target: str, file: str) -> None:
    assert file in candidates("python", path, ("own-target", target))


def test_a_name_that_is_a_module_comes_before_the_module_that_holds_it() -> None:
    found = candidates("python", "app/main.py", ("own-target", ".routers items"))

    assert found.index("app/routers/items.py") < found.index("app/routers/__init__.py")


def test_what_tests_call_of_their_package_names_its_module() -> None:
    found = candidates("python", "tests/test_x.py", ("calls", "fastapi.testclient.TestClient"))

    assert "fastapi/testclient.py" in found
    assert candidates("python", "tests/test_x.py", ("calls", "make().run")) == []


def test_more_dots_than_folders_mean_nothing() -> None:
    assert candidates("python", "a/b.py", ("own-target", "....x y")) == []


@pytest.mark.parametrize(
    ("target", "file"),
    [
        ("./store", "src/app/store.ts"),
        ("../lib/api", "src/lib/api/index.ts"),
        ("./store.js", "src/app/store.ts"),
        ("./data.json", "src/app/data.json"),
        ("@/lib/api", "src/lib/api.ts"),
    ],
)
def test_scripts(target: str, file: str) -> None:
    assert file in candidates("typescript", "src/app/main.ts", ("own-target", target))


def test_a_script_does_not_leave_the_project() -> None:
    assert candidates("typescript", "a/main.ts", ("own-target", "../../../etc/passwd")) == []


def test_go_imports_are_folders_below_the_module() -> None:
    mod = {"go.mod": "module github.com/gin-gonic/gin\n\ngo 1.21\n"}

    def found(module: str) -> list[str]:
        return candidates("go", "render/json.go", ("own-target", module), manifests=mod)

    assert found("github.com/gin-gonic/gin/internal/bytesconv") == ["internal/bytesconv/"]
    assert found("github.com/gin-gonic/gin") == ["./"]
    assert found("github.com/stretchr/testify/assert") == []
    assert candidates("go", "a.go", ("own-target", "example.org/x/y")) == []  # no go.mod


def test_rust_paths_are_followed_from_the_crate_and_from_the_module_above() -> None:
    def found(path: str, target: str) -> list[str]:
        return candidates("rust", path, ("own-target", target))

    assert found("core/src/ext/request.rs", "crate::body::Body")[2:4] == ["core/src/body.rs", "core/src/body/mod.rs"]
    assert "src/a/x.rs" in found("src/a/b.rs", "super::x")
    assert "src/x.rs" in found("src/a/mod.rs", "super::x")
    assert found("src/a/b.rs", "super") == []
    assert "axum-core/src/lib.rs" in candidates("rust", "axum/src/x.rs", ("uses", "axum_core"))


PSR4 = '{"autoload": {"psr-4": {"App\\\\": "src/", "App\\\\Tests\\\\": ["tests/", "more/"]}}}'


@pytest.mark.parametrize(
    ("manifest", "target", "files"),
    [
        (PSR4, "App\\Models\\User", ["src/Models/User.php"]),
        (PSR4, "App\\Tests\\Case", ["more/Case.php", "tests/Case.php", "src/Tests/Case.php"]),
        (PSR4, "Psr\\Log\\LoggerInterface", []),
        ("{", "App\\Models\\User", []),
        ("[1]", "App\\Models\\User", []),
        ('{"autoload": {"psr-4": 3}}', "App\\Models\\User", []),
        ('{"autoload": {"psr-4": {"App\\\\": [3]}}}', "App\\Models\\User", []),
    ],
)
def test_php_follows_what_composer_declares(manifest: str, target: str, files: list[str]) -> None:
    found = candidates("php", "src/a.php", ("own-target", target), manifests={"composer.json": manifest})

    assert sorted(found) == sorted(files)


def test_java_tests_find_the_sources_beside_them() -> None:
    found = candidates("java", "gson/src/test/java/com/google/gson/ATest.java", ("own-target", "com.google.gson.Gson"))

    assert "gson/src/main/java/com/google/gson/Gson.java" in found


def test_ruby_requires() -> None:
    assert candidates("ruby", "lib/rack/lint.rb", ("own-target", "./utils")) == ["lib/rack/utils.rb"]
    assert "lib/rack/utils.rb" in candidates("ruby", "test/a.rb", ("uses", "rack/utils"))


def test_a_language_without_a_reader_has_no_imports() -> None:
    assert candidates("cpp", "a.cpp", ("own-target", "b.h")) == []


@pytest.mark.parametrize(
    ("place", "path", "held", "met"),
    [
        ("a/b.py", "a/b.py", True, True),
        ("a/__init__.py", "a/b/c.py", False, True),
        ("a/b.py", "a/c.py", False, False),
        ("a/", "a/x.go", True, True),
        ("a/", "a/b/x.go", False, False),
        ("./", "x.go", True, True),
        ("index.ts", "x.ts", False, True),
    ],
)
def test_an_index_gives_what_its_folder_defines(place: str, path: str, held: bool, met: bool) -> None:
    assert (holds(place, path), is_met(place, path)) == (held, met)
