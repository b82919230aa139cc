"""What Shopify shows of listings: by webhook, by the poll, and as a whole. Pure.

::

    products/create, products/update    a product with its variants: one piece of news for each
    products/delete                     the product's id alone: key.extra["product_id"], deleted
    inventory_levels/update             one quantity: key.extra["inventory_item_id"]
    products of the poll                as products/update, and their search engine texts
    catalogue, nodes                    RemoteListing

``values`` are named as the engine keeps what it told (``product``, ``price``, ``inventory``); what
a road does not tell is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from ..core.errors import InvalidError
from ..core.money import optional_decimal, plain
from ..core.news import ListingNews
from ..core.revision import revision
from ..core.shape import as_object, member, text
from ..core.types import Event, ListingKey, Money, RemoteListing
from .wording import flag, labels, moment, number, optional_number, rows, words

TOPIC = "listing"
GRAMS = {
    "KILOGRAMS": Decimal(1),
    "GRAMS": Decimal("0.001"),
    "POUNDS": Decimal("0.45359237"),
    "OUNCES": Decimal("0.028349523125"),
}
"""Kilograms of a ``WeightUnit`` (G)."""
# REST name → GraphQL name of members that are the same on both roads.
_PRODUCT = {"title": "title", "vendor": "vendor", "handle": "handle", "status": "status"}
_PRODUCT_REST = {"description_html": "body_html", "type": "product_type"}
_PRODUCT_GRAPH = {"description_html": "descriptionHtml", "type": "productType"}


# === EVENTS === #


def product_events(product: Mapping[str, Any]) -> Iterator[Event]:
    """One event for each variant of a product of either road; variants that the message only names
    (D: beyond the hundredth) come by the poll.

    :raise InvalidError: the product has no id.
    """
    number(product.get("id"), "product.id")
    shared = {key: value for key, value in product.items() if key != "variants"}
    # Long lists that no listing needs.
    for name in ("images", "media", "variant_gids", "image"):
        shared.pop(name, None)
    for variant in rows(product, "variants"):
        found = optional_number(variant.get("id"))
        if found:
            payload = {"product": shared, "variant": dict(variant)}
            yield Event(TOPIC, found, revision(payload), payload, _changed(product))


def deleted_event(product: Mapping[str, Any]) -> Event:
    """A product that is no more; the message holds its id alone."""
    found = number(product.get("id"), "product.id")
    payload = {"product": {"id": found}, "deleted": True}
    return Event(TOPIC, f"product-{found}", revision(payload), payload)


def level_event(level: Mapping[str, Any]) -> Event:
    """``inventory_levels/update``."""
    item = number(level.get("inventory_item_id"), "inventory_item_id")
    place = number(level.get("location_id"), "location_id")
    payload = {"level": dict(level)}
    when = moment(level, "updated_at")
    return Event(TOPIC, f"item-{item}-{place}", revision(payload), payload, when)


def _changed(product: Mapping[str, Any]) -> Any:
    return moment(product, "updatedAt") or moment(product, "updated_at")


# === NEWS === #


def parse_news(payload: Any, currency: str = "") -> ListingNews:
    """The payload of an event with topic ``listing``.

    :param currency: the shop's; webhooks tell prices without one.
    :raise InvalidError: an unknown shape.
    """
    data = as_object(payload, "listing")
    if "level" in data:
        return _level_news(as_object(data["level"], "level"))
    product = as_object(data.get("product"), "product")
    product_id = number(product.get("id"), "product.id")
    if flag(data, "deleted"):
        return ListingNews(ListingKey(extra={"product_id": product_id}), deleted=True)
    variant = as_object(data.get("variant"), "variant")
    item = optional_number(member(variant, "inventoryItem").get("id"))
    item = item or optional_number(variant.get("inventory_item_id"))
    key = _key(variant, product_id, item)
    learned = {"external_id": key.external_id or "", **key.extra}
    return ListingNews(
        key=key,
        status=tuple(filter(None, (text(product, "status").upper(),))) or None,
        learned=learned,
        occurred_at=_changed(product),
        values={
            "product": {"attributes": _attributes(product, variant)},
            "price": _price(variant, currency),
        },
    )


def _key(variant: Mapping[str, Any], product_id: str, item: str) -> ListingKey:
    extra = {"product_id": product_id, "inventory_item_id": item}
    return ListingKey(
        external_id=number(variant.get("id"), "variant.id"),
        sku=text(variant, "sku") or None,
        barcode=text(variant, "barcode") or None,
        extra={name: value for name, value in extra.items() if value},
    )


def _level_news(level: Mapping[str, Any]) -> ListingNews:
    item = number(level.get("inventory_item_id"), "inventory_item_id")
    place = number(level.get("location_id"), "location_id")
    available = optional_decimal(level.get("available"), "available")
    shown = {} if available is None else {"by_location": {place: plain(available)}}
    return ListingNews(
        key=ListingKey(extra={"inventory_item_id": item}),
        occurred_at=moment(level, "updated_at"),
        values={"inventory": shown} if shown else {},
    )


def _attributes(product: Mapping[str, Any], variant: Mapping[str, Any]) -> dict[str, Any]:
    graph = "updatedAt" in product
    names = {**_PRODUCT, **(_PRODUCT_GRAPH if graph else _PRODUCT_REST)}
    shown: dict[str, Any] = {
        name: text(product, member_) for name, member_ in names.items() if member_ in product
    }
    if "status" in shown:
        shown["status"] = shown["status"].upper()
    if "tags" in product:
        shown["tags"] = list(labels(product, "tags"))
    if "seo" in product:
        shown["seo_title"] = text(product, "seo", "title")
        shown["seo_description"] = text(product, "seo", "description")
    return {"product": shown, "variant": _variant(product, variant)}


def _variant(product: Mapping[str, Any], variant: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        name: text(variant, name) for name in ("sku", "barcode") if name in variant
    }
    for name, other in (("inventory_policy", "inventoryPolicy"),):
        policy = text(variant, other) or text(variant, name)
        if policy:
            shown[name] = policy.upper()
    for name, value in (
        ("taxable", variant.get("taxable")),
        ("tracked", member(variant, "inventoryItem").get("tracked")),
    ):
        if isinstance(value, bool):
            shown[name] = value
    chosen = options(product, variant)
    if chosen:
        shown["options"] = chosen
    return shown


def options(product: Mapping[str, Any], variant: Mapping[str, Any]) -> dict[str, str]:
    """What tells the variant from the others; a product without variants has a made-up one."""
    found = {text(one, "name"): text(one, "value") for one in rows(variant, "selectedOptions")}
    if not found:
        names = [text(one, "name") for one in rows(product, "options")]
        values = (text(variant, f"option{index}") for index in range(1, len(names) + 1))
        found = dict(zip(names, values, strict=True))
    return {
        name: value
        for name, value in found.items()
        if name and value and (name, value) != ("Title", "Default Title")
    }


def _price(variant: Mapping[str, Any], currency: str) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, others in (
        ("price", ("price",)),
        ("compare_at", ("compareAtPrice", "compare_at_price")),
    ):
        for other in others:
            if other in variant:
                amount = optional_decimal(variant.get(other), other)
                shown[name] = None if amount is None else plain(amount)
    if shown and currency:
        shown["currency"] = currency
    return shown


# === WHOLE LISTINGS === #


def remote_listing(
    product: Mapping[str, Any],
    variant: Mapping[str, Any],
    levels: Iterable[Mapping[str, Any]],
    currency: str,
    images: Iterable[str] = (),
) -> RemoteListing | None:
    """A variant with its product and its quantities as GraphQL has them.

    :return: ``None`` for a variant without an id. Members that cannot be read are ``None``.
    """
    external_id = optional_number(variant.get("id"))
    if not external_id:
        return None
    item = member(variant, "inventoryItem")
    product_id = optional_number(product.get("id"))
    places = _by_location(levels)
    chosen = options(product, variant)
    tracked = item.get("tracked") is not False
    status = text(product, "status").upper()
    title = text(product, "title")
    image = text(product, "featuredMedia", "preview", "image", "url")
    extra = {
        "product_status": status,
        "handle": text(product, "handle"),
        "vendor": text(product, "vendor"),
        "product_type": text(product, "productType"),
        "tags": list(words(product, "tags")),
        "inventory_policy": text(variant, "inventoryPolicy").upper(),
        "tracked": tracked,
        "taxable": variant.get("taxable") is not False,
    }
    return RemoteListing(
        key=_key(variant, product_id, optional_number(item.get("id"))),
        title=f"{title} - {' / '.join(chosen.values())}" if chosen else title,
        price=_money(variant.get("price"), currency),
        compare_at=_money(variant.get("compareAtPrice"), currency),
        quantity=_quantity(variant, places),
        published=status == "ACTIVE" if status else None,
        in_stock=variant.get("availableForSale")
        if isinstance(variant.get("availableForSale"), bool)
        else None,
        group=product_id,
        group_title=title,
        options=chosen,
        description=text(product, "descriptionHtml"),
        weight_kg=_weight(member(item, "measurement", "weight")),
        image_urls=tuple(dict.fromkeys(filter(None, (image, *images)))),
        by_location=places,
        extra={name: value for name, value in extra.items() if value not in ("", [])},
    )


def _by_location(levels: Iterable[Mapping[str, Any]]) -> dict[str, Decimal]:
    found = {}
    for level in levels:
        place = optional_number(member(level, "location").get("id"))
        for one in rows(level, "quantities"):
            if place and text(one, "name") == "available":
                amount = _decimal(one.get("quantity"))
                if amount is not None:
                    found[place] = amount
    return found


def _quantity(variant: Mapping[str, Any], places: Mapping[str, Decimal]) -> Decimal | None:
    if places:
        return sum(places.values(), Decimal(0))
    return _decimal(variant.get("inventoryQuantity"))


def _weight(data: Mapping[str, Any]) -> Decimal | None:
    value, factor = _decimal(data.get("value")), GRAMS.get(text(data, "unit").upper())
    return None if value is None or factor is None else value * factor


def _money(value: Any, currency: str) -> Money | None:
    amount = _decimal(value)
    return None if amount is None else Money(amount, currency)


def _decimal(value: Any) -> Decimal | None:
    try:
        return optional_decimal(value, "number")
    except InvalidError:
        return None
