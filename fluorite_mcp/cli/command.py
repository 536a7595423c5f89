"""What all commands share: the options they all take, and the one place where errors become lines and exit codes."""

from __future__ import annotations

import functools
import inspect
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from fluorite_mcp.cli.output import error_console
from fluorite_mcp.cli.session import Session
from fluorite_mcp.errors import ConfigError, FluoriteError, InputError

logger = logging.getLogger(__name__)

EXIT_FAILED = 1
EXIT_USAGE = 2
# As shells report a process that SIGINT (2) or SIGPIPE (13) ended.
EXIT_INTERRUPTED = 128 + 2
EXIT_BROKEN_PIPE = 128 + 13

DataDirOption = Annotated[
    Path | None, typer.Option("--data-dir", metavar="FOLDER", help="Where everything is kept.", show_default=False)
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="The settings file to read.", show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document, for machines.")]

_SHARED = {"json_": (JsonOption, False), "data_dir": (DataDirOption, None), "config": (ConfigOption, None)}


def command(app: typer.Typer, *examples: str, name: str | None = None) -> Callable[[Callable[..., None]], Any]:
    """Register a function as a command that also takes `--json`, `--data-dir` and `--config`.

    Args:
        app: Where to register it.
        examples: Command lines that the help shows.
        name: The command's name; the function's when None.

    Returns:
        A decorator for functions whose first parameter is the `Session`; the others become arguments and options.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        parameters = [_keyword("context", typer.Context, inspect.Parameter.empty)]
        parameters += [_keyword(one.name, one.annotation, one.default) for one in own]
        parameters += [_keyword(key, annotation, default) for key, (annotation, default) in _SHARED.items()]

        @functools.wraps(function)
        def run(context: typer.Context, *, json_: bool, data_dir: Path | None, config: Path | None, **own: Any) -> None:
            outer = context.find_object(Session) or Session()
            session = Session(data_dir or outer.data_dir, config or outer.config, as_json=json_)
            with error_edge():
                function(session, **own)
                sys.stdout.flush()  # A closed pipe shows here, where it is caught, not at the end of the process.

        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # read by inspect
        run.__annotations__ = {one.name: one.annotation for one in parameters}
        epilog = "\n\n".join(f"Example: {example}" for example in examples)
        app.command(name or function.__name__.rstrip("_"), epilog=epilog)(run)
        return function

    return register


def _keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


@contextmanager
def error_edge() -> Iterator[None]:
    """Turn whatever goes wrong inside into one line on stderr and an exit code."""
    try:
        yield
    except (InputError, ConfigError) as error:
        _fail(str(error), EXIT_USAGE)
    except FluoriteError as error:
        _fail(str(error), EXIT_FAILED)
    except KeyboardInterrupt:
        _fail("interrupted", EXIT_INTERRUPTED)
    except BrokenPipeError:
        _discard_output()
        raise typer.Exit(EXIT_BROKEN_PIPE) from None
    except typer.Exit:
        raise
    except Exception as error:  # the last line of defence: a person gets a sentence, not a traceback
        logger.debug("unexpected", exc_info=True)
        text = " ".join(str(error).split()) or "no message"
        _fail(f"unexpected {type(error).__name__}: {text}. Set FLUORITE_LOG_LEVEL=DEBUG to see where.", EXIT_FAILED)


def _fail(message: str, code: int) -> None:
    # Past this point a traceback would only repeat what the line says.
    error_console().print(f"error: {message}", markup=False)
    raise typer.Exit(code) from None


def _discard_output() -> None:
    """Send what is still buffered nowhere: the interpreter flushes stdout once more at its end."""
    try:
        number = sys.stdout.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
