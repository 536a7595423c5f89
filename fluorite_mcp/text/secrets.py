"""Secrets in text: found, and replaced before the text is stored or shown.

Only the secret itself is replaced, so the text keeps its lines and stays readable. A rule that knows the form of a
token needs no context; a rule that goes by the name before a value also asks whether the value looks like a secret.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fluorite_mcp.text.secret_forms import find_forms
from fluorite_mcp.text.secret_names import find_named

_BORDER = "\n-----\n"
# The kind of what is known only by the name before it.
_NAMED = "secret"


@dataclass(frozen=True, slots=True)
class Redaction:
    """A text without its secrets.

    Attributes:
        text: The text with each secret replaced by `[redacted:<kind>]`; it has as many lines as before.
        count: How many secrets were replaced.
        kinds: Their kinds, each once, in the order of the text.
    """

    text: str
    count: int
    kinds: tuple[str, ...]


def redact(text: str) -> Redaction:
    """Replace every secret in a text. Redacting the result again changes nothing.

    Placeholders (`changeme`, `${TOKEN}`, `<key>`), identifiers, hashes and UUIDs stay.
    """
    kinds: list[str] = []
    while True:  # what is left after a secret may be one on its own; each round replaces at least one
        spans = _spans(text)
        if not spans:
            return Redaction(text, len(kinds), tuple(dict.fromkeys(kinds)))
        parts: list[str] = []
        position = 0
        for start, end, kind in spans:
            parts += (text[position:start], _mark(kind, text[start:end]))
            position = end
            kinds.append(kind)
        text = "".join(parts) + text[position:]


def redact_each(texts: Sequence[str]) -> list[str]:
    """Replace every secret in each of some texts: the same as `redact` for each, sooner where there are none."""
    # No secret reaches over this line, so none is found in all texts together that is in none of them, nor the reverse.
    if not _spans(_BORDER.join(texts)):
        return list(texts)
    return [redact(text).text for text in texts]


def _spans(text: str) -> list[tuple[int, int, str]]:
    """Return the secrets in order; of two that overlap, the one known by its form, else the first."""
    named = ((start, end, _NAMED) for start, end in find_named(text))
    spans: list[tuple[int, int, str]] = []
    for span in sorted((*find_forms(text), *named)):
        if not spans or spans[-1][1] <= span[0]:
            spans.append(span)
        elif spans[-1][2] == _NAMED:
            spans[-1] = span
    return spans


def _mark(kind: str, secret: str) -> str:
    """Return what stands for the secret: one mark on each of its lines that is not blank."""
    mark = f"[redacted:{kind}]"
    return "\n".join(mark if line.strip() else line for line in secret.split("\n"))


_SECRET_NAMES = re.compile(
    r"\.env(?:\..+)?|id_(?:rsa|dsa|ecdsa|ed25519)|.+\.(?:pem|key|p12|pfx|p8|ppk|jks|keystore|kdbx|asc|gpg)"
    r"|\.npmrc|\.pypirc|\.netrc|_netrc|\.git-credentials|\.htpasswd|\.pgpass|\.my\.cnf|\.dockercfg|\.vault-token"
    r"|credentials(?:\.(?:json|ya?ml|toml|ini|csv))?|secrets?\.(?:json|ya?ml|toml|ini|env)|.+\.tfstate(?:\.backup)?"
    r"|.+\.auto\.tfvars|kubeconfig(?:\.ya?ml)?|service[-_]?account.*\.json|client_secret.*\.json|master\.key|.+\.env"
)
# Examples and public halves of keys are for reading.
_HARMLESS_NAMES = re.compile(r".+[.-](?:example|sample|template|dist|tmpl|defaults?)(?:\.\w+)?|.+\.pub|.*public.*\.pem")
_SECRET_FOLDERS = re.compile(
    r"(?:^|/)(?:\.aws/(?:credentials|config)|\.kube/config|\.docker/config\.json|\.ssh/(?!config$).+)$"
)


def secret_file_reason(path: str) -> str | None:
    r"""Tell why a file must not be read at all, because holding secrets is its purpose; None if it may be.

    Args:
        path: File path; `/` and `\` separate, letter case does not count.
    """
    path = path.replace("\\", "/").lower()
    filename = path.rpartition("/")[2]
    if _HARMLESS_NAMES.fullmatch(filename):
        return None
    if _SECRET_NAMES.fullmatch(filename) or _SECRET_FOLDERS.search(path):
        return f"{filename} is a file for secrets"
    return None
