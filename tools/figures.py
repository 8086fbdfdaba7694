"""Print how long files and functions are, and how much of them is typed, told and tested."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

ROOT = Path(__file__).resolve().parent.parent
CODE = ("ppvcms", "plugins")
LONG_FILE = 500
LONG_FUNCTION = 60

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One parsed file."""

    path: Path
    lines: int
    comments: int
    tree: ast.Module

    @property
    def functions(self) -> list[Function]:
        """Every function, nested ones too."""
        return [node for node in ast.walk(self.tree) if isinstance(node, Function)]

    @property
    def classes(self) -> list[ast.ClassDef]:
        """Every class."""
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef)]

    @property
    def is_test(self) -> bool:
        """Whether the file belongs to the tests, a plugin's included."""
        return "tests" in self.path.parts


def read(path: Path) -> Module:
    """Parse one file."""
    text = path.read_text()
    lines = text.splitlines()
    comments = sum(line.lstrip().startswith("#") for line in lines)
    return Module(path.relative_to(ROOT), len(lines), comments, ast.parse(text))


def collect() -> list[Module]:
    """Parse all of ours, revisions of the database left out."""
    paths = [path for part in (*CODE, "tests") for path in sorted((ROOT / part).rglob("*.py"))]
    return [read(path) for path in paths if "migrations" not in path.parts]


def length(function: Function) -> int:
    """Return the lines of a function, its docstring included."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def spread(values: list[int]) -> str:
    """Return half below / nine in ten below / the largest."""
    if not values:
        return "-"
    if len(values) == 1:
        return f"{values[0]} / {values[0]} / {values[0]}"
    tenths = quantiles(values, n=10, method="inclusive")
    return f"{tenths[4]:.0f} / {tenths[8]:.0f} / {max(values)}"


def percent(part: int, whole: int) -> str:
    """Return a share of a hundred."""
    return f"{100 * part / whole:.0f} %" if whole else "-"


def told(nodes: list[Function] | list[ast.ClassDef] | list[ast.Module]) -> str:
    """Return how many of the nodes have a docstring."""
    return percent(sum(ast.get_docstring(node) is not None for node in nodes), len(nodes))


def report(code: list[Module], tests: list[Module]) -> dict[str, str]:
    """Return the figures by their names."""
    functions = [function for module in code for function in module.functions]
    classes = [node for module in code for node in module.classes]
    lines = sum(module.lines for module in code)
    test_lines = sum(module.lines for module in tests)
    names = [function.name for module in tests for function in module.functions]
    return {
        "files": f"{len(code)}",
        "lines": f"{lines}",
        "lines per file": spread([module.lines for module in code]),
        "lines per function": spread([length(function) for function in functions]),
        "docstrings fn / class / module": " / ".join(
            (told(functions), told(classes), told([module.tree for module in code]))
        ),
        "annotated functions": percent(
            sum(function.returns is not None for function in functions), len(functions)
        ),
        "comments per 100 lines": f"{100 * sum(m.comments for m in code) / max(lines, 1):.1f}",
        "test lines per line": f"{test_lines / max(lines, 1):.2f}",
        "tests": f"{sum(name.startswith('test_') for name in names)}",
    }


def outliers(code: list[Module]) -> list[str]:
    """Return the files and functions past the length where one looks for a second subject."""
    files = [f"{m.path}: {m.lines} lines" for m in code if m.lines > LONG_FILE]
    functions = [
        f"{module.path}:{function.lineno}: {function.name}, {length(function)} lines"
        for module in code
        for function in module.functions
        if length(function) > LONG_FUNCTION
    ]
    return files + functions


def main() -> None:
    """Print the figures, then what stands out."""
    modules = collect()
    code = [module for module in modules if not module.is_test]
    tests = [module for module in modules if module.is_test]
    for name, value in report(code, tests).items():
        print(f"{name:32}{value}")
    for line in outliers(code):
        print(f"long: {line}")


if __name__ == "__main__":
    main()
