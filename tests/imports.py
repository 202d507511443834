"""Which modules a source file imports: plain, relative, lazy ones inside functions, and those named by a string."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IMPORTERS = frozenset({"import_module", "__import__", "find_spec", "run_module", "resolve_name"})


def packages() -> list[str]:
    """Return our packages: the folders of the project that are one, without the tests."""
    return sorted(p.parent.name for p in ROOT.glob("*/__init__.py") if p.parent.name != "tests")


def sources(package: str) -> list[Path]:
    """Return the source files of a package."""
    return sorted((ROOT / package).rglob("*.py"))


def imported(source: str, module: str, is_package: bool = False) -> Iterator[str]:
    """Yield everything a source imports, as an absolute dotted name; `module` is the source's own name.

    What is taken from a module is told with it, since it may be a module itself. A string that is only known when
    the program runs is told as `?`.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, module, is_package)
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _called(node.func) in IMPORTERS:
            yield _named(node, module)


def _absolute(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    if not node.level:
        return node.module or ""
    around = module.split(".")[: None if is_package and node.level == 1 else -(node.level - is_package)]
    return ".".join([*around, *([node.module] if node.module else [])])


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _named(call: ast.Call, module: str) -> str:
    name = call.args[0] if call.args else next((word.value for word in call.keywords if word.arg == "name"), None)
    if isinstance(name, ast.JoinedStr) and name.values:
        name = name.values[0]  # f"store.{kind}": its beginning tells the package
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        return "?"
    return f"{module.split('.')[0]}{name.value}" if name.value.startswith(".") else name.value.rstrip(".")


def module_name(path: Path) -> str:
    """Return the dotted name of a source file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> set[str]:
    """Return everything a file imports."""
    return set(imported(path.read_text(encoding="utf-8"), module_name(path), path.name == "__init__.py"))
