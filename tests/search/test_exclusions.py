"""What queries say they do not want; above all, what they do not say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.search.exclusions import read_exclusions
from fluorite_mcp.search.query import understand
from fluorite_mcp.search.reading import NOTHING, Exclusions, Reading

TESTS = Exclusions(tests=True)


def words(*names: str) -> Exclusions:
    return Exclusions(words=frozenset(names))


@pytest.mark.parametrize(
    ("text", "rest", "excluded"),
    [
        ("retry with backoff, not the tests", "retry with backoff", TESTS),
        ("where is retry defined, not in tests", "where is retry defined", TESTS),
        ("retry with backoff but not the tests", "retry with backoff", TESTS),
        ("retry excluding tests", "retry", TESTS),
        ("mail sending without mocks", "mail sending", words("mock")),
        ("retry except vendor", "retry", Exclusions(legacy=True)),
        ("retry, no examples please", "retry please", Exclusions(examples=True)),
        ("retry (not the docs)", "retry )", Exclusions(docs=True)),
        ("retry excluding tests and examples", "retry", Exclusions(tests=True, examples=True)),
        ("sessions excluding redis_store.py", "sessions", words("redisstore")),
        ("sessions outside of django/contrib/", "sessions", words("contrib")),
        ("sessions, excluding redis", "sessions", words("redis")),
        ("sessions outside the admin app", "sessions", words("admin")),
        ("forms, not `ModelForm`", "forms", words("modelform")),
        ("open sockets -tests", "open sockets", TESTS),
        ("non-test code that opens sockets", "that opens sockets", TESTS),
        ("メール送信 テスト以外", "メール送信", TESTS),
        ("テストを除くメール送信", "メール送信", TESTS),
        ("vendor以外のメール送信", "メール送信", Exclusions(legacy=True)),
        ("テストとモック以外で督促", "督促", TESTS | words("mock")),
        ("useState ではなく useReducer を使う場所", "useReducer を使う場所", words("usestate")),
    ],
)
def test_what_is_excluded_is_not_searched_for(text: str, rest: str, excluded: Exclusions) -> None:
    read = read_exclusions(Reading(text))

    assert (" ".join(read.text.split()), read.excluded) == (rest, excluded)


@pytest.mark.parametrize(
    "text",
    [
        "retry without losing the message",
        "request without body",
        "render without a test client",
        "try except block",
        "except ValueError",
        "catch everything except ValueError",
        "errors other than TimeoutError",
        "rows excluding duplicates",
        "why not tests",
        "build without tests",
        "run pytest excluding tests",
        "no tests ran",
        "is not a test",
        "does not test the parser",
        "if not found return default",
        "sorted ascending, not descending",
        "login page, not working",
        "value is not None",
        "git -C folder -v",
        "find slow tests",
        "not the tests",
        "except vendor",
        "GET以外のリクエスト",
        "管理者以外のアクセスを拒否",
        "同期ではなく非同期で送る",
        "例外を処理する",
        "200以外のステータス",
        "",
    ],
)
def test_ordinary_prose_excludes_nothing(text: str) -> None:
    assert read_exclusions(Reading(text)) == Reading(text)


def test_excluded_tests_are_not_asked_for() -> None:
    query = understand("sum totals, not the tests")

    assert not query.wants_tests
    assert "test" not in query.words


@given(st.text(alphabet="not the tests, excluding vendor_a/b.py 以外ではなくテスト(`", max_size=120))
def test_any_text_can_be_read(text: str) -> None:
    read = read_exclusions(Reading(text))

    assert bool(read.excluded) or read == Reading(text)
    assert NOTHING | read.excluded == read.excluded
