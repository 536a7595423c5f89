"""Pages of a real server: robots.txt, redirects, limits, and what has not changed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from fluorite_mcp.automatic.pages import USER_AGENT, PageReader
from fluorite_mcp.errors import SourceError
from tests.automatic.conftest import GUIDE, Answer, Site


@pytest.fixture
def reader() -> Iterator[PageReader]:
    opened = PageReader(max_bytes=100_000, pause_seconds=0.0)
    yield opened
    opened.close()


def redirect(to: str) -> object:
    return lambda _request: (302, {"Location": to}, b"")


def test_a_page_is_read_with_its_title(reader: PageReader, site: Site) -> None:
    page = reader.fetch(f"{site.url}/guide")

    assert page is not None
    assert (page.title, page.url) == ("Routing guide", f"{site.url}/guide")
    assert "radix tree" in page.markdown


def test_what_robots_txt_forbids_is_not_asked_for(reader: PageReader, site: Site) -> None:
    site.pages["/robots.txt"] = "User-agent: *\nDisallow: /private\nAllow: /\n"
    site.pages["/private/a"] = GUIDE

    assert reader.fetch(f"{site.url}/guide")
    with pytest.raises(SourceError, match=r"robots\.txt .* does not allow"):
        reader.fetch(f"{site.url}/private/a")
    assert site.count("/private/a") == 0
    assert site.count("/robots.txt") == 1


def test_rules_for_this_program_alone_are_followed(reader: PageReader, site: Site) -> None:
    site.pages["/robots.txt"] = "User-agent: fluorite-mcp\nDisallow: /\n\nUser-agent: *\nAllow: /\n"

    with pytest.raises(SourceError, match="does not allow"):
        reader.fetch(f"{site.url}/guide")


def test_a_host_whose_rules_cannot_be_read_is_left_alone(reader: PageReader, site: Site) -> None:
    site.pages["/robots.txt"] = lambda _request: (503, {}, b"")

    with pytest.raises(SourceError, match="does not allow"):
        reader.fetch(f"{site.url}/guide")


def test_redirects_are_followed_within_the_host(reader: PageReader, site: Site) -> None:
    site.pages["/old"] = redirect("/guide")
    site.pages["/away"] = redirect("http://127.0.0.2:9/guide")
    site.pages["/circle"] = redirect("/circle")

    assert reader.fetch(f"{site.url}/old")
    with pytest.raises(SourceError, match="leads to another host"):
        reader.fetch(f"{site.url}/away")
    with pytest.raises(SourceError, match="more than 5 times"):
        reader.fetch(f"{site.url}/circle")


def test_a_redirect_to_what_robots_txt_forbids_is_not_followed(reader: PageReader, site: Site) -> None:
    site.pages["/robots.txt"] = "User-agent: *\nDisallow: /private\n"
    site.pages["/old"] = redirect("/private")

    with pytest.raises(SourceError, match="does not allow"):
        reader.fetch(f"{site.url}/old")
    assert site.count("/private") == 0


def test_a_page_over_the_limit_is_refused(reader: PageReader, site: Site) -> None:
    site.pages["/large"] = "<p>" + "x" * 200_000

    with pytest.raises(SourceError, match="larger than 100000 bytes"):
        reader.fetch(f"{site.url}/large")


def test_a_server_that_drips_is_left_after_the_time_limit(reader: PageReader, site: Site) -> None:
    def drip(request: BaseHTTPRequestHandler) -> Answer:
        request.send_response(200)
        request.end_headers()
        for _ in range(40):
            request.wfile.write(b"x")
            request.wfile.flush()
            time.sleep(0.1)
        return 200, {}, b""

    site.pages["/slow"] = drip
    started = time.monotonic()
    with pytest.raises(SourceError, match=r"took longer to come|cannot be read"):
        reader.fetch(f"{site.url}/slow", limit_seconds=0.5)
    assert time.monotonic() - started < 3


def test_a_page_that_has_not_changed_is_not_sent_again(reader: PageReader, site: Site) -> None:
    def versioned(request: BaseHTTPRequestHandler) -> Answer:
        headers = {"ETag": '"one"', "Content-Type": "text/html"}
        return (
            (304, headers, b"") if request.headers.get("If-None-Match") == '"one"' else (200, headers, GUIDE.encode())
        )

    site.pages["/guide"] = versioned
    first = reader.fetch(f"{site.url}/guide")

    assert first is not None
    assert reader.fetch(f"{site.url}/guide", first.validators) is None


def test_only_text_is_read_and_plain_text_as_it_is(reader: PageReader, site: Site) -> None:
    site.pages["/logo"] = lambda _request: (200, {"Content-Type": "image/png"}, b"\x89PNG")
    site.pages["/notes.md"] = lambda _request: (200, {"Content-Type": "text/markdown"}, "# Ü\n".encode())

    with pytest.raises(SourceError, match="image/png, not a page"):
        reader.fetch(f"{site.url}/logo")
    page = reader.fetch(f"{site.url}/notes.md")
    assert page is not None
    assert (page.title, page.markdown) == ("notes.md", "# Ü\n")


def test_who_asks_says_so_and_errors_name_the_page(reader: PageReader, site: Site) -> None:
    agents = []

    def failing(request: BaseHTTPRequestHandler) -> Answer:
        agents.append(request.headers["User-Agent"])
        return 500, {}, b""

    site.pages["/guide"] = failing

    with pytest.raises(SourceError, match="/guide answered 500"):
        reader.fetch(f"{site.url}/guide")
    with pytest.raises(SourceError, match="/missing answered 404"):
        reader.fetch(f"{site.url}/missing")
    with pytest.raises(SourceError, match="cannot be read"):
        reader.fetch("http://127.0.0.1:9/guide")
    assert agents == [USER_AGENT]


def test_a_host_gets_a_pause_between_pages(site: Site) -> None:
    reader = PageReader(max_bytes=100_000, pause_seconds=0.2)
    started = time.monotonic()
    reader.fetch(f"{site.url}/guide")
    reader.fetch(f"{site.url}/guide")
    reader.close()

    assert time.monotonic() - started >= 0.4
