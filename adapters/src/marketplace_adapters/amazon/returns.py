"""Reports of returns in neutral types. Pure.

::

    GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE   to the seller: announced, later received; an RMA
    GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA   to Amazon's store: received; one row for each unit

Columns as documented (D: Returns reports); found by name, because their order and their spelling
(``Order ID``, ``order-id``) differ between marketplaces.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ..core.errors import InvalidError
from ..core.news import Return, ReturnedItem
from ..core.revision import revision
from ..core.shape import as_id, as_list, as_object, text
from ..core.types import Event, ListingKey
from .flat import Row, moment, month_first, table, whole

SELLER_REPORT = "GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE"
FBA_REPORT = "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA"
REPORTS = (SELLER_REPORT, FBA_REPORT)

# What a member is called in the reports; the first that is there counts.
NAMES = {
    "order": ("order-id", "amazon-order-id"),
    "rma": ("amazon-rma-id", "rma-id", "merchant-rma-id"),
    "unit": ("license-plate-number",),
    "line": ("order-item-id", "order-item-code"),
    "sku": ("merchant-sku", "sku", "seller-sku"),
    "asin": ("asin",),
    "quantity": ("return-quantity", "quantity"),
    "reason": ("return-reason", "reason", "return-reason-code"),
    "condition": ("detailed-disposition", "condition"),
    "date": ("return-request-date", "return-date"),
    "received": ("return-delivery-date",),
    "status": ("return-request-status", "status"),
    "comment": ("customer-comments", "buyer-comments"),
}
_RECEIVED = frozenset({"completed", "complete", "received", "closed"})


def return_events(report_type: str, content: str) -> Iterator[Event]:
    """One event for each return of a report.

    :raise InvalidError: names the column that is missing.
    """
    rows = [_members(row) for row in table(content)]
    if not rows:
        return
    _check(content)
    months = month_first([row["date"] for row in rows])
    groups: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        groups.setdefault(_number(report_type, row), []).append(row)
    for number, found in groups.items():
        payload: dict[str, Any] = {"return": number, "report_type": report_type, "rows": found}
        payload |= {"month_first": True} if months else {}
        times = [
            when
            for row in found
            for name in ("received", "date")
            if (when := moment(row[name], months))
        ]
        yield Event("return", number, revision(payload), payload, max(times, default=None))


def _members(row: Row) -> dict[str, str]:
    return {
        name: next((row[column] for column in columns if row.get(column)), "")
        for name, columns in NAMES.items()
    }


def _check(content: str) -> None:
    """The columns without which a return cannot be told, under one of their names."""
    there = set(next(table(content), {}))
    for name in ("order", "sku", "quantity"):
        if not there.intersection(NAMES[name]):
            raise InvalidError(
                f"The report has no column {NAMES[name][0]!r}.", code="missing_column"
            )


def _number(report_type: str, row: Mapping[str, str]) -> str:
    """What is one return: an RMA; a unit by its plate; else the order and the day."""
    kind = "fba" if report_type == FBA_REPORT else "rma"
    own = row["unit"] or row["rma"]
    if own:
        return f"{kind}:{own}"[:200]
    told = "\t".join((row["order"], row["date"], row["sku"] if kind == "fba" else ""))
    return f"{kind}:{row['order']}:{hashlib.sha256(told.encode()).hexdigest()[:12]}"[:200]


def parse_return(payload: Any) -> Return:
    """The payload of an event of :func:`return_events`.

    :raise InvalidError: says which member is wrong, never with a buyer's words.
    """
    data = as_object(payload, "return")
    found = [
        {name: text(row, name) for name in NAMES}
        for row in as_list(data.get("rows"), "rows")
        if isinstance(row, dict)
    ]
    if not found:
        raise InvalidError("The return has no rows.", code="bad_shape")
    by_amazon = text(data, "report_type") == FBA_REPORT
    months = data.get("month_first") is True
    return Return(
        external_id=as_id(data.get("return"), "return"),
        order_id=as_id(_first(found, "order"), "order-id"),
        items=tuple(_item(row) for row in found),
        received=by_amazon or all(_arrived(row) for row in found),
        stocked_by="channel" if by_amazon else "seller",
        returned_at=moment(_first(found, "received") or _first(found, "date"), months),
        raw_status=_first(found, "status"),
        comment="\n".join(dict.fromkeys(filter(None, (row["comment"] for row in found)))),
    )


def _arrived(row: Mapping[str, str]) -> bool:
    return bool(row["received"]) or row["status"].lower() in _RECEIVED


def _item(row: Mapping[str, str]) -> ReturnedItem:
    quantity = whole(row["quantity"], "quantity") if row["quantity"] else Decimal(1)
    if quantity < 0:
        raise InvalidError("quantity is below zero.", code="bad_number")
    sku = row["sku"]
    return ReturnedItem(
        listing=ListingKey(
            external_id=sku or None,
            sku=sku or None,
            extra={"asin": row["asin"]} if row["asin"] else {},
        ),
        quantity=quantity,
        line_id=row["line"],
        reason=row["reason"],
        condition=row["condition"],
    )


def _first(found: Sequence[Mapping[str, str]], name: str) -> str:
    return next((row[name] for row in found if row[name]), "")
