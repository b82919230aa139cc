"""Some days of a seller's work, so that screens have something to show.

Used for the pictures of docs/ alone. Everything happens as people and channels do it, through
Odoo's external interface and the sandbox; then the log is dated back, since nobody waits days.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Sequence
from typing import Any, ClassVar

from suite.demo.amazon_story import AmazonStory
from suite.demo.scene import Scene
from suite.demo.shopify_story import ShopifyStory
from suite.demo.teller import Teller
from suite.stage import wait_until

SECOND = "Cartona wholesale"
RETAIL, WHOLESALE = "EG-RETAIL", "EG-WHOLESALE"
WHOLESALE_TOKEN = "sandbox-wholesale-token"
REFUSED = "TEA-100"
#: Sold by the piece on the second account as well; one SKU is written differently there.
PIECES = (
    ("Orange Juice 1 L", "ORJ-1L", "37.5"),
    ("Plain Yoghurt 105 g", "yog 105", "7.25"),
    ("Dates, pitted 1 kg", "DAT-1K", "118"),
)
#: Hours before now, and how many orders of retailers came then.
DAYS = (
    (124, 3),
    (101, 5),
    (76, 2),
    (53, 6),
    (29, 4),
    (16, 2),
    (9, 3),
    (5, 1),
    (3, 4),
    (1, 2),
    (0, 3),
)

_BUSY = """
    SELECT count(*) FROM (
        SELECT 1 FROM marketplace_product_operation WHERE dispatched_at IS NULL
        UNION ALL SELECT 1 FROM marketplace_order_operation WHERE dispatched_at IS NULL
        UNION ALL SELECT 1 FROM marketplace_outbox item
                    JOIN marketplace_account account ON account.id = item.account_id
                   WHERE item.status IN ('new', 'submitted', 'pending')
                     AND account.provider = 'cartona'
        UNION ALL SELECT 1 FROM marketplace_inbox WHERE status = 'new' AND not_before IS NULL
        UNION ALL SELECT 1 FROM queue_job WHERE state = 'started'
                     AND method_name IN ('_job_dispatch', '_job_send', '_job_process')
    ) AS work
"""
#: All times of the log. What the engine goes by (cursors, budgets) stays as it is.
_DATES = """
    SELECT table_name, string_agg(column_name, ',') FROM information_schema.columns
     WHERE table_name LIKE 'marketplace%' AND data_type LIKE 'timestamp%'
       AND table_name NOT IN ('marketplace_cursor', 'marketplace_budget', 'marketplace_account')
       AND column_name NOT IN ('not_before', 'expires_at')
       AND table_name IN (SELECT relname FROM pg_class WHERE relkind IN ('r', 'p'))
     GROUP BY table_name
"""
#: Ids are put in by :meth:`Story._import_links`: known ones, a wrong SKU, a wrong count.
CSV = """external_id,sku,unit,unit_count
{water},WTR-600,,
{milk},MLK-1L,,
990001,ICT-LEM,Box of 24,24
990002,ICT-PCH,Box of 24,24
990003,WTR-1500,,
990004,NO-SUCH-SKU,,
990005,YOG-105,Box of 24,20
,CHP-SLT,,
"""


class Story(Teller):
    provider: ClassVar[str] = "cartona"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.chance = random.Random("a quiet week")

    def is_told(self) -> bool:
        return bool(self.client("marketplace.account", "search", [["name", "=", SECOND]]))

    def tell(self) -> None:
        self._prepare()
        self._connect_wholesale()
        last = DAYS[0][0]
        for hours, orders in DAYS:
            self._age(last - hours)
            last = hours
            self._day(orders)
        self._troubles()
        self._import_links()
        AmazonStory(self.scene).tell()
        ShopifyStory(self.scene).tell()

    def speak(self, language: str) -> None:
        """The language of whoever looks."""
        self.client("res.users", "write", [self.client.uid], {"lang": language})

    def ids(self) -> dict[str, int]:
        """Records that pictures are taken of, by the names in ``docs/screens.toml``."""
        one = self._one
        (account,) = self._account()
        (cola,) = self._products("COL-330")
        ledger = "marketplace_order_ids"
        code = one("sale.order", [[f"{ledger}.otp_required", "=", True], ["state", "=", "sale"]])
        refused = [["status", "=", "error"], ["kind", "=", "price"]]
        return {
            **AmazonStory(self.scene).ids(),
            **ShopifyStory(self.scene).ids(),
            "account": account,
            "second": one("marketplace.account", [["name", "=", SECOND]]),
            "product": one("product.template", [["product_variant_ids", "in", [cola]]]),
            "listing": one(
                "marketplace.listing",
                [["product_id", "=", cola], ["account_id", "=", account]],
                "id",
            ),
            "order": one(
                "sale.order",
                [[f"{ledger}.status", "=", "delivered"], [f"{ledger}.provider", "=", "cartona"]],
            ),
            "code_order": code,
            "code_delivery": one("stock.picking", [["sale_id", "=", code]]),
            "outbox": one("marketplace.outbox", refused),
            "submission": one("marketplace.submission", [["outbox_ids.status", "=", "error"]]),
            "inbox": one("marketplace.inbox", [["status", "=", "quarantined"]]),
            "cause": one("marketplace.cause", [["code", "like", "unknown_product"]]),
            "catalogue": one(
                "marketplace.link.catalogue", [["account_id.provider", "=", "cartona"]]
            ),
            "import": one("marketplace.link.import", []),
            "operation": one("marketplace.product.operation", [["status", "=", "error"]]),
        }

    # === THE WEEK === #

    def _prepare(self) -> None:
        self._control("POST", "settings", {"bulk_results": "rows"})
        wizard = self.client(
            "base.language.install", "create", [{"lang_ids": [[6, 0, self._arabic()]]}]
        )
        self.client("base.language.install", "lang_install", wizard)
        # Else the first delivery asks whether a text message shall be sent.
        companies = self.client("res.company", "search", [])
        silent = {"has_received_warning_stock_sms": True}
        self.client("res.company", "write", companies, silent)
        account = self._account()
        wizard = self._create(
            "marketplace.sync.wizard",
            {"account_ids": [[6, 0, account]], "mode": "products", "scope": "all"},
        )
        self.client("marketplace.sync.wizard", "action_run", [wizard])
        self._settle()

    def _arabic(self) -> list[int]:
        found: list[int] = self.client(
            "res.lang", "search", [["code", "=", "ar_001"]], context={"active_test": False}
        )
        return found

    def _connect_wholesale(self) -> None:
        """A second account, linked by reading what the channel lists."""
        account = self._create(
            "marketplace.account",
            {
                "name": SECOND,
                "provider": "cartona",
                "base_url": self.scene.sandbox.room("cartona"),
                "cartona_token": WHOLESALE_TOKEN,
                "cartona_supplier_code": WHOLESALE,
                "interval": 10,
            },
        )
        self.client("marketplace.account", "action_test_connection", [account])
        rows = [
            {"name": name, "internal_product_id": sku, "unit": "piece", "selling_price": price}
            for name, sku, price in PIECES
        ]
        self._control("POST", "products", {"products": rows, "supplier_code": WHOLESALE})
        catalogue = self._create("marketplace.link.catalogue", {"account_id": account})
        self.client("marketplace.link.catalogue", "action_fetch", [catalogue])
        wait_until("the catalogue", lambda: self._state(catalogue) == "ready", 60, every=0.2)
        self._link_boxes(catalogue)

    def _link_boxes(self, catalogue: int) -> None:
        """A person chooses the products of the boxes; some are linked at once."""
        line = "marketplace.link.catalogue.line"
        boxes = self.client(
            line,
            "search_read",
            [["catalogue_id", "=", catalogue], ["sku", "like", "-BOX"]],
            ["sku", "unit_count"],
            order="sku",
        )
        for box in boxes[:5]:
            (product,) = self._products(box["sku"].removesuffix("-BOX"))
            name = f"Box of {int(box['unit_count'])}"
            unit = self._one("uom.uom", [["name", "=", name]])
            self.client(line, "write", [box["id"]], {"product_id": product, "uom_id": unit})
        self.client(line, "action_link", [box["id"] for box in boxes[:4]])

    def _state(self, catalogue: int) -> str:
        (found,) = self.client("marketplace.link.catalogue", "read", [catalogue], ["state"])
        return str(found["state"])

    def _day(self, orders: int) -> None:
        """Prices and stock change, retailers order, some of it is delivered, one cancels."""
        products = self.client(
            "product.product", "search_read", [["is_storable", "=", True]], ["list_price"]
        )
        for product in self.chance.sample(products, 6):
            price = round(product["list_price"] * self.chance.uniform(0.96, 1.06) * 4) / 4
            self.client("product.product", "write", [product["id"]], {"list_price": price})
        self._count_stock(self.chance.sample(products, 3))
        placed = [self._place()["hashed_id"] for _ in range(orders)]
        self._settle()
        if len(placed) > 2:
            self._control("POST", f"orders/{placed[0]}/cancel", {"reason": "out_of_stock"})
        self._deliver(placed[1:-1])
        if orders > 3:
            self._place(
                supplier_code=WHOLESALE,
                force=True,
                lines=[
                    {"internal_product_id": "COL-330-BOX", "amount": self.chance.randrange(5, 7)}
                ],
            )
        self._settle()

    def _count_stock(self, products: Sequence[dict[str, Any]]) -> None:
        (account,) = self.client("marketplace.account", "read", self._account(), ["location_ids"])
        vals = [
            {
                "product_id": product["id"],
                "location_id": account["location_ids"][0],
                "inventory_quantity": self.chance.randrange(700, 1500),
            }
            for product in products
        ]
        inventory = {"inventory_mode": True}
        quants = self.client("stock.quant", "create", vals, context=inventory)
        self.client("stock.quant", "action_apply_inventory", quants)

    def _place(self, **more: Any) -> dict[str, Any]:
        lines = [
            {"internal_product_id": sku, "amount": self.chance.randrange(2, 20)}
            for sku in self.chance.sample(("COL-330", "WTR-600", "ORJ-1L", "MLK-1L", "CHO-WFR"), 2)
        ]
        spec = {
            "supplier_code": RETAIL,
            "delivered_by": "delivered_by_supplier",
            "plain": True,
            "lines": lines,
        }
        placed: dict[str, Any] = self._control("POST", "orders", {**spec, **more})
        return placed

    def _deliver(self, hashed_ids: Sequence[str]) -> None:
        orders = self.client(
            "sale.order",
            "search_read",
            [["marketplace_order_ids.external_id", "in", list(hashed_ids)], ["state", "=", "sale"]],
            ["picking_ids"],
        )
        for order in orders:
            for picking in order["picking_ids"]:
                number = f"NT{self.chance.randrange(10**7):07d}"
                self.client("stock.picking", "write", [picking], {"carrier_tracking_ref": number})
                self.client("stock.picking", "button_validate", [picking])

    # === WHAT NEEDS A PERSON === #

    def _troubles(self) -> None:
        self._control_root(
            "POST",
            "faults",
            {
                "effect": "rows",
                "reason": "The price is above the highest price allowed for this product",
                "ids": [REFUSED],
                "match": {"provider": "cartona", "endpoint": "supplier-product/bulk-update"},
            },
        )
        (tea,) = self._products(REFUSED)
        self.client("product.product", "write", [tea], {"list_price": 1_250})
        self._place(
            lines=[
                {"internal_product_id": "COL-330", "amount": 24},
                {
                    "product_name": "Guava Nectar 250 ml",
                    "internal_product_id": "GUA-250",
                    "amount": 12,
                    "selling_price": "9.75",
                },
            ],
            force=True,
        )
        self._place(plain=False, wallet_top_up="250", retailer_otp="482913")
        shipped = self._place()["hashed_id"]
        self._settle()
        self._deliver([shipped])
        self._settle()
        late = {"reason": "different_prices", "force": True}
        self._control("POST", f"orders/{shipped}/cancel", late)
        self._settle()
        (cola,) = self._products("COL-330")
        self.client("product.product", "write", [cola], {"list_price": 15.75})
        self._settle()

    def _import_links(self) -> None:
        """A file is checked, with a mistake in some rows, and not applied."""
        (account,) = self._account()
        known = {
            listing["sku"]: listing["external_id"]
            for listing in self.client(
                "marketplace.listing",
                "search_read",
                [["account_id", "=", account]],
                ["sku", "external_id"],
            )
        }
        text = CSV.format(water=known["WTR-600"], milk=known["MLK-1L"])
        file = base64.b64encode(text.encode()).decode()
        vals = {"account_id": account, "kind": "product", "file": file, "file_name": "links.csv"}
        wizard = self._create("marketplace.link.import", vals)
        self.client("marketplace.link.import", "action_check", [wizard])

    # === INTERNALS === #

    def _products(self, sku: str) -> list[int]:
        found: list[int] = self.client("product.product", "search", [["default_code", "=", sku]])
        return found

    def _create(self, model: str, vals: dict[str, Any]) -> int:
        (created,) = self.client(model, "create", [vals])
        return int(created)

    def _control_root(self, method: str, path: str, body: object = None) -> Any:
        return self.scene.sandbox.control(method, path, body)

    def _settle(self) -> None:
        sql = self.scene.cluster.sql
        wait_until(
            "the engine to be idle",
            lambda: int(str(sql(self.scene.name, _BUSY)[0][0])) == 0,
            90,
            every=0.2,
        )

    def _age(self, hours: int) -> None:
        """Date the log back."""
        if not hours:
            return
        sql = self.scene.cluster.sql
        for table, columns in sql(self.scene.name, _DATES):
            changes = ", ".join(
                f"{column} = {column} - interval '{hours} hours'"
                for column in str(columns).split(",")
            )
            sql(self.scene.name, f"UPDATE {table} SET {changes}")
