"""Imports go only down: the floors of the house, as drawn in ARCHITECTURE.md.

A file imports from lower floors or its own folder; folders on one floor do not import each other. Every import
counts, also one inside a function, under TYPE_CHECKING, or by name through importlib.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOP = 7
FLOORS = {
    "_version": 0, "errors": 0, "clock": 0, "topics": 0, "ijson": 0,
    "crypto": 1,
    "guard": 2, "notify": 2,
    "net": 3,
    "stores": 4, "outbound": 4, "web": 4, "client": 4, "probe": 4,
    "server": 5,
    "cli": 6,
    "__main__": TOP,
    "__init__": TOP,  # the public face exports from any floor, lazily; so nothing below may import from it
}  # fmt: skip

EXCEPTIONS: dict[tuple[str, str], str] = {}
"""(importing file under gatepost/, imported module): the reason why this one is allowed."""

FORBIDDEN_NAMES = {"utils", "util", "common", "core", "base", "helpers", "helper", "misc", "manager"}
"""They say nothing about what is inside."""


def violations(package: Path) -> list[str]:
    """Every import in `package` that does not go down, and every room that stands on no floor."""
    found = []
    for path in sorted(package.rglob("*.py")):
        file = path.relative_to(package)
        room = file.parts[0].removesuffix(".py")
        if room not in FLOORS:
            found.append(f"{file} stands on no floor")
            continue
        for line, module in imports(path, package):
            if (file.as_posix(), module) not in EXCEPTIONS and not goes_down(room, room_of(module)):
                found.append(f"{file}:{line} imports {module}")
    return found


def goes_down(room: str, imported: str) -> bool:
    here, there = FLOORS[room], FLOORS[imported]
    return imported == room or there < here or here == there == 0  # the files of the ground are one room


def room_of(module: str) -> str:
    """The folder or file directly below the package; a name that is neither comes from its `__init__`."""
    room = module.split(".")[1] if "." in module else "__init__"
    return room if room in FLOORS else "__init__"


def imports(path: Path, package: Path) -> Iterator[tuple[int, str]]:
    """(line, module) of every import of our own in a file; `from a import b` counts as `a.b`."""
    for node in ast.walk(ast.parse(path.read_text())):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = ".".join(filter(None, [*relative_to(node.level, path, package), node.module]))
            modules = [f"{origin}.{name.name}" for name in node.names]
        elif isinstance(node, ast.Call) and called(node) in ("import_module", "__import__"):
            modules = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        for module in modules:
            if module.split(".")[0] == package.name:
                yield node.lineno, module  # type: ignore[attr-defined]


def relative_to(level: int, path: Path, package: Path) -> list[str]:
    """The package that so many leading dots mean in this file."""
    here = path.relative_to(package.parent).parts[:-1]
    return list(here[: len(here) - level + 1]) if level else []


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def test_imports_go_down() -> None:
    assert violations(ROOT / "src" / "gatepost") == []


def test_exceptions_are_still_needed() -> None:
    package = ROOT / "src" / "gatepost"
    for file, module in EXCEPTIONS:
        assert module in [imported for _, imported in imports(package / file, package)], (file, module)


def test_names_say_what_is_inside() -> None:
    parts = [ROOT / part for part in ("src", "tests", "scripts", "examples", "benchmarks")]
    paths = [path for part in parts for path in part.rglob("*") if path.is_dir() or path.suffix == ".py"]
    ours = [path for path in paths if not any(name.startswith(".") for name in path.relative_to(ROOT).parts)]
    assert [path for path in ours if path.stem in FORBIDDEN_NAMES] == []


GOES_UP = {
    "import": "import gatepost.server.app",
    "from a package": "from gatepost.server import app",
    "from the root": "from gatepost import server",
    "in a function": "def f():\n    from gatepost.server.app import serve",
    "for types only": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from gatepost.server.app import serve",
    "by name": "import importlib\nimportlib.import_module('gatepost.server.app')",
    "relative": "from ..server import app",
    "relative to the root": "from .. import server",
    "a neighbour on the floor": "from gatepost.stores import sqlite",
    "the public face": "from gatepost import Client",
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A house with two rooms on floor 4, one on floor 5, and a file on the ground."""
    package = tmp_path / "gatepost"
    for file in ("__init__.py", "errors.py", "web/asgi.py", "web/problem.py", "stores/sqlite.py", "server/app.py"):
        (package / file).parent.mkdir(parents=True, exist_ok=True)
        (package / file).write_text("")
    return package


@pytest.mark.parametrize("statement", GOES_UP.values(), ids=GOES_UP.keys())
def test_an_import_that_does_not_go_down_is_found(package: Path, statement: str) -> None:
    (package / "web" / "asgi.py").write_text(statement)
    (found,) = violations(package)
    assert found.startswith("web/asgi.py:")


@pytest.mark.parametrize(
    "statement",
    ["from gatepost.errors import Internal", "from gatepost.web import problem", "from . import problem", "import os"],
)
def test_other_imports_are_left_alone(package: Path, statement: str) -> None:
    (package / "web" / "asgi.py").write_text(statement)
    assert violations(package) == []


def test_a_room_on_no_floor_is_found(package: Path) -> None:
    (package / "attic.py").write_text("")
    assert violations(package) == ["attic.py stands on no floor"]
