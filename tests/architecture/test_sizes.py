"""Files, functions and signatures stay small: the fence that even good code bases lack."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture.codebase import PROGRAMS, functions, python_files, shown

FOLDERS = (*PROGRAMS, "tools", "benchmarks")
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "base"}


@pytest.mark.parametrize("path", python_files(*FOLDERS), ids=shown)
def test_a_file_has_at_most_300_lines(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") <= 300


@pytest.mark.parametrize("path", python_files(*FOLDERS), ids=shown)
def test_a_function_has_at_most_40_lines(path: Path) -> None:
    long = {
        f.name: f.end_lineno - f.lineno + 1 for f in functions(path) if f.end_lineno and f.end_lineno - f.lineno >= 40
    }
    assert not long


@pytest.mark.parametrize("path", python_files(*FOLDERS), ids=shown)
def test_a_function_takes_at_most_5_parameters(path: Path) -> None:
    wide = {f.name: count for f in functions(path) if (count := parameters(f)) > 5 and not is_handler(path, f)}
    assert not wide


@pytest.mark.parametrize("path", python_files(*PROGRAMS), ids=shown)
def test_a_module_is_named_after_the_thing_it_knows(path: Path) -> None:
    assert not VAGUE & {part.removesuffix(".py").strip("_") for part in path.parts}


def test_the_handlers_that_may_take_more_are_found() -> None:
    assert [f.name for path in python_files("azext_akskv/cli") for f in functions(path) if is_handler(path, f)]


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return len([arg for arg in every if arg.arg not in ("self", "cls")])


def is_handler(path: Path, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """az reads a command's options off its handler's signature, whose first parameter is `cmd`."""
    arguments = function.args.args
    return shown(path).startswith("azext_akskv/cli/") and bool(arguments) and arguments[0].arg == "cmd"
