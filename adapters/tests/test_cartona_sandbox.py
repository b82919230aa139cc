"""Cartona's adapter in the suite of all providers, on the sandbox over real sockets.

A scripted server stands in front and passes calls on, so that the faults of the suite and its
counting work here as they do on the stub.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from cartona_harness import CartonaHarness
from marketplace_adapters.cartona import CartonaAdapter
from marketplace_adapters.core import (
    UTC,
    Cancellation,
    InventoryState,
    ItemResult,
    Kind,
    LineChange,
    LinesUpdate,
    ListingKey,
    Money,
    Order,
    OrderKey,
    OrderStatus,
    Outcome,
    PriceState,
    PushItem,
    RejectedError,
    StatusUpdate,
)
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.conformance_http import HttpConformance
from marketplace_adapters.testing.harness import HttpHarness
from marketplace_adapters.testing.server import Reply, ScriptedServer
from sandbox_wire import SandboxWire

TOKEN = "sandbox-retail-token"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Wire(SandboxWire):
    """The supplier's API."""

    room = "cartona"
    sent = ("authorizationtoken", "authorization", "content-type", "accept")


class SandboxHarness(CartonaHarness):
    """The sandbox behind the scripted server."""

    def __init__(self, front: ScriptedServer, wire: Wire) -> None:
        super().__init__(front, TOKEN, "/cartona")
        self.wire = wire

    def adapter(self) -> CartonaAdapter:
        adapter = self.open()
        assert isinstance(adapter, CartonaAdapter)
        return adapter

    def products(self, numbers: list[int], **members: Any) -> list[str]:
        rows = [
            {
                "name": f"منتج {number}",
                "base_product_id": 70_000 + number,
                "unit": "piece",
                "unit_count": 1,
                "selling_price": "10",
                "available_stock_quantity": 1000,
            }
            | members
            for number in numbers
        ]
        created = self.wire.control("POST", "products", {"products": rows})
        return [str(product["id"]) for product in created]

    def product(self, number: int, **members: Any) -> str:
        return self.products([number], **members)[0]

    def orders(self, numbers: list[int], **members: Any) -> list[tuple[str, str]]:
        return self.place([{"supplier_product_id": p} for p in self.products(numbers)], **members)

    def order(self, number: int, **members: Any) -> str:
        return self.orders([number], **members)[0][0]

    def place(self, lines: list[dict[str, Any]], **members: Any) -> list[tuple[str, str]]:
        """One order of three for each line; the ids of the orders and of their lines."""
        spec = {"plain": True, "force": True} | members
        body = [spec | {"lines": [{"amount": 3} | line]} for line in lines]
        placed = self.wire.control("POST", "orders", body)
        return [(order["hashed_id"], str(order["lines"][0]["id"])) for order in placed]

    def place_orders(self, count: int) -> set[str]:
        self.wire.control("POST", "settings", {"per_page_most": 5})
        retailer = {
            "retailer_name": self.personal[0],
            "retailer_number": self.personal[1],
            "retailer_address": self.personal[3],
        }
        numbers = [next(self._numbers) for _ in range(count)]
        return {order for order, _line in self.orders(numbers, retailer=retailer)}

    def state(self) -> Any:
        orders = self.wire.control("GET", "orders")
        return self.wire.control("GET", "products"), orders


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


class TestCartonaOnTheSandbox(HttpConformance):
    @pytest.fixture
    def harness(self, front: ScriptedServer, wire: Wire) -> HttpHarness:
        front.forget()
        wire.start_over()
        return SandboxHarness(front, wire)


def single(adapter: CartonaAdapter, item: PushItem) -> ItemResult:
    lane = adapter.limits.lane(item.kind)
    assert lane is not None
    (result,) = adapter.push(lane.name, [item], item.key).results
    return result


def status_item(order_id: str, status: OrderStatus, **members: Any) -> PushItem:
    return PushItem(order_id, Kind.STATUS, OrderKey(order_id), StatusUpdate(status, **members))


def read(adapter: CartonaAdapter, order_id: str) -> Order:
    pages = adapter.pull("order", LONG_AGO)
    events = [event for page in pages for event in page.events if event.external_id == order_id]
    return adapter.order(events[-1].payload)


@covers("R279", "X22")
def test_a_wrong_otp_is_told_before_the_delivery_closes(harness: SandboxHarness) -> None:
    order_id = harness.order(1, installment_cost="15", retailer_otp="417263")
    with harness.adapter() as adapter:
        assert read(adapter, order_id).otp_required
        wrong = single(adapter, status_item(order_id, OrderStatus.DELIVERED, otp="000111"))
        assert (wrong.outcome, wrong.code) == (Outcome.ERROR, "wrong_otp")
        assert read(adapter, order_id).status is OrderStatus.PENDING
        missing = single(adapter, status_item(order_id, OrderStatus.DELIVERED))
        assert (missing.outcome, missing.code) == (Outcome.ERROR, "otp_required")
        right = single(adapter, status_item(order_id, OrderStatus.DELIVERED, otp="417263"))
        assert right.outcome is Outcome.SUCCESS
        assert read(adapter, order_id).status is OrderStatus.DELIVERED
        shown = repr(adapter.take_exchanges())
    assert "417263" not in shown
    assert "000111" not in shown


@pytest.mark.parametrize("style", ["silent", "rows", "errors"])
@covers("X22", "R278", "R302")
def test_a_bad_row_of_a_mass_update_is_found_whatever_the_answer_says(
    harness: SandboxHarness, style: str
) -> None:
    harness.wire.control("POST", "settings", {"bulk_results": style})
    good = [harness.order(n) for n in (1, 2, 3)]
    foreign = harness.order(4, delivered_by="delivered_by_cartona")
    ids = [good[0], foreign, *good[1:]]
    with harness.adapter() as adapter:
        items = [status_item(order_id, OrderStatus.CONFIRMED) for order_id in ids]
        results = {r.ref: r.outcome for r in adapter.push("status", items, "k").results}
        assert results == dict.fromkeys(good, Outcome.SUCCESS) | {foreign: Outcome.ERROR}
        assert read(adapter, good[0]).status is OrderStatus.CONFIRMED


@pytest.mark.parametrize("style", ["rows", "errors"])
@covers("R95", "R98", "R270")
def test_a_refused_product_row_leaves_the_others_alone(harness: SandboxHarness, style: str) -> None:
    harness.wire.control("POST", "settings", {"bulk_results": style})
    items = harness.items(Kind.PRICE, 3)
    unknown = PushItem("gone", Kind.PRICE, ListingKey(external_id="99999999"), items[0].state)
    with harness.adapter() as adapter:
        results = {r.ref: r for r in adapter.push("catalog", [*items, unknown], "k").results}
    assert results.pop("gone").outcome is Outcome.ERROR
    assert {r.outcome for r in results.values()} == {Outcome.SUCCESS}
    assert len(harness.front.calls) == 1


@covers("R272", "R282", "C17")
def test_base_stock_is_divided_by_the_platform(harness: SandboxHarness) -> None:
    base = {"base_product_id": 88_001}
    piece = harness.product(1, **base)
    box = harness.product(2, **base, unit="box", unit_count=12)
    extra = {"base_product_id": "88001"}
    items = [
        PushItem("box", Kind.INVENTORY, ListingKey(box, extra=extra | {"unit_count": "12"}),
                 InventoryState(Decimal(25) / 12, in_stock=True)),
        PushItem("piece", Kind.INVENTORY, ListingKey(piece, extra=extra),
                 InventoryState(Decimal(25), in_stock=True)),
    ]  # fmt: skip
    with harness.adapter() as adapter:
        adapter.style = type(adapter.style)(base_stock=True)
        results = adapter.push("catalog", items, "k").results
        assert {(r.ref, r.outcome) for r in results} == {
            ("box", Outcome.SUCCESS),
            ("piece", Outcome.SUCCESS),
        }
        stocks = {one.key.external_id: one.quantity for one in adapter.listings([piece, box])}
    assert stocks == {piece: Decimal(25), box: Decimal(2)}
    assert [call.path.rsplit("/", 1)[1] for call in harness.front.calls[:1]] == [
        "bulk-update-stock"
    ]


@covers("R269", "R281", "R278")
def test_lines_are_changed_cancelled_and_added(harness: SandboxHarness) -> None:
    first, second = harness.product(1), harness.product(2)
    extra = harness.product(3, internal_product_id="odoo-3")
    spec: dict[str, Any] = {"plain": True, "force": True}
    spec["lines"] = [{"supplier_product_id": one, "amount": 4} for one in (first, second)]
    placed = harness.wire.control("POST", "orders", spec)
    keep, drop = (str(line["id"]) for line in placed["lines"])
    update = LinesUpdate((
        LineChange(Decimal(2), external_id=keep),
        LineChange(Decimal(0), external_id=drop, cancelled=True),
        LineChange(Decimal(5), listing=ListingKey(extra), price=Money(Decimal("320.5"), "EGP")),
    ))  # fmt: skip
    item = PushItem("l", Kind.LINES, OrderKey(placed["hashed_id"]), update, "key")
    with harness.adapter() as adapter:
        assert adapter.applied(item) == ItemResult("l", Outcome.RETRY)
        assert single(adapter, item).outcome is Outcome.SUCCESS
        assert adapter.applied(item) == ItemResult("l", Outcome.SUCCESS)
        lines = read(adapter, placed["hashed_id"]).lines
    found = {(line.listing.external_id, line.quantity, line.unit_price) for line in lines}
    assert found == {(first, Decimal(2), Decimal(10)), (extra, Decimal(5), Decimal("320.5"))}


@covers("R268", "X10")
def test_an_acknowledged_order_is_not_offered_again(harness: SandboxHarness) -> None:
    item = harness.items(Kind.ACKNOWLEDGE, 1)[0]
    with harness.adapter() as adapter:
        before = [e.external_id for page in adapter.pull("order", LONG_AGO) for e in page.events]
        assert single(adapter, item).outcome is Outcome.SUCCESS
        after = [e.external_id for page in adapter.pull("order", LONG_AGO) for e in page.events]
    assert item.target.external_id in before
    assert item.target.external_id not in after


@covers("R99", "X23")
def test_a_lost_cancellation_is_recognised_when_it_is_repeated(harness: SandboxHarness) -> None:
    order_id = harness.order(1)
    item = PushItem("c", Kind.CANCEL, OrderKey(order_id), Cancellation("out_of_stock"), "key")
    with harness.adapter() as adapter:
        assert adapter.applied(item) == ItemResult("c", Outcome.RETRY)
        assert single(adapter, item).outcome is Outcome.SUCCESS
        assert adapter.applied(item) == ItemResult("c", Outcome.SUCCESS)
        harness.front.next(Reply(422, {"error": "already cancelled"}))
        assert single(adapter, item).outcome is Outcome.SUCCESS
        order = read(adapter, order_id)
    assert (order.status, order.cancelled_by) == (OrderStatus.CANCELLED, "seller")
    assert order.cancel_reason == "out_of_stock"


@covers("R351", "R352", "X17")
def test_one_token_for_two_suppliers_is_narrowed_by_the_code(harness: SandboxHarness) -> None:
    connection = harness.open().connection
    codes = {"EG-RETAIL": 0, "EG-WHOLESALE": 0, "": 0}
    harness.product(1, supplier_code="EG-WHOLESALE")
    harness.product(2, supplier_code="EG-RETAIL")
    for code in codes:
        options = {"internal_supplier_code": code}
        own = type(connection)(connection.base_url, {"token": "sandbox-both-token"}, options)
        with CartonaAdapter(own) as adapter:
            codes[code] = len(list(adapter.listings()))
    assert 0 < codes["EG-RETAIL"] < codes[""]
    assert codes["EG-RETAIL"] + codes["EG-WHOLESALE"] == codes[""]


@covers("R264", "R271", "R276")
def test_the_base_catalogue_can_be_searched(harness: SandboxHarness) -> None:
    base = {"id": 91_001, "name": "Hibiscus Tea", "units": [["box", 12]]}
    harness.wire.control("POST", "base-products", base)
    with harness.adapter() as adapter:
        found = [one.key for one in adapter.base_products("hibiscus")]
        assert list(adapter.base_products("no such thing")) == []
    assert [(key.external_id, key.extra["base_product_id"]) for key in found] == [(None, "91001")]


@covers("R271", "R295", "C17")
def test_a_unit_of_the_base_catalogue_begins_to_be_sold_under_our_id(
    harness: SandboxHarness,
) -> None:
    base = {"id": 91_002, "name": "Hibiscus Tea", "units": [["piece", 1], ["box", 12]]}
    harness.wire.control("POST", "base-products", base)
    key = ListingKey(
        internal_id="479#12",
        extra={"base_product_id": "91002", "unit": "box", "unit_count": "12"},
    )
    price = PriceState(Money(Decimal("120"), "EGP"))
    with harness.adapter() as adapter:
        assert single(adapter, PushItem("new", Kind.PRICE, key, price)).outcome is Outcome.SUCCESS
        begun = adapter.listing_of("479#12")
        assert begun is not None
        assert (begun.title, begun.unit, begun.unit_count) == ("Hibiscus Tea", "box", 12)
        again = PriceState(Money(Decimal("125"), "EGP"))
        single(adapter, PushItem("again", Kind.PRICE, key, again))
        changed = adapter.listing_of("479#12")
        assert changed is not None
        assert (changed.key, changed.price) == (begun.key, Money(Decimal("125"), "EGP"))


def test_a_supplier_code_that_is_not_ours_is_refused(harness: SandboxHarness) -> None:
    connection = harness.open().connection
    options = {"internal_supplier_code": "EG-WHOLESALE"}
    own = type(connection)(connection.base_url, connection.credentials, options)
    with CartonaAdapter(own) as adapter:
        assert not adapter.check().ok


def test_an_order_of_another_supplier_is_unknown(harness: SandboxHarness) -> None:
    with harness.adapter() as adapter:
        result = single(adapter, status_item("nobody", OrderStatus.CONFIRMED))
        assert result.outcome is Outcome.ERROR
        assert "Order not found" in (result.message or "")
        with pytest.raises(RejectedError):
            adapter.client.set_status("nobody", {"status": "approved"})
