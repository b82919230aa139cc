"""Whether an account can work: who it is, where it sells, and what it may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.errors import AdapterError, AuthError, InvalidError, RejectedError, ThrottledError
from ..core.shape import as_list, as_object, as_text
from ..core.types import Check
from .auth import missing
from .client import Client
from .const import MARKETPLACES, ROLES
from .dialect import LOGIN_ERRORS, TOKEN_EXPIRED
from .settings import Settings, region_of


def check(client: Client, credentials: Mapping[str, str], settings: Settings) -> Check:
    """Log in, ask where the seller sells, and try one call of each role that is needed.

    :raise AdapterError: Amazon cannot be asked now.
    """
    gone = [*missing(credentials)]
    if not settings.seller_id:
        gone.append("seller_id")
    if not settings.markets:
        gone.append("marketplaces")
    if gone:
        return Check(False, f"Missing: {', '.join(gone)}.", missing=tuple(gone))
    try:
        rows = participations(client.participations())
    except AuthError as error:
        return Check(False, refusal(error))
    except (InvalidError, RejectedError) as error:
        return Check(False, f"The address does not answer as Amazon does ({error.message}).")
    name = next((row["name"] for row in rows if row["name"]), "")
    strange = _strangers(settings, rows)
    if strange:
        return Check(False, strange, seller_name=name)
    lacking = [role for role in _probe(client, settings) if role]
    if lacking:
        text = "; ".join(dict.fromkeys(lacking))
        return Check(
            False,
            f"Connected, but the application lacks a role: {text}. Add it in the application's "
            "settings in Seller Central, authorise it again and write the new refresh token here. "
            f"If it has the role, the merchant id {settings.seller_id} is another account's.",
            missing=tuple(dict.fromkeys(lacking)),
            seller_name=name,
        )
    return Check(True, _connected(settings, rows), seller_name=name)


def participations(reply: Any) -> list[dict[str, Any]]:
    """Marketplaces of the seller: id, name of the store, and whether he sells there.

    :raise InvalidError: an answer of another shape.
    """
    found = []
    for value in as_list(as_object(reply, "answer").get("payload"), "payload"):
        row = as_object(value, "participation")
        market = as_object(row.get("marketplace"), "marketplace")
        own = as_object(row.get("participation"), "participation")
        found.append(
            {
                "id": as_text(market.get("id"), "id"),
                "country": as_text(market.get("countryCode"), "countryCode"),
                "currency": as_text(market.get("defaultCurrencyCode"), "defaultCurrencyCode"),
                "language": as_text(market.get("defaultLanguageCode"), "defaultLanguageCode"),
                "name": as_text(row.get("storeName"), "storeName"),
                "sells": own.get("isParticipating") is True,
                "suspended": own.get("hasSuspendedListings") is True,
            }
        )
    return found


def refusal(error: AuthError) -> str:
    """What a refusal means for a person."""
    if error.code == "invalid_grant":
        return "Amazon refuses the refresh token: authorise the application again."
    if error.code in ("invalid_client", "unauthorized_client"):
        return "Amazon refuses the client id or the client secret."
    if error.code in LOGIN_ERRORS:
        return f"Amazon refuses the login ({error.message})."
    if error.code == TOKEN_EXPIRED:
        return "Amazon refuses its own token; try again in some minutes."
    role = ROLES["getMarketplaceParticipations"]
    return (
        f"Amazon refuses the call ({error.message}). Either the address belongs to another region "
        f"than the account, or the application lacks the role “{role}”."
    )


def _strangers(settings: Settings, rows: list[dict[str, Any]]) -> str:
    """A sentence on marketplaces that are configured but cannot be sold in."""
    known = {row["id"]: row for row in rows}
    texts = []
    for market in settings.markets:
        row = known.get(market.id)
        place = _place(market.id)
        if row is None:
            other = region_of(market.id)
            hint = f" (its address is {other})" if other else ""
            texts.append(f"the account does not sell in {place}{hint}")
        elif not row["sells"]:
            texts.append(f"the account takes no part in {place}")
    if not texts:
        return ""
    sells = ", ".join(_place(row["id"]) for row in rows if row["sells"]) or "none"
    return f"Connected, but {' and '.join(texts)}. Marketplaces of the account: {sells}."


def _connected(settings: Settings, rows: list[dict[str, Any]]) -> str:
    known = {row["id"]: row for row in rows}
    paused = [_place(one) for one in settings.ids if known[one]["suspended"]]
    text = f"Connected to {', '.join(_place(one) for one in settings.ids)}."
    return text + (f" Listings are suspended in {', '.join(paused)}." if paused else "")


def _place(market: str) -> str:
    known = MARKETPLACES.get(market)
    return f"{known.country} ({market})" if known else market


def _probe(client: Client, settings: Settings) -> list[str]:
    """Roles that are missing, by cheap calls with plenty of budget."""
    lacking = []
    for operation, call in (
        ("searchListingsItems", lambda: client.search_items(settings.ids[:1], page_size=1)),
        ("getOrder", lambda: client.get_order("000-0000000-0000000")),
    ):
        try:
            call()
        except AuthError:
            lacking.append(ROLES[operation])
        except ThrottledError:
            continue
        except (RejectedError, InvalidError):
            # Nothing found, or nothing to be said of it: the role is there.
            continue
        except AdapterError:
            raise
    return lacking
