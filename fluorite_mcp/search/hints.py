"""Which language and frameworks a query hints at. Hints decide between equals; they filter nothing."""

from __future__ import annotations

import re

from fluorite_mcp.text.languages import LANGUAGES
from fluorite_mcp.text.packages import PACKAGES

# Names of languages as people write them, where they differ from ours; words that are English too stay out.
_LANGUAGE_NAMES = {"js": "javascript", "ts": "typescript", "golang": "go", "py": "python", "rb": "ruby", "c++": "cpp",
                   "c#": "csharp", "kt": "kotlin", "rs": "rust"}  # fmt: skip
_AMBIGUOUS_LANGUAGES = frozenset(
    {"go", "c", "r", "make", "d", "json", "html", "css", "sql", "markdown", "yaml", "toml", "xml"}
)
# An English word is the language's name where the query says "in Go", or a Japanese particle follows.
_IN_LANGUAGE = re.compile(
    r"\bin (?P<name>go|c|r)(?=\s*(?:[,.;:?!)]|$|code\b|using\b|with\b|without\b|for\b))", re.IGNORECASE
)
_LANGUAGE_PARTICLE = re.compile(r"(?<![A-Za-z])(?P<name>Go|C|R)(?: ?言語)? ?(?:の|で(?!きる)|における|版)")
# What is written in one of these answers a question for another.
_FAMILIES = (
    frozenset({"javascript", "typescript", "tsx", "vue", "svelte", "astro"}),
    frozenset({"c", "cpp", "objc"}),
    frozenset({"json", "jsonc", "json5"}),
)

# Names of frameworks that are everyday words too count where the query says "with X" or "X で".
_AMBIGUOUS_FRAMEWORKS = frozenset(
    {"click", "express", "next", "react", "flask", "jest", "zod", "echo", "gin", "chi", "expo", "electron", "rails",
     "phoenix", "spring", "prisma", "celery", "clap", "redis", "typer", "mcp", "pino", "tauri", "drizzle", "inertia",
     "ecto", "actix", "astro"}
)  # fmt: skip
_FRAMEWORKS = {name: name for name in PACKAGES.values()} | {
    "next.js": "nextjs", "vue.js": "vue", "vuejs": "vue", "react.js": "react", "reactjs": "react",
    "express.js": "express", "expressjs": "express", "nest.js": "nestjs", "nuxt.js": "nuxt", "spring boot": "spring",
    "ruby on rails": "rails", "drf": "django", "torch": "pytorch",
}  # fmt: skip
_SAID_WITH = r"\b(?:in|with|using|for|on) {name}(?=\s*(?:[,.;:?!)]|$))|{name} ?(?:の|で(?!きる)|を使)"


def language_of(text: str) -> str | None:
    """Return the language that a query names, if it names one."""
    for word in re.findall(r"[a-z+#]+", text.lower()):
        name: str = _LANGUAGE_NAMES.get(word, word)
        if name in LANGUAGES and (name not in _AMBIGUOUS_LANGUAGES or word in _LANGUAGE_NAMES):
            return name
    said = _IN_LANGUAGE.search(text) or _LANGUAGE_PARTICLE.search(text)
    return str(said["name"]).lower() if said else None


def is_of_language(hinted: str, language: str) -> bool:
    """Whether code in a language answers a question that hints at one."""
    return hinted == language or any(hinted in family and language in family for family in _FAMILIES)


def frameworks_of(text: str) -> frozenset[str]:
    """Return the frameworks that a query names, under the names that chunks have."""
    lowered = text.lower()
    return frozenset(name for written, name in _FRAMEWORKS.items() if written in lowered and _names(written, lowered))


def _names(written: str, text: str) -> bool:
    name = rf"(?<![a-z0-9_.]){re.escape(written)}(?![a-z0-9_])"
    if written in _AMBIGUOUS_FRAMEWORKS:
        return re.search(_SAID_WITH.replace("{name}", name), text) is not None
    return re.search(name, text) is not None
