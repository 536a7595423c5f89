"""Turning text into vectors: the bundled static model, fastembed, a remote endpoint."""
