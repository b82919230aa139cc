"""Money that moved: one transaction per parcel, refund and fee, until a settlement takes it.

Amount types and descriptions are those of the settlement report V2: ItemPrice (Principal, Tax,
Shipping …), Promotion, ItemWithheldTax (tax that the marketplace keeps and pays), ItemFees. The
fees are simple: 15 % of the price, and a fixed sum per piece that Amazon ships.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..store import Table, encode
from .model import ZERO, Item, Order, Package, Transaction
from .values import cents, digest, share

if TYPE_CHECKING:
    from .room import AmazonRoom

COMMISSION = Decimal("0.15")
FBA_FEE = Decimal("3.07")
REFUND_FEE = Decimal("0.20")  # of the commission that is given back
#: member of an item → amount type, description, sign
PRICES = (
    ("principal", "ItemPrice", "Principal", 1),
    ("item_tax", "ItemPrice", "Tax", 1),
    ("shipping", "ItemPrice", "Shipping", 1),
    ("shipping_tax", "ItemPrice", "ShippingTax", 1),
    ("gift_wrap", "ItemPrice", "GiftWrap", 1),
    ("gift_wrap_tax", "ItemPrice", "GiftWrapTax", 1),
    ("item_discount", "Promotion", "Principal", -1),
    ("shipping_discount", "Promotion", "Shipping", -1),
    ("item_tax", "ItemWithheldTax", "MarketplaceFacilitatorTax-Principal", -1),
    ("shipping_tax", "ItemWithheldTax", "MarketplaceFacilitatorTax-Shipping", -1),
    ("gift_wrap_tax", "ItemWithheldTax", "MarketplaceFacilitatorTax-Other", -1),
)
WITHHELD = {
    "Tax": "MarketplaceFacilitatorTax-Principal",
    "ShippingTax": "MarketplaceFacilitatorTax-Shipping",
    "GiftWrapTax": "MarketplaceFacilitatorTax-Other",
}


def decode(data: dict[str, Any]) -> Transaction:
    return Transaction(**data)


class Ledger:
    """All transactions."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room
        self.table: Table[Transaction] = Table(
            room.services.store, "amazon.transactions", encode, decode
        )

    def clear(self) -> None:
        self.table.clear()

    def _new_id(self) -> str:
        number = self._room.services.store.next_id("amazon.transaction", 1)
        return digest("transaction", self._room.services.seed, str(number))[:32]

    def _post(
        self, order: Order, kind: str, rows: list[dict[str, Any]], shipment: str, refund: str = ""
    ) -> None:
        found = Transaction(
            self._new_id(), kind, order.id, order.marketplace, self._room.now(), rows, shipment,
            refund, seller_id=order.seller_id, fulfilled_by=order.fulfilled_by,
        )  # fmt: skip
        self.table.put(found.id, found)

    # === SHIPMENTS === #

    def shipped(
        self, order: Order, parts: Mapping[str, int], shipment: str, package: Package | None
    ) -> None:
        """A parcel left: what was bought with these pieces is due.

        Called before the pieces count as shipped.
        """
        rows = []
        for item in order.items:
            number = parts.get(item.id, 0)
            if number:
                rows.append(self._row(order, item, number))
        if rows:
            self._post(order, "Shipment", rows, shipment)

    def reshipped(
        self, order: Order, before: Mapping[str, int], after: Mapping[str, int], package: Package
    ) -> None:
        """A parcel was changed: the difference is due, or taken back."""
        names = {*before, *after}
        parts = {name: after.get(name, 0) - before.get(name, 0) for name in names}
        shipment = f"D{digest('shipment', order.id, package.reference, repr(parts))[:9].upper()}"
        self.shipped(order, parts, shipment, package)

    def _row(self, order: Order, item: Item, number: int) -> dict[str, Any]:
        entries: list[list[Any]] = []
        for member, kind, description, sign in PRICES:
            amount = share(getattr(item, member), item.quantity, item.shipped, number)
            if amount:
                entries.append([kind, description, sign * amount])
        base = item.principal - item.item_discount
        commission = share(cents(base * COMMISSION), item.quantity, item.shipped, number)
        if commission:
            entries.append(["ItemFees", "Commission", -commission])
        if order.fulfilled_by == "AMAZON":
            entries.append(["ItemFees", "FBAPerUnitFulfillmentFee", -FBA_FEE * number])
        return _line(item, number, entries)

    def paid(self, order: Order, item: Item) -> Decimal:
        """What the buyer has paid for the pieces that were shipped."""
        return sum(
            (
                sign * cents(getattr(item, member) * item.shipped / item.quantity)
                for member, kind, _, sign in PRICES
                if kind != "ItemWithheldTax"
            ),
            ZERO,
        )

    # === REFUNDS === #

    def refunded(self, order: Order, parts: Mapping[str, Mapping[str, Decimal]]) -> str:
        """Money went back to the buyer; returns the id of the refund."""
        number = self._room.services.store.next_id("amazon.refund", 1)
        refund_id = f"amzn1:crow:{digest('refund', order.id, str(number))[:22]}"
        rows = []
        for identifier, components in parts.items():
            item = order.item(identifier)
            assert item is not None
            rows.append(_line(item, 0, _refund_entries(components), refund_id))
        self._post(order, "Refund", rows, "", refund_id)
        return refund_id

    def fee(self, marketplace: str, description: str, amount: Decimal) -> None:
        """A charge that belongs to no order; positive amounts are taken from the seller."""
        row = {
            "item": "",
            "sku": "",
            "asin": "",
            "quantity": 0,
            "adjustment": "",
            "promotion": "",
            "entries": [["other-transaction", description, -amount]],
        }
        found = Transaction(self._new_id(), "ServiceFee", "", marketplace, self._room.now(), [row])
        self.table.put(found.id, found)


def _line(
    item: Item, number: int, entries: list[list[Any]], adjustment: str = ""
) -> dict[str, Any]:
    return {
        "item": item.id,
        "sku": item.sku,
        "asin": item.asin,
        "quantity": number,
        "merchant_item": item.merchant_id,
        "adjustment": adjustment,
        "promotion": item.promotion_ids[0] if item.promotion_ids else "",
        "entries": entries,
    }


def _refund_entries(components: Mapping[str, Decimal]) -> list[list[Any]]:
    entries: list[list[Any]] = []
    for name, amount in components.items():
        if name in ("RestockingFee", "RestockingFeeTax"):
            entries.append(["ItemPrice", name, amount])
            continue
        entries.append(["ItemPrice", name, -amount])
        if name in WITHHELD:
            entries.append(["ItemWithheldTax", WITHHELD[name], amount])
    principal = components.get("Principal", ZERO)
    commission = cents(principal * COMMISSION)
    if commission:
        entries.append(["ItemFees", "Commission", commission])
        kept = cents(commission * REFUND_FEE)
        entries.append(["ItemFees", "RefundCommission", -kept])
    return entries
