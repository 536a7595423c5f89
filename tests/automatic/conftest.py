"""A web server on this machine that ends with the test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

GUIDE = """<!doctype html><html><head><title>Routing guide</title><style>p {color: red}</style></head>
<body><nav>Home | Docs</nav><main><h1>Routing guide<a href="#x">¶</a></h1>
<p>Routes are matched by a radix tree, so their number costs <em>nothing</em>.</p>
<h2>Wildcards</h2><ul><li>one segment</li><li>the rest</li></ul>
<pre class="language-ts"><code>app.get("/files/*", serve)
  .name("files")</code></pre>
<script>track()</script></main><footer>Imprint</footer></body></html>"""


@dataclass
class Site:
    """Pages by path: a body, or a function from the request to (status, headers, body)."""

    url: str = ""
    pages: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def count(self, path: str) -> int:
        """Return how often a path was asked for."""
        return self.asked.count(path)


Answer = tuple[int, dict[str, str], bytes]
Page = str | Callable[[BaseHTTPRequestHandler], Answer]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    served = Site(pages={"/guide": GUIDE})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            page = served.pages.get(self.path)
            if page is None:
                status, headers, body = 404, {}, b"no such page"
            elif isinstance(page, str):
                status, headers, body = 200, {"Content-Type": "text/html; charset=utf-8"}, page.encode()
            else:
                status, headers, body = page(self)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield served
    server.shutdown()
    thread.join()
    server.server_close()
