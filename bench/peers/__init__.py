"""How fast would others recompute past segments? Column stores with the same events, each asked in its own best SQL."""
