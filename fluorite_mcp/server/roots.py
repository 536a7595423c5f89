"""Where a session stands: the roots its client names, where it has any to name, or the working folder."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import anyio
from mcp import MCPError
from mcp.server.session import ServerSession
from mcp.types import ListRootsRequest, ListRootsResult
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from pydantic import ValidationError

logger = logging.getLogger(__name__)

# A client that does not answer by then has no roots: no search may wait for it longer.
ROOTS_TIMEOUT_SECONDS = 2.0

_WINDOWS_DRIVE = re.compile(r"/[A-Za-z]:")


class SessionRoots:
    """The roots of one connection: asked for once, and again after the client says that they changed."""

    def __init__(self) -> None:
        self._known: tuple[Path, ...] | None = None
        self._asking = anyio.Lock()

    def forget(self) -> None:
        """Ask again at the next request."""
        self._known = None

    async def of(self, session: ServerSession) -> tuple[Path, ...]:
        """Return the folders the client allows; none where it names none, cannot be asked, or does not answer."""
        capabilities = session.client_capabilities
        # The 2026-07-28 protocol has no requests from server to client.
        if session.protocol_version not in HANDSHAKE_PROTOCOL_VERSIONS or not (capabilities and capabilities.roots):
            return ()
        async with self._asking:
            if self._known is None:
                self._known = await _ask(session)
            return self._known


async def _ask(session: ServerSession) -> tuple[Path, ...]:
    try:
        answer = await session.send_request(ListRootsRequest(), ListRootsResult, ROOTS_TIMEOUT_SECONDS)
    except (MCPError, ValidationError, TimeoutError) as error:
        logger.warning("the client did not name its roots: %s", error)
        return ()
    named = [path for root in answer.roots if (path := folder_of(str(root.uri))) is not None]
    # A root that is gone cannot be a project, but dropping all of them would lift the limit they set.
    return tuple(path for path in named if path.is_dir()) or tuple(named)


def folder_of(uri: str) -> Path | None:
    """Return the folder of a `file:` URI, or None for another kind of URI."""
    parts = urlsplit(uri)
    if parts.scheme != "file" or not parts.path:
        return None
    path = unquote(parts.path)
    if _WINDOWS_DRIVE.match(path):
        path = path[1:]
    return Path(path)
