"""Options that several commands take, with one name and one meaning, and how a command line's values are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from fluorite_mcp.errors import InputError

PathOption = Annotated[
    str | None,
    typer.Option(
        "--path", "-p", metavar="FOLDER", help="A project, or a part of one; the working folder's if left out."
    ),
]
KindsOption = Annotated[
    list[str] | None, typer.Option("--kind", "-k", metavar="KIND", help="Only this kind; may be repeated.")
]
LanguageOption = Annotated[str | None, typer.Option("--language", "-l", metavar="NAME", help="Such as python.")]
FrameworksOption = Annotated[
    list[str] | None, typer.Option("--framework", "-f", metavar="NAME", help="Such as fastapi; may be repeated.")
]
TagsOption = Annotated[list[str] | None, typer.Option("--tag", "-t", metavar="TAG", help="May be repeated.")]
IdsArgument = Annotated[list[str], typer.Argument(metavar="ID", help="Ids, as search shows them.")]
OptionalIdsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[ID]", help="Ids, as search shows them.", show_default=False)
]


def shell_path(path: str | None) -> str | None:
    """Return a path as the shell means it: from the working folder, not from the project's root."""
    return str(Path(path).expanduser().absolute()) if path is not None else None


def read_content(content: str | None, file: Path | None) -> str:
    """Return what to store: the argument, standard input for `-`, or a file.

    Raises:
        InputError: None or both were given, or the bytes are no UTF-8.
    """
    if (content is None) == (file is None):
        raise InputError("Pass what to store as CONTENT, as - to read standard input, or with --file.")
    if file is not None:
        return read_text(file)
    return decode(typer.get_binary_stream("stdin").read(), "standard input") if content == "-" else str(content)


def read_text(file: Path) -> str:
    """Read a file as UTF-8; `-` is standard input.

    Raises:
        InputError: It cannot be read or is no UTF-8.
    """
    if str(file) == "-":
        return decode(typer.get_binary_stream("stdin").read(), "standard input")
    try:
        return decode(file.expanduser().read_bytes(), str(file))
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from error


def decode(data: bytes, source: str) -> str:
    """Decode UTF-8.

    Raises:
        InputError: The bytes are something else; names the position.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{source} is not UTF-8 text at byte {error.start}; convert it first.") from error


def read_metadata(text: str | None) -> dict[str, Any]:
    """Read `--metadata`.

    Raises:
        InputError: It is no JSON object.
    """
    if text is None:
        return {}
    try:
        values = json.loads(text)
    except ValueError as error:
        raise InputError(f"--metadata is not JSON ({error}); pass an object such as '{{\"ticket\": 7}}'.") from error
    if not isinstance(values, dict):
        raise InputError("--metadata is not a JSON object; pass one such as '{\"ticket\": 7}'.")
    return values


def read_params(given: list[str] | None) -> dict[str, str]:
    """Read the values of `--param NAME=VALUE`.

    Raises:
        InputError: One has no `=`.
    """
    params: dict[str, str] = {}
    for one in given or ():
        name, is_given, value = one.partition("=")
        if not is_given:
            raise InputError(f"--param {one!r} has no value; write --param {one}=VALUE.")
        params[name.strip()] = value
    return params
