"""An Odoo to work with: a shell, a server with its job runner, SQL."""

from __future__ import annotations

import argparse
import os
import shutil

from suite import addons, databases, environment, kept, locks, odoo, paths, postgres, processes
from suite.console import SuiteError, say

_EPILOG = """\
  tools/odoo                        Odoo shell with all addons of the checkout installed
  tools/odoo shell < script.py
  tools/odoo serve                  http server and job runner, user admin, password admin
  tools/odoo install marketplace    make a database that has only this addon and what it needs
  tools/odoo psql -c "SELECT 1"
  tools/odoo run -- --help          Odoo's own command line with the database's odoo.conf

The database is $SUITE_DB_PREFIX_dev ("test_dev"); --db takes another one. Changed addons are
updated first, unless --no-update is given.
"""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="tools/odoo",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = ["shell", "serve", "install", "psql", "run", "drop"]
    parser.add_argument("action", nargs="?", default="shell", choices=actions)
    parser.add_argument("words", nargs="*", help="addons, or words for psql and odoo (after --)")
    parser.add_argument("--db", default="", help="another database than the usual one")
    parser.add_argument("--no-update", action="store_true", help="leave the database as it is")
    parser.add_argument("--fresh", action="store_true", help="begin the database anew")
    parser.add_argument("--port", type=int, help="for serve; a free one by default")
    parser.add_argument("--workers", type=int, default=0, help="for serve")
    parser.add_argument("--channels", default="root:2", help="for serve: channels of queue_job")
    options, more = parser.parse_known_args(arguments)
    options.words += [word for word in more if word != "--"]

    environment.ensure()
    processes.stop_orphans()
    cluster = postgres.cluster("test").start()
    name = databases.check_name(options.db or f"{databases.prefix()}_dev")
    if options.action == "drop":
        databases.drop(cluster, name)
        return 0
    if options.action != "psql":
        _make_ready(cluster, name, options)
    if options.action == "install":
        return 0
    return _ACTIONS[options.action](cluster, name, options)


def _make_ready(cluster: postgres.Cluster, name: str, options: argparse.Namespace) -> None:
    found = addons.find()
    chosen = found
    if options.action == "install" and options.words:
        chosen = addons.with_dependencies(options.words, found)
    elif databases.exists(cluster, name) and not options.fresh:
        chosen = {addon: found[addon] for addon in kept.installed(cluster, name) if addon in found}
    with locks.only_one(f"dev-{name}", "it uses the same database"):
        kept.ensure(cluster, name, chosen, fresh=options.fresh, update=not options.no_update)


def _shell(cluster: postgres.Cluster, name: str, options: argparse.Namespace) -> int:
    return _odoo(cluster, name, ["shell", "--no-http", "--log-level", "warn", *options.words])


def _run(cluster: postgres.Cluster, name: str, options: argparse.Namespace) -> int:
    return _odoo(cluster, name, options.words)


def _odoo(cluster: postgres.Cluster, name: str, words: list[str]) -> int:
    """Become Odoo: its shell wants the terminal for itself."""
    conf = paths.RUN / f"{cluster.name}-{name}.conf"
    subcommand = [words.pop(0)] if words and not words[0].startswith("-") else []
    command = [str(paths.PYTHON), "-m", "odoo", *subcommand, "-c", str(conf), *words]
    os.chdir(paths.HOME)
    os.execve(command[0], command, odoo.environment(cluster))


def _serve(cluster: postgres.Cluster, name: str, options: argparse.Namespace) -> int:
    server = odoo.OdooServer(
        cluster,
        name,
        name=f"dev-{name}",
        workers=options.workers,
        channels=options.channels,
        port=options.port,
    )
    with server.start():
        say(f"Odoo:      {server.url}  (admin / admin)")
        say(f"its log:   {server.log}")
        say("Ctrl-C stops it")
        try:
            while server.process.wait(3600) is None:
                pass
        except KeyboardInterrupt:
            say("stopping")
            return 0
        server.process.ensure_alive()
    return 0


def _psql(cluster: postgres.Cluster, name: str, options: argparse.Namespace) -> int:
    psql = shutil.which("psql")
    if psql is None:
        raise SuiteError("there is no psql", "apt-get install postgresql-client (as root)")
    os.execve(psql, [psql, *options.words, name], odoo.environment(cluster))


_ACTIONS = {"shell": _shell, "serve": _serve, "psql": _psql, "run": _run}
