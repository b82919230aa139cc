from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from marketplace_adapters.testing import covers

from .common import OTP
from .test_orders import SINGLE, OrderCase


@tagged("post_install", "-at_install")
class TestOtp(OrderCase):
    def order_with_code(self, **members):
        """An order with an instalment, so that Cartona wants the receiver's code."""
        return self.order_in(**{"installment_cost": "10", **members})

    def dialog(self, action, otp):
        """The dialog of the codes, filled in as a person would."""
        self.assertEqual(action["res_model"], "marketplace.cartona.otp")
        form = Form(self.env[action["res_model"]].with_context(**action["context"]))
        for index in range(len(form.line_ids)):
            with form.line_ids.edit(index) as line:
                line.otp = otp
        return form.save()

    def single_calls(self, status):
        return [
            call for call in self.cartona.calls(SINGLE) if f'"{status}"' in call["request_body"]
        ]

    # === RIGHT === #

    @covers("R279")
    def test_a_right_code_delivers_there_and_then_here(self):
        hashed_id, sale = self.order_with_code()
        picking = sale.picking_ids
        action = picking.button_validate()
        self.assertEqual(picking.state, "assigned")
        wizard = self.dialog(action, f" {OTP} ")
        self.assertEqual(wizard.line_ids.cash_to_collect, 40.0)
        self.assertEqual(wizard.line_ids.number, self.cartona.order(hashed_id)["receipt_id"])
        self.assertTrue(wizard.action_deliver())
        self.assertEqual(self.status(hashed_id), "delivered")
        self.assertEqual(picking.state, "done")
        self.assertEqual(sale.cartona_order_id.status, "delivered")
        self.assertTrue(sale.cartona_order_id.cartona_confirmed_at)
        self.assertFalse(wizard.line_ids.otp)
        self.send()
        self.assertEqual(len(self.single_calls("delivered")), 1)

    @covers("R279")
    def test_the_code_is_kept_nowhere(self):
        _hashed_id, sale = self.order_with_code()
        self.dialog(sale.picking_ids.button_validate(), OTP).action_deliver()
        exchanges = self.env["marketplace.exchange"].search([])
        shown = [one.request for one in exchanges if "delivered" in (one.request or "")]
        self.assertEqual(len(shown), 1)
        self.assertNotIn(OTP, "".join(shown))

    def test_a_stock_user_who_knows_nothing_of_marketplaces_can_deliver(self):
        hashed_id, sale = self.order_with_code()
        user = new_test_user(self.env, "cartona-courier", groups="stock.group_stock_user")
        picking = sale.picking_ids.with_user(user)
        action = picking.button_validate()
        form = Form(self.env[action["res_model"]].with_user(user).with_context(**action["context"]))
        with form.line_ids.edit(0) as line:
            line.otp = OTP
        form.save().action_deliver()
        self.assertEqual(picking.state, "done")
        self.assertEqual(self.status(hashed_id), "delivered")

    def test_several_deliveries_are_asked_for_in_one_dialog(self):
        first_id, first = self.order_with_code()
        second_id, second = self.order_with_code(wallet_top_up="5")
        _plain_id, plain = self.order_in()
        pickings = (first | second | plain).picking_ids
        wizard = self.dialog(pickings.button_validate(), OTP)
        self.assertEqual(len(wizard.line_ids), 2)
        wizard.action_deliver()
        self.assertEqual(pickings.mapped("state"), ["done"] * 3)
        self.assertEqual([self.status(first_id), self.status(second_id)], ["delivered"] * 2)

    # === WRONG === #

    @covers("R279")
    def test_a_wrong_code_is_shown_and_nothing_is_validated(self):
        hashed_id, sale = self.order_with_code()
        picking = sale.picking_ids
        wizard = self.dialog(picking.button_validate(), "0000")
        with self.assertRaisesRegex(UserError, "refuses the code .*Nothing was validated"):
            wizard.action_deliver()
        self.assertEqual(picking.state, "assigned")
        self.assertEqual(self.status(hashed_id), "approved")
        self.assertFalse(sale.cartona_order_id.cartona_confirmed_at)
        self.dialog(picking.button_validate(), OTP).action_deliver()
        self.assertEqual(picking.state, "done")

    def test_a_change_that_arrives_while_the_code_is_asked_for_still_counts(self):
        hashed_id, sale = self.order_in(amount=5, wallet_top_up="1")
        self.assertEqual(sale.picking_ids.button_validate()["res_model"], "marketplace.cartona.otp")
        line = self.cartona.payload(hashed_id)["order_details"][0]["id"]
        self.cartona.act(
            hashed_id, "edit", by="admin", force=True, lines=[{"id": line, "amount": 3}]
        )
        self.fetch()
        self.assertEqual(sale.picking_ids.move_ids.quantity, 3.0)

    def test_an_empty_code_is_not_even_sent(self):
        _hashed_id, sale = self.order_with_code()
        order = sale.cartona_order_id
        for empty in (False, "", "  "):
            with self.assertRaisesRegex(UserError, "Ask the receiver for the code"):
                order._cartona_deliver(empty)
        self.assertFalse(self.single_calls("delivered"))

    def test_one_wrong_code_of_two_validates_neither_and_the_accepted_is_not_asked_again(self):
        first_id, first = self.order_with_code()
        _second_id, second = self.order_with_code()
        pickings = (first | second).picking_ids
        wizard = self.dialog(pickings.button_validate(), OTP)
        wizard.line_ids[1].otp = "0000"
        # Not assertRaises: it would take back what was committed, as all cursors are one here.
        try:
            wizard.action_deliver()
        except UserError as exc:
            self.assertIn("refuses the code", str(exc))
        else:
            self.fail("a wrong code was accepted")
        self.assertEqual(pickings.mapped("state"), ["assigned"] * 2)
        self.assertEqual(self.status(first_id), "delivered")
        wizard = self.dialog(pickings.button_validate(), OTP)
        self.assertEqual(wizard.line_ids.picking_id, second.picking_ids)
        wizard.action_deliver()
        self.assertEqual(pickings.mapped("state"), ["done"] * 2)
        self.assertEqual(len(self.single_calls("delivered")), 3)

    # === TROUBLE === #

    def test_when_cartona_cannot_be_asked_nothing_is_validated(self):
        for effect, params in (
            ("status", {"status": 500}),
            ("status", {"status": 503, "body": "down"}),
            ("timeout_before", {}),
            ("html", {"applied": False}),
        ):
            with self.subTest(effect, **params):
                hashed_id, sale = self.order_with_code()
                picking = sale.picking_ids
                wizard = self.dialog(picking.button_validate(), OTP)
                self.cartona.fail(SINGLE, effect, times=1, **params)
                with (
                    mute_logger("odoo.addons.marketplace"),
                    self.assertRaisesRegex(UserError, "[Nn]othing was validated"),
                ):
                    wizard.action_deliver()
                self.assertEqual(picking.state, "assigned")
                self.assertEqual(self.status(hashed_id), "approved")
                self.cartona.call("DELETE", "faults")
                self.dialog(picking.button_validate(), OTP).action_deliver()
                self.assertEqual(picking.state, "done")

    def test_when_cartona_is_busy_the_wait_is_said(self):
        _hashed_id, sale = self.order_with_code()
        wizard = self.dialog(sale.picking_ids.button_validate(), OTP)
        self.cartona.fail(SINGLE, "status", status=429, retry_after=7, times=1)
        with self.assertRaisesRegex(UserError, "Try again in [78] seconds"):
            wizard.action_deliver()
        self.assertEqual(sale.picking_ids.state, "assigned")

    def test_an_answer_that_was_lost_after_it_was_applied_does_no_harm(self):
        hashed_id, sale = self.order_with_code()
        picking = sale.picking_ids
        wizard = self.dialog(picking.button_validate(), OTP)
        self.cartona.fail(SINGLE, "timeout_after", times=1)
        with self.assertRaisesRegex(UserError, "could not be asked"):
            wizard.action_deliver()
        self.assertEqual(self.status(hashed_id), "delivered")
        self.assertEqual(picking.state, "assigned")
        self.cartona.call("DELETE", "faults")
        self.dialog(picking.button_validate(), OTP).action_deliver()
        self.assertEqual(picking.state, "done")

    def test_when_odoo_fails_after_cartona_accepted_nobody_is_asked_again(self):
        hashed_id, sale = self.order_with_code()
        picking = sale.picking_ids
        wizard = self.dialog(picking.button_validate(), OTP)
        with patch.object(
            type(self.env["stock.move"]), "_action_done", side_effect=UserError("no lot number")
        ):
            try:
                wizard.action_deliver()
            except UserError as exc:
                self.assertEqual(str(exc), "no lot number")
            else:
                self.fail("the validation went through")
        self.assertEqual(self.status(hashed_id), "delivered")
        self.assertEqual(picking.state, "assigned")
        self.assertTrue(sale.cartona_order_id.cartona_confirmed_at)
        self.assertTrue(picking.button_validate())
        self.assertEqual(picking.state, "done")
        self.send()
        self.assertEqual(len(self.single_calls("delivered")), 1)

    def test_a_paused_account_cannot_deliver_with_a_code(self):
        _hashed_id, sale = self.order_with_code()
        wizard = self.dialog(sale.picking_ids.button_validate(), OTP)
        self.account.action_pause()
        with self.assertRaisesRegex(UserError, "not connected, or paused"):
            wizard.action_deliver()

    def test_changed_lines_go_first(self):
        _hashed_id, sale = self.order_with_code()
        sale.order_line.product_uom_qty = 4
        self._engine()
        self.env["marketplace.dispatcher"]._dispatch()
        wizard = self.dialog(sale.picking_ids.button_validate(), OTP)
        with self.assertRaisesRegex(UserError, "still on their way"):
            wizard.action_deliver()
        self.send()
        wizard.action_deliver()
        self.assertEqual(sale.picking_ids.state, "done")

    # === WHEN IT IS ASKED === #

    def test_the_code_is_asked_only_when_the_last_goods_leave(self):
        hashed_id, sale = self.order_with_code()
        picking = sale.picking_ids
        picking.move_ids.quantity = 2
        picking.move_ids.picked = True
        action = picking.button_validate()
        self.assertEqual(action["res_model"], "stock.backorder.confirmation")
        self.env[action["res_model"]].with_context(**action["context"]).create({}).process()
        self.assertEqual(picking.state, "done")
        self.send()
        self.assertEqual(self.status(hashed_id), "assigned_to_salesman")
        rest = sale.picking_ids - picking
        self.dialog(rest.button_validate(), OTP).action_deliver()
        self.assertEqual(rest.state, "done")
        self.assertEqual(self.status(hashed_id), "delivered")

    def test_without_a_backorder_the_first_goods_are_the_last(self):
        hashed_id, sale = self.order_with_code()
        picking = sale.picking_ids
        picking.move_ids.quantity = 2
        picking.move_ids.picked = True
        action = picking.button_validate()
        backorder = self.env[action["res_model"]].with_context(**action["context"]).create({})
        action = backorder.process_cancel_backorder()
        self.assertEqual(action["res_model"], "marketplace.cartona.otp")
        self.dialog(action, OTP).action_deliver()
        self.assertEqual(picking.state, "done")
        self.assertEqual(self.status(hashed_id), "delivered")
        self.assertEqual(len(sale.picking_ids), 1)
        self.assertIn("Less was delivered than ordered", self.order_of(hashed_id).attention)

    def test_no_code_is_asked_where_none_is_needed(self):
        for members in (
            {},
            {"cartona_credit": "10"},
            {"installment_cost": "10", "delivered_by": "delivered_by_cartona"},
        ):
            with self.subTest(members):
                _hashed_id, sale = self.order_in(**members)
                self.assertTrue(sale.picking_ids.button_validate())
                self.assertEqual(sale.picking_ids.state, "done")

    def test_programs_cannot_go_around_the_code(self):
        _hashed_id, sale = self.order_with_code()
        picking = sale.picking_ids
        picking.move_ids.picked = True
        with self.assertRaisesRegex(UserError, "wants the receiver's code"):
            picking._action_done()
        self.assertEqual(picking.state, "assigned")

    def test_transfers_of_other_orders_are_left_alone(self):
        receipt = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.in_type_id.id,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
                "scheduled_date": fields.Datetime.now() + timedelta(days=1),
                "move_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": self.tea.id,
                            "product_uom_qty": 3,
                            "location_id": self.env.ref("stock.stock_location_suppliers").id,
                            "location_dest_id": self.warehouse.lot_stock_id.id,
                        },
                    )
                ],
            }
        )
        receipt.action_confirm()
        self.assertTrue(receipt.button_validate())
        self.assertEqual(receipt.state, "done")

    def test_a_context_is_no_way_around_the_code(self):
        _hashed_id, sale = self.order_with_code()
        picking = sale.picking_ids.with_context(
            cartona_otp_accepted=sale.picking_ids.ids, skip_sanity_check=True, skip_backorder=True
        )
        action = picking.button_validate()
        self.assertEqual(action["res_model"], "marketplace.cartona.otp")
        self.assertEqual(picking.state, "assigned")
