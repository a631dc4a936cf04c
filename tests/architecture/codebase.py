"""The sources as data: files, trees, imports, layers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAMS = ("azext_akskv", "emulator")


def python_files(*folders: str) -> list[Path]:
    """All modules below these folders of the checkout, never none."""
    files = sorted(file for folder in folders for file in (CHECKOUT / folder).rglob("*.py"))
    assert len(files) >= len(folders), f"nothing to look at in {folders}"
    return files


def shown(path: Path) -> str:
    """The path as a reader of a failure wants it."""
    return str(path.relative_to(CHECKOUT))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(path: Path) -> Iterator[str]:
    """Dotted names of what a module imports, at its top or inside its functions; `from a import b` gives `a.b`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{shown(path)}:{node.lineno}: imports are absolute"
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


@cache
def mentions(path: Path) -> tuple[tuple[int, str], ...]:
    """Line and text of each dotted name (`os.environ`) and each bare name (`print`) that a module uses."""
    return tuple(
        (node.lineno, node.id if isinstance(node, ast.Name) else ast.unparse(node))
        for node in ast.walk(tree(path))
        if isinstance(node, (ast.Name, ast.Attribute))
    )
