"""What libraries look for, and a process has no use for: they find that there is none.

Each of these is loaded wherever it is installed, for a part of the library that is never come to. For a server that was
a fifth of the time until it is ready, and pandas alone is 60 MB. Only the two commands leave something out, each as it
begins: where Octy is a part of somebody else's process, and in jobs, all is found.
"""

import sys
from collections.abc import Mapping
from importlib.abc import MetaPathFinder

BY_THE_SERVER = {
    "cffi": "Numba would let kernels call what it wraps",
    "coverage": "Numba would tell it which lines it compiles",
    "pandas": "Arrow would ask, with the first list that it is handed, whether the list is one of pandas's",
    "rich": "structlog would show tracebacks with it, and the values of local variables",
    "scipy": "Numba would take its linear algebra for kernels",
}
"""Names of modules, and who looks for them. A server's own use of one of them would fail at once."""

BY_THE_CLIENT = {"httpx._main": "httpx is a command as well, for which it loads most of rich"}
"""The same of octy-cli."""


class Unused(MetaPathFinder):
    """Finds that there is none."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def find_spec(self, name: str, *_: object) -> None:
        """Somebody imports a module."""
        if name in self._names:
            raise ModuleNotFoundError(f"{name} is left out here: {self._names[name]}.", name=name)


def leave_out(names: Mapping[str, str]) -> None:
    """From now on, in this process. What is loaded already stays."""
    sys.meta_path.insert(0, Unused(names))
