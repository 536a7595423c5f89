"""Conventions: what a project does again and again, from facts that are read from each file once."""
