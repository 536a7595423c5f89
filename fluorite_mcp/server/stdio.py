"""Serving over stdin and stdout: nothing but JSON-RPC on stdout, and an end that never hangs.

The process leaves with `os._exit`: threads and worker processes that still read files, and the SDK's reader that
waits for the next line, would hold it for as long as they like. What was answered is on disk by then.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from fluorite_mcp.errors import ConfigError

if TYPE_CHECKING:
    from fluorite_mcp.server.app import FluoriteServer
    from fluorite_mcp.settings import Settings

logger = logging.getLogger(__name__)

# Clients kill a server that has not ended soon; running calls and the closing of files get this long each.
GRACE_SECONDS = 0.4

EXIT_CRASHED = 1
EXIT_BAD_SETTINGS = 2


def serve(settings: Settings | None = None) -> NoReturn:
    """Serve until stdin ends or a signal comes; never returns.

    Args:
        settings: Settings that were read already; read from the environment when None.
    """
    # Until the loop runs there is nothing to close, and a traceback would explain nothing.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _leave_project_off_the_path()
    with _stdout_diverted():
        server = _build(settings)
    try:
        asyncio.run(_serve_until_end(server))
    except Exception:
        logger.exception("the server ended with an error")
    _leave(EXIT_CRASHED)


def _leave_project_off_the_path() -> None:
    """Under `python -m` the working folder comes first on the path: a project's own `numpy.py` must not become ours."""
    folder = Path.cwd()
    if Path(__file__).parents[2] != folder:  # A checkout that is not installed is found only there.
        sys.path[:] = [entry for entry in sys.path if entry and Path(entry) != folder]


def _build(settings: Settings | None) -> FluoriteServer:
    from fluorite_mcp.settings import load_settings

    try:
        settings = settings or load_settings()
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201 - there is no log before there are settings
        sys.exit(EXIT_BAD_SETTINGS)
    _log_to_stderr(settings)
    from fluorite_mcp.learning.locate import Place
    from fluorite_mcp.server.app import create_server

    return create_server(settings, Place(Path.cwd()))


def _log_to_stderr(settings: Settings) -> None:
    logging.basicConfig(
        level=settings.log_level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )


@contextlib.contextmanager
def _stdout_diverted() -> Iterator[None]:
    """Send to stderr what imported packages print: on stdout it would end the connection."""
    wire = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(wire, 1)
        os.close(wire)


async def _serve_until_end(server: FluoriteServer) -> NoReturn:
    stop = asyncio.Event()
    _on_signals(stop.set)
    serving = asyncio.create_task(server.run_stdio_async())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
    await server.shut_down(GRACE_SECONDS)
    code = 0
    if serving.done() and (error := serving.exception()) is not None:
        logger.error("the server ended with an error", exc_info=error)
        code = EXIT_CRASHED
    # Not returned: `asyncio.run` would wait for the SDK's reader, which waits for the next line.
    _leave(code)


def _on_signals(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    names = ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP")  # Windows has SIGBREAK and lacks SIGHUP.
    for number in (getattr(signal, name) for name in names if hasattr(signal, name)):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # Windows.
            signal.signal(number, lambda _number, _frame: loop.call_soon_threadsafe(stop))


def _leave(code: int) -> NoReturn:
    logging.shutdown()
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(code)
