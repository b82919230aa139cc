"""Amazon, through its Selling Partner API.

:class:`Adapter` is the adapter; :mod:`.const` has regions, marketplaces and reasons,
:mod:`.product_types` what a product type asks of a listing.
"""

from .adapter import AmazonAdapter
from .const import (
    ADJUSTMENT_REASONS,
    CANCEL_REASONS,
    CONDITIONS,
    DEFAULT_CONDITION,
    MARKETPLACES,
    REGIONS,
    Marketplace,
    Region,
)
from .product_types import Attribute, ProductType, from_json, missing

Adapter = AmazonAdapter

__all__ = [
    "ADJUSTMENT_REASONS",
    "CANCEL_REASONS",
    "CONDITIONS",
    "DEFAULT_CONDITION",
    "MARKETPLACES",
    "REGIONS",
    "Adapter",
    "AmazonAdapter",
    "Attribute",
    "Marketplace",
    "ProductType",
    "Region",
    "from_json",
    "missing",
]
