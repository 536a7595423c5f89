"""Secrets that are known by their form, such as the token prefixes of the large services."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fluorite_mcp.text.secret_values import is_filler, is_random, is_stand_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A private key has at least this many characters of base64 in a row; less is an example.
_KEY_BODY = re.compile(r"[A-Za-z0-9+/=]{40}")


@dataclass(frozen=True, slots=True)
class Form:
    """How one kind of secret is found.

    Attributes:
        kind: What the mark says.
        start: The letters that it begins with. Most texts hold none of them, which a plain search says at once.
        pattern: Finds the secret as its group `secret`. It begins with plain letters, which `re` searches for at
            gigabytes per second; any other beginning would be fifty times slower.
        accept: Decides whether what was found is a secret.
    """

    kind: str
    start: str
    pattern: re.Pattern[str]
    accept: Callable[[str], bool]


def find_forms(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and kind of every secret that is known by its form, one form after the other."""
    for form in FORMS:
        if form.start not in text:
            continue
        for match in form.pattern.finditer(text):
            if form.accept(match["secret"]):
                yield *match.span("secret"), form.kind
    for match in _KEY_END.finditer(text) if _KEY_END_START in text else ():
        start = _start_of_key_lines(text, match.start())
        if _is_key_block(text[start : match.start()]):
            yield start, match.start(), "private-key"


def _start_of_key_lines(text: str, end: int) -> int:
    """Return where the lines of base64 right before an end mark begin: the rest of a key that was cut off above."""
    start = end
    while start > 0:
        line_start = text.rfind("\n", 0, start - 1) + 1
        if not _KEY_LINE.fullmatch(text, line_start, start):
            break
        start = line_start
    return start


def _is_literal(secret: str) -> bool:
    return not is_filler(secret)


def _is_mixed(secret: str) -> bool:
    """Accept only with digits and capitals, which an identifier with that prefix would not have."""
    return not is_filler(secret) and any(map(str.isdigit, secret)) and any(map(str.isupper, secret))


def _is_key_block(secret: str) -> bool:
    return _KEY_BODY.search(secret) is not None


def _is_credential(secret: str) -> bool:
    return is_random(secret) and not is_stand_in(secret)


def _is_url_password(secret: str) -> bool:
    return not is_filler(secret) and secret[0] not in "{$%" and not secret.isspace()


def _token(kind: str, prefix: str, rest: str, accept: Callable[[str], bool] = _is_literal) -> Form:
    """Describe a token that begins with a fixed prefix, where no letter or digit stands right before it."""
    return Form(kind, prefix, re.compile(rf"(?P<secret>{prefix}(?<![A-Za-z0-9]{prefix}){rest})(?![A-Za-z0-9])"), accept)


def _after(kind: str, start: str, rest: str, accept: Callable[[str], bool] = _is_literal) -> Form:
    """Describe a secret that is known by what stands before it."""
    return Form(kind, start, re.compile(re.escape(start) + rest, re.MULTILINE), accept)


_KEY = r"(?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
_KEY_END_START = "-----END "
_KEY_END = re.compile(_KEY_END_START + _KEY)
_KEY_LINE = re.compile(r"[ \t]*[A-Za-z0-9+/=]{4,100}[ \t\r]*\n")
_AWS_VALUE = r"[\"']?[ \t]*(?:=>|[:=])[ \t]*[\"']?(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"

FORMS: tuple[Form, ...] = (
    _after("private-key", "-----BEGIN ", rf"{_KEY}(?P<secret>[^-]*(?:-(?!----)[^-]*)*)", _is_key_block),
    _token("aws-access-key", "A", r"[KS]IA[A-Z0-9]{16}"),
    _after("aws-secret-key", "ecret", r"_?[aA]ccess_?[kK]ey" + _AWS_VALUE),
    _after("aws-secret-key", "SECRET_ACCESS_KEY", _AWS_VALUE),
    _token("google-api-key", "AIza", r"[0-9A-Za-z_-]{35}"),
    _token("google-oauth", "GOCSPX-", r"[0-9A-Za-z_-]{20,}"),
    _token("google-oauth", "ya29", r"\.[0-9A-Za-z_-]{20,}"),
    _after("azure-key", "AccountKey=", r"(?P<secret>[A-Za-z0-9+/]{40,}={0,2})"),
    _after("azure-key", "SharedAccessKey=", r"(?P<secret>[A-Za-z0-9+/]{40,}={0,2})"),
    _after("azure-sas", "sig=", r"(?P<secret>[A-Za-z0-9%+/]{40,}={0,2})", _is_mixed),
    _token("github-token", "gh", r"(?:[pousr]_[A-Za-z0-9]{30,})"),
    _token("github-token", "github_pat_", r"[A-Za-z0-9_]{40,}"),
    _token("gitlab-token", "gl", r"(?:pat|dt|rt|ptt|cbt|ft|soat)-[\w.-]{20,}"),
    _token("slack-token", "xox", r"[abeoprs]-[A-Za-z0-9-]{10,}"),
    _token("slack-token", "xapp-", r"\d-[A-Za-z0-9-]{20,}"),
    _after("slack-webhook", "hooks.slack.com/services/", r"(?P<secret>T\w+/B\w+/\w{16,})"),
    _token("stripe-key", "sk_", r"(?:live|test)_[0-9A-Za-z]{16,}"),
    _token("stripe-key", "rk_", r"(?:live|test)_[0-9A-Za-z]{16,}"),
    _token("stripe-key", "whsec_", r"[A-Za-z0-9+/]{24,}={0,2}"),
    _token("npm-token", "npm_", r"[A-Za-z0-9]{36}(?!_)"),
    _token("pypi-token", "pypi-", r"[A-Za-z0-9_-]{50,}"),
    _token("anthropic-key", "sk-ant-", r"[A-Za-z0-9_-]{20,}"),
    _token("openai-key", "sk-", r"[A-Za-z0-9_-]{20,}", _is_mixed),
    _token("huggingface-token", "hf_", r"[A-Za-z0-9]{30,}(?!_)"),
    _token("jwt", "eyJ", r"[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"),
    _after("bearer-token", "earer", r"[ \t]+(?P<secret>[A-Za-z0-9._~+/-]{16,}={0,2})", _is_credential),
    _after(
        "basic-auth",
        "uthorization",
        r"[\"']?:[ \t]*[\"']?[Bb]asic[ \t]+(?P<secret>[A-Za-z0-9+/]{12,}={0,2})",
    ),
    _after(
        "url-password",
        "://",
        r"[^\s/:@\"'`<>(),\[]{0,100}:(?P<secret>[^\s/@\"'`<>(),]{1,200})@(?=[\w\[{$-])",
        _is_url_password,
    ),
)
