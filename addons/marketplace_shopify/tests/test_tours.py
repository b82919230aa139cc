import requests

from odoo.tests import HttpCase, new_test_user, tagged

from marketplace_adapters.shopify.const import SCOPES
from marketplace_adapters.testing import covers

from .common import CLIENT_SECRET, ShopifyCase

OPERATIONS_GROUPS = ",".join(
    (
        "marketplace.group_user",
        "product.group_product_manager",
        "sales_team.group_sale_salesman_all_leads",
        "stock.group_stock_user",
        "account.group_account_invoice",
    )
)


@tagged("post_install", "-at_install")
class TestTours(HttpCase, ShopifyCase):
    """A person in the browser, the shop as the sandbox. In between, the test is the job runner."""

    def setUp(self):
        super().setUp()
        self.manager = new_test_user(
            self.env, "tour-manager", groups="marketplace.group_manager,stock.group_stock_user"
        )
        self.clerk = new_test_user(self.env, "tour-clerk", groups=OPERATIONS_GROUPS)

    def walk(self, path, tour, user=None):
        """Run a tour and forget what was read before it."""
        self.start_tour(path, tour, login=(user or self.clerk).login)
        self.env.invalidate_all()

    def page(self, path):
        """A page of the sandbox's shop, as a person sees it."""
        answer = requests.get(f"{self.shop.base_url}/{path}", timeout=30)
        self.assertEqual(answer.status_code, 200)
        return answer.text

    @covers("R247", "R353", "X46")
    def test_a_manager_connects_a_shop_whose_app_lacks_a_right_first(self):
        draft = self.env.ref("marketplace_shopify.account_shopify")
        draft.base_url = self.shop.base_url
        self.shop.settings(scopes=[one for one in SCOPES if one != "write_inventory"])
        self.walk("/odoo/marketplace", "marketplace_shopify_scope", self.manager)
        self.assertEqual(draft.state, "draft")

        self.shop.settings(scopes=list(SCOPES))
        self.walk(
            f"/odoo/action-marketplace.action_account/{draft.id}",
            "marketplace_shopify_connect",
            self.manager,
        )
        self.assertEqual((draft.name, draft.state), ("My shop", "connected"))
        secrets = self.env["marketplace.credential"]._read_all(draft)
        self.assertEqual(secrets["client_secret"], CLIENT_SECRET)
        self.assertFalse(draft.shopify_scopes_missing)
        self.assertEqual(len(draft.place_ids), 2)

    @covers("R358", "R359")
    def test_a_product_with_variants_is_published_and_seen_in_the_shop(self):
        template = self._make_shirt(sizes=())
        red, blue = template.product_variant_ids
        self.walk("/odoo/marketplace", "marketplace_shopify_list_product")
        listing = red.marketplace_listing_ids
        self.assertEqual(listing.account_id, self.account)
        self._list(blue)
        self.send()
        self.assertEqual(listing.sync_status, "synced", listing.last_error)
        number = listing.shopify_product_id
        self.assertEqual([row["sku"] for row in self.shop.variants()], ["SHIRT-RED", "SHIRT-BLUE"])
        self.assertIn("Shirt", self.page("products"))

        self.walk(
            f"/odoo/action-product.product_template_action_all/{template.id}",
            "marketplace_shopify_product_page",
        )
        self.send()
        shown = self.shop.product(number)
        self.assertEqual(
            (shown["vendor"], shown["seo"]["title"]), ("Nile", "A shirt from the Nile")
        )

    @covers("R358", "R361", "X37")
    def test_an_order_is_received_shipped_in_two_parcels_and_refunded(self):
        mug = self._make_product("Mug", price=6, quantity=10, default_code="MUG")
        self._list(mug)
        self.send()
        order_id = self.shop.place(("MUG", 2))
        self.fetch()
        self.send()
        sale = self.order_of(order_id).sale_order_id
        self.walk(f"/odoo/action-sale.action_orders/{sale.id}", "marketplace_shopify_order")

        first = sale.picking_ids
        first.carrier_tracking_ref = "1Z001"
        pickings = "/odoo/action-stock.action_picking_tree_all"
        self.walk(f"{pickings}/{first.id}", "marketplace_shopify_ship_part")
        self.send()
        shown = self.shop.order(order_id)
        self.assertEqual(shown["fulfillment_status"], "PARTIALLY_FULFILLED")
        second = sale.picking_ids - first
        second.carrier_tracking_ref = "1Z002"
        self.walk(f"{pickings}/{second.id}", "marketplace_shopify_ship_rest")
        self.send()
        shown = self.shop.order(order_id)
        self.assertEqual(shown["fulfillment_status"], "FULFILLED")
        page = self.page(f"orders/{order_id}")
        self.assertIn("1Z001", page)
        self.assertIn("1Z002", page)

        invoice = sale._create_invoices()
        invoice.action_post()
        credit = invoice._reverse_moves([{"ref": "Broken"}])
        credit.invoice_line_ids.quantity = 1
        self.env.flush_all()
        self.walk(
            f"/odoo/action-account.action_move_out_refund_type/{credit.id}",
            "marketplace_shopify_refund",
        )
        self.assertEqual(credit.state, "posted")
        self.send()
        refund = self.order_of(order_id).outbox_ids.filtered(lambda item: item.kind == "refund")
        self.assertEqual(refund.status, "success", refund.message)
        self.assertEqual(len(self.shop.order(order_id)["refunds"]), 1)

    @covers("R358")
    def test_an_order_is_cancelled_with_a_reason(self):
        mug = self._make_product("Mug", price=6, quantity=10, default_code="MUG")
        self._list(mug)
        self.send()
        order_id = self.shop.place(("MUG", 1))
        self.fetch()
        sale = self.order_of(order_id).sale_order_id
        self.walk(f"/odoo/action-sale.action_orders/{sale.id}", "marketplace_shopify_cancel")
        self.send()
        self.finish_bulk()
        shown = self.shop.order(order_id)
        self.assertEqual(shown["cancel_reason"].upper(), "INVENTORY")

    @covers("R358")
    def test_a_name_that_somebody_wrote_in_the_shop_is_taken_over(self):
        mug = self._make_product("Mug", price=6, quantity=10, default_code="MUG")
        listing = self._list(mug)
        self.send()
        self.shop.advance(300)
        self.shop.call(
            "PATCH", f"shopify/products/{listing.shopify_product_id}", {"title": "Summer mug"}
        )
        self.fetch("listing")
        edit = self.env["marketplace.foreign.edit"].search([("listing_id", "=", listing.id)])
        self.assertEqual(
            (edit.member, edit.state, edit.channel_value),
            ("attributes/product/title", "open", "Summer mug"),
        )
        self.walk(
            "/odoo/marketplace-changes",
            "marketplace_shopify_foreign_edit",
        )
        self.assertEqual(listing.title, "Summer mug")
        self.send()
        shown = self.shop.product(listing.shopify_product_id)
        self.assertEqual(shown["title"], "Summer mug")
