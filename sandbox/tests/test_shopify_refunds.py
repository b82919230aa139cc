"""Refunds and returns: what they are worth, what comes back to the shelf, what is refused."""

from __future__ import annotations

from typing import Any

from shopify_sales_support import FLOOR, MAIN, Counter, Shop, gid, key, moved, stock
from support import covers

BAG = "{ shopMoney { amount } presentmentMoney { amount } }"
REFUND = """mutation($i: RefundInput!, $key: String!) { refundCreate(input: $i)
  @idempotent(key: $key) { refund { id note totalRefundedSet %s
  orderAdjustments(first: 5) { nodes { amountSet %s reason } }
  refundLineItems(first: 9) { nodes { quantity restockType location { id } subtotalSet %s
    totalTaxSet %s lineItem { id currentQuantity } } }
  refundShippingLines(first: 5) { nodes { subtotalAmountSet %s taxAmountSet %s } } }
  order { id } userErrors { field message } } }""" % ((BAG,) * 6)


def amount(bag: dict[str, Any]) -> str:
    return str(bag["presentmentMoney"]["amount"])


def refund_of(order: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"orderId": gid("Order", order["id"]), **members}


def line(order: dict[str, Any], quantity: int, restock: str = "NO_RESTOCK", **more: Any) -> Any:
    identifier = gid("LineItem", order["lines"][0]["id"])
    return {"lineItemId": identifier, "quantity": quantity, "restockType": restock, **more}


def money(shop: Shop, order: dict[str, Any], value: str) -> list[dict[str, Any]]:
    """The transactions of a refund through the first payment."""
    found = shop.order(order["id"], "transactions(first: 1) { id gateway }")["transactions"][0]
    return [
        {"orderId": gid("Order", order["id"]), "kind": "REFUND", "amount": value,
         "gateway": found["gateway"], "parentId": found["id"]}
    ]  # fmt: skip


# === REFUNDS === #


@covers("R353", "R430")
def test_a_refund_needs_a_key_and_the_same_key_pays_once(shop: Shop, counter: Counter) -> None:
    order = counter.place()
    given = refund_of(
        order, refundLineItems=[line(order, 1)], transactions=money(shop, order, "10")
    )
    bare = """mutation($i: RefundInput!) { refundCreate(input: $i) { refund { id }
      userErrors { message } } }"""
    assert "@idempotent" in shop.errors(bare, i=given)[0]["message"]
    assert counter.book(order)["refunds"] == {}
    once = key()
    first = shop.do(REFUND, i=given, key=once)
    assert shop.do(REFUND, i=given, key=once) == first
    assert counter.book(order)["refunded"]["presentment"] == "10.00"
    shop.do(REFUND, i=given, key=key())
    assert counter.book(order)["financial_status"] == "REFUNDED"
    other = {**given, "note": "another"}
    (payload,) = shop.ask(REFUND, i=other, key=once).values()
    assert payload["userErrors"]  # the key was for something else
    assert len(counter.book(order)["refunds"]) == 2


@covers("R360", "R430")
def test_restock_types_say_what_becomes_of_the_pieces(shop: Shop, counter: Counter) -> None:
    before, floor = stock(shop, "COL-330"), stock(shop, "COL-330", FLOOR)
    order = counter.place(lines=[{"sku": "COL-330", "quantity": 4, "price": "10.00"}])
    counter.step(order, "fulfil", items={order["lines"][0]["id"]: 2})
    assert moved(before, stock(shop, "COL-330")) == (-4, 2, -2)

    def refund(*parts: Any) -> Any:
        return shop.do(REFUND, i=refund_of(order, refundLineItems=list(parts)), key=key())

    refund(line(order, 1, "CANCEL"))
    assert moved(before, stock(shop, "COL-330")) == (-3, 1, -2)
    refund(line(order, 1, "RETURN", locationId=FLOOR))
    assert moved(floor, stock(shop, "COL-330", FLOOR)) == (1, 0, 1)
    refund(line(order, 1))
    assert moved(before, stock(shop, "COL-330")) == (-3, 1, -2)
    (row,) = counter.book(order)["lines"].values()
    assert (row["quantity"], row["current"], row["refunded"], row["cancelled"]) == (4, 1, 3, 1)
    assert sum(counter.book(order)["fulfillment_orders"].popitem()[1]["remaining"].values()) == 1


@covers("R353", "R430")
def test_restocking_what_cannot_be_is_refused(shop: Shop, counter: Counter) -> None:
    order = counter.place()

    def refused(*parts: Any, **more: Any) -> str:
        given = refund_of(order, refundLineItems=list(parts), **more)
        return shop.refused(REFUND, i=given, key=key())

    assert "return for unfulfilled" in refused(line(order, 1, "RETURN", locationId=MAIN))
    assert refused(line(order, 3)) == "Quantity cannot refund more items than were purchased"
    assert refused(line(order, 1), line(order, 2)) == (
        "Quantity cannot refund more items than were purchased"
    )
    counter.step(order, "fulfil")
    assert "cancel for fulfilled" in refused(line(order, 1, "CANCEL"))
    assert refused(line(order, 1, "RETURN")) == "Location must be specified."
    too_much = money(shop, order, "20.01")
    assert "exceeds the amount paid" in refused(line(order, 1), transactions=too_much)
    assert counter.book(order)["refunds"] == {}


@covers("R353", "R430")
def test_duties_go_back_with_their_pieces(shop: Shop, counter: Counter) -> None:
    order = counter.place(
        tax_rates=[], lines=[{"sku": "COL-330", "quantity": 2, "price": "10.00", "duty": "1.01"}]
    )
    assert counter.book(order)["total"]["presentment"] == "21.01"
    given = refund_of(order, refundLineItems=[line(order, 1)])
    given["transactions"] = money(shop, order, "10.50")
    assert shop.do(REFUND, i=given, key=key())["refund"]["orderAdjustments"]["nodes"] == []
    (refund,) = counter.payload(order)["refunds"]
    assert refund["total_duties_set"]["shop_money"]["amount"] == "0.50"
    assert refund["duties"][0]["duty_id"] == order["lines"][0]["duties"][0]["id"]
    book = counter.book(order)
    assert (book["duties"]["shop"], book["total"]["shop"]) == ("0.51", "10.51")


@covers("R353", "R430")
def test_over_refunding_must_be_allowed(shop: Shop, counter: Counter) -> None:
    order = counter.place()
    given = refund_of(
        order, refundLineItems=[line(order, 2)], transactions=money(shop, order, "25"),
        allowOverRefunding=True,
    )  # fmt: skip
    found = shop.do(REFUND, i=given, key=key())["refund"]
    (rest,) = found["orderAdjustments"]["nodes"]
    assert (amount(found["totalRefundedSet"]), amount(rest["amountSet"])) == ("25.0", "-5.0")
    book = counter.book(order)
    assert (book["outstanding"]["presentment"], book["total"]["presentment"]) == ("0.00", "0.00")


@covers("R353", "R430")
def test_shipping_and_free_amounts(shop: Shop, counter: Counter) -> None:
    order = counter.place(shipping="11.90")
    given = refund_of(order, shipping={"amount": "4.76"}, transactions=money(shop, order, "4.76"))
    found = shop.do(REFUND, i=given, key=key())["refund"]
    (row,) = found["refundShippingLines"]["nodes"]
    assert (amount(row["subtotalAmountSet"]), amount(row["taxAmountSet"])) == ("4.76", "0.76")
    assert found["orderAdjustments"]["nodes"] == []
    kind = refund_of(order, transactions=money(shop, order, "1.50"), note="sorry",
                     discrepancyReason="CUSTOMER")  # fmt: skip
    found = shop.do(REFUND, i=kind, key=key())["refund"]
    (rest,) = found["orderAdjustments"]["nodes"]
    assert (amount(rest["amountSet"]), rest["reason"], found["note"]) == (
        "-1.5",
        "CUSTOMER",
        "sorry",
    )
    shop.do(REFUND, i=refund_of(order, shipping={"fullRefund": True}), key=key())
    book = counter.book(order)
    assert (book["shipping"]["presentment"], book["total"]["presentment"]) == ("0.00", "20.00")
    assert book["refunded"]["presentment"] == "6.26"
    assert book["sold_total"]["presentment"] == "31.90"
    more = refund_of(order, shipping={"amount": "0.01"})
    assert "exceeds the refundable" in shop.refused(REFUND, i=more, key=key())


@covers("R353", "R430")
def test_refunding_piece_by_piece_gives_back_exactly_what_was_paid(
    shop: Shop, counter: Counter
) -> None:
    order = counter.place(
        currency="USD",
        country="US",
        lines=[{"sku": "COL-330", "quantity": 3, "price": "3.33"}],
        discounts=[{"code": "ONE", "type": "fixed_amount", "value": "1.00"}],
    )
    assert counter.book(order)["total"]["presentment"] == "9.84"  # 8.99 + 0.65 + 0.20
    lost = refund_of(order, refundLineItems=[line(order, 1)])
    text = shop.refused(REFUND, i=lost, key=key())
    assert text == "Currency is required for multi-currency orders."
    parts = []
    for _ in range(3):
        given = refund_of(order, refundLineItems=[line(order, 1)], currency="USD")
        suggested = shop.order(
            order["id"],
            f"""suggestedRefund(refundLineItems: [{{lineItemId: "{line(order, 1)["lineItemId"]}",
            quantity: 1}}]) {{ amountSet {BAG} }}""",
        )["suggestedRefund"]
        worth = amount(suggested["amountSet"])
        found = shop.do(REFUND, i={**given, "transactions": money(shop, order, worth)}, key=key())
        assert found["refund"]["orderAdjustments"]["nodes"] == []
        parts.append(worth)
    assert parts == ["3.28", "3.29", "3.27"] or sum(map(float, parts)) == 9.84
    book = counter.book(order)
    assert (book["refunded"], book["received"]) == (book["received"], book["received"])
    assert book["outstanding"] == {"shop": "0.00", "presentment": "0.00"}
    assert book["financial_status"] == "REFUNDED"


@covers("R353", "R430")
def test_what_was_not_paid_yet_is_not_paid_back(shop: Shop, counter: Counter) -> None:
    waiting = counter.place(payment="pending")
    made = shop.do(REFUND, i=refund_of(waiting, refundLineItems=[line(waiting, 1)]), key=key())
    assert made["refund"]["orderAdjustments"]["nodes"] == []
    book = counter.book(waiting)
    assert (book["total"]["shop"], book["outstanding"]["shop"]) == ("10.00", "10.00")
    half = counter.place(payment="partially_paid")
    counter.step(half, "cancel")
    book = counter.book(half)
    assert (book["refunded"]["shop"], book["outstanding"]["shop"]) == ("10.00", "0.00")
    kept = counter.place()
    counter.step(kept, "cancel", refund=False)
    book = counter.book(kept)
    assert (book["financial_status"], book["outstanding"]["shop"]) == ("PAID", "0.00")
    edited = counter.place()
    counter.step(edited, "edit", quantities={str(edited["lines"][0]["id"]): 1})
    assert counter.book(edited)["outstanding"]["shop"] == "-10.00"
    found = shop.do(REFUND, i=refund_of(edited, transactions=money(shop, edited, "10")), key=key())
    assert found["refund"]["orderAdjustments"]["nodes"] == []
    assert counter.book(edited)["outstanding"]["shop"] == "0.00"


# === RETURNS === #

SENT = "fulfillments { fulfillmentLineItems(first: 5) { nodes { id quantity } } }"
REQUEST = """mutation($i: ReturnRequestInput!) { returnRequest(input: $i) { return { id name status
  returnLineItems(first: 5) { nodes { id quantity returnReasonNote ... on ReturnLineItem {
    returnReasonDefinition { handle } customerNote } } } } userErrors { code message } } }"""
APPROVE = """mutation($id: ID!) { returnApproveRequest(input: {id: $id}) { return { status
  reverseFulfillmentOrders(first: 2) { nodes { lineItems(first: 5) { nodes { id } } } } }
  userErrors { code message } } }"""
PROCESS = """mutation($i: ReturnProcessInput!) { returnProcess(input: $i) { return { status
  refunds(first: 3) { nodes { id totalRefundedSet %s } } } userErrors { code message } } }"""
PROCESS %= BAG


def sent(shop: Shop, order: dict[str, Any]) -> str:
    (made,) = shop.order(order["id"], SENT)["fulfillments"]
    return str(made["fulfillmentLineItems"]["nodes"][0]["id"])


@covers("R353", "R430")
def test_a_return_is_requested_approved_and_processed_with_a_refund(
    shop: Shop, counter: Counter
) -> None:
    order = counter.place(lines=[{"sku": "COL-330", "quantity": 3, "price": "10.00"}])
    counter.step(order, "fulfil")
    before = stock(shop, "COL-330")
    given = {
        "orderId": gid("Order", order["id"]),
        "returnLineItems": [
            {"fulfillmentLineItemId": sent(shop, order), "quantity": 2, "customerNote": "zu süß",
             "returnReasonDefinitionId": gid("ReturnReasonDefinition", 7)}
        ],
    }  # fmt: skip
    made = shop.do(REQUEST, i=given)["return"]
    assert (made["status"], made["name"]) == ("REQUESTED", f"{order['name']}-R1")
    (row,) = made["returnLineItems"]["nodes"]
    assert row["returnReasonDefinition"]["handle"] == "defective"
    assert row["customerNote"] == "zu süß"
    assert shop.refused(REQUEST, i=given) == "Return line item has an invalid quantity."
    opened = shop.do(APPROVE, id=made["id"])["return"]
    assert opened["status"] == "OPEN"
    assert shop.refused(APPROVE, id=made["id"]) == "Return is open and can't be changed."
    source = opened["reverseFulfillmentOrders"]["nodes"][0]["lineItems"]["nodes"][0]["id"]
    pay = money(shop, order, "20")[0]["parentId"]
    done = shop.do(
        PROCESS,
        i={
            "returnId": made["id"],
            "returnLineItems": [
                {"id": row["id"], "quantity": 2, "dispositions": [
                    {"reverseFulfillmentOrderLineItemId": source, "quantity": 1,
                     "dispositionType": "RESTOCKED", "locationId": MAIN},
                    {"reverseFulfillmentOrderLineItemId": source, "quantity": 1,
                     "dispositionType": "MISSING"}]}
            ],
            "financialTransfer": {"issueRefund": {"orderTransactions": [
                {"parentId": pay, "transactionAmount": {"amount": "20", "currencyCode": "EUR"}}]}},
        },
    )["return"]  # fmt: skip
    assert done["status"] == "CLOSED"
    assert amount(done["refunds"]["nodes"][0]["totalRefundedSet"]) == "20.0"
    assert moved(before, stock(shop, "COL-330")) == (1, 0, 1)
    book = counter.book(order)
    (line_row,) = book["lines"].values()
    assert (line_row["returned"], line_row["refunded"], line_row["current"]) == (2, 2, 1)
    assert (book["total"]["presentment"], book["sold_total"]["presentment"]) == ("10.00", "30.00")
    (refund,) = book["refunds"].values()
    assert (refund["amount"], refund["left_amount"]) == (refund["amount"], refund["amount"])
    kinds = sorted(each["restock"] for each in refund["items"].values())
    assert kinds == ["NO_RESTOCK", "RETURN"]


@covers("R353", "R430")
def test_a_refused_processing_changes_nothing(shop: Shop, counter: Counter) -> None:
    order = counter.place()
    counter.step(order, "fulfil")
    counter.step(order, "return", items={str(order["lines"][0]["id"]): 2})
    found = shop.order(
        order["id"], "returns(first: 1) { nodes { id returnLineItems(first: 1) { nodes { id } } } }"
    )
    back = found["returns"]["nodes"][0]
    row = back["returnLineItems"]["nodes"][0]["id"]
    pay = money(shop, order, "1")[0]["parentId"]
    given = {
        "returnId": back["id"],
        "returnLineItems": [{"id": row, "quantity": 1}],
        "financialTransfer": {"issueRefund": {"orderTransactions": [
            {"parentId": pay, "transactionAmount": {"amount": "99", "currencyCode": "EUR"}}]}},
    }  # fmt: skip
    before = counter.book(order)
    assert "exceeds the amount paid" in shop.refused(PROCESS, i=given)
    given["returnLineItems"] = [{"id": row, "quantity": 3}]
    assert shop.refused(PROCESS, i=given) == "Quantity can't be processed."
    assert counter.book(order) == before


@covers("R353", "R430")
def test_an_exchange_sends_something_else(shop: Shop, counter: Counter) -> None:
    order = counter.place()
    counter.step(order, "fulfil")
    tea = stock(shop, "TEA-100")
    create = """mutation($i: ReturnInput!) { returnCreate(returnInput: $i) { return { id status
      returnLineItems(first: 1) { nodes { id } }
      exchangeLineItems(first: 1) { nodes { id variantSku } }
      } userErrors { message } } }"""
    made = shop.do(
        create,
        i={
            "orderId": gid("Order", order["id"]),
            "returnLineItems": [{"fulfillmentLineItemId": sent(shop, order), "quantity": 1}],
            "exchangeLineItems": [{"variantId": gid("ProductVariant", 40005), "quantity": 2}],
        },
    )["return"]
    assert made["exchangeLineItems"]["nodes"][0]["variantSku"] == "TEA-100"
    done = shop.do(
        PROCESS,
        i={
            "returnId": made["id"],
            "returnLineItems": [{"id": made["returnLineItems"]["nodes"][0]["id"], "quantity": 1}],
            "exchangeLineItems": [
                {"id": made["exchangeLineItems"]["nodes"][0]["id"], "quantity": 2}
            ],
        },
    )["return"]
    assert done["status"] == "CLOSED"
    assert moved(tea, stock(shop, "TEA-100")) == (-2, 2, 0)
    book = counter.book(order)
    rows = [(row["sku"], row["current"]) for row in book["lines"].values()]
    assert rows == [("COL-330", 1), ("TEA-100", 2)]
    assert (book["total"]["presentment"], book["outstanding"]["presentment"]) == ("20.90", "0.90")
    assert book["refunded"]["presentment"] == "0.00"
    assert book["fulfillment_status"] == "PARTIALLY_FULFILLED"


def test_a_request_may_be_declined(shop: Shop, counter: Counter) -> None:
    order = counter.place()
    counter.step(order, "fulfil")
    counter.step(order, "return", requested=True)
    found = shop.order(order["id"], "returnStatus returns(first: 1) { nodes { id } }")
    assert found["returnStatus"] == "RETURN_REQUESTED"
    decline = """mutation($id: ID!) { returnDeclineRequest(input: {id: $id,
      declineReason: FINAL_SALE, declineNote: "no"}) { return { status decline { reason note } }
      userErrors { message } } }"""
    done = shop.do(decline, id=found["returns"]["nodes"][0]["id"])["return"]
    assert done == {"status": "DECLINED", "decline": {"reason": "FINAL_SALE", "note": "no"}}
    counter.step(order, "return")  # the pieces are free again
    assert len(counter.book(order)["returns"]) == 2
