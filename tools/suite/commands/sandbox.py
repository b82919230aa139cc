"""Start the simulated marketplaces alone; all arguments go to ``marketplace-sandbox``."""

from __future__ import annotations

import os

from suite import environment, paths
from suite.console import SuiteError


def main(arguments: list[str]) -> int:
    environment.ensure()
    program = paths.VENV / "bin" / "marketplace-sandbox"
    if not program.exists():
        raise SuiteError(f"{program} does not exist", "run tools/bootstrap")
    os.execv(program, [str(program), *arguments])
