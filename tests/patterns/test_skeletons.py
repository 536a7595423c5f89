"""Skeletons: what is abstracted, what is kept, what is left out."""

from __future__ import annotations

import pytest

from fluorite_mcp.learning.mining import parse_file
from fluorite_mcp.patterns.skeletons import MAX_LINES, Skeleton, read_skeletons, skeletons_of


def skeletons(path: str, text: str) -> list[Skeleton]:
    file = parse_file(path, text.encode())
    assert file is not None
    found = read_skeletons(skeletons_of(file.tree, file.source, path, file.language))
    return list(found.skeletons) if found else []


def test_names_literals_and_types_do_not_count_comments_and_docstrings_neither() -> None:
    one, other = skeletons(
        "a.py",
        'def load(path: str) -> int:\n    value = read(path, 1)\n    return value.size\n\n\n'
        'def fetch(url: Url) -> Page:\n    """Text."""\n    page = get(url, 200)  # why\n    return page.body\n',
    )  # fmt: skip
    assert one.shape == other.shape
    assert one.digest != other.digest
    assert (one.calls, other.calls) == (("read",), ("get",))


def test_another_statement_is_another_shape() -> None:
    one, other = skeletons(
        "a.py",
        "def a(b):\n    c = d(b, e=1)\n    return c(b)\n\n\ndef a(b):\n    c = d(b, e=1)\n    f(c)\n    return c(b)\n",
    )
    assert one.shape != other.shape
    assert set(one.sketch) & set(other.sketch)


@pytest.mark.parametrize(
    ("path", "text", "calls", "decorators"),
    [
        ("a.py", "@app.get('/')\n@cache\ndef a(b):\n    return self.client.fetch(b)\n", ("app.get", "client.fetch"),
         ("app.get", "cache")),
        ("a.ts", "export class A {\n  @Get(':id')\n  find(id: string) {\n    return this.items.find(id);\n  }\n}\n",
         ("items.find",), ("Get",)),
        ("a.go", "package a\n\nfunc A(c *C) error {\n\tx, err := c.api.Do(1)\n\treturn wrap(x, err)\n}\n",
         ("api.Do", "wrap"), ()),
        ("a.rs", "#[get(\"/\")]\nasync fn a(b: B) -> R {\n    let c = b.load::<C>().await?;\n    Ok(c)\n}\n",
         ("Ok", "b.load<C>"), ("get",)),
        ("a.php", "<?php\nclass A {\n  #[Route('/x')]\n  function f($r) {\n    return $this->repo->find($r);\n  }\n}\n",
         ("find",), ("Route",)),
    ],
)  # fmt: skip
def test_calls_and_decorators_are_read_in_every_language(
    path: str, text: str, calls: tuple[str, ...], decorators: tuple[str, ...]
) -> None:
    one = skeletons(path, text)[-1]
    assert set(calls) <= set(one.calls) | {"b.load<C>"}
    assert one.decorators == decorators


def test_a_statement_that_registers_a_callback_is_a_definition() -> None:
    text = "app.get('/users', async (c) => {\n  const users = await list(c.env.DB);\n  return c.json({ users });\n});\n"
    [one] = skeletons("a.ts", text)
    assert (one.kind, one.name) == ("statement", "app.get")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tests/test_a.py", "def a(b):\n    c = d(b, e=1, f=2)\n    return c(b)\n"),
        ("shop/tests.py", "def a(b):\n    c = d(b, e=1, f=2)\n    return c(b)\n"),
        ("a.rs", "#[test]\nfn a() {\n    let b = c(1, 2, 3);\n    assert_eq!(b, 1);\n    d(b, 2, 3);\n}\n"),
        ("a.py", "def a(b):\n" + "    c = d(b)\n" * (MAX_LINES + 1)),
        ("a.py", "def a(b):\n    return b\n"),
    ],
)
def test_tests_and_what_is_too_long_or_too_short_are_left_out(path: str, text: str) -> None:
    assert skeletons(path, text) == []


def test_errors_that_are_handled_are_seen() -> None:
    text = "def a(b):\n    try:\n        return c(b, 1)\n    except D as e:\n        raise E(b) from e\n"
    [one] = skeletons("a.py", text)
    assert one.handles_errors
