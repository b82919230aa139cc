"""Listings: what a submission does to them, and what is told about it.

A submission is checked against the product type. One with an ERROR changes nothing (INVALID);
one with warnings is ACCEPTED. Attributes belong to a marketplace by their `marketplace_id`;
entries without one (as of `fulfillment_availability`) belong to all.
"""

from __future__ import annotations

import copy
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..store import Table, encode
from . import validation as v
from .listing_standing import Standing, asin_of
from .marketplaces import MARKETPLACES
from .model import Listing
from .patches import Touched, apply_patches, belongs
from .product_types import TYPES, schema_of
from .validation import Issue, issue
from .values import digest, iso, seconds

if TYPE_CHECKING:
    from .room import AmazonRoom

Attributes = dict[str, list[dict[str, Any]]]


@dataclass
class Outcome:
    """What came of a submission: ACCEPTED, INVALID or (preview) VALID."""

    sku: str
    status: str
    submission: str
    issues: list[Issue] = field(default_factory=list)
    listing: Listing | None = None


@dataclass
class Submission:
    """What shall be done to a SKU. `origin`: api, feed or hand; `call`: the call's id."""

    sku: str
    markets: list[str]
    product_type: str = ""
    requirements: str = "LISTING"
    preview: bool = False
    origin: str = "api"
    call: int | None = None


class Listings(Standing):
    """The seller's SKUs."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room
        self.table: Table[Listing] = Table(
            room.services.store, "amazon.listings", encode, lambda row: Listing(**row)
        )
        #: The last accepted changes, for measurements: wall time and monotonic time in seconds.
        self.acceptances: deque[dict[str, Any]] = deque(maxlen=200_000)
        self._accepted = 0
        self._waiting = {each.sku for each in self.table.values() if not each.shown}

    def clear(self) -> None:
        self.table.clear()
        self.acceptances.clear()
        self._waiting.clear()

    # === SUBMISSIONS, inside a transaction === #

    def put(self, submission: Submission, attributes: Any) -> Outcome:
        """The full set of attributes; what was there for these marketplaces is replaced."""
        problems = self._check_type(submission)
        if not isinstance(attributes, dict):
            problems.append(issue(v.BAD_FORM, "'attributes' must be an object."))
        if problems:
            return self._invalid(submission, problems)
        problems = self._check(submission, attributes, set(attributes), True)
        kept: Attributes = {}
        old = self.get(submission.sku)
        for name, entries in (old.attributes if old else {}).items():
            others = [
                each
                for each in entries
                if each.get("marketplace_id") not in (None, *submission.markets)
            ]
            if others:
                kept[name] = others
        known = TYPES[submission.product_type]
        for name, entries in attributes.items():
            if isinstance(entries, list) and name not in known.without:
                kept[name] = kept.get(name, []) + copy.deepcopy(entries)
        return self._conclude(submission, kept, set(attributes), problems)

    def patch(self, submission: Submission, patches: Any) -> Outcome:
        """Some attributes, by JSON Patch operations on whole attributes."""
        problems = self._check_type(submission)
        listing = self.get(submission.sku)
        if listing is None or not set(submission.markets) & set(listing.marketplaces):
            text = "This SKU does not exist in the seller's listings. Your data was not processed."
            problems.append(issue(v.NO_SKU, text, category="INVALID_ATTRIBUTE"))
        if problems or listing is None:
            return self._invalid(submission, problems)
        kind = listing.product_type if submission.product_type == "PRODUCT" else ""
        submission.product_type = kind or submission.product_type
        submission.requirements = listing.requirements
        touched = Touched(copy.deepcopy(listing.attributes))
        problems = apply_patches(touched, patches, submission.markets)
        if not problems:
            problems = self._check(submission, touched.attributes, touched.names, touched.removed)
        return self._conclude(submission, touched.attributes, touched.names, problems)

    def partial(self, submission: Submission, attributes: Any) -> Outcome:
        """PARTIAL_UPDATE of a feed: the attributes that are given replace those that are there."""
        if not isinstance(attributes, dict):
            problem = issue(v.BAD_FORM, "'attributes' must be an object.")
            return self._invalid(submission, [problem])
        patches = [
            {"op": "replace", "path": f"/attributes/{name}", "value": value}
            for name, value in attributes.items()
        ]
        return self.patch(submission, patches)

    def delete(self, submission: Submission) -> Outcome | None:
        """Take the SKU out of these marketplaces; None when it is not there."""
        listing = self.get(submission.sku)
        if listing is None or not set(submission.markets) & set(listing.marketplaces):
            return None
        for market in submission.markets:
            if market in listing.marketplaces:
                listing.marketplaces.remove(market)
                listing.shown.pop(market, None)
                self._room.notifications.listing_status(listing, market, ["DELETED"])
        if listing.marketplaces:
            for name, entries in list(listing.attributes.items()):
                left = [e for e in entries if e.get("marketplace_id") not in submission.markets]
                listing.attributes[name] = left
            self.table.put(listing.sku, listing)
        else:
            self.table.pop(listing.sku)
            self._waiting.discard(listing.sku)
        self._note(submission, ["(deleted)"])
        return Outcome(submission.sku, "ACCEPTED", self._submission_id(), [], None)

    # === CHECKING === #

    def _check_type(self, submission: Submission) -> list[Issue]:
        if submission.product_type in TYPES:
            return []
        text = f"The product type '{submission.product_type[:60]}' is not valid."
        return [issue(v.UNKNOWN_TYPE, text, "product_type")]

    def _check(
        self, submission: Submission, attributes: dict[str, Any], names: set[str], whole: bool
    ) -> list[Issue]:
        """The issues of some attributes, per marketplace; required ones only if `whole`."""
        found: list[Issue] = []
        unknown = "ERROR" if self._room.settings.unknown_attributes == "error" else "WARNING"
        for name in sorted(names):
            entries = attributes.get(name)
            if entries is None:
                continue
            if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
                text = f"The value of '{name[:80]}' must be a list of objects."
                found.append(issue(v.BAD_FORM, text, name[:200]))
        if found:
            return found
        parent = any(e.get("value") == "parent" for e in attributes.get("parentage_level") or [])
        places = set(submission.markets)
        for market in submission.markets:
            schema = schema_of(
                submission.product_type, MARKETPLACES[market], submission.requirements, parent
            )
            own = {
                name: [
                    each
                    for each in entries
                    if belongs(each, market)
                    or (name in names and each.get("marketplace_id") not in MARKETPLACES)
                ]
                for name, entries in attributes.items()
                if isinstance(entries, list)
            }
            if whole:
                found += v.check_required(schema, own)
            for name in sorted(names):
                if own.get(name) or (name in attributes and not attributes[name]):
                    found += v.check_attribute(schema, name, own.get(name, []), unknown)
        old = self.get(submission.sku)
        allowed = places | set(old.marketplaces if old else ())
        for name in sorted(names):
            strange = {e.get("marketplace_id") for e in attributes.get(name) or []}
            for market in strange & set(MARKETPLACES) - allowed:
                text = f"The marketplace '{market}' of '{name}' is not among those submitted."
                found.append(issue(v.BAD_VALUE, text, name))
        return found + self._check_family(submission, attributes, names)

    def _check_family(
        self, submission: Submission, attributes: dict[str, Any], names: set[str]
    ) -> list[Issue]:
        """A child whose parent is not there is accepted, and stands alone until it is."""
        if "child_parent_sku_relationship" not in names:
            return []
        for entry in attributes.get("child_parent_sku_relationship") or []:
            parent = entry.get("parent_sku")
            if parent and self.get(str(parent)) is None:
                text = f"The parent SKU '{parent}' does not exist in the seller's listings."
                name = "child_parent_sku_relationship"
                return [issue(v.NO_PARENT, text, name, severity="WARNING")]
        return []

    # === CONCLUDING === #

    def _submission_id(self) -> str:
        number = self._room.services.store.next_id("amazon.submission", 1)
        return digest("submission", self._room.services.seed, str(number))[:32]

    def _invalid(self, submission: Submission, problems: list[Issue]) -> Outcome:
        return Outcome(submission.sku, "INVALID", self._submission_id(), problems)

    def _conclude(
        self, submission: Submission, attributes: Attributes, names: set[str], problems: list[Issue]
    ) -> Outcome:
        if any(each["severity"] == "ERROR" for each in problems):
            return self._invalid(submission, problems)
        if submission.preview:
            listing = self.get(submission.sku)
            return Outcome(submission.sku, "VALID", self._submission_id(), problems, listing)
        listing = self._accept(submission, attributes, names, problems)
        return Outcome(submission.sku, "ACCEPTED", self._submission_id(), problems, listing)

    def _accept(
        self, submission: Submission, attributes: Attributes, names: set[str], problems: list[Issue]
    ) -> Listing:
        room = self._room
        now = room.now()
        listing = self.get(submission.sku)
        if listing is None:
            suggested = attributes.get("merchant_suggested_asin") or [{}]
            listing = Listing(
                sku=submission.sku,
                product_type=submission.product_type,
                requirements=submission.requirements,
                attributes={},
                marketplaces=[],
                asin=str(suggested[0].get("value") or asin_of(submission.sku)),
                created=now,
                updated=now,
                live_at=now + seconds(room.settings.listing_seconds),
                fnsku=f"X00{digest('fnsku', submission.sku)[:7].upper()}",
            )
        listing.product_type = submission.product_type
        listing.requirements = submission.requirements
        listing.attributes = {name: entries for name, entries in attributes.items() if entries}
        for market in submission.markets:
            if market not in listing.marketplaces:
                listing.marketplaces.append(market)
        listing.updated = now
        self._set_issues(listing, names, problems)
        self.table.put(listing.sku, listing)
        self._note(submission, sorted(names))
        self._waiting.add(listing.sku)
        self.tick()
        return listing

    def _set_issues(self, listing: Listing, names: set[str], problems: list[Issue]) -> None:
        """An accepted change settles the issues of its attributes, and brings its warnings."""
        kept = [each for each in listing.issues if not set(each.get("attributeNames", ())) & names]
        fresh = [each for each in problems if each["code"] != v.UNKNOWN]
        self.set_issues(listing, kept + fresh)

    def set_issues(self, listing: Listing, issues: list[Issue]) -> None:
        """Replace the issues and tell it when they changed."""
        changed = issues != listing.issues
        listing.issues = issues
        self.table.put(listing.sku, listing)
        if changed:
            self._room.notifications.listing_issues(listing)
            self._waiting.add(listing.sku)

    def _note(self, submission: Submission, names: list[str]) -> None:
        self._accepted += 1
        self.acceptances.append(
            {
                "seq": self._accepted,
                "at": time.time(),
                "monotonic": time.monotonic(),
                "sku": submission.sku,
                "names": names,
                "origin": submission.origin,
                "call": submission.call,
            }
        )
        listing = self.get(submission.sku)
        if listing is not None:
            entry = {"at": iso(self._room.now()), "origin": submission.origin, "names": names}
            listing.history = [*listing.history[-19:], entry]

    # === STATUS === #

    def tick(self) -> None:
        """Tell the status of what has become live, or has changed."""
        now = self._room.now()
        for sku in sorted(self._waiting):
            listing = self.get(sku)
            if listing is None or now < listing.live_at:
                continue
            self._waiting.discard(sku)
            for market in listing.marketplaces:
                status = self.status(listing, market)
                if listing.shown.get(market) != status:
                    listing.shown[market] = status
                    self._room.notifications.listing_status(listing, market, status)
                    self.table.put(sku, listing)
        self._waiting = {sku for sku in self._waiting if sku in self.table}
