"""A pytest plugin (``-p suite.pytest_suite``): counts for the one summary, and tours that ran.

Odoo skips a browser test when Chromium or websocket-client is missing, and the run still says
"0 failed". Here a test skipped for want of a browser counts as failed, and every browser script
that really ran is counted.

With ``SUITE_REPORT`` set, the counts are written there as JSON: ``{"passed", "failed", "skipped",
"tours", "seconds", "slowest": [[seconds, test], …]}``.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

_BROWSER_WORDS = ("chrome", "websocket-client")
#: How long Chromium may take to start. Odoo allows ten seconds; the first start on a machine that
#: has just installed it took longer.
_BROWSER_SECONDS = 90.0


class Counter:
    def __init__(self) -> None:
        self.started = time.monotonic()
        self.tours: list[str] = []
        self.durations: list[tuple[float, str]] = []
        self.current = ""


_counter = Counter()


def pytest_sessionstart() -> None:
    _counter.started = time.monotonic()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish() -> None:
    """Watch Odoo's browser tests; Odoo is imported only where its tests are collected."""
    if "odoo.tests.common" not in sys.modules:
        return
    common = sys.modules["odoo.tests.common"]
    common.CHECK_BROWSER_ITERATIONS = int(_BROWSER_SECONDS / common.CHECK_BROWSER_SLEEP)  # type: ignore[attr-defined]
    common.BROWSER_WAIT = _BROWSER_SECONDS  # type: ignore[attr-defined]
    http_case = common.HttpCase
    plain = http_case.browser_js
    if getattr(plain, "is_watched", False):
        return

    def browser_js(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = plain(self, *args, **kwargs)
        _counter.tours.append(_counter.current)
        return result

    browser_js.is_watched = True  # type: ignore[attr-defined]
    http_case.browser_js = browser_js


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if report.skipped and any(word in str(report.longrepr).lower() for word in _BROWSER_WORDS):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: the browser test did not run: {report.longrepr}"
    if report.when == "call":
        # Reports of subtests come this way too: what was counted once is forgotten.
        report.user_properties.append(("tours", len(_counter.tours)))
        _counter.tours.clear()
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    _counter.current = item.nodeid


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call":
        _counter.durations.append((report.duration, report.nodeid))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    target = os.environ.get("SUITE_REPORT")
    if not target:
        return
    stats = terminalreporter.stats

    def count(*names: str) -> int:
        return sum(len(stats.get(name, [])) for name in names)

    tours = 0
    for reports in stats.values():
        for report in reports:
            tours += sum(
                value for name, value in getattr(report, "user_properties", []) if name == "tours"
            )
    slowest = sorted(_counter.durations, reverse=True)[:5]
    result = {
        "passed": count("passed", "xfailed"),
        "failed": count("failed", "error", "xpassed", "subtests failed"),
        "skipped": count("skipped"),
        "tours": tours,
        "seconds": round(time.monotonic() - _counter.started, 2),
        "slowest": [[round(seconds, 2), name] for seconds, name in slowest],
    }
    Path(target).write_text(json.dumps(result), encoding="utf-8")
