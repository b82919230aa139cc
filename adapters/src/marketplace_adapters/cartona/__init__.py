"""Cartona, an Egyptian marketplace where suppliers sell to shops.

:class:`Adapter` is the adapter, :func:`allowed` the permission matrix of statuses.
"""

from .adapter import CartonaAdapter, api_url
from .const import CANCEL_REASONS, PATHS, PRODUCTION_URL, STAGING_URL, STATUS_OUT, UNITS
from .rules import allowed

Adapter = CartonaAdapter

__all__ = [
    "CANCEL_REASONS",
    "PATHS",
    "PRODUCTION_URL",
    "STAGING_URL",
    "STATUS_OUT",
    "UNITS",
    "Adapter",
    "CartonaAdapter",
    "allowed",
    "api_url",
]
