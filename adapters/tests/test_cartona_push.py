"""What Cartona is told, call by call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

import cartona_samples as samples
from cartona_stub import TOKEN, CartonaStub
from marketplace_adapters.cartona import CartonaAdapter, api_url
from marketplace_adapters.core import (
    UTC,
    Acknowledgement,
    AuthError,
    Cancellation,
    Connection,
    DeleteState,
    InvalidError,
    InventoryState,
    ItemResult,
    Kind,
    LineChange,
    LinesUpdate,
    ListingKey,
    Money,
    OrderKey,
    OrderStatus,
    Outcome,
    PriceState,
    ProductState,
    PushItem,
    RejectedError,
    State,
    StatusUpdate,
    Submission,
    SystemClock,
    ThrottledError,
    Transport,
    TransportError,
)
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.server import Reply, ScriptedServer

OK, BAD = Outcome.SUCCESS, Outcome.ERROR
KINDS = {
    PriceState: Kind.PRICE,
    InventoryState: Kind.INVENTORY,
    ProductState: Kind.PRODUCT,
    Acknowledgement: Kind.ACKNOWLEDGE,
    StatusUpdate: Kind.STATUS,
    LinesUpdate: Kind.LINES,
    Cancellation: Kind.CANCEL,
}


class ShortlyAfter(SystemClock):
    """Two days after the sample orders were placed."""

    def now(self) -> datetime:
        return datetime(2026, 3, 2, tzinfo=UTC)


class Bench:
    """An adapter in front of the stub."""

    def __init__(self, front: ScriptedServer) -> None:
        self.front, self.stub = front, CartonaStub()
        front.forget()
        front.handle_with(self.stub.answer)

    def open(self, **options: Any) -> CartonaAdapter:
        connection = Connection(self.front.base_url, {"token": TOKEN}, options, "EGP")
        transport = Transport(api_url(connection.base_url), clock=ShortlyAfter())
        return CartonaAdapter(connection, transport=transport)

    def push(self, lane: str, *items: PushItem, **options: Any) -> dict[str, ItemResult]:
        with self.open(**options) as adapter:
            results = adapter.push(lane, items, "key").results
        assert len({result.ref for result in results}) == len(results)
        return {result.ref: result for result in results}

    def outcomes(self, lane: str, *items: PushItem, **options: Any) -> dict[str, Outcome]:
        return {ref: r.outcome for ref, r in self.push(lane, *items, **options).items()}

    @property
    def bodies(self) -> list[tuple[str, Any]]:
        return [(call.path.removeprefix("/api/v1/"), call.json) for call in self.front.calls]

    @property
    def paths(self) -> list[str]:
        return [path for path, _body in self.bodies]


@pytest.fixture(scope="module")
def front() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def bench(front: ScriptedServer) -> Bench:
    return Bench(front)


def item(ref: str, state: State, target: str | ListingKey) -> PushItem:
    key: ListingKey | OrderKey
    if isinstance(target, ListingKey):
        key = target
    elif KINDS[type(state)] in (Kind.PRICE, Kind.INVENTORY, Kind.PRODUCT):
        key = ListingKey(target)
    else:
        key = OrderKey(target)
    return PushItem(ref, KINDS[type(state)], key, state, f"key-{ref}")


def price(amount: str = "10.50", currency: str = "EGP") -> PriceState:
    return PriceState(Money(Decimal(amount), currency))


def stock(quantity: str, **more: Any) -> InventoryState:
    return InventoryState(Decimal(quantity), in_stock=True, **more)


# === CATALOGUE === #


@covers("R94", "R95", "R98", "R133", "R153", "R270", "X53")
def test_price_stock_and_description_of_a_listing_travel_in_one_row(bench: Bench) -> None:
    bench.stub.add_product(5)
    outcomes = bench.outcomes(
        "catalog",
        item("p", price(), "5"),
        item("s", stock("7.5"), "5"),
        item("d", ProductState(published=True, min_order=Decimal(2)), "5"),
    )
    assert outcomes == {"p": OK, "s": OK, "d": OK}
    row = {
        "supplier_product_id": "5",
        "selling_price": "10.50",
        "in_stock": True,
        "is_unlimited_stock": False,
        "available_stock_quantity": 7,
        "is_published": True,
        "min_order": 2,
    }
    assert bench.bodies == [("supplier-product/bulk-update", [row])]


def test_the_later_of_two_equal_kinds_wins(bench: Bench) -> None:
    bench.stub.add_product(5)
    outcomes = bench.outcomes("catalog", item("a", price("1"), "5"), item("b", price("2"), "5"))
    assert outcomes == {"a": OK, "b": OK}
    assert bench.stub.products["5"]["selling_price"] == "2"


def test_what_cartona_does_not_keep_needs_no_call(bench: Bench) -> None:
    assert bench.outcomes("catalog", item("t", ProductState(title="x"), "5")) == {"t": OK}
    assert bench.bodies == []


def test_an_item_that_cannot_be_sent_does_not_hold_up_the_others(bench: Bench) -> None:
    bench.stub.add_product(5)
    results = bench.push(
        "catalog",
        item("currency", price("1", "USD"), "5"),
        item("nameless", price(), ListingKey(sku="x")),
        item("good", stock("3"), "5"),
    )
    codes = {ref: (result.outcome, result.code) for ref, result in results.items()}
    assert codes == {
        "currency": (BAD, "wrong_currency"),
        "nameless": (BAD, "no_identifier"),
        "good": (OK, None),
    }
    assert all(result.message for result in results.values() if result.outcome is BAD)


@covers("R314", "R318")
def test_batches_follow_the_option(bench: Bench) -> None:
    for number in range(7):
        bench.stub.add_product(number)
    items = [item(f"r{n}", price(), str(n)) for n in range(7)]
    assert set(bench.outcomes("catalog", *items, batch_size=3).values()) == {OK}
    assert [len(body) for _path, body in bench.bodies] == [3, 3, 1]


@covers("R314", "R320")
def test_a_row_that_spoils_its_whole_call_is_singled_out(bench: Bench) -> None:
    for number in range(20):
        bench.stub.add_product(number)

    def strict(call: Any) -> Reply:
        if any(row["selling_price"] == "13" for row in call.json):
            return Reply(400, {"error": "selling_price is not valid", "code": "E13"})
        return bench.stub.answer(call)

    bench.front.handle_with(strict)
    items = [item(f"r{n}", price(str(n)), str(n)) for n in range(20)]
    results = bench.push("catalog", *items)
    assert {ref for ref, r in results.items() if r.outcome is BAD} == {"r13"}
    assert (results["r13"].code, results["r13"].message) == (
        "E13",
        "HTTP 400: selling_price is not valid",
    )
    assert len(bench.bodies) == 11


@pytest.mark.parametrize(
    "reply",
    [
        [{"supplier_product_id": "1", "status": "ok"}, {"supplier_product_id": 2, "error": "no"}],
        [{"suppler_prodcut_id": 2, "success": False, "message": "no"}],
        [{"status": "updated"}, {"status": "failed", "message": "no"}],
        [{"status": 200}, {"status": 422, "error": "no"}],
        {"results": [{"id": "2", "status": "error", "message": "no"}]},
        {"data": [{"id": 1}, {"id": 2, "errors": ["no"]}]},
        {"success": 1, "failed": 1, "errors": [{"index": 1, "error": "no"}]},
        {"errors": {"2": ["no"]}},
        {"errors": {"2": {"message": "no"}}},
        {"failed": [{"supplier_product_id": "2", "message": "no"}]},
        {"errors": [{"supplier_product_id": "2", "detail": "no"}]},
    ],
)
def test_a_refused_row_is_found_in_any_answer(bench: Bench, reply: Any) -> None:
    bench.front.next(Reply(200, reply))
    results = bench.push("catalog", item("a", price(), "1"), item("b", price(), "2"))
    found = {ref: (r.outcome, r.message) for ref, r in results.items()}
    assert found == {"a": (OK, None), "b": (BAD, "no")}


@pytest.mark.parametrize(
    "reply",
    [None, {}, [], b'"ok"', True, 5, {"message": "done"}, {"data": None}, {"data": []},
     {"errors": []}, {"success": True}, [1, 2], [None, None], ["a", "b", "c"], [{"x": 1}],
     {"success": 2, "failed": 0},
     [{"supplier_product_id": "99", "error": "of nobody"}], {"status": "success", "data": {}}],
)  # fmt: skip
def test_silence_after_2xx_is_success(bench: Bench, reply: Any) -> None:
    bench.front.next(Reply(200, reply))
    outcomes = bench.outcomes("catalog", item("a", price(), "1"), item("b", price(), "2"))
    assert outcomes == {"a": OK, "b": OK}


@pytest.mark.parametrize(
    "reply",
    [{"error": "no"}, {"success": False, "message": "no"}, {"status": "error", "message": "no"},
     {"errors": ["no"]}, {"errors": [{"supplier_product_id": "99", "error": "no"}]}],
)  # fmt: skip
def test_a_2xx_that_refuses_the_call_is_searched_for_its_row(bench: Bench, reply: Any) -> None:
    bench.stub.add_product(1)
    bench.front.next(Reply(200, reply), Reply(200, {}), Reply(200, reply))
    results = bench.push("catalog", item("a", price(), "1"), item("b", price(), "2"))
    found = {ref: (r.outcome, r.message) for ref, r in results.items()}
    assert found == {"a": (OK, None), "b": (BAD, "no")}


@covers("R137", "R295")
def test_an_id_that_the_answer_gives_is_learned(bench: Bench) -> None:
    bench.front.next(Reply(200, [{"supplier_product_id": 777, "internal_product_id": "o1"}]))
    result = bench.push("catalog", item("a", price(), ListingKey(internal_id="o1")))["a"]
    assert result == ItemResult("a", OK, learned={"external_id": "777"})


@covers("R272", "R277", "R282", "C17")
def test_stock_of_a_base_product_goes_once_for_all_its_units(bench: Bench) -> None:
    bench.stub.add_product(1, base_product_id=650, unit_count=1)
    bench.stub.add_product(2, base_product_id=650, unit_count=12)
    bench.stub.add_product(3, base_product_id=651)
    piece = ListingKey("1", extra={"base_product_id": "650", "unit_count": "1"})
    box = ListingKey("2", extra={"base_product_id": "650", "unit_count": "12"})
    items = (
        item("box", stock("2"), box),
        item("piece", stock("25"), piece),
        item("price", price(), box),
        item("other", stock("9"), "3"),
        item("endless", stock("0", unlimited=True), piece),
    )
    outcomes = bench.outcomes("catalog", *items, base_stock=True)
    assert outcomes == dict.fromkeys(("box", "piece", "price", "other", "endless"), OK)
    assert bench.paths == [
        "supplier-product/bulk-update",
        "supplier-product/base-product/bulk-update-stock",
    ]
    assert [row["supplier_product_id"] for row in bench.bodies[0][1]] == ["2", "3", "1"]
    assert bench.bodies[1][1] == [{"base_product_id": 650, "available_stock_quantity": 25}]
    quantities = [bench.stub.products[n]["available_stock_quantity"] for n in ("1", "2")]
    assert quantities == [25, 2]
    bench.front.forget()
    bench.outcomes("catalog", items[0], items[1])
    assert bench.paths == ["supplier-product/bulk-update"]


def test_what_the_first_call_achieved_outlives_the_failure_of_the_second(bench: Bench) -> None:
    bench.stub.add_product(1)
    base = ListingKey("1", extra={"base_product_id": "9001"})
    for fault, kept in (
        (Reply(503), {"p": OK}),
        (Reply(401), {"p": OK}),
        (Reply(422, {"error": "no"}), {"p": OK, "s": BAD}),
    ):
        bench.front.next(Reply(200, {}), fault)
        items = (item("p", price(), base), item("s", stock("1"), base))
        assert bench.outcomes("catalog", *items, base_stock=True) == kept
    bench.front.next(Reply(401))
    with pytest.raises(AuthError):
        bench.outcomes("catalog", item("s", stock("1"), base), base_stock=True)


def test_prices_are_numbers_by_option(bench: Bench) -> None:
    bench.stub.add_product(5)
    bench.outcomes("catalog", item("p", price("10.50"), "5"), price_as_string=False)
    assert bench.front.calls[0].body == b'[{"supplier_product_id":"5","selling_price":10.5}]'


# === ORDERS === #


def placed(bench: Bench, *ids: str, **members: Any) -> None:
    for name in ids:
        bench.stub.orders[name] = samples.order(name, **members)


@covers("R100", "R101", "R132", "R182", "X22")
def test_one_status_takes_the_endpoint_that_tells_why(bench: Bench) -> None:
    placed(bench, "a/b c")
    update = item("x", StatusUpdate(OrderStatus.CONFIRMED), "a/b c")
    bench.front.next(Reply(200, {}))
    assert bench.outcomes("status", update) == {"x": OK}
    assert bench.front.calls[0].target == "/api/v1/order/update-order-status/a%2Fb%20c"
    assert bench.bodies[0][1] == {"hashed_id": "a/b c", "status": "approved"}


@covers("R263", "R274", "X22")
def test_many_statuses_travel_together_and_are_looked_up(bench: Bench) -> None:
    placed(bench, "a", "b", "c")
    items = [item(n, StatusUpdate(OrderStatus.CONFIRMED), n) for n in "abc"]
    assert bench.outcomes("status", *items) == {"a": OK, "b": OK, "c": OK}
    assert bench.paths == ["order/update-order-status", "order/pull-orders"]
    assert [row["hashed_id"] for row in bench.bodies[0][1]] == ["a", "b", "c"]


@covers("X22")
def test_a_status_that_was_silently_not_applied_is_asked_again_singly(bench: Bench) -> None:
    placed(bench, "a", "b")
    placed(bench, "c", status="cancelled_by_retailer")
    bench.stub.stubborn = {"b", "c"}
    items = [item(n, StatusUpdate(OrderStatus.CONFIRMED), n) for n in "abc"]
    results = bench.push("status", *items)
    assert {ref: r.outcome for ref, r in results.items()} == {"a": OK, "b": OK, "c": BAD}
    assert results["c"].message == "HTTP 422: The order is cancelled: stub"
    assert bench.stub.orders["b"]["status"] == "approved"
    assert bench.paths[:4] == [
        "order/update-order-status",
        "order/pull-orders",
        "order/update-order-status/b",
        "order/update-order-status/c",
    ]


def test_a_look_up_that_fails_does_not_undo_what_was_accepted(bench: Bench) -> None:
    placed(bench, "a", "b")
    items = [item(n, StatusUpdate(OrderStatus.CONFIRMED), n) for n in "ab"]
    bench.front.next(Reply(200, {}), Reply(503))
    assert bench.outcomes("status", *items) == {"a": OK, "b": OK}


@covers("R279", "X22")
def test_a_code_travels_alone_and_its_refusal_has_a_name(bench: Bench) -> None:
    placed(bench, "a", "b", "c")
    delivered = OrderStatus.DELIVERED
    results = bench.push(
        "status",
        item("a", StatusUpdate(delivered), "a"),
        item("wrong", StatusUpdate(delivered, otp="999888"), "b"),
        item("c", StatusUpdate(delivered), "c"),
    )
    assert {ref: r.outcome for ref, r in results.items()} == {"a": OK, "wrong": BAD, "c": OK}
    assert results["wrong"].code == "wrong_otp"
    assert [row["hashed_id"] for row in bench.bodies[0][1]] == ["a", "c"]
    assert bench.outcomes("status", item("b", StatusUpdate(delivered, otp="1234"), "b")) == {
        "b": OK
    }


def test_an_otp_never_shows_in_a_result(bench: Bench) -> None:
    placed(bench, "a")
    update = item("a", StatusUpdate(OrderStatus.DELIVERED, otp="748812"), "a")
    echo = "OTP 748812 does not match"
    for reply in (
        Reply(200, {"success": False, "message": echo, "code": 748812}),
        Reply(200, [{"hashed_id": "a", "error": echo}]),
        Reply(200, {"errors": [{"index": 0, "error": echo}]}),
        Reply(422, {"error": echo}),
    ):
        bench.front.next(reply)
        with bench.open() as adapter:
            (result,) = adapter.push("status", [update], "k").results
            exchanges = adapter.take_exchanges()
        assert "748812" not in f"{result!r} {exchanges!r} {update!r}"
        assert (result.outcome, result.code) == (BAD, "wrong_otp")
        assert (result.message or "").endswith("OTP *** does not match")


def test_two_changes_of_an_order_keep_their_order(bench: Bench) -> None:
    placed(bench, "a", "b")
    items = [
        item("a1", StatusUpdate(OrderStatus.CONFIRMED), "a"),
        item("b1", StatusUpdate(OrderStatus.CONFIRMED), "b"),
        item("a2", StatusUpdate(OrderStatus.SHIPPED), "a"),
    ]
    assert set(bench.outcomes("status", *items).values()) == {OK}
    sent = [body for path, body in bench.bodies if path.startswith("order/update")]
    assert [row["hashed_id"] for row in sent[0]] == ["a", "b"]
    assert sent[1] == {"hashed_id": "a", "status": "assigned_to_salesman"}
    assert bench.stub.orders["a"]["status"] == "assigned_to_salesman"


def test_what_follows_a_refused_change_waits(bench: Bench) -> None:
    placed(bench, "b")
    items = [
        item("gone", StatusUpdate(OrderStatus.CONFIRMED), "a"),
        item("b1", StatusUpdate(OrderStatus.CONFIRMED), "b"),
        item("later", StatusUpdate(OrderStatus.SHIPPED), "a"),
        item("b2", StatusUpdate(OrderStatus.SHIPPED), "b"),
    ]
    bench.stub.style = "rows"
    assert bench.outcomes("status", *items) == {"gone": BAD, "b1": OK, "b2": OK}


@pytest.mark.parametrize("error", [Reply(401), Reply(429), Reply(503), Reply(fault="reset")])
def test_a_failure_in_the_middle_keeps_what_is_known(bench: Bench, error: Reply) -> None:
    placed(bench, "a", "b", "c")
    items = [item(n, StatusUpdate(OrderStatus.DELIVERED, otp="1234"), n) for n in "abc"]
    bench.front.next(Reply(200, {}), error)
    assert bench.outcomes("status", *items) == {"a": OK}
    assert len(bench.bodies) == 2
    bench.front.next(error)
    with pytest.raises((AuthError, ThrottledError, TransportError, Exception)) as caught:
        bench.outcomes("status", *items)
    assert caught.type.__name__ in ("AuthError", "ThrottledError", "ServerError", "TransportError")


@covers("R268", "X10")
def test_acknowledgements_are_one_call(bench: Bench) -> None:
    placed(bench, "a", "b")
    items = [item(n, Acknowledgement("S1"), n) for n in "ab"]
    assert bench.outcomes("acknowledge", *items) == {"a": OK, "b": OK}
    rows = [{"hashed_id": n, "status": "synced"} for n in "ab"]
    assert bench.bodies == [("order/update-order-status", rows)]
    assert bench.stub.acknowledged == {"a", "b"}


@covers("R99", "R175", "R263", "X23")
def test_a_cancellation_carries_its_reason(bench: Bench) -> None:
    placed(bench, "a")
    results = bench.push(
        "cancel",
        item("a", Cancellation("out_of_stock"), "a"),
        item("bad", Cancellation("because"), "b"),
    )
    assert {ref: (r.outcome, r.code) for ref, r in results.items()} == {
        "a": (OK, None),
        "bad": (BAD, "unknown_reason"),
    }
    order = bench.stub.orders["a"]
    assert (order["status"], order["cancellation_reason"]) == (
        "cancelled_by_supplier",
        "out_of_stock",
    )


@covers("R263", "R269", "R278")
def test_lines_of_an_order_are_updated(bench: Bench) -> None:
    placed(bench, "a")
    update = LinesUpdate((LineChange(Decimal(1), external_id="7000001"),))
    assert bench.outcomes("lines", item("a", update, "a")) == {"a": OK}
    rows = [{"hashed_id": "a", "order_details": [{"id": 7000001, "amount": 1}]}]
    assert bench.bodies == [("order/update-order-details", rows)]


@covers("X22")
def test_lines_whose_answer_is_lost_are_never_sent_twice_blindly(bench: Bench) -> None:
    placed(bench, "a", "b", "c")
    update = LinesUpdate((LineChange(Decimal(1), external_id="7000001"),))
    items = [item(n, update, n) for n in "abc"]
    bench.front.next(Reply(200, {}), Reply(fault="reset", after=True))
    assert bench.outcomes("lines", *items) == {"a": OK, "b": OK}
    placed(bench, "b")
    bench.front.next(Reply(200, {}), Reply(503))
    assert bench.outcomes("lines", *items) == {"a": OK}
    bench.stub.acknowledged = {"b"}
    bench.front.next(Reply(200, {}), Reply(fault="reset", after=True))
    results = bench.push("lines", *items)
    codes = {ref: (r.outcome, r.code) for ref, r in results.items()}
    assert codes == {"a": (OK, None), "b": (BAD, "outcome_unknown")}
    bench.front.next(Reply(200, {}), Reply(fault="reset"), Reply(503))
    assert bench.push("lines", *items)["b"].code == "outcome_unknown"
    bench.front.next(Reply(200, {}), Reply(429))
    assert bench.outcomes("lines", *items) == {"a": OK}
    bench.front.next(Reply(fault="reset"))
    with pytest.raises(TransportError):
        bench.push("lines", *items)


def test_a_lane_takes_its_own_kinds_only(bench: Bench) -> None:
    listing, order = ListingKey("5"), OrderKey("a")
    wrong = [
        ("catalog", PushItem("x", Kind.DELETE, listing, DeleteState())),
        ("lanes", PushItem("x", Kind.PRICE, listing, price())),
        ("status", PushItem("x", Kind.CANCEL, order, Cancellation())),
    ]
    with bench.open() as adapter:
        for lane, one in wrong:
            with pytest.raises(InvalidError):
                adapter.push(lane, [one], "k")
        mixed_up = PushItem("x", Kind.PRICE, order, price())
        assert adapter.push("catalog", [mixed_up], "k").results[0].code == "unsupported"
        no_order = PushItem("x", Kind.CANCEL, listing, Cancellation())
        assert adapter.push("cancel", [no_order], "k").results[0].code == "unsupported"
        assert adapter.push("status", [], "k") == Submission(())
    assert bench.bodies == []


# === READ-BACK === #


@pytest.mark.parametrize(
    ("now", "state", "verdict"),
    [
        ("pending", StatusUpdate(OrderStatus.CONFIRMED), Outcome.RETRY),
        ("editing", StatusUpdate(OrderStatus.PENDING), Outcome.RETRY),
        ("approved", StatusUpdate(OrderStatus.CONFIRMED), OK),
        ("delivered", StatusUpdate(OrderStatus.CONFIRMED), OK),
        ("returned", StatusUpdate(OrderStatus.DELIVERED), OK),
        ("cancelled_by_retailer", StatusUpdate(OrderStatus.CONFIRMED), Outcome.RETRY),
        ("cancelled_by_retailer", StatusUpdate(OrderStatus.CANCELLED), OK),
        ("cancelled_by_supplier", Cancellation("out_of_stock"), OK),
        ("delivered", Cancellation("out_of_stock"), Outcome.RETRY),
        ("who knows", StatusUpdate(OrderStatus.CONFIRMED), Outcome.RETRY),
        ("pending", Acknowledgement("S1"), Outcome.RETRY),
    ],
)
@covers("X22")
def test_whether_something_took_effect_is_read_back(
    bench: Bench, now: str, state: State, verdict: Outcome
) -> None:
    placed(bench, "other", "a", status=now)
    with bench.open() as adapter:
        assert adapter.applied(item("x", state, "a")) == ItemResult("x", verdict)
        assert adapter.applied(item("x", state, "gone")) is None
        assert adapter.applied(item("x", price(), "a")) is None


def test_changed_lines_are_read_back(bench: Bench) -> None:
    placed(bench, "a")
    money = Money(Decimal(5), "EGP")
    new = LineChange(Decimal(4), listing=ListingKey("900"), price=money)
    own = LineChange(Decimal(4), listing=ListingKey(internal_id="odoo"), price=money)
    drop = LineChange(Decimal(0), external_id="7000002", cancelled=True)
    gone = LineChange(Decimal(0), external_id="5", cancelled=True)
    keep = LineChange(Decimal("1.5"), external_id="7000001")
    missing = LineChange(Decimal(1), external_id="5")
    lines = bench.stub.orders["a"]["order_details"]
    with bench.open() as adapter:

        def seen(*changes: LineChange) -> Outcome:
            verdict = adapter.applied(item("x", LinesUpdate(changes), "a"))
            assert verdict is not None
            return verdict.outcome

        assert seen(keep) is seen(new) is seen(own) is seen(drop) is Outcome.RETRY
        lines[0]["amount"], lines[1]["amount"] = 1.5, 0
        lines.append({"id": 1, "supplier_product_id": 900, "amount": "4.0"})
        lines.append({"id": 2, "internal_product_id": "odoo", "amount": 4})
        assert seen(keep, drop, gone, new, own) is OK
        assert seen(keep, missing) is Outcome.RETRY
        bench.stub.orders["a"]["order_details"] = {"not": "a list"}
        assert seen(keep) is Outcome.RETRY


def test_a_client_call_tells_its_refusal(bench: Bench) -> None:
    with bench.open() as adapter, pytest.raises(RejectedError) as caught:
        adapter.client.set_status("nobody", {"status": "approved"})
    assert caught.value.message == "HTTP 422: Order not found: stub"
