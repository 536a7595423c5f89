"""Derived indexes over the truth: words (FTS5) and vectors (faiss)."""
