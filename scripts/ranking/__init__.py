"""Annotated queries, and how the ranking is fitted to them."""
