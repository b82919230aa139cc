"""What happens on Amazon during the days of :mod:`story`: orders, an issue, a settlement."""

from __future__ import annotations

from typing import Any, ClassVar

from suite.demo.teller import Teller

ISSUE = {
    "code": "18027",
    "message": "The main image must show the product on a pure white background.",
    "severity": "ERROR",
    "attributes": ["main_product_image_locator"],
}


class AmazonStory(Teller):
    provider: ClassVar[str] = "amazon"

    def tell(self) -> None:
        # Nobody waits for budgets and feeds in front of a picture.
        fast = {"rates": 100, "feed_queue_seconds": 0.5, "feed_seconds": 1, "report_seconds": 1}
        self._control("POST", "settings", fast)
        self.client(
            "marketplace.account", "write", self._account(), {"validate_delivery": "always"}
        )
        orders = [
            self._place("COL-330", 2, gift_wrap="1.99"),
            self._place("ORJ-1L", 1, shipping="3.49"),
            self._place("CHO-WFR", 12),
            self._place("DAT-1K-FBA", 1, side="AMAZON"),
        ]
        self._place("ORJ-1L", 2)
        self._place("COL-330", 6, status="PENDING")
        self._wait(
            "orders", "SELECT count(*) >= 6 FROM marketplace_order WHERE provider = 'amazon'"
        )
        for number in orders:
            self._control("POST", f"orders/{number}/ship")
        self._control("POST", f"orders/{orders[1]}/refund", {"reason": "CustomerReturn"})
        self._control("POST", "issues/COL-330", ISSUE)
        self._control("POST", "settlements", {"fees": {"Subscription Fee": "25.00"}})
        self._fetch()
        for what, query in (
            ("the settlement", "marketplace_settlement WHERE NOT provisional"),
            ("the issue", "marketplace_listing_issue WHERE severity = 'error'"),
            (
                "what was shipped",
                "marketplace_order WHERE status = 'shipped' AND stocked_by = 'seller'"
                " AND provider = 'amazon'",
            ),
        ):
            self._wait(what, f"SELECT count(*) > 0 FROM {query}")
        self.client("marketplace.account", "action_suggest_settlement_accounts", self._account())
        (account,) = self._account()
        settlement = self._one(
            "marketplace.settlement",
            [["account_id", "=", account], ["provisional", "=", False]],
        )
        self.client("marketplace.settlement", "action_match", [settlement])

    def ids(self) -> dict[str, int]:
        """Records that pictures are taken of."""
        (account,) = self._account()
        mine = ["account_id", "=", account]
        ledger = "marketplace_order_ids"
        return {
            "amazon": account,
            "amazon_listing": self._one("marketplace.listing", [mine, ["sku", "=", "COL-330"]]),
            "amazon_order": self._one(
                "sale.order",
                [
                    [f"{ledger}.account_id", "=", account],
                    [f"{ledger}.status", "=", "shipped"],
                    ["marketplace_stocked", "=", False],
                ],
            ),
            "amazon_pending": self._one(
                "sale.order",
                [[f"{ledger}.account_id", "=", account], [f"{ledger}.status", "=", "pending"]],
            ),
            "settlement": self._one("marketplace.settlement", [mine, ["provisional", "=", False]]),
        }

    # === INTERNALS === #

    def _place(
        self,
        sku: str,
        quantity: int,
        *,
        status: str = "UNSHIPPED",
        side: str = "MERCHANT",
        **more: Any,
    ) -> str:
        spec = {
            "status": status,
            "fulfilled_by": side,
            "lines": [{"sku": sku, "quantity": quantity, **more}],
        }
        return str(self._control("POST", "orders", spec)["id"])

    def _fetch(self) -> None:
        """Ask for news of every topic now, whatever its interval says."""
        self.scene.cluster.sql(
            self.scene.name, "UPDATE marketplace_cursor SET pulled_at = NULL, not_before = NULL"
        )
        self.client.run_cron("Marketplace: keep going")
