"""What Amazon says of listings, in neutral types. Pure.

The payload of a ``listing`` event is an item of searchListingsItems or the payload of a
notification (LISTINGS_ITEM_STATUS_CHANGE, LISTINGS_ITEM_ISSUES_CHANGE in both versions). State
and ASIN are those of the account's home marketplace, issues those of all its marketplaces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..core.errors import InvalidError
from ..core.news import ListingNews
from ..core.revision import revision
from ..core.shape import as_id, as_object, rows, text
from ..core.types import Event, Issue, ListingKey, Severity
from .flat import moment
from .people import words

SEVERITIES = {"ERROR": Severity.ERROR, "WARNING": Severity.WARNING, "INFO": Severity.INFO}
DELETED = "DELETED"


def item_event(item: Any, read_at: datetime) -> Event:
    """The event of one item of searchListingsItems.

    :param read_at: an item is a state and no change: it holds for the moment it was read. Issues
        come and go without a new ``lastUpdatedDate``.
    """
    mark = revision(item)
    sku = text(item, "sku") or f"unknown-{mark[:12]}"
    return Event("listing", sku, mark, {"item": item, "read_at": read_at.isoformat()}, read_at)


def parse_news(payload: Any, home: str = "", markets: Sequence[str] = ()) -> ListingNews:
    """The payload of a ``listing`` event.

    :raise InvalidError: an unknown shape.
    """
    data = as_object(payload, "listing")
    if "item" in data:
        return _item(as_object(data["item"], "item"), text(data, "read_at"), home, markets)
    return _notified(data, home)


def _item(data: Mapping[str, Any], read_at: str, home: str, markets: Sequence[str]) -> ListingNews:
    sku = as_id(data.get("sku"), "sku")
    summaries = rows(data, "summaries")
    own = next((one for one in summaries if not home or text(one, "marketplaceId") == home), None)
    issues = parse_issues(rows(data, "issues"), markets) if "issues" in data else None
    return ListingNews(
        key=_key(sku, text(own, "asin")),
        status=None if own is None else tuple(words(own, "status")),
        issues=issues,
        learned=_learned(sku, text(own, "asin")),
        occurred_at=moment(read_at),
    )


def parse_issues(found: Sequence[Any], markets: Sequence[str] = ()) -> tuple[Issue, ...]:
    """Issues of an item, each once; those of marketplaces that are not ours are left out."""
    issues: dict[tuple[Any, ...], Issue] = {}
    for one in found:
        places = words(one, "marketplaceIds")
        if places and markets and not set(places).intersection(markets):
            continue
        actions = [text(action, "action") for action in rows(one, "enforcements", "actions")]
        if text(one, "enforcements", "exemption", "status") == "EXEMPT":
            actions = []
        message = text(one, "message")
        if actions:
            message = f"{message} ({', '.join(filter(None, actions))})"
        issue = Issue(
            code=text(one, "code"),
            message=message,
            severity=SEVERITIES.get(text(one, "severity").upper(), Severity.WARNING),
            attributes=tuple(words(one, "attributeNames")),
        )
        issues.setdefault((issue.code, issue.message, issue.attributes), issue)
    return tuple(issues.values())


def _notified(data: Mapping[str, Any], home: str) -> ListingNews:
    sku = as_id(data.get("Sku", data.get("sku")), "Sku")
    market = text(data, "MarketplaceId") or text(data, "marketplaceId")
    asin = text(data, "Asin") or text(data, "asin")
    foreign = bool(market and home and market != home)
    states = data.get("Status", data.get("status"))
    severities = data.get("Severities", data.get("severities"))
    if states is None and severities is None:
        raise InvalidError("The notification tells neither status nor issues.", code="bad_shape")
    status = words({"s": states}, "s") if states is not None and not foreign else None
    return ListingNews(
        key=_key(sku, asin),
        status=None if status is None else tuple(one for one in status if one != DELETED),
        # An issue of another marketplace does not tell what is wrong in ours.
        issues=_hinted(data, words({"s": severities}, "s"), foreign),
        learned={} if foreign else _learned(sku, asin),
        deleted=status is not None and DELETED in status,
        occurred_at=moment(text(data, "event_time")),
    )


def _hinted(
    data: Mapping[str, Any], severities: Sequence[str], foreign: bool
) -> tuple[Issue, ...] | None:
    """The notification says how bad it is and not what it is; nothing wrong, it says for sure."""
    if foreign or not severities:
        return None
    actions = words(data, "EnforcementActions") or words(data, "enforcementActions")
    more = f" ({', '.join(actions)})" if actions else ""
    return tuple(
        Issue(word, f"Amazon reports issues of this listing{more}.", SEVERITIES[word])
        for word in dict.fromkeys(severities)
        if word in SEVERITIES
    )


def _key(sku: str, asin: str) -> ListingKey:
    return ListingKey(external_id=sku, sku=sku, extra={"asin": asin} if asin else {})


def _learned(sku: str, asin: str) -> dict[str, str]:
    return {"external_id": sku, "asin": asin} if asin else {}
