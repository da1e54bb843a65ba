"""What travels: one module of wire types for each resource, named and typed as wire.md says."""
