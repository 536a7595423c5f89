"""Speed and memory, measured in one run against peers and floors: `scripts/bench`."""
