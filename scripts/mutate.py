"""Mutation testing of the reckoning: change one thing, run its tests, say which changes nobody saw.

    uv run --with cosmic-ray python -m scripts.mutate due_dates
    uv run --with cosmic-ray python -m scripts.mutate conflicts

The operators are cosmic-ray's, without those that make no sense of dates and sets (shifts, powers,
remainders, bitwise exclusive or, division) and identity in place of order. Each mutant runs in a
fork of a process that has everything imported, so that hundreds take minutes. Nothing is written
to the tree. Prints each survivor; docs/explanation/mutants.md argues about those that stay.
"""

import ast
import difflib
import importlib.abc
import importlib.util
import marshal
import os
import signal
import sys
import types
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "aigaq" / "reckoning"
TESTS = {
    "due_dates": (
        "tests/vectors/test_clocks_vectors.py",
        "tests/unit/reckoning/test_due_dates.py",
        "tests/unit/reckoning/test_shown_steps.py",
        "tests/unit/reckoning/test_dates_at_edges.py",
        "tests/unit/reckoning/test_term_properties.py",
    ),
}
#: All other modules of the reckoning; the file of the module itself goes first.
STORIES = (
    "tests/unit/reckoning/test_addressees.py",
    "tests/unit/reckoning/test_answers.py",
    "tests/unit/reckoning/test_case_files.py",
    "tests/unit/reckoning/test_duties.py",
    "tests/unit/reckoning/test_evaluation.py",
    "tests/unit/reckoning/test_handled_complaints.py",
    "tests/unit/reckoning/test_hostile_stories.py",
    "tests/unit/reckoning/test_office_reading.py",
    "tests/unit/reckoning/test_other_stories.py",
    "tests/unit/reckoning/test_owed.py",
    "tests/unit/reckoning/test_proposals.py",
    "tests/unit/reckoning/test_qualification.py",
    "tests/unit/reckoning/test_resolving.py",
    "tests/unit/reckoning/test_routing.py",
    "tests/unit/reckoning/test_settling.py",
    "tests/unit/reckoning/test_single_terms.py",
    "tests/unit/reckoning/test_starts.py",
    "tests/unit/reckoning/test_windows.py",
    "tests/unit/reckoning/test_conflicts.py",
)
SENSELESS = ("_RShift", "_LShift", "_Pow", "_Mod", "_FloorDiv", "_BitXor", "_Div")
AT_ONCE = 2
LONGEST_SECONDS = 120
PYTEST = (
    "-q",
    "-x",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:randomly",
    "--noconftest",
    "-c",
    "/dev/null",
)


class Mutant(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the changed source in place of the module."""

    def __init__(self, *, name: str, path: Path, source: str) -> None:
        self._name, self._path, self._source = name, path, source

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find our module, and no other."""
        if fullname != self._name:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=str(self._path))

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the changed source."""
        exec(compile(self._source, str(self._path), "exec"), module.__dict__)


def list_mutants(source: str) -> Iterator[tuple[str, str]]:
    """Yield operator and changed source, each that compiles to something else."""
    # Brought by the command above, and no dependency of the project.
    trees, plugins = import_module("cosmic_ray.ast"), import_module("cosmic_ray.plugins")
    mutate_code = import_module("cosmic_ray.mutating").mutate_code
    get_operator = plugins.get_operator
    tree, unchanged = trees.get_ast(source), _compile(source)
    for name in sorted(plugins.operator_names()):
        is_identity = "ComparisonOperator" in name and "_Is" in name
        if name.endswith(SENSELESS) or (
            is_identity and not name.endswith(("Is_IsNot", "IsNot_Is"))
        ):
            continue
        if getattr(get_operator(name), "arguments", tuple)():
            continue
        operator = get_operator(name)()
        count = sum(1 for node in trees.ast_nodes(tree) for _ in operator.mutation_positions(node))
        for occurrence in range(count):
            changed = mutate_code(source, get_operator(name)(), occurrence)
            compiled = None if changed is None else _compile(changed)
            if changed is not None and compiled not in (None, unchanged):
                yield name, changed


def _compile(source: str) -> bytes | None:
    """Return what a source compiles to, wherever it stands; the type of a local is nothing."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        for place in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
            if hasattr(node, place):
                setattr(node, place, 1)
    try:
        return marshal.dumps(compile(tree, "mutant", "exec"))
    except SyntaxError:
        return None


def start(mutant: Mutant, *, tests: Sequence[str]) -> int:
    """Run the tests over a mutant in a fork; return its process id."""
    pid = os.fork()
    if pid:
        return pid
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    signal.alarm(LONGEST_SECONDS)
    sys.meta_path.insert(0, mutant)
    try:
        import pytest
        from hypothesis import settings

        settings.register_profile("fewer", max_examples=10, deadline=None, derandomize=True)
        settings.load_profile("fewer")
        code = int(pytest.main([*PYTEST, "--rootdir", str(ROOT), *tests]))
    except BaseException:  # A mutant that ends its process was seen.
        code = 99
    os._exit(code & 0xFF)


def show(operator: str, *, source: str, changed: str) -> None:
    """Print what was changed."""
    print(f"survived: {operator}")
    for line in difflib.unified_diff(source.splitlines(), changed.splitlines(), lineterm="", n=0):
        if line[:1] in "+-" and not line.startswith(("+++", "---")):
            print(f"  {line}")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Try every mutant of one module; return 0 if no one survived."""
    if len(arguments) != 1 or not (PACKAGE / f"{arguments[0]}.py").is_file():
        print(__doc__, file=sys.stderr)
        return 2
    module = arguments[0]
    path = PACKAGE / f"{module}.py"
    source = path.read_text("utf-8")
    own = f"tests/unit/reckoning/test_{module}.py"
    tests = TESTS.get(module) or sorted(STORIES, key=lambda test: test != own)
    name = f"aigaq.reckoning.{module}"
    sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
    import hypothesis
    import pytest
    import yaml  # noqa: F401 - so that no fork imports it anew.

    print(f"{module}, with pytest {pytest.__version__}, hypothesis {hypothesis.__version__}")
    untouched = start(Mutant(name=name, path=path, source=source), tests=tests)
    if os.waitpid(untouched, 0)[1] != 0:
        print("the tests fail without any change", file=sys.stderr)
        return 2
    waiting = list_mutants(source)
    running: dict[int, tuple[str, str]] = {}
    tried = survived = 0
    while True:
        while len(running) < AT_ONCE and (following := next(waiting, None)) is not None:
            mutant = Mutant(name=name, path=path, source=following[1])
            running[start(mutant, tests=tests)] = following
        if not running:
            break
        pid, status = os.wait()
        operator, changed = running.pop(pid)
        tried += 1
        if status == 0:
            survived += 1
            show(operator, source=source, changed=changed)
    print(f"{module}: {tried} mutants, {tried - survived} seen by the tests, {survived} survived")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
