"""Databases with their file stores: create, copy, drop, and templates that are built once.

A template is an Odoo database with some modules installed and its asset bundles built. Building
one takes about a minute, copying one less than a second: PostgreSQL copies the database, the file
store is hard-linked (Odoo never changes a stored file, its name is the digest of its content).
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from suite import environment, locks, odoo, paths, stamps
from suite.console import SuiteError, step
from suite.postgres import Cluster

#: What the suite's addons build on, and what their tests use beside.
BASE_MODULES = (
    "sale_management",
    "sale_stock",
    "delivery",
    "stock_dropshipping",
    "account",
    "queue_job",
)
#: Raise this when templates have to be built anew for another reason than what their key holds.
_TEMPLATE_RECIPE = "1"

_BUILD_ASSETS = """
env["ir.qweb"]._pregenerate_assets_bundles()
env.cr.commit()
print("assets " + "built")
"""


def check_name(name: str) -> str:
    """:raises SuiteError: the name would need quoting somewhere."""
    if not re.fullmatch(r"[a-z0-9_]{1,63}", name):
        raise SuiteError(
            f"{name!r} cannot be the name of a database",
            "use up to 63 lower-case letters, digits and underscores",
        )
    return name


def prefix() -> str:
    """What the databases of this developer begin with: ``SUITE_DB_PREFIX``, "test" by default."""
    return check_name(os.environ.get("SUITE_DB_PREFIX") or "test")


def names(cluster: Cluster, beginning: str = "") -> list[str]:
    """Databases whose names begin so, in alphabetical order."""
    rows = cluster.sql("postgres", "SELECT datname FROM pg_database ORDER BY 1")
    return [str(name) for (name,) in rows if str(name).startswith(beginning)]


def exists(cluster: Cluster, name: str) -> bool:
    return name in names(cluster, name)


def filestore(cluster: Cluster, name: str) -> Path:
    return odoo.data_dir(cluster) / "filestore" / name


def drop(cluster: Cluster, name: str) -> None:
    """Drop a database with its file store, disconnecting whoever uses it. Harmless if missing."""
    cluster.sql("postgres", f'DROP DATABASE IF EXISTS "{check_name(name)}" WITH (FORCE)')
    shutil.rmtree(filestore(cluster, name), ignore_errors=True)
    (paths.STATE / f"{cluster.name}-{name}.json").unlink(missing_ok=True)


def copy(cluster: Cluster, source: str, target: str, *, new_identity: bool = True) -> None:
    """Copy a database that nobody is connected to, replacing ``target``.

    :param new_identity: give the copy a uuid of its own, as Odoo's *duplicate* does; without it
        the copy takes itself for the original.
    """
    drop(cluster, target)
    with locks.only_one(f"copy-{cluster.name}-{source}", "it copies the same database"):
        cluster.sql("postgres", f'CREATE DATABASE "{target}" TEMPLATE "{check_name(source)}"')
    stored = filestore(cluster, source)
    if stored.is_dir():
        shutil.copytree(stored, filestore(cluster, target), copy_function=os.link)
    if new_identity:
        cluster.sql(
            target,
            "UPDATE ir_config_parameter SET value = gen_random_uuid()::text"
            " WHERE key = 'database.uuid'",
        )


def ensure_template(cluster: Cluster, modules: Sequence[str] = BASE_MODULES) -> str:
    """The name of a template database with these modules, built now if there is none.

    Its key holds Odoo's version, all Python pins and the list of modules. Templates with another
    key are dropped when a new one is built.
    """
    key = stamps.key_of(_TEMPLATE_RECIPE, environment.version_key(), " ".join(modules))[:10]
    family = f"suite_{paths.HOME_ID}_template_"
    name = family + key
    cluster.start()
    if exists(cluster, name):
        return name
    with locks.only_one(f"template-{cluster.name}", "it builds the template database"):
        if not exists(cluster, name):
            _forget_outdated(cluster, family)
            with step(f"template database with {', '.join(modules)} (once)"):
                build(cluster, name, modules)
    return name


def _forget_outdated(cluster: Cluster, family: str) -> None:
    """Drop templates that an older environment built."""
    keep = paths.STATE / f"templates-{cluster.name}-{environment.version_key()}"
    if not keep.exists():
        for old in names(cluster, family):
            drop(cluster, old)
        for note in paths.STATE.glob(f"templates-{cluster.name}-*"):
            note.unlink()
        keep.touch()


def build(cluster: Cluster, name: str, modules: Sequence[str]) -> None:
    """A new database with these modules and built asset bundles, replacing ``name``.

    It only gets its name when it is complete, so that an interrupted build leaves no half one.
    """
    draft = f"{check_name(name)}_draft"
    drop(cluster, draft)
    conf = odoo.write_conf(paths.RUN / f"{draft}.conf", cluster, draft)
    log = paths.LOGS / f"{draft}.log"
    odoo.run_odoo(
        cluster,
        conf,
        *["-i", ",".join(modules), "--stop-after-init", "--no-http", "--log-level", "warn"],
        log=log,
        what=f"installing {', '.join(modules)}",
    )
    build_assets(cluster, draft)
    drop(cluster, name)
    cluster.sql("postgres", f'ALTER DATABASE "{draft}" RENAME TO "{name}"')
    stored = filestore(cluster, draft)
    if stored.is_dir():
        stored.rename(filestore(cluster, name))


def build_assets(cluster: Cluster, name: str) -> None:
    """Build the web client's bundles now, so that the first page of a copy is quick."""
    conf = odoo.write_conf(paths.RUN / f"{name}.conf", cluster, name)
    said = odoo.run_odoo(
        cluster,
        conf,
        *["shell", "--no-http", "--log-level", "error"],
        stdin=_BUILD_ASSETS,
        log=paths.LOGS / f"{name}-assets.log",
        what="building asset bundles",
    )
    if "assets built" not in said:
        raise SuiteError(f"the asset bundles of {name} could not be built\n{said[-2000:]}")
