"""The lane ``listing``: what is told of listings, a few by themselves, many as a feed.

A product that we do not know on Amazon may be there all the same: a put would take away whatever
of it is not told. So it is looked up before, and patched where it is found. More than a hundred at
once cannot be looked up within the rates; before such an upload the catalogue is to be matched.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from ..core import wire
from ..core.errors import (
    AdapterError,
    AuthError,
    InvalidError,
    RejectedError,
    ThrottledError,
)
from ..core.masking import Masker
from ..core.types import Issue, ItemResult, Kind, Outcome, PushItem, Submission
from . import patches
from .client import Client
from .const import LISTINGS_FEED
from .feeds import Feeds, Frame, Part
from .limits import FEW_LISTINGS, MOST_LOOKUPS
from .listings import chosen_items
from .patches import Change
from .payloads import is_new
from .replies import NO_ACCESSORIES, failure, submission
from .settings import Settings
from .tickets import Refs


class ListingPush:
    """Sends the items of one push."""

    def __init__(self, client: Client, feeds: Feeds, settings: Settings, masker: Masker) -> None:
        self._client = client
        self._feeds = feeds
        self._settings = settings
        self._masker = masker

    def push(self, items: Sequence[PushItem], now: datetime) -> Submission:
        """Results so far, or a feed that is on its way."""
        found, results = patches.changes(items, self._settings, now)
        calls = sum(1 if change.way == "patch" else len(self._settings.ids) for change in found)
        if calls > FEW_LISTINGS:
            found = self._looked_up(found, now)
            empty = [change for change in found if _says_nothing(change)]
            results += [_already(change, ref) for change in empty for ref, _kind in refs_of(change)]
            parts = [self._part(change) for change in found if not _says_nothing(change)]
            return self._feeds.send(parts, self._frame(), results)
        return self._one_by_one(found, results, now)

    def preview(self, items: Sequence[PushItem], now: datetime) -> tuple[ItemResult, ...]:
        """What Amazon would say (``VALIDATION_PREVIEW``).

        A deletion cannot be asked for and is answered with success. Where the budget ends, the
        items that were not asked for have no result.
        """
        found, results = patches.changes(items, self._settings, now)
        return self._one_by_one(found, results, now, preview=True).results

    # === ONE BY ONE === #

    def _one_by_one(
        self,
        found: Sequence[Change],
        results: list[ItemResult],
        now: datetime,
        preview: bool = False,
    ) -> Submission:
        begun = False
        for change in found:
            try:
                results += self._tell(change, now, preview)
                begun = True
            except ThrottledError as error:
                if not (begun or results):
                    raise
                return Submission(tuple(results), retry_after=error.retry_after)
            except AdapterError:
                if not (begun or results):
                    raise
                # What is known stays known; the rest comes again and meets the error then.
                return Submission(tuple(results))
        return Submission(tuple(results))

    def _tell(self, change: Change, now: datetime, preview: bool) -> list[ItemResult]:
        refs = refs_of(change)
        known = {"external_id": change.sku}
        told = {ref: ItemResult(ref, Outcome.SUCCESS, learned=known) for ref, _kind in refs}
        for step, markets in self._steps(change, now):
            try:
                reply = self._call(step, markets, preview)
                answered = submission(reply, refs, change.sku, self._masker)
            except (RejectedError, InvalidError) as error:
                if not _about_the_item(error):
                    raise
                if change.way == "delete" and error.message.startswith("HTTP 404"):
                    answered = [ItemResult(ref, Outcome.SUCCESS) for ref, _kind in refs]
                else:
                    answered = [failure(ref, error) for ref, _kind in refs]
            for result in answered:
                told[result.ref] = _worse(told[result.ref], result)
        return [self._with_notes(change, told[ref]) for ref, _kind in refs]

    def _steps(self, change: Change, now: datetime) -> list[tuple[Change, Settings]]:
        """One call for each marketplace, or one patch for all of them (M: put and delete take one
        marketplace)."""
        each = [dataclasses.replace(self._settings, markets=(m,)) for m in self._settings.markets]
        if change.way == "patch":
            return [(change, self._settings)]
        there = self._found(change.sku) if change.way == "put" else None
        if there is None:
            return [(change, one) for one in each]
        markets = tuple(m for m in self._settings.markets if m.id in there or not there)
        settings = dataclasses.replace(self._settings, markets=markets)
        patch = self._patched(change, there, settings, now)
        steps = [(patch, settings)] if patch.attributes else []
        return steps + [(change, one) for one in each if one.markets[0] not in markets]

    @staticmethod
    def _patched(
        change: Change, types: Mapping[str, str], settings: Settings, now: datetime
    ) -> Change:
        patch = patches.as_patch(change, settings, now)
        patch.product_type = next(filter(None, types.values()), patch.product_type)
        return patch

    def _found(self, sku: str) -> Mapping[str, str] | None:
        """The product types of a listing by marketplace, ``None`` when Amazon does not have it."""
        try:
            reply = self._client.item(sku, self._settings.ids, data=("summaries",))
        except RejectedError as error:
            if error.message.startswith("HTTP 404"):
                return None
            raise
        return _types(reply)

    def _call(self, change: Change, settings: Settings, preview: bool) -> object:
        locale, sku, markets = self._settings.locale, change.sku, settings.ids
        if change.way == "delete":
            if preview:
                return {"sku": sku, "status": "VALID", "submissionId": ""}
            return self._client.delete_item(sku, markets[0], locale=locale)
        if change.way == "put":
            body = change.put_body(markets[0])
            return self._client.put_item(sku, markets[0], body, locale=locale, preview=preview)
        body = change.patch_body(settings)
        return self._client.patch_item(sku, markets, body, locale=locale, preview=preview)

    def _with_notes(self, change: Change, result: ItemResult) -> ItemResult:
        item = next(one for one in change.items if one.ref == result.ref)
        if not patches.untold(item) or result.outcome is not Outcome.SUCCESS:
            return result
        issues = (*(result.issues or ()), NO_ACCESSORIES)
        return ItemResult(
            result.ref, result.outcome, result.code, result.message, result.learned, issues
        )

    # === FEED === #

    def _looked_up(self, found: Sequence[Change], now: datetime) -> list[Change]:
        """The same changes, those of listings that Amazon has already as patches."""
        skus = [change.sku for change in found if change.way == "put"]
        if not skus or len(skus) > MOST_LOOKUPS:
            return list(found)
        ids = self._settings.ids
        search = partial(self._client.search_items, ids, data=("summaries",))
        one = partial(self._client.item, markets=ids, data=("summaries",))
        there = {str(item.get("sku")): _types(item) for item in chosen_items(search, one, skus)}
        return [
            self._patched(change, there[change.sku], self._settings, now)
            if change.way == "put" and change.sku in there
            else change
            for change in found
        ]

    def _frame(self) -> Frame:
        header = {
            "sellerId": self._client.seller_id,
            "version": "2.0",
            "issueLocale": self._settings.locale,
        }
        head = b'{"header":' + wire.dumps(header) + b',"messages":['
        return Frame(LISTINGS_FEED, head, b",", b"]}")

    def _part(self, change: Change) -> Part:
        def write(number: int) -> bytes:
            return wire.dumps(change.message(number, self._settings))

        new = change.way != "delete" and is_new(change.key)
        return Part(refs_of(change), write, change.sku if new else "")


def refs_of(change: Change) -> Refs:
    """The items of a change; those that are void because of a deletion count as part of it."""
    if change.way == "delete":
        return tuple((item.ref, Kind.DELETE) for item in change.items)
    return tuple((item.ref, item.kind) for item in change.items)


def _says_nothing(change: Change) -> bool:
    return change.way == "patch" and not change.attributes


def _already(change: Change, ref: str) -> ItemResult:
    """Amazon has the listing, and nothing is told that it does not have."""
    return ItemResult(ref, Outcome.SUCCESS, learned={"external_id": change.sku})


def _types(item: object) -> dict[str, str]:
    """The product types of an item by marketplace."""
    rows = item.get("summaries") if isinstance(item, Mapping) else None
    return {
        str(row.get("marketplaceId")): str(row.get("productType") or "")
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, Mapping)
    }


def _about_the_item(error: AdapterError) -> bool:
    """Whether a refusal is about what was sent: 4xx but for redirects and our own refusals."""
    return not isinstance(error, AuthError) and error.message.startswith("HTTP 4")


def _worse(one: ItemResult, other: ItemResult) -> ItemResult:
    """The result of both marketplaces: an error in one is an error, issues of both are kept."""
    order = (Outcome.ERROR, Outcome.RETRY, Outcome.PENDING, Outcome.SUCCESS)
    first, second = sorted((one, other), key=lambda result: order.index(result.outcome))
    issues: tuple[Issue, ...] | None = None
    if first.issues is not None or second.issues is not None:
        issues = tuple(dict.fromkeys((*(first.issues or ()), *(second.issues or ()))))
    told = {**second.learned, **first.learned}
    if one.learned.get("asin"):
        told["asin"] = one.learned["asin"]
    return ItemResult(first.ref, first.outcome, first.code, first.message, told, issues)
