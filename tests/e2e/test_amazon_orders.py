"""2,000 mixed orders of Amazon: fetched, told through the queue, twice, out of order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from amazon_world import DE, UK, US, AmazonWorld

from marketplace_adapters.testing import covers
from suite.stage import Stage, wait_until

HALF = 1000


@pytest.fixture(scope="module")
def amazon(stage: Stage) -> Iterator[AmazonWorld]:
    # The rates are faster here than Amazon's; each answer says them, and the budget learns them.
    made = AmazonWorld(stage, queue=True, rates=400)
    made.control("POST", "listings", {"count": 40, "prefix": "OWN-"})
    made.control("POST", "listings", {"count": 10, "prefix": "FBA-", "channel": "AMAZON_EU"})
    yield made
    made.server.stop()


@pytest.fixture(scope="module")
def connected(amazon: AmazonWorld) -> AmazonWorld:
    amazon.control("POST", "orders", {"count": HALF, "mixed": True})
    amazon.connect(UK, DE, US, validate_delivery="always", automatic=False)
    own = [f"OWN-{number:05d}" for number in range(1, 41)]
    fba = [f"FBA-{number:05d}" for number in range(1, 11)]
    amazon.link(amazon.products(own), own)
    amazon.link(amazon.products(fba), fba)
    amazon.begin()
    return amazon


def agree(amazon: AmazonWorld) -> None:
    """Every order of Amazon is here once, with its total to the cent, and its goods are held."""
    book = amazon.book()
    # An order that was over before it came is recorded and sells nothing.
    ours = amazon.totals()
    assert ours.keys() == book["orders"].keys()
    wrong = {}
    for number, order in book["orders"].items():
        count, total, currency = ours[number]
        if count == 0:
            assert order["status"] == "CANCELLED", (number, order)
        elif order["status"] in ("PENDING", "CANCELLED"):
            assert count == 1
        elif (count, total, currency) != (1, order["total"], order["currency"]):
            wrong[number] = (ours[number], order["total"], order["currency"], order["status"])
    assert wrong == {}
    assert amazon.reserved() == book["reservations"]
    assert amazon.number("SELECT count(*) FROM sale_order") == sum(
        1 for count, _total, _currency in ours.values() if count
    )


@covers("R33", "R44", "X9", "C2")
def test_what_was_ordered_before_the_connection_is_fetched(connected: AmazonWorld) -> None:
    connected.fetch()
    connected.wait_orders(HALF, 300)
    connected.settle(300)

    agree(connected)


@covers("R33", "X9", "C2")
def test_the_queue_brings_the_others_twice_and_out_of_order(connected: AmazonWorld) -> None:
    connected.fault("duplicate", copies=2)
    connected.control("POST", "orders", {"count": HALF, "mixed": True})

    connected.wait_orders(2 * HALF, 420)
    connected.settle(300)

    agree(connected)


@covers("R33", "C2")
def test_a_second_delivery_of_all_of_them_changes_nothing(connected: AmazonWorld) -> None:
    before = connected.totals()

    connected.read_again(300)
    connected.settle(300)

    assert connected.totals() == before
    agree(connected)


@covers("R37", "R72", "X9")
def test_pending_orders_that_are_paid_or_cancelled_follow(connected: AmazonWorld) -> None:
    pending = [
        number for number, one in connected.book()["orders"].items() if one["status"] == "PENDING"
    ]
    for place, number in enumerate(pending):
        connected.control("POST", f"orders/{number}/{'pay' if place % 2 else 'cancel'}")
    connected.fetch()

    wait_until(
        "no pending order",
        lambda: (
            connected.number("SELECT count(*) FROM marketplace_order WHERE status = 'pending'") == 0
        ),
        300,
        every=0.5,
    )
    connected.settle(300)

    agree(connected)
