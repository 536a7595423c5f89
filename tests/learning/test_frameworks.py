"""Frameworks are known by what files import and manifests declare."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluorite_mcp.learning.frameworks import frameworks_of_file, frameworks_of_manifest
from fluorite_mcp.text.languages import LANGUAGES


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("python", "from fastapi import APIRouter\nimport pytest\nimport os\n", ("fastapi", "pytest")),
        ("python", "def f():\n    import django.db\n", ("django",)),
        ("typescript", 'import { Hono } from "hono";\nimport x from "./local";\n', ("hono",)),
        ("tsx", 'import Link from "next/link";\nimport { useState } from "react";\n', ("nextjs", "react")),
        ("javascript", "const app = require('express')();\n", ("express",)),
        ("go", 'import (\n\t"fmt"\n\t"github.com/go-chi/chi/v5"\n)\n', ("chi",)),
        ("rust", "use axum::Router;\nuse std::fs;\n", ("axum",)),
        ("php", "use Illuminate\\Support\\Str;\n", ("laravel",)),
        ("markdown", "import fastapi", ()),
        (None, "import fastapi", ()),
    ],
)
def test_a_file_uses_what_it_imports(language: str | None, text: str, expected: tuple[str, ...]) -> None:
    assert frameworks_of_file(text, language) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"dependencies": {"hono": "^4.0.0", "left-pad": "1"}}', ("hono",)),
        ('dependencies = ["fastapi>=0.1", "uvicorn[standard]"]\n', ("fastapi",)),
        ("require (\n\tgithub.com/go-chi/chi/v5 v5.0.1\n)\n", ("chi",)),
    ],
)
def test_a_project_uses_what_its_manifest_declares(text: str, expected: tuple[str, ...]) -> None:
    assert frameworks_of_manifest(text) == expected


@given(st.text(), st.sampled_from([*LANGUAGES, None]))
def test_any_text_has_sorted_frameworks(text: str, language: str | None) -> None:
    found = frameworks_of_file(text, language)

    assert list(found) == sorted(set(found))
    assert list(frameworks_of_manifest(text)) == sorted(set(frameworks_of_manifest(text)))
