"""How the bundled embedding model is trained: the steps of `scripts/train_model.py`."""
