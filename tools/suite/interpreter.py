"""Find a Python that Odoo 19 runs on, and make the virtual environment with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from suite import apt, paths
from suite.console import SuiteError, run

OLDEST = (3, 10)
NEWEST = (3, 13)
SUPPORTED = "3.10, 3.11, 3.12 or 3.13"

_PROBE = """
import importlib.util, sys
has = lambda name: bool((spec := importlib.util.find_spec(name)) and spec.origin)
print(*sys.version_info[:2], int(has("venv") and has("ensurepip")), int(has("pip")))
"""


@dataclass(frozen=True)
class Interpreter:
    path: str
    version: tuple[int, int]
    has_venv: bool
    has_pip: bool


def find() -> Interpreter:
    """The interpreter for the environment.

    ``SUITE_PYTHON`` wins; else the one that runs this, else the newest supported one on PATH.

    :raises SuiteError: none is between 3.10 and 3.13.
    """
    wanted = os.environ.get("SUITE_PYTHON")
    if wanted:
        found = probe(wanted)
        if found is None or not OLDEST <= found.version <= NEWEST:
            raise SuiteError(
                f"SUITE_PYTHON={wanted} is not a Python {SUPPORTED}", "point it to one, or unset it"
            )
        return found
    usable = [
        found
        for found in map(probe, _candidates())
        if found is not None and OLDEST <= found.version <= NEWEST
    ]
    if not usable:
        running = ".".join(map(str, sys.version_info[:2]))
        raise SuiteError(
            f"Odoo 19 needs Python {SUPPORTED}; found only Python {running}",
            "install one of them (apt-get install python3.11 python3.11-venv), or name it in"
            " SUITE_PYTHON",
        )
    return next((found for found in usable if found.has_venv), usable[0])


def _candidates() -> list[str]:
    own = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    names = ["python3.13", "python3.12", "python3.11", "python3.10", "python3"]
    found = [str(own)] + [path for name in names if (path := shutil.which(name))]
    return list(dict.fromkeys([*found, "/usr/bin/python3"]))


def probe(python: str) -> Interpreter | None:
    """What the interpreter says of itself; None when it does not run."""
    try:
        done = subprocess.run(
            [python, "-I", "-c", _PROBE], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode:
        return None
    major, minor, has_venv, has_pip = done.stdout.split()
    return Interpreter(python, (int(major), int(minor)), has_venv == "1", has_pip == "1")


def make_venv(folder: Path, python: Interpreter) -> None:
    """A fresh virtual environment with pip in it.

    Debian splits ``ensurepip`` off into ``python3-venv``. Where it is missing it is installed when
    that is allowed, else the system's pip puts itself into the new environment.
    """
    shutil.rmtree(folder, ignore_errors=True)
    log = paths.LOGS / "venv.log"
    if not python.has_venv and paths.IS_ROOT and apt.available():
        version = ".".join(map(str, python.version))
        apt.install([f"python{version}-venv"], why="Python's venv module")
        python = probe(python.path) or python
    if python.has_venv:
        run([python.path, "-m", "venv", folder], log=log, what="python -m venv")
        return
    if not python.has_pip:
        raise SuiteError(
            f"{python.path} has neither the module ensurepip nor pip",
            "apt-get install python3-venv (as root), or name another Python in SUITE_PYTHON",
        )
    run([python.path, "-m", "venv", "--without-pip", folder], log=log, what="python -m venv")
    run(
        [python.path, "-m", "pip", "--python", folder / "bin" / "python", "install", "-q", "pip"],
        log=log,
        what="pip into the new environment",
        todo="apt-get install python3-venv (as root)",
    )
