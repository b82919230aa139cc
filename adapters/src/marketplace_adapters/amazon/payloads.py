"""Neutral → attributes of a listing, per marketplace. Pure.

Every attribute is a list of instances; which of them a change touches follows from its selectors,
mostly ``marketplace_id`` (D: Listings Items, Building Listings Management Workflows). An attribute
that is absent is left alone, one with an empty list is taken away.

Shapes: D "Manage purchasable offer", "Merge a listing", "Manage advanced multiple offer use
cases", M listingsItems_2021-08-01, X listings-feed-message-schema-v2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ..core.dates import UTC, iso
from ..core.errors import RejectedError
from ..core.money import floor, number
from ..core.types import (
    ImageState,
    InventoryState,
    ListingKey,
    Money,
    OverrideState,
    PriceState,
    ProductState,
    RelationshipState,
    State,
)
from .const import (
    DEFAULT_CONDITION,
    DEFAULT_PRODUCT_TYPE,
    MAX_BULLETS,
    MAX_IMAGES,
    REQUIREMENTS,
    SELLER_CHANNEL,
)
from .settings import Market, Settings

Attributes = dict[str, list[dict[str, Any]]]

SALE_DAYS = 365
"""A sale that names no end is told for a year: Amazon asks for both dates."""
ALWAYS = 9999
"""Quantity of what is always there."""
MAX_SKU = 40
"""X: SKU, and what Seller Central takes."""
MAIN_IMAGE = "main_product_image_locator"
IMAGES = (MAIN_IMAGE, *(f"other_product_image_locator_{n}" for n in range(1, MAX_IMAGES)))
RELATION = ("parentage_level", "child_parent_sku_relationship", "variation_theme")
OVERRIDE = "merchant_shipping_group"


# === IDENTITY === #


def sku_of(key: ListingKey) -> str:
    """The seller SKU, which is the identity of a listing.

    :raise RejectedError: there is none, or one that Amazon cannot take.
    """
    sku = key.external_id or key.sku or ""
    if not sku.strip():
        raise RejectedError("The product has no SKU (internal reference).", code="no_sku")
    if len(sku) > MAX_SKU:
        raise RejectedError(f"The SKU is longer than {MAX_SKU} characters.", code="bad_sku")
    if sku != sku.strip() or any(ord(char) < 32 or char == "\x7f" for char in sku):
        raise RejectedError(
            "The SKU begins or ends with a space or holds control characters.", code="bad_sku"
        )
    return sku


def is_new(key: ListingKey) -> bool:
    """Whether Amazon does not have the listing yet, as far as we know.

    An ASIN alone says nothing of that: it is the product of Amazon's that is to be offered.
    """
    return not key.external_id


def product_type_of(key: ListingKey, state: ProductState | None = None) -> str:
    """The product type, :data:`DEFAULT_PRODUCT_TYPE` when nobody says one."""
    told = state.attributes.get("product_type") if state else None
    return str(told or key.extra.get("product_type") or DEFAULT_PRODUCT_TYPE)


def requirements_of(state: ProductState | None) -> str:
    """``LISTING``, ``LISTING_PRODUCT_ONLY`` (a variation parent) or ``LISTING_OFFER_ONLY``.

    :raise RejectedError: another word.
    """
    told = state.attributes.get("requirements") if state else None
    if not told:
        parent = bool(state and state.attributes.get("parent"))
        return "LISTING_PRODUCT_ONLY" if parent else "LISTING"
    if told not in REQUIREMENTS:
        raise RejectedError(f"The requirements {str(told)[:40]!r} are unknown.", code="bad_value")
    return str(told)


# === KINDS === #


def attributes(
    key: ListingKey, state: State, settings: Settings, now: datetime, *, new: bool = False
) -> Attributes:
    """The attributes that a state sets; an empty list takes one away.

    :param now: aware; begins a sale that names no beginning.
    :param new: the listing is made with them: nothing needs to be taken away, and what identifies
        the product is told, which may not change later.
    :raise RejectedError: data that Amazon surely refuses.
    """
    if isinstance(state, ProductState):
        return _product(key, state, settings, new)
    if isinstance(state, PriceState):
        return _price(state, settings, now)
    if isinstance(state, InventoryState):
        return _inventory(key, state, settings)
    if isinstance(state, ImageState):
        return _images(state, settings, new)
    if isinstance(state, RelationshipState):
        return _relationship(state, settings, new)
    if isinstance(state, OverrideState):
        return _override(state, settings, new)
    raise RejectedError("Amazon's listings take no such thing.", code="unsupported")


def _product(key: ListingKey, state: ProductState, settings: Settings, new: bool) -> Attributes:
    """Members of :attr:`ProductState.attributes`, all optional: ``product_type``, ``requirements``,
    ``condition``, ``brand``, ``bullet_points``, ``values`` ({Amazon's name: plain value or
    instances}), ``texts`` ({marketplace id: {"title", "description"}}), ``parent``, ``theme``."""
    own = state.attributes
    found: Attributes = {}
    offer_only = requirements_of(state) == "LISTING_OFFER_ONLY"
    if not offer_only:
        texts = _mapping(own.get("texts"))
        _localized(found, "item_name", [state.title], settings, _of_markets(texts, "title"))
        description = _of_markets(texts, "description")
        _localized(found, "product_description", [state.description], settings, description)
        _localized(found, "brand", [own.get("brand")], settings)
        bullets = own.get("bullet_points") or ()
        bullets = (bullets,) if isinstance(bullets, str) else bullets
        _localized(found, "bullet_point", list(bullets)[:MAX_BULLETS], settings)
        if state.weight_kg:
            weight = {"unit": "kilograms", "value": number(state.weight_kg)}
            found["item_package_weight"] = _each(settings, weight)
    if not own.get("parent"):
        condition = own.get("condition") or (DEFAULT_CONDITION if new else None)
        if condition:
            found["condition_type"] = _each(settings, {"value": str(condition)})
        if new:
            found |= _identifiers(key, state, settings, offer_only)
    else:
        found["parentage_level"] = _each(settings, {"value": "parent"})
        if own.get("theme"):
            found["variation_theme"] = _each(settings, {"name": str(own["theme"])})
    for name, value in _mapping(own.get("values")).items():
        found[name] = wrapped(value, settings)
    return found


def _identifiers(
    key: ListingKey, state: ProductState, settings: Settings, offer_only: bool
) -> Attributes:
    asin = key.extra.get("asin")
    if offer_only and asin:
        return {"merchant_suggested_asin": _each(settings, {"value": asin})}
    code = state.barcode or key.barcode or ""
    kind = barcode_type(code)
    if not kind:
        return {}
    value = {"type": kind, "value": code}
    return {"externally_assigned_product_identifier": _each(settings, value)}


def barcode_type(code: str) -> str:
    """``ean``, ``upc`` or ``gtin`` of a number whose check digit is right, else empty."""
    kind = {8: "ean", 12: "upc", 13: "ean", 14: "gtin"}.get(len(code), "")
    if not kind or not (code.isascii() and code.isdigit()):
        return ""
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(code[::-1]))
    return kind if weighed % 10 == 0 else ""


def _price(state: PriceState, settings: Settings, now: datetime) -> Attributes:
    home = settings.home
    offers: list[dict[str, Any]] = []
    for market in settings.markets:
        own = state.markets.get(market.id)
        if market is home or (own is None and market.currency == state.price.currency):
            offers += _offers(state, market, state.price, now)
        elif own is not None:
            offers.append(_offer(market, "ALL", our_price=_schedule(own, market)))
    return {"purchasable_offer": offers}


def _offers(
    state: PriceState, market: Market, price: Money, now: datetime
) -> Iterable[dict[str, Any]]:
    members = {"our_price": _schedule(state.compare_at or price, market)}
    if state.compare_at is not None:
        start = state.sale_from or datetime.combine(now.astimezone(UTC).date(), time(), UTC)
        until = state.sale_until or start + timedelta(days=SALE_DAYS)
        if until <= start:
            raise RejectedError("The sale ends before it begins.", code="bad_sale")
        dates = {"start_at": iso(start), "end_at": iso(until)}
        members["discounted_price"] = _schedule(price, market, dates)
    if state.minimum is not None:
        members["minimum_seller_allowed_price"] = _schedule(state.minimum, market)
    if state.maximum is not None:
        members["maximum_seller_allowed_price"] = _schedule(state.maximum, market)
    yield _offer(market, "ALL", **members)
    if state.business is not None:
        yield _offer(market, "B2B", our_price=_schedule(state.business, market))


def _offer(market: Market, audience: str, **members: Any) -> dict[str, Any]:
    head = {"marketplace_id": market.id, "currency": market.currency, "audience": audience}
    return head | members


def _schedule(
    price: Money, market: Market, dates: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    if price.currency != market.currency:
        raise RejectedError(
            f"The price is in {price.currency}, the marketplace sells in {market.currency}.",
            code="wrong_currency",
        )
    if price.amount < 0:
        raise RejectedError("A price below zero cannot be told.", code="bad_price")
    amount = price.amount.quantize(market.step, ROUND_HALF_UP)
    return [{"schedule": [dict(dates or {}) | {"value_with_tax": number(amount)}]}]


def _inventory(key: ListingKey, state: InventoryState, settings: Settings) -> Attributes:
    if key.extra.get("fulfilment") == "channel":
        home = settings.home
        code = home.channel if home else "AMAZON_NA"
        # Amazon counts its own stock: a quantity would be refused.
        return {"fulfillment_availability": [{"fulfillment_channel_code": code}]}
    quantity = floor(state.quantity) if state.in_stock else 0
    row: dict[str, Any] = {
        "fulfillment_channel_code": SELLER_CHANNEL,
        "quantity": ALWAYS if state.unlimited else quantity,
    }
    if state.handling_days is not None:
        row["lead_time_to_ship_max_days"] = max(0, state.handling_days)
    if state.restock_date is not None:
        row["restock_date"] = state.restock_date.isoformat()
    return {"fulfillment_availability": [row]}


def _images(state: ImageState, settings: Settings, new: bool) -> Attributes:
    found: Attributes = {}
    for place, name in enumerate(IMAGES):
        if place < len(state.urls):
            found[name] = _each(settings, {"media_location": state.urls[place]})
        elif not new:
            found[name] = []
    return found


def _relationship(state: RelationshipState, settings: Settings, new: bool) -> Attributes:
    if state.parent is None and not state.theme:
        return {} if new else {name: [] for name in RELATION}
    level = "child" if state.parent is not None else "parent"
    found: Attributes = {"parentage_level": _each(settings, {"value": level})}
    if state.parent is not None:
        link = {"child_relationship_type": "variation", "parent_sku": sku_of(state.parent)}
        found["child_parent_sku_relationship"] = _each(settings, link)
    if state.theme:
        found["variation_theme"] = _each(settings, {"name": state.theme})
    return found


def _override(state: OverrideState, settings: Settings, new: bool) -> Attributes:
    found = {name: wrapped(value, settings) for name, value in state.values.items()}
    if not new:
        # Nothing said: the account's own template counts again.
        found.setdefault(OVERRIDE, [])
    return found


# === VALUES === #


def wrapped(value: Any, settings: Settings) -> list[dict[str, Any]]:
    """Instances of an attribute from whatever was written for it.

    ``"Cotton"`` → ``[{"value": "Cotton", "marketplace_id": …}]``, one for each marketplace; a list
    of scalars gives several; objects stay as they are and get only the marketplace they lack.
    ``None`` and empty text take the attribute away.
    """
    many = value if isinstance(value, (list, tuple)) else (value,)
    rows = [row if isinstance(row, Mapping) else {"value": _plain(row)} for row in many]
    rows = [row for row in rows if row and row.get("value", row) not in (None, "")]
    return [
        dict(row) if "marketplace_id" in row else dict(row) | {"marketplace_id": market.id}
        for market in settings.markets
        for row in rows
        if "marketplace_id" not in row or market is settings.home
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return number(value)
    return value.strip() if isinstance(value, str) else value


def _localized(
    found: Attributes,
    name: str,
    texts: Sequence[str | None],
    settings: Settings,
    own: Mapping[str, str] | None = None,
) -> None:
    """:param own: texts of marketplaces that have others than the rest, by their ids."""
    if any(text is None for text in texts) or not texts:
        return
    told = [str(text).strip() for text in texts if text and str(text).strip()]
    found[name] = [
        {"value": text, "language_tag": market.language, "marketplace_id": market.id}
        for market in settings.markets
        for text in ([own[market.id]] if own and market.id in own else told)
    ]


def _of_markets(texts: Mapping[str, Any], name: str) -> dict[str, str]:
    """One member of ``texts``: marketplace id → what is said there."""
    found = {market: _mapping(one).get(name) for market, one in texts.items()}
    return {
        market: text.strip()
        for market, text in found.items()
        if isinstance(text, str) and text.strip()
    }


def _each(settings: Settings, members: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [dict(members) | {"marketplace_id": market.id} for market in settings.markets]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
