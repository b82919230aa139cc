"""A stage for end-to-end tests, benchmarks and the like: databases, running Odoos, sandboxes."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, ClassVar, TypeVar

from suite import addons, databases, kept, locks, postgres
from suite.console import SuiteError
from suite.odoo import OdooServer
from suite.sandbox import Sandbox

T = TypeVar("T")


class Stage:
    """Makes what a scenario needs, and takes everything away at the end.

    ::

        with Stage("burst") as stage:
            sandbox = stage.sandbox()
            server = stage.odoo(workers=2)
            client = OdooClient(server.url, server.database)

    :param name: tells the databases and logs of one scenario from those of another.
    :param only: addons of the checkout to have (with what they need); all by default.
    """

    #: Sources that this process has brought up to date: once is enough for a whole test run.
    _current: ClassVar[set[str]] = set()

    def __init__(self, name: str, only: Sequence[str] = ()) -> None:
        self.name = databases.check_name(name)
        self.cluster = postgres.cluster("test")
        self._only = list(only)
        self._numbers = itertools.count(1)
        self._stack = ExitStack()

    def database(self) -> str:
        """A new database with the addons installed, a copy of one that is kept up to date."""
        self.cluster.start()
        found = addons.find()
        chosen = addons.with_dependencies(self._only, found) if self._only else found
        choice = "_".join(["", *sorted(self._only)]) if self._only else ""
        source = databases.check_name(f"{databases.prefix()}_stage{choice}"[:63])
        name = databases.check_name(self._next("db"))
        with locks.only_one(f"stage-{source}", "it prepares the same database"):
            if source not in self._current or not databases.exists(self.cluster, source):
                kept.ensure(self.cluster, source, chosen)
                self._current.add(source)
            databases.copy(self.cluster, source, name)
        self._stack.callback(databases.drop, self.cluster, name)
        return name

    def odoo(self, database: str | None = None, **settings: Any) -> OdooServer:
        """A running Odoo with its job runner, see :class:`suite.odoo.OdooServer`.

        :param database: a new one by default; two servers may share one.
        """
        database = database or self.database()
        server = OdooServer(self.cluster, database, name=self._next("odoo"), **settings)
        self._stack.callback(server.stop)
        return server.start()

    def sandbox(self, **settings: Any) -> Sandbox:
        """A running sandbox, empty at first, see :class:`suite.sandbox.Sandbox`."""
        settings.setdefault("seed", "empty")
        sandbox = Sandbox(name=self._next("sandbox"), **settings)
        self._stack.callback(sandbox.stop)
        return sandbox.start()

    def _next(self, what: str) -> str:
        return f"{databases.prefix()}_{self.name}_{what}_{next(self._numbers)}"

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()


def wait_until(what: str, check: Callable[[], T], timeout: float = 60, every: float = 0.02) -> T:
    """Ask again and again until ``check`` returns something true, and return that.

    :param what: what is waited for, for the message.
    :param every: seconds between two questions.
    :raises SuiteError: it did not come in time.
    """
    deadline = time.monotonic() + timeout
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > deadline:
            raise SuiteError(f"waited {timeout:.0f} s in vain: {what} (last seen: {found!r})")
        time.sleep(every)
