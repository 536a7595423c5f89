"""What the benchmark of suggestions hides, and how it judges a context."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from benchmarks.suggest.contexts import Given, common_imports, cut
from benchmarks.suggest.figures import MEASURES, Figure, interval, judge, mean, paired
from benchmarks.suggest.needs import read_needs
from benchmarks.suggest.targets import Hidden, Target, hide
from fluorite_mcp.text.tokens import count_tokens

HANDLER = '''"""Handles {name} requests."""

from shop.errors import NotFound, Conflict
from shop.store import open_store


def create_{name}(request):
    """Book one {name} for the customer of a request."""
    store = open_store(request.tenant)
    if store.lookup_{name}(request.number):
        raise Conflict(request.number)
    booked = store.insert_{name}(request.body)
    store.publish_event(booked)
    audit_trail(booked)
    return render_{name}(booked)


def read_{name}(request):
    store = open_store(request.tenant)
    found = store.lookup_{name}(request.number)
    if found is None:
        raise NotFound(request.number)
    access_log(found)
    check_scope(request, found)
    publish_metrics(found)
    return render_{name}(found)


def render_{name}(booked):
    return serialize_row(booked)
'''

NAMES = ("order", "invoice", "refund", "voucher", "parcel", "carrier", "ledger", "tariff", "quote", "coupon")


@pytest.fixture(scope="module")
def hidden(tmp_path_factory: pytest.TempPathFactory) -> Hidden:
    root = tmp_path_factory.mktemp("tree")
    for name in NAMES:
        (root / "shop").mkdir(exist_ok=True)
        (root / "shop" / f"{name}.py").write_text(HANDLER.format(name=name), encoding="utf-8")
    (root / "tests").mkdir()
    for name in NAMES:
        (root / "tests" / f"test_{name}.py").write_text(f"from shop.{name} import create_{name}\n", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    return hide("shop", "python", root, tmp_path_factory.mktemp("hidden"), each=2)


def test_what_is_hidden_is_gone_with_its_tests(hidden: Hidden) -> None:
    root = Path(hidden.root)
    files = [target for target in hidden.targets if target.kind == "file"]

    for target in files:
        assert not (root / target.path).exists()
        assert not (root / "tests" / f"test_{target.name}").exists()
    for target in hidden.targets:
        if target.kind == "function":
            assert f"def {target.name}(" not in (root / target.path).read_text(encoding="utf-8")


def test_the_task_is_the_name_and_the_purpose_and_neither_is_asked_for(hidden: Hidden) -> None:
    for target in hidden.targets:
        assert target.task.startswith(f"add {target.kind} {target.name}: ")
        assert not set(target.apis) & set(target.task.replace(".", " ").split())


def test_the_same_seed_hides_the_same(hidden: Hidden, tmp_path: Path) -> None:
    root = tmp_path / "again"
    root.mkdir()
    record = Path(hidden.root).parent / "shop-2.json"
    (root / record.name).write_text(record.read_text(encoding="utf-8"), encoding="utf-8")

    assert hide("shop", "python", Path("nowhere"), root, each=2) == hidden


def test_needs_are_calls_and_imports_without_comments_and_texts() -> None:
    needs = read_needs('from app.db import Session\n# drop_all()\nrow = Session.fetch("call_me()")\n', "python")

    assert needs.apis == {"fetch"}
    assert needs.imports == {"app", "Session"}


TARGET = Target("f", "function", "a.py", "add f: sums", True, ("fetch", "store"), ("json",), ("function",))
HIDDEN = Hidden("r", "python", "/r", (TARGET,), ("fetch", "store", "other", "more"))


def test_a_context_is_judged_by_what_it_holds() -> None:
    figure = judge("s", 1500, HIDDEN, TARGET, Given("```python\ndef g():\n    return fetch(other)\n```", 1.0))

    assert dict(zip(MEASURES, figure.values, strict=True)) == {
        "API recall": 0.5, "API precision": 0.5, "import recall": 0.0, "structure recall": 1.0,
        "structure precision": 1.0,
    }  # fmt: skip


def test_nothing_given_is_nothing_found() -> None:
    assert judge("s", 1500, HIDDEN, TARGET, Given("", 1.0)).values == (0.0, 0.0, 0.0, 0.0, 0.0)


def test_differences_are_of_the_same_targets() -> None:
    figures = [
        Figure(system, 1500, repository, "python", "t", (value,), 1, 1.0)
        for system, values in (("new", (0.5, 0.7)), ("old", (0.4, 0.5)))
        for repository, value in zip("ab", values, strict=True)
    ]
    difference, low, high = paired(figures, "new", "old", 0)

    assert (round(difference, 6), round(low, 6), round(high, 6)) == (0.15, 0.1, 0.2)
    assert interval(figures, lambda some: mean(some, 0))[0] <= mean(figures, 0)


def test_the_floor_lists_the_most_common_imports_within_the_budget(hidden: Hidden) -> None:
    floor = common_imports(Path(hidden.root), "python")

    assert floor.split("\n")[1].startswith("from shop.")
    assert count_tokens(cut(floor, 20)) <= 20
