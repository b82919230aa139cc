"""Orders of the Orders API as the suite reads them: who, where, when and what state."""

from __future__ import annotations

import copy
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

import amazon_in_samples as samples
from amazon_in_samples import DE, JP, UK, US, breakdown, item, order
from marketplace_adapters.amazon.orders import parse_order, status_of
from marketplace_adapters.amazon.settings import settings_of
from marketplace_adapters.core import (
    UTC,
    AdapterError,
    Address,
    Connection,
    InvalidError,
    Masker,
    Order,
    OrderStatus,
    Payment,
    revision,
)
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.harness import check_hidden, check_neutral, mutations


def lines_of(found: Order) -> list[tuple[str, str, str, str, str]]:
    return [
        (one.external_id, one.kind, str(one.quantity), str(one.unit_price), one.taxed_by)
        for one in found.lines
    ]


# === THE WHOLE === #


@covers("R33", "R37", "X9", "C16")
def test_an_order_with_everything_is_read_whole() -> None:
    payload = samples.full_order()
    found = parse_order(payload)
    assert (found.external_id, found.number) == ("302-1234567-7654321",) * 2
    assert found.revision == revision(payload)
    assert (found.status, found.raw_status) == (OrderStatus.CONFIRMED, "UNSHIPPED")
    assert (found.currency, found.total, found.priced) == ("USD", Decimal("33.10"), True)
    assert found.placed_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert found.updated_at == datetime(2026, 11, 21, 10, 30, 0, 250000, tzinfo=UTC)
    assert found.ship_by == datetime(2026, 11, 23, 22, 59, 59, tzinfo=UTC)
    assert found.deliver_by == datetime(2026, 11, 26, 22, 59, 59, tzinfo=UTC)
    assert (found.fulfilment, found.stocked_by, found.summary) == ("seller", "seller", False)
    assert found.note == "Porch\nBlue door"
    assert found.payments == (Payment("paid", Decimal("33.10"), -1, "CreditCard"),)
    assert found.extra == {
        "marketplace_id": US,
        "sales_channel": "AMAZON",
        "is_prime": True,
        "is_business": True,
        "is_premium": True,
        "programs": "PRIME, AMAZON_BUSINESS, PREMIUM",
        "earliest_ship": "2026-11-21T00:00:00Z",
        "latest_ship": "2026-11-23T22:59:59Z",
        "purchase_order": "PO-7",
        "replaces": "302-0000000-0000001",
        "seller_order_id": "S00042",
        "cancel_requested": True,
        "cancel_request": "Changed mind",
        "ioss": "IM3720000224",
    }


@covers("C18")
def test_buyer_and_places_are_read_and_never_shown() -> None:
    found = parse_order(samples.full_order())
    buyer = found.buyer
    assert (buyer.name, buyer.note, buyer.is_company) == ("Yamada GmbH", "山田 太郎", True)
    assert (buyer.email, buyer.vat) == ("Abc123@marketplace.amazon.com", "DE123456789")
    assert buyer.external_id == "mail_7c5db9c1cb10a0827f10"
    assert found.ship_to == Address(
        name="ليلى حسن, Yamada GmbH",
        street="12 Nile St",
        street2="Floor 3, Zamalek",
        city="Cairo",
        zip="11211",
        state="C",
        country="EG",
        phone="+20 100 123 4567",
    )
    assert found.bill_to == Address(street="Tax Rd 1", country="DE")
    check_hidden(repr(found), ("山田", "Abc123", "ليلى", "Nile", "+20 100", "Porch", "حبيبتي"))


@covers("C18")
def test_the_log_of_a_call_shows_nothing_of_the_buyer() -> None:
    shown = Masker().json(samples.full_order())
    hidden = ("山田", "Abc123", "ليلى", "Nile", "+20 100", "Porch", "حبيبتي", "DE123456789")
    check_hidden(shown, (*hidden, "Changed mind", "custom.test", "Yamada", "Cairo", "PO-7"))
    for kept in ("302-1234567-7654321", "SKU-12345678901234", "UNSHIPPED", "33.10", "قميص"):
        assert kept in shown


@covers("C18")
def test_an_order_without_buyer_and_place_is_read_all_the_same() -> None:
    found = parse_order(order(item(rows=[breakdown("ITEM", "5")], total="5"), total="5"))
    assert (found.buyer.external_id, found.buyer.name, found.ship_to) == ("", "", None)
    assert (found.bill_to, found.note) == (None, "")


def test_a_brazilian_address_is_put_together_from_its_parts() -> None:
    more = {
        "streetName": "Rua A",
        "streetNumber": "10",
        "complement": "B2",
        "neighborhood": "Centro",
    }
    place = {"name": "Ana", "extendedFields": more, "municipality": "Recife", "countryCode": "BR"}
    found = parse_order(order(item(unit="1"), recipient={"deliveryAddress": place}))
    assert found.ship_to == Address(
        name="Ana", street="Rua A 10", street2="B2, Centro", city="Recife", country="BR"
    )
    assert found.buyer.name == "Ana"


# === STATUS === #


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("PENDING_AVAILABILITY", OrderStatus.PENDING),
        ("PENDING", OrderStatus.PENDING),
        ("UNSHIPPED", OrderStatus.CONFIRMED),
        ("PARTIALLY_SHIPPED", OrderStatus.CONFIRMED),
        ("SHIPPED", OrderStatus.SHIPPED),
        ("CANCELLED", OrderStatus.CANCELLED),
        ("UNFULFILLABLE", OrderStatus.CANCELLED),
        ("INVOICE_UNCONFIRMED", OrderStatus.SHIPPED),
        ("PartiallyShipped", OrderStatus.CONFIRMED),
        ("Canceled", OrderStatus.CANCELLED),
        ("InvoiceUnconfirmed", OrderStatus.SHIPPED),
        ("PendingAvailability", OrderStatus.PENDING),
        ("A_NEW_WORD", OrderStatus.HOLD),
        ("", OrderStatus.HOLD),
    ],
)
@covers("R33", "X9", "X13")
def test_every_word_for_a_status_has_a_meaning(word: str, status: OrderStatus) -> None:
    assert status_of(word) is status
    assert parse_order(order(item(), status=word)).status is status


def test_an_order_whose_parcels_all_arrived_is_delivered() -> None:
    def state(*words: str) -> OrderStatus:
        parcels = [{"packageStatus": {"status": word}} for word in words]
        return parse_order(order(item(), status="SHIPPED", packages=parcels)).status

    assert state("DELIVERED", "DELIVERED") is OrderStatus.DELIVERED
    assert state("DELIVERED", "CANCELLED") is OrderStatus.DELIVERED
    assert state("DELIVERED", "IN_TRANSIT") is OrderStatus.SHIPPED
    assert state("CANCELLED") is state() is OrderStatus.SHIPPED


def test_who_cancelled_and_why_is_kept() -> None:
    done = {"cancelledBy": "BUYER", "cancelReason": "No longer needed"}
    found = parse_order(
        order(item(), item("2", cancellation={"cancellationExecution": done}), status="CANCELLED")
    )
    assert (found.cancelled_by, found.cancel_reason) == ("buyer", "No longer needed")
    lost = parse_order(order(item(), status="UNFULFILLABLE", by="AMAZON"))
    assert (lost.cancelled_by, lost.cancel_reason) == ("channel", "UNFULFILLABLE")
    plain = parse_order(order(status="CANCELLED"))
    assert (plain.cancelled_by, plain.cancel_reason, plain.lines) == ("", "", ())


@covers("R33", "X9")
def test_a_pending_order_has_quantities_and_no_prices() -> None:
    found = parse_order(
        order(item(quantity=4), status="PENDING", market=JP),
        settings_of(Connection("https://a.test", options={"marketplaces": [JP]})),
    )
    assert (found.status, found.priced, found.total, found.currency) == (
        OrderStatus.PENDING,
        False,
        None,
        "JPY",
    )
    assert lines_of(found) == [("11111111111111", "product", "4", "0", "seller")]
    assert found.payments == ()


def test_the_currency_of_an_order_without_money_is_its_marketplaces() -> None:
    own = Connection(
        "https://a.test",
        options={"marketplaces": [DE, "X1"], "currencies": {"X1": "CHF", DE: "PLN"}},
    )
    settings_ = settings_of(own)
    for market, currency in ((DE, "PLN"), ("X1", "CHF"), (UK, "GBP"), ("X2", "PLN")):
        assert parse_order(order(item(), market=market), settings_).currency == currency
    assert parse_order(order(item(), market="X2")).currency == ""


def test_amazon_delivers_from_its_own_stock() -> None:
    found = parse_order(order(item(), by="AMAZON"))
    assert (found.fulfilment, found.stocked_by) == ("channel", "channel")


def test_orders_of_other_channels_are_marked() -> None:
    sold = {"channelName": "NON_AMAZON"}
    assert parse_order(order(item(), salesChannel=sold)).extra["outside"] is True


# === REFUSED === #


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"orderId": ""}, "orderId"),
        ({"orderItems": []}, "orderItems"),
        ({"orderItems": [5]}, "orderItems[0]"),
        ({"orderItems": [item("")]}, "orderItemId"),
        ({"orderItems": [item(quantity=-1)]}, "quantityOrdered"),
        ({"orderItems": [item(unit="abc")]}, "unitPrice"),
        ({"orderItems": [item(unit="1", currency="EURO")]}, "currencyCode"),
        ({"orderItems": [item("1", unit="1"), item("2", unit="1", currency="USD")]}, "unitPrice"),
        ({"proceeds": {"grandTotal": "5"}}, "grandTotal"),
    ],
)
def test_what_would_lead_to_a_wrong_order_is_refused(change: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidError, match=where.replace("[", r"\[").replace("]", r"\]")):
        parse_order({**order(item(unit="1")), **change})


@pytest.mark.large
def test_no_damage_leads_to_anything_but_an_order_or_a_refusal() -> None:
    hidden = ("山田", "Abc123", "ليلى", "Nile", "+20 100", "حبيبتي")
    for damaged in mutations(samples.full_order()):
        try:
            found = parse_order(damaged)
        except InvalidError as error:
            check_hidden(str(error), hidden)
        else:
            assert found.external_id
            check_neutral(found)


def test_the_same_document_has_the_same_revision() -> None:
    one = samples.full_order()
    other = dict(reversed(list(copy.deepcopy(one).items())))
    assert parse_order(one).revision == parse_order(other).revision
    other["orderItems"][0]["quantityOrdered"] = 4
    assert parse_order(one).revision != parse_order(other).revision


def test_an_unreadable_order_is_one_error_of_the_closed_set() -> None:
    payloads: tuple[Any, ...] = (None, [], "x", 5, {})
    for payload in payloads:
        with pytest.raises(AdapterError):
            parse_order(payload)
