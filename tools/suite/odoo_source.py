"""Get Odoo 19: the user's own, or Debian's package unpacked into the private folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from suite import paths
from suite.apt import PrivateApt
from suite.console import SuiteError, run, step

SERIES = "19.0"
#: Raise this when what is done with the unpacked packages changes.
RECIPE = "1"

#: Odoo is only in sid; what its links point to, from where the file names still fit.
PACKAGES = (
    "odoo-19/sid",
    "fonts-montserrat/sid",
    "libjs-jquery/bookworm",
    "fonts-font-awesome/bookworm",
    "fonts-roboto-unhinted/bookworm",
    "fonts-inconsolata/bookworm",
    "fonts-ocr-b/bookworm",
)

DIST_PACKAGES = paths.ODOO_ROOT / "usr" / "lib" / "python3" / "dist-packages"


@dataclass(frozen=True)
class Source:
    """Where Odoo is: ``folder`` goes on Python's path and holds the package ``odoo``."""

    folder: Path
    version: str
    told_by: str

    @property
    def key(self) -> str:
        return f"{self.told_by} {self.folder} {self.version} recipe {RECIPE}"


def users_own() -> Source | None:
    """The Odoo that the user already has: ``ODOO_PATH``, else an ``odoo`` on PATH that is 19.0."""
    told = os.environ.get("ODOO_PATH")
    if told:
        folder = Path(told).expanduser().absolute()
        if folder.name == "odoo" and (folder / "release.py").is_file():
            folder = folder.parent
        version = version_in(folder)
        if not version:
            raise SuiteError(
                f"ODOO_PATH={told} holds no Odoo (there is no odoo/release.py)",
                "name the source tree itself: the folder in which odoo-bin and odoo/ are",
            )
        if not version.startswith(SERIES):
            raise SuiteError(
                f"ODOO_PATH={told} is Odoo {version}, the suite is made for {SERIES}",
                f"name a tree of branch {SERIES}, or unset ODOO_PATH",
            )
        return Source(folder, version, "ODOO_PATH")
    return _on_path()


def version_in(folder: Path) -> str:
    """Version of the Odoo package in ``folder``, read without importing it; "" when none is."""
    try:
        text = (folder / "odoo" / "release.py").read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.search(r"^version_info\s*=\s*\((\d+),\s*(\d+),\s*(\d+)", text, re.MULTILINE)
    return ".".join(found.groups()) if found else ""


def _on_path() -> Source | None:
    script = shutil.which("odoo")
    if not script:
        return None
    # Debian's and pip's start script begin with the interpreter that finds their Odoo.
    with open(script, "rb") as file:
        first = file.readline().decode("utf-8", "replace").strip()
    if not first.startswith("#!"):
        return None
    code = "import odoo.release as r, os; print(os.path.dirname(os.path.dirname(r.__file__)))"
    done = subprocess.run(
        [*first[2:].split(), "-c", code], capture_output=True, text=True, cwd="/", check=False
    )
    folder = Path(done.stdout.strip() or "/nonexistent")
    version = version_in(folder)
    if not version.startswith(SERIES):
        return None
    return Source(folder, version, "odoo on PATH")


def unpack_debian() -> Source:
    """Download Odoo's Debian package and what it links to, unpack them, mend what is missing."""
    apt = PrivateApt(paths.HOME / "apt", suites=("sid", "bookworm"))
    with step("reading Debian's package lists"):
        apt.update()
    with step("downloading Odoo 19 and its fonts (about 130 MB)"):
        debs = apt.download(PACKAGES)
    with step("unpacking Odoo"):
        fresh = paths.ODOO_ROOT.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        for deb in debs:
            run(["dpkg-deb", "-x", deb, fresh], what=f"unpacking {deb.name}")
        _mend(fresh)
        shutil.rmtree(paths.ODOO_ROOT, ignore_errors=True)
        fresh.rename(paths.ODOO_ROOT)
        shutil.rmtree(apt.folder, ignore_errors=True)
    version = re.sub(r"^odoo-19_|_all\.deb$", "", debs[0].name)
    return Source(DIST_PACKAGES, version, "Debian")


def _mend(root: Path) -> None:
    """What Debian's package lacks to behave as upstream's."""
    dist = root / "usr" / "lib" / "python3" / "dist-packages"
    addons = dist / "odoo" / "addons"
    _point_links_inside(root, addons)
    # Removed by Debian for its licence; an asset bundle names it, so that every page of the web
    # client logs an error without it, and a browser test fails on any error.
    stub = addons / "mail" / "static" / "lib" / "selfie_segmentation" / "selfie_segmentation.js"
    stub.parent.mkdir(parents=True, exist_ok=True)
    stub.touch()
    # Odoo's own tests of its command line look for it beside the package.
    shutil.copy2(root / "usr" / "bin" / "odoo", dist / "odoo-bin")


def _point_links_inside(root: Path, addons: Path) -> None:
    """Absolute links (to fonts and jquery) lead into ``root``; those with no target go."""
    for path in list(addons.rglob("*")):
        if not path.is_symlink():
            continue
        target = os.readlink(path)
        if target.startswith("/"):
            inside = root / target.lstrip("/")
            path.unlink()
            if inside.exists():
                path.symlink_to(os.path.relpath(inside, path.parent))
        elif not path.exists():
            path.unlink()


def put_on_path(source: Source, site_packages: Path) -> None:
    """Make ``import odoo`` find ``source`` in the environment with these site-packages."""
    folder = source.folder
    if source.told_by == "odoo on PATH":
        # Only Odoo, not everything else that stands beside it in the system's packages.
        link = paths.HOME / "odoo-on-path"
        link.mkdir(parents=True, exist_ok=True)
        (link / "odoo").unlink(missing_ok=True)
        (link / "odoo").symlink_to(folder / "odoo")
        folder = link
    (site_packages / "marketplace-suite-odoo.pth").write_text(f"{folder}\n", encoding="utf-8")
