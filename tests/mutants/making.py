"""Which small changes can be made to a source file? Those of mutmut, in the bodies of all of its functions.

mutmut itself leaves decorated functions alone, for it puts a function beside each that chooses among its mutants; so it
would pass all kernels by. Here a mutant is another code object for the same function, whatever is wrapped around it.
"""

import inspect
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from types import CodeType

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from msgspec import Struct
from mutmut.mutation.file_mutation import Mutation, MutationVisitor
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode

LEFT_ALONE = {
    "src/octy/engine/warm.py": "it compiles kernels, and here none is compiled",
    "src/octy/engine/kernels/compiled.py": "the same",
    "src/octy/engine/kernels/memory.py": "it speaks to Numba's compiler; tests/plain.py stands in its place",
}


class Mutant(Struct, frozen=True):
    """One change."""

    path: Path
    function: str
    """As `__qualname__` says."""
    lines: range
    """Those of what was changed."""
    before: str
    after: str
    code: CodeType
    """The function's, changed."""

    def __str__(self) -> str:
        return f"{self.path}:{self.lines.start} {self.function}: {self.before} -> {self.after}"


class _Everywhere(MutationVisitor):
    """Goes into functions that are decorated, too."""

    def __init__(self) -> None:
        nothing = IgnoredCode(no_mutate_lines=set(), ignore_node_lines=set(), ignore_pattern_lines=set())
        super().__init__(mutation_operators, nothing)
        self.lines: list[range] = []

    def _create_mutations(self, node: cst.CSTNode) -> None:
        super()._create_mutations(node)
        place = self.get_metadata(PositionProvider, node)
        self.lines += [range(place.start.line, place.end.line + 1)] * (len(self.mutations) - len(self.lines))

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        bare = node.with_changes(decorators=()) if isinstance(node, cst.FunctionDef) else node
        return super()._skip_node_and_children(bare)


class Source:
    """A source file and all that could be changed in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        wrapper = MetadataWrapper(cst.parse_module(path.read_text()))
        visitor = _Everywhere()
        self._module = wrapper.visit(visitor)
        self._found: Sequence[tuple[Mutation, range]] = list(zip(visitor.mutations, visitor.lines, strict=True))

    def __len__(self) -> int:
        return len(self._found)

    def mutant(self, number: int) -> Mutant | None:
        """The change of that number; None where no function's body is another one then."""
        mutation, lines = self._found[number]
        changed = cst.ensure_type(self._module.deep_replace(mutation.original_node, mutation.mutated_node), cst.Module)
        try:
            functions = dict(functions_in(compile(changed.code, self.path, "exec")))
        except SyntaxError:
            return None
        name = max(
            (name for name in self.functions if self._first_line(name) <= lines.start), key=self._first_line, default=""
        )
        if functions.get(name) == self.functions.get(name):
            return None
        before, after = (self._module.code_for_node(node) for node in (mutation.original_node, mutation.mutated_node))
        return Mutant(self.path, name, lines, before.strip(), after.strip(), functions[name])

    @cached_property
    def functions(self) -> dict[str, CodeType]:
        """The code of functions and methods, by their names."""
        return dict(functions_in(compile(self._module.code, self.path, "exec")))

    def _first_line(self, function: str) -> int:
        return self.functions[function].co_firstlineno


def functions_in(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    """Functions of a module and methods of its classes, by their names. What is defined within them is part of them."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType) and not inner.co_name.startswith("<"):
            if inner.co_flags & inspect.CO_NEWLOCALS:
                yield inner.co_qualname, inner
            else:
                yield from functions_in(inner)
