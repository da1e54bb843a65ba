"""Does the table of statements name tests that exist, and every test of this folder?"""

from importlib import import_module
from pathlib import Path

from tests.wire.statements import HELD, NOT_HERE


def test_every_statement_is_held_by_tests_that_exist() -> None:
    for held in HELD:
        assert held.tests, held
        for name in held.tests:
            module, _, function = name.partition("::")
            home = module if "." in module else f"tests.wire.{module}"
            assert callable(getattr(import_module(home), function, None)), f"{held.section}: there is no {name}"


def test_every_test_of_this_folder_holds_a_statement() -> None:
    named = {name for held in HELD for name in held.tests}
    for path in Path(__file__).parent.glob("test_*.py"):
        if path != Path(__file__):
            module = import_module(f"tests.wire.{path.stem}")
            mine = {f"{path.stem}::{name}" for name in vars(module) if name.startswith("test_")}
            assert mine <= named, f"not in the table: {sorted(mine - named)}"


def test_what_is_not_held_has_a_reason() -> None:
    assert all(one.reason for one in NOT_HERE)


def test_no_section_is_left_out() -> None:
    sections = {one.section for one in (*HELD, *NOT_HERE)}
    wanted = [f"0.{n}" for n in range(1, 11)] + ["1"] + [f"1.{n}" for n in range(1, 7)] + ["2"]
    wanted += [f"3.{n}" for n in range(1, 15)] + ["4", "5", "6", "7"]
    assert set(wanted) <= sections
