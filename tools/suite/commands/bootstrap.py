"""Get everything that the suite needs into its private folder."""

from __future__ import annotations

import argparse

from suite import environment, paths


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="tools/bootstrap",
        description=f"Prepare the private environment in {paths.HOME} (SUITE_HOME): Odoo 19, its"
        " Python packages, the suite's own packages and PostgreSQL. Runs again in no time.",
    )
    parser.add_argument(
        "--browser", action="store_true", help="also see to Chromium, for browser tests"
    )
    options = parser.parse_args(arguments)
    environment.ensure(quiet=False)
    if options.browser:
        environment.ensure_browser()
    return 0
