"""What Cartona is told of orders, call by call."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from cartona_bench import BAD, OK, Bench, item, placed, price
from marketplace_adapters.core import (
    Acknowledgement,
    AdapterError,
    AuthError,
    Cancellation,
    DeleteState,
    InvalidError,
    ItemResult,
    Kind,
    LineChange,
    LinesUpdate,
    ListingKey,
    Money,
    OrderKey,
    OrderStatus,
    Outcome,
    PushItem,
    RejectedError,
    ServerError,
    State,
    StatusUpdate,
    Submission,
    ThrottledError,
    TransportError,
)
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.server import Reply, ScriptedServer


@pytest.fixture(scope="module")
def front() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def bench(front: ScriptedServer) -> Bench:
    return Bench(front)


# === ORDERS === #


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


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(401), AuthError),
        (Reply(429), ThrottledError),
        (Reply(503), ServerError),
        (Reply(fault="reset"), TransportError),
    ],
)
def test_a_failure_in_the_middle_keeps_what_is_known(
    bench: Bench, reply: Reply, error: type[AdapterError]
) -> None:
    placed(bench, "a", "b", "c")
    items = [item(n, StatusUpdate(OrderStatus.DELIVERED, otp="1234"), n) for n in "abc"]
    bench.front.next(Reply(200, {}), reply)
    assert bench.outcomes("status", *items) == {"a": OK}
    assert len(bench.bodies) == 2
    bench.front.next(reply)
    with pytest.raises(error):
        bench.outcomes("status", *items)


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
