"""fluorite-mcp: the local memory and pre-learning engine for coding assistants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Engine", "FluoriteError", "__version__"]

if TYPE_CHECKING:
    from fluorite_mcp.engine import Engine
    from fluorite_mcp.errors import FluoriteError


def __getattr__(name: str) -> Any:
    """Import the public names on first use: `import fluorite_mcp` must cost nothing at start."""
    if name == "Engine":
        from fluorite_mcp.engine import Engine

        return Engine
    if name == "FluoriteError":
        from fluorite_mcp.errors import FluoriteError

        return FluoriteError
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
