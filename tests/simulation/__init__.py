"""A whole server but for its sockets, in one thread at a time, under a simulated clock, disk and receiver (C04)."""
