"""Reports, settlements, transactions and returns: files in the forms of their marketplaces."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from amazon_support import DE, REPORTS, UK, US, Amazon, AmazonControl
from support import covers, specs

SETTLEMENT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
BY_UPDATE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
BY_DATE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
RETURNS = "GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE"
FBA_RETURNS = "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA"
TRANSACTIONS = "/finances/2024-06-19/transactions"


def create(amazon: Amazon, kind: str, market: str = UK, **more: Any) -> str:
    body = {"reportType": kind, "marketplaceIds": [market], **more}
    found: str = amazon.ok("POST", f"{REPORTS}/reports", body)["reportId"]
    return found


def state(amazon: Amazon, report: str) -> dict[str, Any]:
    found: dict[str, Any] = amazon.ok("GET", f"{REPORTS}/reports/{report}")
    return found


def rows(amazon: Amazon, document: str, charset: str = "utf-8") -> list[dict[str, str]]:
    """A report file, read with the encoding that its address announces."""
    found = amazon.ok("GET", f"{REPORTS}/documents/{quote(document)}")
    answer = amazon.raw("GET", found["url"])
    assert answer.headers["content-type"] == f"text/plain; charset={charset}"
    text = amazon.download(found).decode(charset)
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def settle(
    amazon: Amazon, backstage: AmazonControl, market: str, charset: str, **more: Any
) -> list[dict[str, str]]:
    backstage.amazon("POST", "settlements", {"marketplace": market, **more})
    query = {"reportTypes": SETTLEMENT, "marketplaceIds": market}
    (report,) = amazon.ok("GET", f"{REPORTS}/reports", **query)["reports"]
    assert report["processingStatus"] == "DONE"
    return rows(amazon, report["reportDocumentId"], charset)


def amounts(found: list[dict[str, str]]) -> dict[tuple[str, str], str]:
    return {
        (row["amount-type"], row["amount-description"]): row["amount"]
        for row in found
        if row["amount-type"]
    }


# === SETTLEMENTS === #


@covers("R39", "R430")
def test_a_settlement_adds_up_with_collected_tax_and_promotions(
    amazon: Amazon, backstage: AmazonControl
) -> None:
    line = {
        "sku": "T-1",
        "quantity": 2,
        "price": "10.00",
        "shipping": "5.00",
        "gift_wrap": "3.00",
        "discount": "2.00",
        "promotion": "PLM-1",
    }
    order = backstage.order_of(marketplace=US, status="SHIPPED", lines=[line])
    found = settle(amazon, backstage, US, "utf-8")
    assert amounts(found) == {
        ("ItemPrice", "Principal"): "20.00",
        ("ItemPrice", "Tax"): "1.49",
        ("ItemPrice", "Shipping"): "5.00",
        ("ItemPrice", "ShippingTax"): "0.41",
        ("ItemPrice", "GiftWrap"): "3.00",
        ("ItemPrice", "GiftWrapTax"): "0.25",
        ("Promotion", "Principal"): "-2.00",
        ("ItemWithheldTax", "MarketplaceFacilitatorTax-Principal"): "-1.49",
        ("ItemWithheldTax", "MarketplaceFacilitatorTax-Shipping"): "-0.41",
        ("ItemWithheldTax", "MarketplaceFacilitatorTax-Other"): "-0.25",
        ("ItemFees", "Commission"): "-2.70",
    }
    summary, *lines = found
    total = sum(Decimal(row["amount"]) for row in lines)
    assert (summary["total-amount"], total) == ("23.30", Decimal("23.30"))
    assert (summary["currency"], summary["order-id"]) == ("USD", "")
    assert summary["settlement-end-date"] == "2026-11-20 12:00:00 UTC"
    assert {row["order-id"] for row in lines} == {order["id"]}
    assert {row["settlement-id"] for row in found} == {summary["settlement-id"]}
    assert lines[0]["quantity-purchased"] == "2"
    assert {row["promotion-id"] for row in lines} == {"", "PLM-1"}
    assert lines[0]["posted-date"] == "2026-11-20"


@covers("R39", "R430")
def test_a_german_settlement_has_commas_and_the_day_first(
    amazon: Amazon, backstage: AmazonControl
) -> None:
    line = {"sku": "Ä-1", "quantity": 3, "price": "1333.33"}
    order = backstage.order_of(marketplace=DE, status="SHIPPED", lines=[line])
    item = order["items"][0]["id"]
    backstage.step(order, "refund", parts={item: {"Principal": "100.10"}})
    found = settle(amazon, backstage, DE, "iso-8859-1", fees={"Subscription Fee": "39.00"})
    summary, *lines = found
    numbers = [Decimal(row["amount"].replace(",", ".")) for row in lines]
    assert summary["total-amount"] == "3272,91"
    assert sum(numbers) == Decimal("3272.91")
    assert [(row["transaction-type"], row["amount"]) for row in lines] == [
        ("Order", "3999,99"),
        ("Order", "-600,00"),
        ("Refund", "-100,10"),
        ("Refund", "15,02"),
        ("Refund", "-3,00"),
        ("other-transaction", "-39,00"),
    ]
    assert lines[0]["sku"] == "Ä-1"
    assert lines[0]["marketplace-name"] == "Amazon.de"
    assert lines[0]["posted-date"] == "20.11.2026"
    assert summary["settlement-start-date"] == "06.11.2026 12:00:00 UTC"
    assert lines[2]["adjustment-id"] == lines[3]["adjustment-id"] != ""


@covers("R39", "R430")
def test_parcels_of_one_order_settle_to_its_total(amazon: Amazon, backstage: AmazonControl) -> None:
    line = {"sku": "T-1", "quantity": 3, "price": "3.33", "shipping": "1.00", "discount": "0.50"}
    order = backstage.order_of(status="UNSHIPPED", lines=[line])
    item = order["items"][0]["id"]
    for _ in range(3):
        backstage.step(order, "ship", items={item: 1})
    found = settle(amazon, backstage, UK, "iso-8859-1")
    paid = [
        Decimal(row["amount"]) for row in found if row["amount-type"] in ("ItemPrice", "Promotion")
    ]
    assert (
        sum(paid) == Decimal("10.49") == Decimal(backstage.book()["orders"][order["id"]]["total"])
    )
    assert len({row["shipment-id"] for row in found} - {""}) == 3


def test_settlements_take_everything_once(amazon: Amazon, backstage: AmazonControl) -> None:
    backstage.order_of(status="SHIPPED")
    first = backstage.amazon("POST", "settlements", {"marketplace": UK})
    assert backstage.amazon("POST", "settlements", {"marketplace": UK}, 400) == {
        "error": "nothing was posted in this marketplace since the last settlement"
    }
    backstage.advance(3600)
    amazon.login()
    backstage.order_of(status="SHIPPED", fulfilled_by="AMAZON")
    backstage.order_of(marketplace=DE, status="SHIPPED")
    second = backstage.amazon("POST", "settlements", {"marketplace": UK})
    assert second["start"] == first["end"]
    assert len(second["transactions"]) == 1
    assert backstage.book()["settlements"] == {
        first["id"]: {"total": "8.50", "currency": "GBP"},
        second["id"]: {"total": "5.43", "currency": "GBP"},
    }


def test_mixed_orders_settle_to_the_cent(amazon: Amazon, backstage: AmazonControl) -> None:
    orders = backstage.amazon("POST", "orders", {"count": 120, "mixed": True})
    for order in orders[:30]:
        if order["status"] == "SHIPPED":
            backstage.step(order, "refund")
    for market, charset in ((UK, "iso-8859-1"), (DE, "iso-8859-1"), (US, "utf-8")):
        summary, *lines = settle(amazon, backstage, market, charset)
        numbers = [Decimal(row["amount"].replace(",", ".")) for row in lines]
        assert sum(numbers) == Decimal(summary["total-amount"].replace(",", "."))
        book = backstage.book()["orders"]
        for name in {
            row["order-id"] for row in lines if book[row["order-id"]]["status"] == "SHIPPED"
        }:
            paid = sum(
                number
                for number, row in zip(numbers, lines, strict=True)
                if row["order-id"] == name
                and row["transaction-type"] == "Order"
                and row["amount-type"] in ("ItemPrice", "Promotion")
            )
            assert paid == Decimal(book[name]["total"])


# === TRANSACTIONS === #


@covers("R430")
def test_transactions_have_the_same_amounts(amazon: Amazon, backstage: AmazonControl) -> None:
    order = backstage.order_of(marketplace=US, status="SHIPPED", shipping="1.00")
    backstage.step(order, "refund", parts={order["items"][0]["id"]: {"Principal": "4.00"}})
    query = {"postedAfter": "2026-11-01T00:00:00Z"}
    assert amazon.ok("GET", TRANSACTIONS, **query)["payload"]["transactions"] == []
    backstage.advance(121)
    shipment, refund = amazon.ok("GET", TRANSACTIONS, **query)["payload"]["transactions"]
    assert (shipment["totalAmount"], refund["totalAmount"]) == (
        {"currencyCode": "USD", "currencyAmount": 9.5},
        {"currencyCode": "USD", "currencyAmount": -3.52},
    )
    parts = {
        part["breakdownType"]: part["breakdownAmount"]["currencyAmount"]
        for group in shipment["breakdowns"]
        for part in group["breakdowns"]
    }
    assert parts == {
        "Principal": 10,
        "Tax": 0.83,
        "Shipping": 1,
        "ShippingTax": 0.08,
        "MarketplaceFacilitatorTax-Principal": -0.83,
        "MarketplaceFacilitatorTax-Shipping": -0.08,
        "Commission": -1.5,
    }
    assert sum(Decimal(str(each)) for each in parts.values()) == Decimal("9.5")
    names = {
        each["relatedIdentifierName"]: each["relatedIdentifierValue"]
        for each in refund["relatedIdentifiers"]
    }
    assert names["ORDER_ID"] == order["id"] and "REFUND_ID" in names
    settled = backstage.amazon("POST", "settlements", {"marketplace": US})
    group = {
        "relatedIdentifierName": "FINANCIAL_EVENT_GROUP_ID",
        "relatedIdentifierValue": f"group-{settled['id']}",
    }
    found = amazon.ok("GET", TRANSACTIONS, **group)["payload"]["transactions"]
    assert len(found) == 2
    total = sum(Decimal(str(each["totalAmount"]["currencyAmount"])) for each in found)
    assert total == Decimal("5.98") == Decimal(str(settled["total"]))


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"postedAfter": "2026-11-20T11:59:00Z"},
        {"postedAfter": "2026-11-02", "postedBefore": "2026-11-01"},
        {"relatedIdentifierName": "ORDER_ID"},
        {"relatedIdentifierName": "SHIPMENT_ID", "relatedIdentifierValue": "x"},
        {"postedAfter": "2026-11-01", "marketplaceId": "nowhere"},
    ],
)
def test_transactions_that_are_not_listed(amazon: Amazon, query: dict[str, str]) -> None:
    assert amazon.call("GET", TRANSACTIONS, **query).status == 400


def test_transactions_come_in_pages_and_not_over_180_days(
    amazon: Amazon, backstage: AmazonControl
) -> None:
    backstage.amazon("POST", "orders", {"count": 105, "status": "SHIPPED"})
    backstage.advance(300)
    query = {"postedAfter": "2026-11-01T00:00:00Z"}
    page = amazon.ok("GET", TRANSACTIONS, **query)["payload"]
    rest = amazon.ok("GET", TRANSACTIONS, nextToken=page["nextToken"], **query)["payload"]
    assert (len(page["transactions"]), len(rest["transactions"])) == (100, 5)
    assert "nextToken" not in rest
    long = amazon.ok("GET", TRANSACTIONS, postedAfter="2026-01-01")["payload"]
    assert long["transactions"] == []


# === ORDER REPORTS === #


@covers("R430")
def test_the_report_of_all_orders(amazon: Amazon, backstage: AmazonControl) -> None:
    line = {"sku": "T-1", "quantity": 2, "price": "10.00", "shipping": "2.00", "discount": "1.00"}
    address = {"city": "Köln"}
    shipped = backstage.order_of(marketplace=DE, status="SHIPPED", lines=[line], address=address)
    pending = backstage.order_of(marketplace=DE)
    gone = backstage.order_of(marketplace=DE, status="CANCELLED")
    backstage.order_of(status="SHIPPED")
    report = state(amazon, create(amazon, BY_UPDATE, DE))
    assert report["processingStatus"] == "DONE"
    first, second, third = rows(amazon, report["reportDocumentId"], "iso-8859-1")
    assert first["amazon-order-id"] == shipped["id"]
    assert {name: first[name] for name in ("quantity", "item-price", "shipping-price")} == {
        "quantity": "2",
        "item-price": "20.00",
        "shipping-price": "2.00",
    }
    assert (first["item-promotion-discount"], first["ship-city"]) == ("1.00", "Köln")
    assert (first["order-status"], first["fulfillment-channel"]) == ("Shipped", "Merchant")
    assert (second["amazon-order-id"], second["order-status"]) == (pending["id"], "Pending")
    assert (second["item-price"], second["currency"], second["ship-city"]) == ("", "", "")
    assert (third["amazon-order-id"], third["quantity"]) == (gone["id"], "0")
    assert third["order-status"] == "Cancelled"


@covers("R430")
def test_reports_of_a_period_take_time_and_have_their_columns(
    amazon: Amazon, backstage: AmazonControl
) -> None:
    backstage.set(report_seconds=60)
    backstage.order_of(created_at="2026-11-10T00:00:00Z")
    backstage.order_of()
    period = {"dataStartTime": "2026-11-01T00:00:00Z", "dataEndTime": "2026-11-15T00:00:00Z"}
    by_date, by_update = (create(amazon, kind, **period) for kind in (BY_DATE, BY_UPDATE))
    assert state(amazon, by_date)["processingStatus"] == "IN_QUEUE"
    backstage.advance(30)
    assert state(amazon, by_date)["processingStatus"] == "IN_PROGRESS"
    backstage.advance(30)
    found = rows(amazon, state(amazon, by_date)["reportDocumentId"], "iso-8859-1")
    assert [row["purchase-date"] for row in found] == ["2026-11-10T00:00:00+00:00"]
    columns = json.loads(specs("amazon", "report-columns.json").read_text("utf-8"))
    assert set(found[0]) == set(columns[BY_UPDATE])
    document = state(amazon, by_update)["reportDocumentId"]
    assert len(rows(amazon, document, "iso-8859-1")) == 1
    backstage.set(encoding="utf-16")
    backstage.set(report_seconds=0)
    document = state(amazon, create(amazon, BY_DATE))["reportDocumentId"]
    assert len(rows(amazon, document, "utf-16")) == 1


def test_the_columns_of_a_settlement(amazon: Amazon, backstage: AmazonControl) -> None:
    backstage.order_of(status="SHIPPED")
    found = settle(amazon, backstage, UK, "iso-8859-1")
    columns = json.loads(specs("amazon", "report-columns.json").read_text("utf-8"))
    assert list(found[0]) == columns[SETTLEMENT]


@pytest.mark.parametrize(
    "body",
    [
        {"reportType": SETTLEMENT},
        {"reportType": "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE"},
        {"reportType": "GET_V2_SETTLEMENT_REPORT_DATA_XML"},
        {"reportType": "GET_SOMETHING"},
        {"marketplaceIds": []},
        {"marketplaceIds": ["nowhere"]},
        {"dataStartTime": "2026-11-02", "dataEndTime": "2026-11-01"},
        {"dataStartTime": "yesterday"},
        {"reportOptions": "x"},
    ],
)
def test_reports_that_are_refused(amazon: Amazon, body: dict[str, Any]) -> None:
    answer = amazon.call(
        "POST", f"{REPORTS}/reports", {"reportType": BY_DATE, "marketplaceIds": [UK], **body}
    )
    assert (answer.status, answer.data["errors"][0]["code"]) == (400, "InvalidInput")


@covers("R430")
def test_removed_settlement_reports_are_not_even_listed(amazon: Amazon) -> None:
    kind = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE"
    assert amazon.call("GET", f"{REPORTS}/reports", reportTypes=kind).status == 400


def test_reports_that_fail_or_stay(amazon: Amazon, backstage: AmazonControl) -> None:
    report = create(amazon, BY_DATE, dataStartTime="2026-10-01", dataEndTime="2026-11-15")
    assert state(amazon, report)["processingStatus"] == "FATAL"
    for effect, status in (("status", "FATAL"), ("stuck", "IN_PROGRESS")):
        rule = {"effect": effect, "match": {"endpoint": "processReport"}, "times": 1}
        backstage.call("POST", "faults", rule)
        assert state(amazon, create(amazon, BY_DATE))["processingStatus"] == status
    assert state(amazon, create(amazon, RETURNS))["processingStatus"] == "CANCELLED"  # no data
    backstage.set(report_seconds=60)
    report = create(amazon, BY_DATE)
    amazon.ok("DELETE", f"{REPORTS}/reports/{report}")
    assert state(amazon, report)["processingStatus"] == "CANCELLED"
    assert amazon.call("GET", f"{REPORTS}/reports/1").status == 404


def test_reports_are_listed_in_pages(amazon: Amazon, backstage: AmazonControl) -> None:
    ids = []
    for _ in range(3):
        backstage.advance(1)
        ids.append(create(amazon, BY_DATE))
    page = amazon.ok("GET", f"{REPORTS}/reports", reportTypes=[BY_DATE, RETURNS], pageSize=2)
    rest = amazon.ok("GET", f"{REPORTS}/reports", nextToken=page["nextToken"])
    assert [each["reportId"] for each in page["reports"] + rest["reports"]] == ids[::-1]
    query = {"reportTypes": BY_DATE, "createdSince": "2026-11-20T12:00:02Z"}
    assert len(amazon.ok("GET", f"{REPORTS}/reports", **query)["reports"]) == 2
    assert amazon.call("GET", f"{REPORTS}/reports").status == 400
    (message, *_) = amazon.messages("REPORT_PROCESSING_FINISHED")
    told = message["payload"]["reportProcessingFinishedNotification"]
    assert (told["reportId"], told["processingStatus"]) == (ids[0], "DONE")


def test_a_report_with_addresses_needs_a_restricted_token(
    amazon: Amazon, backstage: AmazonControl
) -> None:
    order = backstage.order_of(status="UNSHIPPED", address={"name": "Łukasz"})
    report = state(amazon, create(amazon, "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING"))
    path = f"{REPORTS}/documents/{quote(report['reportDocumentId'])}"
    assert amazon.call("GET", path).status == 403
    body = {"restrictedResources": [{"method": "GET", "path": path}]}
    token = amazon.ok("POST", "/tokens/2021-03-01/restrictedDataToken", body)
    amazon.token = token["restrictedDataToken"]
    found = amazon.ok("GET", path)
    text = amazon.download(found).decode("iso-8859-1")
    assert order["id"] in text and "?ukasz" in text  # the encoding of the file has no Ł


# === RETURNS === #


@covers("R38", "R430")
def test_returns_to_the_seller_and_to_amazon(amazon: Amazon, backstage: AmazonControl) -> None:
    lines = [{"sku": "T-1", "quantity": 3, "price": "3.00"}]
    own = backstage.order_of(status="SHIPPED", lines=lines)
    item = own["items"][0]["id"]
    backstage.step(own, "return", items={item: 2}, reason="CR-DEFECTIVE")
    backstage.step(own, "return", items={item: 2}, expect=422)
    fba = backstage.order_of(status="SHIPPED", fulfilled_by="AMAZON")
    backstage.step(fba, "return", disposition="CUSTOMER_DAMAGED", comment="brøken\tbadly")
    document = state(amazon, create(amazon, RETURNS))["reportDocumentId"]
    (row,) = rows(amazon, document, "iso-8859-1")
    assert (row["Order ID"], row["Merchant SKU"], row["Return quantity"]) == (own["id"], "T-1", "2")
    assert (row["Return Reason"], row["Return request date"]) == ("CR-DEFECTIVE", "20-Nov-2026")
    document = state(amazon, create(amazon, FBA_RETURNS))["reportDocumentId"]
    (row,) = rows(amazon, document, "iso-8859-1")
    assert (row["order-id"], row["quantity"]) == (fba["id"], "1")
    assert row["detailed-disposition"] == "CUSTOMER_DAMAGED"
    assert row["customer-comments"] == "brøken badly"
    lines_now = backstage.book()["orders"][own["id"]]["lines"]
    assert lines_now[item]["returned"] == 2
