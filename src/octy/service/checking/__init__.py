"""Is everything in a data folder as it must be? What `octy check` looks at, and what `octy repair` does about it."""
