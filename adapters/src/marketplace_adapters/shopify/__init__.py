"""Shopify, through its Admin GraphQL API.

:class:`Adapter` is the adapter; :mod:`.const` has the version, the rights and the reasons.
"""

from .adapter import ShopifyAdapter
from .collections import Collection, Rule
from .const import API_ENDS, API_VERSION, CANCEL_REASONS, SCOPES, WEBHOOK_TOPICS
from .shop_parts import PriceList, Publication

Adapter = ShopifyAdapter

__all__ = [
    "API_ENDS",
    "API_VERSION",
    "CANCEL_REASONS",
    "SCOPES",
    "WEBHOOK_TOPICS",
    "Adapter",
    "Collection",
    "PriceList",
    "Publication",
    "Rule",
    "ShopifyAdapter",
]
