from odoo.tests import tagged

from marketplace_adapters.testing import covers

from .test_orders import OrderCase

STATUSES = ("pending", "hold", "confirmed", "shipped", "delivered", "cancelled", "returned")
WRITABLE = ("pending", "confirmed", "shipped", "delivered", "cancelled")


@tagged("post_install", "-at_install")
class TestPermissions(OrderCase):
    def order_with(self, fulfilment):
        return self.env["marketplace.order"].create(
            {
                "account_id": self.account.id,
                "external_id": f"matrix-{fulfilment}",
                "fulfilment": fulfilment,
            }
        )

    @covers("R138", "R139", "R175", "R176", "R180", "R187", "R188", "R197")
    def test_the_four_cells_of_the_matrix_for_every_status(self):
        expected = {
            ("seller", "out"): WRITABLE,
            ("seller", "in"): ("hold", "cancelled"),
            ("channel", "out"): ("cancelled",),
            ("channel", "in"): STATUSES,
            ("delivered_by_drone", "out"): ("cancelled",),
            ("delivered_by_drone", "in"): ("hold", "cancelled"),
            (False, "out"): WRITABLE,
            (False, "in"): ("hold", "cancelled"),
        }
        for (fulfilment, direction), allowed in expected.items():
            order = self.order_with(fulfilment)
            may = order._outbound_allowed if direction == "out" else order._inbound_allowed
            with self.subTest(fulfilment=fulfilment, direction=direction):
                self.assertEqual(tuple(one for one in STATUSES if may(one)), allowed)
            order.unlink()

    # === DELIVERED BY THE SUPPLIER === #

    @covers("R138", "R176")
    def test_we_deliver_and_cartona_hears_everything(self):
        hashed_id, sale = self.order_in()
        self.assertEqual(self.status(hashed_id), "approved")
        self.deliver(sale)
        self.assertEqual(self.status(hashed_id), "delivered")

    @covers("R138", "R187")
    def test_we_deliver_and_cartona_may_only_cancel(self):
        hashed_id, sale = self.order_in()
        self.cartona.act(hashed_id, "status", status="delivered", force=True)
        self.fetch()
        self.assertEqual(sale.picking_ids.state, "assigned")
        self.assertEqual(self.order_of(hashed_id).raw_status, "delivered")
        other_id, other = self.order_in()
        self.cartona.act(other_id, "cancel")
        self.fetch()
        self.assertEqual(other.state, "cancel")

    # === DELIVERED BY CARTONA === #

    @covers("R139", "R175", "R180")
    def test_cartona_delivers_and_we_may_only_cancel(self):
        hashed_id, sale = self.order_in(delivered_by="delivered_by_cartona")
        self.assertEqual(sale.state, "sale")
        self.assertEqual(self.status(hashed_id), "pending")
        self.assertFalse(sale.cartona_can_hand_over)
        self.deliver(sale)
        self.assertEqual(self.status(hashed_id), "pending")
        other_id, other = self.order_in(delivered_by="delivered_by_cartona")
        other.with_context(marketplace_cancel_reason="out_of_stock").action_cancel()
        self.send()
        self.assertEqual(self.status(other_id), "cancelled_by_supplier")

    @covers("R139", "R188", "R189", "X23")
    def test_cartona_delivers_and_its_status_moves_the_delivery(self):
        hashed_id, sale = self.order_in(delivered_by="delivered_by_cartona")
        for status in ("approved", "assigned_to_salesman"):
            self.cartona.act(hashed_id, "status", status=status)
            self.fetch()
            self.assertEqual(self.order_of(hashed_id).raw_status, status)
            self.assertEqual(sale.picking_ids.state, "assigned")
        self.cartona.act(hashed_id, "status", status="delivered")
        self.fetch()
        self.assertEqual(sale.picking_ids.state, "done")
        self.send()
        self.assertEqual(self.status(hashed_id), "delivered")

    # === EDITING === #

    def test_while_the_retailer_edits_nothing_is_sent_and_it_goes_on_afterwards(self):
        self.account.order_mode = "quotation"
        hashed_id, sale = self.order_in(amount=5)
        line = self.cartona.payload(hashed_id)["order_details"][0]["id"]
        self.cartona.act(hashed_id, "begin-edit")
        self.fetch()
        self.assertEqual(self.order_of(hashed_id).status, "hold")
        self.assertTrue(sale.cartona_editing)
        self.cartona.call("DELETE", "calls")
        sale.action_confirm()
        sale.order_line.product_uom_qty = 4
        self.send()
        self.send()
        for endpoint in ("order/update-order-status/{hashed_id}", "order/update-order-details"):
            self.assertFalse(self.cartona.calls(endpoint))
        self.assertEqual(self.status(hashed_id), "editing")
        # Our quantity was never told: what the retailer decided counts.
        self.cartona.act(hashed_id, "edit", lines=[{"id": line, "amount": 7}])
        self.fetch()
        self.send()
        self.assertEqual(sale.order_line.product_uom_qty, 7.0)
        self.assertEqual(self.status(hashed_id), "approved")
        self.assertFalse(sale.cartona_editing)

    def test_a_delivery_waits_while_the_retailer_edits(self):
        hashed_id, sale = self.order_in()
        self.cartona.act(hashed_id, "begin-edit", force=True)
        self.fetch()
        with self.assertRaisesRegex(Exception, "is changing .* right now"):
            sale.picking_ids.button_validate()
        self.assertEqual(sale.picking_ids.state, "assigned")

    def test_an_order_that_is_cancelled_while_it_is_edited_is_told_afterwards(self):
        hashed_id, sale = self.order_in()
        self.cartona.act(hashed_id, "begin-edit", force=True)
        self.fetch()
        sale.with_context(marketplace_cancel_reason="out_of_stock").action_cancel()
        self.send()
        self.assertEqual(self.status(hashed_id), "editing")
        line = self.cartona.payload(hashed_id)["order_details"][0]["id"]
        self.cartona.act(hashed_id, "edit", lines=[{"id": line, "amount": 7}])
        self.fetch()
        self.send()
        remote = self.cartona.order(hashed_id)
        self.assertEqual(remote["status"], "cancelled_by_supplier")
        self.assertEqual(remote["cancellation_reason"], "out_of_stock")
        self.assertEqual(sale.state, "cancel")
