"""Stack traces as queries, in the languages' own forms."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.search.reading import Mention, Reading
from fluorite_mcp.search.traces import MAX_FRAMES, read_trace

PYTHON = """Why does this fail?
Traceback (most recent call last):
  File "/home/bob/app/billing/cli.py", line 12, in main
    total = ledger.sum_totals(rows)
            ^^^^^^^^^^^^^^^^^^^^^^^
  File "/home/bob/.venv/lib/python3.11/site-packages/shop/ledger.py", line 640, in sum_totals
    return self.store.load(
        row)
  File "/usr/lib/python3.11/json/decoder.py", line 337, in decode
    obj, end = self.raw_decode(s)
shop.errors.LedgerError: Invoice 4711 of '8f14e45f-ceea-467f-a8c5-1b0e1c2d3e4f' has no attribute 'due'
"""
JAVASCRIPT = """TypeError: Cannot read properties of undefined (reading 'sumTotals')
    at renderRows (/srv/app/src/table/rows.tsx:42:17)
    at async Object.<anonymous> (file:///srv/app/src/index.ts:3:1)
    at Module._compile (node:internal/modules/cjs/loader:1105:14)
    at Layer.handle [as handle_request] (/srv/app/node_modules/express/lib/router/layer.js:95:5)
"""
BROWSER = """Uncaught (in promise) Error: no such row
renderRows@http://localhost:5173/src/table/rows.tsx?t=1712:42:17
"""
JAVA = """Exception in thread "main" java.lang.IllegalStateException: Order 12 failed
\tat com.acme.billing.OrderService.place(OrderService.java:88)
Caused by: java.sql.SQLException: duplicate key 'abc 1'
\tat com.acme.db.Pool$Inner.lambda$borrow$0(Pool.java:17)
\tat com.acme.db.PoolKt.open(Pool.kt:3)
\tat java.base/java.lang.Thread.run(Thread.java:840)
\t... 12 more
"""
GO = """panic: runtime error: index out of range [5] with length 3

goroutine 1 [running]:
github.com/acme/shop/billing.(*Ledger).Total(0xc000010000, {0x1, 0x2})
\t/home/u/shop/billing/ledger.go:42 +0x1d
main.main()
\t/home/u/shop/main.go:9 +0x25
exit status 2
"""
RUST = """thread 'main' panicked at src/ledger/total.rs:42:5:
called `Option::unwrap()` on a `None` value
stack backtrace:
   0: rust_begin_unwind
             at /rustc/9fc6b43126469e3858e2fe86cafb4f0fd5068869/library/std/src/panicking.rs:665:5
   1: shop::ledger::Ledger::total
             at ./src/ledger/total.rs:42:5
"""
RUBY = """app/models/invoice.rb:17:in `block in Invoice#total': undefined method `sum_lines' for nil (NoMethodError)
\tfrom app/controllers/invoices_controller.rb:8:in `show'
\tfrom /usr/lib/ruby/gems/3.2.0/gems/rack-3.0/lib/rack/builder.rb:1:in 'call'
"""
PHP = """PHP Fatal error:  Uncaught InvalidArgument: No such customer "bob" in /var/www/app/Billing/Invoice.php:42
Stack trace:
#0 /var/www/app/Billing/Run.php(17): App\\Billing\\Invoice->total(Array)
#1 /var/www/public/index.php(3): App\\Billing\\Run->go()
#2 {main}
  thrown in /var/www/app/Billing/Invoice.php on line 42
"""
CSHARP = """Unhandled exception. System.InvalidOperationException: Sequence contains no elements
   at System.Linq.ThrowHelper.ThrowNoElementsException()
   at Acme.Billing.Ledger.Total[T](IEnumerable`1 rows) in C:\\src\\Billing\\Ledger.cs:line 42
   at Acme.Program.<Main>$(String[] args) in /src/Program.cs:line 3
"""

# The text, what is searched for of its message, and its frames, innermost first: path, line, function, of a library.
TRACES = [
    pytest.param(
        PYTHON,
        "Why does this fail? LedgerError: Invoice of has no attribute due",
        [
            ("json/decoder.py", 337, "decode", True),
            ("shop/ledger.py", 640, "sum_totals", True),
            ("/home/bob/app/billing/cli.py", 12, "main", False),
        ],
        id="python",
    ),
    pytest.param(
        JAVASCRIPT,
        "TypeError: Cannot read properties of undefined (reading sumTotals)",
        [
            ("/srv/app/src/table/rows.tsx", 42, "renderRows", False),
            ("/srv/app/src/index.ts", 3, "", False),
            ("express/lib/router/layer.js", 95, "Layer.handle", True),
        ],
        id="javascript",
    ),
    pytest.param(BROWSER, "Error: no such row", [("src/table/rows.tsx", 42, "renderRows", False)], id="browser"),
    pytest.param(
        JAVA,
        "IllegalStateException: Order failed SQLException: duplicate key",
        [
            ("com/acme/db/Pool.java", 17, "Pool.Inner.borrow", False),
            ("com/acme/db/Pool.kt", 3, "open", False),
            ("java/lang/Thread.java", 840, "Thread.run", True),
            ("com/acme/billing/OrderService.java", 88, "OrderService.place", False),
        ],
        id="java",
    ),
    pytest.param(
        GO,
        "runtime error: index out of range [ ] with length",
        [
            ("/home/u/shop/billing/ledger.go", 42, "billing.Ledger.Total", False),
            ("/home/u/shop/main.go", 9, "main.main", False),
        ],
        id="go",
    ),
    pytest.param(
        RUST,
        "called Option::unwrap() on a value",
        [
            ("src/ledger/total.rs", 42, "shop.ledger.Ledger.total", False),
            ("std/src/panicking.rs", 665, "rust_begin_unwind", True),
        ],
        id="rust",
    ),
    pytest.param(
        RUBY,
        "undefined method sum_lines for nil (NoMethodError)",
        [
            ("app/models/invoice.rb", 17, "Invoice.total", False),
            ("app/controllers/invoices_controller.rb", 8, "show", False),
            ("rack/builder.rb", 1, "call", True),
        ],
        id="ruby",
    ),
    pytest.param(
        PHP,
        "InvalidArgument: No such customer",
        [
            ("/var/www/app/Billing/Invoice.php", 42, "App.Billing.Invoice.total", False),
            ("/var/www/app/Billing/Run.php", 17, "App.Billing.Run.go", False),
            ("/var/www/public/index.php", 3, "", False),
        ],
        id="php",
    ),
    pytest.param(
        CSHARP,
        "InvalidOperationException: Sequence contains no elements",
        [
            ("/src/Billing/Ledger.cs", 42, "Acme.Billing.Ledger.Total", False),
            ("/src/Program.cs", 3, "Acme.Program", False),
        ],
        id="csharp",
    ),
]


def frame(mention: Mention) -> tuple[str, int | None, str, bool]:
    return mention.path, mention.line, mention.symbol, mention.is_library


@pytest.mark.parametrize(("text", "message", "frames"), TRACES)
def test_a_trace_is_its_message_and_its_frames(
    text: str, message: str, frames: list[tuple[str, int, str, bool]]
) -> None:
    read = read_trace(Reading(text))

    assert read.is_trace
    assert [frame(one) for one in read.mentions] == frames
    assert " ".join(read.text.split()).startswith(message)


@pytest.mark.parametrize(("text", "message", "frames"), TRACES)
def test_no_machine_and_no_number_is_searched_for(
    text: str, message: str, frames: list[tuple[str, int, str, bool]]
) -> None:
    said = read_trace(Reading(text)).text

    assert not any(character.isdigit() for character in said)
    assert "/" not in said


def test_the_functions_of_own_frames_are_searched_for() -> None:
    assert "renderRows" in read_trace(Reading(JAVASCRIPT)).text
    assert "Layer" not in read_trace(Reading(JAVASCRIPT)).text
    assert "Invoice.total" in read_trace(Reading(PHP)).text


def test_of_chained_errors_the_last_comes_first() -> None:
    chained = (
        "Traceback (most recent call last):\n  File \"/a/first.py\", line 1, in one\nKeyError: 'x'\n\n"
        "During handling of the above exception, another exception occurred:\n\n"
        'Traceback (most recent call last):\n  File "/a/outer.py", line 3, in out\n'
        '  File "/a/inner.py", line 2, in two\n'
        "ValueError: bad"
    )

    assert [one.path for one in read_trace(Reading(chained)).mentions] == ["/a/inner.py", "/a/outer.py", "/a/first.py"]


def test_a_failed_test_of_pytest_is_a_trace() -> None:
    text = "tests/test_a.py:10: in test_total\n    total(1)\nbilling/sums.py:4: ValueError\nE   ValueError: no rows"

    assert [(one.path, one.line) for one in read_trace(Reading(text)).mentions] == [
        ("billing/sums.py", 4),
        ("tests/test_a.py", 10),
    ]


def test_a_recursion_gives_a_bounded_number_of_places() -> None:
    text = "\n".join(f"    at step (/srv/a/deep.js:{line}:1)" for line in range(5_000))

    assert len(read_trace(Reading(text)).mentions) == MAX_FRAMES


def test_a_trace_in_a_log_of_json_is_read() -> None:
    escaped = json.dumps({"level": "error", "message": PYTHON})

    assert read_trace(Reading(escaped)).mentions == read_trace(Reading(PYTHON)).mentions


def test_what_containers_write_before_each_line_does_not_matter() -> None:
    prefixed = "".join(f"web_1  | {line}\n" for line in PYTHON.splitlines())

    assert read_trace(Reading(prefixed)) == read_trace(Reading(PYTHON))


@pytest.mark.parametrize(
    "text",
    [
        "how are traces read",
        "failed\nat 10:30:15",
        "explain src/run.php:42",
        "the bug in src/run.php:42",
        "at the end (of it: all)",
        "see billing/invoices.py:42",
        "File upload in line 3",
        "",
        "#0 x",
    ],
)
def test_other_text_is_no_trace(text: str) -> None:
    assert read_trace(Reading(text)) == Reading(text)


@given(st.text(alphabet="at File\"line0123456789,in():/.py\\#>-+x|'` \n", max_size=400))
def test_any_text_can_be_read(text: str) -> None:
    read = read_trace(Reading(text))

    assert read.is_trace or read == Reading(text)
    assert all(one.path and one.line is not None for one in read.mentions)
