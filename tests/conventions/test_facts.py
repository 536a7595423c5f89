"""What is read from one file, language by language."""

from __future__ import annotations

import pytest

from fluorite_mcp.conventions.facts import FACTS_VERSION, facts_of, read_facts
from fluorite_mcp.learning.mining import parse_file

PYTHON = b'''from __future__ import annotations
import logging
import numpy as np
from .models import User
from app.errors import NotFound
import fastapi, httpx

logger = logging.getLogger(__name__)
LIMIT = 3

@dataclass(frozen=True, slots=True)
class UserService(Base):
    """Serves."""

@router.post("/users")
async def create(user: UserIn, db: Annotated[Db, Depends(get)]) -> User:
    """Create.

    Args:
        user: It.
    """
    try:
        httpx.get("x")
    except ValueError as error:
        logger.warning("no %s", user)
        raise NotFound(user) from error

@app.post("/raw")
def raw(request):
    return os.environ["KEY"]
'''
SCRIPT = b"""import fs from 'node:fs';
import { z } from 'zod';
import type { A } from './a';
import { b } from '@/b';

export const create = async (x: string) => { await go(); };
export default class UserService extends Base {}
app.post('/users', zValidator('json', z.object({})), async (c) => c.json({}));
app.post('/raw', async (c) => c.json(await c.req.json()));
try { run(); } catch (err) { console.error(err); throw new AppError('x'); }
const port = process.env.PORT;
"""
GO = b"""package store

import (
	"errors"
	"fmt"
	"log/slog"
)

// Get gets.
func (s *Store) Get(id string) error {
	if errors.Is(err, ErrGone) { slog.Info("gone", "id", id) }
	if err == ErrOther { return fmt.Errorf("get %s: %w", id, err) }
	return fmt.Errorf("get: %v", err)
}
func (s *Store) Put() {}
"""
RUST = b"""use crate::model::User;
use tracing::info;

#[derive(Debug, Error)]
pub enum StoreError { A }
/// Gets.
pub fn get(id: u32) -> Result<User, StoreError> { info!("x"); let a = find(id)?; Ok(a) }
#[cfg(test)]
mod tests {
    #[test]
    fn finds_it() { assert_eq!(get(1).unwrap(), 1); }
}
"""
PHP = b"""<?php
declare(strict_types=1);
namespace App\\Http\\Controllers;
use Illuminate\\Support\\Facades\\Log;
final class PostController extends Controller {
    public function __construct(private Posts $posts) {}
    public function store(StorePostRequest $request): Response { throw new \\RuntimeException('x'); }
    public function update(Request $request): Response { $request->validate([]); Log::info('x'); }
}
"""
JAVA = b"""import org.slf4j.Logger;
class UserController extends Base {
    private static final Logger LOG = LoggerFactory.getLogger(UserController.class);
    /** Makes one. */
    @PostMapping public User make(@Valid @RequestBody UserDto dto) { throw new NotFound("x"); }
    @PutMapping public User put(@RequestBody UserDto dto) { var x = 1; throw new IllegalStateException("x"); }
}
"""
RUBY = b"""# frozen_string_literal: true
require 'faraday'
class UserService < Base
  # Gets.
  def get(id)
    raise NotFound, id
  rescue Faraday::Error => e
    Rails.logger.warn(e)
  end
end
"""


def observed(path: str, source: bytes) -> dict[tuple[str, str], tuple[int, ...]]:
    file = parse_file(path, source)
    assert file is not None
    facts = read_facts(facts_of(file.tree, file.source, file.path, file.language))
    assert facts is not None
    return {(aspect, value): lines for aspect, value, lines in facts.observations}


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        ("app/users.py", PYTHON, {
            ("import-as numpy", "np"): (3,), ("import-own", "relative"): (4,), ("import-own", "absolute"): (5,),
            ("role http", "httpx"): (6,), ("logger-made", "logging.getLogger(__name__)"): (8,),
            ("name-constant", "UPPER_CASE"): (9,),
            ("dataclass", "frozen-slots"): (12,), ("class-word", "Service"): (12,),
            ("base", "Base"): (12,),
            ("route-validation", "pydantic models"): (16,), ("route-inject", "Annotated"): (16,),
            ("doc-style", "Google"): (16,),
            ("calls", "httpx.get"): (23,), ("except", "narrow"): (24,),
            ("log-call", "%-arguments"): (25,), ("raise-cause", "from"): (26,), ("raise-kind", "own"): (26,),
            ("route-validation", "none"): (29,), ("env-with", "os.environ"): (30,), ("annotated", "none"): (29,),
        }),
        ("src/users.ts", SCRIPT, {
            ("import-builtin", "prefixed"): (1,), ("role validation", "zod"): (2,), ("import-type", "separate"): (3,),
            ("import-own", "alias"): (4,), ("export", "named"): (6,), ("export", "default"): (7,),
            ("route-validation", "zod"): (8,), ("route-validation", "none"): (9,), ("caught-name", "err"): (10,),
            ("handled", "raises"): (10,), ("raises", "AppError"): (10,), ("env-with", "process.env"): (11,),
        }),
        ("store/store.go", GO, {
            ("receiver", "pointer"): (10, 15), ("documented", "yes"): (10,), ("documented", "no"): (15,),
            ("compare-errors", "errors.Is"): (11,), ("log-call", "fields"): (11,), ("compare-errors", "=="): (12,),
            ("wrap", "fmt.Errorf %w"): (12,), ("wrap", "fmt.Errorf %v"): (13,), ("role logging", "log/slog"): (6,),
        }),
        ("src/store.rs", RUST, {
            ("import-own", "crate"): (1,), ("role logging", "tracing"): (2,), ("derives", "yes"): (5,),
            ("result-error", "Result<_, StoreError>"): (7,), ("propagate", "?"): (7,), ("log-call", "macro"): (7,),
            ("test-case", "without test_"): (11,), ("assert", "assert_eq!"): (11,),
        }),
        ("app/Http/Controllers/PostController.php", PHP, {
            ("strict-types", "yes"): (1,), ("class-final", "final"): (5,), ("promotion", "yes"): (6,),
            ("route-validation", "a form request class"): (7,), ("raise-kind", "builtin"): (7,),
            ("route-validation", "$request->validate()"): (8,), ("role logging", "Laravel's Log"): (4,),
        }),
        ("src/main/java/UserController.java", JAVA, {
            ("role logging", "SLF4J"): (1,), ("logger-name", "LOG"): (3,), ("documented", "yes"): (5,),
            ("route-validation", "@Valid on the body"): (5,), ("raise-kind", "own"): (5,),
            ("route-validation", "none"): (6,), ("raise-kind", "builtin"): (6,), ("local-type", "var"): (6,),
        }),
        ("lib/user_service.rb", RUBY, {
            ("frozen-strings", "yes"): (1,), ("role http", "faraday"): (2,), ("documented", "yes"): (5,),
            ("raises", "NotFound"): (6,), ("caught-name", "e"): (7,), ("except", "narrow"): (7,),
            ("log-call", "logger"): (8,),
        }),
    ],
)  # fmt: skip
def test_a_file_says_what_it_does_and_where(
    path: str, source: bytes, expected: dict[tuple[str, str], tuple[int, ...]]
) -> None:
    found = observed(path, source)

    assert {key: found.get(key) for key in expected} == expected


def test_test_code_says_how_it_tests_and_nothing_else() -> None:
    found = observed("tests/test_a.py", b"def test_one():\n    assert x\n    raise ValueError(1)\n")

    assert set(found) == {("test-form", "function"), ("test-words", "short"), ("test-case", "test_snake_case"),
                          ("assert", "assert")}  # fmt: skip


def test_a_language_without_a_reader_still_counts_as_a_file() -> None:
    file = parse_file("a.lua", b"local x = 1\n")
    assert file is not None

    facts = read_facts(facts_of(file.tree, file.source, file.path, file.language))

    assert facts is not None
    assert (facts.language, facts.observations) == ("lua", ())


@pytest.mark.parametrize(
    ("head", "thrown", "kind"),
    [
        ("namespace App;\nuse RuntimeException;", "RuntimeException", "builtin"),
        ("namespace App;", "\\RuntimeException", "builtin"),
        ("namespace App;\nuse Acme\\RuntimeException;", "RuntimeException", "own"),
        ("namespace App;", "RuntimeException", "own"),
    ],
)
def test_an_exception_of_phps_own_is_told_by_where_its_name_comes_from(head: str, thrown: str, kind: str) -> None:
    source = f"<?php\n{head}\nfunction f() {{ throw new {thrown}('x'); }}\n"

    assert [value for aspect, value in observed("src/a.php", source.encode()) if aspect == "raise-kind"] == [kind]


def test_facts_of_another_version_are_not_read() -> None:
    assert read_facts(f'[{FACTS_VERSION + 1},"python",["a","b",1]]'.encode()) is None
    assert read_facts(b"") is None


def test_lines_are_noted_in_the_order_of_the_file() -> None:
    source = "".join(f"class Kind{n}(Base):\n    def area(self, width):\n        return width\n" for n in range(50))
    lines = list(observed("app/kinds.py", source.encode()).values())

    assert any(len(some) > 10 for some in lines)
    assert all(list(some) == sorted(some) for some in lines)
