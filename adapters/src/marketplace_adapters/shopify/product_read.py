"""Products as they stand in Shopify, as far as a change has to know."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.batches import chunks
from ..core.errors import RejectedError
from .client import Client
from .const import NAMESPACE, PRODUCT_KEY
from .failures import UserError, user_errors
from .generated.define_metafield import DefineMetafield
from .generated.product_shape import ProductShape
from .ids import gid, number
from .limits import MAX_IDS

PAGE = 100
MOST_PAGES = 30

_defined: set[str] = set()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Shape:
    """Options and variants of one product.

    :param variants: ``id``, ``sku``, ``item``, ``key`` (ours, may be empty), ``options``.
    """

    options: Sequence[Mapping[str, Any]]
    variants: Sequence[Mapping[str, Any]]


class Shapes:
    """Reads products of one shop."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def read(self, product_id: str) -> Shape | None:
        """One product with all its variants; ``None`` when it is gone."""
        after, rows, options = None, list[dict[str, Any]](), list[dict[str, Any]]()
        for _page in range(MOST_PAGES):
            variables = {"id": gid("Product", product_id), "first": PAGE, "after": after}
            product = self._client.call(ProductShape, variables).product
            if product is None:
                return None
            options = [
                {"name": one.name, "values": [value.name for value in one.optionValues]}
                for one in product.options
            ]
            rows += self.rows([one.model_dump() for one in product.variants.nodes])
            if not product.variants.pageInfo.hasNextPage:
                break
            after = product.variants.pageInfo.endCursor
        return Shape(options, rows)

    @staticmethod
    def rows(nodes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Variants of an answer in the short form of :class:`Shape`."""
        return [
            {
                "id": number(one["id"]),
                "sku": one.get("sku") or "",
                "item": number((one.get("inventoryItem") or {}).get("id")),
                "key": (one.get("metafield") or {}).get("value") or "",
                "options": {
                    pair["name"]: pair["value"] for pair in one.get("selectedOptions") or ()
                },
            }
            for one in nodes
        ]

    def owners(self, variants: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Product and inventory item of variants; those that are gone are missing."""
        found: dict[str, tuple[str, str]] = {}
        for part in chunks(list(dict.fromkeys(variants)), MAX_IDS):
            wanted = [gid("ProductVariant", one) for one in part]
            for node in self._client.run("VariantOwners", {"ids": wanted})["nodes"] or ():
                if isinstance(node, Mapping) and node.get("id"):
                    product = number((node.get("product") or {}).get("id"))
                    item = number((node.get("inventoryItem") or {}).get("id"))
                    found[number(node["id"])] = (product, item)
        return found


def define_product_key(client: Client) -> None:
    """See that products can be found by our own key."""
    define(client, "Odoo product", PRODUCT_KEY, "PRODUCT")


def define(client: Client, label: str, key: str, owner: str) -> None:
    """Define a metafield that holds our own key, once in a process for each shop.

    :raise RejectedError: Shopify does not take it.
    """
    name = f"{client.transport.base_url} {owner}"
    with _lock:
        if name in _defined:
            return
    definition = {
        "name": label,
        "namespace": NAMESPACE,
        "key": key,
        "type": "id",
        "ownerType": owner,
    }
    reply = client.call(DefineMetafield, {"definition": definition}).metafieldDefinitionCreate
    errors = user_errors(reply.userErrors if reply else (), client.transport.masker)
    if errors and errors[0].code != "TAKEN":
        raise RejectedError(
            f"Shopify refuses the definition of our key: {errors[0].message}", code=errors[0].code
        )
    with _lock:
        _defined.add(name)


def lacks_definition(error: UserError) -> bool:
    """Whether Shopify misses the definition of our key, which somebody deleted."""
    text = error.message.lower()
    return "definition" in text and "metafield" in text and "'id'" in text


def forget_definitions(client: Client | None = None) -> None:
    """Define again: for one shop, or for all, e.g. between tests."""
    with _lock:
        for name in list(_defined):
            if client is None or name.startswith(f"{client.transport.base_url} "):
                _defined.discard(name)
