"""What no line of the product does: run text as code, build objects of bytes, or hand a line to a shell."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import octy

SOURCES = sorted(Path(octy.__file__).parent.rglob("*.py"))
FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "shelve", "marshal", "yaml", "jsonpickle", "cloudpickle"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_METHODS = {("os", "system"), ("os", "popen"), ("yaml", "load"), ("pickle", "loads"), ("pickle", "load")}


def offences(tree: ast.AST) -> Iterator[str]:
    """Each as its line and what stands there."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found = [name.name for name in names if name.name.partition(".")[0] in FORBIDDEN_MODULES]
            case ast.ImportFrom(module=str(module)):
                found = [module] if module.partition(".")[0] in FORBIDDEN_MODULES else []
            case ast.Call(func=func, keywords=keywords):
                found = [f"{called}()" for called in _called(func)]
                found += ["shell=True" for one in keywords if one.arg == "shell" and not _is_false(one.value)]
            case _:
                continue
        yield from (f"line {node.lineno}: {one}" for one in found)


def _called(func: ast.expr) -> Iterator[str]:
    match func:
        case ast.Name(id=name) if name in FORBIDDEN_CALLS:
            yield name
        case ast.Attribute(value=ast.Name(id=owner), attr=name) if (owner, name) in FORBIDDEN_METHODS:
            yield f"{owner}.{name}"
        case ast.Attribute(value=ast.Call(func=ast.Name(id="YAML"), keywords=keywords), attr="load"):
            yield from (["YAML().load"] if not any(one.arg == "typ" for one in keywords) else [])


def _is_false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from pickle import loads",
        "import yaml.loader",
        "eval('1')",
        "exec(text)",
        "subprocess.run(line, shell=True)",
        "subprocess.run(line, shell=flag)",
        "os.system(line)",
        "yaml.load(text)",
        "YAML().load(text)",
    ],
)
def test_an_offence_is_seen(text: str) -> None:
    assert list(offences(ast.parse(text)))


def test_no_module_of_the_product_runs_text_or_builds_objects_of_bytes() -> None:
    assert len(SOURCES) > 200
    found = [f"{path}: {one}" for path in SOURCES for one in offences(ast.parse(path.read_text(encoding="utf-8")))]
    assert found == []
