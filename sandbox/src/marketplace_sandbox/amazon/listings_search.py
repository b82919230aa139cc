"""The filters of searchListingsItems, read once and then held against every listing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from werkzeug.datastructures import MultiDict

from .errors import invalid
from .listing_standing import parents
from .model import Listing
from .values import csv_of, moment_of

CODES = ("EAN", "GTIN", "ISBN", "JAN", "MINSAN", "UPC")
STATUS = ("BUYABLE", "DISCOVERABLE")


@dataclass
class Filter:
    """What a listing must be like. `periods`: (member, from, to)."""

    markets: list[str]
    identifiers: set[str] = field(default_factory=set)
    kind: str = ""
    parent: str = ""
    severities: set[str] = field(default_factory=set)
    status: set[str] = field(default_factory=set)
    without: set[str] = field(default_factory=set)
    periods: list[tuple[str, datetime | None, datetime | None]] = field(default_factory=list)

    @classmethod
    def parse(cls, args: MultiDict[str, str], markets: list[str]) -> Filter:
        """:raises SpError: 400, a value is not acceptable."""
        names, kind = csv_of(args, "identifiers", most=20), args.get("identifiersType", "")
        if bool(names) != bool(kind):
            raise invalid("'identifiers' and 'identifiersType' go together.")
        if kind and kind not in ("SKU", "ASIN", "FNSKU", *CODES):
            raise invalid(f"Invalid value '{kind[:40]}' for parameter 'identifiersType'.")
        periods = [
            (
                member,
                moment_of(args.get(f"{name}After"), f"{name}After"),
                moment_of(args.get(f"{name}Before"), f"{name}Before"),
            )
            for member, name in (("created", "created"), ("updated", "lastUpdated"))
        ]
        return cls(
            markets,
            set(names),
            kind,
            args.get("variationParentSku", ""),
            set(csv_of(args, "withIssueSeverity", ("WARNING", "ERROR"))),
            set(csv_of(args, "withStatus", STATUS)),
            set(csv_of(args, "withoutStatus", STATUS)),
            periods,
        )

    def fits(self, listing: Listing, status_of: Callable[[Listing, str], list[str]]) -> bool:
        """:param status_of: gives the status of a listing in a marketplace."""
        places = [each for each in self.markets if each in listing.marketplaces]
        if not places:
            return False
        if self.kind and not self._identities(listing) & self.identifiers:
            return False
        if self.parent and self.parent not in parents(listing):
            return False
        for member, after, before in self.periods:
            moment = getattr(listing, member)
            if (after and moment < after) or (before and moment > before):
                return False
        if self.severities and not self.severities & {e["severity"] for e in listing.issues}:
            return False
        if not self.status and not self.without:
            return True
        status = {each for place in places for each in status_of(listing, place)}
        return self.status <= status and not self.without & status

    def _identities(self, listing: Listing) -> set[str]:
        own = {"SKU": listing.sku, "ASIN": listing.asin, "FNSKU": listing.fnsku}
        if self.kind in own:
            return {own[self.kind]}
        entries = listing.attributes.get("externally_assigned_product_identifier", ())
        return {str(e["value"]) for e in entries if e.get("type") == self.kind.lower()}
