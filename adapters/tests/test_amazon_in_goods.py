"""Returns and goods that Amazon keeps as the suite reads them."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from amazon_in_samples import DE, STOCK, note, tsv
from marketplace_adapters.amazon import fba, notifications, returns
from marketplace_adapters.core import (
    UTC,
    InvalidError,
    ListingKey,
    ReturnedItem,
    StoredQuantity,
)
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.harness import check_neutral, mutations

# === RETURNS === #

SELLER_COLUMNS = [
    "Order ID",
    "Order date",
    "Return request date",
    "Return request status",
    "Amazon RMA ID",
    "ASIN",
    "Merchant SKU",
    "Item Name",
    "Return quantity",
    "Return Reason",
    "Return delivery date",
    "Resolution",
]
FBA_COLUMNS = [
    "return-date",
    "order-id",
    "sku",
    "asin",
    "fnsku",
    "product-name",
    "quantity",
    "fulfillment-center-id",
    "detailed-disposition",
    "reason",
    "status",
    "license-plate-number",
    "customer-comments",
]


def seller_return(**more: str) -> dict[str, str]:
    return {
        "Order ID": "302-1",
        "Return request date": "21-Nov-2026",
        "Return request status": "Approved",
        "Amazon RMA ID": "DRMA1",
        "ASIN": "B1",
        "Merchant SKU": "S-1",
        "Return quantity": "2",
        "Return Reason": "CR-DEFECTIVE",
        **more,
    }


@covers("R38", "X11")
def test_a_return_to_the_seller_is_announced_and_then_received() -> None:
    rows = [seller_return(), seller_return(**{"Merchant SKU": "S-2", "Return quantity": ""})]
    (event,) = returns.return_events(returns.SELLER_REPORT, tsv(SELLER_COLUMNS, rows))
    assert (event.topic, event.external_id) == ("return", "rma:DRMA1")
    found = returns.parse_return(event.payload)
    assert (found.external_id, found.order_id, found.received) == ("rma:DRMA1", "302-1", False)
    assert (found.stocked_by, found.raw_status) == ("seller", "Approved")
    assert found.returned_at == datetime(2026, 11, 21, tzinfo=UTC)
    assert found.items == (
        ReturnedItem(
            ListingKey("S-1", "S-1", extra={"asin": "B1"}), Decimal(2), reason="CR-DEFECTIVE"
        ),
        ReturnedItem(
            ListingKey("S-2", "S-2", extra={"asin": "B1"}), Decimal(1), reason="CR-DEFECTIVE"
        ),
    )
    back = [seller_return(**{"Return delivery date": "24-Nov-2026"})]
    (later,) = returns.return_events(returns.SELLER_REPORT, tsv(SELLER_COLUMNS, back))
    assert later.external_id == event.external_id
    assert later.revision != event.revision
    known = returns.parse_return(later.payload)
    assert (known.received, known.returned_at) == (True, datetime(2026, 11, 24, tzinfo=UTC))


@covers("R38", "X11")
def test_a_return_to_amazons_store_is_received_and_known_by_its_plate() -> None:
    unit = {
        "return-date": "2026-11-20T10:00:00+00:00",
        "order-id": "302-1",
        "sku": "S-1",
        "quantity": "1",
        "detailed-disposition": "CUSTOMER_DAMAGED",
        "reason": "DEFECTIVE",
        "status": "Unit returned to inventory",
        "customer-comments": "كسر",
    }
    rows = [
        {**unit, "license-plate-number": "LPN1"},
        {**unit, "license-plate-number": "LPN2"},
        unit,
    ]
    events = list(returns.return_events(returns.FBA_REPORT, tsv(FBA_COLUMNS, rows)))
    assert [one.external_id for one in events[:2]] == ["fba:LPN1", "fba:LPN2"]
    assert events[2].external_id.startswith("fba:302-1:")
    found = returns.parse_return(events[0].payload)
    assert (found.received, found.stocked_by, found.comment) == (True, "channel", "كسر")
    assert found.items[0].condition == "CUSTOMER_DAMAGED"
    assert "كسر" not in repr(found)


def test_reports_of_returns_without_rows_or_columns() -> None:
    assert list(returns.return_events(returns.FBA_REPORT, "")) == []
    assert list(returns.return_events(returns.FBA_REPORT, tsv(FBA_COLUMNS, []))) == []
    with pytest.raises(InvalidError, match="merchant-sku"):
        list(returns.return_events(returns.FBA_REPORT, "order-id\tquantity\n1\t2\n"))


def test_no_damage_of_a_return_gets_further_than_a_refusal() -> None:
    (event,) = returns.return_events(returns.SELLER_REPORT, tsv(SELLER_COLUMNS, [seller_return()]))
    for damaged in mutations(event.payload):
        try:
            check_neutral(returns.parse_return(damaged))
        except InvalidError:
            continue


# === STOCK === #

SUMMARY = {
    "asin": "B1",
    "fnSku": "X1",
    "sellerSku": "S-1",
    "lastUpdatedTime": "2026-11-21T09:00:00Z",
    "totalQuantity": 90,
    "inventoryDetails": {
        "fulfillableQuantity": 50,
        "inboundWorkingQuantity": 1,
        "inboundShippedQuantity": 2,
        "inboundReceivingQuantity": 3,
        "reservedQuantity": {"totalReservedQuantity": 30, "pendingCustomerOrderQuantity": 10},
        "researchingQuantity": {"totalResearchingQuantity": 2},
        "unfulfillableQuantity": {"totalUnfulfillableQuantity": 1},
    },
}
STORED = StoredQuantity(
    ListingKey("S-1", "S-1", extra={"asin": "B1", "fnsku": "X1", "fulfilment": "channel"}),
    Decimal(50),
    reserved=Decimal(30),
    inbound=Decimal(6),
    unsellable=Decimal(3),
    place=DE,
)


def test_stock_reads_the_same_from_list_notification_and_report() -> None:
    listed = fba.summary_event(SUMMARY, DE)
    assert (listed.topic, listed.external_id) == ("stored", "S-1")
    assert listed.occurred_at == datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert fba.parse_stored(listed.payload) == (STORED,)
    told = notifications.event(
        notifications.read(json.dumps(note("FBA_INVENTORY_AVAILABILITY_CHANGE", STOCK)))
    )
    assert fba.parse_stored(told.payload, DE) == (STORED,)
    assert [one.available for one in fba.parse_stored(told.payload)] == [40, 50]
    names = [
        "sku",
        "fnsku",
        "asin",
        "condition",
        "afn-fulfillable-quantity",
        "afn-unsellable-quantity",
        "afn-reserved-quantity",
        "afn-inbound-working-quantity",
        "afn-inbound-shipped-quantity",
        "afn-inbound-receiving-quantity",
        "afn-researching-quantity",
        "product-name",
    ]
    values = ["S-1", "X1", "B1", "New", "50", "1", "30", "1", "2", "3", "2", "قميص"]
    text = tsv(names, [dict(zip(names, values, strict=True))])
    (row,) = fba.report_events(text, DE, "2026-11-21T09:00:00Z")
    assert fba.parse_stored(row.payload) == (STORED,)
    assert row.occurred_at == listed.occurred_at


def test_stock_that_cannot_be_read_is_refused() -> None:
    for damaged in mutations(fba.summary_event(SUMMARY, DE).payload):
        try:
            check_neutral(fba.parse_stored(damaged))
        except InvalidError:
            continue
    broken: Any = {**SUMMARY, "inventoryDetails": {"fulfillableQuantity": -1}}
    with pytest.raises(InvalidError, match="fulfillableQuantity"):
        fba.parse_stored(fba.summary_event(broken, DE).payload)
    with pytest.raises(InvalidError, match="'sku'"):
        list(fba.report_events("a\n1\n", DE, ""))
