"""Check the addons' manifests and XML files without starting Odoo."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from suite import addons, paths
from suite.addons import Addon

SERIES = "19.0"
LICENSE = "LGPL-3"
REQUIRED = ("name", "summary", "version", "license", "author", "category", "depends")
#: Files that an addon loads by other means than its manifest's lists.
_LOADED_OTHERWISE = {"neutralize.sql"}
_DATA_FOLDERS = ("security", "data", "views", "wizards", "report", "demo")


def problems(folder: Path = paths.ADDONS) -> list[str]:
    """Everything that is wrong, one line each, beginning with the file."""
    found = addons.find(folder)
    lines = [line for addon in found.values() for line in _of_addon(addon)]
    return lines + list(_broken_xml(folder))


def _of_addon(addon: Addon) -> Iterator[str]:
    manifest, where = addon.manifest, f"{addon.name}/__manifest__.py"
    for key in REQUIRED:
        if not manifest.get(key):
            yield f"{where}: {key} is missing"
    version = str(manifest.get("version", ""))
    if not re.fullmatch(rf"{re.escape(SERIES)}\.\d+\.\d+\.\d+", version):
        yield f"{where}: version {version!r} is not {SERIES}.x.y.z"
    if manifest.get("license") != LICENSE:
        yield f"{where}: the licence is {manifest.get('license')!r}, not {LICENSE!r}"
    listed = [*manifest.get("data", []), *manifest.get("demo", [])]
    for name in listed:
        if not (addon.folder / name).is_file():
            yield f"{where}: {name} does not exist"
    for name in sorted({name for name in listed if listed.count(name) > 1}):
        yield f"{where}: {name} is listed twice"
    for name in _assets(addon):
        if not any(addon.folder.parent.glob(name.lstrip("/"))):
            yield f"{where}: no file is at {name}"
    for name in _data_files(addon):
        if name not in listed and Path(name).name not in _LOADED_OTHERWISE:
            yield f"{where}: {name} is not listed, so it is never loaded"


def _assets(addon: Addon) -> Iterator[str]:
    """Paths and patterns of the addon's own assets."""
    for entries in addon.manifest.get("assets", {}).values():
        for entry in entries:
            path = entry if isinstance(entry, str) else entry[-1]
            if path.lstrip("/").startswith(f"{addon.name}/"):
                yield path


def _data_files(addon: Addon) -> Iterator[str]:
    for folder in _DATA_FOLDERS:
        for path in sorted((addon.folder / folder).rglob("*")):
            if path.suffix in {".xml", ".csv", ".sql"}:
                yield path.relative_to(addon.folder).as_posix()


def _broken_xml(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.xml")):
        try:
            ElementTree.parse(path)
        except ElementTree.ParseError as error:
            yield f"{path.relative_to(folder)}: {error}"
