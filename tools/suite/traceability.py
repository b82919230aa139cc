"""Which requirement is shown by which test and which picture.

Requirements stand in ``docs/requirements.toml``. Tests say what they show with the decorator
``covers("R12", "X4")``, found by reading their source, without importing or running anything.
Pictures are listed in ``docs/screens.toml``::

    ["account-form.png"]
    title = "An account with its connection tested"
    shows = ["R78", "R237"]
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from suite import paths
from suite.console import SuiteError

#: Folders that tests stand in, as patterns below the checkout.
TEST_FILES = (
    "adapters/tests/**/*.py",
    "adapters/src/marketplace_adapters/testing/**/*.py",
    "sandbox/tests/**/*.py",
    "tests/**/*.py",
    "addons/*/tests/**/*.py",
)


@dataclass
class Requirement:
    """One requirement, and what shows it: ``file::Class::test`` and names of pictures."""

    id: str
    text: str
    tests: list[str] = field(default_factory=list)
    screens: list[str] = field(default_factory=list)

    @property
    def is_shown(self) -> bool:
        return bool(self.tests or self.screens)


@dataclass(frozen=True)
class Section:
    title: str
    requirements: list[Requirement]


def collect(checkout: Path = paths.CHECKOUT) -> list[Section]:
    """All requirements with what shows them.

    :raises SuiteError: a test or a picture names a requirement that does not exist.
    """
    sections = _sections(checkout / "docs" / "requirements.toml")
    known = {item.id: item for section in sections for item in section.requirements}
    for test, ids in _covered(checkout):
        for number in ids:
            _known(known, number, test).tests.append(test)
    for picture, entry in pictures(checkout).items():
        if not (checkout / "docs" / picture).is_file():
            raise SuiteError(
                f"docs/screens.toml: there is no picture docs/{picture}", "run make screenshots"
            )
        for number in entry.get("shows", []):
            _known(known, number, "docs/screens.toml").screens.append(picture)
    return sections


def pictures(checkout: Path) -> dict[str, Any]:
    """``docs/screens.toml``: {file below ``docs/``: its title, what it shows, how it is taken}"""
    return _load(checkout / "docs" / "screens.toml")


def _sections(path: Path) -> list[Section]:
    data = _load(path)
    if not data:
        raise SuiteError(f"{path} does not exist or is empty")
    return [
        Section(
            entry["title"],
            [Requirement(name, text) for name, text in entry.items() if name != "title"],
        )
        for entry in data.values()
    ]


def _known(known: Mapping[str, Requirement], number: str, where: str) -> Requirement:
    if number not in known:
        raise SuiteError(
            f"{where} says that it shows {number}, which is no requirement",
            "mend the number, or write the requirement into docs/requirements.toml",
        )
    return known[number]


def _load(path: Path) -> dict[str, Any]:
    try:
        # New in Python 3.11; on 3.10 pytest brings the same as a package.
        toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    except ModuleNotFoundError as error:
        raise SuiteError(
            f"reading {path.name} needs Python 3.11 or newer",
            f"start the script with one, or with {paths.PYTHON}",
        ) from error
    try:
        data: dict[str, Any] = toml.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise SuiteError(f"{path}: {error}") from error
    return data


# --- reading tests -----------------------------------------------------------------------------


def _covered(checkout: Path) -> Iterator[tuple[str, list[str]]]:
    """Every marked test with its numbers, in the order of the files."""
    for pattern in TEST_FILES:
        for path in sorted(checkout.glob(pattern)):
            where = path.relative_to(checkout).as_posix()
            try:
                tree = ast.parse(path.read_text(encoding="utf-8"))
            except SyntaxError as error:
                raise SuiteError(f"{where}:{error.lineno}: {error.msg}") from error
            yield from _marks(tree, where)


def _marks(node: ast.AST, where: str) -> Iterator[tuple[str, list[str]]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            name = f"{where}::{child.name}"
            ids = [number for mark in child.decorator_list for number in _numbers(mark, name)]
            if ids:
                yield name, list(dict.fromkeys(ids))
            yield from _marks(child, name)


def _numbers(decorator: ast.expr, where: str) -> Iterator[str]:
    if not isinstance(decorator, ast.Call):
        return
    function = decorator.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name != "covers":
        return
    for argument in decorator.args:
        if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
            raise SuiteError(f"{where}: covers() can only be read with plain texts in it")
        yield argument.value


# --- writing -----------------------------------------------------------------------------------


def page(sections: list[Section]) -> str:
    """The text of ``docs/requirements.md``."""
    everything = [item for section in sections for item in section.requirements]
    lines = [
        "# Requirements",
        "",
        "Every requirement, and where it is shown. Written by `make requirements`; not edited by"
        " hand. The lines stand in [requirements.toml](requirements.toml), pictures in"
        " [screens.toml](screens.toml); a test says `covers(…)`.",
        "",
        "| section | requirements | shown |",
        "|---|---:|---:|",
    ]
    for section in sections:
        lines.append(_count(f"[{section.title}](#{_anchor(section.title)})", section.requirements))
    lines.append(_count("**all**", everything))
    for section in sections:
        lines += ["", f"## {section.title}", "", "| | requirement | shown by |", "|---|---|---|"]
        lines += [_row(item) for item in section.requirements]
    missing = [item.id for item in everything if not item.is_shown]
    lines += ["", "## Not shown yet", ""]
    lines.append(", ".join(missing) + "." if missing else "None: every requirement is shown.")
    return "\n".join(lines) + "\n"


def _count(title: str, requirements: list[Requirement]) -> str:
    shown = sum(item.is_shown for item in requirements)
    return f"| {title} | {len(requirements)} | {shown} |"


def _anchor(title: str) -> str:
    return "".join(
        letter for letter in title.lower().replace(" ", "-") if letter.isalnum() or letter == "-"
    )


def _row(item: Requirement) -> str:
    proofs = [_test(test) for test in item.tests[:3]]
    if len(item.tests) > len(proofs):
        proofs.append(f"{len(item.tests) - len(proofs)} more tests")
    proofs += [f"[{Path(name).stem}]({name})" for name in item.screens]
    text = item.text.replace("|", "\\|")
    return f"| {item.id} | {text} | {', '.join(proofs) or 'not shown yet'} |"


def _test(test: str) -> str:
    file, *names = test.split("::")
    return f"[{names[-1]}](../{file})"
