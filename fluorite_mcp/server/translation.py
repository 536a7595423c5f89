"""Errors as clients see them: our own sentences, exactly; everything unforeseen without its details."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from pydantic import ValidationError

from fluorite_mcp import errors
from fluorite_mcp.server.arguments import explain_arguments, guess, shown

if TYPE_CHECKING:
    from mcp.server.mcpserver.tools import Tool

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Translation:
    """How a class of errors leaves the server.

    `log_level` is how loudly the server's own log tells of it: what a caller can mend is no trouble of the server.
    `resource_error` is what a failed reading of a resource becomes.
    """

    log_level: int
    resource_error: type[ResourceError] = ResourceError


_CALLERS = Translation(logging.INFO)
_TROUBLE = Translation(logging.WARNING)
_DAMAGE = Translation(logging.ERROR)

# Every class has its own line, so that a new one is thought about; a test holds this.
TRANSLATIONS: Mapping[type[errors.FluoriteError], Translation] = {
    errors.FluoriteError: _TROUBLE,
    errors.InputError: _CALLERS,
    errors.UnknownIdError: Translation(logging.INFO, ResourceNotFoundError),
    errors.TooLargeError: _CALLERS,
    errors.OutsideRootError: _CALLERS,
    errors.ConfigError: _DAMAGE,
    errors.SourceError: _TROUBLE,
    errors.ProjectError: _CALLERS,
    errors.SpikeError: _TROUBLE,
    errors.EmbeddingError: _TROUBLE,
    errors.RerankingError: _TROUBLE,
    errors.StoreError: _TROUBLE,
    errors.StoreBusyError: _TROUBLE,
    errors.StoreCorruptError: _DAMAGE,
    errors.StoreTooNewError: _DAMAGE,
    errors.StoreFullError: _DAMAGE,
}


def translation_of(error: errors.FluoriteError) -> Translation:
    """Return the line of the error's class, or of its nearest ancestor."""
    return next(TRANSLATIONS[cls] for cls in type(error).__mro__ if cls in TRANSLATIONS)


def tool_failure(tool: Tool, error: Exception) -> str:
    """Return what the caller of a tool reads, and tell the server's log."""
    cause = error.__cause__ if isinstance(error, ToolError) and error.__cause__ is not None else error
    if isinstance(cause, errors.FluoriteError):
        logger.log(translation_of(cause).log_level, "%s: %r", tool.name, str(cause))
        return str(cause)
    if isinstance(cause, ValidationError):
        return explain_arguments(tool, cause)
    logger.error("%s failed", tool.name, exc_info=cause)
    return f"Internal error in {tool.name} ({type(cause).__name__}). The details are in the server's log on stderr."


def resource_failure(error: errors.FluoriteError) -> ResourceError:
    """Return the SDK's error for a resource that cannot be read."""
    translation = translation_of(error)
    logger.log(translation.log_level, "resource: %r", str(error))
    return translation.resource_error(str(error))


def unknown_tool(name: str, known: Iterable[str]) -> str:
    """Say that there is no such tool, and which one may be meant."""
    names = list(known)
    return f"There is no tool {shown(name)}. {guess(name, names)}The tools are {', '.join(names)}."
