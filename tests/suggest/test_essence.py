"""What is left of a piece of code when there is little room for it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.suggest.essence import GAP, essence, first_lines
from fluorite_mcp.text.tokens import count_tokens

HANDLER = '''@router.post("/invoices")
async def create_invoice(body: InvoiceBody, db: Session) -> Invoice:
    """Book an invoice.

    Everything is said at length here, so that there is something to leave out.
    """

    # The number is unique per customer.
    number = next_number(db, body.customer)
    invoice = Invoice(number=number, amount=body.amount)
    total = 0
    total += 1
    db.add(invoice)
    if not invoice.amount:
        raise InvalidAmount(number)
    return invoice
'''

LINES = st.lists(st.text(alphabet="abc .(){}#\"'/*=\t", max_size=40), max_size=60).map("\n".join)


def test_what_fits_is_shown_as_it_is() -> None:
    assert essence(HANDLER, "python", 500) == HANDLER.strip("\n")


def test_comments_and_blank_lines_go_first() -> None:
    shown = essence(HANDLER, "python", count_tokens(HANDLER) - 20)

    assert "at length" not in shown
    assert "# The number" not in shown
    assert '"""Book an invoice.' in shown
    assert "total += 1" in shown


def test_signature_and_what_leaves_stay_longest() -> None:
    shown = essence(HANDLER, "python", 62)

    assert "async def create_invoice" in shown
    assert "raise InvalidAmount(number)" in shown
    assert "total = 0" not in shown
    assert GAP in shown


def test_a_preprocessor_line_is_no_comment() -> None:
    text = "#include <uv.h>\n// why\nint start(loop_t* loop) {\n  return run(loop);\n}\n" + "// more\n" * 20

    assert essence(text, "c", 40).startswith("#include <uv.h>\n")


@given(LINES, st.sampled_from(["python", "go", "haskell", None]), st.integers(0, 200))
def test_an_essence_stays_within_its_tokens_and_adds_no_lines(text: str, language: str | None, tokens: int) -> None:
    shown = essence(text, language, tokens)

    assert count_tokens(shown) <= tokens or not shown
    own = {line.rstrip() for line in text.split("\n")}
    assert all(line.strip() == GAP or line.rstrip() in own for line in shown.split("\n") if line)


@given(LINES, st.integers(0, 200))
def test_first_lines_stay_within_their_tokens(text: str, tokens: int) -> None:
    shown = first_lines(text, tokens)

    assert count_tokens(shown) <= tokens or not shown
