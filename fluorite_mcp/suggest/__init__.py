"""From a task to a ready context within a token budget."""
