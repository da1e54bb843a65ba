"""Does a server do without what it has no use for?"""

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

ASKS_ARROW = """
import sys
import pyarrow as pa
from octy.unused import BY_THE_SERVER, leave_out

leave_out(BY_THE_SERVER)
assert pa.array(["a", "b"]).to_pylist() == ["a", "b"]
print(sorted(name for name, module in sys.modules.items() if module is not None and name.split(".")[0] == "pandas"))
"""


def test_arrow_loads_no_pandas() -> None:
    """Which it does, where it finds one, with the first list that it is handed."""
    pytest.importorskip("pandas")
    said = subprocess.run([sys.executable, "-c", ASKS_ARROW], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


COUNTS_ARENAS = """
import ctypes
import sys
import threading
from octy.server.allocator import spare_memory

spare_memory()
import octy.server.serve

threads = [threading.Thread(target=lambda: bytearray(5_000)) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
c = ctypes.CDLL(None)
c.fopen.restype = ctypes.c_void_p
c.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
c.fclose.argtypes = [ctypes.c_void_p]
file = c.fopen(sys.argv[1].encode(), b"w")
c.malloc_info(0, file)
c.fclose(file)
"""


def test_all_memory_is_from_one_arena(tmp_path: Path) -> None:
    """Also what the threads of libraries ask for."""
    if not hasattr(ctypes.CDLL(None), "malloc_info"):
        pytest.skip("another C library's allocator")
    told = tmp_path / "told.xml"
    subprocess.run([sys.executable, "-c", COUNTS_ARENAS, str(told)], check=True)
    assert told.read_text().count("<heap nr=") == 1
