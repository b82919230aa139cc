from odoo.tests import tagged

from marketplace_adapters.testing import covers

from .common import AmazonCase
from .test_orders import OrderCase

ACCESS_KEY, SECRET_KEY = "AKIADEMOQUEUE000000A", "demo-queue-secret"


@tagged("post_install", "-at_install")
class TestNews(OrderCase):
    def use_queue(self):
        self.account.write(
            {
                "amazon_queue_url": f"{self.amazon.base_url}/sqs/demo-queue",
                "amazon_queue_region": "eu-west-1",
                "amazon_queue_access_key": ACCESS_KEY,
                "amazon_queue_secret_key": SECRET_KEY,
            }
        )

    @covers("R33", "X6", "X9")
    def test_the_queue_brings_orders_without_a_search(self):
        self.assertNotIn("notification", self.account._pull_topics())
        self.use_queue()
        self.assertEqual(self.account._topic_interval("notification"), 15.0)
        order_id = self.amazon.place(("TEA", 1), status="UNSHIPPED")
        self.amazon.call("POST", "amazon/queue/flush")
        self.fetch("notification")
        self.assertEqual(self.order_of(order_id).sale_order_id.state, "sale")
        self.assertEqual(self.amazon.calls("searchOrders"), [])
        self.fetch("notification", "order")
        self.assertEqual(self.env["sale.order"].search_count([("amazon_id", "=", order_id)]), 1)

    @covers("R84")
    def test_the_queue_brings_issues_of_listings(self):
        self.use_queue()
        self.amazon.call("DELETE", "amazon/queue")
        self.amazon.call("POST", "amazon/issues/TEA", {"code": "99300", "message": "Too short."})
        self.amazon.call("POST", "amazon/queue/flush")
        self.fetch("notification", "listing")
        self.assertEqual(self.tea_listing.issue_ids.mapped("code"), ["99300"])

    @covers("R37", "C16")
    def test_deadlines_of_amazon_are_watched(self):
        order_id, sale = self.order_in()
        order = self.order_of(order_id)
        self.assertEqual((order.deadline, order.deadline_kind), (order.ship_by, "ship"))
        self.assertEqual(self.account.cancel_after_days, 30)
        self.assertEqual(sale.amazon_deliver_by, order.deliver_by)

    @covers("R39", "X12")
    def test_a_settlement_comes_in_and_adds_up(self):
        order_id, sale = self.order_in()
        self.ship(sale)
        self.send()
        self.amazon.call("POST", "amazon/settlements", {"fees": {"Subscription": "-5.00"}})
        self.fetch("settlement")
        settlement = self.env["marketplace.settlement"].search(
            [("account_id", "=", self.account.id), ("provisional", "=", False)], limit=1
        )
        self.assertTrue(settlement)
        self.assertAlmostEqual(settlement.total, sum(settlement.line_ids.mapped("amount")), 2)
        self.assertIn(self.order_of(order_id), settlement.line_ids.order_id)

    @covers("R25")
    def test_what_amazon_keeps_is_mirrored_and_never_offered(self):
        fba = self._list(self.tea, offer="FBA")
        self.send()
        self.amazon.call(
            "POST", "amazon/fba", {"sku": fba.sku, "fulfillable": 12, "reserved": 3, "inbound": 5}
        )
        self.fetch("stored")
        self.assertEqual(
            (fba.stored_quantity, fba.stored_reserved, fba.stored_inbound), (12.0, 3.0, 5.0)
        )
        place = self.account.stored_location_id
        self.assertEqual(
            self.tea.with_context(location=place.id).qty_available, 15.0, "12 and 3 reserved"
        )
        states = self.tea_listing._snapshot_inventory(self.account)
        self.assertEqual(int(states[self.tea_listing.id].state.quantity), 100)


@tagged("post_install", "-at_install")
class TestLinking(AmazonCase):
    @covers("R295", "R303", "X14", "X36")
    def test_what_amazon_has_is_linked_by_sku_and_stays_as_it_is(self):
        self.amazon.add_listings(3, price="7.5", quantity=4)
        product = self._make_product("Tea", price=8, quantity=6, default_code="SKU-00002")
        catalogue = self.env["marketplace.link.catalogue"]._of(self.account)
        catalogue._job_fetch()
        catalogue.action_tick_likely()
        catalogue.action_link()
        listing = self.env["marketplace.listing"].search([("account_id", "=", self.account.id)])
        self.assertEqual((listing.product_id, listing.external_id), (product, "SKU-00002"))
        self.assertEqual(
            (listing.amazon_requirements, listing.amazon_condition, listing.amazon_fulfilment),
            ("LISTING_OFFER_ONLY", False, "seller"),
        )
        self.assertEqual(len(listing.amazon_asin), 10)
        self.account._request_products()
        self.send()
        remote = self.amazon.listing("SKU-00002")
        self.assertEqual((float(remote["price"]), remote["quantity"]), (8.0, 6))
        self.assertEqual(
            remote["attributes"]["item_name"][0]["value"], "Product SKU-00002", "Amazon's own text"
        )
        self.assertEqual(listing.sync_status, "synced")
        self.assertIn(
            product, self.env["product.product"].search([("amazon_asin", "=", listing.amazon_asin)])
        )
        self.assertEqual(product.product_tmpl_id.amazon_fulfilment, "FBM")
