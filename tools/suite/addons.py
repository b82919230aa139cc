"""What stands under ``addons/``, and what changed since it was installed."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite import paths
from suite.console import SuiteError

#: Changes in these need no update of the database: tests are imported from their files, assets
#: and images are served from them, the rest is for people.
_NO_UPDATE = {"tests", "static", "readme", "__pycache__"}


@dataclass(frozen=True)
class Addon:
    name: str
    folder: Path
    manifest: dict[str, Any]

    @property
    def is_shipped(self) -> bool:
        """Addons that only serve tests are called ``test_…``."""
        return not self.name.startswith("test_")

    @property
    def depends(self) -> list[str]:
        return list(self.manifest.get("depends", []))

    def digest(self) -> str:
        """Changes whenever a database with this addon has to be updated."""
        digest = hashlib.sha256()
        for path in sorted(self.folder.rglob("*")):
            inside = path.relative_to(self.folder)
            if path.is_dir() or _NO_UPDATE & set(inside.parts) or path.suffix in {".pyc", ".md"}:
                continue
            try:
                content = path.read_bytes()
            except FileNotFoundError:  # an editor's temporary file
                continue
            digest.update(f"{inside}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()[:16]


def find(folder: Path = paths.ADDONS) -> dict[str, Addon]:
    """All installable addons of the checkout by name, those that others depend on first.

    :raises SuiteError: a manifest cannot be read.
    """
    found = {}
    for manifest in sorted(folder.glob("*/__manifest__.py")):
        try:
            data = ast.literal_eval(manifest.read_text(encoding="utf-8"))
        except (ValueError, SyntaxError) as error:
            raise SuiteError(f"{manifest}: not a manifest: {error}") from error
        if data.get("installable", True):
            found[manifest.parent.name] = Addon(manifest.parent.name, manifest.parent, data)
    ordered: dict[str, Addon] = {}
    for name in found:
        _add_after_dependencies(name, found, ordered)
    return ordered


def _add_after_dependencies(
    name: str, found: dict[str, Addon], ordered: dict[str, Addon], above: tuple[str, ...] = ()
) -> None:
    if name in above:
        raise SuiteError(f"addons depend on each other in a circle: {' → '.join([*above, name])}")
    if name in ordered or name not in found:
        return
    for dependency in found[name].depends:
        _add_after_dependencies(dependency, found, ordered, (*above, name))
    ordered[name] = found[name]


def with_dependencies(names: list[str], found: dict[str, Addon]) -> dict[str, Addon]:
    """The named addons and those of ours that they depend on, in installation order.

    :raises SuiteError: a name that is not an addon of the checkout.
    """
    ordered: dict[str, Addon] = {}
    for name in names:
        if name not in found:
            raise SuiteError(
                f"there is no addon {name} in {paths.ADDONS}",
                f"the addons are: {', '.join(found) or 'none yet'}",
            )
        _add_after_dependencies(name, found, ordered)
    return ordered
