import json

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from marketplace_adapters.cartona import CANCEL_REASONS
from marketplace_adapters.testing import covers

from .test_orders import OrderCase


@tagged("post_install", "-at_install")
class TestCancel(OrderCase):
    def dialog(self, action):
        """The dialog that an action opens, as the web client would open it."""
        self.assertEqual(action["res_model"], "marketplace.cartona.cancel")
        return Form(self.env[action["res_model"]].with_context(**action["context"]))

    # === FROM ODOO === #

    @covers("R99", "R179", "X23")
    def test_cancelling_asks_for_a_reason_before_anything_happens(self):
        hashed_id, sale = self.order_in()
        action = sale.action_cancel()
        self.assertEqual(sale.state, "sale")
        self.send()
        self.assertEqual(self.status(hashed_id), "approved")
        dialog = self.dialog(action)
        self.assertEqual(dialog.reason, "cannot_deliver_the_order")
        dialog.reason = "out_of_stock"
        self.assertTrue(dialog.save().action_cancel_orders())
        self.assertEqual(sale.state, "cancel")
        self.assertEqual(self.status(hashed_id), "approved")
        self.send()
        remote = self.cartona.order(hashed_id)
        self.assertEqual(remote["status"], "cancelled_by_supplier")
        self.assertEqual(remote["cancellation_reason"], "out_of_stock")
        self.assertEqual(sale.cartona_order_id.status, "cancelled")

    def test_the_proposed_reason_is_the_accounts_own(self):
        self.account.cartona_cancel_reason = "delayed_order"
        _hashed_id, sale = self.order_in()
        self.assertEqual(self.dialog(sale.action_cancel()).reason, "delayed_order")

    def test_a_reason_is_mandatory(self):
        _hashed_id, sale = self.order_in()
        dialog = self.dialog(sale.action_cancel())
        dialog.reason = False
        with self.assertRaisesRegex(AssertionError, "reason is a required field"):
            dialog.save()
        self.assertEqual(sale.state, "sale")

    def test_every_reason_of_cartonas_list_is_offered_and_accepted(self):
        offered = self.account._fields["cartona_cancel_reason"].get_values(self.env)
        self.assertEqual(offered, list(CANCEL_REASONS))
        for reason in CANCEL_REASONS:
            hashed_id, sale = self.order_in(amount=1)
            sale.with_context(marketplace_cancel_reason=reason).action_cancel()
            self.send()
            self.assertEqual(self.cartona.order(hashed_id)["cancellation_reason"], reason)

    def test_where_nobody_can_be_asked_the_usual_reason_is_given(self):
        self.account.cartona_cancel_reason = "missing_items"
        hashed_id, sale = self.order_in()
        sale._action_cancel()
        self.send()
        remote = self.cartona.order(hashed_id)
        self.assertEqual(remote["status"], "cancelled_by_supplier")
        self.assertEqual(remote["cancellation_reason"], "missing_items")

    def test_other_orders_are_cancelled_without_a_question(self):
        sale = self.env["sale.order"].create(
            {"partner_id": self.env["res.partner"].create({"name": "Walk-in"}).id}
        )
        self.assertTrue(sale.action_cancel())
        self.assertEqual(sale.state, "cancel")

    def test_a_locked_order_stays(self):
        _hashed_id, sale = self.order_in()
        sale.locked = True
        with self.assertRaises(UserError):
            sale.action_cancel()

    def test_the_dialog_warns_when_goods_have_left(self):
        _hashed_id, sale = self.order_in()
        picking = sale.picking_ids
        picking.move_ids.quantity = 2
        picking.move_ids.picked = True
        backorder = picking.button_validate()
        self.env[backorder["res_model"]].with_context(**backorder["context"]).create({}).process()
        self.assertTrue(self.dialog(sale.action_cancel()).shipped)

    # === MANY AT ONCE === #

    def test_a_mass_cancellation_gives_all_one_reason(self):
        orders = [self.order_in(amount=1) for _n in range(3)]
        plain = self.env["sale.order"].create({"partner_id": orders[0][1].partner_id.id})
        sales = plain.browse([plain.id] + [sale.id for _hashed_id, sale in orders])
        # The web client gives the selection as active_ids.
        wizard = Form(
            self.env["sale.mass.cancel.orders"].with_context(
                active_model="sale.order", active_ids=sales.ids
            )
        )
        self.assertEqual(wizard.cartona_order_count, 3)
        self.assertEqual(wizard.cartona_reason, "cannot_deliver_the_order")
        wizard.cartona_reason = "expired_products"
        self.cartona.call("DELETE", "calls")
        wizard.save().action_mass_cancel()
        self.assertEqual(sales.mapped("state"), ["cancel"] * 4)
        self.send()
        remotes = [self.cartona.order(hashed_id) for hashed_id, _sale in orders]
        self.assertEqual([one["status"] for one in remotes], ["cancelled_by_supplier"] * 3)
        self.assertEqual([one["cancellation_reason"] for one in remotes], ["expired_products"] * 3)
        bodies = [
            json.loads(call["request_body"])
            for call in self.cartona.calls("order/update-order-status")
        ]
        self.assertEqual([len(body) for body in bodies], [3])

    def test_a_mass_cancellation_without_cartona_asks_nothing(self):
        partner = self.env["res.partner"].create({"name": "Walk-in"})
        sales = self.env["sale.order"].create([{"partner_id": partner.id}] * 2)
        wizard = self.env["sale.mass.cancel.orders"].create({"sale_order_ids": sales.ids})
        self.assertEqual(wizard.cartona_order_count, 0)
        self.assertFalse(wizard.cartona_reason)
        wizard.action_mass_cancel()
        self.assertEqual(sales.mapped("state"), ["cancel"] * 2)

    # === FROM CARTONA === #

    @covers("R187", "R189", "R190", "X23")
    def test_the_retailer_cancels(self):
        hashed_id, sale = self.order_in()
        self.cartona.act(hashed_id, "cancel", reason="different_prices")
        self.fetch()
        self.send()
        self.assertEqual(sale.state, "cancel")
        self.assertEqual(self.tea.free_qty, 100.0)
        order = self.order_of(hashed_id)
        self.assertEqual((order.status, order.raw_status), ("cancelled", "cancelled_by_retailer"))
        self.assertEqual(order.cancel_reason, "different_prices")
        self.assertEqual(self.status(hashed_id), "cancelled_by_retailer")
        self.assertFalse(
            order.outbox_ids.filtered(lambda item: item.kind == "cancel" and item.sent)
        )

    def test_what_cartona_cancelled_is_not_asked_about_here(self):
        hashed_id, sale = self.order_in()
        self.deliver(sale)
        self.cartona.act(hashed_id, "status", status="cancelled_by_retailer", force=True)
        self.fetch()
        self.assertEqual(sale.state, "sale")
        self.assertTrue(self.order_of(hashed_id).attention)
        self.assertTrue(sale.action_cancel())
        self.assertEqual(sale.state, "cancel")
