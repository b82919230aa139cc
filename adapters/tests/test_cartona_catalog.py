"""What Cartona is told of products, call by call."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from cartona_bench import BAD, OK, Bench, item, price, stock
from marketplace_adapters.core import (
    AuthError,
    ItemResult,
    ListingKey,
    ProductState,
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
