"""What the fake channel tells besides orders: news of listings, and goods it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.dates import optional_datetime
from ..core.money import decimal
from ..core.news import ListingNews, PrivacyKind, PrivacyRequest, StoredQuantity
from ..core.shape import as_id, as_list, as_object, as_text
from ..core.types import Issue, ListingKey, Severity


def parse_issue(value: Any) -> Issue:
    """``{"code", "message", "severity", "attributes": […]}``."""
    data = as_object(value, "issue")
    return Issue(
        as_text(data.get("code"), "issue.code"),
        as_text(data.get("message"), "issue.message"),
        Severity(data.get("severity") or "error"),
        tuple(as_list(data.get("attributes"), "issue.attributes")),
    )


def parse_news(payload: Any) -> ListingNews:
    """``{"id", "status": […], "issues": […], "learned": {…}, "deleted", "values", "updated_at"}``;
    ``values`` as in :attr:`~..core.news.ListingNews.values`; ``key`` ``{"extra": {…}}`` instead of
    the id, for a channel that names a listing by another of its ids."""
    data = as_object(payload, "listing")
    status, issues = data.get("status"), data.get("issues")
    return ListingNews(
        _key(data),
        status=None if status is None else tuple(as_list(status, "listing.status")),
        issues=None if issues is None else tuple(map(parse_issue, as_list(issues, "issues"))),
        learned=as_object(data.get("learned") or {}, "listing.learned"),
        deleted=data.get("deleted") is True,
        occurred_at=optional_datetime(data.get("updated_at"), "listing.updated_at"),
        values=as_object(data.get("values") or {}, "listing.values"),
    )


def _key(data: Mapping[str, Any]) -> ListingKey:
    key = as_object(data.get("key") or {}, "listing.key")
    if key:
        return ListingKey(extra=as_object(key.get("extra"), "listing.key.extra"))
    return ListingKey(external_id=as_id(data.get("id"), "listing.id"))


def parse_privacy(payload: Any) -> PrivacyRequest:
    """``{"id", "kind", "buyer", "email", "phone", "orders": […], "updated_at"}``."""
    data = as_object(payload, "privacy")
    orders = as_list(data.get("orders"), "privacy.orders")
    return PrivacyRequest(
        external_id=as_id(data.get("id"), "privacy.id"),
        kind=PrivacyKind(data.get("kind")),
        buyer_id=as_text(data.get("buyer"), "privacy.buyer"),
        email=as_text(data.get("email"), "privacy.email"),
        phone=as_text(data.get("phone"), "privacy.phone"),
        order_ids=tuple(as_id(order, "privacy.orders") for order in orders),
        requested_at=optional_datetime(data.get("updated_at"), "privacy.updated_at"),
    )


def parse_stored(payload: Any) -> tuple[StoredQuantity, ...]:
    """``{"counts": [{"id", "available", "reserved", "inbound", "unsellable"}]}``."""
    counts = as_list(as_object(payload, "stored").get("counts"), "stored.counts")
    return tuple(_count(as_object(count, "count")) for count in counts)


def _count(data: Mapping[str, Any]) -> StoredQuantity:
    available, reserved, inbound, unsellable = (
        decimal(data.get(name) or 0, f"count.{name}")
        for name in ("available", "reserved", "inbound", "unsellable")
    )
    return StoredQuantity(
        ListingKey(external_id=as_id(data.get("id"), "count.id")),
        available,
        reserved,
        inbound,
        unsellable,
    )
