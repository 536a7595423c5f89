"""From HTML to Markdown."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from fluorite_mcp.automatic.web_pages import page_text
from tests.automatic.conftest import GUIDE

MARKDOWN = """# Routing guide

 Routes are matched by a radix tree, so their number costs nothing.

## Wildcards

- one segment
- the rest

```ts
app.get("/files/*", serve)
  .name("files")
```
"""


def test_a_page_becomes_its_headings_paragraphs_lists_and_code() -> None:
    read = page_text(GUIDE)

    assert read.title == "Routing guide"
    assert [line.strip() for line in read.markdown.split("\n") if line.strip()] == [
        line.strip() for line in MARKDOWN.split("\n") if line.strip()
    ]


def test_what_surrounds_the_content_is_left_out() -> None:
    markdown = page_text(GUIDE).markdown

    assert not any(word in markdown for word in ("Home", "Imprint", "track()", "color: red"))


def test_a_page_without_main_is_read_whole() -> None:
    read = page_text("<h1>Notes &amp; facts</h1><p>One<br>Two <code>x &lt; y</code></p><table><tr><td>a<td>b</table>")

    assert read.title == "Notes & facts"
    assert "Two `x < y`" in read.markdown
    assert "| a | b" in read.markdown


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("<>/ahpredivmain1\"'= &;!-\n"), max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    assert isinstance(page_text(text).markdown, str)
