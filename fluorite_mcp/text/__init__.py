"""What a piece of text says: languages, definitions, chunks, tokens, secrets."""
