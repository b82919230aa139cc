"""Measure the figures and write results.json: ``run.py [--quick] [FIGURE …]``.

Each figure runs in a process of its own, one after the other, so that none inherits another's
memory or connections.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import common
import scene
from common import Row

from suite import paths, postgres
from suite.console import SuiteError, fail, say

#: Figure → module that measures it, in the order of the table.
FIGURES = {
    "latency": "latency",
    "write-path": "write_path",
    "burst": "burst",
    "import": "import_orders",
    "webhook": "webhook",
    "amazon": "amazon",
    "shopify": "shopify",
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"of {', '.join(FIGURES)}")
    parser.add_argument("--quick", action="store_true", help="few samples: to see that it works")
    parser.add_argument("--keep", action="store_true", help="leave the database server running")
    parser.add_argument("--one", metavar="FILE", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.figures if name not in FIGURES]:
        parser.error(f"unknown figure: {', '.join(unknown)}; there are {', '.join(FIGURES)}")
    if options.one:
        return _measure_here(options.figures[0], options.quick, Path(options.one))
    chosen = [name for name in FIGURES if name in (options.figures or FIGURES)]
    try:
        scene.drop_leftovers()
        return _measure(chosen, options.quick)
    finally:
        if not options.keep:
            postgres.cluster("bench").stop()


def _measure(figures: Sequence[str], quick: bool) -> int:
    """Measure each figure in a process of its own; 1 when one could not be measured."""
    rows: list[Row] = []
    measured, failed = [], []
    for name in figures:
        say(f"\n=== {name} ===")
        started = time.monotonic()
        found = _measure_apart(name, quick)
        if found is None:
            failed.append(name)
            continue
        measured.append(name)
        rows += found
        say(f"  ({time.monotonic() - started:.0f} s)")
    if not quick:
        common.write_results(rows, measured)
    say("\n" + common.table(rows))
    say(f"\nload of the machine: {', '.join(f'{load:.1f}' for load in os.getloadavg())}")
    if quick:
        say("quick: results.json was left as it is")
    if failed:
        say(f"could not be measured: {', '.join(failed)}")
    missed = [row.name for row in rows if common.missed(row)]
    if missed:
        say(f"not what it must be: {', '.join(missed)}")
    return 1 if failed or missed else 0


def _measure_apart(name: str, quick: bool) -> list[Row] | None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.json"
        command = [sys.executable, __file__, name, "--one", str(file)]
        command += ["--quick"] if quick else []
        done = subprocess.run(command, check=False)
        if done.returncode or not file.exists():
            return None
        return [Row.from_json(row) for row in json.loads(file.read_text(encoding="utf-8"))]


def _measure_here(name: str, quick: bool, file: Path) -> int:
    paths.ready_home()
    module = importlib.import_module(FIGURES[name])
    try:
        rows = module.measure(quick)
    except SuiteError as error:
        fail(error)
        return 1
    file.write_text(json.dumps([row.as_json() for row in rows]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
