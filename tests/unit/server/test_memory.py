"""Does a server do without what it has no use for?"""

import subprocess
import sys

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
