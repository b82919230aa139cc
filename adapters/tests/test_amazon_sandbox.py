"""Amazon's adapter in the suite of all providers, on the sandbox over real sockets.

A scripted server stands in front and passes calls on, so that the faults of the suite and its
counting work here as they do on the stub.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from amazon_sandbox import DE, UK, US, SandboxHarness, Wire
from marketplace_adapters.amazon import AmazonAdapter, missing
from marketplace_adapters.core import (
    UTC,
    Acknowledgement,
    Cancellation,
    InventoryState,
    Kind,
    ListingKey,
    Money,
    OrderKey,
    Outcome,
    PriceState,
    ProductState,
    PushItem,
    Refund,
    RefundedLine,
    RelationshipState,
    Severity,
    Shipment,
    ShippedLine,
    State,
    Submission,
)
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.conformance_http import HttpConformance
from marketplace_adapters.testing.harness import HttpHarness
from marketplace_adapters.testing.server import ScriptedServer

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
SHIPPED_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def wire(sandbox_url: str) -> Iterator[Wire]:
    wire = Wire(sandbox_url)
    yield wire
    wire.close()


@pytest.fixture(scope="module")
def front(wire: Wire) -> Iterator[ScriptedServer]:
    with ScriptedServer(wire.forward) as scripted:
        yield scripted


@pytest.fixture
def harness(front: ScriptedServer, wire: Wire) -> SandboxHarness:
    front.forget()
    wire.start_over()
    return SandboxHarness(front, wire)


class TestAmazonOnTheSandbox(HttpConformance):
    @pytest.fixture
    def harness(self, front: ScriptedServer, wire: Wire) -> HttpHarness:
        front.forget()
        wire.start_over()
        return SandboxHarness(front, wire)


# === WHAT THE SUITE CANNOT ASK === #


def push(harness: SandboxHarness, adapter: AmazonAdapter, *items: PushItem) -> Submission:
    """Push items of one lane and wait for the end."""
    lane = adapter.limits.lane(items[0].kind)
    assert lane is not None
    submission = adapter.push(lane.name, items, "key")
    while not submission.done:
        harness.finish()
        submission = adapter.poll(submission.remote_id or "")
    return submission


def listing_item(ref: str, kind: Kind, sku: str, state: State, **extra: str) -> PushItem:
    return PushItem(ref, kind, ListingKey(sku, sku, extra=extra), state)


@covers("R23", "R24", "R30", "X8")
def test_a_family_is_made_of_new_products_told_with_everything(harness: SandboxHarness) -> None:
    values = {
        "country_of_origin": "EG",
        "supplier_declared_dg_hz_regulation": "not_applicable",
        "is_expiration_dated_product": True,
        "unit_count": {"value": 3, "type": {"value": "Count"}},
    }

    def product(title: str, **more: Any) -> ProductState:
        own = {"product_type": "GROCERY", "brand": "Nile", "bullet_points": ["good"]}
        own |= {"values": values | more.pop("values", {})}
        return ProductState(title=title, barcode="4006381333931", attributes=own | more)

    parent = ListingKey(None, "TEE", extra={"product_type": "GROCERY"})
    child = ListingKey(None, "TEE-MINT", extra={"product_type": "GROCERY"})
    price = PriceState(Money(Decimal("4.50"), "GBP"), markets={DE: Money(Decimal("5.20"), "EUR")})
    with harness.adapter() as adapter:
        top = PushItem("p", Kind.PRODUCT, parent, product("Tea", parent=True, theme="FLAVOR"))
        first = push(harness, adapter, top)
        assert [(r.outcome, r.learned["external_id"]) for r in first.results] == [
            (Outcome.SUCCESS, "TEE")
        ]
        mint = product("Mint tea", values={"flavor": "Mint 🌿"}, condition="new_new")
        second = push(
            harness,
            adapter,
            PushItem("c", Kind.PRODUCT, child, mint),
            PushItem("m", Kind.PRICE, child, price),
            PushItem("q", Kind.INVENTORY, child, InventoryState(Decimal(12), True)),
            PushItem("r", Kind.RELATIONSHIP, child, RelationshipState(parent, "FLAVOR")),
        )
        assert {r.outcome for r in second.results} == {Outcome.SUCCESS}
        (found,) = adapter.listings(["TEE-MINT"])
        assert (found.title, found.price, found.quantity) == (
            "Mint tea",
            Money(Decimal("4.5"), "GBP"),
            Decimal(12),
        )
    kept = harness.wire.control("GET", "listings/TEE-MINT")
    assert kept["prices"] == {UK: "4.5", DE: "5.2"}
    related = kept["attributes"]["child_parent_sku_relationship"]
    assert {row["parent_sku"] for row in related} == {"TEE"}
    methods = [c.method for c in harness.front.calls if "/items/" in c.path]
    # Looked up, then one for each marketplace with all kinds in it.
    assert methods[:6] == ["GET", "PUT", "PUT"] * 2


@covers("R23", "R70")
def test_what_amazon_finds_wrong_comes_back_to_its_item(harness: SandboxHarness) -> None:
    sku = harness.listing(1)
    issue = {"product_type": "GROCERY"}
    bad = ProductState(title="x" * 2000, attributes=issue)
    good = InventoryState(Decimal(3), True)
    with harness.adapter() as adapter:
        results = push(
            harness,
            adapter,
            listing_item("bad", Kind.PRODUCT, sku, bad, product_type="GROCERY"),
            listing_item("good", Kind.INVENTORY, sku, good, product_type="GROCERY"),
        ).results
        by_ref = {result.ref: result for result in results}
        assert by_ref["bad"].outcome is Outcome.ERROR
        (found,) = {one.attributes for one in by_ref["bad"].issues or ()}
        assert found == ("item_name",)
        assert by_ref["good"].outcome is Outcome.RETRY
        again = push(
            harness,
            adapter,
            listing_item("good", Kind.INVENTORY, sku, good, product_type="GROCERY"),
        )
        assert [result.outcome for result in again.results] == [Outcome.SUCCESS]
        preview = adapter.preview([listing_item("bad", Kind.PRODUCT, sku, bad)])
        assert preview[0].outcome is Outcome.ERROR
    assert harness.wire.control("GET", f"listings/{sku}")["quantity"] == 3


@covers("R25", "R28")
def test_many_changes_go_as_one_feed_and_each_is_answered(harness: SandboxHarness) -> None:
    skus = harness.listings(list(range(1, 121)))
    items = [
        listing_item(
            f"m{n}",
            Kind.PRICE,
            sku,
            PriceState(Money(Decimal(n) / 10, "GBP")),
            product_type="GROCERY",
        )
        for n, sku in enumerate(skus)
    ]
    with harness.adapter() as adapter:
        answer = push(harness, adapter, *items)
    by_ref = {result.ref: result for result in answer.results}
    # A price of nothing is refused by Amazon, and by no one else.
    assert by_ref.pop("m0").outcome is Outcome.ERROR
    assert {result.outcome for result in by_ref.values()} == {Outcome.SUCCESS}
    assert len(by_ref) == 119
    assert len(harness.wire.control("GET", "feeds")) == 1
    assert harness.wire.control("GET", f"listings/{skus[55]}")["prices"][UK] == "5.5"


@covers("R34", "R35", "X10")
def test_an_order_is_acknowledged_and_another_cancelled_with_a_reason(
    harness: SandboxHarness,
) -> None:
    (mine, _one), (dead, _two) = harness.orders([1, 2])
    items = [
        PushItem("a", Kind.ACKNOWLEDGE, OrderKey(mine), Acknowledgement("S00042")),
        PushItem("c", Kind.CANCEL, OrderKey(dead), Cancellation("NoInventory")),
    ]
    with harness.adapter() as adapter:
        assert adapter.applied(items[1]) is not None
        assert {r.outcome for r in push(harness, adapter, *items).results} == {Outcome.SUCCESS}
        for item in items:
            verdict = adapter.applied(item)
            assert verdict is not None
            assert verdict.outcome is Outcome.SUCCESS
        # Told once more, it is found cancelled and not told again.
        feeds = len(harness.wire.control("GET", "feeds"))
        assert push(harness, adapter, items[1]).results[0].outcome is Outcome.SUCCESS
        assert len(harness.wire.control("GET", "feeds")) == feeds
    assert harness.wire.control("GET", f"orders/{dead}")["status"] == "CANCELLED"


@covers("R36", "X13")
def test_an_order_leaves_in_two_parcels_and_a_repeat_edits(harness: SandboxHarness) -> None:
    order, item = harness.order()

    def parcel(ref: str, tracking: str, name: str = "DHL") -> PushItem:
        lines = (ShippedLine(item, Decimal(1)),)
        state = Shipment(ref, SHIPPED_AT, lines, carrier=name, tracking=tracking)
        return PushItem(ref, Kind.SHIPMENT, OrderKey(order, {"marketplace_id": UK}), state)

    with harness.adapter() as adapter:
        assert push(harness, adapter, parcel("OUT/1", "T1")).results[0].outcome is Outcome.SUCCESS
        assert harness.wire.control("GET", f"orders/{order}")["status"] == "PARTIALLY_SHIPPED"
        assert push(harness, adapter, parcel("OUT/2", "T2")).results[0].outcome is Outcome.SUCCESS
        assert push(harness, adapter, parcel("OUT/2", "T9")).results[0].outcome is Outcome.SUCCESS
        told = adapter.client.get_order(order, ("FULFILLMENT", "PACKAGES"))
    assert told["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
    assert sorted(one["trackingNumber"] for one in told["packages"]) == ["T1", "T9"]


@covers("R36", "X13")
def test_a_parcel_without_tracking_goes_by_the_feed(harness: SandboxHarness) -> None:
    order, item = harness.order()
    state = Shipment("OUT/7", SHIPPED_AT, (ShippedLine(item, Decimal(2)),), carrier_name="Bote")
    with harness.adapter() as adapter:
        answer = push(harness, adapter, PushItem("s", Kind.SHIPMENT, OrderKey(order), state))
    assert [result.outcome for result in answer.results] == [Outcome.SUCCESS]
    (feed,) = harness.wire.control("GET", "feeds")
    assert feed["type"] == "POST_ORDER_FULFILLMENT_DATA"
    assert harness.wire.control("GET", f"orders/{order}")["status"] == "SHIPPED"


@covers("R38", "X11")
def test_a_refund_is_told_once_and_more_than_was_paid_is_refused(harness: SandboxHarness) -> None:
    order, item = harness.order(status="SHIPPED")
    money = Money(Decimal("7.50"), "GBP")
    right = Refund("RINV/1", (RefundedLine(item, Decimal(1), money, True),))
    wrong = Refund("RINV/2", (RefundedLine(item, Decimal(1), Money(Decimal(9999), "GBP")),))
    with harness.adapter() as adapter:
        assert adapter.applied(PushItem("r", Kind.REFUND, OrderKey(order), right)) is not None
        answer = push(
            harness,
            adapter,
            PushItem("r", Kind.REFUND, OrderKey(order), right),
            PushItem("w", Kind.REFUND, OrderKey(order), wrong),
        )
        outcomes = {result.ref: result.outcome for result in answer.results}
        assert outcomes == {"r": Outcome.SUCCESS, "w": Outcome.ERROR}


@covers("R74", "R75", "R78")
def test_the_check_says_in_words_what_is_missing(harness: SandboxHarness) -> None:
    with harness.adapter() as adapter:
        good = adapter.check()
        assert good.ok
        assert "GB" in good.message
    with harness.adapter(marketplaces=[UK, US]) as adapter:
        away = adapter.check()
        assert (away.ok, "US" in away.message) == (False, True)
    harness.wire.control("POST", "settings", {"denied": ["searchListingsItems"]})
    with harness.adapter() as adapter:
        lacking = adapter.check()
    assert lacking.missing == ("Product Listing",)
    assert "lacks a role: Product Listing" in lacking.message


def test_an_expired_token_is_renewed_once_without_a_word(harness: SandboxHarness) -> None:
    with harness.adapter() as adapter:
        adapter.check()
        harness.wire.control("POST", "tokens/expire", {})
        harness.front.forget()
        assert adapter.check().ok
    assert harness.front.calls[0].path == harness.front.calls[1].path


@covers("R23")
def test_a_product_type_is_read_kept_and_checked(harness: SandboxHarness) -> None:
    key = ListingKey(None, "NEW", extra={"product_type": "GROCERY"})
    state = ProductState(title="Tea", attributes={"product_type": "GROCERY", "brand": "Nile"})
    with harness.adapter() as adapter:
        assert ("GROCERY", "Grocery") in adapter.product_types("tea")
        kind = adapter.product_type("GROCERY")
        assert adapter.product_type("GROCERY", known=kind) is kind
        names = {name for one in missing(adapter.attributes(key, [state]), kind)
                 for name in one.attributes if one.severity is Severity.ERROR}  # fmt: skip
        results = adapter.preview([PushItem("p", Kind.PRODUCT, key, state)])
    assert "bullet_point" in names
    said = {name for one in results[0].issues or () for name in one.attributes}
    assert names == said, "what we find missing is what Amazon finds missing"


def test_a_feed_that_is_stuck_or_half_failed_is_not_taken_for_done(
    harness: SandboxHarness,
) -> None:
    items = harness.items(Kind.PRICE, 60)
    with harness.adapter() as adapter:
        answer = adapter.push("listing", items, "k")
        assert (answer.done, len(answer.results)) == (False, 60)
        assert {result.outcome for result in answer.results} == {Outcome.PENDING}
        waiting = adapter.poll(answer.remote_id or "")
        assert (waiting.done, waiting.results) == (False, ())
        harness.finish()
        assert adapter.poll(answer.remote_id or "").done


@covers("X9")
def test_pending_orders_come_without_prices_and_later_with_them(harness: SandboxHarness) -> None:
    order, _item = harness.order(status="PENDING")
    with harness.adapter() as adapter:

        def read() -> Any:
            events = [e for page in adapter.pull("order", LONG_AGO) for e in page.events]
            return adapter.order(next(e.payload for e in events if e.external_id == order))

        assert not read().priced
        harness.wire.control("POST", f"orders/{order}/pay", {})
        assert read().total == Decimal(20)
