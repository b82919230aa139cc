"""Shared by all tests of the adapters."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

pytest.register_assert_rewrite(
    "marketplace_adapters.testing.conformance",
    "marketplace_adapters.testing.conformance_http",
    "marketplace_adapters.testing.harness",
)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Any]:
    """The sandbox, where it is installed. Its schema of Shopify takes a moment to build."""
    server = pytest.importorskip("marketplace_sandbox.server")
    with server.SandboxServer(seed="empty") as running:
        yield running


@pytest.fixture(scope="module")
def sandbox_url(sandbox: Any) -> str:
    """Where the sandbox listens, started over for each module."""
    reset = {"seed": "empty", "webhooks": True}
    requests.post(f"{sandbox.url}/_control/reset", json=reset, timeout=60).raise_for_status()
    return str(sandbox.url)
