"""The webhook body of a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .model import Customer
from .rest_values import address, moment

if TYPE_CHECKING:
    from .desk import Desk


def customer_body(desk: Desk, row: Customer, inside: bool = False) -> dict[str, Any]:
    """:param inside: of an order's body, which has fewer members."""
    first = row.addresses[0] if row.addresses else None
    default = None
    if first is not None:
        default = {
            "id": first.get("id"),
            "customer_id": row.id,
            **(address(first) or {}),
            "country_name": first.get("country"),
            "default": True,
        }
    body: dict[str, Any] = {
        "id": row.id,
        "admin_graphql_api_id": f"gid://shopify/Customer/{row.id}",
        "created_at": moment(row.created),
        "updated_at": moment(row.updated),
        "first_name": row.first_name or None,
        "last_name": row.last_name or None,
        "state": "disabled",
        "note": row.note or None,
        "verified_email": bool(row.email),
        "multipass_identifier": None,
        "tax_exempt": row.tax_exempt,
        "email": row.email or None,
        "phone": row.phone or None,
        "currency": desk.room.shop.currency,
        "tax_exemptions": [],
        "default_address": default,
    }
    if inside:
        return body
    return {**body, "tags": ", ".join(row.tags), "addresses": [default] if default else []}
