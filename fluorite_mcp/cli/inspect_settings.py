"""The settings in effect, each with where its value comes from; secrets masked."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fluorite_mcp.settings import CONFIG_NAME, ENV_PREFIX

if TYPE_CHECKING:
    from fluorite_mcp.settings import Settings

_SECTIONS = ("memory", "learning", "ml")
_PLAIN = ("tools", "log_level", "embedding_key")
_MASK = "********"
_PASSWORD_IN_URL = re.compile(r"(?<=://)[^/@\s]+@")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigValue:
    """One setting. `source` is "default", a file, or an environment variable."""

    name: str
    value: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigReport:
    """Every setting, and the file that settings are read from."""

    file: str
    exists: bool
    values: tuple[ConfigValue, ...] = ()


def config_file(settings: Settings, config: Path | None) -> Path:
    """Return the file that settings are read from, whether it exists or not."""
    return config.expanduser().absolute() if config else settings.data_dir / CONFIG_NAME


def inspect_settings(
    settings: Settings, file: Path, *, data_dir: Path | None = None, environ: Mapping[str, str] = os.environ
) -> ConfigReport:
    """Say where each value in effect comes from.

    Args:
        settings: As `load_settings` returned them, so file and variables are known to be valid.
        file: The file they were read from, if it exists.
        data_dir: The data folder that was asked for on the command line.
        environ: The variables they were read from.
    """
    written: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    variables = {name.removeprefix(ENV_PREFIX).lower(): name for name in environ if name.startswith(ENV_PREFIX)}
    values = [_value("data_dir", settings.data_dir, "--data-dir" if data_dir else _variable(variables, "data_dir"))]
    for section in _SECTIONS:
        for key, value in getattr(settings, section).model_dump().items():
            source = _variable(variables, f"{section}__{key}")
            if source is None and key in written.get(section, {}):
                source = str(file)
            values.append(_value(f"{section}.{key}", value, source))
    values += [_value(name, getattr(settings, name), _variable(variables, name)) for name in _PLAIN]
    return ConfigReport(file=str(file), exists=file.exists(), values=tuple(values))


def _variable(variables: Mapping[str, str], name: str) -> str | None:
    return variables.get(name)


def _value(name: str, value: object, source: str | None) -> ConfigValue:
    if name == "embedding_key":
        text = _MASK if value else "not set"
    elif isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, tuple):
        text = ", ".join(value)
    else:
        text = _PASSWORD_IN_URL.sub(f"{_MASK}@", str(value))
    return ConfigValue(name=name, value=text, source=source or "default")
