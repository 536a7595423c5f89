"""Whether what `suggest` gives for a task holds what the real solution needed."""
