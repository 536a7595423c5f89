"""A collection of templates as the older fluorite-mcp had one: some thousand written ones, the rest generated filler.

Everything is made by this program from word lists; the same seed gives the same bytes.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILES = 22_648
BROKEN = 78
# Of a hundred files so many were written by somebody; a program made the rest.
WRITTEN_PERCENT = 9


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_LIBRARIES = _words(
    "express fastify hono koa nextjs remix sveltekit nuxt astro fastapi flask django celery sqlalchemy prisma drizzle "
    "typeorm redis kafka rabbitmq nats mongodb postgres mysql sqlite elasticsearch meilisearch qdrant weaviate "
    "pinecone stripe twilio sendgrid auth0 clerk playwright vitest jest pytest terraform pulumi docker helm "
    "grafana prometheus"
)
_FEATURES = _words(
    "auth session cache upload webhook pagination search export import audit metrics tracing retry queue scheduler "
    "invite billing refund locale theme form table chart map stream socket job batch migration seed backup restore"
)
_STYLES = ("minimal", "typed", "secure", "testing", "advanced", "edge", "logging", "docs")
_VERBS = _words(
    "load save merge split parse render verify rotate drain flush group rank trim pack sign seal count probe"
)
_NOUNS = _words(
    "ledger parcel invoice ticket basket sensor driver carrier member reader branch cursor bucket window token column "
    "record segment message channel handler profile credit voucher region replica secret policy digest manifest"
)

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Corpus:
    """What was written: files in all, of these templates that somebody wrote, filler, and files that are broken."""

    files: int
    written: int
    filler: int
    broken: int


def write_corpus(folder: Path, files: int = FILES, broken: int = BROKEN, seed: int = 1) -> Corpus:
    """Write a collection, one file per template.

    Args:
        folder: Created if need be.
        files: How many files in all.
        broken: How many of them cannot be read as a template.
        seed: The same seed gives the same collection.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(seed)  # noqa: S311 - makes text, keeps no secret
    written = files * WRITTEN_PERCENT // 100
    filler = files - written - broken
    for number in range(written):
        _write(folder, _written(number, chance))
    for number in range(filler):
        _write(folder, _FILLERS[number % len(_FILLERS)](number, chance))
    for number in range(broken):
        _DAMAGES[number % len(_DAMAGES)](folder / f"broken-{number:03}.json", _written(files + number, chance))
    return Corpus(files, written, filler, broken)


def _write(folder: Path, values: Values) -> None:
    (folder / f"{values['id']}.json").write_text(json.dumps(values, indent=2), encoding="utf-8")


def _written(number: int, chance: random.Random) -> Values:
    """Return a template with code of its own: its functions, fields and literals are no one else's."""
    library, feature = chance.choice(_LIBRARIES), chance.choice(_FEATURES)
    functions = [_function(chance) for _ in range(chance.randint(2, 5))]
    package = json.dumps({"name": "{{app_name}}", "private": True, "dependencies": {library: "latest"}})
    return {
        "id": f"{library}-{feature}-{number}",
        "name": f"{library.title()} {feature} with {chance.choice(_NOUNS)}",
        "version": "1.0.0",
        "stack": [library],
        "tags": [feature],
        "description": f"{feature.title()} for {library}: {chance.choice(_VERBS)}s each {chance.choice(_NOUNS)}.",
        "params": [{"name": "app_name", "default": f"{library}-{feature}"}],
        "files": [
            {"path": f"{{{{app_name}}}}/src/{feature}.ts", "template": "\n".join(functions)},
            {"path": "{{app_name}}/package.json", "template": package + "\n"},
        ],
        "patches": [],
    }


def _function(chance: random.Random) -> str:
    verb, noun, other = chance.choice(_VERBS), chance.choice(_NOUNS), chance.choice(_NOUNS)
    limit, name = chance.randint(2, 9999), f"{verb}{noun.title()}{other.title()}"
    lines = [f"export async function {name}({noun}: {noun.title()}[], {other}Limit = {limit}) {{"]
    for _ in range(chance.randint(2, 6)):
        left, right = chance.choice(_NOUNS), chance.choice(_NOUNS)
        lines.append(
            f"  const {left}{right.title()} = {noun}.{chance.choice(_VERBS)}({right!r}, {chance.random():.4f});"
        )
    return "\n".join([*lines, f"  return {noun}.slice(0, {other}Limit);", "}", ""])


def _names(number: int, chance: random.Random) -> tuple[str, str, str]:
    return chance.choice(_LIBRARIES), _FEATURES[number % len(_FEATURES)], chance.choice(_STYLES)


def _route(number: int, chance: random.Random) -> Values:
    library, feature, style = _names(number, chance)
    title = f"{library.title()}{feature.title()}{style.title()}"
    body = (
        f"export async function GET(request: Request) {{\n  return Response.json({{ name: '{title}' }});\n}}\n\n"
        f"export async function POST(request: Request) {{\n  const body = await request.json();\n"
        f"  return Response.json({{ received: body, feature: '{feature}' }}, {{ status: 201 }});\n}}\n"
    )
    return _generated(
        f"strike-{library}-{feature}-{style}-{number}", title, library, [feature, style], "route.ts", body
    )


def _component(number: int, chance: random.Random) -> Values:
    library, feature, style = _names(number, chance)
    title = f"{library.title()}{feature.title()}"
    body = (
        f"import React, {{ useState }} from 'react';\n\nexport function {title}() {{\n"
        "  const [open, setOpen] = useState(false);\n"
        f"  return <button onClick={{() => setOpen(!open)}}>{{open ? 'close' : '{feature}'}}</button>;\n}}\n"
    )
    return _generated(f"gen-{library}-{feature}-{style}-{number}", title, library, [feature], "Component.tsx", body)


def _placeholder(number: int, chance: random.Random) -> Values:
    library, feature, style = _names(number, chance)
    body = f"// {library} {feature} {style}\n// TODO: implement {feature}\nexport const {feature} = '{library}';\n"
    return _generated(f"strike-{library}-{feature}-{style}-x{number}", feature, library, [style], "index.ts", body)


def _readme(number: int, chance: random.Random) -> Values:
    library, feature, style = _names(number, chance)
    body = f"# {library} {feature}\n\n{style} template for {library} {feature}.\n"
    return _generated(f"gen-{library}-{feature}-{style}-r{number}", feature, library, [style], "README.md", body)


def _generated(id_: str, title: str, library: str, tags: list[str], file: str, body: str) -> Values:
    return {
        "id": id_, "name": f"{title} (generated)", "version": "0.1.0", "stack": [library], "tags": tags,
        "description": f"Generated template for {' '.join(tags)} with {library}.",
        "params": [{"name": "app_name", "default": "app"}],
        "files": [{"path": f"{{{{app_name}}}}/{file}", "template": body}],
    }  # fmt: skip


_FILLERS: tuple[Callable[[int, random.Random], Values], ...] = (_route, _component, _placeholder, _readme)


def _cut_off(file: Path, values: Values) -> None:
    file.write_text(json.dumps(values)[: len(values["id"]) + 90])


def _without_files(file: Path, values: Values) -> None:
    file.write_text(json.dumps({**values, "files": [], "patches": []}))


def _leaving(file: Path, values: Values) -> None:
    file.write_text(json.dumps({**values, "files": [{"path": "../../etc/cron.d/x", "template": "x"}]}))


def _wrong_type(file: Path, values: Values) -> None:
    file.write_text(json.dumps({**values, "files": "src/index.ts"}))


def _without_id(file: Path, values: Values) -> None:
    file.write_text(json.dumps({key: value for key, value in values.items() if key != "id"}))


def _open_hole(file: Path, values: Values) -> None:
    file.write_text(json.dumps({**values, "files": [{"path": "a.ts", "template": "const a = {{app_name;\n"}]}))


def _binary(file: Path, values: Values) -> None:
    file.write_text(json.dumps({**values, "files": [{"path": "a.png", "template": "\x89PNG\x00\x01"}]}))


def _not_utf8(file: Path, _values: Values) -> None:
    file.write_bytes(b'{"id": "caf\xe9"}')


def _empty(file: Path, _values: Values) -> None:
    file.write_bytes(b"")


_DAMAGES: tuple[Callable[[Path, Values], None], ...] = (
    _cut_off, _without_files, _leaving, _wrong_type, _without_id, _open_hole, _binary, _not_utf8, _empty,
)  # fmt: skip
