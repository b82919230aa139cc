"""Configuration files of Odoo, its command line, and Odoo as a running server."""

from __future__ import annotations

import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from suite import paths, ports
from suite.console import SuiteError, run
from suite.postgres import Cluster
from suite.processes import Process

#: Loaded before any database, so that the job runner starts with the server.
SERVER_WIDE = "base,rpc,web,queue_job"


def data_dir(cluster: Cluster) -> Path:
    """Odoo's data directory (file stores) for the databases of a cluster."""
    return paths.HOME / f"data-{cluster.name}"


def environment(cluster: Cluster, **more: str) -> dict[str, str]:
    """Environment variables for every program that uses a database of ``cluster``."""
    folders = [str(paths.SHIMS), str(paths.VENV / "bin"), os.environ.get("PATH", "")]
    return {
        **os.environ,
        **cluster.environment(),
        "PATH": os.pathsep.join(folders),
        "PYTHONUNBUFFERED": "1",
        **more,
    }


def write_conf(
    path: Path,
    cluster: Cluster,
    database: str,
    *,
    options: Mapping[str, object] | None = None,
    queue_job: Mapping[str, object] | None = None,
) -> Path:
    """Write an ``odoo.conf`` for one database of ``cluster``.

    :param options: options of Odoo that replace or follow those set here.
    :param queue_job: the ``[queue_job]`` section; without one no job runner is started.
    """
    settings: dict[str, object] = {
        "addons_path": paths.ADDONS,
        "data_dir": data_dir(cluster),
        # Without a dbfilter: with one, each request without a session asks PostgreSQL for the list
        # of databases, over a connection of its own.
        "db_name": database,
        "list_db": False,
        "http_interface": "127.0.0.1",
        "proxy_mode": False,
        "max_cron_threads": 0,
        "with_demo": False,
        "server_wide_modules": SERVER_WIDE,
        **cluster.connection(),
        **(options or {}),
    }
    if not any(paths.ADDONS.glob("*/__manifest__.py")):
        # Odoo refuses a folder without addons.
        del settings["addons_path"]
    lines = ["[options]"] + [f"{name} = {value}" for name, value in settings.items()]
    runner = {"channels": "root:0"} if queue_job is None else queue_job
    lines += ["", "[queue_job]"] + [f"{name} = {value}" for name, value in runner.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    # It may hold what a person gave us: for nobody else's eyes.
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return path


def run_odoo(
    cluster: Cluster,
    conf: Path,
    *arguments: str,
    log: Path,
    stdin: str | None = None,
    what: str = "odoo",
    todo: str = "",
) -> str:
    """Run Odoo's command line to its end, for example ``("-i", "sale", "--stop-after-init")``.

    :return: what it printed.
    """
    words = list(arguments)
    subcommand = [words.pop(0)] if words and not words[0].startswith("-") else []
    return run(
        [paths.PYTHON, "-m", "odoo", *subcommand, "-c", conf, *words],
        env=environment(cluster),
        cwd=paths.HOME,
        log=log,
        stdin=stdin,
        what=what,
        todo=todo,
    )


class OdooServer:
    """A running Odoo with its job runner, on free ports, as a context manager.

    ::

        with OdooServer(cluster, "db", name="demo", channels="root:2") as server:
            print(server.url)

    :param workers: 0 for one threaded process (the websocket works), else so many processes.
    :param channels: channels of queue_job; ``"root:0"`` starts no job runner.
    :param cron_threads: threads (or processes) for Odoo's scheduled actions.
    :param port: HTTP port; a free one by default.
    :param options: more options of Odoo.
    :param env: more environment variables.
    """

    def __init__(  # noqa: PLR0913 - a server has that many settings
        self,
        cluster: Cluster,
        database: str,
        *,
        name: str = "odoo",
        workers: int = 0,
        channels: str = "root:2",
        cron_threads: int = 1,
        port: int | None = None,
        options: Mapping[str, object] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.cluster = cluster
        self.database = database
        self.name = name
        self.workers = workers
        self.channels = channels
        free = ports.free_ports(2)
        self.port = port or free[0]
        self._gevent_port = free[1]
        self._options = {"max_cron_threads": cron_threads, **(options or {})}
        self._env = dict(env or {})
        self._process: Process | None = None
        self.log = paths.LOGS / f"{name}.log"
        self.conf = paths.RUN / f"{name}.conf"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def process(self) -> Process:
        """:raises SuiteError: it was not started."""
        if self._process is None:
            raise SuiteError(f"{self.name} was not started")
        return self._process

    def start(self, *, ready: bool = True, timeout: float = 120) -> OdooServer:
        """Start it; with ``ready`` wait until it answers and the job runner takes jobs."""
        options = {
            "http_port": self.port,
            "gevent_port": self._gevent_port,
            "workers": self.workers,
            **self._options,
        }
        runner = {"channels": self.channels, "host": "127.0.0.1", "port": self.port}
        write_conf(self.conf, self.cluster, self.database, options=options, queue_job=runner)
        self.log.unlink(missing_ok=True)
        self._process = Process(
            [paths.PYTHON, "-m", "odoo", "-c", self.conf],
            name=f"Odoo ({self.name})",
            log=self.log,
            env={**environment(self.cluster), **self._env},
            cwd=paths.HOME,
        )
        if ready:
            try:
                self.wait_ready(timeout)
            except BaseException:
                self.stop()
                raise
        return self

    def wait_ready(self, timeout: float = 120) -> None:
        """Wait until pages are served, the registry is loaded and the job runner takes jobs."""
        deadline = time.monotonic() + timeout
        while not (self._answers() and self._runner_is_ready()):
            self.process.ensure_alive()
            if time.monotonic() > deadline:
                raise SuiteError(
                    f"{self.name} does not answer after {timeout:.0f} s\n{self.process.tail()}",
                    f"see {self.log}",
                )
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/web/login", timeout=30) as response:
                return bool(response.status == 200)
        except urllib.error.HTTPError as error:
            self.stop()
            raise SuiteError(
                f"{self.name} answers its login page with {error.code}\n{self.process.tail()}",
                f"see {self.log}",
            ) from error
        except OSError:
            return False

    def _runner_is_ready(self) -> bool:
        if self.channels.startswith("root:0"):
            return True
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return f"queue job runner ready for db {self.database}" in text

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()

    def kill(self) -> None:
        """End it with all its workers at once, as a power cut would."""
        self.process.kill()

    def restart(self) -> None:
        """Stop (or find stopped) and start again on the same ports with the same settings."""
        self.stop()
        self.start()

    def __enter__(self) -> OdooServer:
        return self if self._process is not None else self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()
