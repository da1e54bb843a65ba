"""The engine's inner loops, compiled by Numba: short, flat, and about one (profile, segment) pair at a time."""
