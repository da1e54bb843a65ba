"""Compiled kernels are kept, and never run when they are stale."""

from pathlib import Path

from octy.engine.kernels.compiled import cache_name


def test_kernels_are_compiled_anew_when_any_source_changes_that_may_be_in_them(tmp_path: Path) -> None:
    """Numba itself looks at the kernel's own file only."""
    engine, model = tmp_path / "engine", tmp_path / "model"
    sources = [engine / "kernels" / "run.py", engine / "plan.py", model / "instants.py"]
    for source in sources:
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text("1")
    names = {cache_name([engine, model])}
    assert names == {cache_name([engine, model])}
    for source in sources:
        source.write_text("2")
        names.add(cache_name([engine, model]))
    assert len(names) == len(sources) + 1
