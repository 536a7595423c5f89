"""From folders and templates to chunks, incrementally."""
