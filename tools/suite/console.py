"""Messages, the one error class, and running other programs with their output kept."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: Lines of a failed program's output that are shown; the whole output stays in its log file.
TAIL_LINES = 25
#: Characters of each of them.
LINE_LIMIT = 400


class SuiteError(Exception):
    """Something a person can act on: what happened, and what to do about it."""

    def __init__(self, what: str, todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.todo = todo


def say(message: str) -> None:
    """One progress line, out at once even when it goes into a file or a pipe."""
    print(message, flush=True)


def fail(error: SuiteError) -> None:
    sys.stdout.flush()
    print(f"error: {error.what}", file=sys.stderr)
    for line in error.todo.splitlines():
        print(f"  what to do: {line}", file=sys.stderr)
    sys.stderr.flush()


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announce a step that takes a while, and say how long it took."""
    say(f"  … {title}")
    started = time.monotonic()
    yield
    say(f"  ✓ {title} ({time.monotonic() - started:.1f} s)")


def run(
    command: Sequence[str | os.PathLike[str]],
    *,
    log: Path | None = None,
    what: str = "",
    todo: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | str | None = None,
    user: str | None = None,
    stdin: str | None = None,
) -> str:
    """Run a program to its end and return its output (standard output and errors together).

    :param log: file that keeps the output; its place is named when the program fails.
    :param user: run as this user (only root may ask for it).
    :raises SuiteError: the program is missing or exits with another code than 0.
    """
    words = [os.fspath(word) for word in command]
    name = what or Path(words[0]).name
    try:
        done: subprocess.CompletedProcess[str] = subprocess.run(
            words,
            env=None if env is None else dict(env),
            cwd=cwd,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            **as_user(user),
        )
    except FileNotFoundError as error:
        raise SuiteError(f"{name}: {error.filename} does not exist", todo) from error
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(f"$ {' '.join(words)}\n{done.stdout}", encoding="utf-8")
    if done.returncode:
        tail = "\n".join(line[:LINE_LIMIT] for line in done.stdout.splitlines()[-TAIL_LINES:])
        kept = f"\n(all of it: {log})" if log else ""
        raise SuiteError(f"{name} failed with exit code {done.returncode}\n{tail}{kept}", todo)
    return done.stdout


def as_user(user: str | None) -> dict[str, Any]:
    """Arguments for :mod:`subprocess` that run a program as ``user``, with its own groups."""
    if user is None:
        return {}
    import pwd

    record = pwd.getpwnam(user)
    return {
        "user": user,
        "group": record.pw_gid,
        "extra_groups": os.getgrouplist(user, record.pw_gid),
    }
