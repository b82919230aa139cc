"""What Amazon has of the seller's listings. Pure, but for the reading of all pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..core.dates import optional_datetime
from ..core.errors import InvalidError, RejectedError, ServerError
from ..core.money import optional_decimal
from ..core.shape import as_list, as_object, as_text
from ..core.types import ListingKey, Money, RemoteListing
from .const import SELLER_CHANNEL
from .settings import Settings

PAGE = 20
WINDOW = 1000
"""Items that one search gives over all of its pages (M)."""

Search = Callable[..., Any]


def parse_listing(value: Any, settings: Settings) -> RemoteListing | None:
    """An item of searchListingsItems or getListingsItem as the home marketplace sees it.

    :return: ``None`` for one without SKU. Members that cannot be read are ``None``.
    """
    if not isinstance(value, Mapping):
        return None
    try:
        sku = as_text(value.get("sku"), "sku")
    except InvalidError:
        return None
    if not sku:
        return None
    summary = _of_home(value.get("summaries"), settings)
    words = summary.get("status")
    status = [str(one) for one in words] if isinstance(words, list) else None
    code, quantity = _stock(value)
    extra = {
        "asin": _text(summary, "asin"),
        "product_type": _text(summary, "productType"),
        "fulfilment": "channel" if code.startswith("AMAZON") else "seller" if code else "",
    }
    return RemoteListing(
        key=ListingKey(
            external_id=sku, sku=sku, extra={name: text for name, text in extra.items() if text}
        ),
        title=_text(summary, "itemName"),
        price=_price(value, settings),
        quantity=quantity,
        published=None if status is None else "DISCOVERABLE" in status or "BUYABLE" in status,
        in_stock=None if quantity is None else quantity > 0,
        extra=_more(summary, status),
    )


def _more(summary: Mapping[str, Any], status: Sequence[str] | None) -> dict[str, Any]:
    image = summary.get("mainImage")
    found = {
        "status": list(status) if status is not None else None,
        "condition": _text(summary, "conditionType"),
        "image": _text(image, "link") if isinstance(image, Mapping) else "",
    }
    return {name: value for name, value in found.items() if value not in (None, "")}


def _price(value: Mapping[str, Any], settings: Settings) -> Money | None:
    """What was told last, else the offer that buyers see, which may lag behind."""
    home = settings.home
    attributes = value.get("attributes")
    offers = attributes.get("purchasable_offer") if isinstance(attributes, Mapping) else None
    for offer in offers if isinstance(offers, list) else ():
        if not isinstance(offer, Mapping) or (
            home and offer.get("marketplace_id", home.id) != home.id
        ):
            continue
        if offer.get("audience", "ALL") != "ALL":
            continue
        for name in ("discounted_price", "our_price"):
            found = _scheduled(offer, name)
            if found is not None:
                currency = _text(offer, "currency") or (home.currency if home else "")
                return Money(found, currency)
    offer = next(
        (one for one in _rows_of_home(value.get("offers"), settings) if _consumer(one)), {}
    )
    price = offer.get("price")
    if not isinstance(price, Mapping):
        return None
    amount = _decimal(price.get("amount"))
    return None if amount is None else Money(amount, _text(price, "currencyCode"))


def _consumer(offer: Mapping[str, Any]) -> bool:
    return str(offer.get("offerType") or "B2C") == "B2C"


def _scheduled(offer: Mapping[str, Any], name: str) -> Any:
    rows = offer.get(name)
    return _decimal(_first(_first(rows).get("schedule")).get("value_with_tax"))


def _first(rows: Any) -> Mapping[str, Any]:
    found = rows[0] if isinstance(rows, list) and rows else None
    return found if isinstance(found, Mapping) else {}


def _stock(value: Mapping[str, Any]) -> tuple[str, Any]:
    """Channel and quantity: the seller's own row where there is one."""
    rows = [one for one in value.get("fulfillmentAvailability") or () if isinstance(one, Mapping)]
    rows.sort(key=lambda one: one.get("fulfillmentChannelCode") != SELLER_CHANNEL)
    if not rows:
        return "", None
    return _text(rows[0], "fulfillmentChannelCode"), _decimal(rows[0].get("quantity"))


# === PAGES === #


def all_items(search: Search) -> Iterator[Mapping[str, Any]]:
    """Every item of the catalogue, once each.

    A search shows 1,000 items at most, so a longer catalogue is read in windows that begin where
    the last one ended.

    :param search: searchListingsItems with the marketplaces given.
    :raise ServerError: more than 1,000 items of the same second.
    """
    seen: set[str] = set()
    since: str | None = None
    while True:
        count, last = 0, since
        fresh = 0
        for item in _window(search, since):
            count += 1
            created = _created(item)
            last = created or last
            sku = str(item.get("sku"))
            if sku not in seen:
                seen.add(sku)
                fresh += 1
                yield item
        if count < WINDOW:
            return
        if last is None or (last == since and not fresh):
            raise ServerError("The list of listings cannot be read to its end.", code="no_end")
        since = last


def chosen_items(
    search: Search, one: Callable[[str], Any], skus: Sequence[str]
) -> Iterator[Mapping[str, Any]]:
    """The items of these SKUs, 20 a call.

    :param one: getListingsItem, for SKUs with a comma, which no list can hold.
    """
    for sku in (sku for sku in skus if "," in sku):
        try:
            yield as_object(one(sku), "item")
        except RejectedError:
            continue
    skus = [sku for sku in skus if "," not in sku]
    for start in range(0, len(skus), PAGE):
        part = skus[start : start + PAGE]
        reply = search(identifiers=part, identifiersType="SKU")
        wanted = set(part)
        for item in _items(reply):
            if item.get("sku") in wanted:
                yield item


def _window(search: Search, since: str | None) -> Iterator[Mapping[str, Any]]:
    token = ""
    count = 0
    filters = {"sortBy": "createdDate", "sortOrder": "ASC", "createdAfter": since}
    while True:
        reply = search(page_token=token, **filters)
        rows = _items(reply)
        yield from rows
        count += len(rows)
        pagination = as_object(reply, "answer").get("pagination")
        token = _text(pagination, "nextToken") if isinstance(pagination, Mapping) else ""
        if not token or not rows or count >= WINDOW:
            return


def _items(reply: Any) -> list[Mapping[str, Any]]:
    rows = as_list(as_object(reply, "answer").get("items"), "items")
    return [row for row in rows if isinstance(row, Mapping)]


def _created(item: Mapping[str, Any]) -> str | None:
    rows = [one for one in item.get("summaries") or () if isinstance(one, Mapping)]
    times = [text for one in rows if (text := _text(one, "createdDate"))]
    try:
        return max((text for text in times if optional_datetime(text, "createdDate")), default=None)
    except InvalidError:
        return None


# === VALUES === #


def _rows_of_home(rows: Any, settings: Settings) -> Iterable[Mapping[str, Any]]:
    found = [row for row in (rows if isinstance(rows, list) else ()) if isinstance(row, Mapping)]
    home = settings.home.id if settings.home else ""
    return [row for row in found if not home or row.get("marketplaceId", home) == home] or found


def _of_home(rows: Any, settings: Settings) -> Mapping[str, Any]:
    return next(iter(_rows_of_home(rows, settings)), {})


def _text(data: Mapping[str, Any], name: str) -> str:
    try:
        return as_text(data.get(name), name)
    except InvalidError:
        return ""


def _decimal(value: Any) -> Any:
    try:
        return optional_decimal(value, "number")
    except InvalidError:
        return None
