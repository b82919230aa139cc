"""The simulated marketplaces as a running server."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from suite import paths, ports
from suite.console import SuiteError
from suite.processes import Process
from suite.web import json_request


class Sandbox:
    """A running sandbox, as a context manager.

    ::

        with Sandbox(name="demo", state=folder / "sandbox.db") as sandbox:
            sandbox.room("cartona")            # base address of the simulated Cartona
            sandbox.control("GET", "health")   # the control interface, see the sandbox's README

    :param state: file that keeps the state; without one it ends with the server.
    :param seed: content at the beginning: ``"demo"`` or ``"empty"``.
    :param port: a free one by default; kept over restarts.
    :param arguments: more arguments of ``marketplace-sandbox``.
    """

    def __init__(
        self,
        *,
        name: str = "sandbox",
        state: Path | None = None,
        seed: str = "demo",
        port: int | None = None,
        arguments: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.port = port or ports.free_port()
        self.log = paths.LOGS / f"{name}.log"
        words = ["--port", str(self.port), "--seed", seed, *arguments]
        self._words = [*words, "--state", str(state)] if state else words
        self._process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def process(self) -> Process:
        """:raises SuiteError: it was not started."""
        if self._process is None:
            raise SuiteError(f"{self.name} was not started")
        return self._process

    def room(self, provider: str) -> str:
        """Base address of one simulated marketplace."""
        return f"{self.url}/{provider}"

    def control(self, method: str, path: str, body: object = None) -> Any:
        return json_request(method, f"{self.url}/_control/{path.lstrip('/')}", body)

    def start(self, timeout: float = 30) -> Sandbox:
        """Start it and wait until it serves."""
        self.log.unlink(missing_ok=True)
        self._process = Process(
            [paths.VENV / "bin" / "marketplace-sandbox", *self._words],
            name=f"sandbox ({self.name})",
            log=self.log,
        )
        deadline = time.monotonic() + timeout
        while not self._serves():
            self._process.ensure_alive()
            if time.monotonic() > deadline:
                self.stop()
                raise SuiteError(f"{self.name} does not answer", f"see {self.log}")
            time.sleep(0.02)
        return self

    def _serves(self) -> bool:
        """It prints one line of JSON as soon as it listens."""
        first = self.log.read_text(encoding="utf-8", errors="replace").partition("\n")
        if not first[1]:
            return False
        try:
            return "url" in json.loads(first[0])
        except ValueError:
            return False

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()

    def restart(self) -> None:
        """Stop (or find stopped) and start again on the same port with the same state."""
        self.stop()
        self.start()

    def __enter__(self) -> Sandbox:
        return self if self._process is not None else self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()
