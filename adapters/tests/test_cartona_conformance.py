"""Cartona's adapter in the suite of all providers, on the stub."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import cartona_samples as samples
from cartona_harness import CartonaHarness
from cartona_stub import TOKEN, CartonaStub
from marketplace_adapters.testing.conformance_http import HttpConformance
from marketplace_adapters.testing.harness import HttpHarness
from marketplace_adapters.testing.server import ScriptedServer


class StubHarness(CartonaHarness):
    """The stub behind the scripted server."""

    def __init__(self, front: ScriptedServer, stub: CartonaStub) -> None:
        super().__init__(front, TOKEN)
        self.stub = stub

    def products(self, numbers: list[int]) -> list[str]:
        for number in numbers:
            self.stub.add_product(number)
        return [str(number) for number in numbers]

    def orders(self, numbers: list[int]) -> list[tuple[str, str]]:
        placed = [samples.order(f"h{number}") for number in numbers]
        self.stub.orders |= {order["hashed_id"]: order for order in placed}
        return [(order["hashed_id"], str(order["order_details"][0]["id"])) for order in placed]

    def place_orders(self, count: int) -> set[str]:
        self.stub.largest_page = 5
        return {order for order, _line in self.orders([next(self._numbers) for _ in range(count)])}

    def state(self) -> Any:
        return self.stub.state()


@pytest.fixture(scope="module")
def front() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


class TestCartona(HttpConformance):
    @pytest.fixture
    def harness(self, front: ScriptedServer) -> HttpHarness:
        stub = CartonaStub()
        front.forget()
        front.handle_with(stub.answer)
        return StubHarness(front, stub)
