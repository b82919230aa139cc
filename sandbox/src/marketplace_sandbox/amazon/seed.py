"""Contents to start with.

`demo`: the catalogue of the suite's demo (SKUs as in the other rooms), some of it listed already,
two of the products in Amazon's warehouse, an issue to be mended, and a few orders. `orders`: the
same and eight open orders. `empty`: access and subscriptions alone.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .listings import Submission
from .marketplaces import MARKETPLACES
from .tokens import REFRESH
from .validation import issue

if TYPE_CHECKING:
    from .room import AmazonRoom

SEEDS = ("demo", "orders", "empty")
QUEUE = "demo-queue"
#: SKU, name, price in GBP, pieces
ITEMS = (
    ("COL-330", "Cola Can 330 ml", "1.49", 240),
    ("ORJ-1L", "Orange Juice 1 L", "3.20", 60),
    ("TEA-100", "Black Tea, 100 bags", "4.95", 35),
    ("CHO-WFR", "Chocolate Wafer 40 g", "0.85", 300),
    ("DAT-1K", "Dates, pitted 1 kg", "8.75", 40),
)
#: The same product from Amazon's warehouse, under a SKU of its own.
FBA_ITEMS = (
    ("TEA-100-FBA", "Black Tea, 100 bags", "5.45", 120),
    ("DAT-1K-FBA", "Dates, pitted 1 kg", "9.25", 80),
)
#: Price of a marketplace for 1 GBP.
EXCHANGE = {"GBP": Decimal("1"), "EUR": Decimal("1.20"), "USD": Decimal("1.30")}


def grocery(
    name: str, price: str, quantity: int | None, channel: str, markets: tuple[str, ...]
) -> dict[str, list[dict[str, Any]]]:
    """Full attributes of a listing of the product type GROCERY."""

    def texts(value: str) -> list[dict[str, Any]]:
        return [
            {"value": value, "language_tag": MARKETPLACES[m].language, "marketplace_id": m}
            for m in markets
        ]

    def values(value: Any) -> list[dict[str, Any]]:
        return [{"value": value, "marketplace_id": each} for each in markets]

    offers = []
    for market in markets:
        currency = MARKETPLACES[market].currency
        amount = round(Decimal(price) * EXCHANGE.get(currency, Decimal(1)), 2)
        schedule = [{"schedule": [{"value_with_tax": amount}]}]
        offers.append(
            {
                "marketplace_id": market,
                "currency": currency,
                "audience": "ALL",
                "our_price": schedule,
            }
        )
    stock: dict[str, Any] = {"fulfillment_channel_code": channel}
    if quantity is not None:
        stock["quantity"] = quantity
    return {
        "item_name": texts(name),
        "brand": texts("Nile Trade"),
        "bullet_point": texts(name),
        "country_of_origin": values("EG"),
        "supplier_declared_dg_hz_regulation": values("not_applicable"),
        "condition_type": values("new_new"),
        "is_expiration_dated_product": values(True),
        "unit_count": [
            {"value": 1, "type": {"value": "Count"}, "marketplace_id": each} for each in markets
        ],
        "purchasable_offer": offers,
        "fulfillment_availability": [stock],
    }


def _list(room: AmazonRoom, sku: str, attributes: dict[str, Any]) -> None:
    markets = list(room.settings.marketplaces)
    outcome = room.listings.put(Submission(sku, markets, "GROCERY", origin="hand"), attributes)
    if outcome.status != "ACCEPTED":
        raise AssertionError(f"the demo listing {sku} is not acceptable: {outcome.issues}")


def plant(room: AmazonRoom, name: str) -> None:
    """Fill an empty room. Called inside a transaction."""
    room.tokens.add(REFRESH)
    room.placing.start_over()
    room.queue.add(QUEUE)
    if name != "empty":
        _plant_listings(room)
        _plant_orders(room)
    if name == "orders":
        room.placing.place_all([{"status": "UNSHIPPED"} for _ in range(8)])
    room.listings.tick()
    # Only what happens from now on is told.
    room.notifications.subscribe_all(QUEUE)


def _plant_listings(room: AmazonRoom) -> None:
    markets = room.settings.marketplaces
    for sku, title, price, quantity in ITEMS:
        _list(room, sku, grocery(title, price, quantity, "DEFAULT", markets))
    for sku, title, price, quantity in FBA_ITEMS:
        _list(room, sku, grocery(title, price, None, "AMAZON_EU", markets))
        room.fba.set(sku, fulfillable=quantity, inbound=24, unfulfillable=1)
    listing = room.listings.get("CHO-WFR")
    assert listing is not None
    text = "The bullet points repeat the title. Provide product features to improve the listing."
    room.listings.set_issues(listing, [issue("99300", text, "bullet_point", severity="WARNING")])


def _plant_orders(room: AmazonRoom) -> None:
    now = room.now()
    specs: list[dict[str, Any]] = [
        {
            "status": "SHIPPED",
            "marketplace": "DE",
            "lines": [{"sku": "TEA-100", "quantity": 2}],
            "created_at": (now - timedelta(days=6)).isoformat(),
        },
        {
            "status": "SHIPPED",
            "fulfilled_by": "AMAZON",
            "lines": [{"sku": "DAT-1K-FBA", "quantity": 1}],
            "created_at": (now - timedelta(days=4)).isoformat(),
        },
        {
            "status": "UNSHIPPED",
            "lines": [
                {"sku": "COL-330", "quantity": 6, "discount": "0.90", "promotion": "PLM-SIXPACK"},
                {"sku": "ORJ-1L", "quantity": 2, "gift_wrap": "3.50", "gift_message": "Cheers!"},
            ],
            "shipping": "4.99",
            "created_at": (now - timedelta(hours=5)).isoformat(),
        },
        {
            "status": "PENDING",
            "marketplace": "US",
            "lines": [{"sku": "DAT-1K", "quantity": 3}],
            "created_at": (now - timedelta(minutes=20)).isoformat(),
        },
    ]
    room.placing.place_all([{**each, "marketplace": _place(room, each)} for each in specs])


def _place(room: AmazonRoom, spec: dict[str, Any]) -> str:
    """The marketplace of a demo order, if the seller is in it."""
    try:
        return room.market(spec.get("marketplace"))
    except ValueError:
        return room.market(None)
