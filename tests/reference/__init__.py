"""The reference model: the semantics, computed the plain way."""
