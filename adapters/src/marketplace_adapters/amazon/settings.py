"""What an account's options say, checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from ..core.adapter import Connection
from ..core.errors import InvalidError
from ..core.origins import LOOPBACK
from .const import (
    CHANNEL_BY_COUNTRY,
    CHANNEL_BY_REGION,
    DOCUMENT_HOSTS,
    MARKETPLACES,
    REGIONS,
    TOKEN_PATH,
    TOKEN_URL,
)

# ISO 4217 currencies of Amazon's shops without a hundredth.
_WHOLE = frozenset({"JPY"})
MAX_MARKETS = 25
"""M createFeed: marketplaceIds, maxItems."""


@dataclass(frozen=True, slots=True)
class Market:
    """A marketplace as this account uses it."""

    id: str
    currency: str
    language: str
    country: str = ""
    region: str = ""

    @property
    def step(self) -> Decimal:
        """The smallest step of a price."""
        return Decimal(1) if self.currency in _WHOLE else Decimal("0.01")

    @property
    def channel(self) -> str:
        """``fulfillment_channel_code`` of goods that Amazon keeps for this marketplace."""
        return CHANNEL_BY_COUNTRY.get(self.country) or CHANNEL_BY_REGION.get(
            self.region, "AMAZON_NA"
        )


@dataclass(frozen=True, slots=True)
class Settings:
    """The account's marketplaces, the first is home."""

    markets: tuple[Market, ...]
    seller_id: str = ""

    @property
    def home(self) -> Market | None:
        """The first marketplace, ``None`` when none is configured."""
        return self.markets[0] if self.markets else None

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of all marketplaces."""
        return tuple(market.id for market in self.markets)

    @property
    def locale(self) -> str:
        """The language for texts of issues."""
        return self.markets[0].language if self.markets else ""


def settings_of(connection: Connection) -> Settings:
    """Read the options.

    :raise InvalidError: an option of the wrong form.
    """
    options = connection.options
    ids = options.get("marketplaces") or ()
    if isinstance(ids, str) or not all(isinstance(one, str) and one for one in ids):
        raise InvalidError("The option marketplaces must be a list of ids.", code="bad_option")
    ids = tuple(dict.fromkeys(ids))
    if len(ids) > MAX_MARKETS:
        raise InvalidError(f"An account has at most {MAX_MARKETS} marketplaces.", code="bad_option")
    languages, currencies = _words(options, "languages"), _words(options, "currencies")
    markets = tuple(_market(one, languages, currencies, connection.currency) for one in ids)
    return Settings(markets, str(options.get("seller_id") or "").strip())


def _market(
    market: str, languages: Mapping[str, str], currencies: Mapping[str, str], currency: str
) -> Market:
    known = MARKETPLACES.get(market)
    return Market(
        market,
        currencies.get(market) or (known.currency if known else currency),
        languages.get(market) or (known.language if known else "en_US"),
        known.country if known else "",
        known.region if known else "",
    )


def _words(options: Mapping[str, Any], name: str) -> Mapping[str, str]:
    value = options.get(name) or {}
    if not isinstance(value, Mapping) or not all(isinstance(one, str) for one in value.values()):
        raise InvalidError(f"The option {name} must name one for each marketplace.")
    return value


# === ADDRESSES === #


def token_url(connection: Connection) -> str:
    """Where to log in: the option ``token_url``, or the host itself when it is this machine."""
    chosen = str(connection.options.get("token_url") or "")
    if chosen:
        return chosen
    base = connection.base_url.strip().rstrip("/")
    return f"{base}{TOKEN_PATH}" if _local(base) else TOKEN_URL


def origins(connection: Connection) -> tuple[str, ...]:
    """Hosts besides the regional one: the login, and where documents lie.

    :raise InvalidError: the option ``document_hosts`` is no list.
    """
    extra = connection.options.get("document_hosts") or ()
    if isinstance(extra, str) or not all(isinstance(one, str) for one in extra):
        raise InvalidError("The option document_hosts must be a list.", code="bad_option")
    login = urlsplit(token_url(connection))
    return (f"{login.scheme}://{login.netloc}", *DOCUMENT_HOSTS, *extra)


def region_of(market: str) -> str:
    """The base URL that serves a marketplace; empty for an unknown one."""
    known = MARKETPLACES.get(market)
    return REGIONS[known.region].base_url if known else ""


def _local(url: str) -> bool:
    try:
        return (urlsplit(url).hostname or "") in LOOPBACK
    except ValueError:
        return False
