from __future__ import annotations

from collections.abc import Iterator

import pytest
from support import Cartona, Control, Receiver

from marketplace_sandbox import SandboxServer
from marketplace_sandbox.cartona.room import CartonaRoom


@pytest.fixture(scope="session")
def running() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def sandbox(running: SandboxServer) -> SandboxServer:
    """A sandbox with the demo content, as new."""
    client = Control(running.url)
    client.call("POST", "reset", {"seed": "demo", "webhooks": True})
    client.close()
    return running


@pytest.fixture
def room(sandbox: SandboxServer) -> CartonaRoom:
    found = sandbox.rooms["cartona"]
    assert isinstance(found, CartonaRoom)
    return found


@pytest.fixture
def cartona(sandbox: SandboxServer) -> Iterator[Cartona]:
    client = Cartona(sandbox.url)
    yield client
    client.close()


@pytest.fixture
def control(sandbox: SandboxServer) -> Iterator[Control]:
    client = Control(sandbox.url)
    yield client
    client.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.close()
