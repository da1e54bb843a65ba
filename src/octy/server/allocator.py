"""How the C library hands out memory: free memory is the system's again, and not kept in case it is wanted."""

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""glibc's names for what can be said of its allocator."""
LARGE_BYTES = 32_768
"""What is larger, as most bodies and all columns are, has memory of its own, which goes with it."""
KEPT_BYTES = 8_000_000
"""How much memory may be kept that is free, for what is smaller."""


def spare_memory() -> None:
    """To be called before libraries are loaded: there is one arena from now on, or as many as there are already.

    Arrow starts a thread as it is loaded, and with it a second arena, to which threads of later were given as well.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, 1)
        mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)


def give_back_memory() -> None:
    """What is free, but lies between what is not, where glibc would keep it.

    That is some 70 MB when the world has been brought back, and was as much again after some minutes of moving events
    into files. It takes some milliseconds, in which nobody else gets memory.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
