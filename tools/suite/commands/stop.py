"""Stop the database server of the tests and whatever killed runs left behind."""

from __future__ import annotations

import argparse

from suite import postgres, processes
from suite.console import say


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tools/stop", description=__doc__)
    parser.add_argument(
        "--all",
        action="store_true",
        help="also what a living run uses, and every private database server",
    )
    options = parser.parse_args(arguments)
    for name in processes.stop_orphans(everything=options.all):
        say(f"stopped {name}")
    for name in postgres.private_clusters() if options.all else ["test"]:
        if postgres.Cluster(name).stop():
            say(f"stopped PostgreSQL ({name})")
    return 0
