"""Pages in the store: pieces of global knowledge that name the page they come from."""

from __future__ import annotations

import json
from collections.abc import Callable

from fluorite_mcp.automatic.pages import Page, Validators
from fluorite_mcp.learning.prepare import chunk_id
from fluorite_mcp.learning.ready import prepare_chunks
from fluorite_mcp.models import GLOBAL_SCOPE, Chunk, Origin
from fluorite_mcp.ports import ChunkStore, Embedder, HistoryStore, MetaStore, Transactions
from fluorite_mcp.text.chunker import chunk_text
from fluorite_mcp.text.secrets import redact

# What a page is worth before anyone said anything about it; as learned files.
PAGE_QUALITY = 0.5
_MOST_PAGES = 1_000_000


class LearnPage:
    """Makes the chunks of a page what the page says now."""

    def __init__(
        self,
        transactions: Transactions,
        chunks: ChunkStore,
        history: HistoryStore,
        meta: MetaStore,
        embedder: Embedder,
        now: Callable[[], str],
    ) -> None:
        self._transactions = transactions
        self._chunks = chunks
        self._history = history
        self._meta = meta
        self._embedder = embedder
        self._now = now

    async def known(self, source: str) -> Validators:
        """Return which version of a page the store holds."""
        try:
            return Validators(*json.loads(await self._meta.get(_validators_of(source)) or "[]"))
        except (ValueError, TypeError):
            return Validators()

    async def run(self, source: str, page: Page) -> tuple[int, int]:
        """Write what a page says. Returns how many chunks were added and removed.

        What the user archived of it stays archived.

        Args:
            source: The page as the user named it; what is known of it is found by that.
            page: The page as it is now.
        """
        wanted = {chunk.id: chunk for chunk in self._pieces(source, page)}
        listed = await self._chunks.select(scope=GLOBAL_SCOPE, kinds=["doc"], limit=_MOST_PAGES)
        old = [chunk for chunk in listed if chunk.origin.url == source]
        known = await self._chunks.find(list(wanted))
        new = [chunk for id_, chunk in wanted.items() if id_ not in known]
        gone = [chunk for chunk in old if chunk.id not in wanted]
        prepared, model = await prepare_chunks(new, self._embedder)
        async with self._transactions.atomic():
            await self._chunks.remove([chunk.key for chunk in gone])
            await self._chunks.add(prepared, model)
            await self._history.note([chunk.id for chunk in new], "learned", self._now())
            await self._meta.set(_validators_of(source), json.dumps([page.validators.etag, page.validators.modified]))
        return len(new), len(gone)

    def _pieces(self, source: str, page: Page) -> list[Chunk]:
        now = self._now()
        return [
            Chunk(
                id=chunk_id("doc", source, piece.text),
                kind="doc",
                title=piece.symbol or page.title,
                content=piece.text,
                language="markdown",
                origin=Origin(url=source, symbol=piece.symbol),
                quality=PAGE_QUALITY,
                created_at=now,
                accessed_at=now,
                recorded_at=now,
                metadata={"page": page.title},
            )
            for piece in chunk_text(redact(page.markdown).text, "markdown")
            if piece.text.strip()
        ]


def _validators_of(source: str) -> str:
    return f"page:{source}"
