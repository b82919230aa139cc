"""Check style, types, manifests and XML; nothing is changed without --fix."""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Callable
from pathlib import Path

from suite import environment, interpreter, manifests, paths, stamps
from suite.console import say, step

_PINS = paths.PINS / "lint.txt"
# Checks of pylint-odoo that the house does not follow.
_UNASKED = (
    "missing-readme",  # README.rst is made of the fragments in readme/ at a release
    "consider-merging-classes-inherited",  # a file per subject: an account's actions, its orders
    "prefer-env-translation",  # long functions begin with ``_ = self.env._``: the same
    "missing-return",  # methods without a result have none to return
    "no-search-all",  # accounts and credentials are few, and all of them are meant
)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tools/lint", description=__doc__)
    parser.add_argument("checks", nargs="*", help=f"some of: {', '.join(_CHECKS)}; all by default")
    parser.add_argument("--fix", action="store_true", help="mend what ruff can mend")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.checks if name not in _CHECKS]
    if unknown:
        parser.error(f"there is no check {unknown[0]}; there are {', '.join(_CHECKS)}")
    environment.ensure()
    _ensure_linters()
    if options.fix:
        _run("ruff", "check", "--fix", "-q", ".")
        _run("ruff", "format", "-q", ".")
    failed = []
    for name in options.checks or _CHECKS:
        say(f"--- {name}")
        if not _CHECKS[name]():
            failed.append(name)
    say(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return 1 if failed else 0


def _ensure_linters() -> None:
    key = stamps.key_of(stamps.read("venv"), _PINS)
    if stamps.is_current("lint", key):
        return
    with step("linters"):
        interpreter.make_venv(paths.LINT_VENV, interpreter.find())
        python = paths.LINT_VENV / "bin" / "python"
        environment.pip("install", "-r", _PINS, log="pip-lint", python=python)
    stamps.write("lint", key)


def _run(program: str, *arguments: str, cwd: Path = paths.CHECKOUT) -> bool:
    """Run a linter; tells whether it found nothing."""
    words = [str(paths.LINT_VENV / "bin" / program), *arguments]
    return subprocess.run(words, cwd=cwd, check=False).returncode == 0


def _ruff() -> bool:
    return _run("ruff", "check", ".")


def _format() -> bool:
    return _run("ruff", "format", "--check", ".")


def _mypy() -> bool:
    """Strictly, each with its own settings, and with the packages of the real environment."""
    fine = True
    for folder in [*environment.own_packages(), paths.TOOLS]:
        words = ["--python-executable", str(paths.PYTHON)]
        words += ["--cache-dir", str(paths.HOME / "mypy" / folder.name)]
        if folder == paths.TOOLS:
            words += [
                "--strict",
                "--exclude",
                "demo/(amazon|catalogue|shopify).py",
                "suite",
            ]  # a script of Odoo's shell
        fine = _run("mypy", *words, cwd=folder) and fine
    return fine


def _pylint() -> bool:
    addons = [str(path.parent) for path in sorted(paths.ADDONS.glob("*/__manifest__.py"))]
    if not addons:
        return True
    words = [f"--rcfile={paths.CHECKOUT / 'pyproject.toml'}", f"--disable={','.join(_UNASKED)}"]
    return _run("pylint", *words, "-j", "2", *addons)


def _manifests() -> bool:
    found = manifests.problems()
    for line in found:
        say(f"addons/{line}")
    return not found


_CHECKS: dict[str, Callable[[], bool]] = {
    "ruff": _ruff,
    "format": _format,
    "mypy": _mypy,
    "pylint": _pylint,
    "manifests": _manifests,
}
