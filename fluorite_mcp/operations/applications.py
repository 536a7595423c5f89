"""What templates wrote where: the base that a later application merges from, and what undoes it."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from fluorite_mcp.errors import UnknownIdError
from fluorite_mcp.ports import MetaStore, Transactions

TOKEN_PREFIX = "apply-"  # noqa: S105 - names a record, opens nothing
"""How the undo of an application begins, by which `restore` tells it from the undo of a forgetting."""

# Each holds the files before and after; whoever has not undone by then will not.
_UNDOS_KEPT = 50

_TOKENS = "spike_undos"
_UNFINISHED = "spike_unfinished"

Files = Mapping[str, tuple[str | None, str | None]]
"""The text before and after, by path; None where there is no file."""


@dataclass(frozen=True, slots=True)
class Application:
    """A template in a place: `part` is the folder below `root` that its paths start from."""

    spike: str
    root: str
    part: str

    @property
    def bases_name(self) -> str:
        """Where the store keeps what the template gave here."""
        place = hashlib.blake2b(f"{self.root}\0{self.part}".encode(), digest_size=8).hexdigest()
        return f"spike_bases:{place}:{self.spike}"


@dataclass(frozen=True, slots=True)
class ApplicationRecord:
    """One application: what it changed, and what the template had given before."""

    application: Application
    files: Files
    bases_before: Mapping[str, str]


class Applications:
    """Keeps records among the store's small values; they belong to this machine and are not exported."""

    def __init__(self, transactions: Transactions, meta: MetaStore) -> None:
        self._transactions = transactions
        self._meta = meta

    async def bases(self, application: Application) -> dict[str, str]:
        """Return what the template gave in this place the last time, by path."""
        text = await self._meta.get(application.bases_name)
        bases: dict[str, str] = json.loads(text) if text else {}
        return bases

    async def keep_bases(self, application: Application, bases: Mapping[str, str]) -> None:
        """Keep what a template gives in this place, where all of it was there already."""
        async with self._transactions.atomic():
            before = await self.bases(application)
            await self._meta.set(application.bases_name, json.dumps({**before, **bases}))

    async def begin(self, application: Application, files: Files, bases: Mapping[str, str]) -> str:
        """Keep what an application is about to do. Returns the token that undoes it."""
        token = f"{TOKEN_PREFIX}{secrets.token_hex(6)}"
        async with self._transactions.atomic():
            before = await self.bases(application)
            record = {
                "spike": application.spike, "root": application.root, "part": application.part,
                "files": {path: list(pair) for path, pair in files.items()}, "bases_before": before,
            }  # fmt: skip
            await self._meta.set(application.bases_name, json.dumps({**before, **bases}))
            await self._meta.set(_record_name(token), json.dumps(record))
            tokens = [*await self.tokens(), token]
            for old in tokens[:-_UNDOS_KEPT]:
                await self._meta.remove(_record_name(old))
                await self._drop_unfinished(old)
            await self._meta.set(_TOKENS, json.dumps(tokens[-_UNDOS_KEPT:]))
            unfinished = {**await self._unfinished(), token: application.root}
            await self._meta.set(_UNFINISHED, json.dumps(unfinished))
        return token

    async def finish(self, token: str) -> None:
        """Note that an application wrote all of its files."""
        async with self._transactions.atomic():
            await self._drop_unfinished(token)

    async def unfinished(self, root: str) -> list[str]:
        """Return the applications that were cut off below a root, or are being written by another process now."""
        return [token for token, where in (await self._unfinished()).items() if where == root]

    async def find(self, token: str) -> ApplicationRecord:
        """Return what an application did.

        Raises:
            UnknownIdError: There is no such application, or it was undone.
        """
        text = await self._meta.get(_record_name(token))
        if text is None:
            newest = (await self.tokens())[-3:]
            hint = f" The newest: {', '.join(reversed(newest))}." if newest else ""
            raise UnknownIdError(f"No application has the undo {token[:60]!r}, or it was undone.{hint}")
        values = json.loads(text)
        return ApplicationRecord(
            Application(values["spike"], values["root"], values["part"]),
            {path: (before, after) for path, (before, after) in values["files"].items()},
            values["bases_before"],
        )

    async def forget(self, token: str) -> None:
        """Drop a record, and take back what it said of the template's bases."""
        record = await self.find(token)
        async with self._transactions.atomic():
            await self._meta.set(record.application.bases_name, json.dumps(dict(record.bases_before)))
            await self._meta.remove(_record_name(token))
            tokens = [one for one in await self.tokens() if one != token]
            await self._meta.set(_TOKENS, json.dumps(tokens))
            await self._drop_unfinished(token)

    async def _drop_unfinished(self, token: str) -> None:
        unfinished = await self._unfinished()
        if unfinished.pop(token, None) is not None:
            await self._meta.set(_UNFINISHED, json.dumps(unfinished))

    async def _unfinished(self) -> dict[str, str]:
        text = await self._meta.get(_UNFINISHED)
        unfinished: dict[str, str] = json.loads(text) if text else {}
        return unfinished

    async def tokens(self) -> list[str]:
        """Return the undos that are kept, newest last."""
        text = await self._meta.get(_TOKENS)
        tokens: list[str] = json.loads(text) if text else []
        return tokens


def _record_name(token: str) -> str:
    return f"spike_undo:{token}"
