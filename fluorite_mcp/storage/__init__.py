"""The truth in SQLite, and the cache of derived bytes."""
