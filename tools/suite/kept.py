"""Databases that are kept between runs: only what changed is installed or updated."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from suite import databases, odoo, paths
from suite.addons import Addon
from suite.console import SuiteError, say, step
from suite.postgres import Cluster

_PROBLEM = re.compile(r"^\S+ \S+ \d+ (WARNING|ERROR|CRITICAL) ")


def ensure(
    cluster: Cluster,
    name: str,
    addons: Mapping[str, Addon],
    *,
    fresh: bool = False,
    update: bool = True,
) -> Path:
    """Make the database ``name`` hold the given addons as they stand now.

    It begins as a copy of the template. Addons that are missing are installed; installed ones
    whose files changed (tests, static files and documentation aside) are updated. After a failed
    installation it is begun anew the next time.

    :param addons: in installation order, see :func:`suite.addons.find`.
    :param fresh: begin anew in any case.
    :param update: False leaves installed addons alone, whatever changed.
    :return: an ``odoo.conf`` for the database, without job runner and scheduled actions.
    """
    template = databases.ensure_template(cluster)
    note = paths.STATE / f"{cluster.name}-{name}.json"
    state = _read(note)
    conf = paths.RUN / f"{cluster.name}-{name}.conf"
    if fresh or state.get("template") != template or not databases.exists(cluster, name):
        databases.copy(cluster, template, name)
        state = {"template": template, "addons": {}}
    odoo.write_conf(conf, cluster, name)
    installed: dict[str, str] = state["addons"]
    wanted = {addon.name: addon.digest() for addon in addons.values()}
    install = [addon for addon in wanted if addon not in installed]
    changed = [
        addon for addon in wanted if addon in installed and installed[addon] != wanted[addon]
    ]
    if not update:
        changed = []
    if install or changed:
        note.unlink(missing_ok=True)
        _install(cluster, name, conf, install, changed)
        installed |= {addon: wanted[addon] for addon in [*install, *changed]}
    note.write_text(json.dumps(state), encoding="utf-8")
    return conf


def installed(cluster: Cluster, name: str) -> list[str]:
    """The addons of the checkout that a kept database has."""
    return list(_read(paths.STATE / f"{cluster.name}-{name}.json").get("addons", {}))


def _read(note: Path) -> dict[str, Any]:
    try:
        state: dict[str, Any] = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state


def _install(
    cluster: Cluster, name: str, conf: Path, install: Sequence[str], update: Sequence[str]
) -> None:
    words, titles = [], []
    if install:
        words += ["-i", ",".join(install)]
        titles.append("installing " + ", ".join(install))
    if update:
        words += ["-u", ",".join(update)]
        titles.append("updating " + ", ".join(update))
    log = paths.LOGS / f"{name}-install.log"
    with step(f"{' and '.join(titles)} in {name}"):
        said = odoo.run_odoo(
            cluster,
            conf,
            *words,
            *["--stop-after-init", "--no-http", "--log-level", "warn"],
            log=log,
            what="Odoo, " + " and ".join(titles),
            todo="mend the addon and run this again",
        )
    problems = [line for line in said.splitlines() if _PROBLEM.match(line)]
    for line in problems:
        say(f"    {line}")
    if any(" ERROR " in line[:40] or " CRITICAL " in line[:45] for line in problems):
        raise SuiteError(f"Odoo logged errors while {' and '.join(titles)}", f"see {log}")
