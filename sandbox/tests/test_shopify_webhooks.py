"""Webhooks: subscriptions of the API, signed deliveries, retries, removal, faults."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from typing import Any

import pytest
from shopify_sales_support import Counter, Shop, gid
from shopify_support import SUBSCRIBE, login, post
from support import Received, Receiver, covers

SECRET = b"shpss_demo_secret"
LIST = """{ webhookSubscriptions(first: 20) { nodes { id topic uri name } } }"""


@pytest.fixture(autouse=True)
def goods(shop: Shop, counter: Counter) -> None:
    """A shop with the demo's goods, without orders, that tries again at once."""
    counter.call("POST", "reset", {"provider": "shopify", "seed": "goods"})
    counter.shop("POST", "settings", {"webhook_retries": [0] * 8})


def subscribe(shop: Shop, receiver: Receiver, topic: str = "PRODUCTS_UPDATE", **more: Any) -> str:
    data = {"uri": receiver.url, **more}
    found = shop.do(SUBSCRIBE, topic=topic, data=data)["webhookSubscription"]
    return str(found["id"])


def signed(received: Received, secret: bytes = SECRET) -> bool:
    wanted = base64.b64encode(hmac.new(secret, received.body, hashlib.sha256).digest()).decode()
    return received.headers["x-shopify-hmac-sha256"] == wanted


def edit(counter: Counter, **values: Any) -> None:
    counter.shop("PATCH", "products/8001", values)


@covers("R359", "R361")
def test_a_change_is_told_and_signed(shop: Shop, counter: Counter, receiver: Receiver) -> None:
    subscribe(shop, receiver, name="main")
    edit(counter, title="Süße Cola", price="2.10")
    (found,) = receiver.wait(1)
    assert signed(found)
    headers = {k: v for k, v in found.headers.items() if k.startswith("x-shopify-")}
    assert set(headers) == {
        f"x-shopify-{each}"
        for each in (
            "topic", "hmac-sha256", "shop-domain", "api-version", "webhook-id", "event-id",
            "triggered-at", "name",
        )
    }  # fmt: skip
    assert headers["x-shopify-topic"] == "products/update"
    assert headers["x-shopify-shop-domain"] == "demo-shop.myshopify.com"
    assert headers["x-shopify-api-version"] == "2026-10"
    body = found.data
    assert (body["id"], body["title"], body["status"]) == (8001, "Süße Cola", "active")
    (variant,) = body["variants"]
    assert (variant["sku"], variant["price"], variant["compare_at_price"]) == (
        "COL-330", "2.10", None
    )  # fmt: skip
    assert (variant["inventory_item_id"], variant["inventory_quantity"]) == (60001, 264)
    assert body["tags"] == "drinks"


@covers("R359")
def test_creating_changing_and_deleting(shop: Shop, receiver: Receiver) -> None:
    for topic in ("PRODUCTS_CREATE", "PRODUCTS_UPDATE", "PRODUCTS_DELETE"):
        subscribe(shop, receiver, topic)
    query = """mutation ($input: ProductSetInput!) { productSet(input: $input) {
      product { id } userErrors { message } } }"""
    number = shop.do(query, input={"title": "New"})["product"]["id"].rsplit("/", 1)[1]
    shop.do(
        'mutation ($id: ID!) { tagsAdd(id: $id, tags: ["t"]) { userErrors { message } } }',
        id=gid("Product", number),
    )
    shop.do(
        "mutation ($id: ID!) { productDelete(input: {id: $id}) { userErrors { message } } }",
        id=gid("Product", number),
    )
    rows = receiver.wait(3)
    assert [each.headers["x-shopify-topic"] for each in rows] == [
        "products/create", "products/update", "products/delete"
    ]  # fmt: skip
    assert (rows[0].data["title"], rows[1].data["tags"]) == ("New", "t")
    assert rows[2].data == {"id": int(number)}


@covers("R359")
def test_one_event_to_two_addresses(shop: Shop, counter: Counter, receiver: Receiver) -> None:
    subscribe(shop, receiver)
    subscribe(shop, receiver, uri=receiver.url + "&second=1", includeFields=["id", "variants.sku"])
    edit(counter, title="Told twice")
    first, second = receiver.wait(2)
    assert first.headers["x-shopify-event-id"] == second.headers["x-shopify-event-id"]
    assert first.headers["x-shopify-webhook-id"] != second.headers["x-shopify-webhook-id"]
    assert second.data == {"id": 8001, "variants": [{"sku": "COL-330"}]}
    assert signed(second)
    edit(counter, title="Another")
    assert receiver.wait(3)[2].headers["x-shopify-event-id"] != first.headers["x-shopify-event-id"]


@covers("R359")
def test_a_failed_delivery_comes_again_as_it_was(
    shop: Shop, counter: Counter, receiver: Receiver
) -> None:
    receiver.answers += [500, 503]
    subscribe(shop, receiver)
    edit(counter, title="First")
    rows = receiver.wait(3)
    assert len({each.body for each in rows}) == 1
    assert len({each.headers["x-shopify-webhook-id"] for each in rows}) == 1
    counter.call("GET", "webhooks/wait?timeout=5")
    (row,) = counter.shop("GET", "subscriptions")
    assert row["failures"] == 0


@covers("R359", "X42")
def test_after_eight_failures_in_a_row_the_subscription_is_gone(
    shop: Shop, counter: Counter, receiver: Receiver
) -> None:
    receiver.answers += [500] * 7 + [200] + [500] * 8
    subscribe(shop, receiver)
    edit(counter, title="First")
    receiver.wait(8)
    counter.call("GET", "webhooks/wait?timeout=5")
    assert len(counter.shop("GET", "subscriptions")) == 1
    receiver.together = both = threading.Barrier(2, lambda: setattr(receiver, "together", None))
    edit(counter, title="Second")
    edit(counter, title="Third")
    both.wait(5)  # only now is the first of them answered
    receiver.wait(16)
    counter.call("GET", "webhooks/wait?timeout=5")
    assert shop.ask(LIST)["webhookSubscriptions"]["nodes"] == []
    states = [each["state"] for each in counter.call("GET", "webhooks/deliveries")]
    assert sorted(states) == ["delivered", "dropped", "dropped"]
    edit(counter, title="Fourth")
    assert len(counter.call("GET", "webhooks/deliveries")) == 3


@covers("R359", "X42")
def test_a_subscription_vanishes_silently(shop: Shop, counter: Counter, receiver: Receiver) -> None:
    number = subscribe(shop, receiver).rsplit("/", 1)[1]
    assert counter.shop("DELETE", f"subscriptions/{number}") == {"removed": 1}
    edit(counter, title="Unheard")
    assert shop.ask(LIST)["webhookSubscriptions"]["nodes"] == []
    assert counter.call("GET", "webhooks/deliveries") == []
    counter.shop("DELETE", f"subscriptions/{number}", expect=404)


@covers("R359")
def test_the_rules_of_subscriptions(shop: Shop, receiver: Receiver) -> None:
    one = subscribe(shop, receiver, "ORDERS_CREATE")
    again = {"topic": "ORDERS_CREATE", "data": {"uri": receiver.url}}
    assert shop.refused(SUBSCRIBE, **again) == "Address for this topic has already been taken"
    for uri in (None, "", "mailto:x", "https://"):
        text = shop.refused(SUBSCRIBE, topic="ORDERS_PAID", data={"uri": uri})
        assert text in ("Address can't be blank", "Address is invalid")
    update = """mutation ($id: ID!, $data: WebhookSubscriptionInput!) {
      webhookSubscriptionUpdate(id: $id, webhookSubscription: $data) {
        webhookSubscription { uri } userErrors { message } } }"""
    data = {"uri": "https://odoo.example/hook"}
    found = shop.do(update, id=one, data=data)["webhookSubscription"]
    assert found == data
    drop = """mutation ($id: ID!) { webhookSubscriptionDelete(id: $id) {
      deletedWebhookSubscriptionId userErrors { message } } }"""
    assert shop.do(drop, id=one)["deletedWebhookSubscriptionId"] == one
    assert shop.refused(drop, id=one) == "Webhook subscription does not exist"


@covers("R359")
def test_every_app_has_its_own_subscriptions(
    shop: Shop, counter: Counter, receiver: Receiver
) -> None:
    one = subscribe(shop, receiver)
    token = login(shop).data["access_token"]
    assert post(shop, LIST, token).data["data"]["webhookSubscriptions"]["nodes"] == []
    drop = "mutation ($id: ID!) { webhookSubscriptionDelete(id: $id) { userErrors { message } } }"
    found = post(shop, drop, token, id=one).data["data"]["webhookSubscriptionDelete"]
    assert found == {"userErrors": [{"message": "Webhook subscription does not exist"}]}


@covers("R361", "X42")
@pytest.mark.parametrize("effect", ["wrong_token", "wrong_json", "empty"])
def test_faults_of_deliveries(
    shop: Shop, counter: Counter, receiver: Receiver, effect: str
) -> None:
    subscribe(shop, receiver)
    counter.fault(effect, direction="webhook", match={"topic": "products/*"}, times=1)
    edit(counter, title="Spoiled")
    edit(counter, title="Good")
    spoiled, good = receiver.wait(2)
    assert (signed(spoiled), signed(good)) == (effect != "wrong_token", True)
    assert good.data["title"] == "Good"
    if effect == "empty":
        assert spoiled.body == b""


@covers("R361", "X42")
def test_twice_and_out_of_order(shop: Shop, counter: Counter, receiver: Receiver) -> None:
    subscribe(shop, receiver)
    counter.fault("duplicate", copies=2, match={"topic": "products/update"}, times=1)
    edit(counter, title="One")
    first, second = receiver.wait(2)
    assert first.body == second.body
    assert first.headers["x-shopify-webhook-id"] == second.headers["x-shopify-webhook-id"]
    counter.call("DELETE", "faults")
    counter.fault("reorder", window=2, match={"topic": "products/update"}, times=2)
    edit(counter, title="Two")
    edit(counter, title="Three")
    titles = [each.data["title"] for each in receiver.wait(4)[2:]]
    assert titles == ["Three", "Two"]


@covers("R361")
def test_the_app_is_removed(shop: Shop, counter: Counter, receiver: Receiver) -> None:
    subscribe(shop, receiver, "APP_UNINSTALLED")
    assert counter.shop("POST", "uninstall") == {"told": 1}
    (found,) = receiver.wait(1)
    assert found.headers["x-shopify-topic"] == "app/uninstalled"
    assert (signed(found), found.data["myshopify_domain"]) == (True, "demo-shop.myshopify.com")
    assert post(shop, "{ shop { id } }").status == 401
    assert counter.shop("GET", "subscriptions") == []
