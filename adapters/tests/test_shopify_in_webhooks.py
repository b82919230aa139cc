"""Webhooks of Shopify: whose they are, and what they tell."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from marketplace_adapters.core import (
    UTC,
    Connection,
    Event,
    InvalidError,
    ListingKey,
    OrderStatus,
    PrivacyKind,
    PrivacyRequest,
    SignatureError,
)
from marketplace_adapters.shopify.adapter import ShopifyAdapter
from marketplace_adapters.shopify.const import DRAFT_TOPICS, WEBHOOK_TOPICS
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.harness import mutations
from shopify_in_samples import CUSTOMER, ORDER, SECRET, SHOP, Line, Refund, Sample, bag, plain


def opened(credentials: dict[str, str] | None = None, **options: Any) -> ShopifyAdapter:
    keys = {"client_id": "demo", "client_secret": SECRET} if credentials is None else credentials
    own = {"shop": SHOP, **options}
    return ShopifyAdapter(Connection(f"https://{SHOP}", keys, own, "EUR"))


def signed(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def headers(topic: str, body: bytes = b"") -> dict[str, str]:
    return {
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": SHOP,
        "X-Shopify-Hmac-Sha256": signed(body),
        "X-Shopify-Event-Id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
        "X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "X-Shopify-Triggered-At": "2026-11-21T11:00:01.250Z",
    }


def parse(topic: str, document: Any, **options: Any) -> tuple[Event, ...]:
    body = json.dumps(document).encode()
    with opened(**options) as adapter:
        adapter.verify(headers(topic, body), body)
        return adapter.parse(headers(topic, body), body)


# === WHOSE === #


@covers("R419", "X48")
def test_the_signature_is_proven_over_the_bytes_as_they_came() -> None:
    body = '{"id": 1, "name": "Ärger"}'.encode()
    with opened() as adapter:
        adapter.verify(headers("orders/create", body), body)
        adapter.verify({k.upper(): v for k, v in headers("orders/create", body).items()}, body)
        with pytest.raises(SignatureError) as caught:
            adapter.verify(headers("orders/create", body), body + b" ")
    assert caught.value.code == "wrong_signature"


@covers("R419", "X48")
@pytest.mark.parametrize(
    ("given", "code"),
    [
        (None, "missing_signature"),
        ("", "missing_signature"),
        ("   ", "missing_signature"),
        ("AAAA", "wrong_signature"),
        ("not base64 ü", "wrong_signature"),
        (signed(b"{}", "another secret"), "wrong_signature"),
        (signed(b"{}").rstrip("="), "wrong_signature"),
        (hmac.new(SECRET.encode(), b"{}", hashlib.sha256).hexdigest(), "wrong_signature"),
    ],
)
def test_no_other_signature_is_taken(given: str | None, code: str) -> None:
    found = headers("orders/create", b"{}")
    if given is None:
        del found["X-Shopify-Hmac-Sha256"]
    else:
        found["X-Shopify-Hmac-Sha256"] = given
    with opened() as adapter, pytest.raises(SignatureError) as caught:
        adapter.verify(found, b"{}")
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("credentials", "secret"),
    [
        ({"client_id": "a", "client_secret": "b-secret"}, "b-secret"),
        ({"access_token": "shpat_1", "api_secret": "c-secret"}, "c-secret"),
        ({"access_token": "shpat_1", "client_secret": "d-secret"}, "d-secret"),
    ],
)
def test_the_secret_of_the_app_signs(credentials: dict[str, str], secret: str) -> None:
    found = headers("orders/create") | {"X-Shopify-Hmac-Sha256": signed(b"{}", secret)}
    with opened(credentials) as adapter:
        adapter.verify(found, b"{}")


def test_without_a_secret_nothing_is_taken() -> None:
    found = headers("orders/create") | {"X-Shopify-Hmac-Sha256": signed(b"", "")}
    with opened({}) as adapter, pytest.raises(SignatureError) as caught:
        adapter.verify(found, b"")
    assert caught.value.code == "no_secret"


def test_a_message_of_another_shop_with_the_same_app_is_refused() -> None:
    found = headers("orders/create", b"{}") | {"X-Shopify-Shop-Domain": "other.myshopify.com"}
    with opened() as adapter, pytest.raises(SignatureError) as caught:
        adapter.verify(found, b"{}")
    assert caught.value.code == "wrong_shop"
    with opened(shop="") as adapter:
        adapter.verify(found, b"{}")


# === ORDERS === #


@covers("R355", "X36")
@pytest.mark.parametrize("topic", ["orders/create", "orders/updated", "ORDERS/PAID"])
def test_an_order_is_one_event(topic: str) -> None:
    (event,) = parse(topic, plain().rest())
    assert (event.topic, event.external_id) == ("order", str(ORDER))
    assert event.occurred_at == datetime(2026, 11, 21, 11, tzinfo=UTC)
    assert event.delivery == f"98880550-7158-44d4-b7cd-2c97c8a091b5/{topic.lower()}"
    with opened() as adapter:
        order = adapter.order(event.payload)
    assert (order.revision, order.total) == (event.revision, Decimal("39.40"))
    assert "lea@example.com" not in repr(event)


def test_an_order_brings_its_refunds() -> None:
    line = Line(1, "A", 2, bag("5.00"), current=1)
    refund = Refund(7, [(line, 1, "return", 7001, bag("5.00"), bag("0.00"))], bag("5.00"))
    sample = Sample(lines=[line], total=bag("5.00"), refunds=[refund])
    events = parse("orders/updated", sample.rest())
    assert [(one.topic, one.external_id) for one in events] == [
        ("order", str(ORDER)),
        ("return", "refund-7"),
    ]
    assert [one.delivery.rpartition(":")[2] for one in events] == ["0", "1"]
    (alone,) = parse("refunds/create", refund.rest())
    assert (alone.external_id, alone.revision) == ("refund-7", events[1].revision)


def test_a_damaged_order_is_an_event_that_fails_where_it_is_seen() -> None:
    document = plain().rest()
    document["line_items"][0]["quantity"] = "many"
    (event,) = parse("orders/create", document)
    assert event.external_id == str(ORDER)
    with opened() as adapter, pytest.raises(InvalidError, match=r"line_items\[0\]\.quantity"):
        adapter.order(event.payload)
    (unknown,) = parse("orders/create", {"hello": 1})
    assert unknown.external_id.startswith("unknown-")


def test_a_deleted_order_is_cancelled() -> None:
    (event,) = parse("orders/delete", {"id": ORDER})
    assert (event.topic, event.external_id) == ("status", str(ORDER))
    with opened() as adapter:
        assert adapter.status(event.payload) is OrderStatus.CANCELLED
        with pytest.raises(InvalidError):
            adapter.status({"status": "odd"})


def _draft(**more: Any) -> dict[str, Any]:
    return {
        "id": 994118539,
        "admin_graphql_api_id": "gid://shopify/DraftOrder/994118539",
        "name": "#D2",
        "status": "open",
        "currency": "EUR",
        "created_at": "2026-11-21T10:00:00Z",
        "updated_at": "2026-11-21T11:00:00Z",
        "taxes_included": False,
        "total_price": "29.75",
        "total_tax": "4.75",
        "applied_discount": {"title": "Friend", "amount": "2.00"},
        "shipping_line": {"title": "DHL", "price": "5.00"},
        "line_items": [
            {
                "id": 498266019,
                "variant_id": 39072856,
                "product_id": 632910392,
                "name": "IPod",
                "sku": "IPOD",
                "quantity": 2,
                "price": "12.00",
                "applied_discount": {"amount": "2.00"},
                "tax_lines": [{"rate": 0.19, "title": "VAT", "price": "3.80"}],
            }
        ],
        **more,
    }


def test_a_draft_is_a_quotation_until_it_is_completed() -> None:
    assert parse("draft_orders/update", _draft()) == ()
    with opened(include_drafts=True) as adapter:
        found = []
        for document in (_draft(), _draft(status="completed", order_id=ORDER)):
            (event,) = parse("draft_orders/update", document, include_drafts=True)
            order = adapter.order(event.payload)
            assert event.external_id == order.external_id == "draft-994118539"
            found.append(order)
        (gone,) = parse("draft_orders/delete", {"id": 994118539}, include_drafts=True)
        found.append(adapter.order(gone.payload))
    assert [one.status for one in found] == [
        OrderStatus.PENDING,
        OrderStatus.CANCELLED,
        OrderStatus.CANCELLED,
    ]
    draft = found[0]
    assert [(one.kind, one.quantity * one.unit_price, one.tax) for one in draft.lines] == [
        ("product", Decimal("25.80"), Decimal("3.80")),
        ("fee", Decimal("-2.00"), Decimal(0)),
        ("shipping", Decimal("5.95"), Decimal("0.95")),
    ]
    assert (draft.total, draft.payments, draft.number) == (Decimal("29.75"), (), "#D2")


# === GOODS === #

PRODUCT = {
    "id": 788032119674292922,
    "title": "Shirt",
    "body_html": "<p>Soft</p>",
    "vendor": "Acme",
    "product_type": "Clothes",
    "handle": "shirt",
    "status": "active",
    "tags": "summer, cotton",
    "updated_at": "2026-11-21T12:00:00+01:00",
    "options": [{"name": "Colour"}, {"name": "Size"}],
    "images": [{"src": "https://cdn.example/1.jpg"}],
    "variant_gids": [{"admin_graphql_api_id": "gid://shopify/ProductVariant/1"}],
    "variants": [
        {
            "id": 642667041472713922,
            "sku": "SH-B-L",
            "barcode": "4006381333931",
            "price": "19.99",
            "compare_at_price": None,
            "option1": "Blue",
            "option2": "L",
            "inventory_item_id": 5001,
            "inventory_policy": "deny",
            "taxable": True,
        },
        {
            "id": 757650484644203962,
            "sku": "SH-R-S",
            "price": "17.50",
            "option1": "Red",
            "option2": "S",
        },
    ],
}


@covers("R355", "R371")
def test_a_product_is_news_of_each_of_its_variants() -> None:
    first, second = parse("products/update", PRODUCT)
    assert (first.topic, first.external_id) == ("listing", "642667041472713922")
    assert first.occurred_at == datetime(2026, 11, 21, 11, tzinfo=UTC)
    assert "images" not in first.payload["product"]
    with opened() as adapter:
        news = adapter.listing_news(first.payload)
        other = adapter.listing_news(second.payload)
    assert news.key == ListingKey(
        "642667041472713922",
        "SH-B-L",
        barcode="4006381333931",
        extra={"product_id": "788032119674292922", "inventory_item_id": "5001"},
    )
    assert (news.status, news.deleted) == (("ACTIVE",), False)
    assert news.values == {
        "product": {
            "attributes": {
                "product": {
                    "title": "Shirt",
                    "vendor": "Acme",
                    "handle": "shirt",
                    "status": "ACTIVE",
                    "description_html": "<p>Soft</p>",
                    "type": "Clothes",
                    "tags": ["cotton", "summer"],
                },
                "variant": {
                    "sku": "SH-B-L",
                    "barcode": "4006381333931",
                    "inventory_policy": "DENY",
                    "taxable": True,
                    "options": {"Colour": "Blue", "Size": "L"},
                },
            }
        },
        "price": {"price": "19.99", "compare_at": None, "currency": "EUR"},
    }
    assert other.values["price"] == {"price": "17.50", "currency": "EUR"}


def test_a_deleted_product_is_named_alone() -> None:
    (event,) = parse("products/delete", {"id": 788032119674292922})
    with opened() as adapter:
        news = adapter.listing_news(event.payload)
    assert (news.key, news.deleted) == (
        ListingKey(extra={"product_id": "788032119674292922"}),
        True,
    )


@covers("R360")
def test_a_quantity_is_news_of_one_place() -> None:
    level = {
        "inventory_item_id": 5001,
        "location_id": 7002,
        "available": 3,
        "updated_at": "2026-11-21T11:00:00Z",
    }
    (event,) = parse("inventory_levels/update", level)
    assert event.external_id == "item-5001-7002"
    with opened() as adapter:
        news = adapter.listing_news(event.payload)
        unknown = adapter.listing_news({"level": {**level, "available": None}})
    assert news.key == ListingKey(extra={"inventory_item_id": "5001"})
    assert news.values == {"inventory": {"by_location": {"7002": "3"}}}
    assert unknown.values == {}


# === SHOP, PRIVACY === #


def test_the_app_was_thrown_out() -> None:
    shop = {"id": 1, "myshopify_domain": SHOP, "email": "owner@example.com", "updated_at": "x"}
    (event,) = parse("app/uninstalled", shop)
    assert (event.topic, event.external_id, event.payload) == ("disconnected", SHOP, {"shop": SHOP})
    assert event.occurred_at == datetime(2026, 11, 21, 11, 0, 1, 250000, tzinfo=UTC)


def test_a_bulk_operation_is_done() -> None:
    done = {
        "admin_graphql_api_id": "gid://shopify/BulkOperation/147595010",
        "status": "completed",
        "type": "mutation",
        "error_code": None,
        "completed_at": "2026-11-21T11:00:00Z",
    }
    (event,) = parse("bulk_operations/finish", done)
    assert (event.topic, event.external_id) == ("submission", "147595010")


@covers("R355")
@pytest.mark.parametrize(
    ("topic", "document", "wanted"),
    [
        (
            "customers/data_request",
            {
                "shop_id": 1,
                "orders_requested": [ORDER, 280263220],
                "customer": {"id": CUSTOMER, "email": "j@example.com", "phone": "555-625-1199"},
                "data_request": {"id": 9999},
            },
            PrivacyRequest(
                "request-9999",
                PrivacyKind.REPORT,
                str(CUSTOMER),
                "j@example.com",
                "555-625-1199",
                (str(ORDER), "280263220"),
                datetime(2026, 11, 21, 11, 0, 1, 250000, tzinfo=UTC),
            ),
        ),
        (
            "customers/redact",
            {"customer": {"id": CUSTOMER, "email": "", "phone": None}, "orders_to_redact": []},
            PrivacyRequest(
                "",
                PrivacyKind.FORGET_BUYER,
                str(CUSTOMER),
                requested_at=datetime(2026, 11, 21, 11, 0, 1, 250000, tzinfo=UTC),
            ),
        ),
        (
            "shop/redact",
            {"shop_id": 954889, "shop_domain": SHOP},
            PrivacyRequest(
                "",
                PrivacyKind.FORGET_SHOP,
                requested_at=datetime(2026, 11, 21, 11, 0, 1, 250000, tzinfo=UTC),
            ),
        ),
    ],
)
def test_what_the_law_lets_buyers_ask_for(
    topic: str, document: dict[str, Any], wanted: PrivacyRequest
) -> None:
    (event,), (again,) = parse(topic, document), parse(topic, document)
    assert event == again
    assert "j@example.com" not in repr(event)
    with opened() as adapter:
        found = adapter.privacy(event.payload)
    assert found.external_id == event.external_id
    assert found.external_id == (wanted.external_id or found.external_id)
    for name in ("kind", "buyer_id", "email", "phone", "order_ids", "requested_at"):
        assert getattr(found, name) == getattr(wanted, name)


# === ALL TOPICS === #

BODIES: dict[str, Any] = {
    "orders": plain().rest(),
    "refunds": Refund(1, [], bag("5.00")).rest(),
    "fulfillments": {"id": 1, "order_id": ORDER, "status": "success"},
    "inventory_levels": {"inventory_item_id": 1, "location_id": 2, "available": 3},
    "products": PRODUCT,
    "returns": {"id": 5, "order_id": ORDER, "status": "closed"},
    "app": {"myshopify_domain": SHOP},
    "bulk_operations": {"admin_graphql_api_id": "gid://shopify/BulkOperation/1"},
    "draft_orders": _draft(),
}


@pytest.mark.parametrize("name", [*WEBHOOK_TOPICS, *DRAFT_TOPICS])
def test_every_topic_that_is_subscribed_is_read(name: str) -> None:
    family = next(one for one in BODIES if name.lower().startswith(one))
    topic = f"{family}/{name.lower().removeprefix(family + '_')}"
    events = parse(topic, BODIES[family], include_drafts=True)
    assert bool(events) is (family not in ("fulfillments", "returns"))


def test_what_is_not_known_tells_nothing() -> None:
    assert parse("themes/publish", {"id": 1}) == ()


@covers("X51")
@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b'{"id": NaN}', b"[" * 900])
def test_what_is_no_message_is_refused(body: bytes) -> None:
    with opened() as adapter:
        for topic in ("orders/create", "products/update", "customers/redact"):
            with pytest.raises(InvalidError):
                adapter.parse(headers(topic), body)
        with pytest.raises(InvalidError, match="topic"):
            adapter.parse({}, b"{}")
        with pytest.raises(InvalidError, match="larger"):
            adapter.parse(headers("orders/create"), b" " * (10 * 1024 * 1024 + 1))


@pytest.mark.parametrize("family", [one for one in BODIES if one != "orders"])
def test_a_damaged_message_is_read_or_refused_and_never_breaks(family: str) -> None:
    names = {"products": ("update", "delete"), "returns": ("request", "cancel")}
    with opened(include_drafts=True) as adapter:
        readers = {
            "order": adapter.order,
            "return": adapter.returned,
            "listing": adapter.listing_news,
        }
        for document in mutations(BODIES[family])[::7]:
            body = json.dumps(document).encode()
            for word in names.get(family, ("create", "update", "finish", "uninstalled")):
                try:
                    for event in adapter.parse(headers(f"{family}/{word}"), body):
                        assert isinstance(event.external_id, str)
                        assert len(event.external_id) <= 300
                        if event.topic in readers:
                            readers[event.topic](event.payload)
                except InvalidError:
                    pass
