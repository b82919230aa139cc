"""What an account's options say, checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.adapter import Connection
from ..core.errors import InvalidError
from .const import NAMESPACE, UPLOAD_HOSTS

_RESTOCK = ("odoo", "never", "always")
_CONFIRM = ("paid", "placed")
_MONEY = ("shop", "presentment")
_DELETE = ("archive", "delete", "draft")


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of :class:`.adapter.ShopifyAdapter`, with their defaults."""

    shop: str = ""
    currency: str = ""
    publications: tuple[str, ...] = ()
    price_lists: Mapping[str, str] = field(default_factory=dict)
    confirm_when: str = "paid"
    money: str = "shop"
    include_drafts: bool = False
    namespace: str = NAMESPACE
    notify_customers: bool = False
    restock: str = "odoo"
    location: str = ""
    delete_means: str = "archive"
    webhook_url: str = ""
    await_risk: bool = False


def settings_of(connection: Connection) -> Settings:
    """The settings of an account.

    :raise InvalidError: an option of another shape, by its name.
    """
    options = connection.options
    lists = options.get("price_lists") or {}
    if not isinstance(lists, Mapping) or not all(isinstance(one, str) for one in lists.values()):
        raise _bad("price_lists", "must name a currency for each price list")
    return Settings(
        shop=_text(options, "shop"),
        currency=connection.currency,
        publications=_ids(options, "publications"),
        price_lists={str(key): value for key, value in lists.items()},
        confirm_when=_choice(options, "confirm_when", _CONFIRM),
        money=_choice(options, "money", _MONEY),
        include_drafts=bool(options.get("include_drafts")),
        namespace=_text(options, "reference_namespace") or NAMESPACE,
        notify_customers=bool(options.get("notify_customers")),
        restock=_choice(options, "restock", _RESTOCK),
        location=_text(options, "location"),
        delete_means=_choice(options, "delete_means", _DELETE),
        webhook_url=_text(options, "webhook_url"),
        await_risk=bool(options.get("await_risk")),
    )


def origins(connection: Connection) -> tuple[str, ...]:
    """Hosts besides the shop's own: where files are uploaded to and results lie.

    :raise InvalidError: the option ``upload_hosts`` is no list.
    """
    extra = connection.options.get("upload_hosts") or ()
    if isinstance(extra, str) or not all(isinstance(one, str) for one in extra):
        raise _bad("upload_hosts", "must be a list")
    return (*UPLOAD_HOSTS, *extra)


def _text(options: Mapping[str, Any], name: str) -> str:
    return str(options.get(name) or "").strip()


def _choice(options: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = _text(options, name) or allowed[0]
    if value not in allowed:
        raise _bad(name, f"must be one of {', '.join(allowed)}")
    return value


def _ids(options: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = options.get(name) or ()
    if isinstance(value, (str, Mapping)):
        raise _bad(name, "must be a list")
    return tuple(str(one) for one in value)


def _bad(name: str, rule: str) -> InvalidError:
    return InvalidError(f"The option {name} {rule}.", code="bad_option")
