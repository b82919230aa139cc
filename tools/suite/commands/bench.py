"""Measure the figures of benchmarks/ in the private environment."""

from __future__ import annotations

import os

from suite import environment, odoo, paths, postgres, processes
from suite.console import SuiteError


def main(arguments: list[str]) -> int:
    script = paths.CHECKOUT / "benchmarks" / "run.py"
    if not script.is_file():
        raise SuiteError(f"{script} does not exist", "there are no benchmarks in this checkout")
    environment.ensure()
    processes.stop_orphans()
    # The figures' own cluster, as safe as a shop's; the run stops it at its end.
    env = odoo.environment(postgres.cluster("bench").start())
    env["PYTHONPATH"] = os.pathsep.join([str(paths.TOOLS), env.get("PYTHONPATH", "")]).rstrip(":")
    os.execve(paths.PYTHON, [str(paths.PYTHON), str(script), *arguments], env)
