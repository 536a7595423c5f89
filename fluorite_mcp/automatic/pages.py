"""Pages that the user named, fetched politely: as robots.txt allows, within limits, and only when they changed."""

from __future__ import annotations

import time
import urllib.robotparser
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from fluorite_mcp.automatic.web_pages import page_text
from fluorite_mcp.errors import SourceError

if TYPE_CHECKING:
    import httpx2

AGENT = "fluorite-mcp"
USER_AGENT = f"{AGENT} (learns pages that its user named)"
# A documentation page answers within seconds; what takes longer is tried again another day.
PAGE_SECONDS = 30.0
MAX_REDIRECTS = 5
# Between two pages of one host, unless its robots.txt asks for more, which is followed up to a limit.
PAUSE_SECONDS = 1.0
MAX_PAUSE_SECONDS = 30.0

_ROBOTS_BYTES = 500_000
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TEXT_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "text/markdown", "text/x-markdown")


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server said of a page's version; sent back, so that an unchanged page need not be sent again."""

    etag: str = ""
    modified: str = ""


UNKNOWN = Validators()


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was fetched: title and Markdown."""

    url: str
    title: str
    markdown: str
    validators: Validators


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a server answered, whole."""

    status: int
    reason: str
    headers: Mapping[str, str]
    text: str


class PageReader:
    """Fetches pages of one run; robots.txt is asked once for each host.

    Args:
        max_bytes: A larger page is refused.
        pause_seconds: Between two requests to one host.
    """

    def __init__(self, max_bytes: int, pause_seconds: float = PAUSE_SECONDS) -> None:
        self._max_bytes = max_bytes
        self._pause = pause_seconds
        self._robots: dict[str, urllib.robotparser.RobotFileParser] = {}
        self._asked_at: dict[str, float] = {}
        self._open_client: httpx2.Client | None = None

    def close(self) -> None:
        """Close connections."""
        if self._open_client is not None:
            self._open_client.close()

    def fetch(self, url: str, known: Validators = UNKNOWN, limit_seconds: float = PAGE_SECONDS) -> Page | None:
        """Fetch a page. Returns None if it is as `known` says.

        Raises:
            SourceError: It cannot be read; says why.
        """
        host = _host(url)
        deadline = time.monotonic() + min(limit_seconds, PAGE_SECONDS)
        for _ in range(MAX_REDIRECTS + 1):
            self._require_allowed(url, deadline)
            response = self._ask(url, known, deadline)
            if response.status not in _REDIRECTS:
                break
            url = urljoin(url, response.headers.get("location", ""))
            if _host(url) != host:
                raise SourceError(f"The page leads to another host, {url}. Name that one as a source if you trust it.")
        else:
            raise SourceError(f"{url} leads on more than {MAX_REDIRECTS} times.")
        if response.status == 304:
            return None
        return _read(url, response)

    def _require_allowed(self, url: str, deadline: float) -> None:
        host = _host(url)
        if host not in self._robots:
            self._robots[host] = self._load_robots(host, deadline)
        if not self._robots[host].can_fetch(AGENT, url):
            raise SourceError(f"robots.txt of {host} does not allow {url}. Remove the source, or ask its owner.")

    def _load_robots(self, host: str, deadline: float) -> urllib.robotparser.RobotFileParser:
        """Read the rules of a host as RFC 9309 says: none where there is no file, all closed where it cannot answer."""
        rules = urllib.robotparser.RobotFileParser()
        url = f"{host}/robots.txt"
        for _ in range(MAX_REDIRECTS + 1):
            response = self._ask(url, UNKNOWN, deadline, max_bytes=_ROBOTS_BYTES)
            if response.status not in _REDIRECTS or _host(urljoin(url, response.headers.get("location", ""))) != host:
                break
            url = urljoin(url, response.headers["location"])
        if response.status == 200:
            rules.parse(response.text.splitlines())
        else:
            rules.parse(["User-agent: *", "Disallow: /"] if response.status >= 500 else [])
        return rules

    def _ask(self, url: str, known: Validators, deadline: float, max_bytes: int | None = None) -> _Answer:
        import httpx2

        self._wait(_host(url), deadline)
        headers = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
        try:
            with self._client().stream(
                "GET", url, headers={name: value for name, value in headers.items() if value}, timeout=_left(deadline)
            ) as response:
                body = _load(response, url, max_bytes or self._max_bytes, deadline)
                encoding = response.charset_encoding or "utf-8"
                return _Answer(response.status_code, response.reason_phrase, response.headers, _decoded(body, encoding))
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise SourceError(f"{url} cannot be read: {str(error) or type(error).__name__}.") from error

    def _client(self) -> httpx2.Client:
        import httpx2

        if self._open_client is None:
            self._open_client = httpx2.Client(headers={"User-Agent": USER_AGENT}, follow_redirects=False)
        return self._open_client

    def _wait(self, host: str, deadline: float) -> None:
        """Leave a host a pause since the last request."""
        rules = self._robots.get(host)
        asked = rules.crawl_delay(AGENT) if rules else None
        pause = min(MAX_PAUSE_SECONDS, max(self._pause, float(asked or 0)))
        now = time.monotonic()
        wait = self._asked_at.get(host, -pause) + pause - now
        if wait > 0 and host in self._asked_at:
            time.sleep(min(wait, max(0.0, deadline - now)))
        self._asked_at[host] = time.monotonic()


def _load(response: httpx2.Response, url: str, max_bytes: int, deadline: float) -> bytes:
    """Read a body piece by piece, so that neither its size nor its slowness costs more than the limits."""
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > max_bytes:
            raise SourceError(f"{url} is larger than {max_bytes} bytes ([learning] max_page_size).")
        if time.monotonic() > deadline:
            raise SourceError(
                f"{url} took longer to come than a page may ({PAGE_SECONDS:.0f} s, or what the run had left)."
            )
    return bytes(body)


def _decoded(body: bytes, encoding: str) -> str:
    try:
        return body.decode(encoding, "replace")
    except LookupError:  # The server named an encoding that there is not.
        return body.decode("utf-8", "replace")


def _read(url: str, response: _Answer) -> Page:
    if response.status != 200:
        raise SourceError(f"{url} answered {response.status} {response.reason}.".replace(" .", "."))
    kind = response.headers.get("content-type", "text/html").split(";")[0].strip().lower()
    if kind not in _TEXT_TYPES:
        raise SourceError(f"{url} is {kind}, not a page of text.")
    validators = Validators(response.headers.get("etag", ""), response.headers.get("last-modified", ""))
    if kind in _TEXT_TYPES[:2]:
        read = page_text(response.text)
        return Page(url, read.title or url, read.markdown, validators)
    title = urlsplit(url).path.rpartition("/")[2] or url
    return Page(url, title, response.text, validators)


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _left(deadline: float) -> float:
    return max(0.1, deadline - time.monotonic())
