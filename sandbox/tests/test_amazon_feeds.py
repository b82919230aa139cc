"""Feeds: documents, waiting, the listings feed, the order feeds, and all that goes wrong."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from amazon_support import (
    DE,
    FEEDS,
    UK,
    Amazon,
    AmazonControl,
    home,
    offer,
    replace,
    stock,
    type_of,
)
from support import covers

LISTINGS = "JSON_LISTINGS_FEED"
ACK, SHIP, ADJUST = (
    "POST_ORDER_ACKNOWLEDGEMENT_DATA",
    "POST_ORDER_FULFILLMENT_DATA",
    "POST_PAYMENT_ADJUSTMENT_DATA",
)


def feed_of(*messages: dict[str, Any], **header: Any) -> dict[str, Any]:
    head = {"sellerId": "A2DEMOSELLER", "version": "2.0", **header}
    return {"header": head, "messages": list(messages)}


def update(number: int, sku: str, /, **more: Any) -> dict[str, Any]:
    found = {
        "messageId": number,
        "sku": sku,
        "operationType": "UPDATE",
        "productType": "HOME",
        "attributes": home(),
        **more,
    }
    return {name: value for name, value in found.items() if value is not None}


def patch(number: int, sku: str, *patches: dict[str, Any]) -> dict[str, Any]:
    return {
        "messageId": number,
        "sku": sku,
        "operationType": "PATCH",
        "productType": "PRODUCT",
        "patches": list(patches),
    }


def report(amazon: Amazon, feed: str) -> tuple[dict[str, int], list[tuple[Any, ...]]]:
    """(summary, [(messageId, sku, code, severity)]) of a listings feed."""
    data = json.loads(amazon.result(feed))
    found = [
        tuple(each.get(name) for name in ("messageId", "sku", "code", "severity"))
        for each in data["issues"]
    ]
    return data["summary"], found


# === DOCUMENTS === #


@covers("R430")
def test_an_upload_address_is_good_for_one_kind_and_five_minutes(
    amazon: Amazon, backstage: AmazonControl
) -> None:
    kind = {"contentType": "text/xml; charset=UTF-8"}

    def upload(headers: dict[str, str], late: float = 0, method: str = "PUT") -> tuple[int, bytes]:
        document = amazon.ok("POST", f"{FEEDS}/documents", kind)
        backstage.advance(late)
        sent = {"Content-Type": "text/xml; charset=UTF-8", **headers}
        answer = amazon.raw(method, document["url"], b"<x/>", sent)
        return answer.status, answer.body

    assert upload({}) == (200, b"")
    assert upload({}, late=300) == (200, b"")
    status, body = upload({}, late=301)
    assert status == 403 and b"<Message>Request has expired</Message>" in body
    for headers in ({"Content-Type": "text/xml"}, {"Content-Type": "application/json"}):
        status, body = upload(headers)
        assert status == 403 and b"<Code>SignatureDoesNotMatch</Code>" in body
    assert upload({}, method="GET")[0] == 403
    assert upload({"Authorization": "Bearer x"})[0] == 400


def test_an_address_that_was_changed_is_worth_nothing(amazon: Amazon) -> None:
    url = amazon.ok("POST", f"{FEEDS}/documents", {"contentType": "text/xml"})["url"]
    headers = {"Content-Type": "text/xml"}
    assert amazon.raw("PUT", url[:-1] + "x", b"", headers).status == 403
    assert amazon.raw("PUT", url.replace("X-Amz-Until=2026", "X-Amz-Until=2027"), b"").status == 403
    assert amazon.raw("PUT", url.replace("amzn1.", "amzn2."), b"", headers).status == 404


@pytest.mark.parametrize(
    "body", [{}, {"contentType": ""}, {"contentType": 5}, {"contentType": "xml"}, []]
)
def test_documents_that_are_refused(amazon: Amazon, body: Any) -> None:
    assert amazon.call("POST", f"{FEEDS}/documents", body).status == 400


# === WAITING === #


@covers("R430")
def test_a_feed_waits_works_and_ends(amazon: Amazon, backstage: AmazonControl) -> None:
    backstage.set(feed_queue_seconds=60, feed_seconds=300)
    feed = amazon.feed(LISTINGS, feed_of(update(1, "V")))
    state = amazon.feed_state(feed)
    assert state["processingStatus"] == "IN_QUEUE"
    assert "resultFeedDocumentId" not in state and "processingStartTime" not in state
    backstage.advance(60)
    assert amazon.feed_state(feed)["processingStatus"] == "IN_PROGRESS"
    assert amazon.call("DELETE", f"{FEEDS}/feeds/{feed}").status == 400
    backstage.advance(299)
    assert amazon.feed_state(feed)["processingStatus"] == "IN_PROGRESS"
    assert backstage.book()["listings"] == {}
    assert amazon.messages() == []
    backstage.advance(1)
    state = amazon.feed_state(feed)
    assert state["processingStatus"] == "DONE"
    assert state["processingEndTime"] == "2026-11-20T12:06:00.000Z"
    assert list(backstage.book()["listings"]) == ["V"]
    (message,) = amazon.messages("FEED_PROCESSING_FINISHED")
    told = message["payload"]["feedProcessingFinishedNotification"]
    assert (told["feedId"], told["processingStatus"]) == (feed, "DONE")
    assert told["resultFeedDocumentId"] == state["resultFeedDocumentId"]


def test_a_feed_in_the_queue_can_be_cancelled(amazon: Amazon, backstage: AmazonControl) -> None:
    backstage.set(feed_queue_seconds=60)
    feed = amazon.feed(LISTINGS, feed_of(update(1, "V")))
    amazon.ok("DELETE", f"{FEEDS}/feeds/{feed}")
    backstage.advance(3600)
    amazon.login()
    assert amazon.feed_state(feed)["processingStatus"] == "CANCELLED"
    assert backstage.book()["listings"] == {}


def test_feeds_are_listed_newest_first_in_pages(amazon: Amazon, backstage: AmazonControl) -> None:
    ids = []
    for _ in range(5):
        backstage.advance(1)
        ids.append(amazon.feed(LISTINGS, feed_of(update(1, "V"))))
    query = {"feedTypes": [LISTINGS, ACK], "pageSize": 2}
    page = amazon.ok("GET", f"{FEEDS}/feeds", **query)
    seen = [each["feedId"] for each in page["feeds"]]
    while "nextToken" in page:
        page = amazon.ok("GET", f"{FEEDS}/feeds", nextToken=page["nextToken"])
        seen += [each["feedId"] for each in page["feeds"]]
    assert seen == ids[::-1]

    def count(**more: Any) -> int:
        return len(amazon.ok("GET", f"{FEEDS}/feeds", feedTypes=LISTINGS, **more)["feeds"])

    assert count(processingStatuses="IN_QUEUE,IN_PROGRESS") == 0
    assert count(marketplaceIds=DE) == 0
    assert count(createdSince="2026-11-20T12:00:04Z") == 2
    assert amazon.call("GET", f"{FEEDS}/feeds").status == 400
    both = {"nextToken": "x", "feedTypes": LISTINGS}
    assert amazon.call("GET", f"{FEEDS}/feeds", **both).status == 400


def test_feeds_that_are_refused(amazon: Amazon) -> None:
    document = amazon.ok("POST", f"{FEEDS}/documents", {"contentType": "text/xml"})
    good = {
        "feedType": ACK,
        "marketplaceIds": [UK],
        "inputFeedDocumentId": document["feedDocumentId"],
    }
    wrongs: tuple[dict[str, Any], ...] = (
        {"feedType": "POST_SOMETHING"},
        {"marketplaceIds": []},
        {"marketplaceIds": ["nowhere"]},
        {"inputFeedDocumentId": "unknown"},
        {"feedOptions": "x"},
    )
    for wrong in wrongs:
        assert amazon.call("POST", f"{FEEDS}/feeds", {**good, **wrong}).status == 400
    feed = amazon.ok("POST", f"{FEEDS}/feeds", good)["feedId"]
    assert amazon.call("POST", f"{FEEDS}/feeds", good).status == 400  # a document serves once
    assert amazon.feed_state(feed)["processingStatus"] == "FATAL"  # nothing was uploaded
    assert amazon.call("GET", f"{FEEDS}/feeds/1").status == 404


@covers("R430")
def test_retired_feeds_end_fatal(amazon: Amazon, backstage: AmazonControl) -> None:
    feed = amazon.feed("POST_INVENTORY_AVAILABILITY_DATA", b"<AmazonEnvelope/>")
    state = amazon.feed_state(feed)
    assert state["processingStatus"] == "FATAL" and "resultFeedDocumentId" not in state


@covers("R430")
def test_five_listings_feeds_in_five_minutes(amazon: Amazon, backstage: AmazonControl) -> None:
    backstage.set(rates=1)
    for _ in range(5):
        amazon.feed(LISTINGS, feed_of(update(1, "V")))
    document = amazon.ok("POST", f"{FEEDS}/documents", {"contentType": "application/json"})
    body = {
        "feedType": LISTINGS,
        "marketplaceIds": [UK],
        "inputFeedDocumentId": document["feedDocumentId"],
    }
    assert amazon.call("POST", f"{FEEDS}/feeds", body).status == 429
    amazon.feed(ACK, b"<x/>")
    backstage.advance(60)
    assert amazon.call("POST", f"{FEEDS}/feeds", body).status == 202


# === THE LISTINGS FEED === #


@covers("R430")
def test_every_operation_and_what_fails(amazon: Amazon, backstage: AmazonControl) -> None:
    amazon.put("OLD", home())
    feed = amazon.feed(
        LISTINGS,
        feed_of(
            update(1, "V"),
            patch(2, "V", replace("purchasable_offer", offer(3))),
            {
                "messageId": 3,
                "sku": "V",
                "operationType": "PARTIAL_UPDATE",
                "productType": "HOME",
                "attributes": {"fulfillment_availability": stock(9)},
            },
            {"messageId": 4, "sku": "OLD", "operationType": "DELETE"},
            {"messageId": 5, "sku": "NEVER", "operationType": "DELETE"},
            update(6, "W", attributes=home(brand=None)),
            update(7, "X", productType="SPACESHIP"),
            update(8, "Y", attributes=home(color=[{"shade": "x"}])),
            patch(9, "NEVER", replace("purchasable_offer", offer(3))),
        ),
    )
    summary, found = report(amazon, feed)
    assert summary == {
        "errors": 5,
        "warnings": 0,
        "messagesProcessed": 9,
        "messagesAccepted": 5,
        "messagesInvalid": 4,
    }
    assert found == [
        (6, "W", "90220", "ERROR"),
        (7, "X", "4000003", "ERROR"),
        (8, "Y", "90220", "ERROR"),
        (8, "Y", "4000005", "ERROR"),
        (9, "NEVER", "13013", "ERROR"),
    ]
    listings = backstage.book()["listings"]
    assert {name: (each["prices"], each["quantity"]) for name, each in listings.items()} == {
        "V": ({UK: "3"}, 9)
    }


@pytest.mark.parametrize(
    "message",
    [
        update(1, "V", messageId=0),
        update(1, "V", messageId="1"),
        update(1, "V", sku=""),
        update(1, "V", sku="x" * 41),
        update(1, "V", attributes=None),
        update(1, "V", productType=None),
        update(1, "V", patches=[replace("brand", [])]),
        update(1, "V", requirements="ALL"),
        update(1, "V", operationType="REPLACE"),
        {"messageId": 1, "sku": "V", "operationType": "DELETE", "productType": "HOME"},
        {**patch(1, "V"), "patches": []},
        "text",
    ],
)
def test_messages_that_are_malformed(amazon: Amazon, message: Any) -> None:
    summary, found = report(amazon, amazon.feed(LISTINGS, feed_of(message, update(2, "W"))))
    assert (summary["messagesInvalid"], summary["messagesAccepted"]) == (1, 1)
    assert [each[2] for each in found] == ["4000000"]


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        {"messages": []},
        feed_of(update(1, "V"), sellerId="OTHER"),
        feed_of(update(1, "V"), version="1.0"),
        feed_of(),
        {**feed_of(), "messages": [{}] * 25_001},
    ],
)
def test_feeds_that_are_fatal_as_a_whole(
    amazon: Amazon, backstage: AmazonControl, content: Any
) -> None:
    feed = amazon.feed(LISTINGS, content)
    assert amazon.feed_state(feed)["processingStatus"] == "FATAL"
    data = json.loads(amazon.result(feed))
    (found,) = data["issues"]
    assert "messageId" not in found and found["severity"] == "ERROR"
    assert backstage.book()["listings"] == {}


def test_a_feed_above_ten_mebibytes_is_fatal(amazon: Amazon) -> None:
    content = json.dumps(feed_of(update(1, "V"))).encode()
    feed = amazon.feed(LISTINGS, content + b" " * (10 * 1024 * 1024))
    assert amazon.feed_state(feed)["processingStatus"] == "FATAL"


@covers("R430")
def test_a_feed_for_several_marketplaces(amazon: Amazon, backstage: AmazonControl) -> None:
    both = {name: value + home(DE)[name] for name, value in home().items()}
    german = replace("purchasable_offer", offer(7, DE))
    content = feed_of(
        update(1, "V", attributes=both), patch(2, "V", replace("purchasable_offer", offer(5)))
    )
    feed = amazon.feed(LISTINGS, content, (UK, DE))
    assert report(amazon, feed)[1] == []
    feed = amazon.feed(LISTINGS, feed_of(patch(1, "V", german)), (UK, DE))
    assert backstage.book()["listings"]["V"]["prices"] == {UK: "5", DE: "7"}
    assert len(amazon.item("V", "attributes", market=DE)["attributes"]["brand"]) == 1
    assert report(amazon, feed)[0]["messagesAccepted"] == 1


# === FAULTS === #


@covers("R431")
def test_stuck_half_failed_and_failed_feeds(amazon: Amazon, backstage: AmazonControl) -> None:
    def fault(effect: str, **more: Any) -> None:
        rule = {"effect": effect, "match": {"endpoint": "processFeed"}, "times": 1, **more}
        backstage.call("POST", "faults", rule)

    fault("stuck")
    feed = amazon.feed(LISTINGS, feed_of(update(1, "V")))
    backstage.advance(3000)
    assert amazon.feed_state(feed)["processingStatus"] == "IN_PROGRESS"
    backstage.amazon("POST", f"feeds/{feed}/release")
    assert amazon.feed_state(feed)["processingStatus"] == "DONE"
    fault("rows", every=2, reason="Try again later")
    feed = amazon.feed(LISTINGS, feed_of(*(update(n, f"V-{n}") for n in range(1, 6))))
    summary, found = report(amazon, feed)
    assert (summary["messagesAccepted"], [each[1] for each in found]) == (3, ["V-2", "V-4"])
    # A rule that names no endpoint is about calls, not about the work on feeds.
    body = {"id": "later", "effect": "status", "match": {"nth": 5}}
    backstage.call("POST", "faults", body)
    feed = amazon.feed(LISTINGS, feed_of(update(1, "Q")))
    assert amazon.feed_state(feed)["processingStatus"] == "DONE"
    assert amazon.call("GET", f"{FEEDS}/feeds/{feed}").status == 500
    backstage.call("DELETE", "faults/later")
    fault("status")
    feed = amazon.feed(LISTINGS, feed_of(update(1, "Z")))
    assert amazon.feed_state(feed)["processingStatus"] == "FATAL"
    assert "Z" not in backstage.book()["listings"]


def test_documents_whose_address_has_expired(amazon: Amazon, backstage: AmazonControl) -> None:
    feed = amazon.feed(LISTINGS, feed_of(update(1, "V")))
    name = amazon.feed_state(feed)["resultFeedDocumentId"]
    document = amazon.ok("GET", f"{FEEDS}/documents/{name}")
    backstage.call("POST", "faults", {"effect": "expired", "match": {"endpoint": "document"}})
    assert amazon.raw("GET", document["url"]).status == 403
    backstage.call("DELETE", "faults")
    assert amazon.raw("GET", document["url"]).status == 200
    backstage.advance(301)
    assert amazon.raw("GET", document["url"]).status == 403
    backstage.advance(28 * 86_400)
    amazon.login()
    assert amazon.call("GET", f"{FEEDS}/documents/{name}").status == 404


def test_result_documents_may_be_plain(amazon: Amazon, backstage: AmazonControl) -> None:
    backstage.set(compress=False)
    feed = amazon.feed(LISTINGS, feed_of(update(1, "V")))
    name = amazon.feed_state(feed)["resultFeedDocumentId"]
    document = amazon.ok("GET", f"{FEEDS}/documents/{name}")
    assert "compressionAlgorithm" not in document
    assert json.loads(amazon.download(document))["summary"]["messagesAccepted"] == 1


# === ORDER FEEDS === #


def envelope(kind: str, *messages: str, seller: str = "A2DEMOSELLER") -> bytes:
    bodies = "".join(
        f"<Message><MessageID>{number}</MessageID><{kind}>{body}</{kind}></Message>"
        for number, body in enumerate(messages, 1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><AmazonEnvelope>'
        "<Header><DocumentVersion>1.01</DocumentVersion>"
        f"<MerchantIdentifier>{seller}</MerchantIdentifier></Header>"
        f"<MessageType>{kind}</MessageType>{bodies}</AmazonEnvelope>"
    ).encode()


def tag(name: str, *inner: Any) -> str:
    return f"<{name}>{''.join(str(each) for each in inner)}</{name}>"


def results(amazon: Amazon, feed: str) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """(summary, [(MessageID, ResultCode, ResultMessageCode)])."""
    root = ET.fromstring(amazon.result(feed))
    found = root.find("Message/ProcessingReport")
    assert found is not None
    summary = {each.tag: each.text or "" for each in found.findall("ProcessingSummary/*")}
    summary["StatusCode"] = found.findtext("StatusCode", "")
    rows = [
        tuple(row.findtext(name, "") for name in ("MessageID", "ResultCode", "ResultMessageCode"))
        for row in found.findall("Result")
    ]
    return summary, rows  # type: ignore[return-value]


def two(backstage: AmazonControl, **spec: Any) -> tuple[dict[str, Any], str, str]:
    lines = [
        {"sku": "T-1", "quantity": 3, "price": "4.00", "shipping": "2.00"},
        {"sku": "T-2", "quantity": 1, "price": "5.00"},
    ]
    order = backstage.order_of(status="UNSHIPPED", lines=lines, **spec)
    one, other = (each["id"] for each in order["items"])
    return order, one, other


@covers("R34", "R35", "R430")
def test_acknowledging_links_and_cancels(amazon: Amazon, backstage: AmazonControl) -> None:
    order, one, _ = two(backstage)
    linked = "".join(
        (
            tag("AmazonOrderID", order["id"]),
            tag("MerchantOrderID", "SO-1"),
            tag("StatusCode", "Success"),
            tag("Item", tag("AmazonOrderItemCode", one), tag("MerchantOrderItemID", "L-1")),
        )
    )
    second, first, _ = two(backstage)
    cancelled = "".join(
        (
            tag("AmazonOrderID", second["id"]),
            tag("StatusCode", "Failure"),
            tag(
                "Item",
                tag("AmazonOrderItemCode", first),
                tag("CancelReason", "NoInventory"),
                tag("Quantity", 2),
            ),
        )
    )
    third, _, _ = two(backstage)
    whole = tag("AmazonOrderID", third["id"]) + tag("StatusCode", "Failure")
    feed = amazon.feed(ACK, envelope("OrderAcknowledgement", linked, cancelled, whole))
    summary, rows = results(amazon, feed)
    assert rows == []
    assert summary == {
        "StatusCode": "Complete",
        "MessagesProcessed": "3",
        "MessagesSuccessful": "3",
        "MessagesWithError": "0",
        "MessagesWithWarning": "0",
    }
    book = backstage.book()["orders"]
    assert (book[order["id"]]["seller_id"], book[order["id"]]["acknowledged"]) == ("SO-1", True)
    assert book[second["id"]]["status"] == "UNSHIPPED"
    assert book[second["id"]]["lines"][first]["cancelled"] == 2
    assert book[third["id"]]["status"] == "CANCELLED"
    found = amazon.ok("GET", f"/orders/2026-01-01/orders/{order['id']}")["order"]
    assert found["orderAliases"] == [{"aliasId": "SO-1", "aliasType": "SELLER_ORDER_ID"}]


@covers("R36", "R430")
def test_shipping_by_feed(amazon: Amazon, backstage: AmazonControl) -> None:
    order, one, other = two(backstage)
    data = tag("CarrierName", "My bike") + tag("ShippingMethod", "Fast")
    data += tag("ShipperTrackingNumber", "T1")

    def parcel(reference: int, *items: str) -> str:
        return "".join(
            (
                tag("AmazonOrderID", order["id"]),
                tag("MerchantFulfillmentID", reference),
                tag("FulfillmentDate", "2026-11-20T13:00:00+01:00"),
                tag("FulfillmentData", data),
                *items,
            )
        )

    first = parcel(1, tag("Item", tag("AmazonOrderItemCode", one), tag("Quantity", 2)))
    feed = amazon.feed(SHIP, envelope("OrderFulfillment", first, parcel(2)))
    assert results(amazon, feed)[1] == []
    state = backstage.book()["orders"][order["id"]]
    assert state["status"] == "SHIPPED"
    assert state["packages"]["2"] == {
        "carrier": "Other",
        "carrier_name": "My bike",
        "tracking": "T1",
        "items": {one: 1, other: 1},
    }
    again = amazon.feed(SHIP, envelope("OrderFulfillment", first, parcel(2)))  # the same once more
    assert results(amazon, again)[1] == []
    assert backstage.book()["orders"][order["id"]] == state


def adjusted(order: str, item: str, *components: tuple[str, str], **more: str) -> str:
    prices = "".join(
        tag("Component", tag("Type", kind), f'<Amount currency="{more.get("currency", "GBP")}">')[
            : -len("</Component>")
        ]
        + f"{amount}</Amount></Component>"
        for kind, amount in components
    )
    return "".join(
        (
            tag("AmazonOrderID", order),
            tag(
                "AdjustedItem",
                tag("AmazonOrderItemCode", item),
                tag("AdjustmentReason", more.get("reason", "CustomerReturn")),
                tag("ItemPriceAdjustments", prices) if prices else "",
            ),
        )
    )


@covers("R38", "R430")
def test_refunding_by_feed_at_most_what_was_paid(amazon: Amazon, backstage: AmazonControl) -> None:
    order, one, other = two(backstage)
    kind = "OrderAdjustment"
    early = amazon.feed(ADJUST, envelope(kind, adjusted(order["id"], one, ("Principal", "4.00"))))
    assert results(amazon, early)[1] == [("1", "Error", "18058")]
    backstage.step(order, "ship")
    parts = (("Principal", "4.00"), ("Shipping", "0.67"))
    feed = amazon.feed(
        ADJUST,
        envelope(
            kind,
            adjusted(order["id"], one, *parts),
            adjusted(order["id"], one, ("Principal", "9.34")),
            adjusted(order["id"], other, ("Principal", "1.00"), currency="EUR"),
            adjusted(order["id"], other, ("Principal", "1.001")),
            adjusted(order["id"], other, ("Principal", "-1.00")),
            adjusted(order["id"], other, ("Gold", "1.00")),
            adjusted(order["id"], other, ("Principal", "1.00"), reason="Because"),
            adjusted(order["id"], other),
        ),
    )
    summary, rows = results(amazon, feed)
    assert (summary["MessagesSuccessful"], summary["MessagesWithError"]) == ("1", "7")
    assert [row[0] for row in rows] == [str(number) for number in range(2, 9)]
    lines = backstage.book()["orders"][order["id"]]["lines"]
    assert (lines[one]["refunded"], lines[other]["refunded"]) == ("4.67", "0.00")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (tag("StatusCode", "Success") + tag("AmazonOrderID", "{id}"), "25"),
        (tag("AmazonOrderID", "{id}"), "25"),
        (tag("AmazonOrderID", "{id}") + tag("StatusCode", "Maybe"), "25"),
        (tag("AmazonOrderID", "{id}") + tag("StatusCode", "Success") + tag("Note", "x"), "25"),
        (tag("AmazonOrderID", "12-34") + tag("StatusCode", "Success"), "25"),
        (tag("AmazonOrderID", "202-0000000-0000000") + tag("StatusCode", "Success"), "18028"),
        (
            tag("AmazonOrderID", "{id}")
            + tag("StatusCode", "Failure")
            + tag("Item", tag("AmazonOrderItemCode", "{item}")),
            "25",
        ),
        (
            tag("AmazonOrderID", "{id}")
            + tag("StatusCode", "Success")
            + tag("Item", tag("AmazonOrderItemCode", "123")),
            "25",
        ),
        (
            tag("AmazonOrderID", "{id}")
            + tag("StatusCode", "Success")
            + tag("Item", tag("AmazonOrderItemCode", "12345678901234")),
            "18036",
        ),
        (
            tag("AmazonOrderID", "{id}")
            + tag("StatusCode", "Failure")
            + tag(
                "Item",
                tag("AmazonOrderItemCode", "{item}"),
                tag("CancelReason", "NoInventory"),
                tag("Quantity", 9),
            ),
            "18058",
        ),
    ],
)
def test_acknowledgements_that_are_refused(
    amazon: Amazon, backstage: AmazonControl, body: str, code: str
) -> None:
    order, one, _ = two(backstage)
    good, _, _ = two(backstage)
    wrong = body.replace("{id}", order["id"]).replace("{item}", one)
    right = tag("AmazonOrderID", good["id"]) + tag("StatusCode", "Success")
    feed = amazon.feed(ACK, envelope("OrderAcknowledgement", wrong, right))
    summary, rows = results(amazon, feed)
    assert (summary["MessagesSuccessful"], rows) == ("1", [("1", "Error", code)])
    assert backstage.book()["orders"][order["id"]]["status"] == "UNSHIPPED"
    assert backstage.book()["orders"][good["id"]]["acknowledged"] is True


@pytest.mark.parametrize(
    "content",
    [
        b"not xml",
        b"<Something/>",
        envelope("OrderAcknowledgement"),
        envelope("OrderFulfillment", "<x/>"),
        envelope("OrderAcknowledgement", "<x/>", seller="OTHER"),
        b'<!DOCTYPE x [<!ENTITY a "b">]>' + envelope("OrderAcknowledgement", "<x/>")[38:],
    ],
)
def test_order_feeds_that_are_rejected_as_a_whole(amazon: Amazon, content: bytes) -> None:
    feed = amazon.feed(ACK, content)
    assert amazon.feed_state(feed)["processingStatus"] == "FATAL"
    summary, rows = results(amazon, feed)
    assert (summary["StatusCode"], rows) == ("Rejected", [("0", "Error", "5001")])


def test_a_feed_that_ends_is_told_whatever_became_of_it(amazon: Amazon) -> None:
    amazon.feed(ACK, b"x")
    amazon.feed("POST_PRODUCT_DATA", b"x")
    told = [
        each["payload"]["feedProcessingFinishedNotification"]["processingStatus"]
        for each in amazon.messages()
        if type_of(each) == "FEED_PROCESSING_FINISHED"
    ]
    assert told == ["FATAL", "FATAL"]
