"""Transactions of the Finances API (2024-06-19) as a settlement that is still open. Pure.

What was posted since the last settlement closed is going to be paid by the next one. It is told
as a provisional settlement of its own for each currency, made anew at every pull: the next one
replaces it, and what was settled meanwhile is in it no more.

Deferred money is left out until it is released; a deferred transaction that was released since is
told by Amazon as a second transaction and counts once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..core.dates import iso
from ..core.errors import InvalidError
from ..core.money import decimal
from ..core.news import Settlement, SettlementLine
from ..core.revision import revision
from ..core.shape import as_list, as_object, rows, text
from ..core.types import Event
from .flat import moment
from .money_kinds import money_kind

OPEN = "open"
MAX_DEPTH = 12
ZERO = Decimal(0)
_KEPT = (
    "transactionId",
    "transactionType",
    "transactionStatus",
    "description",
    "postedDate",
    "totalAmount",
    "relatedIdentifiers",
    "marketplaceDetails",
    "items",
    "breakdowns",
)


def counts(transaction: Mapping[str, Any]) -> bool:
    """Whether a transaction is part of the open balance."""
    status = text(transaction, "transactionStatus").upper()
    if status == "DEFERRED":
        return False
    return status != "DEFERRED_RELEASED" or not related(transaction, "RELEASE_TRANSACTION_ID")


def related(transaction: Mapping[str, Any], name: str) -> str:
    """An identifier of a transaction, e.g. ``ORDER_ID``; empty when it has none."""
    for one in rows(transaction, "relatedIdentifiers"):
        if text(one, "relatedIdentifierName").upper() == name:
            return text(one, "relatedIdentifierValue")
    return ""


def balance_events(
    transactions: Iterable[Mapping[str, Any]], since: datetime, currencies: Sequence[str] = ()
) -> list[Event]:
    """One event for each currency.

    :param since: when the last settlement closed; the open one begins there.
    :param currencies: of the account: they are told also when nothing is open any more.
    """
    groups: dict[str, list[Mapping[str, Any]]] = {code: [] for code in currencies if code}
    for one in transactions:
        code = text(one, "totalAmount", "currencyCode").upper()
        if code and counts(one):
            kept = {name: one[name] for name in _KEPT if name in one}
            groups.setdefault(code, []).append(kept)
    events = []
    for code, found in sorted(groups.items()):
        payload = {"open": {"currency": code, "since": iso(since)}, "transactions": found}
        latest = max((text(one, "postedDate") for one in found), default="")
        events.append(
            Event("settlement", f"{OPEN}:{code}", revision(payload), payload, moment(latest))
        )
    return events


def parse_balance(payload: Any) -> Settlement:
    """The payload of :func:`balance_events`.

    :raise InvalidError: a member that holds money is wrong.
    """
    data = as_object(payload, "settlement")
    frame = as_object(data.get("open"), "open")
    currency = text(frame, "currency")
    lines: list[SettlementLine] = []
    for index, value in enumerate(as_list(data.get("transactions"), "transactions")):
        lines += _transaction(as_object(value, f"transactions[{index}]"), index, currency)
    times = [line.posted_at for line in lines if line.posted_at]
    return Settlement(
        external_id=f"{OPEN}:{currency}",
        currency=currency,
        total=sum((line.amount for line in lines), ZERO),
        lines=tuple(lines),
        started_at=moment(text(frame, "since")),
        ended_at=max(times, default=None),
        provisional=True,
    )


def _transaction(data: Mapping[str, Any], index: int, currency: str) -> Iterator[SettlementLine]:
    where = f"transactions[{index}]"
    total = _money(data.get("totalAmount"), f"{where}.totalAmount", currency)
    number = text(data, "transactionId") or revision(data)[:20]
    event = " ".join(filter(None, (text(data, "transactionType"), text(data, "description"))))
    parts: list[tuple[tuple[str, ...], Decimal, Mapping[str, Any]]] = []
    for item in rows(data, "items"):
        whole = item.get("totalAmount")
        told = _money(whole, f"{where}.items.totalAmount", currency) if whole else None
        parts += [(path, value, item) for path, value in _leaves(item, told, where, currency)]
    if not parts:
        parts = [(path, value, {}) for path, value in _leaves(data, total, where, currency)]
    rest = total - sum((value for _path, value, _item in parts), ZERO)
    if rest or not parts:
        parts.append(((), rest, {}))
    posted = moment(text(data, "postedDate"))
    for place, (path, value, item) in enumerate(parts):
        product = next(
            (one for one in rows(item, "contexts") if text(one, "contextType") == "ProductContext"),
            {},
        )
        yield SettlementLine(
            external_id=f"{number}-{place}",
            kind=money_kind(event, *path),
            type=sys.intern(" / ".join(filter(None, (event, *path)))),
            amount=value,
            order_id=related(data, "ORDER_ID"),
            sku=text(product, "sku"),
            quantity=_quantity(product),
            posted_at=posted,
            description=text(item, "description") or text(data, "description"),
            marketplace=text(data, "marketplaceDetails", "marketplaceName"),
        )


def _leaves(
    node: Mapping[str, Any],
    whole: Decimal | None,
    where: str,
    currency: str,
    path: tuple[str, ...] = (),
) -> Iterator[tuple[tuple[str, ...], Decimal]]:
    """The finest amounts of a tree of breakdowns; what they leave out of their node stands alone.

    :param whole: what they must come to; ``None`` when nothing says it.
    """
    if len(path) > MAX_DEPTH:
        raise InvalidError(f"{where}.breakdowns is nested too deeply.", code="bad_shape")
    left = whole
    for child in rows(node, "breakdowns"):
        name = text(child, "breakdownType")
        value = _money(child.get("breakdownAmount"), f"{where}.breakdownAmount", currency)
        left = None if left is None else left - value
        yield from _leaves(child, value, where, currency, (*path, name))
    if not rows(node, "breakdowns"):
        if path and whole:
            yield path, whole
        return
    if path and left:
        yield path, left


def _money(value: Any, where: str, currency: str) -> Decimal:
    data = as_object(value, where)
    code = text(data, "currencyCode").upper()
    if code and code != currency:
        raise InvalidError(f"{where} is in another currency.", code="mixed_currencies")
    return decimal(data.get("currencyAmount"), f"{where}.currencyAmount")


def _quantity(product: Mapping[str, Any]) -> Decimal:
    try:
        return decimal(product.get("quantityShipped", 0), "quantityShipped")
    except InvalidError:
        return ZERO
