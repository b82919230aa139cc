"""Stop the database server of the tests and whatever killed runs left behind."""

from __future__ import annotations

import argparse
import shutil

from suite import odoo, postgres, processes
from suite.console import say


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tools/stop", description=__doc__)
    parser.add_argument(
        "--all",
        action="store_true",
        help="also what a living run uses, and every private database server",
    )
    parser.add_argument(
        "--delete", action="store_true", help="also delete the tests' databases and their files"
    )
    options = parser.parse_args(arguments)
    for name in processes.stop_orphans(everything=options.all):
        say(f"stopped {name}")
    for name in postgres.private_clusters() if options.all else ["test"]:
        if postgres.Cluster(name).stop():
            say(f"stopped PostgreSQL ({name})")
    if options.delete:
        cluster = postgres.Cluster("test")
        cluster.destroy()
        shutil.rmtree(odoo.data_dir(cluster), ignore_errors=True)
        say("deleted the tests' databases")
    return 0
