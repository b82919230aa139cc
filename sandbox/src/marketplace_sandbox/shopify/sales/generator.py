"""Mixed orders and a shop's daily life, the same ones in every run with the same seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import UserErrors
from .model import Order

if TYPE_CHECKING:
    from .steps import Steps

#: what an order is like → how often
FLAVOURS = (
    ("plain", 24), ("code", 10), ("automatic", 7), ("free_shipping", 5), ("tip", 5),
    ("gift_card_bought", 4), ("gift_card_paid", 5), ("duties", 4), ("fees", 4), ("b2b", 5),
    ("pos", 7), ("draft", 4), ("risky", 4), ("test", 2), ("notes", 5), ("nobody", 2),
    ("custom", 3), ("channel_tax", 2), ("free", 1), ("digital", 2),
)  # fmt: skip
#: what happens to it at once → how often
ENDS = (
    ("", 40), ("fulfilled", 14), ("partial", 8), ("edited", 9), ("edited_up", 5), ("cancelled", 6),
    ("refunded", 5), ("part_refunded", 6), ("returned", 4), ("exchanged", 2), ("voided", 1),
)  # fmt: skip
PAID = (("paid", 66), ("pending", 14), ("authorized", 14), ("partially_paid", 6))
CURRENCIES = (("EUR", 62), ("USD", 22), ("GBP", 16))


class Generator:
    """Draws from one seeded source."""

    def __init__(self, chance: Any) -> None:
        self._chance = chance

    def start_over(self, chance: Any) -> None:
        self._chance = chance

    def _draw(self, table: tuple[tuple[str, int], ...]) -> str:
        return str(self._chance.choices([e[0] for e in table], [e[1] for e in table])[0])

    def mixed(self) -> dict[str, Any]:
        """A description with a bit of everything; `steps` say what happens to it."""
        chance = self._chance
        flavour, currency = self._draw(FLAVOURS), self._draw(CURRENCIES)
        spec: dict[str, Any] = {
            "currency": currency,
            "payment": self._draw(PAID),
            "shipping": chance.choice(("0", "4.90", "7.35", "12.00")),
            "line_count": chance.choice((1, 1, 2, 2, 3, 4)),
        }
        getattr(self, f"_{flavour}")(spec)
        end = self._draw(ENDS)
        if end and not (spec["payment"] != "paid" and end in ("refunded", "part_refunded")):
            spec["steps"] = [end]
        return spec

    # === FLAVOURS === #

    def _plain(self, spec: dict[str, Any]) -> None:
        pass

    def _code(self, spec: dict[str, Any]) -> None:
        fixed = self._chance.random() < 0.5
        spec["discounts"] = [
            {"code": "TAKE7", "type": "fixed_amount", "value": "7.01"}
            if fixed
            else {"code": "SOMMER15", "type": "percentage", "value": "15"}
        ]

    def _automatic(self, spec: dict[str, Any]) -> None:
        spec["discounts"] = [
            {"kind": "automatic", "title": "3 für 2", "type": "percentage", "value": "33.3",
             "lines": [0]},
            {"code": "EXTRA5", "type": "percentage", "value": "5"},
        ]  # fmt: skip

    def _free_shipping(self, spec: dict[str, Any]) -> None:
        spec["shipping"] = "9.90"
        spec["discounts"] = [
            {"code": "FREESHIP", "type": "percentage", "value": "100", "target": "shipping_line"}
        ]

    def _tip(self, spec: dict[str, Any]) -> None:
        spec["tip"] = self._chance.choice(("1.00", "2.50", "5.55"))

    def _gift_card_bought(self, spec: dict[str, Any]) -> None:
        spec.update(gift_card="25.00", payment="paid")

    def _gift_card_paid(self, spec: dict[str, Any]) -> None:
        spec.update(payment="paid", gateway="gift_card:10.00")

    def _duties(self, spec: dict[str, Any]) -> None:
        spec.update(duties=True, country="US", currency="USD")

    def _fees(self, spec: dict[str, Any]) -> None:
        spec["fees"] = [{"name": "Packaging deposit", "amount": "1.25"}]

    def _b2b(self, spec: dict[str, Any]) -> None:
        spec.update(company=True, po_number=f"PO-{self._chance.randrange(1000, 9999)}",
                    payment=self._chance.choice(("pending", "paid")), payment_terms="Net 30",
                    tax_exempt=True)  # fmt: skip

    def _pos(self, spec: dict[str, Any]) -> None:
        spec.update(source="pos", payment="paid", gateway="cash", currency="EUR")
        spec.pop("shipping")

    def _draft(self, spec: dict[str, Any]) -> None:
        spec["draft"] = True

    def _risky(self, spec: dict[str, Any]) -> None:
        spec["risk"] = self._chance.choice(("low", "medium", "high"))

    def _test(self, spec: dict[str, Any]) -> None:
        spec["test"] = True

    def _notes(self, spec: dict[str, Any]) -> None:
        spec.update(
            note="Bitte klingeln – Hinterhaus, 3. OG <links> & leise!\nDanke 🙏",
            note_attributes={"Geschenkkarte": "عيد ميلاد سعيد", "delivery date": "2026-12-24"},
            tags=["VIP", "Stammkunde, alt", "مهم"],
            metafields={"custom.channel": "Instagram"},
        )

    def _nobody(self, spec: dict[str, Any]) -> None:
        spec.update(customer=None, address=None)

    def _custom(self, spec: dict[str, Any]) -> None:
        spec["lines"] = [
            {"title": "Gravur „Für Oma“", "price": "6.66", "quantity": 3, "sku": ""},
            {"title": "Not in Odoo", "sku": "UNLISTED-1", "price": "0.05", "quantity": 7,
             "properties": {"Text": "Ünï©ødé", "_hidden": "1"}, "discount": "0.03"},
        ]  # fmt: skip

    def _channel_tax(self, spec: dict[str, Any]) -> None:
        spec["currency"] = "USD"
        spec["tax_rates"] = [{"title": "Marketplace tax", "rate": "0.0625", "channel_liable": True}]

    def _free(self, spec: dict[str, Any]) -> None:
        spec.update(
            payment="paid",
            shipping="0",
            discounts=[{"code": "GRATIS", "type": "percentage", "value": "100"}],
        )

    def _digital(self, spec: dict[str, Any]) -> None:
        spec.update(
            lines=[{"title": "E-Book", "price": "9.99", "requires_shipping": False}], shipping=None
        )

    # === DAILY LIFE === #

    def shake(self, steps: Steps, orders: list[Order], count: int) -> dict[str, int]:
        """Let things happen to random orders; how often each did."""
        moves: tuple[tuple[str, Callable[[Order], None]], ...] = tuple(
            (name, steps.named(name))
            for name in (
                "pay", "edited", "edited_up", "fulfilled", "partial", "part_refunded", "cancelled",
                "returned", "exchanged", "noted", "tagged", "delivered",
            )
        )  # fmt: skip
        done: dict[str, int] = {}
        tries = 0
        while orders and sum(done.values()) < count and tries < count * 20:
            tries += 1
            order = self._chance.choice(orders)
            name, move = self._chance.choice(moves)
            try:
                move(order)
            except UserErrors:
                continue
            done[name] = done.get(name, 0) + 1
        return done
