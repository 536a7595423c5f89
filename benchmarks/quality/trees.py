"""The source trees that code search is measured on: each at its pinned revision, laid out once in a cache folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.corpus import WORK_FOLDER

TREES = WORK_FOLDER / "trees"


def ensure_tree(spec: Mapping[str, Any], *, mirror: Path | None, cache: Path = TREES) -> Path:
    """Return the folder to index of a repository at its revision, fetching it once.

    Args:
        spec: `name`, `url`, `revision` and `benchmark_root` (the part to index; the whole tree where it is null).
        mirror: A folder of bare clones named OWNER+NAME/repo to take it from instead of the network.
        cache: Where trees are laid out.
    """
    part = spec.get("benchmark_root") or ""
    # git runs in other folders than this one.
    tree = cache.absolute() / f"{spec['name']}@{spec['revision'][:12]}"
    if not tree.is_dir():
        _lay_out(spec, part, tree, mirror and mirror.absolute())
    return tree / part


def _lay_out(spec: Mapping[str, Any], part: str, tree: Path, mirror: Path | None) -> None:
    tree.parent.mkdir(parents=True, exist_ok=True)
    print(f"laying out {spec['name']} …", file=sys.stderr)
    with tempfile.TemporaryDirectory(dir=tree.parent) as folder:
        scratch = Path(folder)
        git = clone_of(mirror, spec["url"]) if mirror else _fetch(spec["url"], spec["revision"], scratch / "git")
        _check_out(git, spec["revision"], part or ".", scratch)
        # A repository of its own: else the tree would count as a part of the one this checkout is.
        subprocess.run(["git", "init", "--quiet", str(scratch / "tree" / part)], check=True)
        shutil.move(scratch / "tree", tree)


def _check_out(git: Path, revision: str, part: str, scratch: Path) -> None:
    """Write the files of a part of a revision into `tree`, as a user's clone would.

    `git archive` would leave out what the repository keeps out of its releases.
    """
    tree = scratch / "tree"
    tree.mkdir()
    # An index of its own: nothing in the clone changes, and its hooks do not run.
    own = {"GIT_DIR": str(git), "GIT_WORK_TREE": str(tree), "GIT_INDEX_FILE": str(scratch / "index")}
    no_hooks = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.hooksPath", "GIT_CONFIG_VALUE_0": os.devnull}
    _git(tree, "checkout", "--quiet", revision, "--", part, environment=own | no_hooks)


def clone_of(mirror: Path, url: str) -> Path:
    """Return the bare clone of a repository in a folder of clones named OWNER+NAME/repo."""
    name = urlsplit(url).path.strip("/").removesuffix(".git").replace("/", "+")
    clone = mirror / name / "repo"
    if not clone.is_dir():
        sys.exit(f"{mirror} holds no {name}/repo, a bare clone of {url}. Clone it there, or leave --mirror out.")
    return clone


def _fetch(url: str, revision: str, git: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", "--bare", str(git)], check=True)
    _git(git, "fetch", "--quiet", "--depth=1", url, revision)
    return git


def _git(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
    own = {**os.environ, **(environment or {})}
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False, env=own)
    if done.returncode:
        sys.exit(f"git {arguments[0]} failed: {done.stderr.decode(errors='replace').strip()}")
