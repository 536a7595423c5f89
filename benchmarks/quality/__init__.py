"""Search quality on data that others wrote, against peers in the same run: `scripts/bench quality`."""
