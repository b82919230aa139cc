"""The program ``rtlcss``, with which Odoo turns its style sheets round for Arabic.

Odoo does without it, and shows Arabic words in a layout from left to right.
"""

from __future__ import annotations

import os
import shutil

from suite import apt, paths
from suite.console import SuiteError, run, step

VERSION = "4.3.0"


def ensure() -> None:
    """Put ``rtlcss`` on the PATH of :func:`suite.odoo.environment`, unless the machine has it.

    :raises SuiteError: it is missing and cannot be installed.
    """
    program = paths.SHIMS / "rtlcss"
    if shutil.which("rtlcss") or program.exists():
        return
    if shutil.which("npm") is None and paths.IS_ROOT and apt.available():
        apt.install(["nodejs", "npm"], why="rtlcss")
    if shutil.which("npm") is None:
        raise SuiteError(
            "there is no rtlcss, and without it nothing is shown from right to left",
            "install rtlcss, or npm to get it with",
        )
    folder = paths.HOME / "rtlcss"
    with step("installing rtlcss"):
        run(
            ["npm", "install", "--no-audit", "--no-fund", "--prefix", folder, f"rtlcss@{VERSION}"],
            env=dict(os.environ),
            cwd=paths.HOME,
            log=paths.LOGS / "rtlcss.log",
            what="installing rtlcss",
        )
    program.parent.mkdir(parents=True, exist_ok=True)
    program.unlink(missing_ok=True)
    program.symlink_to(folder / "node_modules" / ".bin" / "rtlcss")
