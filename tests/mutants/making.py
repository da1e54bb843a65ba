"""Which small changes can be made to a source file? Those of mutmut, in the bodies of all of its functions.

mutmut itself leaves decorated functions alone, for it puts a function beside each that chooses among its mutants; so it
would pass all kernels by. Here a mutant is another code object for the same function, whatever is wrapped around it.
"""

import ast
import hashlib
import inspect
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from types import CodeType

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider
from msgspec import Struct
from mutmut.mutation.file_mutation import MutationVisitor
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode

LEFT_ALONE = {
    "src/octy/engine/warm.py": "it compiles kernels, and here none is compiled",
    "src/octy/engine/loading.py": "the same",
    "src/octy/engine/kernels/compiled.py": "the same",
    "src/octy/engine/kernels/memory.py": "it speaks to Numba's compiler; tests/plain.py stands in its place",
}


class Function(Struct, frozen=True):
    """A function of a module or a method of its classes. What is defined within it is part of it."""

    name: str
    """As `__qualname__` says."""
    lines: range


class Mutant(Struct, frozen=True):
    """One change."""

    path: Path
    function: Function
    lines: range
    """Those of what was changed."""
    source: str
    """The file's."""
    span: slice
    """Of the source, what was changed."""
    after: str

    def __str__(self) -> str:
        changed = f"{' '.join(self.source[self.span].split())} -> {' '.join(self.after.split())}"
        return f"{self.path}:{self.lines.start} {self.function.name}: {changed}"

    @property
    def key(self) -> str:
        """The same as long as the function is, wherever in its file it stands."""
        lines = self.changed.splitlines()
        end = len(lines) - (len(self.source.splitlines()) - self.function.lines.stop + 1)
        told = [str(self.path), self.function.name, *lines[self.function.lines.start - 1 : end]]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]

    @property
    def changed(self) -> str:
        """The whole source with the change."""
        return self.source[: self.span.start] + self.after + self.source[self.span.stop :]

    @property
    def code(self) -> CodeType | None:
        """The function's, changed; None where it is no other one, or none at all."""
        try:
            changed = dict(_codes(compile(self.changed, self.path, "exec"))).get(self.function.name)
        except SyntaxError:
            return None
        return None if changed == dict(_codes(compile(self.source, self.path, "exec")))[self.function.name] else changed


class _Everywhere(MutationVisitor):
    """Goes into functions that are decorated, too."""

    def __init__(self) -> None:
        nothing = IgnoredCode(no_mutate_lines=set(), ignore_node_lines=set(), ignore_pattern_lines=set())
        super().__init__(mutation_operators, nothing)
        self.places: list[CodeRange] = []

    def _create_mutations(self, node: cst.CSTNode) -> None:
        super()._create_mutations(node)
        self.places += [self.get_metadata(PositionProvider, node)] * (len(self.mutations) - len(self.places))

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        bare = node.with_changes(decorators=()) if isinstance(node, cst.FunctionDef) else node
        return super()._skip_node_and_children(bare)


def mutants(path: Path) -> Iterator[Mutant]:
    """All that a file allows; a few of them turn out to be no change."""
    source = path.read_text()
    visitor = _Everywhere()
    module = MetadataWrapper(cst.parse_module(source)).visit(visitor)
    functions = list(functions_in(ast.parse(source)))
    lines = source.splitlines(keepends=True)
    begins = [0, *accumulate(map(len, lines))]
    for mutation, place in zip(visitor.mutations, visitor.places, strict=True):
        start, end = place.start, place.end
        span = slice(begins[start.line - 1] + start.column, begins[end.line - 1] + end.column)
        after = module.code_for_node(mutation.mutated_node).strip()
        indent = lines[start.line - 1][: -len(lines[start.line - 1].lstrip())]
        for function in functions:
            if start.line in function.lines:
                changed_lines = range(start.line, end.line + 1)
                yield Mutant(path, function, changed_lines, source, span, after.replace("\n", f"\n{indent}"))


def functions_in(place: ast.Module | ast.ClassDef, within: str = "") -> Iterator[Function]:
    """Functions of a module and methods of its classes."""
    for inner in place.body:
        if isinstance(inner, ast.ClassDef):
            yield from functions_in(inner, f"{within}{inner.name}.")
        elif isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
            assert inner.end_lineno is not None
            yield Function(within + inner.name, range(inner.lineno, inner.end_lineno + 1))


def _codes(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    """The same functions, compiled."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType) and not inner.co_name.startswith("<"):
            if inner.co_flags & inspect.CO_NEWLOCALS:
                yield inner.co_qualname, inner
            else:
                yield from _codes(inner)
