"""octy-cli, the client: it speaks the HTTP contract and knows the model, never the engine or the store."""
