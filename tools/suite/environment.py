"""The private environment: Python packages, Odoo, the suite's own packages, PostgreSQL.

Each step is keyed by what goes into it, so that a second run finds everything done and takes a
fraction of a second.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from suite import apt, interpreter, locks, odoo_source, paths, postgres, stamps
from suite.console import SuiteError, run, say, step

_PINS = paths.PINS / "odoo-19.0.txt"
_TEST = paths.PINS / "test.txt"
_QUEUE_JOB = paths.PINS / "queue-job.txt"

#: Flags without which Chromium calls home, which logs errors that fail browser tests.
_CHROME_FLAGS = (
    "--disable-quic --disable-component-update --disable-sync --disable-background-networking"
)


def ensure(*, quiet: bool = True) -> None:
    """Build or complete the environment.

    :param quiet: say nothing when everything is there already.
    """
    paths.ready_home()
    if _is_complete():
        if not quiet:
            say(f"everything is there ({paths.HOME})")
        return
    with locks.only_one("bootstrap", "it prepares the environment"):
        say(f"preparing the environment in {paths.HOME}")
        _python_packages()
        _odoo()
        _own_packages()
        postgres.ensure_installed()
        say("the environment is ready")


def _is_complete() -> bool:
    return (
        paths.PYTHON.exists()
        and stamps.is_current("venv", _venv_key())
        and stamps.is_current("odoo-packages", _odoo_packages_key())
        and stamps.is_current("test-packages", stamps.key_of(_TEST))
        and stamps.is_current("own-packages", _own_key())
        and _odoo_is_current()
        and postgres.is_installed()
    )


# --- Python packages ---------------------------------------------------------------------------


def _venv_key() -> str:
    return stamps.key_of("1", str(paths.VENV), os.environ.get("SUITE_PYTHON", ""))


def _odoo_packages_key() -> str:
    return stamps.key_of("1", stamps.read("venv"), _PINS, _QUEUE_JOB)


def _python_packages() -> None:
    if not paths.PYTHON.exists() or not stamps.is_current("venv", _venv_key()):
        python = interpreter.find()
        version = ".".join(map(str, python.version))
        with step(f"virtual environment with Python {version}"):
            for stamp in paths.STAMPS.iterdir():
                stamp.unlink()
            interpreter.make_venv(paths.VENV, python)
            stamps.write("venv", _venv_key())
    if not stamps.is_current("odoo-packages", _odoo_packages_key()):
        with step("Odoo's Python packages"):
            pip("install", "-r", _PINS, log="pip-odoo")
            pip("install", "--no-deps", "-r", _QUEUE_JOB, log="pip-queue-job")
            stamps.write("odoo-packages", _odoo_packages_key())
    if not stamps.is_current("test-packages", stamps.key_of(_TEST)):
        with step("Python packages for tests"):
            pip("install", "-c", _PINS, "-r", _TEST, log="pip-test")
            stamps.write("test-packages", stamps.key_of(_TEST))


def pip(*arguments: str | Path, log: str, python: Path | None = None) -> None:
    run(
        [python or paths.PYTHON, "-m", "pip", "--disable-pip-version-check", "-q", *arguments],
        log=paths.LOGS / f"{log}.log",
        what="pip",
        todo="check that pip reaches its package index (pip config list), then run this again",
    )


def site_packages() -> Path:
    found = sorted((paths.VENV / "lib").glob("python3.*/site-packages"))
    if not found:
        raise SuiteError(f"{paths.VENV} is damaged", f"delete {paths.HOME} and run this again")
    return found[0]


# --- Odoo --------------------------------------------------------------------------------------


def _odoo_is_current() -> bool:
    """Whether the Odoo that was set up is the one that is asked for now, and still there."""
    stamp = stamps.read("odoo")
    if not stamp or stamp.split("\n")[0] != _odoo_wish():
        return False
    return (Path(stamp.split("\n")[1]) / "odoo" / "release.py").is_file()


def _odoo_wish() -> str:
    """What decides which Odoo is used, found without starting a program."""
    return " ".join(
        [odoo_source.RECIPE, os.environ.get("ODOO_PATH", ""), shutil.which("odoo") or ""]
    )


def _odoo() -> None:
    if _odoo_is_current():
        return
    source = odoo_source.users_own()
    if source is None:
        source = odoo_source.unpack_debian()
    else:
        say(f"  ✓ using the Odoo {source.version} of {source.told_by}: {source.folder}")
    odoo_source.put_on_path(source, site_packages())
    said = run(
        [paths.PYTHON, "-c", _WHICH_ODOO],
        what="import odoo",
        cwd="/",
        todo=f"delete {paths.HOME} and run this again",
    ).split()[-1]
    say(f"  ✓ Odoo {said} ({source.version} of {source.told_by})")
    stamps.write("odoo", f"{_odoo_wish()}\n{source.folder}\n{source.key}")


_WHICH_ODOO = "import odoo.release, odoo.addons.queue_job; print(odoo.release.version)"


def odoo_folder() -> Path:
    """The folder that holds the package ``odoo``."""
    return Path(stamps.read("odoo").split("\n")[1])


def version_key() -> str:
    """Key of everything that a database built by this environment depends on."""
    return stamps.key_of(stamps.read("odoo"), _PINS, _QUEUE_JOB)


# --- the suite's own packages ------------------------------------------------------------------


def own_packages() -> list[Path]:
    """The two pure distributions, as far as they stand in this checkout."""
    return [
        folder
        for folder in (paths.ADAPTERS, paths.SANDBOX)
        if (folder / "pyproject.toml").is_file()
    ]


def _own_key() -> str:
    projects = (paths.ADAPTERS / "pyproject.toml", paths.SANDBOX / "pyproject.toml")
    return stamps.key_of("1", str(paths.CHECKOUT), stamps.read("odoo-packages"), *projects)


def _own_packages() -> None:
    key = _own_key()
    if stamps.is_current("own-packages", key):
        return
    folders = own_packages()
    if folders:
        names = " and ".join(folder.name for folder in folders)
        with step(f"{names}, editable"):
            editable = [word for folder in folders for word in ("-e", str(folder))]
            pip("install", "-c", _PINS, "-c", _TEST, *editable, log="pip-own")
    stamps.write("own-packages", key)


# --- programs that only tests need -------------------------------------------------------------


def ensure_browser() -> str:
    """Chromium for browser tests, installed when that is allowed.

    :return: the folder to put first on PATH; it holds a ``google-chrome`` that keeps to itself.
    :raises SuiteError: there is none and it cannot be installed.
    """
    real = _browser()
    if real is None and paths.IS_ROOT and apt.available():
        apt.install(["chromium"], why="browser tests")
        real = _browser()
    if real is None:
        raise SuiteError(
            "there is no Chromium, and without it every browser test would be skipped unseen",
            "apt-get install chromium (as root), or put a chromium or google-chrome on PATH",
        )
    shim = paths.SHIMS / "google-chrome"
    text = f'#!/bin/sh\nexec {real} {_CHROME_FLAGS} "$@"\n'
    if not shim.exists() or shim.read_text(encoding="utf-8") != text:
        shim.write_text(text, encoding="utf-8")
        shim.chmod(0o755)
    return str(paths.SHIMS)


def _browser() -> str | None:
    elsewhere = os.pathsep.join(
        folder
        for folder in os.environ.get("PATH", "").split(os.pathsep)
        if Path(folder) != paths.SHIMS
    )
    names = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")
    return next((path for name in names if (path := shutil.which(name, path=elsewhere))), None)
