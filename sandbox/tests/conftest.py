from __future__ import annotations

from collections.abc import Iterator

import pytest
from support import Cartona, Control, Receiver

from marketplace_sandbox import SandboxServer


@pytest.fixture(scope="session")
def running() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture(scope="session")
def operator(running: SandboxServer) -> Iterator[Control]:
    client = Control(running.url)
    yield client
    client.close()


@pytest.fixture(scope="session")
def supplier(running: SandboxServer) -> Iterator[Cartona]:
    client = Cartona(running.url)
    yield client
    client.close()


@pytest.fixture
def sandbox(running: SandboxServer, operator: Control) -> SandboxServer:
    """A sandbox with the demo content, as new."""
    operator.call("POST", "reset", {"seed": "demo", "webhooks": True})
    return running


@pytest.fixture
def cartona(sandbox: SandboxServer, supplier: Cartona) -> Cartona:
    return supplier


@pytest.fixture
def control(sandbox: SandboxServer, operator: Control) -> Control:
    return operator


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.close()
