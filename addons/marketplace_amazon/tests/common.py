"""An Amazon account that is connected to the real sandbox, over HTTP on this machine."""

from odoo import Command

from odoo.addons.marketplace.tests.channel import ChannelCase, Control

CLIENT_ID = "amzn1.application-oa2-client.demo"
CLIENT_SECRET = "amzn1.oa2-cs.demo-secret"
REFRESH_TOKEN = "Atzr|demo-refresh"
SELLER_ID = "A2DEMOSELLER"
UK, DE, US = "A1F83G8C2ARO7P", "A1PA6795UKMFR9", "ATVPDKIKX0DER"
SECRETS = {
    "amazon_client_id": CLIENT_ID,
    "amazon_client_secret": CLIENT_SECRET,
    "amazon_refresh_token": REFRESH_TOKEN,
}
# What the sandbox's GROCERY asks for beyond what Odoo says by itself.
GROCERY = {
    "brand": "Nile Trade",
    "bullet_point": "Fresh from the Nile",
    "country_of_origin": "EG",
    "supplier_declared_dg_hz_regulation": "not_applicable",
    "unit_count": '{"value": 1, "type": {"value": "Count"}}',
    "is_expiration_dated_product": "yes",
}


class Amazon(Control):
    """The sandbox's control API: Amazon's and the buyers' side."""

    provider = "amazon"

    def reset(self):
        """No listings, no orders; access, a queue and its subscriptions."""
        self.call("POST", "reset", {"provider": "amazon", "seed": "empty"})
        self.settings(rates=0)

    # === LISTINGS === #

    def add_listings(self, count=1, **members):
        return self.call("POST", "amazon/listings", {"count": count, **members})

    def listing(self, sku):
        return self.call("GET", f"amazon/listings/{sku}")

    def skus(self):
        return sorted(one["sku"] for one in self.call("GET", "amazon/listings"))

    # === ORDERS === #

    def place(self, *lines, **members):
        """:param lines: (SKU, pieces) or objects.
        :return: the order's id."""
        rows = [
            line if isinstance(line, dict) else {"sku": line[0], "quantity": line[1]}
            for line in lines
        ]
        return self.call("POST", "amazon/orders", {"lines": rows, **members})["id"]


class AmazonCase(ChannelCase):
    """One account in the United Kingdom and Germany; everything in one transaction."""

    provider = "amazon"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.amazon = cls._start_sandbox(Amazon)
        cls.account = cls._make_account("Amazon")

    def setUp(self):
        super().setUp()
        self.amazon.reset()

    @classmethod
    def _make_account(cls, name, markets=(UK, DE), **vals):
        account = cls.env["marketplace.account"].create(
            {
                "name": name,
                "provider": "amazon",
                "base_url": cls.amazon.base_url,
                "sequence": 1,
                "order_lookback_days": 1,
                "amazon_seller_id": SELLER_ID,
                "amazon_market_ids": [
                    Command.create({"market_id": market, "sequence": place})
                    for place, market in enumerate(markets)
                ],
                **SECRETS,
                **vals,
            }
        )
        # Prices in the tests are what they say, whatever the company's currency is worth.
        account.amazon_market_ids.currency_id.rate_ids.unlink()
        if vals.get("state") != "draft":
            account.state = "connected"
        return account

    def _type(self, name="GROCERY", account=None):
        """A product type with its definition, as a person would have fetched it."""
        kind = self.env["marketplace.amazon.product.type"]._of(account or self.account, name)
        kind._refresh_if_old()
        return kind

    def _describe(self, product, **values):
        """Rows for what the product type asks for."""
        return self.env["marketplace.amazon.attribute"].create(
            [
                {"product_tmpl_id": product.product_tmpl_id.id, "name": name, "value": value}
                for name, value in {**GROCERY, **values}.items()
            ]
        )

    def _list(self, product, account=None, **vals):
        """A listing of Odoo that Amazon does not have yet; complete unless something is said."""
        account = account or self.account
        if "amazon_product_type_id" not in vals:
            vals["amazon_product_type_id"] = self._type(account=account).id
            if not product.product_tmpl_id.amazon_attribute_ids:
                self._describe(product)
        return self.env["marketplace.listing"].create(
            {"account_id": account.id, "product_id": product.id, **vals}
        )

    def finish_feeds(self):
        """Amazon works on its feeds; then it is asked what became of them."""
        self.finish(self.amazon)
