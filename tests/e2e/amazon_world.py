"""A small seller on Amazon: one Odoo, the simulated Selling Partner API, products in both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from channel_world import ChannelWorld

from suite.stage import Stage

UK, DE, US = "A1F83G8C2ARO7P", "A1PA6795UKMFR9", "ATVPDKIKX0DER"


class AmazonWorld(ChannelWorld):
    """
    :param settings: of the simulated Amazon, see ``marketplace_sandbox.amazon.settings``.
    :param queue: whether news come through the seller's queue; else they are only fetched.
    """

    provider: ClassVar[str] = "amazon"

    def __init__(self, stage: Stage, *, queue: bool = False, **settings: Any) -> None:
        super().__init__(stage, **settings)
        self.queue = queue

    def connect(self, *markets: str, **values: Any) -> int:
        """A new account whose connection test succeeds. :return: its id."""
        vals = {
            "name": "Amazon",
            "amazon_region": "other",
            "base_url": self.sandbox.room("amazon"),
            "amazon_seller_id": "A2DEMOSELLER",
            "amazon_client_id": "amzn1.application-oa2-client.demo",
            "amazon_client_secret": "amzn1.oa2-cs.demo-secret",
            "amazon_refresh_token": "Atzr|demo-refresh",
            "amazon_market_ids": [
                (0, 0, {"market_id": market, "sequence": place})
                for place, market in enumerate(markets or (UK,))
            ],
            **values,
        }
        if self.queue:
            vals |= {
                "amazon_queue_url": f"{self.sandbox.url}/amazon/sqs/demo-queue",
                "amazon_queue_region": "eu-west-1",
                "amazon_queue_access_key": "AKIADEMOQUEUE000000A",
                "amazon_queue_secret_key": "demo-queue-secret",
            }
        return self.make_account(**vals)

    def link(self, products: Sequence[int], skus: Sequence[str], **values: Any) -> list[int]:
        """Listings of products that Amazon has already. :return: their ids."""
        listings = self.client()(
            "marketplace.listing",
            "create",
            [
                {
                    "account_id": self.account,
                    "product_id": product,
                    "sku": sku,
                    "external_id": sku,
                    **values,
                }
                for product, sku in zip(products, skus, strict=True)
            ],
        )
        return [int(one) for one in listings]
