"""The session of `octy-cli` that the documentation shows, and the command that records it."""
