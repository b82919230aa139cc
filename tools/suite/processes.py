"""Programs that run beside us: started in a group of their own, and stopped for certain.

Every one is noted in a file while it runs, so that what a killed tool left behind is found and
stopped by the next one (:func:`stop_orphans`) or by ``tools/stop``.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from suite import paths
from suite.console import SuiteError

_NOTES = paths.RUN / "processes"
#: Seconds between asking politely and killing.
PATIENCE = 10.0


class Process:
    """One program with all its children, its output going to ``log``."""

    def __init__(
        self,
        command: Sequence[str | os.PathLike[str]],
        *,
        name: str,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | str | None = None,
    ) -> None:
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                [os.fspath(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if env is None else dict(env),
                cwd=cwd,
                start_new_session=True,
            )
        self.pid = self._popen.pid
        self._note = _NOTES / str(self.pid)
        _NOTES.mkdir(parents=True, exist_ok=True)
        note = {
            "name": name,
            "started": _start_time(self.pid),
            "owner": os.getpid(),
            "owner_started": _start_time(os.getpid()),
        }
        self._note.write_text(json.dumps(note), encoding="utf-8")

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._popen.poll()

    def wait(self, timeout: float) -> int | None:
        """Its exit code once it has ended; None when it still runs after ``timeout`` seconds."""
        try:
            return self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def ensure_alive(self) -> None:
        """:raises SuiteError: it has ended; with the last lines of its output."""
        if self.exit_code is not None:
            raise SuiteError(
                f"{self.name} ended by itself with exit code {self.exit_code}\n{self.tail()}",
                f"see {self.log}",
            )

    def tail(self, lines: int = 25) -> str:
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def kill(self) -> None:
        """End the whole group at once, as a power cut would."""
        _signal_group(self.pid, signal.SIGKILL)
        self._popen.wait()
        self._note.unlink(missing_ok=True)

    def stop(self, patience: float = PATIENCE) -> None:
        """Ask the group to end, wait, then kill what is left of it. Harmless when it has ended."""
        _signal_group(self.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(patience)
        _signal_group(self.pid, signal.SIGKILL)
        self._popen.wait()
        self._note.unlink(missing_ok=True)

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()


def stop_orphans(*, everything: bool = False) -> list[str]:
    """Stop programs whose tool has gone; with ``everything`` also those whose tool still lives.

    :return: the names of those that were stopped.
    """
    stopped = []
    for note in _NOTES.glob("*") if _NOTES.is_dir() else []:
        try:
            data = json.loads(note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        pid = int(note.name)
        owned = _start_time(data["owner"]) == data["owner_started"]
        if owned and not everything:
            continue
        # The number may belong to another program by now; its start time tells.
        if _start_time(pid) == data["started"]:
            _end_foreign(pid)
            stopped.append(data["name"])
        note.unlink(missing_ok=True)
    return stopped


def _end_foreign(pid: int) -> None:
    _signal_group(pid, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    while _start_time(pid) is not None and time.monotonic() < deadline:
        time.sleep(0.1)
    _signal_group(pid, signal.SIGKILL)


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _start_time(pid: int) -> str | None:
    """When a process was started, in clock ticks since boot; None when it does not run."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]
