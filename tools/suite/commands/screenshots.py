"""Take the pictures of docs/: a demo with some days of work in it, in headless Chromium."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from suite import databases, environment, locks, paths, postgres, processes, rtlcss, traceability
from suite.browser import Browser
from suite.console import SuiteError, say, step
from suite.demo.scene import Scene, forget
from suite.demo.story import Story

_EPILOG = """\
  tools/screenshots                    all pictures of docs/screens.toml
  tools/screenshots dashboard errors   those whose names begin so
  tools/screenshots --keep             leave the database; the next --keep begins with it

docs/screens.toml says what each picture shows:

  ["screenshots/errors.png"]
  title = "What needs a person, by cause"
  shows = ["R85"]                      requirements, see tools/requirements
  path = "/odoo/marketplace-errors"    {account}, {product} … are ids of the demo's records
  click = ["button >> Retry"]          CSS selectors, with a text if need be
  language = "ar_001"                  en_US by default
"""
_MOST_BYTES = 150_000


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="tools/screenshots",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", help="beginnings of names; all pictures by default")
    parser.add_argument("--keep", action="store_true", help="keep the database for the next time")
    options = parser.parse_args(arguments)

    environment.ensure()
    if Path(sys.prefix) != paths.VENV:
        # Pillow and websocket-client are installed there.
        script = str(paths.TOOLS / "screenshots")
        os.execv(paths.PYTHON, [str(paths.PYTHON), script, *arguments])
    environment.ensure_browser()
    rtlcss.ensure()
    processes.stop_orphans()
    pictures = _chosen(traceability.pictures(paths.CHECKOUT), options.names)
    cluster = postgres.cluster("test").start()
    name = f"{databases.prefix()}_screens"
    with locks.only_one(name, "it uses the same database"):
        if not options.keep:
            forget(name, cluster)
        try:
            with Scene(name, cluster, fixed_ports=False) as scene:
                problems = _take(scene, pictures)
        finally:
            if not options.keep:
                forget(name, cluster)
    for problem in problems:
        say(problem)
    if problems:
        raise SuiteError(f"{len(problems)} problem(s) with pictures")
    say(f"{len(pictures)} picture(s) in {paths.DOCS / 'screenshots'}")
    return 0


def _chosen(pictures: dict[str, Any], names: list[str]) -> dict[str, Any]:
    found = {
        file: entry
        for file, entry in pictures.items()
        if not names or any(Path(file).name.startswith(name) for name in names)
    }
    if not found:
        raise SuiteError(f"no picture's name begins with {' or '.join(names)}")
    return found


def _take(scene: Scene, pictures: dict[str, Any]) -> list[str]:
    """:return: what is wrong with pictures: errors of the browser, too many bytes."""
    story = Story(scene)
    if not story.is_told():
        with step("some days of work"):
            story.tell()
    problems = []
    with Browser(scene.server.url) as browser:
        browser.login()
        told = story.ids()
        language = ""
        for file, entry in sorted(
            pictures.items(), key=lambda item: _language(item[1]), reverse=True
        ):
            if _language(entry) != language:
                language = _language(entry)
                story.speak(language)
                for _ in range(2):  # the first page still has the old direction
                    browser.open("/odoo/marketplace")
            with step(file):
                problems += _picture(browser, entry, told, paths.DOCS / file)
        story.speak("en_US")
    return problems


def _picture(
    browser: Browser, entry: dict[str, Any], told: dict[str, int], target: Path
) -> list[str]:
    browser.errors.clear()
    browser.open(str(entry["path"]).format(**told))
    for what in entry.get("click", ()):
        browser.click(what)
    browser.save(target)
    problems = [f"{target.name}: {error}" for error in browser.errors]
    if target.stat().st_size > _MOST_BYTES:
        problems.append(f"{target.name}: {target.stat().st_size} bytes, {_MOST_BYTES} are the most")
    if browser.run("!!document.querySelector('.o_error_dialog, .o_view_nocontent')"):
        problems.append(f"{target.name}: shows an error or an empty screen")
    return problems


def _language(entry: dict[str, Any]) -> str:
    return str(entry.get("language", "en_US"))
