"""Opaque cursors: where the next page begins, tied to the request they belong to."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from fluorite_mcp.errors import InputError


def encode_cursor(offset: int, request: Mapping[str, Any]) -> str:
    """Return a cursor for the page that begins at `offset` of a request's results."""
    return base64.urlsafe_b64encode(f"{offset}:{_fingerprint(request)}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, request: Mapping[str, Any]) -> int:
    """Return the offset of a cursor, 0 without one.

    Raises:
        InputError: The cursor is not one of ours or belongs to another request.
    """
    if cursor is None:
        return 0
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
        offset, _, fingerprint = text.partition(":")
        position = int(offset)
    except (ValueError, binascii.Error, UnicodeError) as error:
        raise InputError("cursor is not valid. Pass next_cursor of the previous page unchanged, or none.") from error
    if fingerprint != _fingerprint(request) or position < 0:
        raise InputError("cursor belongs to another request. Repeat all other arguments unchanged, or pass no cursor.")
    return position


def _fingerprint(request: Mapping[str, Any]) -> str:
    text = json.dumps(request, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=9).hexdigest()
