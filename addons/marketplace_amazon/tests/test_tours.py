from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged

from marketplace_adapters.testing import covers

from .common import REFRESH_TOKEN, AmazonCase

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
class TestTours(HttpCase, AmazonCase):
    """A person in the browser, Amazon as the sandbox. In between, the test is the job runner."""

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

    def _mugs(self):
        """A mug in red and blue."""
        colour = self.env["product.attribute"].create(
            {
                "name": "Colour",
                "amazon_attribute": "color",
                "value_ids": [Command.create({"name": name}) for name in ("Red", "Blue")],
            }
        )
        template = self.env["product.template"].create(
            {
                "name": "Mug",
                "list_price": 6,
                "is_storable": True,
                "taxes_id": False,
                "attribute_line_ids": [
                    Command.create(
                        {
                            "attribute_id": colour.id,
                            "value_ids": [Command.set(colour.value_ids.ids)],
                        }
                    )
                ],
            }
        )
        for variant, code in zip(
            template.product_variant_ids, ("MUG-RED", "MUG-BLUE"), strict=True
        ):
            variant.default_code = code
            self.env["stock.quant"]._update_available_quantity(
                variant, self.warehouse.lot_stock_id, 10
            )
        return template

    @covers("R73", "R78", "R247")
    def test_a_manager_connects_an_account(self):
        draft = self.env.ref("marketplace_amazon.account_amazon")
        draft.base_url = self.amazon.base_url

        self.walk("/odoo/marketplace", "marketplace_amazon_connect", self.manager)

        self.assertEqual((draft.name, draft.state), ("My shop", "connected"))
        secrets = self.env["marketplace.credential"]._read_all(draft)
        self.assertEqual(secrets["refresh_token"], REFRESH_TOKEN)
        self.assertEqual(len(draft.amazon_market_ids), 3)

    @covers("R23", "R30", "R84")
    def test_a_product_with_variants_is_listed_and_an_issue_is_fixed(self):
        template = self._mugs()
        red, blue = template.product_variant_ids

        self.walk("/odoo/marketplace", "marketplace_amazon_list_product")

        listing = red.marketplace_listing_ids.filtered(lambda one: not one.amazon_is_parent)
        self.assertEqual(listing.amazon_product_type_id.name, "HOME")
        self.assertFalse(listing.amazon_missing)
        self.env["marketplace.listing"].create(
            {"account_id": self.account.id, "product_id": blue.id}
        )
        self.send()
        parent = listing._amazon_parent()
        self.assertEqual(self.amazon.skus(), sorted(["MUG-BLUE", "MUG-RED", parent.sku]))
        child = self.amazon.listing("MUG-RED")["attributes"]
        self.assertEqual(child["child_parent_sku_relationship"][0]["parent_sku"], parent.sku)

        self.amazon.call(
            "POST",
            "amazon/issues/MUG-RED",
            {
                "code": "99300",
                "message": "The bullet points are too short.",
                "severity": "WARNING",
                "attributes": ["bullet_point"],
            },
        )
        self.fetch("listing")
        self.walk(
            f"/odoo/action-marketplace.action_listing/{listing.id}",
            "marketplace_amazon_fix_issue",
        )
        self.send()
        told = self.amazon.listing("MUG-RED")["attributes"]["bullet_point"][0]["value"]
        self.assertEqual(told, "Holds a quarter of a litre of hot tea")

    @covers("R33", "R36", "R38", "X9", "X11", "X13")
    def test_an_order_is_received_shipped_in_two_parcels_and_refunded(self):
        mug = self._make_product("Mug", price=6, quantity=10, default_code="MUG")
        self._list(mug)
        self.send()
        order_id = self.amazon.place(("MUG", 2), status="PENDING")
        self.fetch()
        sale = self.order_of(order_id).sale_order_id
        self.walk(f"/odoo/action-sale.action_orders/{sale.id}", "marketplace_amazon_pending_order")

        self.amazon.act(order_id, "pay")
        self.fetch()
        self.send()
        self.finish_feeds()
        first = sale.picking_ids
        first.carrier_tracking_ref = "1Z001"
        pickings = "/odoo/action-stock.action_picking_tree_all"
        self.walk(f"{pickings}/{first.id}", "marketplace_amazon_ship_part")
        self.send()
        self.assertEqual(self.amazon.order(order_id)["status"], "PARTIALLY_SHIPPED")
        second = sale.picking_ids - first
        second.carrier_tracking_ref = "1Z002"
        self.walk(f"{pickings}/{second.id}", "marketplace_amazon_ship_rest")
        self.send()
        self.assertEqual(self.amazon.order(order_id)["status"], "SHIPPED")

        invoice = sale._create_invoices()
        invoice.action_post()
        credit = invoice._reverse_moves([{"ref": "Broken"}])
        credit.invoice_line_ids.quantity = 1
        self.env.flush_all()
        self.walk(
            f"/odoo/action-account.action_move_out_refund_type/{credit.id}",
            "marketplace_amazon_refund",
        )
        self.assertEqual(credit.state, "posted")
        self.send()
        self.finish_feeds()
        refund = self.order_of(order_id).outbox_ids.filtered(lambda item: item.kind == "refund")
        self.assertEqual(refund.status, "success", refund.message)
        self.assertEqual(refund.sent["lines"][0]["amount"], "6.00")

    @covers("R39", "X12")
    def test_a_settlement_is_read_balances_and_is_proposed_for_the_books(self):
        mug = self._make_product("Mug", price=6, quantity=10, default_code="MUG")
        self._list(mug)
        self.send()
        order_id = self.amazon.place(("MUG", 2), status="UNSHIPPED")
        self.fetch()
        sale = self.order_of(order_id).sale_order_id
        sale.picking_ids.carrier_tracking_ref = "1Z003"
        sale.picking_ids.button_validate()
        self.send()
        self.assertEqual(self.amazon.order(order_id)["status"], "SHIPPED")
        sale._create_invoices().action_post()
        self.amazon.call("POST", "amazon/settlements", {"fees": {"Subscription Fee": "25.00"}})
        self.fetch("settlement")
        settlement = self.env["marketplace.settlement"].search(
            [("account_id", "=", self.account.id), ("provisional", "=", False)]
        )
        self.account.action_suggest_settlement_accounts()
        self.env.flush_all()

        self.walk(f"/odoo/marketplace-settlements/{settlement.id}", "marketplace_amazon_settlement")

        self.assertEqual(settlement.difference, 0.0)
        self.assertEqual(settlement.line_ids.order_id, self.order_of(order_id))
        self.assertEqual(settlement.move_id.state, "draft")
        lines = settlement.move_id.line_ids
        self.assertEqual(sum(lines.mapped("amount_currency")), 0.0)
