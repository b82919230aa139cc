"""Collections of the shop: chosen by hand, or by rules.

A collection of ours is found by its own key (metafield ``odoo.collection``) or by its id. Its
products or rules are one source of the collection; sources that others added stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..core.errors import InvalidError, RejectedError
from ..core.money import decimal, plain
from .client import Client
from .const import NAMESPACE
from .failures import refused, user_errors
from .generated.create_collection import CreateCollection
from .generated.find_collection import FindCollection, FindCollectionCollectionByIdentifier
from .generated.publish import Publish
from .generated.unpublish import Unpublish
from .generated.update_collection import UpdateCollection
from .ids import gid, number
from .product_input import Json
from .product_read import define
from .settings import Settings

KEY = "collection"
SOURCE = "Odoo"
"""Title of our source of a collection."""
TEXT_COLUMNS = {
    "tag": "productTag",
    "type": "productType",
    "vendor": "productVendor",
    "title": "productTitle",
}
"""Columns of words; ``relation`` is one of the column's own enum in the schema."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition.

    :param column: ``tag``, ``type``, ``vendor``, ``title``, ``category``, ``price`` or ``stock``.
    :param relation: in Shopify's words, e.g. ``EQUALS``, ``CONTAINS``, ``GREATER_THAN``; of tags
        ``TAGGED_WITH``, ``NOT_TAGGED_WITH``.
    :param values: words; ids of the taxonomy for ``category``; one number otherwise.
    """

    column: str
    relation: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection as Odoo wants it; ``None`` means that the shop owns the member.

    :param key: our own key, the same for ever.
    :param id: Shopify's id, when it is known.
    :param products: ids, for one that is chosen by hand.
    :param rules: for one that fills itself; ``every`` says that all of them must hold.
    :param publications: ids of those where it is to be seen.
    """

    key: str
    title: str
    id: str = ""
    description_html: str | None = None
    handle: str | None = None
    sort_order: str | None = None
    products: tuple[str, ...] | None = None
    rules: tuple[Rule, ...] | None = None
    every: bool = True
    publications: tuple[str, ...] | None = None


class Collections:
    """Saves collections of one account."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self._client = client
        self._settings = settings

    def save(self, wanted: Collection) -> str:
        """Make or change a collection.

        :return: its id.
        :raise RejectedError: Shopify refuses it, and says why.
        :raise InvalidError: both products and rules, or an unknown column.
        """
        if wanted.products is not None and wanted.rules is not None:
            raise InvalidError("A collection has products or rules, not both.", code="bad_option")
        found = self._find(wanted)
        one = self._create(wanted) if found is None else self._change(wanted, found)
        if wanted.publications is not None:
            self._show(one, wanted.publications)
        return number(one)

    def _find(self, wanted: Collection) -> FindCollectionCollectionByIdentifier | None:
        if wanted.id:
            by: Json = {"id": gid("Collection", wanted.id)}
        else:
            self._define()
            by = {"customId": {"namespace": NAMESPACE, "key": KEY, "value": wanted.key}}
        return self._client.call(FindCollection, {"identifier": by}).collectionByIdentifier

    def _create(self, wanted: Collection) -> str:
        given = _fields(wanted)
        given["metafields"] = [
            {"namespace": NAMESPACE, "key": KEY, "type": "id", "value": wanted.key}
        ]
        source = _source(wanted, self._settings.currency)
        if source is not None:
            given["sources"] = [source]
        reply = self._client.call(CreateCollection, {"collection": given}).collectionCreate
        return self._accepted(reply)

    def _change(self, wanted: Collection, found: FindCollectionCollectionByIdentifier) -> str:
        given: Json = {"id": found.id} | _fields(wanted)
        source = _source(wanted, self._settings.currency)
        if source is not None:
            given["sourcesToCreate"] = [source]
            given["sourcesToDelete"] = [one.id for one in found.sources if one.title == SOURCE]
        reply = self._client.call(UpdateCollection, {"collection": given}).collectionUpdate
        return self._accepted(reply)

    def _accepted(self, reply: Any) -> str:
        rows = reply.userErrors if reply is not None else ()
        errors = user_errors(rows, self._client.transport.masker)
        if errors:
            raise refused(errors[0], "the collection")
        if reply is None or reply.collection is None:
            raise RejectedError("Shopify did not say which collection it made.", code="no_id")
        return str(reply.collection.id)

    def _show(self, one: str, publications: Sequence[str]) -> None:
        off = [each for each in self._settings.publications if each not in publications]
        for model, ids in ((Publish, publications), (Unpublish, off)):
            if ids:
                rows = [{"publicationId": gid("Publication", each)} for each in ids]
                reply = self._client.call(model, {"id": one, "input": rows})
                payload = next(iter(reply.__dict__.values()))
                errors = user_errors(
                    payload.userErrors if payload else (), self._client.transport.masker
                )
                if errors:
                    raise refused(errors[0], "the publication of the collection")

    def _define(self) -> None:
        define(self._client, "Odoo collection", KEY, "COLLECTION")


def _fields(wanted: Collection) -> Json:
    pairs = {
        "title": wanted.title,
        "descriptionHtml": wanted.description_html,
        "handle": wanted.handle,
        "sortOrder": wanted.sort_order,
    }
    return {name: value for name, value in pairs.items() if value is not None}


def _source(wanted: Collection, currency: str) -> Json | None:
    """Our source of the collection; ``None`` when the shop owns what is in it.

    :raise InvalidError: an unknown column.
    """
    inclusion: Json
    if wanted.rules is not None:
        conditions = [_condition(one, wanted.every, currency) for one in wanted.rules]
        inclusion = {"matchType": "ALL" if wanted.every else "ANY", "conditions": conditions}
    elif wanted.products is not None:
        rows = [{"productId": gid("Product", one)} for one in wanted.products]
        inclusion = {"selections": rows}
    else:
        return None
    return {"source": {"title": SOURCE, "inclusion": inclusion}}


def _condition(rule: Rule, every: bool, currency: str) -> Json:
    base: Json = {"relation": rule.relation}
    if rule.column in TEXT_COLUMNS:
        match = {"matchType": "ALL" if every else "ANY", "values": list(rule.values)}
        return {TEXT_COLUMNS[rule.column]: base | match}
    if rule.column == "category":
        values = [{"categoryId": one, "includeDescendants": True} for one in rule.values]
        return {"productCategory": base | {"matchType": "ANY", "values": values}}
    if len(rule.values) != 1:
        raise InvalidError(f"The column {rule.column[:40]} takes one value.", code="bad_option")
    value = decimal(rule.values[0], rule.column)
    if rule.column == "price":
        money = {"amount": plain(value), "currencyCode": currency}
        return {"variantPrice": base | {"value": money}}
    if rule.column == "stock":
        return {"variantInventory": base | {"value": int(value)}}
    raise InvalidError(f"Collections have no column {rule.column[:40]!r}.", code="bad_option")
