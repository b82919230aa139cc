"""Export the terms of the addons, bring the translations up to date, and check them."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from suite import addons, databases, environment, kept, locks, odoo, paths, postgres
from suite.console import SuiteError, run, say, step

if TYPE_CHECKING:
    import polib

_EPILOG = """\
  tools/i18n                 write i18n/<addon>.pot and i18n/<language>.po of all shipped addons
  tools/i18n marketplace     of this addon
  tools/i18n --check         write nothing; fail unless everything is exported and translated

Translations are kept, new terms are added without one, and terms that are gone are dropped.
docs/translation.md says which word is used for what.
"""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="tools/i18n",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("addons", nargs="*", help="all shipped addons by default")
    parser.add_argument("--check", action="store_true", help="only say what is wrong")
    parser.add_argument("--fresh", action="store_true", help="begin the database anew")
    options = parser.parse_args(arguments)

    environment.ensure()
    if Path(sys.prefix) != paths.VENV:
        # polib is installed there.
        os.execv(paths.PYTHON, [str(paths.PYTHON), str(paths.TOOLS / "i18n"), *arguments])
    shipped = {name: addon for name, addon in addons.find().items() if addon.is_shipped}
    for name in options.addons:
        if name not in shipped:
            raise SuiteError(f"there is no shipped addon {name}", f"they are: {', '.join(shipped)}")
    names = options.addons or list(shipped)
    with tempfile.TemporaryDirectory() as folder:
        _export(shipped, names, Path(folder), fresh=options.fresh)
        treat = _check if options.check else _update
        problems = [
            problem
            for name in names
            for problem in treat(shipped[name].folder / "i18n", Path(folder) / f"{name}.pot")
        ]
    for problem in problems:
        say(problem)
    if options.check and problems:
        raise SuiteError(f"{len(problems)} problem(s) with translations", "run make i18n")
    say(f"{len(names)} addon(s), {len(problems)} problem(s)")
    return 0


def _export(
    shipped: dict[str, addons.Addon], names: list[str], folder: Path, *, fresh: bool
) -> None:
    """``<folder>/<addon>.pot`` for each name, by Odoo, from a database with the shipped addons."""
    cluster = postgres.cluster("test").start()
    database = f"{databases.prefix()}_i18n"
    with locks.only_one(database, "it uses the same database"):
        conf = kept.ensure(cluster, database, shipped, fresh=fresh)
        for name in names:
            with step(f"terms of {name}"):
                run(
                    [
                        *(paths.PYTHON, "-m", "odoo", "i18n", "export", "-c", conf),
                        *("-o", folder / f"{name}.pot", name),
                    ],
                    env=odoo.environment(cluster),
                    cwd=paths.HOME,
                    log=paths.LOGS / f"{database}-{name}.log",
                    what=f"exporting the terms of {name}",
                )


def _update(folder: Path, exported: Path) -> list[str]:
    """Write the template and the translations; what a translator has to do is returned."""
    from suite import translations

    folder.mkdir(exist_ok=True)
    pot = translations.template(exported)
    (folder / exported.name).write_text(translations.text_of(pot), encoding="utf-8")
    problems = []
    for language in translations.LANGUAGES:
        path = folder / f"{language}.po"
        old = translations.read(path)
        po = translations.updated(pot, old, language)
        path.write_text(translations.text_of(po), encoding="utf-8")
        problems += _problems_of(path, po)
    return problems


def _check(folder: Path, exported: Path) -> list[str]:
    from suite import translations

    pot = translations.template(exported)
    template = folder / exported.name
    problems = []
    if _read(template) != translations.text_of(pot):
        problems.append(f"{_short(template)}: not current")
    for language in translations.LANGUAGES:
        path = folder / f"{language}.po"
        old = translations.read(path)
        po = translations.updated(pot, old, language)
        if _read(path) != translations.text_of(po):
            problems.append(f"{_short(path)}: not current")
        problems += _problems_of(path, po)
    return problems


def _problems_of(path: Path, po: polib.POFile) -> list[str]:
    from suite import translations

    empty = [f"{_short(path)}: untranslated: {term!r}" for term in translations.untranslated(po)]
    return empty + [f"{_short(path)}: {mistake}" for mistake in translations.mistakes(po)]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _short(path: Path) -> str:
    return str(path.relative_to(paths.CHECKOUT))
