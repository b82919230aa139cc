"""Shopify's adapter in the suite of all providers, on the sandbox over real sockets.

A scripted server stands in front and passes calls on, so that the faults of the suite and its
counting work here.

There is no second run on a stub: what the suite asks for needs products, orders, bulk operations
and staged uploads that hang together, so that a stub would be the sandbox once more, without its
schema, which refuses a document that Shopify would refuse. Answers that the sandbox never gives
are scripted with :mod:`shopify_stub`, test by test.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from marketplace_adapters.testing.conformance_http import HttpConformance
from marketplace_adapters.testing.harness import HttpHarness
from marketplace_adapters.testing.server import ScriptedServer
from shopify_sandbox import SandboxHarness, Wire


@pytest.fixture(scope="module")
def wire(sandbox_url: str) -> Iterator[Wire]:
    wire = Wire(sandbox_url)
    yield wire
    wire.close()


@pytest.fixture(scope="module")
def front(wire: Wire) -> Iterator[ScriptedServer]:
    with ScriptedServer(wire.forward) as scripted:
        yield scripted


class TestShopifyOnTheSandbox(HttpConformance):
    @pytest.fixture
    def harness(self, front: ScriptedServer, wire: Wire) -> HttpHarness:
        front.forget()
        wire.start_over()
        return SandboxHarness(front, wire)
