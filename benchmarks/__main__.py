"""Run the benchmarks and print a Markdown table: `python -m benchmarks [startup|learning|queries|embedding …]`.

`python -m benchmarks quality …` measures search quality; see `benchmarks.quality.command`.
`python -m benchmarks scale …` measures search over a million chunks; see `benchmarks.scale`.
`python -m benchmarks spikes …` measures the import of a large collection of templates; see `benchmarks.spike_import`.
`python -m benchmarks patterns …` measures the mining of patterns; see `benchmarks.patterns`.
`python -m benchmarks suggest …` measures what suggestions hold; see `benchmarks.suggest.command`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main() -> None:
    if sys.argv[1:2] == ["quality"]:
        from benchmarks.quality.command import main as measure_quality

        measure_quality(sys.argv[2:])
    elif sys.argv[1:2] == ["scale"]:
        from benchmarks.scale import main as measure_scale

        measure_scale(sys.argv[2:])
    elif sys.argv[1:2] == ["spikes"]:
        from benchmarks.spike_import import main as measure_spikes

        measure_spikes(sys.argv[2:])
    elif sys.argv[1:2] == ["patterns"]:
        from benchmarks.patterns import main as measure_patterns

        measure_patterns(sys.argv[2:])
    elif sys.argv[1:2] == ["suggest"]:
        from benchmarks.suggest.command import main as measure_suggestions

        measure_suggestions(sys.argv[2:])
    else:
        measure_speed(sys.argv[1:])


def measure_speed(names: Sequence[str]) -> None:
    """Print the table of speed and memory; every measurement when none is named."""
    from benchmarks.measure import MEASUREMENTS

    chosen = names or list(MEASUREMENTS)
    unknown = [name for name in chosen if name not in MEASUREMENTS]
    if unknown:
        others = "quality, scale, spikes, patterns and suggest"
        sys.exit(f"unknown measurement {unknown[0]!r}; there are {', '.join(MEASUREMENTS)}, {others}")
    print("| what | measured | bar | detail |\n|---|---|---|---|")
    for name in chosen:
        for row in MEASUREMENTS[name]():
            print(f"| {row.what} | {row.figure} | {row.bar} | {row.detail} |", flush=True)
    print(f"\n{os.cpu_count()} cores, Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main()
