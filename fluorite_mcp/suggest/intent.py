"""Understanding a task: what to do, with which frameworks, in which language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from fluorite_mcp.results import Intent
from fluorite_mcp.search.query import understand
from fluorite_mcp.text.packages import PACKAGES
from fluorite_mcp.text.tokens import query_words

# Verbs by what they ask for, English first; the first found in the task decides.
_ACTIONS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("fix", re.compile(r"\b(fix|repair|debug|resolve|solve)|直す|直して|修正|バグ", re.IGNORECASE)),
    ("test", re.compile(r"\b(tests?|cover|spec)\b|テスト", re.IGNORECASE)),
    (
        "refactor",
        re.compile(r"\b(refactor|clean ?up|simplify|extract|rename|restructure)|リファクタ|整理", re.IGNORECASE),
    ),
    ("migrate", re.compile(r"\b(migrate|upgrade|port|convert)|移行|アップグレード", re.IGNORECASE)),
    (
        "configure",
        re.compile(r"\b(configure|set ?up|deploy|install|containeri[sz]e)|設定|構築|デプロイ", re.IGNORECASE),
    ),
    ("document", re.compile(r"\b(document|docs|readme)\b|ドキュメント|説明", re.IGNORECASE)),
    (
        "add",
        re.compile(r"\b(add|build|create|implement|write|make|introduce)|追加|作成|実装|作る|作って", re.IGNORECASE),
    ),
)

# Names people use for frameworks, beside our own names for them.
_ALIASES: dict[str, str] = {
    "next": "nextjs", "next.js": "nextjs", "fast api": "fastapi", "vue.js": "vue", "vuejs": "vue", "react.js": "react",
    "express.js": "express", "expressjs": "express", "go-chi": "chi", "gha": "github-actions",
    "github actions": "github-actions",
    "k8s": "kubernetes", "postgres": "postgresql", "drf": "django", "node.js": "node", "nodejs": "node",
    "ネクスト": "nextjs", "リアクト": "react", "ララベル": "laravel", "ジャンゴ": "django", "ドッカー": "docker",
    "ビュー": "vue", "エクスプレス": "express",
}  # fmt: skip

_LANGUAGE_OF: dict[str, str] = {
    "fastapi": "python", "django": "python", "flask": "python", "pytest": "python", "sqlalchemy": "python",
    "celery": "python", "laravel": "php", "axum": "rust", "sqlx": "rust", "tokio": "rust", "chi": "go", "gin": "go",
    "pgx": "go", "hono": "typescript", "express": "typescript", "nextjs": "tsx", "react": "tsx", "vue": "vue",
    "prisma": "typescript", "rails": "ruby", "phoenix": "elixir", "spring": "java",
}  # fmt: skip


def understand_task(task: str, given: Sequence[str], stacks: Sequence[str], used: Sequence[str]) -> Intent:
    """Read a task.

    Args:
        task: The user's words.
        given: Frameworks the caller named.
        stacks: Names that templates know, which count as frameworks too.
        used: Frameworks of the project, most used first.
    """
    named = tuple(dict.fromkeys([*(_canonical(name) for name in given), *_mentioned(task, stacks)]))
    frameworks = named or tuple(used[:2])
    language = understand(task).language or next(
        (_LANGUAGE_OF[name] for name in frameworks if name in _LANGUAGE_OF), None
    )
    noise = {word for name in named for word in query_words(name)}
    topics = tuple(word for word in query_words(task) if word not in noise)[:12]
    return Intent(action=_action(task), frameworks=frameworks, is_named=bool(named), language=language, topics=topics)


def _canonical(name: str) -> str:
    return _ALIASES.get(name.lower(), name.lower())


def _mentioned(task: str, stacks: Sequence[str]) -> list[str]:
    text = task.lower()
    names = {name: name for name in (*PACKAGES.values(), *stacks)} | _ALIASES
    # Most names stand nowhere in the task, not even inside a word.
    found = [(match.start(), names[name]) for name in names if name in text and (match := _word(name).search(text))]
    return [name for _, name in sorted(found)]


@cache
def _word(name: str) -> re.Pattern[str]:
    # Japanese is written without spaces, so a name ends where Latin letters end.
    pattern = re.escape(name)
    return re.compile(rf"(?<![a-z0-9]){pattern}(?![a-z0-9])" if name.isascii() else pattern)


def _action(task: str) -> str:
    return next((action for action, pattern in _ACTIONS if pattern.search(task)), "build")
