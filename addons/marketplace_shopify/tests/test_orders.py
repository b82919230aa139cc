"""Orders of the shop, and what it is told of them."""

from odoo import Command
from odoo.tests import Form, tagged

from marketplace_adapters.testing import covers

from .common import WAREHOUSE_ID, ShopifyCase


class OrderCase(ShopifyCase):
    def setUp(self):
        super().setUp()
        self.mug = self._make_product("Mug", price=6, quantity=10, default_code="MUG")
        self.listing = self._list(self.mug)
        self.send()

    def receive(self, *lines, **members):
        """An order that was fetched.

        :return: its number in the shop, the row of the ledger.
        """
        order_id = self.shop.place(*(lines or (("MUG", 2),)), **members)
        self.fetch()
        return order_id, self.order_of(order_id)

    def ship(self, picking, tracking=None, quantity=None):
        if quantity is not None:
            picking.move_ids.quantity = quantity
        picking.carrier_tracking_ref = tracking
        done = picking.button_validate()
        if isinstance(done, dict):
            Form.from_action(self.env, done).save().process()


@tagged("post_install", "-at_install")
class TestOrdersIn(OrderCase):
    @covers("R361", "X37")
    def test_a_paid_order_is_confirmed_and_shows_what_the_shop_says(self):
        order_id, order = self.receive(tags=["vip"], po_number="PO-7", discounts=[], source="web")
        sale = order.sale_order_id
        self.assertEqual((sale.state, sale.amount_total), ("sale", 12.0))
        self.assertEqual(
            (
                sale.shopify_number,
                sale.shopify_source,
                sale.shopify_financial,
                sale.shopify_fulfilment,
                sale.shopify_purchase_order,
                sale.shopify_unpaid,
                sale.shopify_draft,
            ),
            ("#1001", "web", "Paid", "Unfulfilled", "PO-7", False, False),
        )
        self.assertEqual(order.shopify_url, f"{self.shop.base_url}/orders/{order_id}")
        self.assertEqual(sale.action_shopify_open()["url"], order.shopify_url)
        self.assertIn("vip", sale.shopify_tags)
        place = self.account._place(WAREHOUSE_ID).name
        self.assertRegex(order.shopify_fulfilment_orders, rf"^{place}: open, 2 to deliver \(\d+\)$")
        self.ship(sale.picking_ids)
        self.send()
        self.fetch()
        order.invalidate_recordset()
        self.assertRegex(order.shopify_fulfilment_orders, rf"^{place}: closed \(\d+\)$")
        self.assertEqual(self.env["sale.order"].search([("shopify_number", "=", "#1001")]), sale)
        others = self.env["sale.order"].search([("shopify_number", "=", False)])
        self.assertNotIn(sale, others)

    @covers("R361", "X37")
    def test_an_unpaid_order_holds_its_stock_back_and_is_confirmed_once_paid(self):
        order_id, order = self.receive(payment="pending")
        sale = order.sale_order_id
        self.assertEqual((sale.state, sale.shopify_unpaid), ("draft", True))
        self.shop.act(order_id, "pay")
        self.fetch()
        self.assertEqual((sale.state, sale.shopify_unpaid), ("sale", False))

    @covers("X37")
    def test_an_account_may_take_orders_as_soon_as_they_are_placed(self):
        self.account.shopify_confirm_when = "placed"
        _order_id, order = self.receive(payment="pending")
        self.assertEqual(order.sale_order_id.state, "sale")

    def test_an_order_of_the_shop_floor_names_its_location(self):
        _order_id, order = self.receive(source="pos", location=7002)
        self.assertEqual(order.shopify_place_id.name, "Shop floor")
        self.assertEqual(order.shopify_source, "pos")

    def test_what_the_buyer_paid_in_is_shown_where_it_is_another_currency(self):
        _order_id, order = self.receive(currency="USD")
        self.assertTrue(order.shopify_paid_in.endswith("USD"), order.shopify_paid_in)
        self.assertEqual(order.sale_order_id.currency_id.name, "EUR")


@tagged("post_install", "-at_install")
class TestOrdersOut(OrderCase):
    @covers("R358")
    def test_an_order_gets_our_number(self):
        order_id, order = self.receive()
        self.send()
        self.assertIn(order.sale_order_id.name, self.shop.order(order_id)["tags"])

    @covers("R358")
    def test_parcels_are_told_one_by_one_with_their_tracking(self):
        order_id, order = self.receive()
        sale = order.sale_order_id
        self.send()
        first = sale.picking_ids
        self.ship(first, "1Z001", quantity=1)
        self.send()
        shown = self.shop.order(order_id)
        self.assertEqual(shown["fulfillment_status"], "PARTIALLY_FULFILLED")
        self.ship(sale.picking_ids - first, "1Z002")
        self.send()
        shown = self.shop.order(order_id)
        self.assertEqual(shown["fulfillment_status"], "FULFILLED")
        self.assertEqual(len(shown["fulfilments"]), 2)
        self.assertIn("1Z001", str(shown["fulfilments"][0]))
        self.assertIn("1Z002", str(shown["fulfilments"][1]))

    @covers("R358")
    def test_a_credit_note_gives_the_money_back_once(self):
        order_id, order = self.receive()
        sale = order.sale_order_id
        self.send()
        self.ship(sale.picking_ids, "1Z001")
        self.send()
        invoice = sale._create_invoices()
        invoice.action_post()
        credit = invoice._reverse_moves([{"ref": "Broken"}])
        credit.invoice_line_ids.quantity = 1
        credit.action_post()
        self.send()
        refund = order.outbox_ids.filtered(lambda item: item.kind == "refund")
        self.assertEqual(refund.status, "success", refund.message)
        self.assertEqual(len(self.shop.order(order_id)["refunds"]), 1)
        self.fetch()
        self.send()
        self.assertEqual(len(self.shop.order(order_id)["refunds"]), 1)

    @covers("R358")
    def test_a_cancellation_says_why_and_what_becomes_of_goods_and_money(self):
        order_id, order = self.receive()
        self.send()
        action = order.sale_order_id.action_cancel()
        self.assertEqual(action["res_model"], "marketplace.shopify.cancel")
        form = Form(self.env["marketplace.shopify.cancel"].with_context(**action["context"]))
        wizard = form.save()
        self.assertEqual(
            (wizard.reason, wizard.restock, wizard.refund, wizard.notify, wizard.shipped),
            ("OTHER", True, False, False, False),
        )
        wizard.write({"reason": "INVENTORY", "refund": True})
        wizard.action_cancel_orders()
        self.assertEqual(order.sale_order_id.state, "cancel")
        item = self._cancel_item(order)
        state = order._snapshot_cancel(item).state
        self.assertEqual(
            (state.reason, state.restock, state.refund, state.notify),
            ("INVENTORY", True, True, False),
        )
        self.send()
        self.finish_bulk()
        item.invalidate_recordset()
        self.assertEqual(item.status, "success", item.message)
        shown = self.shop.order(order_id)
        self.assertTrue(shown["cancelled"])
        self.assertEqual(shown["cancel_reason"].upper(), "INVENTORY")
        self.assertEqual(self.shop.available(self.listing.shopify_item_id)[WAREHOUSE_ID], 10)

    def _cancel_item(self, order):
        self._engine()
        self.env["marketplace.dispatcher"]._dispatch()
        self.env.invalidate_all()
        return order.outbox_ids.filtered(lambda item: item.kind == "cancel")

    def test_nobody_is_asked_when_the_shop_cancelled_or_where_it_is_no_order_of_a_shop(self):
        order_id, order = self.receive()
        self.shop.act(order_id, "cancel")
        self.fetch()
        self.assertEqual(order.sale_order_id.state, "cancel")
        sale = self.env["sale.order"].create(
            {
                "partner_id": self.env.user.partner_id.id,
                "order_line": [Command.create({"product_id": self.mug.id})],
            }
        )
        sale.action_confirm()
        sale.action_cancel()
        self.assertEqual(sale.state, "cancel")

    def test_many_are_cancelled_with_one_reason(self):
        _order_id, order = self.receive()
        sale = order.sale_order_id
        wizard = self.env["sale.mass.cancel.orders"].create(
            {"sale_order_ids": [Command.set(sale.ids)]}
        )
        self.assertEqual((wizard.shopify_order_count, wizard.shopify_reason), (1, "OTHER"))
        wizard.shopify_reason = "STAFF"
        wizard.action_mass_cancel()
        self.assertEqual(sale.state, "cancel")
        self.assertEqual(order._snapshot_cancel(self._cancel_item(order)).state.reason, "STAFF")
