"""The XML feeds for orders, element by element in the order of their schemas."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from marketplace_adapters.amazon import order_feeds
from marketplace_adapters.amazon.const import (
    ACKNOWLEDGEMENT_FEED,
    ADJUSTMENT_FEED,
    CANCEL_REASONS,
    FULFILLMENT_FEED,
)
from marketplace_adapters.core import (
    Acknowledgement,
    Cancellation,
    Kind,
    ListingKey,
    Money,
    OrderKey,
    PushItem,
    Refund,
    RefundedLine,
    RejectedError,
    Shipment,
    ShippedLine,
)
from marketplace_adapters.testing import covers

ORDER = "302-1234567-7654321"
ITEM = "12345678901234"
ONE = Money(Decimal(1), "EUR")
WHEN = datetime(2026, 3, 2, 9, 30, tzinfo=timezone(timedelta(hours=2)))


def text(element: ElementTree.Element | None) -> str:
    assert element is not None
    return ElementTree.tostring(element, encoding="unicode")


def parcel(*lines: ShippedLine, **members: str | None) -> Shipment:
    rows = lines or (ShippedLine(ITEM, Decimal(2)),)
    return Shipment("WH/OUT/00042", WHEN, rows, **members)  # type: ignore[arg-type]


def line(part: str, amount: str, restock: bool = False, currency: str = "EUR") -> RefundedLine:
    identity = f"{ITEM}#{part}" if part else ITEM
    return RefundedLine(identity, Decimal(1), Money(Decimal(amount), currency), restock)


# === ENVELOPE === #


def test_a_feed_is_one_envelope_around_its_messages() -> None:
    frame = order_feeds.frame(ACKNOWLEDGEMENT_FEED, "A2&<X>")
    messages = [
        order_feeds.message(n, order_feeds.acknowledgement(ORDER, Acknowledgement("S1")))
        for n in (1, 2)
    ]
    content = frame.content(messages)
    assert content.startswith(b'<?xml version="1.0" encoding="UTF-8"?><AmazonEnvelope><Header>')
    root = ElementTree.fromstring(content)
    assert [child.tag for child in root] == ["Header", "MessageType", "Message", "Message"]
    assert [child.tag for child in root[0]] == ["DocumentVersion", "MerchantIdentifier"]
    assert (root[0][0].text, root[0][1].text) == ("1.01", "A2&<X>")
    assert root[1].text == "OrderAcknowledgement"
    assert [message.findtext("MessageID") for message in root[2:]] == ["1", "2"]


def test_each_feed_names_its_kind_of_message() -> None:
    names = [
        ElementTree.fromstring(order_feeds.frame(kind, "A").content([]))[1].text
        for kind in (ACKNOWLEDGEMENT_FEED, FULFILLMENT_FEED, ADJUSTMENT_FEED)
    ]
    assert names == ["OrderAcknowledgement", "OrderFulfillment", "OrderAdjustment"]


# === ACKNOWLEDGEMENT, CANCELLATION === #


@covers("R34")
def test_an_acknowledgement_carries_our_number() -> None:
    assert text(order_feeds.acknowledgement(ORDER, Acknowledgement("S00042 & Söhne"))) == (
        "<OrderAcknowledgement><AmazonOrderID>302-1234567-7654321</AmazonOrderID>"
        "<MerchantOrderID>S00042 &amp; Söhne</MerchantOrderID><StatusCode>Success</StatusCode>"
        "</OrderAcknowledgement>"
    )
    assert "MerchantOrderID" not in text(order_feeds.acknowledgement(ORDER, Acknowledgement(" ")))


@covers("R35")
def test_a_cancellation_gives_a_reason_for_each_item() -> None:
    found = order_feeds.cancellation(ORDER, Cancellation("BuyerCanceled"), [ITEM, "2" * 14])
    assert text(found) == (
        "<OrderAcknowledgement><AmazonOrderID>302-1234567-7654321</AmazonOrderID>"
        "<StatusCode>Failure</StatusCode>"
        f"<Item><AmazonOrderItemCode>{ITEM}</AmazonOrderItemCode>"
        "<CancelReason>BuyerCanceled</CancelReason></Item>"
        "<Item><AmazonOrderItemCode>22222222222222</AmazonOrderItemCode>"
        "<CancelReason>BuyerCanceled</CancelReason></Item></OrderAcknowledgement>"
    )
    assert order_feeds.cancel_reason(Cancellation()) == "NoInventory"
    assert all(order_feeds.cancel_reason(Cancellation(one)) == one for one in CANCEL_REASONS)
    with pytest.raises(RejectedError) as caught:
        order_feeds.cancel_reason(Cancellation("bad weather"))
    assert caught.value.code == "bad_reason"


# === SHIPMENT === #


@covers("R36", "X13")
def test_a_parcel_with_tracking_is_confirmed_by_itself() -> None:
    state = parcel(carrier="DHL", tracking=" 00340 ")
    assert order_feeds.can_confirm(state)
    assert order_feeds.confirmation(state, "A1PA6795UKMFR9") == {
        "marketplaceId": "A1PA6795UKMFR9",
        "packageDetail": {
            "packageReferenceId": order_feeds.package_reference("WH/OUT/00042"),
            "carrierCode": "DHL",
            "trackingNumber": "00340",
            "shipDate": "2026-03-02T07:30:00Z",
            "orderItems": [{"orderItemId": ITEM, "quantity": 2}],
        },
    }


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ({"carrier": "DHL", "carrier_name": "DHL Paket"}, ("DHL", "")),
        ({"carrier": "Other", "carrier_name": "Bote"}, ("Other", "Bote")),
        ({"carrier": "Other"}, ("Other", "Other")),
        ({"carrier_name": "Bote"}, ("Other", "Bote")),
        ({"tracking": "1"}, ("Other", "Other")),
        ({}, ("", "")),
    ],
)
def test_the_carrier_is_a_code_or_other_with_a_name(
    members: dict[str, str], found: tuple[str, str]
) -> None:
    assert order_feeds.carrier(parcel(**members)) == found


@covers("R36")
def test_a_parcel_in_the_feed() -> None:
    reference = order_feeds.package_reference("WH/OUT/00042")
    assert text(order_feeds.fulfillment(ORDER, parcel(carrier_name="Bote", tracking="T1"))) == (
        "<OrderFulfillment><AmazonOrderID>302-1234567-7654321</AmazonOrderID>"
        f"<MerchantFulfillmentID>{reference}</MerchantFulfillmentID>"
        "<FulfillmentDate>2026-03-02T07:30:00Z</FulfillmentDate>"
        "<FulfillmentData><CarrierName>Bote</CarrierName>"
        "<ShipperTrackingNumber>T1</ShipperTrackingNumber></FulfillmentData>"
        f"<Item><AmazonOrderItemCode>{ITEM}</AmazonOrderItemCode><Quantity>2</Quantity></Item>"
        "</OrderFulfillment>"
    )
    assert "<CarrierCode>UPS</CarrierCode>" in text(
        order_feeds.fulfillment(ORDER, parcel(carrier="UPS"))
    )
    assert "FulfillmentData" not in text(order_feeds.fulfillment(ORDER, parcel()))


def test_a_parcels_number_is_positive_and_always_the_same() -> None:
    numbers = {order_feeds.package_reference(f"WH/OUT/{n}") for n in range(2000)}
    assert len(numbers) == 2000
    assert all(number.isdecimal() and 0 < int(number) < 10**9 for number in numbers)
    assert order_feeds.package_reference("WH/OUT/1") == order_feeds.package_reference("WH/OUT/1")


def test_only_goods_are_shipped_each_item_once() -> None:
    lines = (
        ShippedLine(ITEM, Decimal(1)),
        ShippedLine(ITEM, Decimal("2.0")),
        ShippedLine(f"{ITEM}#SHIPPING", Decimal(1)),
        ShippedLine("order#DELIVERY_TIP", Decimal(1)),
        ShippedLine("2" * 14, Decimal(0)),
    )
    detail = order_feeds.confirmation(parcel(*lines, tracking="1"), "M")["packageDetail"]
    assert isinstance(detail, dict)
    assert detail["orderItems"] == [{"orderItemId": ITEM, "quantity": 3}]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((ShippedLine(ITEM, Decimal("0.5")),), "bad_quantity"),
        ((ShippedLine(ITEM, Decimal(-1)),), "bad_quantity"),
        ((ShippedLine(ITEM, Decimal(0)),), "no_lines"),
        ((ShippedLine("#1", Decimal(1)),), "no_order_line"),
        ((ShippedLine("", Decimal(1)),), "no_order_line"),
    ],
)
def test_what_cannot_be_shipped_is_refused_here(lines: tuple[ShippedLine, ...], code: str) -> None:
    with pytest.raises(RejectedError) as caught:
        order_feeds.fulfillment(ORDER, parcel(*lines))
    assert caught.value.code == code


# === REFUND === #


@covers("R38", "X11")
def test_a_refund_has_a_component_for_each_part_of_an_items_price() -> None:
    state = Refund(
        "RINV/2026/0007",
        (
            line("", "10.00", restock=True),
            line("SHIPPING", "2.5"),
            line("", "1"),
            RefundedLine("2" * 14, Decimal(1), Money(Decimal("1E+2"), "EUR")),
        ),
    )
    assert text(order_feeds.adjustment(ORDER, state)) == (
        "<OrderAdjustment><AmazonOrderID>302-1234567-7654321</AmazonOrderID>"
        "<ActionType>Refund</ActionType>"
        f"<AdjustedItem><AmazonOrderItemCode>{ITEM}</AmazonOrderItemCode>"
        "<MerchantAdjustmentItemID>RINV/2026/0007-1</MerchantAdjustmentItemID>"
        "<AdjustmentReason>CustomerReturn</AdjustmentReason><ItemPriceAdjustments>"
        '<Component><Type>Principal</Type><Amount currency="EUR">11.00</Amount></Component>'
        '<Component><Type>Shipping</Type><Amount currency="EUR">2.5</Amount></Component>'
        "</ItemPriceAdjustments></AdjustedItem>"
        "<AdjustedItem><AmazonOrderItemCode>22222222222222</AmazonOrderItemCode>"
        "<MerchantAdjustmentItemID>RINV/2026/0007-2</MerchantAdjustmentItemID>"
        "<AdjustmentReason>GeneralAdjustment</AdjustmentReason><ItemPriceAdjustments>"
        '<Component><Type>Principal</Type><Amount currency="EUR">100</Amount></Component>'
        "</ItemPriceAdjustments></AdjustedItem></OrderAdjustment>"
    )


def test_goods_that_return_without_money_are_no_news() -> None:
    state = Refund("R", (line("", "0", restock=True),))
    assert order_feeds.adjustment(ORDER, state) is None
    assert order_feeds.adjustment(ORDER, Refund("R", ())) is None


def test_the_reason_is_one_of_amazons() -> None:
    found = order_feeds.adjustment(ORDER, Refund("R", (line("", "1"),), "PriceError"))
    assert "<AdjustmentReason>PriceError</AdjustmentReason>" in text(found)


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (Refund("R", (line("", "-1"),)), "bad_amount"),
        (Refund("R", (line("DELIVERY_TIP", "1"),)), "not_refundable"),
        (
            Refund(
                "R", (RefundedLine("order#DELIVERY_TIP", Decimal(1), Money(Decimal(1), "EUR")),)
            ),
            "not_refundable",
        ),
        (Refund("R", (RefundedLine(None, Decimal(1), Money(Decimal(1), "EUR")),)), "no_order_line"),
        (Refund("R", (line("", "1"), line("", "1", currency="USD"))), "wrong_currency"),
        (Refund("R", (line("", "1"),), "Because"), "bad_reason"),
    ],
)
def test_a_refund_that_cannot_be_told_is_refused_here(state: Refund, code: str) -> None:
    with pytest.raises(RejectedError) as caught:
        order_feeds.adjustment(ORDER, state)
    assert caught.value.code == code


def test_control_characters_and_half_characters_cannot_break_a_feed() -> None:
    reference = "S\x00\x0b1\ud800 \U0001f375 ]]> <b>"
    body = order_feeds.message(1, order_feeds.acknowledgement(ORDER, Acknowledgement(reference)))
    told = ElementTree.fromstring(body).findtext("OrderAcknowledgement/MerchantOrderID")
    assert told == "S1\ufffd \U0001f375 ]]> <b>"


def test_a_product_is_no_order() -> None:
    item = PushItem("1", Kind.CANCEL, ListingKey("sku"), Cancellation())
    with pytest.raises(RejectedError):
        order_feeds.order_of(item)
    order = PushItem("1", Kind.CANCEL, OrderKey(" 302 "), Cancellation())
    assert order_feeds.order_of(order) == "302"
