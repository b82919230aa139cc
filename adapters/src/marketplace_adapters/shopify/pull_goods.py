"""Products that changed, and listings by their ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from ..core.batches import chunks
from ..core.errors import ThrottledError
from ..core.shape import as_text, member, text
from ..core.types import Page, RemoteListing
from . import cost, ids, news
from .client import Client
from .paging import SHARE, pages, size, whole
from .pull_orders import latest, query_of
from .wording import rows


def product_pages(client: Client, since: datetime, until: datetime | None) -> Iterator[Page]:
    """Variants of the products that changed since then, oldest first.

    :raise ThrottledError: before anything was delivered, or of a period: ask again.
    """
    variables: dict[str, Any] = {"query": query_of(since, until)}
    variables["first"] = size("ProductsChanged", variables, most=50)
    told = False
    try:
        for nodes in pages(client, "ProductsChanged", variables, "products"):
            found = [one for one in nodes if isinstance(one, dict) and text(one, "id")]
            for node in found:
                whole(client, node, "variants", "ProductVariants", "product")
            events = tuple(event for node in found for event in news.product_events(node))
            yield Page(events, latest(found))
            told = True
    except ThrottledError:
        if until is not None or not told:
            raise


def listings_of(client: Client, keys: Sequence[str], currency: str) -> Iterator[RemoteListing]:
    """The variants with these ids; ids that Shopify does not have are left out."""
    # What is no number is no id of Shopify's, e.g. of a listing that was linked by hand.
    numbers = [key for one in keys if (key := ids.number(as_text(one, "id"))).isdecimal()]
    wanted = [ids.gid("ProductVariant", key) for key in dict.fromkeys(numbers)]
    for part in chunks(wanted, _at_once()):
        data = client.run("VariantsById", {"ids": list(part)})
        for node in rows(data, "nodes"):
            item = dict(member(node, "inventoryItem"))
            whole(client, item, "inventoryLevels", "ItemLevels", "inventoryItem")
            levels = rows(item, "inventoryLevels")
            found = news.remote_listing(member(node, "product"), node, levels, currency)
            if found is not None:
                yield found


def _at_once() -> int:
    """Ids of one call."""
    each = cost.cost("VariantsById", {"ids": ["1"]})
    return max(1, int(cost.MOST * SHARE) // each)
