"""The tools' own parts: what they remember, choose, count and stop."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from marketplace_adapters.testing import covers
from suite import addons, databases, odoo_source, paths, ports, postgres, processes, runner, stamps
from suite.console import SuiteError, run


def _addon(folder: Path, name: str, *depends: str) -> Path:
    place = folder / name
    place.mkdir(parents=True)
    manifest = repr({"name": name, "depends": list(depends)})
    (place / "__manifest__.py").write_text(manifest, encoding="utf-8")
    return place


# --- what changed ------------------------------------------------------------------------------


def test_addons_come_after_those_they_depend_on(tmp_path: Path) -> None:
    _addon(tmp_path, "a_channel", "core", "sale")
    _addon(tmp_path, "core", "sale")
    _addon(tmp_path, "z_tests", "a_channel")

    assert list(addons.find(tmp_path)) == ["core", "a_channel", "z_tests"]


def test_addons_that_depend_on_each_other_are_an_error(tmp_path: Path) -> None:
    _addon(tmp_path, "a", "b")
    _addon(tmp_path, "b", "a")

    with pytest.raises(SuiteError, match="circle: a → b → a"):
        addons.find(tmp_path)


def test_choosing_an_addon_brings_what_it_needs_and_nothing_else(tmp_path: Path) -> None:
    for name, depends in {"core": (), "one": ("core",), "two": ("core",)}.items():
        _addon(tmp_path, name, *depends)

    chosen = addons.with_dependencies(["two"], addons.find(tmp_path))

    assert list(chosen) == ["core", "two"]


@pytest.mark.parametrize(
    ("file", "is_updated"),
    [
        ("models/a.py", True),
        ("views/a.xml", True),
        ("i18n/ar.po", True),
        ("tests/test_a.py", False),
        ("static/src/a.js", False),
        ("readme/DESCRIPTION.md", False),
        ("models/__pycache__/a.pyc", False),
    ],
)
def test_only_what_the_database_holds_asks_for_an_update(
    tmp_path: Path, file: str, is_updated: bool
) -> None:
    place = _addon(tmp_path, "core")
    before = addons.find(tmp_path)["core"].digest()
    path = place / file
    path.parent.mkdir(parents=True)
    path.write_text("new", encoding="utf-8")

    assert (addons.find(tmp_path)["core"].digest() != before) is is_updated


def test_a_key_tells_texts_apart_that_join_to_the_same(tmp_path: Path) -> None:
    file = tmp_path / "pins.txt"
    file.write_text("ab", encoding="utf-8")

    assert stamps.key_of("ab", "c") != stamps.key_of("a", "bc")
    assert stamps.key_of(file) == stamps.key_of("ab")
    assert stamps.key_of(tmp_path / "missing") == stamps.key_of("")


# --- names and choices -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "Test", "a-b", 'a"b', "a b", "é", "x" * 64])
def test_a_database_name_that_needs_quoting_is_refused(name: str) -> None:
    with pytest.raises(SuiteError, match="cannot be the name of a database"):
        databases.check_name(name)


def test_the_prefix_keeps_databases_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUITE_DB_PREFIX", "anna")
    assert databases.prefix() == "anna"
    monkeypatch.setenv("SUITE_DB_PREFIX", "")
    assert databases.prefix() == "test"


@pytest.mark.parametrize(
    ("path", "stage"),
    [
        ("adapters/tests/test_a.py", "pure"),
        ("sandbox/tests", "pure"),
        ("tests/test_layers.py", "repo"),
        ("tests/e2e/test_a.py", "e2e"),
        ("addons/marketplace/tests", "addons"),
    ],
)
def test_a_file_finds_its_stage(path: str, stage: str) -> None:
    assert runner.stage_of(paths.CHECKOUT / path) == stage


def test_a_file_elsewhere_belongs_to_no_stage(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="belongs to no stage"):
        runner.stage_of(tmp_path / "test_a.py")


def test_a_stage_gets_only_its_own_files(tmp_path: Path) -> None:
    one, two = tmp_path / "one.py", tmp_path / "two.py"
    words = (f"{one}::test_a", "-k", "x", str(two))
    options = runner.Options(pytest=words, targets=(one, two), fresh=True)

    assert options.only([two]) == runner.Options(("-k", "x", str(two)), (two,), fresh=True)


@pytest.mark.parametrize(("processors", "shares"), [(1, 1), (2, 2), (8, 1)])
def test_every_pure_test_is_in_one_share(
    monkeypatch: pytest.MonkeyPatch, processors: int, shares: int
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    tests = paths.ADAPTERS / "tests"

    found = runner._shares(paths.ADAPTERS, runner.Options(), "not large")

    assert len(found) == len({share.name for share in found}) == shares
    files = [file for share in found for file in share.files]
    assert sorted(files) == ([tests] if shares == 1 else sorted(tests.rglob("test_*.py")))
    asked = runner.Options(pytest=("-k", "x"))
    assert runner._shares(paths.ADAPTERS, asked, "not large") == [runner.Share((tests,))]
    assert runner._shares(paths.ADAPTERS, runner.Options(), "large") == [runner.Share((tests,))]


def test_pure_tests_keep_compiled_modules_out_of_the_sources_where_they_must(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    assert runner._light() == dict(os.environ)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    added = {"PYTHONPYCACHEPREFIX": str(paths.HOME / "bytecode")}
    assert runner._light().items() - os.environ.items() == added.items()
    assert "PYTHONDONTWRITEBYTECODE" not in runner._light()


@covers("X32", "R211")
@pytest.mark.parametrize(("line", "version"), [("(19, 0, 0, FINAL, 0, '')", "19.0.0"), ("", "")])
def test_odoos_version_is_read_from_its_source(tmp_path: Path, line: str, version: str) -> None:
    (tmp_path / "odoo").mkdir()
    text = f"version_info = {line}\n" if line else "nothing = 1\n"
    (tmp_path / "odoo" / "release.py").write_text(text, encoding="utf-8")

    assert odoo_source.version_in(tmp_path) == version


@covers("R211")
def test_an_odoo_of_another_series_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "odoo").mkdir()
    text = "version_info = (18, 0, 0, FINAL, 0, '')\n"
    (tmp_path / "odoo" / "release.py").write_text(text, encoding="utf-8")
    monkeypatch.setenv("ODOO_PATH", str(tmp_path))

    with pytest.raises(SuiteError, match=r"is Odoo 18\.0\.0, the suite is made for 19\.0"):
        odoo_source.users_own()


def test_the_users_server_is_neither_started_nor_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUITE_CLUSTER", raising=False)
    monkeypatch.setenv("PGHOST", "db.example.org")

    cluster = postgres.cluster("test")

    assert cluster == postgres.Cluster("test", private=False)
    assert cluster.environment() == {}
    assert cluster.connection() == {}
    assert cluster.start() is cluster
    assert cluster.stop() is False


def test_what_the_tools_set_for_their_children_is_not_the_users_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    private = postgres.Cluster("test")
    for name, value in private.environment().items():
        monkeypatch.setenv(name, value)

    assert postgres.cluster("test") == private


# --- running programs --------------------------------------------------------------------------


def test_a_failing_program_shows_its_last_lines_and_keeps_all(tmp_path: Path) -> None:
    log = tmp_path / "log" / "it.log"
    program = "import sys\nfor n in range(99): print('line', n)\nsys.exit(3)"

    with pytest.raises(SuiteError) as caught:
        run([sys.executable, "-c", program], log=log, what="it", todo="mend it")

    assert caught.value.what.startswith("it failed with exit code 3\nline 74\n")
    assert caught.value.todo == "mend it"
    assert "line 0\n" in log.read_text(encoding="utf-8")


def test_free_ports_differ_and_can_be_bound() -> None:
    found = ports.free_ports(5)

    assert len(set(found)) == 5
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", found[0]))
        sock.listen()
        assert not ports.is_free(found[0])
    assert ports.is_free(found[1])


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(processes, "_NOTES", tmp_path / "notes")
    return tmp_path / "notes"


#: Starts a child that outlives a polite parent, tells its number, and waits for ever.
STUBBORN = """
import signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
program = "import signal; signal.signal(15, 1); print(1, flush=True); signal.pause()"
child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
signal.pause()
"""


def _first_line(process: processes.Process) -> str:
    while process.exit_code is None:
        text = process.log.read_text(encoding="utf-8")
        if text.endswith("\n"):
            return text.strip()
    raise AssertionError(process.tail())


def _is_running(pid: int) -> bool:
    return processes._start_time(pid) is not None


def test_stopping_ends_children_that_do_not_want_to(notes: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", STUBBORN]
    process = processes.Process(command, name="stubborn", log=tmp_path / "log")
    child = int(_first_line(process))
    assert _is_running(child)

    process.stop(patience=0.05)

    assert process.exit_code == -signal.SIGKILL
    while _is_running(child):
        pass
    assert list(notes.iterdir()) == []


def test_what_a_killed_tool_left_behind_is_stopped(notes: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = [sys.executable, "-c", "print(1, flush=True); import signal; signal.pause()"]
    process = processes.Process(program, name="left over", log=log)
    _first_line(process)
    assert processes.stop_orphans() == []
    note = notes / str(process.pid)
    data = json.loads(note.read_text(encoding="utf-8"))
    note.write_text(json.dumps({**data, "owner_started": "0"}), encoding="utf-8")

    stopped = processes.stop_orphans()

    assert stopped == ["left over"]
    assert process.wait(10) == -signal.SIGTERM
    assert list(notes.iterdir()) == []


def test_another_program_under_the_same_number_is_left_alone(notes: Path, tmp_path: Path) -> None:
    program = [sys.executable, "-c", "print(1, flush=True); import signal; signal.pause()"]
    with processes.Process(program, name="innocent", log=tmp_path / "log") as process:
        _first_line(process)
        note = notes / str(process.pid)
        data = json.loads(note.read_text(encoding="utf-8"))
        text = json.dumps({**data, "started": "1", "owner_started": "0"})
        note.write_text(text, encoding="utf-8")

        assert processes.stop_orphans() == []
        assert process.exit_code is None


def test_a_program_that_ends_by_itself_is_reported_with_its_output(
    notes: Path, tmp_path: Path
) -> None:
    program = [sys.executable, "-c", "print('no licence'); raise SystemExit(4)"]
    with processes.Process(program, name="Odoo", log=tmp_path / "log") as process:
        assert process.wait(10) == 4
        with pytest.raises(SuiteError, match="ended by itself with exit code 4\nno licence"):
            process.ensure_alive()


# --- the summary -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("results", "last_line", "code"),
    [
        ([(3, 0, 1), (2, 0, 0)], "5 passed, 0 failed, 1 skipped", 0),
        ([(3, 0, 0), (0, 1, 0)], "3 passed, 1 failed, 0 skipped", 1),
        ([(0, 0, 4)], "0 passed, 0 failed, 4 skipped", 1),
        ([], "0 passed, 0 failed, 0 skipped", 1),
    ],
)
def test_the_last_line_sums_up_and_only_green_with_tests_is_success(
    results: list[tuple[int, int, int]],
    last_line: str,
    code: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [runner.Result("x", passed, failed, skipped) for passed, failed, skipped in results]

    assert runner.summarize(rows) == code
    assert capsys.readouterr().out.splitlines()[-1] == last_line


#: A stand-in for Odoo's browser tests: one that ran a script, one skipped for want of a browser.
BROWSER_TESTS = """
import sys, types, unittest
common = types.ModuleType("odoo.tests.common")
class HttpCase(unittest.TestCase):
    def browser_js(self, what):
        if what == "no browser":
            raise unittest.SkipTest("Chrome executable not found")
common.HttpCase = HttpCase
common.CHECK_BROWSER_SLEEP, common.CHECK_BROWSER_ITERATIONS = 0.1, 100
sys.modules["odoo.tests.common"] = common
class TestTours(HttpCase):
    def test_ran(self):
        self.browser_js("x")
        seconds = common.CHECK_BROWSER_SLEEP * common.CHECK_BROWSER_ITERATIONS
        self.assertGreaterEqual(seconds, 60)
    def test_skipped(self):
        self.browser_js("no browser")
    def test_other(self):
        self.skipTest("not on this system")
"""


def test_a_tour_without_browser_counts_as_failed_and_one_that_ran_is_counted(
    tmp_path: Path,
) -> None:
    (tmp_path / "test_tours.py").write_text(BROWSER_TESTS, encoding="utf-8")
    report = tmp_path / "report.json"
    env = {**os.environ, "PYTHONPATH": str(paths.TOOLS), "SUITE_REPORT": str(report)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "suite.pytest_suite", "-p", "no:odoo"]

    done = subprocess.run(
        [*command, str(tmp_path)],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    counts = json.loads(report.read_text(encoding="utf-8"))
    assert done.returncode == 1
    assert {name: counts[name] for name in ("passed", "failed", "skipped", "tours")} == {
        "passed": 1,
        "failed": 1,
        "skipped": 1,
        "tours": 1,
    }
