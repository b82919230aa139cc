"""Run the test stages and sum them up.

Stages, in the order of a whole run::

    pure    adapters/ and sandbox/: no Odoo, no database, seconds
    large   what of these works on real sizes or thousands of random cases (marked ``large``)
    repo    tests/: layers, packaging, contracts against the channel specifications
    addons  addons/ in a real Odoo, browser tours in Chromium among them
    e2e     tests/e2e: Odoo, job runner and sandbox as running servers
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from suite import addons, databases, environment, kept, locks, odoo, paths, postgres, stamps
from suite.console import SuiteError, fail, say

#: Seconds that the pure tests may take together; printed, never asserted.
PURE_BUDGET = 15

_NO_TESTS = 5


@dataclass(frozen=True)
class Options:
    """What was asked for.

    :param pytest: further arguments for pytest; without any a stage runs whole.
    :param targets: the files and folders among them, without their ``::`` parts.
    :param fresh: begin the addons' database anew.
    :param update: False leaves the addons' database as it is.
    :param addons: only these addons (and those they depend on) are installed and tested.
    """

    pytest: tuple[str, ...] = ()
    targets: tuple[Path, ...] = ()
    fresh: bool = False
    update: bool = True
    addons: tuple[str, ...] = ()

    def only(self, targets: Sequence[Path]) -> Options:
        """The same, less the files and folders that are not among ``targets``."""
        dropped = {str(target) for target in self.targets if target not in targets}
        words = tuple(word for word in self.pytest if word.partition("::")[0] not in dropped)
        return replace(self, pytest=words, targets=tuple(targets))


@dataclass
class Result:
    """How one pytest run ended."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    tours: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)


def run_stages(names: Sequence[str], options: Options) -> int:
    """Run stages one after the other, print the summary; 0 when nothing failed and a test ran."""
    results: list[Result] = []
    for name in names:
        say(f"\n=== {name} ===")
        started = time.monotonic()
        try:
            mine = [target for target in options.targets if stage_of(target) == name]
            results += STAGES[name](options.only(mine))
        except SuiteError as error:
            fail(error)
            seconds = time.monotonic() - started
            results.append(Result(name, failed=1, seconds=seconds, notes=["could not be run"]))
    return summarize(results)


def summarize(results: Sequence[Result]) -> int:
    say("\n=== summary ===")
    for result in results:
        tours = [f"{result.tours} browser tours ran"] if result.tours else []
        notes = "".join(f" · {note}" for note in [*tours, *result.notes])
        say(
            f"{result.name:<16} {result.passed:>5} passed {result.failed:>4} failed"
            f" {result.skipped:>4} skipped {result.seconds:>7.1f} s{notes}"
        )
    passed = sum(result.passed for result in results)
    failed = sum(result.failed for result in results)
    skipped = sum(result.skipped for result in results)
    say(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


# --- stages ------------------------------------------------------------------------------------


def pure(options: Options) -> list[Result]:
    started = time.monotonic()
    results = _rooms(options, "not large")
    seconds = time.monotonic() - started
    if not options.pytest:
        results[-1].notes.append(f"pure tests {seconds:.1f} s of {PURE_BUDGET} s")
    return results


def large(options: Options) -> list[Result]:
    return _rooms(options, "large")


def _rooms(options: Options, mark: str) -> list[Result]:
    folders = [paths.ADAPTERS, paths.SANDBOX]
    if options.targets:
        folders = [folder for folder in folders if _targets_in(folder, options)]
    shares = [(folder, share) for folder in folders for share in _shares(folder, options, mark)]
    quietly = len(shares) > 1
    with ThreadPoolExecutor(len(shares)) as pool:
        # Side by side, each printed in one piece; a single one as it goes.
        return list(pool.map(lambda share: _room(options, mark, quietly, *share), shares))


def _room(options: Options, mark: str, quietly: bool, folder: Path, share: Share) -> Result:
    if not (folder / "tests").is_dir():
        return _absent(folder.name)
    mine = options.only(_targets_in(folder, options))
    run = partial(_run_pytest, cwd=folder, env=_light(), quietly=quietly)
    if mine.targets:
        return run(folder.name, mine.pytest)
    words = ["-m", mark, *_workers(), *mine.pytest, *map(str, share.files)]
    name = folder.name + share.name + ("" if mark == "not large" else ", large")
    result = run(name, words)
    if not result.failed and not result.passed and mark == "large":
        result.notes = []  # a room may have none
    return result


@dataclass(frozen=True)
class Share:
    """The part of a room's tests that one process runs."""

    files: tuple[Path, ...]
    name: str = ""


def _shares(folder: Path, options: Options, mark: str) -> list[Share]:
    """The adapters' tests are twice the work of the sandbox's, so that two processors are evenly
    used by two processes for the ones beside one for the others. More have workers (see below),
    which cost each process the time to collect all tests."""
    tests = folder / "tests"
    halves = folder == paths.ADAPTERS and os.cpu_count() == 2 and not options.pytest
    files = sorted(tests.rglob("test_*.py")) if halves and mark == "not large" else []
    if len(files) < 2:
        return [Share((tests,))]
    return [Share(tuple(files[half::2]), f", {half + 1} of 2") for half in (0, 1)]


def _workers() -> list[str]:
    """Processes for one of two rooms; with two processors each room has one already."""
    share = (os.cpu_count() or 1) // 2
    return ["-n", str(share), "--dist", "worksteal"] if share > 1 else []


def _light() -> dict[str, str]:
    """The environment of tests that are over in seconds: compiling modules would take a third of
    it. Where Python shall not write beside the sources, what it compiled is kept in a place of its
    own."""
    variables = dict(os.environ)
    if variables.pop("PYTHONDONTWRITEBYTECODE", ""):
        variables.setdefault("PYTHONPYCACHEPREFIX", str(paths.HOME / "bytecode"))
    return variables


def _targets_in(folder: Path, options: Options) -> list[Path]:
    return [target for target in options.targets if folder in (target, *target.parents)]


def repo(options: Options) -> list[Result]:
    if not paths.TESTS.is_dir():
        return [_absent("tests")]
    words = [*options.pytest]
    if not options.targets:
        words += [str(paths.TESTS), f"--ignore={paths.TESTS / 'e2e'}"]
    return [_run_pytest("tests", words)]


def addon_tests(options: Options) -> list[Result]:
    found = addons.find()
    names = list(options.addons) or _addons_of(options.targets)
    chosen = addons.with_dependencies(names, found) if names else found
    if not chosen:
        return [_absent("addons")]
    whole = not options.pytest
    targets = [] if options.targets else _test_folders(names or list(chosen), found)
    if not targets and not options.targets:
        return [_absent("addons", "no tests folder")]
    files = targets or list(options.targets)
    tours = _tours_in(files)
    if tours:
        environment.ensure_browser()
    cluster = postgres.cluster("test").start()
    database = _database_name(names)
    with locks.only_one(f"tests-{database}", "it uses the same database; see SUITE_DB_PREFIX"):
        fresh = options.fresh or (whole and not options.addons)
        conf = kept.ensure(cluster, database, chosen, fresh=fresh, update=options.update)
        result = _run_pytest(
            "addons",
            [f"--odoo-config={conf}", "--odoo-http", *options.pytest, *map(str, targets)],
            env=odoo.environment(cluster),
            with_odoo=True,
        )
    if whole and tours and not result.tours:
        result.failed += 1
        result.notes.append(f"none of {tours} browser tours ran")
    return [result]


def end_to_end(options: Options) -> list[Result]:
    folder = paths.TESTS / "e2e"
    if not folder.is_dir():
        return [_absent("e2e")]
    with contextlib.suppress(SuiteError):
        # Only some of them look at pages; those fail by themselves without a browser.
        environment.ensure_browser()
    cluster = postgres.cluster("test").start()
    words = list(options.pytest) if options.targets else [*options.pytest, str(folder)]
    return [_run_pytest("e2e", words, env=odoo.environment(cluster))]


STAGES: dict[str, Callable[[Options], list[Result]]] = {
    "pure": pure,
    "large": large,
    "repo": repo,
    "addons": addon_tests,
    "e2e": end_to_end,
}


def stage_of(path: Path) -> str:
    """The stage that runs the tests in ``path``.

    :raises SuiteError: tests do not stand there.
    """
    inside = path.absolute()
    for folder, stage in (
        (paths.TESTS / "e2e", "e2e"),
        (paths.TESTS, "repo"),
        (paths.ADDONS, "addons"),
        (paths.ADAPTERS, "pure"),
        (paths.SANDBOX, "pure"),
    ):
        if inside == folder or folder in inside.parents:
            return stage
    raise SuiteError(f"{path} belongs to no stage", f"the stages are: {', '.join(STAGES)}")


# --- helpers -----------------------------------------------------------------------------------


def _absent(name: str, what: str = "nothing there yet") -> Result:
    """In CI a stage without tests is a failure; by hand it may not have been written yet."""
    return Result(name, failed=1 if paths.IN_CI else 0, notes=[what])


def _addons_of(targets: Sequence[Path]) -> list[str]:
    """Names of the addons in which the targets stand; none for the folder of all addons."""
    names = []
    for target in targets:
        inside = target.absolute()
        if paths.ADDONS in inside.parents:
            names.append(inside.relative_to(paths.ADDONS).parts[0])
    return list(dict.fromkeys(names))


def _test_folders(names: Sequence[str], found: Mapping[str, addons.Addon]) -> list[Path]:
    folders = [found[name].folder / "tests" for name in names]
    return [folder for folder in folders if folder.is_dir()]


def _tours_in(places: Sequence[Path]) -> int:
    """How many calls for a browser stand in the tests."""
    count = 0
    for place in places:
        for file in [place] if place.is_file() else sorted(place.rglob("test_*.py")):
            text = file.read_text(encoding="utf-8")
            count += text.count(".start_tour(") + text.count(".browser_js(")
    return count


def _database_name(names: Sequence[str]) -> str:
    """One database for all addons, and one for each choice of some of them."""
    if not names:
        return databases.check_name(f"{databases.prefix()}_addons")
    choice = "_".join(sorted(names))
    if len(choice) > 40:
        choice = stamps.key_of(choice)
    return databases.check_name(f"{databases.prefix()}_only_{choice}")


def _run_pytest(
    name: str,
    words: Sequence[str],
    *,
    cwd: Path = paths.CHECKOUT,
    env: Mapping[str, str] | None = None,
    with_odoo: bool = False,
    quietly: bool = False,
) -> Result:
    """Run pytest in the environment and read its counts.

    :param quietly: print its output in one piece at the end, not as it goes.
    """
    report = paths.RUN / f"report-{re.sub('[^a-z0-9]+', '-', name)}-{os.getpid()}.json"
    report.unlink(missing_ok=True)
    command = [str(paths.PYTHON), "-m", "pytest", "-p", "suite.pytest_suite", "-q", "-ra"]
    # One unreadable file is a failure, not a reason to leave all the others unrun.
    command += ["--continue-on-collection-errors"]
    cache = paths.HOME / "pytest" / name.partition(",")[0]
    command += ["-o", f"cache_dir={cache}", "-o", "verbosity_assertions=2"]
    command += ["--disable-warnings"] if with_odoo else ["-p", "no:odoo"]
    variables = dict(env or os.environ)
    variables["PYTHONPATH"] = os.pathsep.join(
        [str(paths.TOOLS), *filter(None, [variables.get("PYTHONPATH")])]
    )
    variables["SUITE_REPORT"] = str(report)
    started = time.monotonic()
    done = subprocess.run(
        [*command, *words],
        cwd=cwd,
        env=variables,
        stdout=subprocess.PIPE if quietly else None,
        stderr=subprocess.STDOUT if quietly else None,
        text=True,
        errors="replace",
        check=False,
    )
    if quietly:
        say(f"--- {name}\n{done.stdout.rstrip()}")
    result = Result(name, seconds=time.monotonic() - started)
    try:
        counts = json.loads(report.read_text(encoding="utf-8"))
        report.unlink()
    except (OSError, ValueError):
        counts = {}
    result.passed = counts.get("passed", 0)
    result.failed = counts.get("failed", 0)
    result.skipped = counts.get("skipped", 0)
    result.tours = counts.get("tours", 0)
    if done.returncode == _NO_TESTS:
        result.notes.append("no test was selected")
    elif done.returncode and not result.failed:
        result.failed = 1
        result.notes.append(f"pytest ended with exit code {done.returncode}")
    return result
