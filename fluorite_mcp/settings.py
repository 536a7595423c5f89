"""Settings, read once at the edge: `fluorite.toml`, then `FLUORITE_*` variables.

The data folder is `FLUORITE_DATA_DIR`, else the platform's user data folder. A value in a section is
`FLUORITE_<SECTION>__<KEY>`, such as `FLUORITE_MEMORY__CACHE_SIZE_MB=256`.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from fluorite_mcp.errors import ConfigError

CONFIG_NAME = "fluorite.toml"
ENV_PREFIX = "FLUORITE_"
# Variables of the project's own tests and scripts; a server that inherits them must start all the same.
TEST_PREFIX = ENV_PREFIX + "TEST_"
TOOL_GROUPS = ("core", "spikes", "episodes", "memory")

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

# Variables that are read beside the sections.
_PLAIN_VARIABLES = frozenset({"DATA_DIR", "TOOLS", "LOG_LEVEL", "EMBEDDING_KEY"})


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MemorySettings(_Section):
    """The store: sizes, decay, linking."""

    cache_size_mb: int = Field(default=512, ge=1, le=1_000_000, description="Limit of the disk cache, in MiB")
    enable_compression: bool = Field(default=True, description="Compress stored content with zstd")
    max_chunk_size: int = Field(default=1_048_576, ge=1024, le=64 * 1_048_576, description="Largest content in bytes")
    decay_half_life_days: float = Field(default=30.0, gt=0, description="Days in which importance halves")
    min_importance: float = Field(default=0.1, ge=0, le=1, description="Below this a memory is archived")
    entropy_threshold: float = Field(default=2.5, ge=0, le=8, description="Bits per character; less is noise")
    similarity_threshold: float = Field(default=0.7, ge=0, le=1, description="Cosine above which chunks are linked")


class LearningSettings(_Section):
    """Learning: what is good enough, and how it runs."""

    quality_threshold: float = Field(default=0.7, ge=0, le=1, description="Below this nothing becomes a pattern")
    batch_size: int = Field(default=32, ge=1, le=4096, description="Files written in one transaction")
    parallel_processing: bool = Field(default=True, description="Use a second core for large folders")
    sources: tuple[str, ...] = Field(default=(), description="What auto-learn reads: folders, repositories, pages")
    time_limit_minutes: float = Field(default=60.0, gt=0, description="A run of auto-learn that takes longer stops")
    max_page_size: int = Field(default=5_242_880, ge=1024, description="Largest page that auto-learn reads, in bytes")

    @field_validator("sources", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """A variable of the environment is one text, with commas."""
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value


class MlSettings(_Section):
    """The embedding model, and the re-ranking model if one is wanted."""

    embedding_model: str = Field(default="builtin", min_length=1, description='"builtin", name, folder or endpoint')
    reranker: str = Field(default="", description='"" for none, the name of a cross-encoder, or a folder')
    cpu_only: bool = Field(default=True, description="Never use an accelerator")
    num_threads: int = Field(default=8, ge=1, le=256, description="Threads for a transformer model")


class SuggestSettings(_Section):
    """Suggestions: whether the client's model may have a part in them."""

    sampling: bool = Field(default=False, description="Ask the client's model, where it offers one, to merge the parts")
    sampling_timeout_seconds: float = Field(default=30.0, gt=0, le=600, description="How long its answer may take")


class Settings(_Section):
    """Everything that can be configured, as frozen values."""

    data_dir: Path
    memory: MemorySettings = MemorySettings()
    learning: LearningSettings = LearningSettings()
    ml: MlSettings = MlSettings()
    suggest: SuggestSettings = SuggestSettings()
    tools: tuple[str, ...] = TOOL_GROUPS
    log_level: str = Field(default="WARNING", pattern=f"^({'|'.join(LOG_LEVELS)})$")
    embedding_key: SecretStr | None = None


_SECTIONS: Mapping[str, type[_Section]] = {
    "memory": MemorySettings, "learning": LearningSettings, "ml": MlSettings, "suggest": SuggestSettings,
}  # fmt: skip


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """Return the folder everything is kept in: `FLUORITE_DATA_DIR`, else the platform's user data folder."""
    configured = environ.get(ENV_PREFIX + "DATA_DIR")
    if configured:
        return Path(configured).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("fluorite-mcp", appauthor=False))


def load_settings(
    *, config: Path | None = None, data_dir: Path | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """Read the settings from the file and the environment.

    Args:
        config: The file to read; `fluorite.toml` in the data folder, if there, when None.
        data_dir: The data folder, instead of the environment's.
        environ: Variables to read instead of the process's own.

    Raises:
        ConfigError: A file, key or value is wrong; names the file, line, key and what it may be.
    """
    variables = os.environ if environ is None else environ
    folder = (data_dir or default_data_dir(variables)).absolute()
    values = _read_file(config) if config else _read_file(folder / CONFIG_NAME, optional=True)
    for section, key, text, variable in _section_variables(variables):
        _check_key(section, key, f"environment variable {variable}")
        values.setdefault(section, {})[key] = text
        _check_value(section, key, text, f"environment variable {variable}")
    return _build(folder, values, variables)


def _build(folder: Path, values: Mapping[str, Any], variables: Mapping[str, str]) -> Settings:
    plain: dict[str, Any] = {"data_dir": folder, **values}
    if tools := variables.get(ENV_PREFIX + "TOOLS"):
        plain["tools"] = _tool_groups(tools)
    if level := variables.get(ENV_PREFIX + "LOG_LEVEL"):
        plain["log_level"] = _log_level(level)
    if key := variables.get(ENV_PREFIX + "EMBEDDING_KEY"):
        plain["embedding_key"] = key
    return Settings(**plain)  # Every value in it was checked where it was read, where its place is known.


def _tool_groups(text: str) -> tuple[str, ...]:
    groups = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for group in groups:
        if group not in TOOL_GROUPS:
            raise ConfigError(f"FLUORITE_TOOLS: unknown group {group!r}. It may hold {', '.join(TOOL_GROUPS)}.")
    if not groups:
        raise ConfigError(f"FLUORITE_TOOLS={text!r} names no group. It may hold {', '.join(TOOL_GROUPS)}.")
    return groups


def _log_level(text: str) -> str:
    if (level := text.upper()) not in LOG_LEVELS:
        raise ConfigError(f"FLUORITE_LOG_LEVEL={text!r} is unknown. It may be {', '.join(LOG_LEVELS)}.")
    return level


def _read_file(path: Path, *, optional: bool = False) -> dict[str, dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")  # Some editors begin a file with a byte order mark.
    except FileNotFoundError as error:
        if optional:
            return {}
        raise ConfigError(f"{path}: no such settings file.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error}).") from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}.") from error
    for section, entries in values.items():
        line = _line_of(text, section, None)
        if section in _SECTIONS and not isinstance(entries, dict):
            raise ConfigError(f"{path}:{line}: {section!r} is a section; write [{section}] and its keys below.")
        if section not in _SECTIONS:
            raise ConfigError(f"{path}:{line}: unknown section {section!r}. {_nearest(section, list(_SECTIONS))}")
        for key, value in entries.items():
            where = f"{path}:{_line_of(text, section, key)}"
            _check_key(section, key, where)
            _check_value(section, key, value, where)
    return values


def _section_variables(variables: Mapping[str, str]) -> Iterator[tuple[str, str, str, str]]:
    for variable, text in sorted(variables.items()):
        if not variable.startswith(ENV_PREFIX) or variable.startswith(TEST_PREFIX):
            continue
        name = variable.removeprefix(ENV_PREFIX)
        if name in _PLAIN_VARIABLES:
            continue
        section, separator, key = name.lower().partition("__")
        if not separator:
            known = [ENV_PREFIX + plain for plain in sorted(_PLAIN_VARIABLES)]
            raise ConfigError(f"Unknown environment variable {variable}. {_nearest(variable, known)}")
        if section not in _SECTIONS:
            raise ConfigError(f"{variable}: unknown section {section!r}. {_nearest(section, list(_SECTIONS))}")
        yield section, key, text, variable


def _check_key(section: str, key: str, where: str) -> None:
    known = list(_SECTIONS[section].model_fields)
    if key not in known:
        raise ConfigError(f"{where}: unknown key {key!r} in [{section}]. {_nearest(key, known)}")


def _check_value(section: str, key: str, value: object, where: str) -> None:
    try:
        _SECTIONS[section].model_validate({key: value})
    except ValidationError as error:
        message = error.errors()[0]["msg"]
        field = _SECTIONS[section].model_fields[key]
        raise ConfigError(
            f"{where}: [{section}] {key} = {value!r} is not usable: {message} "
            f"(default {field.default!r}; {field.description})."
        ) from error


def _nearest(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    guess = f"Did you mean {near[0]!r}? " if near else ""
    return f"{guess}It may be {', '.join(known)}."


def _line_of(text: str, section: str, key: str | None) -> int:
    """Find the line of a section or of a key in it: tomllib keeps no positions."""
    assignment = re.compile(rf"\s*[\"']?{re.escape(key or section)}[\"']?\s*[.=]")
    inside = key is None
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\s*([^\]]+?)\s*\]", line)
        if header:
            inside = header[1] == section
            if inside and key is None:
                return number
        elif inside and assignment.match(line):
            return number
    # Dotted keys and inline tables stand outside their section.
    anywhere = re.compile(rf"\b{re.escape(key or section)}[\"']?\s*=")
    return next((number for number, line in enumerate(text.splitlines(), 1) if anywhere.search(line)), 1)
