"""Where it travels: one module of routes for each resource, each with a `router`."""
