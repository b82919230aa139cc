"""Locks between processes, for what may happen only once at a time on a machine."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from suite import paths
from suite.console import say


@contextmanager
def only_one(name: str, waiting: str = "") -> Iterator[None]:
    """Hold the lock ``name`` of this environment; wait for it when somebody else has it.

    The lock goes with the process that holds it, so that a killed one leaves nothing behind.
    """
    paths.RUN.mkdir(parents=True, exist_ok=True)
    with open(paths.RUN / f"{name}.lock", "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"  … waiting for another run{f': {waiting}' if waiting else ''}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
