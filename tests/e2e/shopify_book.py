"""The shop's own book beside what Odoo made of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shopify_world import ShopifyWorld

from suite.stage import Stage

OPEN = ("OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED")
SKUS = [f"WEB-{number}" for number in range(1, 41)]


def stocked(stage: Stage) -> ShopifyWorld:
    """A shop that sells forty products and has more of each than anybody buys."""
    made = ShopifyWorld(stage)
    # The largest plan: what is shown here is not how fast Shopify lets one ask.
    made.control("POST", "settings", {"restore_rate": 2000, "bucket": 40000})
    made.control("POST", "products", {"count": len(SKUS), "prefix": "WEB-", "stock": 100_000})
    return made


def connect(shop: ShopifyWorld) -> None:
    """Odoo has the products as well; orders are taken from now on, and those of before."""
    shop.connect(
        validate_delivery="always", refund_mode="posted", sync_stock=False, automatic=False
    )
    products = shop.products(SKUS)
    shop.stock(products, 100_000)
    shop.link(dict(zip(SKUS, products, strict=True)))
    shop.sell_untracked("UNLISTED-1")
    shop.begin()


def live(shop: ShopifyWorld, events: int) -> None:
    """So many things happen to orders, a second after each other: the shop's times have no more."""
    for _event in range(events):
        shop.control("POST", "life", {"count": 1})
        shop.sandbox.control("POST", "clock", {"advance": 1})


def agree(shop: ShopifyWorld) -> None:
    """Every order of the shop is here once, with its total to the cent, its goods are held where
    they are to be delivered, and what was given back is known once."""
    book = shop.book()
    ours, states = shop.totals(), sales(shop)
    assert ours.keys() == book["orders"].keys()
    wrong: dict[str, Any] = {}
    for number, order in book["orders"].items():
        count, total, currency = ours[number]
        state = states.get(number)
        if state in (None, "cancel"):
            # What was over before it could be sold is recorded, and test orders are.
            right = order["cancelled"] or order["test"] or all_back(order)
        elif order["cancelled"]:
            right = count == 1
        else:
            right = (count, currency) == (1, order["currency"]) and comes_to(order, state, total)
        if not right:
            wrong[number] = (ours[number], order["total"]["shop"], order["name"])
            wrong[number] += (story(shop, number), order)
    assert wrong == {}
    held_here = reserved(shop)
    assert {
        number: (held, pieces, story(shop, number))
        for number, pieces in awaited(book, states).items()
        if (held := held_here.get(number, {})) != pieces
    } == {}
    assert refunds(shop) == {
        f"refund-{number}": refund["amount"]["shop"]
        for order in book["orders"].values()
        for number, refund in order["refunds"].items()
    }


def comes_to(order: dict[str, Any], state: str, total: str) -> bool:
    """Whether a sales order has the total that it must have.

    A quotation is what was ordered. A confirmed one, of which nothing is billed here, comes to less
    by what was given back; of units that came back Odoo computes the tax of those that are left,
    which may round another cent for each line.
    """
    if state != "sale":
        return total == order["sold_total"]["shop"]
    back = sum(line["returned"] > 0 for line in order["lines"].values())
    difference = Decimal(total) - Decimal(order["total"]["shop"])
    return abs(difference) <= back * Decimal("0.01")


def sales(shop: ShopifyWorld) -> dict[str, str]:
    """Order of the shop → state of its sales order."""
    rows = shop.sql(
        "SELECT ledger.external_id, sale.state FROM marketplace_order ledger"
        "  JOIN sale_order sale ON sale.id = ledger.sale_order_id"
    )
    return {str(row[0]): str(row[1]) for row in rows}


def story(shop: ShopifyWorld, number: str) -> list[list[Any]]:
    """What became of the news of an order, to be read when something is wrong."""
    return shop.sql(
        "SELECT 'inbox', source, status, message FROM marketplace_inbox"
        f" WHERE topic = 'order' AND external_id = '{int(number)}'"
        " UNION ALL SELECT 'return', gone.external_id, gone.state,"
        "  gone.message || ' ' || gone.amount"
        "  FROM marketplace_return gone"
        f" WHERE gone.order_external_id = '{int(number)}'"
        " UNION ALL SELECT 'sale', sale.name, sale.state,"
        "  ledger.status || ' ' || coalesce(ledger.attention, '') || ' ' || ledger.paid_back"
        "  FROM marketplace_order ledger JOIN sale_order sale ON sale.id = ledger.sale_order_id"
        f" WHERE ledger.external_id = '{int(number)}'"
        " UNION ALL SELECT 'line', line.name, line.product_uom_qty::text, line.price_total::text"
        "  FROM marketplace_order ledger JOIN sale_order_line line"
        "    ON line.order_id = ledger.sale_order_id"
        f" WHERE ledger.external_id = '{int(number)}'"
    )


def all_back(order: dict[str, Any]) -> bool:
    """Whether whatever left of an order came back, and nothing is left to send."""
    lines = [line for line in order["lines"].values() if line["variant"] or line["fulfilled"]]
    return all(line["current"] == 0 for line in lines) and any(
        line["fulfilled"] or line["returned"] for line in lines
    )


Pieces = dict[str, dict[str, int]]
"""The shop's location → SKU → pieces."""


def awaited(book: dict[str, Any], states: dict[str, str]) -> dict[str, Pieces]:
    """Order that is confirmed here → what its open fulfilment orders wait for."""
    found: dict[str, Pieces] = {}
    for number, order in book["orders"].items():
        if states.get(number) != "sale":
            continue
        lines, own = order["lines"], found.setdefault(number, {})
        for source in order["fulfillment_orders"].values():
            for line, pieces in source["remaining"].items():
                if source["status"] in OPEN and pieces and lines[line]["variant"]:
                    place = own.setdefault(source["location"], {})
                    sku = lines[line]["sku"]
                    place[sku] = place.get(sku, 0) + pieces
    return found


def reserved(shop: ShopifyWorld) -> dict[str, Pieces]:
    """Order → what is to be delivered of it, from where."""
    rows = shop.sql(
        """
        SELECT ledger.external_id, place.external_id, product.default_code,
               sum(move.product_uom_qty)::int
          FROM stock_move move
          JOIN stock_picking picking ON picking.id = move.picking_id
          JOIN stock_picking_type kind ON kind.id = picking.picking_type_id
          JOIN marketplace_order ledger ON ledger.sale_order_id = picking.sale_id
          JOIN product_product product ON product.id = move.product_id
          JOIN marketplace_place place ON place.warehouse_id = kind.warehouse_id
         WHERE move.state NOT IN ('done', 'cancel') AND kind.code = 'outgoing'
           AND move.product_uom_qty > 0
         GROUP BY 1, 2, 3
        """
    )
    found: dict[str, Pieces] = {}
    for number, place, sku, pieces in rows:
        found.setdefault(str(number), {}).setdefault(str(place), {})[str(sku)] = int(pieces)
    return found


def refunds(shop: ShopifyWorld) -> dict[str, str]:
    """What was given back, by the id of the refund."""
    rows = shop.sql(
        "SELECT external_id, to_char(amount, 'FM999999990.00') FROM marketplace_return"
        " WHERE external_id LIKE 'refund-%'"
    )
    return {str(row[0]): str(row[1]) for row in rows}
