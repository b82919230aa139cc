"""Orders as the channel writes them, and the same as the values of a sales order."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

LINES = 3
#: Retailers among whom the orders are spread: each orders about four times in a thousand.
RETAILERS = 250


@dataclass(frozen=True)
class Document:
    """One order of three lines.

    :param lines: (id of the product variant, quantity, price of a piece)
    """

    number: int
    retailer: int
    lines: tuple[tuple[int, int, Decimal], ...]

    @property
    def hashed_id(self) -> str:
        return f"B{self.number:06}x"

    @property
    def total(self) -> Decimal:
        return sum((quantity * price for _product, quantity, price in self.lines), Decimal())

    def payload(self) -> dict[str, Any]:
        """As the channel sends it, by pull or webhook."""
        return {
            "hashed_id": self.hashed_id,
            "receipt_id": f"BENCH-{self.number:06}",
            "status": "approved",
            "delivered_by": "delivered_by_supplier",
            "total_price": float(self.total),
            "cartona_credit": 0,
            "installment_cost": 0,
            "wallet_top_up": 0,
            "created_at": "2026-06-01T10:00:00.000+03:00",
            "updated_at": "2026-06-01T10:05:00.000+03:00",
            "retailer": self.retailer_payload(),
            "order_details": [
                {
                    "id": self.number * 10 + place,
                    "internal_product_id": str(product),
                    "unit": "piece",
                    "unit_count": 1,
                    "product_name": f"Tea {product} شاي",
                    "amount": quantity,
                    "selling_price": float(price),
                    "applied_supplier_discount": 0,
                    "applied_cartona_discount": 0,
                    "comment": None,
                }
                for place, (product, quantity, price) in enumerate(self.lines)
            ],
        }

    def retailer_payload(self) -> dict[str, Any]:
        return {
            "retailer_name": f"بقالة {self.retailer} Grocery",
            "retailer_code": f"R{self.retailer:05}",
            "retailer_number": f"+2010{self.retailer:08}",
            "retailer_number2": None,
            "retailer_address": f"{self.retailer} شارع النيل Nile Street",
            "address_notes": None,
        }

    def body(self, chance: random.Random | None = None) -> bytes:
        """As bytes of a message.

        :param chance: shuffles the members, as another serializer of the channel might.
        """
        payload = self.payload()
        if chance is not None:
            members = list(payload.items())
            chance.shuffle(members)
            payload = dict(members)
        return json.dumps(payload, ensure_ascii=chance is None).encode()


def make(product_ids: Sequence[int], count: int, *, first: int = 0) -> list[Document]:
    """Different orders, always the same for the same arguments."""
    chance = random.Random(first)
    return [
        Document(
            number,
            chance.randrange(RETAILERS),
            tuple(
                (product, 1 + chance.randrange(12), Decimal(500 + chance.randrange(9500)) / 100)
                for product in chance.sample(list(product_ids), LINES)
            ),
        )
        for number in range(first, first + count)
    ]
