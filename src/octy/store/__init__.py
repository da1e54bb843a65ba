"""The durable store: how everything is laid out in tables, written by one connection, read from snapshots by many."""
