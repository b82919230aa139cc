"""Amazon's marketplaces: ids and countries as published, and how their files are written.

That European files have a decimal comma and dates with the day first is known; which of the
encodings a file has is not published per report, so it is named in the document's Content-Type.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Marketplace:
    """One marketplace. `vat` is the share contained in prices; None: tax comes on top (US)."""

    id: str
    name: str
    country: str
    currency: str
    language: str
    vat: Decimal | None
    comma: bool = False
    day_first: bool = False
    encoding: str = "utf-8"
    sales_tax: Decimal = Decimal("0")

    @property
    def domain(self) -> str:
        return f"www.{self.name.lower()}"


_ALL = (
    Marketplace(
        "A1F83G8C2ARO7P", "Amazon.co.uk", "GB", "GBP", "en_GB",
        Decimal("0.20"), day_first=True, encoding="iso-8859-1",
    ),
    Marketplace(
        "A1PA6795UKMFR9", "Amazon.de", "DE", "EUR", "de_DE",
        Decimal("0.19"), comma=True, day_first=True, encoding="iso-8859-1",
    ),
    Marketplace(
        "ATVPDKIKX0DER", "Amazon.com", "US", "USD", "en_US", None, sales_tax=Decimal("0.0825")
    ),
    Marketplace(
        "A13V1IB3VIYZZH", "Amazon.fr", "FR", "EUR", "fr_FR",
        Decimal("0.20"), comma=True, day_first=True, encoding="iso-8859-1",
    ),
    Marketplace(
        "APJ6JRA9NG5V4", "Amazon.it", "IT", "EUR", "it_IT",
        Decimal("0.22"), comma=True, day_first=True, encoding="iso-8859-1",
    ),
    Marketplace(
        "A1RKKUPIHCS9HS", "Amazon.es", "ES", "EUR", "es_ES",
        Decimal("0.21"), comma=True, day_first=True, encoding="iso-8859-1",
    ),
    Marketplace(
        "A2EUQ1WTGCTBG2", "Amazon.ca", "CA", "CAD", "en_CA", None, sales_tax=Decimal("0.13")
    ),
    Marketplace("A2VIGQ35RCS4UG", "Amazon.ae", "AE", "AED", "en_AE", Decimal("0.05")),
    Marketplace("ARBP9OOSHTCHU", "Amazon.eg", "EG", "EGP", "ar_AE", Decimal("0.14")),
)  # fmt: skip
MARKETPLACES = {each.id: each for each in _ALL}
UK, DE, US = (each.id for each in _ALL[:3])
PARTICIPATING = (UK, DE, US)
