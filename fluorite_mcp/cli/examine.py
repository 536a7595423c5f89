"""What `doctor` checks: hands each check the parts it needs. Opens the store for reading only."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fluorite_mcp.errors import ConfigError
from fluorite_mcp.operations.doctor import (
    DoctorResult,
    Finding,
    check_backups,
    check_cache,
    check_disk,
    check_folder,
    check_grammars,
    check_model,
    check_reranker,
    check_sqlite,
)
from fluorite_mcp.operations.store_health import check_store, check_vectors, check_words, open_read_only, quick_check

if TYPE_CHECKING:
    from fluorite_mcp.cli.session import Session
    from fluorite_mcp.ports import Embedder
    from fluorite_mcp.settings import Settings


def examine(session: Session) -> DoctorResult:
    """Run every check that can run, and collect the findings."""
    settings, finding = _read_settings(session)
    folder = settings.data_dir
    findings = [finding, check_folder(folder), check_disk(folder), check_sqlite()]
    embedder, finding = _check_model(settings)
    findings += [
        finding,
        *_check_reranker(settings),
        *_check_store(settings, embedder),
        check_cache(folder / "cache", settings.memory.cache_size_mb),
    ]
    findings += [_check_grammars(), _check_backups(settings)]
    return DoctorResult(healthy=all(one.state != "fail" for one in findings), findings=tuple(findings))


def _read_settings(session: Session) -> tuple[Settings, Finding]:
    """Return the settings; where they are unusable, the defaults, so that the other checks can go on."""
    import os

    from fluorite_mcp.settings import Settings, default_data_dir

    try:
        settings = session.settings()
    except ConfigError as error:
        folder = session.data_dir.expanduser() if session.data_dir else default_data_dir(os.environ)
        finding = Finding(check="settings", state="fail", message=str(error), advice="The server does not start so.")
        return Settings(data_dir=folder.absolute()), finding
    from fluorite_mcp.cli.inspect_settings import config_file

    file = config_file(settings, session.config)
    return settings, Finding(
        check="settings", state="ok", message=str(file) if file.exists() else "defaults and environment"
    )


def _check_model(settings: Settings) -> tuple[Embedder | None, Finding]:
    from fluorite_mcp.embedding.registry import create_embedder

    key = settings.embedding_key
    try:
        embedder = create_embedder(
            settings.ml.embedding_model, cache_dir=settings.data_dir / "models", cpu_only=settings.ml.cpu_only,
            num_threads=settings.ml.num_threads, batch_size=settings.learning.batch_size,
            endpoint_key=key.get_secret_value() if key else None,
        )  # fmt: skip
    except ConfigError as error:
        return None, Finding(check="model", state="fail", message=str(error))
    return embedder, check_model(embedder)


def _check_reranker(settings: Settings) -> list[Finding]:
    """Check the re-ranking model if one is configured."""
    from fluorite_mcp.embedding.registry import create_reranker

    try:
        reranker = create_reranker(
            settings.ml.reranker, cache_dir=settings.data_dir / "models", cpu_only=settings.ml.cpu_only,
            num_threads=settings.ml.num_threads,
        )  # fmt: skip
    except ConfigError as error:
        return [Finding(check="re-ranking model", state="fail", message=str(error))]
    return [] if reranker is None else [check_reranker(reranker)]


def _check_store(settings: Settings, embedder: Embedder | None) -> list[Finding]:
    from fluorite_mcp.engine import DATABASE_NAME
    from fluorite_mcp.search.fields import FIELDS_VERSION
    from fluorite_mcp.storage.backup import backup_hint
    from fluorite_mcp.storage.database import check_file
    from fluorite_mcp.storage.migrations import SCHEMA_VERSION

    database = settings.data_dir / DATABASE_NAME
    found = [check_store(database, check_file, backup_hint, SCHEMA_VERSION)]
    if found[0].state == "fail" or not database.exists() or not database.stat().st_size:
        return found
    with open_read_only(database) as connection:
        found.append(check_words(connection, FIELDS_VERSION))
        if embedder is not None:
            folder = settings.data_dir / "vectors"
            found.append(check_vectors(connection, folder, embedder.name, _count_vectors, _has_words))
    return found


def _count_vectors(file: Path, checksum: str) -> int | None:
    from fluorite_mcp.index.vectors import read_index

    index = read_index(file, checksum)
    return None if index is None else int(index.ntotal)


def _has_words(file: Path, checksum: str) -> bool:
    from fluorite_mcp.index.word_lists import read_word_lists

    return read_word_lists(file, checksum) is not None


def _check_grammars() -> Finding:
    from fluorite_mcp.text.languages import LANGUAGES, grammar_for

    return check_grammars([name for name, language in LANGUAGES.items() if language.grammar], grammar_for)


def _check_backups(settings: Settings) -> Finding:
    from fluorite_mcp.engine import DATABASE_NAME
    from fluorite_mcp.storage.backup import list_backups

    database = settings.data_dir / DATABASE_NAME
    return check_backups(database, list_backups(database), quick_check, datetime.now(UTC))
