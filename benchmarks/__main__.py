"""Run the benchmarks and print a Markdown table: `python -m benchmarks [startup|learning|queries|embedding …]`."""

from __future__ import annotations

import os
import sys

from benchmarks.measure import MEASUREMENTS


def main() -> None:
    chosen = sys.argv[1:] or list(MEASUREMENTS)
    unknown = [name for name in chosen if name not in MEASUREMENTS]
    if unknown:
        sys.exit(f"unknown measurement {unknown[0]!r}; there are {', '.join(MEASUREMENTS)}")
    print("| what | measured | bar | detail |\n|---|---|---|---|")
    for name in chosen:
        for row in MEASUREMENTS[name]():
            print(f"| {row.what} | {row.figure} | {row.bar} | {row.detail} |", flush=True)
    print(f"\n{os.cpu_count()} cores, Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main()
