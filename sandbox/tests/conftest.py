from __future__ import annotations

from collections.abc import Iterator

import pytest
from amazon_support import Amazon, AmazonControl
from fresh import FreshSandbox
from shopify_sales_support import Counter, Shop
from support import Cartona, Control, Receiver

from marketplace_sandbox import SandboxServer


@pytest.fixture(scope="session")
def running() -> Iterator[FreshSandbox]:
    server = FreshSandbox()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def operator(running: FreshSandbox) -> Iterator[Control]:
    client = Control(running.url)
    yield client
    client.close()


@pytest.fixture(scope="session")
def supplier(running: FreshSandbox) -> Iterator[Cartona]:
    client = Cartona(running.url)
    yield client
    client.close()


@pytest.fixture
def sandbox(running: FreshSandbox) -> SandboxServer:
    """A sandbox with the demo content, as new."""
    running.start_over("demo", webhooks=True)
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


@pytest.fixture(scope="session")
def seller(running: FreshSandbox) -> Iterator[Amazon]:
    client = Amazon(running.url)
    yield client
    client.close()


@pytest.fixture(scope="session")
def amazon_operator(running: FreshSandbox) -> Iterator[AmazonControl]:
    client = AmazonControl(running.url)
    yield client
    client.close()


@pytest.fixture
def backstage(running: FreshSandbox, amazon_operator: AmazonControl) -> AmazonControl:
    """The control API of an Amazon without listings and orders, without waiting and limits."""
    running.start_over("empty", webhooks=True)
    amazon_operator.freeze()
    amazon_operator.set(rates=0, feed_queue_seconds=0, feed_seconds=0, report_seconds=0)
    return amazon_operator


@pytest.fixture
def amazon(backstage: AmazonControl, seller: Amazon) -> Amazon:
    """A seller's application that is logged in to it."""
    seller.login()
    return seller


@pytest.fixture(scope="session")
def merchant(running: FreshSandbox) -> Iterator[Shop]:
    client = Shop(running.url)
    yield client
    client.close()


@pytest.fixture(scope="session")
def staff(running: FreshSandbox) -> Iterator[Counter]:
    client = Counter(running.url)
    yield client
    client.close()


@pytest.fixture
def shop(sandbox: SandboxServer, merchant: Shop, staff: Counter) -> Shop:
    """An app of a Shopify shop with the demo content, as new, without limits."""
    staff.shop("POST", "settings", {"restore_rate": 0})
    return merchant


@pytest.fixture
def counter(sandbox: SandboxServer, staff: Counter) -> Counter:
    """The control calls of the same shop."""
    return staff
