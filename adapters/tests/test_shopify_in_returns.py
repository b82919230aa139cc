"""Refunds and returns of Shopify: money, units, and where they came back to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from marketplace_adapters.core import (
    GivenBack,
    InvalidError,
    ListingKey,
    Money,
    Return,
    ReturnedItem,
    parse_datetime,
)
from marketplace_adapters.shopify import returns, webhooks
from marketplace_adapters.shopify.settings import Settings
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.harness import check_neutral, mutations
from shopify_in_samples import ORDER, Line, Refund, Sample, bag

SHOP = Settings(currency="EUR")
LINE = Line(1, "Cola", 3, bag("11.90"), taxes=[(bag("5.70"), 0.19, False)])
NET = Line(1, "Lamp", 2, bag("20.00"), taxes=[(bag("2.50"), 0.0625, False)])


def both(refund: Refund, *, included: bool = True, settings: Settings = SHOP) -> Return:
    """The refund by the query, proven to be the webhook's, within its order and alone."""
    sample = Sample(lines=[LINE], total=bag("35.70"), refunds=[refund], included=included)
    sample.currencies = ("EUR", "USD") if settings.money == "presentment" else ("EUR", "EUR")
    by_query = _event(sample.graph(), settings)
    by_hook = _event(sample.rest(), settings)
    alone = webhooks.refund_event(refund.rest(), None, settings)
    found = [returns.parse_return(one.payload, settings) for one in (by_query, by_hook, alone)]
    assert found[0] == found[1] == found[2]
    assert by_query.revision == by_hook.revision == alone.revision
    assert by_query.external_id == by_hook.external_id == alone.external_id == found[0].external_id
    check_neutral(found[0])
    if found[0].amount is not None:
        told = sum((one.amount or Decimal() for one in found[0].items), Decimal())
        told += sum((one.amount for one in found[0].others), Decimal())
        assert told == found[0].amount.amount
    return found[0]


def _event(document: dict[str, Any], settings: Settings) -> Any:
    (event,) = [one for one in webhooks.order_events(document, settings) if one.topic == "return"]
    return event


@covers("R355")
def test_a_refund_with_units_that_came_back() -> None:
    refund = Refund(
        77, [(LINE, 2, "return", 7002, bag("23.80"), bag("3.80"))], bag("23.80"), note="broken"
    )
    found = both(refund)
    assert (found.external_id, found.order_id) == ("refund-77", str(ORDER))
    assert (found.received, found.raw_status, found.comment) == (True, "refunded", "broken")
    assert found.returned_at == parse_datetime("2026-11-21T11:00:00Z", "x")
    assert found.amount == Money(Decimal("23.80"), "EUR")
    assert found.others == ()
    assert found.items == (
        ReturnedItem(
            ListingKey("7001", "COL-330", extra={"product_id": "9001"}),
            Decimal(2),
            line_id="1",
            reason="return",
            amount=Decimal("23.80"),
            restock=True,
            location="7002",
        ),
    )


@pytest.mark.parametrize(
    ("restock", "back"),
    [("return", True), ("legacy_restock", True), ("no_restock", False), ("cancel", False)],
)
def test_only_units_that_came_back_are_for_sale_again(restock: str, back: bool) -> None:
    refund = Refund(1, [(LINE, 1, restock, 7001, bag("11.90"), bag("1.90"))], bag("11.90"))
    (item,) = both(refund).items
    assert (item.restock, item.left, item.reason) == (back, restock != "cancel", restock)


def test_tax_on_top_is_given_back_too_and_is_known_without_the_order() -> None:
    refund = Refund(1, [(NET, 1, "return", 7001, bag("20.00"), bag("1.25"))], bag("21.25"))
    found = both(refund, included=False)
    assert found.items[0].amount == Decimal("21.25")
    assert found.others == ()


@pytest.mark.parametrize(("paid", "amount"), [("11.90", "11.90"), ("13.80", "13.80")])
def test_a_refund_alone_without_rates_is_read_by_what_was_paid(paid: str, amount: str) -> None:
    refund = Refund(1, [(LINE, 1, "return", 7001, bag("11.90"), bag("1.90"))], bag(paid)).rest()
    del refund["refund_line_items"][0]["line_item"]["tax_lines"]
    event = webhooks.refund_event(refund, None, SHOP)
    found = returns.parse_return(event.payload, SHOP)
    assert (found.items[0].amount, found.others) == (Decimal(amount), ())


def test_shipping_duties_and_what_was_kept_are_told_apart() -> None:
    refund = Refund(
        1,
        [(LINE, 1, "return", 7001, bag("11.90"), bag("1.90"))],
        bag("14.00"),
        shipping=[(bag("4.90"), bag("0.78"))],
        duties=[bag("1.10")],
    )
    found = both(refund)
    # 3.90 of it the seller kept.
    assert found.others == (
        GivenBack("shipping", Decimal("4.90")),
        GivenBack("fee", Decimal("1.10"), "duty"),
        GivenBack("adjustment", Decimal("-3.90")),
    )


def test_a_refund_without_lines_is_money_alone() -> None:
    found = both(Refund(1, [], bag("5.00")))
    assert (found.items, found.others) == ((), (GivenBack("adjustment", Decimal("5.00")),))


def test_units_without_money_say_that_none_was_given_back() -> None:
    found = both(Refund(1, [(LINE, 1, "cancel", 7001, bag("11.90"), bag("1.90"))]))
    assert (found.items[0].amount, found.raw_status) == (None, "restocked")
    assert found.amount == Money(Decimal(0), "EUR")
    failed = both(
        Refund(
            1,
            [(LINE, 1, "cancel", 7001, bag("11.90"), bag("1.90"))],
            bag("11.90"),
            status="failure",
        )
    )
    assert failed.amount == Money(Decimal(0), "EUR")


def test_a_refund_is_in_the_money_of_the_account() -> None:
    refund = Refund(
        1,
        [(LINE, 1, "return", 7001, bag("11.90", "12.90"), bag("1.90", "2.06"))],
        bag("11.90", "12.90"),
    )
    line = Line(1, "Cola", 3, bag("11.90", "12.90"), taxes=[(bag("5.70", "6.18"), 0.19, False)])
    refund.lines = [(line, *refund.lines[0][1:])]
    shop = both(refund)
    buyer = both(refund, settings=Settings(currency="EUR", money="presentment"))
    assert shop.amount == Money(Decimal("11.90"), "EUR")
    assert buyer.amount == Money(Decimal("12.90"), "USD")


@pytest.mark.parametrize(
    ("note", "reference", "comment"),
    [
        ("Odoo: RINV/2026/0001", "RINV/2026/0001", ""),
        ("Odoo: RINV/2026/0001\nbroken", "RINV/2026/0001", ""),
        ("Odoo is great", "", "Odoo is great"),
        ("Odoo: ", "", "Odoo:"),
        (None, "", ""),
    ],
)
def test_a_refund_of_ours_is_recognised_by_its_note(
    note: str | None, reference: str, comment: str
) -> None:
    found = both(Refund(1, [], bag("5.00"), note=note))
    assert (found.reference, found.comment) == (reference, comment)


# === RETURNS === #


def _rest_return(**more: Any) -> dict[str, Any]:
    return {
        "id": 55,
        "admin_graphql_api_id": "gid://shopify/Return/55",
        "status": "open",
        "name": "#1001-R1",
        "order": {"id": ORDER},
        "return_line_items": [
            {
                "id": 1,
                "quantity": 2,
                "return_reason": "SIZE_TOO_SMALL",
                "customer_note": "too tight",
                "fulfillment_line_item": {"id": 4, "line_item": {"id": 1}},
            }
        ],
        **more,
    }


def _node_return(processed: int, refunded: int) -> dict[str, Any]:
    return {
        "id": "gid://shopify/Return/55",
        "name": "#1001-R1",
        "status": "OPEN",
        "createdAt": "2026-11-21T11:00:00Z",
        "closedAt": None,
        "returnLineItems": {
            "nodes": [
                {
                    "quantity": 3,
                    "processedQuantity": processed,
                    "refundedQuantity": refunded,
                    "customerNote": "too tight",
                    "returnReasonNote": "",
                    "returnReasonDefinition": {"name": "Size too small"},
                    "fulfillmentLineItem": {"lineItem": {"id": "gid://shopify/LineItem/1"}},
                }
            ]
        },
    }


def test_an_announced_return_moves_nothing() -> None:
    (event,) = webhooks._return_events(_rest_return(), SHOP)
    found = returns.parse_return(event.payload, SHOP)
    assert (found.external_id, found.order_id) == ("return-55", str(ORDER))
    assert (found.amount, found.received, found.raw_status) == (None, False, "open")
    assert [(one.quantity, one.restock, one.line_id, one.reason) for one in found.items] == [
        (Decimal(2), False, "1", "size too small")
    ]
    assert found.comment == "too tight"


@pytest.mark.parametrize(
    ("processed", "refunded", "items", "received"),
    [
        (0, 0, [(3, False)], False),
        (2, 2, [(1, False)], False),
        (2, 0, [(2, True), (1, False)], False),
        (3, 1, [(2, True)], True),
        (3, 3, [], True),
    ],
)
def test_units_of_a_return_come_back_once(
    processed: int, refunded: int, items: list[tuple[int, bool]], received: bool
) -> None:
    document = Sample(lines=[LINE], total=bag("35.70")).graph()
    document["returns"] = [_node_return(processed, refunded)]
    found = returns.parse_return(_event(document, SHOP).payload, SHOP)
    assert [(int(one.quantity), one.restock) for one in found.items] == items
    assert found.received is received


def test_a_message_that_names_a_return_alone_tells_nothing_unless_it_is_off() -> None:
    short = {"id": 55, "order_id": ORDER, "status": "closed"}
    assert tuple(webhooks._return_events(short, SHOP)) == ()
    (event,) = webhooks._return_events({**short, "status": "canceled"}, SHOP)
    found = returns.parse_return(event.payload, SHOP)
    assert (found.items, found.raw_status, found.order_id) == ((), "canceled", str(ORDER))


# === BAD SHAPES === #


@pytest.mark.parametrize("road", ["rest", "graph"])
def test_a_damaged_refund_is_read_or_refused_and_never_breaks(road: str) -> None:
    refund = Refund(
        1,
        [(LINE, 1, "return", 7001, bag("11.90"), bag("1.90"))],
        bag("11.90"),
        shipping=[(bag("4.90"), bag("0.78"))],
    )
    node = refund.rest() if road == "rest" else refund.graph()
    order = {"id": ORDER} if road == "rest" else {"id": f"gid://shopify/Order/{ORDER}"}
    outcomes = set()
    for document in mutations(returns.refund_payload(node, order))[::11]:
        try:
            check_neutral(returns.parse_return(document, SHOP))
            outcomes.add("read")
        except InvalidError:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}


@pytest.mark.parametrize("document", [_rest_return(), _node_return(1, 1)])
def test_a_damaged_return_is_read_or_refused_and_never_breaks(document: dict[str, Any]) -> None:
    outcomes = set()
    for one in mutations({"return": document, "order_id": str(ORDER)}):
        try:
            check_neutral(returns.parse_return(one, SHOP))
            outcomes.add("read")
        except InvalidError:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}
