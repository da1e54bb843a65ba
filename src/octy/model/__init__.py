"""The domain in types and rules: segments, events, profiles, tags, values and time. Pure: no I/O, no NumPy."""
