"""Products and variants."""

from __future__ import annotations

from .part import Part


class Catalogue(Part):
    """The catalogue."""

    products: tuple[()] = ()
    variants: tuple[()] = ()
