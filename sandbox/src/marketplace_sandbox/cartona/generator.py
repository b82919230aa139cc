"""Realistic orders from a seeded generator: shops, addresses, offers, and split money."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from .model import Product

CENT = Decimal("0.01")

# name, address, notes: shops as they appear on the platform, in both scripts
SHOPS: tuple[tuple[str, str, str | None], ...] = (
    ("بقالة النور", "١٢ شارع فيصل، الجيزة", "بجوار المدرسة"),
    ("سوبر ماركت المدينة", "٤٥ شارع عباس العقاد، مدينة نصر، القاهرة", None),
    ("Corner Market Maadi", "17 Road 9, Maadi, Cairo", "Ring the bell, 2nd door"),
    ("هايبر البركة", "٣ شارع الجمهورية، المنصورة", "التسليم قبل ١٢ ظهرًا"),
    ("Nile Mini Market", "88 Corniche El Nil, Giza", None),
    ("بقالة أم الدنيا", "٧ حارة السكر، الدرب الأحمر، القاهرة", "الدور الأرضي"),
    ("Alex Sea Grocery", "230 El Geish Road, Alexandria", "Call on arrival"),
    ("كشك الجامعة", "بوابة ٢، جامعة عين شمس، القاهرة", None),
    ("Delta Wholesale & Retail", "5 El Bahr St., Tanta", "Loading bay at the back"),
    ("ماركت ٢٤ ساعة", "١٠١ شارع الهرم، الجيزة", "مفتوح ليلًا فقط"),
    ("Oasis Supermarket (فرع ٢)", "6th of October, District 7, Giza", None),
    ("مؤسسة الصفا للتجارة", "٢٢ شارع بورسعيد، الزقازيق", "يرجى إحضار الفاتورة"),
)
NOTES = ("يرجى التسليم صباحًا", "Please deliver after 5 pm", "بدون أكياس بلاستيك", None, None, None)
_TEXT_ID = string.ascii_letters + string.digits


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


class Generator:
    """Fills in what a caller did not say about a new order.

    :param chance: the seeded source of all choices.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def hashed_id(self, taken: Callable[[str], bool]) -> str:
        """A free order id: half of them numeric-looking, half like ``pPX2wRNM``."""
        while True:
            if self._chance.random() < 0.5:
                found = str(self._chance.randint(10_000_000, 99_999_999))
            else:
                found = "".join(self._chance.choices(_TEXT_ID, k=8))
            if not taken(found):
                return found

    def otp(self) -> str:
        """Six digits; a leading zero is as likely as any other digit."""
        return "".join(self._chance.choices(string.digits, k=6))

    def retailer(self, plain: bool = False) -> dict[str, Any]:
        """A shop; now and then without code or second number, as in the published samples."""
        number = self._chance.randrange(len(SHOPS))
        name, address, notes = SHOPS[number]
        phone = f"+2010{self._chance.randint(0, 99_999_999):08d}"
        retailer: dict[str, Any] = {
            "id": 50_000 + number,
            "retailer_name": name,
            "retailer_code": str(70_100 + number),
            "retailer_number": phone,
            "retailer_number2": None,
            "retailer_email": None,
            "retailer_address": address,
            "address_notes": notes,
        }
        if self._chance.random() < 0.3:
            retailer["retailer_number2"] = f"+2011{self._chance.randint(0, 99_999_999):08d}"
        if not plain and self._chance.random() < 0.1:
            retailer["retailer_code"] = None
        return retailer

    def lines(
        self, products: Sequence[Product], count: int | None = None, plain: bool = False
    ) -> list[dict[str, Any]]:
        """Line requests for random products on offer; one in five comes as an offer in two lines.

        :param products: all of the supplier.
        :param count: how many different products; None draws 1 to 5.
        :return: empty when nothing is on offer.
        """
        wanted = count or self._chance.randint(1, 5)
        found: list[dict[str, Any]] = []
        for product in self._on_offer(products, wanted):
            most = min(product.on_offer, product.max_order or product.on_offer)
            least = max(1, product.min_order)
            amount = min(most, least + self._chance.randint(0, 4))
            line = {"supplier_product_id": product.id, "amount": amount}
            if not plain and amount >= 2 and self._chance.random() < 0.2:
                found += self._offer(product, amount)
            else:
                found.append(line)
        return found

    def _on_offer(self, products: Sequence[Product], wanted: int) -> list[Product]:
        """Random products that can be ordered; a large catalogue is not walked for each order."""
        drawn = self._chance.sample(products, min(len(products), 8 * wanted))
        fit = [each for each in drawn if each.on_offer >= max(1, each.min_order)]
        if len(fit) < wanted and len(drawn) < len(products):
            fit = [each for each in products if each.on_offer >= max(1, each.min_order)]
            self._chance.shuffle(fit)
        return fit[:wanted]

    def _offer(self, product: Product, amount: int) -> list[dict[str, Any]]:
        """The first pieces cheaper, the rest at the usual price: the cap of an offer."""
        cheap = self._chance.randint(1, amount - 1)
        by_supplier = _cents(product.selling_price * self._chance.choice((5, 10)) / 100)
        by_cartona = _cents(product.selling_price * self._chance.choice((0, 5)) / 100)
        return [
            {
                "supplier_product_id": product.id,
                "amount": cheap,
                "selling_price": product.selling_price - by_supplier - by_cartona,
                "applied_supplier_discount": by_supplier,
                "applied_cartona_discount": by_cartona,
                "comment": "offer",
            },
            {"supplier_product_id": product.id, "amount": amount - cheap},
        ]

    def money(self, total: Decimal) -> dict[str, Decimal]:
        """Credit, instalment and wallet top-up, each in some of the orders, within the total."""
        found: dict[str, Decimal] = {}
        left = total
        if self._chance.random() < 0.15:
            found["cartona_credit"] = _cents(total * self._chance.choice((5, 10, 20)) / 100)
            left -= found["cartona_credit"]
        draw = self._chance.random()
        if draw < 0.1:
            found["installment_cost"] = _cents(left * self._chance.choice((50, 100)) / 100)
        elif draw < 0.2:
            found["wallet_top_up"] = Decimal(self._chance.choice((50, 100, 250)))
        return found

    def note(self) -> str | None:
        return self._chance.choice(NOTES)

    def delivered_by(self) -> str:
        return self._chance.choices(("delivered_by_supplier", "delivered_by_cartona"), (9, 1))[0]
