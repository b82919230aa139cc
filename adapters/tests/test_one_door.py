"""Everything that reaches a network goes through one function; read from the source."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import marketplace_adapters
from marketplace_adapters.testing import covers

PACKAGE = Path(marketplace_adapters.__file__).parent
# What could reach a network; urllib3 is the engine of requests.
DOORS = {
    "requests",
    "urllib3",
    "http",
    "socket",
    "httpx",
    "aiohttp",
    "asyncio",
}
# What could remember something: nothing is kept between two calls.
STORES = {"sqlite3", "shelve", "dbm", "pickle"}


def shipped() -> list[Path]:
    """Modules that run in production; ``testing`` is for tests."""
    return [path for path in PACKAGE.rglob("*.py") if "testing" not in path.parts]


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Everything in a module."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@cache
def imported(path: Path) -> set[str]:
    """Top-level names of the packages that a module imports."""
    names: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def importing(packages: set[str]) -> dict[str, set[str]]:
    """Modules that import one of these packages, and which."""
    word = re.compile(rf"\b(?:{'|'.join(packages)})\b")
    # What a module imports stands in its text: the others need not be parsed.
    named = [path for path in shipped() if word.search(path.read_text(encoding="utf-8"))]
    found = {path: imported(path) & packages for path in named}
    return {path.relative_to(PACKAGE).as_posix(): names for path, names in found.items() if names}


def calls_of(path: Path, method: str) -> list[str]:
    """Functions of a module that call ``something.method(…)``."""
    found = []
    for function in nodes(path):
        if isinstance(function, ast.FunctionDef):
            found += [
                function.name
                for node in ast.walk(function)
                if isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == method
            ]
    return found


@covers("R123", "R129")
def test_one_module_reaches_the_network_and_by_requests() -> None:
    assert importing(DOORS) == {"core/transport.py": {"requests", "urllib3"}}


def test_what_is_put_on_the_disk_is_gone_when_it_was_read() -> None:
    # A catalogue of a million lines, in a folder that goes with the reading.
    assert importing(STORES) == {"shopify/catalogue.py": {"sqlite3"}}
    path = PACKAGE / "shopify" / "catalogue.py"
    assert calls_of(path, "connect") == ["__init__"]
    assert calls_of(path, "TemporaryDirectory") == ["joined"]


@covers("R126")
def test_one_function_makes_all_requests_to_cartona() -> None:
    found = {
        path.name: calls
        for path in (PACKAGE / "cartona").glob("*.py")
        if (calls := calls_of(path, "request"))
    }
    assert found == {"client.py": ["_request"]}


def test_amazons_api_and_documents_have_one_function_each_and_logins_one_for_all() -> None:
    found = {
        path.name: calls
        for path in (PACKAGE / "amazon").glob("*.py")
        if (calls := calls_of(path, "request"))
    }
    assert found == {"calls.py": ["call", "send"], "documents.py": ["_send"]}
    assert calls_of(PACKAGE / "core" / "tokens.py", "request") == ["fetch_token"]


@covers("R323")
def test_the_python_versions_are_named_where_a_package_is_installed_and_checked() -> None:
    project = PACKAGE.parents[1] / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    assert 'requires-python = ">=3.10"' in text
    assert 'python_version = "3.10"' in text, "mypy checks for the oldest"
    assert 'target-version = "py310"' in text, "and so does ruff"
    assert "needs Python 3.10+" in (project.parent / "README.md").read_text(encoding="utf-8")
