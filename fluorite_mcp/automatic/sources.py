"""What a user lets automatic learning read: folders, git repositories, pages, folders of templates."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from fluorite_mcp.errors import InputError

SourceKind = Literal["folder", "repository", "page", "spikes"]

# What git may be asked to speak; its other transports run programs.
GIT_SCHEMES = ("https", "http", "ssh", "git", "file")
_SPIKES_PREFIX = "spikes:"
_GIT_PREFIX = "git+"
# user@host:path, as git writes ssh addresses.
_SCP = re.compile(r"^[\w.-]+@[\w.-]+:(?!//)[\w./~-]+$")
_PASSWORD = re.compile(r"(?<=://)[^/@\s]+@")
_FORMS = (
    "a folder (/srv/api or ~/api), a git repository (https://host/name.git, git@host:name.git, git+/srv/api), "
    "a page (https://host/guide) or a folder of templates (spikes:~/templates)"
)


@dataclass(frozen=True, slots=True)
class Source:
    """A source as the user wrote it, what it is, and where it lies: a path or a URL."""

    text: str
    kind: SourceKind
    location: str

    @property
    def shown(self) -> str:
        """The source without a password that may stand in its URL."""
        return _PASSWORD.sub("", self.text)

    @property
    def folder_name(self) -> str:
        """A name for what is kept of it: readable, and no other source's."""
        path = urlsplit(self.location).path if "://" in self.location else self.location
        last = [part for part in re.split(r"[/:]", path) if part][-2:]
        plain = re.sub(r"[^\w.-]+", "-", "-".join(last)).strip("-.")
        digest = hashlib.blake2b(self.location.encode("utf-8", "replace"), digest_size=4).hexdigest()
        return f"{plain.removesuffix('.git')[-40:].strip('-.') or 'source'}-{digest}"


def parse_source(text: str) -> Source:
    """Tell what a source is.

    Raises:
        InputError: It is none of the forms; names them.
    """
    text = text.strip()
    if not text or "\0" in text or "\n" in text:
        raise InputError(f"A source is one line: {_FORMS}.")
    if text.startswith(_SPIKES_PREFIX):
        return Source(text, "spikes", _absolute(text.removeprefix(_SPIKES_PREFIX), text))
    if text.startswith(_GIT_PREFIX) or text.endswith(".git") or _SCP.match(text):
        return Source(text, "repository", _repository(text.removeprefix(_GIT_PREFIX), text))
    scheme = urlsplit(text).scheme
    if scheme in ("http", "https"):
        return Source(text, "page", _page(text))
    if scheme in ("ssh", "git", "file"):
        return Source(text, "repository", _repository(text, text))
    return Source(text, "folder", _absolute(text, text))


def _repository(location: str, text: str) -> str:
    if _SCP.match(location):
        return location
    parts = urlsplit(location)
    if parts.scheme in GIT_SCHEMES and (parts.netloc or parts.scheme == "file"):
        return location
    return _absolute(location, text)


def _page(url: str) -> str:
    parts = urlsplit(url)
    if not parts.hostname or parts.username or parts.password:
        raise InputError(
            f"{_PASSWORD.sub('', url)!r} is no page that can be read: give a URL with a host, no password."
        )
    return parts._replace(fragment="").geturl()


def _absolute(path: str, text: str) -> str:
    try:
        folder = Path(path).expanduser()
    except RuntimeError as error:
        raise InputError(f"{text!r} names a user who has no home folder here.") from error
    if not folder.is_absolute():
        raise InputError(f"{_PASSWORD.sub('', text)!r} is no source. It may be {_FORMS}.")
    return str(folder)
