"""What a user can do, one module per operation: the engine hands over the parts, the server and the CLI call them."""
