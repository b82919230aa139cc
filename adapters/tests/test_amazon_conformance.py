"""Amazon's adapter in the suite of all providers, on the stub."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import amazon_samples as samples
from amazon_harness import AmazonHarness
from amazon_stub import AmazonStub, LoginStub
from marketplace_adapters.testing.conformance_http import HttpConformance
from marketplace_adapters.testing.harness import HttpHarness
from marketplace_adapters.testing.server import ScriptedServer

CREDENTIALS = {
    "client_id": "amzn1.application-oa2-client.stub",
    "client_secret": "amzn1.oa2-cs.stub-secret-33",
    "refresh_token": "Atzr|stub-refresh-91",
}


class StubHarness(AmazonHarness):
    """The stub behind the scripted server."""

    def __init__(self, front: ScriptedServer, login: ScriptedServer, stub: AmazonStub) -> None:
        # The full 10,000 and more are in test_amazon_listings.
        options = {
            "seller_id": samples.SELLER,
            "marketplaces": [samples.DE, samples.UK],
            "batch_size": 1000,
        }
        super().__init__(front, f"{login.base_url}/auth/o2/token", CREDENTIALS, options)
        self.login = login
        self.stub = stub
        login.forget()

    def seen(self) -> int:
        """Calls of the API and logins."""
        return len(self.front.calls) + len(self.login.calls)

    def listings(self, numbers: list[int]) -> list[str]:
        return [self.stub.add_listing(f"sku-{number}") for number in numbers]

    def orders(self, numbers: list[int]) -> list[tuple[str, str]]:
        return [self.stub.add_order(number) for number in numbers]

    def parent(self) -> str:
        return self.stub.add_listing("parent-1")

    def place_orders(self, count: int) -> set[str]:
        self.stub.page = 5
        return {order for order, _item in self.orders([next(self._numbers) for _ in range(count)])}

    def finish(self) -> None:
        self.stub.finish()

    def state(self) -> Any:
        return self.stub.state()


@pytest.fixture(scope="module")
def login() -> Iterator[ScriptedServer]:
    stub = LoginStub(CREDENTIALS["client_secret"], CREDENTIALS["refresh_token"])
    with ScriptedServer(stub.answer) as server:
        yield server


@pytest.fixture(scope="module")
def front() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


class TestAmazon(HttpConformance):
    @pytest.fixture
    def harness(self, front: ScriptedServer, login: ScriptedServer) -> HttpHarness:
        stub = AmazonStub(front.base_url)
        front.forget()
        front.handle_with(stub.answer)
        return StubHarness(front, login, stub)
