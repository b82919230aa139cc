"""Who ordered and where it goes, as far as Amazon tells. Pure, and lenient: an order is not lost
for an unreadable address."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from ..core.shape import at, member, rows, text
from ..core.types import Address, Buyer


def words(data: Any, *path: str) -> list[str]:
    """The texts of a list at a path of members."""
    found = at(data, *path)
    found = found if isinstance(found, list) else []
    return [text({"": one}, "") for one in found if isinstance(one, str)]


def ship_to(order: Mapping[str, Any]) -> Address | None:
    """``recipient.deliveryAddress``; ``None`` without the role for it, or before it is told."""
    data = member(order, "recipient", "deliveryAddress")
    found = address(data)
    return found if found != Address() else None


def address(data: Mapping[str, Any]) -> Address:
    """A CustomerAddress (M orders_2026-01-01)."""
    own = {
        name: text(data, name) for name in ("name", "companyName", "city", "postalCode", "phone")
    }
    more = member(data, "extendedFields")
    first = text(data, "addressLine1") or " ".join(
        filter(None, (text(more, "streetName"), text(more, "streetNumber")))
    )
    city = own["city"] or text(data, "municipality") or text(data, "districtOrCounty")
    second = [text(data, "addressLine2"), text(data, "addressLine3")]
    second += [text(more, "complement"), text(more, "neighborhood")]
    second += [text(data, "municipality"), text(data, "districtOrCounty")]
    state = text(data, "stateOrRegion")
    shown = [one for one in dict.fromkeys(second) if one and one not in (city, state, first)]
    return Address(
        name=", ".join(filter(None, dict.fromkeys((own["name"], own["companyName"])))),
        street=first,
        street2=", ".join(shown),
        city=city,
        zip=own["postalCode"],
        state=state,
        country=text(data, "countryCode").upper(),
        phone=own["phone"],
    )


def bill_to(order: Mapping[str, Any]) -> Address | None:
    """The address of the buyer's tax registration, where Amazon tells one."""
    for row in rows(order, "tax", "taxRegistrations"):
        if text(row, "entityType").upper() == "BUYER":
            found = address(member(row, "taxRegistrationAddress"))
            if found != Address():
                return found
    return None


def buyer(order: Mapping[str, Any], place: Address | None) -> Buyer:
    """Who ordered. Amazon gives no buyer's id: the anonymous address it forwards mail from is the
    same for every order of one buyer, so a digest of it is one."""
    data = member(order, "buyer")
    company = text(data, "buyerCompanyName")
    person = text(data, "buyerName") or (place.name if place else "")
    email = text(data, "buyerEmail")
    vat = legal = ""
    for row in rows(order, "tax", "taxRegistrations"):
        if text(row, "entityType").upper() == "BUYER":
            vat, legal = text(row, "taxRegistrationNumber"), text(row, "legalName")
    company = company or legal
    return Buyer(
        external_id=buyer_id(email),
        name=company or person,
        email=email,
        phone=place.phone if place else "",
        is_company=bool(company),
        vat=vat,
        note=person if company and person != company else "",
        address=place or Address(),
    )


def buyer_id(email: str) -> str:
    """``mail_`` and a digest; empty without an address."""
    if not email:
        return ""
    return f"mail_{hashlib.sha256(email.strip().lower().encode()).hexdigest()[:20]}"


def delivery_note(order: Mapping[str, Any]) -> str:
    """What the buyer asks of the delivery."""
    wish = member(order, "recipient", "deliveryPreference")
    return "\n".join(
        filter(None, (text(wish, "dropOffLocation"), text(wish, "addressInstruction")))
    )
