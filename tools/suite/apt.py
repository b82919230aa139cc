"""Packages from Debian.

Two ways: as root, installed on the system (PostgreSQL, Chromium); as anybody, only downloaded
through a private apt configuration that leaves the system alone. The mirror is the one that the
machine's own apt settings name, signatures are checked with the installed archive keyring.
"""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Sequence
from pathlib import Path

from suite import paths
from suite.console import SuiteError, run, step

KEYRINGS = (
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/usr/share/keyrings/debian-archive-keyring.pgp",
    "/etc/apt/trusted.gpg.d/debian-archive-keyring.gpg",
)


def available() -> bool:
    return shutil.which("apt-get") is not None


def install(packages: Sequence[str], why: str) -> None:
    """Install packages on the system (as root), with a fresh package list when one is missing."""
    names = " ".join(packages)
    with step(f"apt-get install {names} ({why})"):
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
        log = paths.LOGS / f"apt-install-{packages[0]}.log"
        try:
            run(command, env=env, log=log)
        except SuiteError:
            run(["apt-get", "update", "-q"], env=env, log=paths.LOGS / "apt-update.log")
            run(command, env=env, log=log, todo=f"install by hand what is missing: {names}")


class PrivateApt:
    """An apt of our own in ``folder``: downloads packages of any Debian suite, installs nothing."""

    def __init__(self, folder: Path, suites: Sequence[str]) -> None:
        if not available():
            raise SuiteError("this machine has no apt-get", _NO_DEBIAN)
        self.folder = folder
        for name in ("state/lists/partial", "cache/archives/partial", "debs"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "status").touch()
        mirror, keyring = _mirror(), _keyring()
        lines = [f"deb [signed-by={keyring}] {mirror} {suite} main\n" for suite in suites]
        (folder / "sources.list").write_text("".join(lines), encoding="utf-8")

    def _options(self) -> list[str]:
        settings = {
            "Dir::Etc::sourcelist": self.folder / "sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Dir::State": self.folder / "state",
            "Dir::State::status": self.folder / "status",
            "Dir::Cache": self.folder / "cache",
            "APT::Sandbox::User": pwd.getpwuid(os.geteuid()).pw_name,
            "APT::Default-Release": "",
            "Acquire::Languages": "none",
            "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false",
        }
        return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]

    def update(self) -> None:
        run(
            ["apt-get", *self._options(), "update", "-q"],
            log=paths.LOGS / "apt-private-update.log",
            what="apt-get update of the private package lists",
            todo=_NO_DEBIAN,
        )

    def download(self, packages: Sequence[str]) -> list[Path]:
        """The package files; ``name/suite`` asks for the package of one suite.

        :return: one path per package, in the same order.
        """
        debs = self.folder / "debs"
        run(
            ["apt-get", *self._options(), "download", "-q", *packages],
            cwd=debs,
            log=paths.LOGS / "apt-private-download.log",
            what="apt-get download",
            todo=_NO_DEBIAN,
        )
        found = []
        for package in packages:
            name = package.partition("/")[0]
            found.append(max(debs.glob(f"{name}_*.deb"), key=lambda path: path.stat().st_mtime))
        return found


def _mirror() -> str:
    """Address of the Debian mirror that this machine uses for its main packages."""
    listed = run(
        ["apt-get", "indextargets", "--format", "$(SITE) $(CODENAME)", "Created-By: Packages"],
        what="apt-get indextargets",
        todo=_NO_DEBIAN,
    )
    sites = dict.fromkeys(line.split()[0] for line in listed.splitlines() if line.strip())
    plain = [site for site in sites if "security" not in site and "/debian" in site.rstrip("/")]
    if not plain:
        raise SuiteError("apt on this machine knows no Debian mirror", _NO_DEBIAN)
    return plain[0]


def _keyring() -> str:
    for keyring in KEYRINGS:
        if Path(keyring).is_file():
            return keyring
    raise SuiteError(
        "the keys of the Debian archive are not installed",
        "apt-get install debian-archive-keyring (as root)\n" + _NO_DEBIAN,
    )


_NO_DEBIAN = (
    "without Debian's packages, get Odoo 19.0 yourself and name it in ODOO_PATH"
    " (a source tree, for example a git clone of branch 19.0)"
)
