"""Learns `spikes/` into `learning-chunks/`, the pre-learned knowledge that ships with the package.

python scripts/build_learning_chunks.py            write the files that changed, remove those no longer made
python scripts/build_learning_chunks.py --check    write nothing; fail when the files are not what they should be
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fluorite_mcp.learning.bundled import learn_spikes
from fluorite_mcp.spikes.library import load_spikes

ROOT = Path(__file__).resolve().parents[1]


def build(spikes: Path) -> dict[str, str]:
    """Return the text of every file by name.

    Raises:
        SystemExit: A spike cannot be read; nothing was written.
    """
    found, messages = load_spikes(spikes)
    if messages:
        sys.exit("\n".join(messages))
    return learn_spikes(found)


def find_differences(wanted: dict[str, str], folder: Path) -> list[str]:
    """Return the names of files that are missing, differ, or should not be there."""
    present = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.jsonl")}
    return sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))


def write(wanted: dict[str, str], names: list[str], folder: Path) -> None:
    """Write or remove the named files."""
    folder.mkdir(exist_ok=True)
    for name in names:
        if name in wanted:
            (folder / name).write_text(wanted[name], encoding="utf-8", newline="\n")
        else:
            (folder / name).unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail when the files are not current")
    parser.add_argument("--spikes", type=Path, default=ROOT / "spikes", help="what to learn")
    parser.add_argument("--out", type=Path, default=ROOT / "learning-chunks", help="where the files lie")
    options = parser.parse_args()
    wanted = build(options.spikes)
    names = find_differences(wanted, options.out)
    if options.check and names:
        sys.exit(f"not current: {', '.join(names)}. Run python scripts/build_learning_chunks.py")
    if not options.check:
        write(wanted, names, options.out)
    chunks = sum(text.count("\n") for text in wanted.values())
    print(f"{len(wanted)} files, {chunks} chunks; {len(names)} changed")


if __name__ == "__main__":
    main()
