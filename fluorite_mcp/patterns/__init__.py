"""Patterns: what many definitions of a project have in common, as templates with holes."""
