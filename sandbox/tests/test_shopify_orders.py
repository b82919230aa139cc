"""Shopify orders: placed, read in pages, edited, cancelled, drafted; their money to the cent."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from shopify_sales_support import Counter, Shop, gid, moved, stock
from support import covers

from marketplace_sandbox import SandboxServer
from marketplace_sandbox.shopify.room import ShopifyRoom

BAG = "{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"
PAGE = """query($first: Int!, $after: String, $query: String, $key: OrderSortKeys) {
  orders(first: $first, after: $after, query: $query, sortKey: $key) {
    pageInfo { hasNextPage endCursor } nodes { id name updatedAt } } }"""


def presentment(order: dict[str, Any], name: str) -> str:
    return str(order[name]["presentmentMoney"]["amount"])


# === PLACING === #


@covers("R360", "R361", "R430")
def test_an_order_commits_stock_and_says_what_it_costs(shop: Shop, counter: Counter) -> None:
    before = stock(shop, "COL-330")
    order = counter.place(shipping="4.90")
    assert moved(before, stock(shop, "COL-330")) == (-2, 2, 0)
    assert counter.reservations()["7001"]["COL-330"] == 2 + 6  # six of the demo order
    found = shop.order(
        order["id"],
        f"name test currentTotalPriceSet {BAG} currentTotalTaxSet {BAG} taxesIncluded "
        f"displayFinancialStatus displayFulfillmentStatus totalReceivedSet {BAG} "
        f"lineItems(first: 5) {{ nodes {{ sku quantity currentQuantity unfulfilledQuantity "
        f"originalUnitPriceSet {BAG} taxLines {{ title rate priceSet {BAG} }} }} }}",
    )
    assert found["name"] == order["name"]
    assert presentment(found, "currentTotalPriceSet") == "24.9"  # as Shopify writes decimals
    assert presentment(found, "currentTotalTaxSet") == "3.97"  # 3.19 + 0.78, each rounded
    assert presentment(found, "totalReceivedSet") == "24.9"
    assert found["displayFinancialStatus"] == "PAID"
    assert found["displayFulfillmentStatus"] == "UNFULFILLED"
    (line,) = found["lineItems"]["nodes"]
    assert (line["sku"], line["quantity"], line["currentQuantity"]) == ("COL-330", 2, 2)
    assert line["unfulfilledQuantity"] == 2
    (tax,) = line["taxLines"]
    assert (tax["title"], tax["rate"]) == ("MwSt", 0.19)
    assert tax["priceSet"]["shopMoney"] == {"amount": "3.19", "currencyCode": "EUR"}


@covers("R361", "R430")
def test_discounts_fall_on_lines_to_the_cent_in_both_currencies(counter: Counter) -> None:
    order = counter.place(
        currency="USD",
        country="US",
        lines=[
            {"sku": "COL-330", "quantity": 3, "price": "0.99"},
            {"sku": "WTR-600", "quantity": 1, "price": "10.00"},
        ],
        discounts=[
            {"code": "TAKE", "type": "fixed_amount", "value": "1.00"},
            {"kind": "automatic", "title": "Ten", "type": "percentage", "value": "10"},
        ],
    )
    first, second = order["lines"]
    taken = [
        [each["amount"]["presentment"] for each in line["discounts"]] for line in (first, second)
    ]
    assert taken == [[0.23, 0.27], [0.77, 0.92]]  # 1.00 by weight, then 10 % of the rest
    book = counter.book(order)
    assert book["discounts"]["presentment"] == "2.19"
    assert book["subtotal"]["presentment"] == "10.78"  # 12.97 − 2.19
    assert book["tax"]["presentment"] == "1.02"  # on top: 9.5 % of 2.47 and of 8.31, each rounded
    assert book["total"]["presentment"] == "11.80"
    rows = [row["net"]["shop"] for row in book["lines"].values()]
    assert sum(map(Decimal, rows)) == Decimal(book["subtotal"]["shop"])
    assert Decimal(book["subtotal"]["shop"]) + Decimal(book["tax"]["shop"]) == Decimal(
        book["total"]["shop"]
    )


@covers("R361", "R430")
def test_tips_duties_fees_and_gift_cards_are_part_of_the_total(
    shop: Shop, counter: Counter
) -> None:
    order = counter.place(
        currency="USD",
        country="US",
        tax_rates=[],
        tip="2.50",
        fees=[{"name": "Deposit", "amount": "1.25"}],
        lines=[{"sku": "COL-330", "quantity": 2, "price": "10.00", "duty": "3.30"}],
        gift_card="25.00",
        gateway="gift_card:10.00",
    )
    found = shop.order(
        order["id"],
        f"totalPriceSet {BAG} totalTipReceivedSet {BAG} currentTotalDutiesSet {BAG} "
        f"currentTotalAdditionalFeesSet {BAG} currentSubtotalPriceSet {BAG} "
        f"additionalFees {{ name price {BAG} }} paymentGatewayNames "
        f"transactions {{ kind status gateway amountSet {BAG} }} "
        f"lineItems(first: 9) {{ nodes {{ title isGiftCard requiresShipping "
        f"duties {{ price {BAG} }} currentQuantity unfulfilledQuantity }} }}",
    )
    sums = ("totalPriceSet", "totalTipReceivedSet", "currentTotalDutiesSet")
    assert [presentment(found, name) for name in sums] == ["52.05", "2.5", "3.3"]
    assert presentment(found, "currentTotalAdditionalFeesSet") == "1.25"
    assert presentment(found, "currentSubtotalPriceSet") == "45.0"
    assert found["additionalFees"][0]["name"] == "Deposit"
    paid = [(e["gateway"], presentment(e, "amountSet")) for e in found["transactions"]]
    assert paid == [("gift_card", "10.0"), ("shopify_payments", "42.05")]
    cola, card, tip = found["lineItems"]["nodes"]
    assert presentment(cola["duties"][0], "price") == "3.3"
    assert (card["isGiftCard"], card["requiresShipping"]) == (True, False)
    assert card["unfulfilledQuantity"] == 0  # the shop sends what was paid by itself
    assert (tip["title"], tip["unfulfilledQuantity"]) == ("Tip", 0)


@covers("R361", "R430")
def test_company_counter_risk_and_test_orders(shop: Shop, counter: Counter) -> None:
    order = counter.place(
        company="Süd AG", po_number="PO-1", test=True, risk="high", tags=["b", "a"],
        note_attributes={"Gruß": "مرحبا"}, metafields={"custom.source": "fair"},
    )  # fmt: skip
    found = shop.order(
        order["id"],
        """test tags poNumber customAttributes { key value } purchasingEntity { ... on
        PurchasingCompany { company { name } location { name } contact { customer { id } } } }
        risk { recommendation assessments { riskLevel facts { sentiment } } }
        metafield(namespace: "custom", key: "source") { value }""",
    )
    assert (found["test"], found["tags"], found["poNumber"]) == (True, ["a", "b"], "PO-1")
    assert found["customAttributes"] == [{"key": "Gruß", "value": "مرحبا"}]
    assert found["purchasingEntity"]["company"]["name"] == "Süd AG"
    assert found["purchasingEntity"]["contact"]["customer"]["id"] == gid(
        "Customer", order["customer"]
    )
    assert found["risk"]["recommendation"] == "CANCEL"
    assert found["risk"]["assessments"][0]["riskLevel"] == "HIGH"
    assert found["metafield"]["value"] == "fair"
    sold = counter.place(source="pos", location=7002)
    there = shop.order(
        sold["id"],
        "retailLocation { id } sourceName displayFulfillmentStatus shippingAddress { id }",
    )
    assert there["retailLocation"]["id"] == gid("Location", 7002)
    assert (there["sourceName"], there["displayFulfillmentStatus"]) == ("pos", "FULFILLED")
    assert there["shippingAddress"] is None


# === READING === #


@covers("R361", "R430")
def test_pages_go_on_where_they_were_while_orders_change(shop: Shop, counter: Counter) -> None:
    counter.call("POST", "clock", {"mode": "frozen", "at": "2026-11-20T12:00:00Z"})
    placed = [counter.place() for _ in range(5)]
    since = {"query": "updated_at:>='2026-11-20T12:00:00Z' AND updated_at:<'2026-11-21'",
             "key": "UPDATED_AT"}  # fmt: skip
    page = shop.ask(PAGE, first=2, **since)["orders"]
    seen = [each["id"] for each in page["nodes"]]
    counter.call("POST", "clock", {"advance": 60})
    counter.step(placed[0], "change", note="again")
    while page["pageInfo"]["hasNextPage"]:
        page = shop.ask(PAGE, first=2, after=page["pageInfo"]["endCursor"], **since)["orders"]
        seen += [each["id"] for each in page["nodes"]]
    numbers = [gid("Order", each["id"]) for each in placed]
    assert seen == [*numbers, numbers[0]]  # the changed one comes once more, none is missed
    counter.call("DELETE", "clock")


@covers("R361", "R430")
def test_orders_are_found_by_what_they_are(shop: Shop, counter: Counter) -> None:
    paid = counter.place(tags=["red"])
    waiting = counter.place(payment="pending", tags=["red"], test=True)
    sold = counter.place(source="pos")

    def found(query: str) -> list[str]:
        return [each["id"] for each in shop.ask(PAGE, first=50, query=query)["orders"]["nodes"]]

    both = [gid("Order", paid["id"]), gid("Order", waiting["id"])]
    assert sorted(found("tag:red")) == both
    assert found("tag:red financial_status:pending") == [both[1]]
    assert found("tag:red AND test:false") == [both[0]]
    assert gid("Order", sold["id"]) in found("source_name:pos fulfillment_status:shipped")
    assert found(f"name:{paid['name']}") == [both[0]]
    assert found(f"id:{paid['id']} OR id:{waiting['id']}") == both


# === CHANGING === #

BEGIN = """mutation($id: ID!) { orderEditBegin(id: $id) { calculatedOrder { id }
  userErrors { message } } }"""
QUANTITY = (
    "mutation($id: ID!, $line: ID!, $n: Int!) { orderEditSetQuantity(id: $id, lineItemId: $line,"
    " quantity: $n, restock: true) { calculatedOrder { totalPriceSet "
    + BAG
    + " } userErrors { message } } }"
)
VARIANT = """mutation($id: ID!, $variant: ID!, $n: Int!) { orderEditAddVariant(id: $id,
  variantId: $variant, quantity: $n) { calculatedLineItem { id } userErrors { message } } }"""
COMMIT = (
    "mutation($id: ID!) { orderEditCommit(id: $id) { order { edited } userErrors { message } } }"
)


@covers("R361", "R430")
def test_an_edit_is_staged_and_changes_nothing_before_its_commit(
    shop: Shop, counter: Counter
) -> None:
    before, tea = stock(shop, "COL-330"), stock(shop, "TEA-100")
    order = counter.place()
    line = order["lines"][0]["id"]
    edit = shop.do(BEGIN, id=gid("Order", order["id"]))["calculatedOrder"]["id"]
    preview = shop.do(QUANTITY, id=edit, line=gid("CalculatedLineItem", line), n=1)
    assert presentment(preview["calculatedOrder"], "totalPriceSet") == "10.0"
    shop.do(VARIANT, id=edit, variant=gid("ProductVariant", 40005), n=2)
    assert counter.book(order)["total"]["presentment"] == "20.00"
    assert shop.do(COMMIT, id=edit)["order"]["edited"] is True
    book = counter.book(order)
    assert book["total"]["presentment"] == "20.90"  # 10.00 + 2 × 5.45
    assert book["outstanding"]["presentment"] == "0.90"
    assert book["financial_status"] == "PARTIALLY_PAID"
    rows = [(row["sku"], row["quantity"], row["current"]) for row in book["lines"].values()]
    assert rows == [("COL-330", 2, 1), ("TEA-100", 2, 2)]
    assert moved(before, stock(shop, "COL-330")) == (-1, 1, 0)
    assert moved(tea, stock(shop, "TEA-100")) == (-2, 2, 0)
    assert "does not exist" in shop.refused(COMMIT, id=edit)


@covers("R361", "R430")
def test_what_was_sent_cannot_be_edited_away(shop: Shop, counter: Counter) -> None:
    order = counter.place()
    line = order["lines"][0]["id"]
    counter.step(order, "fulfil", items={line: 1})
    edit = shop.do(BEGIN, id=gid("Order", order["id"]))["calculatedOrder"]["id"]
    text = shop.refused(QUANTITY, id=edit, line=gid("CalculatedLineItem", line), n=0)
    assert text == "Quantity can't be below what was fulfilled."
    assert counter.book(order)["lines"][str(line)]["current"] == 2


CANCEL = """mutation($id: ID!, $restock: Boolean!, $refund: Boolean!) { orderCancel(orderId: $id,
  reason: INVENTORY, restock: $restock, refundMethod: {originalPaymentMethodsRefund: $refund},
  notifyCustomer: false, staffNote: "late") { job { id done }
  orderCancelUserErrors { code message } } }"""


@covers("R361", "R430")
def test_cancelling_is_a_job_and_cannot_be_taken_back(shop: Shop, counter: Counter) -> None:
    counter.shop("POST", "sales-settings", {"job_seconds": 30})
    counter.call("POST", "clock", {"mode": "frozen", "at": "2026-11-20T12:00:00Z"})
    before = stock(shop, "COL-330")
    order = counter.place(shipping="4.90")
    found = shop.ask(CANCEL, id=gid("Order", order["id"]), restock=True, refund=True)["orderCancel"]
    assert found["job"]["done"] is False
    job = "query($id: ID!) { job(id: $id) { done } }"
    assert shop.ask(job, id=found["job"]["id"])["job"]["done"] is False
    assert counter.book(order)["cancelled"] is False
    twice = shop.ask(CANCEL, id=gid("Order", order["id"]), restock=True, refund=True)["orderCancel"]
    assert twice["job"] is None and twice["orderCancelUserErrors"][0]["code"] == "INVALID"
    counter.call("POST", "clock", {"advance": 31})
    assert shop.ask(job, id=found["job"]["id"])["job"]["done"] is True
    book = counter.book(order)
    assert (book["cancelled"], book["cancel_reason"]) == (True, "INVENTORY")
    assert (book["financial_status"], book["fulfillment_status"]) == ("REFUNDED", "RESTOCKED")
    assert (book["total"]["presentment"], book["refunded"]["presentment"]) == ("0.00", "24.90")
    assert stock(shop, "COL-330") == before
    counter.step(order, "edit", expect=422, quantities={str(order["lines"][0]["id"]): 5})
    counter.shop("POST", "sales-settings", {"job_seconds": 0})
    counter.call("DELETE", "clock")


@covers("R361", "R430")
def test_cancelling_without_restock_loses_the_pieces(shop: Shop, counter: Counter) -> None:
    before = stock(shop, "COL-330")
    order = counter.place(payment="authorized")
    shop.ask(CANCEL, id=gid("Order", order["id"]), restock=False, refund=False)
    book = counter.book(order)
    assert (book["cancelled"], book["financial_status"]) == (True, "VOIDED")
    assert moved(before, stock(shop, "COL-330")) == (-2, 0, -2)
    sent = counter.place()
    counter.step(sent, "fulfil")
    found = shop.ask(CANCEL, id=gid("Order", sent["id"]), restock=True, refund=True)["orderCancel"]
    assert found["orderCancelUserErrors"][0]["code"] == "INVALID"
    unknown = shop.ask(CANCEL, id=gid("Order", 1), restock=True, refund=True)["orderCancel"]
    assert unknown["orderCancelUserErrors"][0]["code"] == "NOT_FOUND"


@covers("R353")
def test_our_reference_is_kept_on_the_order(shop: Shop, counter: Counter) -> None:
    order = counter.place(tags=["old"])
    shop.ask(
        """mutation($id: ID!, $fields: [MetafieldsSetInput!]!) {
          tagsAdd(id: $id, tags: ["Odoo"]) { userErrors { message } }
          metafieldsSet(metafields: $fields) { userErrors { message } } }""",
        id=gid("Order", order["id"]),
        fields=[
            {
                "ownerId": gid("Order", order["id"]), "namespace": "odoo", "key": "reference",
                "type": "single_line_text_field", "value": "S00042",
            }
        ],
    )  # fmt: skip
    book = counter.book(order)
    assert (book["reference"], book["tags"]) == ("S00042", ["Odoo", "old"])
    shop.do(
        """mutation($i: OrderInput!) { orderUpdate(input: $i) { order { id }
          userErrors { message } } }""",
        i={"id": gid("Order", order["id"]), "note": "ö", "poNumber": "7"},
    )
    book = counter.book(order)
    assert (book["note"], book["po_number"], book["tags"]) == ("ö", "7", ["Odoo", "old"])


# === DRAFTS === #


@covers("R361", "R430")
def test_a_draft_takes_no_stock_until_it_is_completed(shop: Shop, counter: Counter) -> None:
    before = stock(shop, "COL-330")
    draft = shop.do(
        """mutation($i: DraftOrderInput!) { draftOrderCreate(input: $i) { draftOrder { id status
          totalPriceSet { presentmentMoney { amount } } order { id } }
          userErrors { message } } }""",
        i={
            "lineItems": [
                {"variantId": gid("ProductVariant", 40001), "quantity": 3},
                {"title": "Engraving", "quantity": 1,
                 "originalUnitPriceWithCurrency": {"amount": "5.00", "currencyCode": "EUR"}},
            ],
            "note": "call first",
        },
    )["draftOrder"]  # fmt: skip
    assert (draft["status"], draft["order"]) == ("OPEN", None)
    assert draft["totalPriceSet"]["presentmentMoney"]["amount"] == "10.37"  # 3 × 1.79 + 5.00
    assert stock(shop, "COL-330") == before
    complete = """mutation($id: ID!) { draftOrderComplete(id: $id) { draftOrder { status
      order { id name sourceName } } userErrors { message } } }"""
    done = shop.do(complete, id=draft["id"])["draftOrder"]
    assert (done["status"], done["order"]["sourceName"]) == ("COMPLETED", "shopify_draft_order")
    assert moved(before, stock(shop, "COL-330")) == (-3, 3, 0)
    assert shop.refused(complete, id=draft["id"]) == "This order has been paid"


# === MANY === #


@covers("R431", "R432")
def test_mixed_orders_are_the_same_in_every_run_and_all_add_up(counter: Counter) -> None:
    counter.shop("POST", "orders", {"count": 70, "mixed": True})
    counter.shop("POST", "life", {"count": 70})
    first = counter.shop("GET", "book")["orders"]
    for order in first.values():
        for word in ("shop", "presentment"):
            parts = ("subtotal", "shipping", "tips", "duties", "fees")
            names = parts if order["taxes_included"] else (*parts, "tax")
            total = sum(Decimal(order[name][word]) for name in names)
            assert total == Decimal(order["total"][word]), order["name"]
            net = sum(Decimal(row["net"][word]) for row in order["lines"].values())
            assert net == Decimal(order["subtotal"][word]) + Decimal(order["tips"][word])
    states = {order["financial_status"] for order in first.values()}
    assert {"PAID", "PENDING", "AUTHORIZED", "REFUNDED", "PARTIALLY_REFUNDED", "VOIDED"} <= states
    counter.call("POST", "reset", {"seed": "demo"})
    counter.shop("POST", "orders", {"count": 70, "mixed": True})
    counter.shop("POST", "life", {"count": 70})
    second = counter.shop("GET", "book")["orders"]
    for rows in (first, second):
        for order in rows.values():
            order.pop("created_at"), order.pop("updated_at")
    assert first == second


def test_nothing_is_placed_when_one_of_a_list_is_refused(counter: Counter) -> None:
    before = counter.shop("GET", "book")["orders"]
    counter.shop("POST", "orders", [{}, {"lines": [{"sku": "NOT-THERE"}]}], expect=400)
    counter.shop("POST", "orders", [{}, {"surprise": 1}], expect=400)
    assert counter.shop("GET", "book")["orders"] == before


def test_orders_survive_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.db"
    with SandboxServer(seed="demo", state=state) as server:
        client = Counter(server.url)
        client.shop("POST", "orders", {"count": 30, "mixed": True})
        before = client.shop("GET", "book")
        client.close()
    with SandboxServer(state=state) as server:
        client = Counter(server.url)
        after = client.shop("GET", "book")
        order = client.place()
        client.close()
    assert after["orders"] == before["orders"]
    assert str(order["id"]) not in before["orders"]


@covers("R353", "R361")
def test_old_orders_need_a_scope_of_their_own(shop: Shop, counter: Counter) -> None:
    counter.call("POST", "clock", {"mode": "frozen", "at": "2026-11-20T12:00:00Z"})
    old = counter.place(created_at="2026-09-20T12:00:00Z", tags=["old"])
    young = counter.place(created_at="2026-09-22T12:00:00Z", tags=["old"])

    def seen() -> list[str]:
        found = shop.ask(PAGE, first=9, query="tag:old", key="CREATED_AT")["orders"]["nodes"]
        return [each["name"] for each in found]

    assert seen() == [old["name"], young["name"]]
    scopes = counter.shop("GET", "settings")["scopes"]
    scopes = [each for each in scopes if each != "read_all_orders"]
    counter.shop("POST", "settings", {"scopes": scopes})
    assert seen() == [young["name"]]
    assert shop.order(old["id"], "name") is None
    counter.call("DELETE", "clock")


@covers("R356")
def test_orders_come_in_bulk_with_their_lines(shop: Shop, counter: Counter) -> None:
    order = counter.place(lines=[{"sku": "COL-330"}, {"sku": "TEA-100"}], tags=["bulk"])
    query = """{ orders(query: "tag:bulk") { edges { node { id name
      lineItems { edges { node { id sku } } } } } } }"""
    run = """mutation($q: String!) { bulkOperationRunQuery(query: $q) { bulkOperation { id }
      userErrors { message } } }"""
    made = shop.do(run, q=query)["bulkOperation"]["id"]
    counter.shop(
        "GET", f"wait?bulk={made.rsplit('/', 1)[1]}&field=status&value=COMPLETED&timeout=9"
    )
    found = shop.ask(
        "query($id: ID!) { bulkOperation(id: $id) { status objectCount url } }", id=made
    )["bulkOperation"]
    assert (found["status"], found["objectCount"]) == ("COMPLETED", "3")
    text = shop.send("GET", found["url"].split(shop.host, 1)[1]).body.decode()
    rows = [json.loads(row) for row in text.splitlines()]
    parent = gid("Order", order["id"])
    assert rows[0] == {"id": parent, "name": order["name"]}
    assert [(row["sku"], row["__parentId"]) for row in rows[1:]] == [
        ("COL-330", parent), ("TEA-100", parent),
    ]  # fmt: skip


@covers("R360", "R432")
def test_after_much_life_stock_and_orders_still_agree(
    sandbox: SandboxServer, counter: Counter
) -> None:
    counter.shop("POST", "orders", {"count": 60, "mixed": True})
    counter.shop("POST", "life", {"count": 120})
    book = counter.shop("GET", "book")
    room = sandbox.rooms["shopify"]
    assert isinstance(room, ShopifyRoom)
    committed = {
        (place, item.sku): level["committed"]
        for item in room.catalogue.items.values()
        for place, level in item.levels.items()
        if level.get("committed")
    }
    reserved = {
        (place, sku): pieces
        for place, rows in book["reservations"].items()
        for sku, pieces in rows.items()
    }
    assert committed == reserved
    for order in book["orders"].values():
        if order["cancelled"]:
            assert order["outstanding"] == {"shop": "0.00", "presentment": "0.00"}, order["name"]
        for number, line in order["lines"].items():
            sent = sum(
                parcel["items"].get(number, 0)
                for parcel in order["fulfillments"].values()
                if parcel["status"] == "SUCCESS"
            )
            assert sent == line["fulfilled"]
            assert line["current"] == line["quantity"] - line["removed"] - line["refunded"]
