"""The list of sources in `fluorite.toml`, edited so that everything else in the file stays as the user wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fluorite_mcp.automatic.sources import parse_source
from fluorite_mcp.errors import ConfigError, InputError

if TYPE_CHECKING:
    from tomlkit import TOMLDocument
    from tomlkit.items import Array


def add_source(file: Path, text: str) -> bool:
    """Add a source to a settings file, which is made if it is not there. Returns whether it was new.

    Raises:
        InputError: It is no source.
        ConfigError: The file cannot be read or written.
    """
    source = parse_source(text).text
    document = _load(file)
    array = _array(document)
    if source in list(array):
        return False
    array.append(source)
    array.multiline(multiline=True)
    _write(file, document)
    return True


def remove_source(file: Path, text: str) -> None:
    """Take a source out of a settings file. What was learned from it stays in the memory.

    Raises:
        InputError: It is not in the list; names what is.
        ConfigError: The file cannot be read or written.
    """
    document = _load(file)
    array = _array(document)
    listed = [str(one) for one in array]
    if text.strip() not in listed:
        raise InputError(f"{text!r} is not among the sources: {', '.join(listed) or 'there are none'}.")
    array.remove(text.strip())
    _write(file, document)


def _load(file: Path) -> TOMLDocument:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        return tomlkit.parse(file.read_text(encoding="utf-8-sig")) if file.exists() else tomlkit.document()
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise ConfigError(f"{file}: cannot be read ({error}). Nothing was changed.") from error


def _array(document: TOMLDocument) -> Array:
    import tomlkit
    from tomlkit.items import Array, Table

    section = document.setdefault("learning", tomlkit.table())
    sources = section.setdefault("sources", tomlkit.array()) if isinstance(section, Table) else None
    if not isinstance(sources, Array):
        raise ConfigError('[learning] sources is not a list of texts; write sources = ["~/work/api"].')
    return sources


def _write(file: Path, document: TOMLDocument) -> None:
    import tomlkit

    partial = file.with_name(f"{file.name}.partial")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial.write_text(tomlkit.dumps(document), encoding="utf-8")
        partial.replace(file)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written ({error.strerror}). Nothing was changed.") from error
