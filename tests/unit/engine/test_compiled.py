"""Compiled kernels are kept, and never run when they are stale."""

from pathlib import Path

from octy.engine.kernels.compiled import cache_folder


def test_kernels_are_compiled_anew_when_any_source_of_the_engine_changes(tmp_path: Path) -> None:
    """Numba itself looks at the kernel's own file only."""
    (tmp_path / "kernels").mkdir()
    kernel, part = tmp_path / "kernels" / "run.py", tmp_path / "plan.py"
    kernel.write_text("1")
    part.write_text("2")
    before = cache_folder(tmp_path)
    assert cache_folder(tmp_path) == before
    part.write_text("3")
    assert cache_folder(tmp_path) != before
