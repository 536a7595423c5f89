"""What the long steps made, kept in the work folder: a run that was cut off goes on after the last of them.

The files carry a key of the pairs they were made from; pairs that change leave them aside. They do not notice when the
code of a step changes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from scripts.training.bags import PairTable, Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

KEY_CHARACTERS = 12


class Kept:
    """Results of one set of pairs.

    Args:
        folder: The work folder.
        pairs: The files of the pairs; one that is written anew counts as another.
    """

    def __init__(self, folder: Path, pairs: Iterable[Path]) -> None:
        about = [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in pairs]
        key = hashlib.sha256(json.dumps(about).encode()).hexdigest()[:KEY_CHARACTERS]
        self._folder = folder / f"kept-{key}"

    def pieces(self, make: Callable[[], list[str]]) -> list[str]:
        """Return the vocabulary, made now or by an earlier run."""
        path = self._folder / "vocabulary.json"
        if not path.exists():
            text = json.dumps(make(), ensure_ascii=False)
            self._write(path, lambda part: part.write_text(text, encoding="utf-8"))
        found: list[str] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def table(self, make: Callable[[], PairTable]) -> PairTable:
        """Return the pairs as bags of tokens, made now or by an earlier run."""
        path = self._folder / "table.npz"
        if not path.exists():
            table = make()
            self._write(path, lambda part: _save_table(part, table))
            return table
        return _load_table(path)

    def rows(self, name: str, make: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return an array, made now or by an earlier run; `name` says of what and under which settings."""
        path = self._folder / f"{name}.npy"
        if not path.exists():
            rows = make()
            self._write(path, lambda part: _save_rows(part, rows))
            return rows
        found: NDArray[np.float32] = np.load(path)
        return found

    def _write(self, path: Path, write: Callable[[Path], object]) -> None:
        """Write a file that is there only when it is whole."""
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        write(unfinished)
        unfinished.rename(path)


def _save_rows(path: Path, rows: NDArray[np.float32]) -> None:
    with path.open("wb") as file:
        np.save(file, rows)


def _save_table(path: Path, table: PairTable) -> None:
    arrays = {field.name: np.asarray(getattr(table, field.name)) for field in fields(table) if field.name != "texts"}
    for name, texts in table.texts.items():
        arrays |= {f"{name}.{field.name}": getattr(texts, field.name) for field in fields(texts)}
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _load_table(path: Path) -> PairTable:
    with np.load(path) as arrays:
        names = dict.fromkeys(key.partition(".")[0] for key in arrays if "." in key)
        return PairTable(
            texts={name: Texts(*(arrays[f"{name}.{field.name}"] for field in fields(Texts))) for name in names},
            views=arrays["views"],
            languages=arrays["languages"],
            repositories=arrays["repositories"],
            questions=arrays["questions"],
            language_names=arrays["language_names"].tolist(),
            repository_names=arrays["repository_names"].tolist(),
        )
