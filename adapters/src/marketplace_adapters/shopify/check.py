"""Whether an account can work: which shop it is, and what the app may do in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..core.errors import AuthError, InvalidError, RejectedError
from ..core.types import Check
from .auth import missing
from .client import Client
from .const import DRAFT_SCOPES, SCOPES
from .dialect import LOGIN_ERRORS, TOKEN_REFUSED
from .failures import WHERE_SCOPES
from .generated.shop import Shop
from .settings import Settings


def check(client: Client, credentials: Mapping[str, str], settings: Settings) -> Check:
    """Ask for the shop and compare the rights that were granted with those that are needed.

    :raise AdapterError: Shopify cannot be asked now.
    """
    gone = missing(credentials)
    if gone:
        return Check(False, f"Missing: {', '.join(gone)}.", missing=gone)
    try:
        reply = client.call(Shop)
    except AuthError as error:
        return Check(False, refusal(error))
    except (InvalidError, RejectedError) as error:
        return Check(False, f"The address does not answer as Shopify does ({error.message}).")
    shop = reply.shop
    if settings.shop and shop.myshopifyDomain.lower() != settings.shop.lower():
        text = f"These credentials open {shop.myshopifyDomain}, not {settings.shop}."
        return Check(False, text, seller_name=shop.name)
    needed = (*SCOPES, *(DRAFT_SCOPES if settings.include_drafts else ()))
    granted = (one.handle for one in reply.currentAppInstallation.accessScopes)
    lacking = lacking_scopes(granted, needed)
    if lacking:
        return Check(
            False,
            f"Connected to {shop.name}, but the app lacks rights: {', '.join(lacking)}. "
            f"{WHERE_SCOPES}",
            missing=lacking,
            seller_name=shop.name,
        )
    return Check(
        True, _connected(shop.name, shop.currencyCode.value, settings), seller_name=shop.name
    )


def lacking_scopes(granted: Iterable[str], needed: Iterable[str] = SCOPES) -> tuple[str, ...]:
    """The needed rights that were not granted; who may write may read."""
    have = set(granted)
    have |= {f"read_{one.removeprefix('write_')}" for one in have if one.startswith("write_")}
    return tuple(one for one in needed if one not in have)


def refusal(error: AuthError) -> str:
    """What a refusal means for a person."""
    if error.code == "shop_not_permitted":
        return (
            "Shopify gives this app no access to the shop: install the app in it; app and shop "
            "must belong to the same organisation."
        )
    if error.code in LOGIN_ERRORS:
        return (
            "Shopify refuses the client id or the client secret. Both are in the Dev Dashboard, "
            "on the app's page, Settings."
        )
    if error.code == TOKEN_REFUSED:
        return (
            "Shopify refuses the access token: the app was uninstalled, or the token is another "
            "shop's."
        )
    return error.message


def _connected(name: str, currency: str, settings: Settings) -> str:
    text = f"Connected to {name}."
    if settings.currency and settings.currency != currency:
        text += (
            f" The shop sells in {currency}, the account's prices are in {settings.currency}: "
            "choose another pricelist, or prices will be refused."
        )
    return text
