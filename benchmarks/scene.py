"""Databases, servers and Odoo environments in which the figures are measured.

Everything is real: a PostgreSQL cluster of its own with the safety that a shop runs with
(``fsync``, ``synchronous_commit`` and ``full_page_writes`` on), Odoo as it is installed, the
suite's addons as they stand in the checkout, the simulated marketplace in a process of its own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from suite import addons, databases, kept, odoo, paths, postgres
from suite.odoo import OdooServer
from suite.postgres import Cluster
from suite.sandbox import Sandbox

#: Addons that only the benchmarks use; never shipped.
PEER_ADDONS = Path(__file__).resolve().parent / "peer"
#: What a seller on Cartona installs.
SUITE = ("marketplace", "marketplace_cartona")

_SETTINGS = (
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "shared_buffers",
    "autovacuum",
)


def cluster() -> Cluster:
    """The durable cluster of the benchmarks, running."""
    return postgres.cluster("bench").start()


def settings() -> dict[str, str]:
    """The settings of PostgreSQL that a figure depends on."""
    names = ", ".join(f"'{name}'" for name in _SETTINGS)
    rows = cluster().sql(
        "postgres", f"SELECT name, setting FROM pg_settings WHERE name IN ({names}) ORDER BY name"
    )
    return {str(name): str(value) for name, value in rows}


def database(name: str) -> str:
    """The full name of a database of the benchmarks."""
    return databases.check_name(f"{databases.prefix()}_bench_{name}")


def fresh(name: str, modules: Sequence[str] = ()) -> str:
    """A new database as a copy of the template, with addons of the checkout installed.

    What is installed is kept as a database of its own, so that only a changed addon costs time.

    :param modules: none for an Odoo without the suite.
    :return: its full name.
    """
    server, target = cluster(), database(name)
    source = databases.ensure_template(server)
    if modules:
        source = database("kept_" + "_".join(sorted(modules)).replace("marketplace", "mp"))
        kept.ensure(server, source, addons.with_dependencies(list(modules), addons.find()))
    databases.copy(server, source, target)
    return target


def fresh_peer(name: str) -> str:
    """A new database with the peer installed instead of the suite."""
    server, target = cluster(), fresh(name)
    conf = odoo.write_conf(
        paths.RUN / f"{target}.conf", server, target, options={"addons_path": _folders()}
    )
    odoo.run_odoo(
        server,
        conf,
        *["-i", "bench_peer", "--stop-after-init", "--no-http", "--log-level", "warn"],
        log=paths.LOGS / f"{target}-install.log",
        what="installing the peer",
    )
    return target


def _folders() -> str:
    return f"{paths.ADDONS},{PEER_ADDONS}"


def drop(*names: str) -> None:
    for name in names:
        databases.drop(cluster(), name)


def drop_leftovers() -> None:
    """Drop what a killed run left; what is kept on purpose stays."""
    beginning = database("")
    for name in databases.names(cluster(), beginning):
        if not name.startswith(database("kept_")):
            drop(name)


# === ODOO IN THIS PROCESS === #


def begin_odoo(name: str) -> None:
    """Make Odoo usable in this process: settings, connection, logging of warnings only.

    Once in a process. Any database of the cluster can be opened then.

    :param name: a database; only the settings' file is named after it.
    """
    server = cluster()
    os.environ.update(server.environment())
    conf = odoo.write_conf(
        paths.RUN / f"{name}-inside.conf", server, name, options={"addons_path": _folders()}
    )
    from odoo.tools import config

    config.parse_config(
        ["-c", str(conf), "--log-level=error", "--log-handler=odoo.sql_db:CRITICAL"],
        setup_logging=True,
    )


@contextmanager
def environment(name: str, user: int = 2) -> Iterator[Any]:
    """An Odoo environment on a new cursor of a database, committed at the end.

    :param user: 2 is the administrator as a person (not the superuser, who skips access rules).
    """
    from odoo import api
    from odoo.modules.registry import Registry

    with Registry(name).cursor() as cr:
        yield api.Environment(cr, user, {})


# === RUNNING PARTS === #


class Running:
    """Servers of one figure; everything is stopped and dropped at the end."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._servers: dict[str, OdooServer] = {}

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def database(self, name: str) -> str:
        """Have a database dropped at the end."""
        self._stack.callback(drop, name)
        return name

    def sandbox(self, name: str) -> Sandbox:
        """A running sandbox whose first supplier has the token ``bench-token``."""
        sandbox = Sandbox(name=f"bench-{name}", seed="empty")
        self._stack.callback(sandbox.stop)
        sandbox.start()
        sandbox.control("POST", "cartona/tokens", {"token": TOKEN})
        return sandbox

    def odoo(self, name: str, workers: int = 2, channels: str = "root:2") -> OdooServer:
        """A running Odoo of a database, with worker processes and its job runner."""
        server = OdooServer(
            cluster(),
            name,
            name=name,
            workers=workers,
            channels=channels,
            options={
                "addons_path": _folders(),
                # The runner says at level INFO that it is ready.
                "log_handler": ":WARNING,odoo.addons.queue_job.jobrunner:INFO",
            },
        )
        self._servers[name] = server
        self._stack.callback(server.stop)
        return server.start()

    def server_of(self, name: str) -> OdooServer:
        """The server of a database."""
        return self._servers[name]


TOKEN = "bench-token"


# === MEMORY === #


class Memory(threading.Thread):
    """Watches the worker processes of a server: the most memory that one of them, and all of
    them together, held at once (proportional set size, so that shared pages count once).

    Asked twice a second, the kernel's counting alone took half of a core from what was measured.
    """

    def __init__(self, server: OdooServer, every: float = 2.0) -> None:
        super().__init__(daemon=True)
        self._root = server.process.pid
        self._every = every
        self._done = threading.Event()
        self.before = self._total()
        self.most_of_one = 0
        self.most_of_all = 0

    def run(self) -> None:
        while not self._done.wait(self._every):
            self._look()

    def finish(self) -> dict[str, float]:
        """Peaks in MB (10⁶ bytes); ``growth`` is how far all together rose above the start."""
        self._look()
        self._done.set()
        self.join()
        return {
            "one_mb": self.most_of_one / 1e6,
            "all_mb": self.most_of_all / 1e6,
            "growth_mb": (self.most_of_all - sum(self.before)) / 1e6,
        }

    def _look(self) -> None:
        sizes = self._total()
        self.most_of_one = max(self.most_of_one, *sizes, 0)
        self.most_of_all = max(self.most_of_all, sum(sizes))

    def _total(self) -> list[int]:
        return [_proportional_size(pid) for pid in _descendants(self._root)]


def _descendants(root: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = entry.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(words[1]), []).append(int(entry.parent.name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def _proportional_size(pid: int) -> int:
    """Bytes; 0 for a process that has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    for line in text.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
