from odoo import fields
from odoo.tests import Form, tagged

from marketplace_adapters.testing import covers

from .common import DE, UK, US, AmazonCase


class OrderCase(AmazonCase):
    """Orders of tea at 10 pounds, of which there are 100."""

    def setUp(self):
        super().setUp()
        self.tea = self._make_product("Tea", price=10, quantity=100, default_code="TEA")
        self.tea_listing = self._list(self.tea)
        self.send()

    def order_in(self, quantity=2, **members):
        """An order of tea that is paid, fetched and acknowledged.

        :return: (Amazon's id, sales order)
        """
        members.setdefault("status", "UNSHIPPED")
        order_id = self.amazon.place(("TEA", quantity), **members)
        self.fetch()
        self.send()
        self.finish_feeds()
        return order_id, self.order_of(order_id).sale_order_id

    def status(self, order_id):
        return self.amazon.order(order_id)["status"]

    def ship(self, sale, quantity=None, tracking="1Z999"):
        """Validate what is to go out, or so many pieces of it."""
        (picking,) = sale.picking_ids.filtered(lambda one: one.state not in ("done", "cancel"))
        picking.carrier_tracking_ref = tracking
        for move in picking.move_ids:
            move.quantity = quantity or move.product_uom_qty
            move.picked = True
        result = picking.button_validate()
        if result is not True:
            backorder = Form(self.env[result["res_model"]].with_context(**result["context"])).save()
            backorder.process()
        return picking


@tagged("post_install", "-at_install")
class TestOrdersIn(OrderCase):
    @covers("R33", "R34", "R36", "R72", "X9", "X10")
    def test_a_paid_order_is_confirmed_reserved_and_acknowledged(self):
        order_id, sale = self.order_in()
        order = self.order_of(order_id)
        self.assertEqual((sale.state, sale.amount_total), ("sale", 20.0))
        self.assertEqual(sale.currency_id.name, "GBP")
        self.assertEqual(
            [(line.product_id, line.product_uom_qty, line.price_unit) for line in sale.order_line],
            [(self.tea, 2.0, 10.0)],
        )
        self.assertEqual(self.tea.free_qty, 98.0)
        self.assertEqual((sale.amazon_id, sale.amazon_status), (order_id, "UNSHIPPED"))
        self.assertEqual(
            sale.amazon_url, f"https://sellercentral.amazon.co.uk/orders-v3/order/{order_id}"
        )
        self.assertTrue(order.ship_by and order.deliver_by)
        self.assertEqual(sale.amazon_ship_by, order.ship_by)
        self.finish_feeds()
        self.assertEqual(self.amazon.order(order_id)["seller_id"], sale.name)
        self.assertTrue(order.acknowledged_at)
        self.assertEqual(self.env["sale.order"].search([("amazon_id", "=", order_id)]), sale)

    @covers("R32", "X9", "R33")
    def test_a_pending_order_holds_stock_and_is_confirmed_once_it_is_paid(self):
        order_id = self.amazon.place(("TEA", 3), status="PENDING")
        self.fetch()
        self.send()
        order = self.order_of(order_id)
        sale = order.sale_order_id
        self.assertEqual(
            (sale.state, order.status, sale.amazon_pending), ("draft", "pending", True)
        )
        self.assertFalse(sale.picking_ids)
        self.assertEqual(self.amazon.calls("createFeed"), [], "nothing is acknowledged yet")
        states = self.tea_listing._snapshot_inventory(self.account)
        self.assertEqual(int(states[self.tea_listing.id].state.quantity), 97)
        self.assertIn(sale, self.env["sale.order"].search([("amazon_pending", "=", True)]))
        self.amazon.act(order_id, "pay")
        self.fetch()
        self.send()
        self.assertEqual((sale.state, sale.amazon_pending), ("sale", False))
        self.assertEqual((sale.currency_id.name, bool(sale.pricelist_id)), ("GBP", False))
        self.assertEqual(sale.amount_total, 30.0)
        self.assertEqual(self.tea.free_qty, 97.0)
        self.assertEqual(len(self.amazon.calls("createFeed")), 1)

    @covers("R35")
    def test_a_pending_order_that_is_cancelled_lets_its_stock_go(self):
        order_id = self.amazon.place(("TEA", 3), status="PENDING")
        self.fetch()
        self.amazon.act(order_id, "cancel")
        self.fetch()
        sale = self.order_of(order_id).sale_order_id
        self.assertEqual(sale.state, "cancel")
        states = self.tea_listing._snapshot_inventory(self.account)
        self.assertEqual(int(states[self.tea_listing.id].state.quantity), 100)

    @covers("R37")
    def test_an_old_pending_order_is_asked_for_once_more(self):
        gone = self.amazon.place(("TEA", 1), status="PENDING")
        paid = self.amazon.place(("TEA", 2), status="PENDING")
        stays = self.amazon.place(("TEA", 1), status="PENDING")
        self.fetch()
        orders = self.order_of(gone) | self.order_of(paid) | self.order_of(stays)
        orders.placed_at = fields.Datetime.subtract(fields.Datetime.now(), days=9)
        self.amazon.act(paid, "pay")
        self.amazon.fail("getOrder", "status", status=404, times=1)
        order = orders.sorted("id")[0]
        order.placed_at = fields.Datetime.subtract(fields.Datetime.now(), days=10)
        self.env.flush_all()
        self.env["marketplace.account"]._cron_amazon_release_pending()
        self._engine()._job_process(self.account.id)
        self.env.invalidate_all()
        self.assertEqual(
            [self.order_of(one).sale_order_id.state for one in (gone, paid, stays)],
            ["cancel", "sale", "draft"],
        )
        self.assertEqual(self.order_of(gone).status, "cancelled")

    @covers("R33")
    def test_what_amazon_delivers_touches_no_stock_of_ours(self):
        fba = self._list(self.tea, offer="FBA")
        self.send()
        order_id = self.amazon.place(
            (fba.sku, 2), status="SHIPPED", fulfilled_by="AMAZON", prime=True
        )
        self.fetch()
        self.send()
        order = self.order_of(order_id)
        sale = order.sale_order_id
        self.assertEqual((sale.state, order.stocked_by, sale.amazon_fba), ("sale", "channel", True))
        self.assertFalse(sale.picking_ids)
        self.assertEqual(sale.order_line.qty_delivered, 2.0)
        self.assertEqual(self.tea.free_qty, 100.0)
        self.assertTrue(sale.amazon_prime)
        self.assertEqual(self.amazon.calls("createFeed"), [], "nothing to acknowledge")
        self.assertFalse(order._outbound_allowed("shipped"))
        self.assertIn(sale, self.env["sale.order"].search([("amazon_fba", "=", True)]))
        self.assertNotIn(sale, self.env["sale.order"].search([("amazon_fba", "=", False)]))

    @covers("R33")
    def test_promotions_gift_wrap_and_shipping_add_up(self):
        order_id = self.amazon.place(
            {
                "sku": "TEA",
                "quantity": 3,
                "discount": "1.50",
                "promotion": "SUMMER",
                "gift_wrap": "2.50",
                "gift_message": "Cheers!",
                "shipping": "4.99",
                "shipping_discount": "0.99",
            },
            status="UNSHIPPED",
            business=True,
            purchase_order="PO-77",
        )
        self.fetch()
        sale = self.order_of(order_id).sale_order_id
        remote = self.amazon.order(order_id)
        self.assertEqual(f"{sale.amount_total:.2f}", remote["total"])
        self.assertEqual(
            sorted(round(line.price_subtotal, 2) for line in sale.order_line), [2.5, 4.0, 28.5]
        )
        self.assertEqual((sale.amazon_business, sale.amazon_purchase_order), (True, "PO-77"))

    @covers("R33")
    def test_tax_that_amazon_collects_is_a_line_without_a_tax_of_ours(self):
        america = self._make_account("USA", markets=(US,), amazon_seller_id="A2DEMOSELLER")
        self.account.state = "paused"
        america.sync_stock = False
        tea = self._list(self.tea, account=america)
        self.send()
        order_id = self.amazon.place((tea.sku, 2), status="UNSHIPPED", marketplace=US)
        self.fetch()
        order = self.order_of(order_id).filtered(lambda one: one.account_id == america)
        sale = order.sale_order_id
        self.assertEqual(sale.currency_id.name, "USD")
        self.assertEqual(f"{sale.amount_total:.2f}", self.amazon.order(order_id)["total"])
        self.assertEqual(sale.amount_tax, 0.0)
        self.assertIn(america.tax_product_id, sale.order_line.product_id)

    @covers("R33")
    def test_an_unknown_sku_is_found_by_its_asin(self):
        self.fetch("listing")
        asin = self.tea_listing.amazon_asin
        order_id = self.amazon.place(
            {"sku": "SOLD-ELSEWHERE", "quantity": 1, "asin": asin, "price": "10"},
            status="UNSHIPPED",
        )
        self.fetch()
        self.assertEqual(self.order_of(order_id).sale_order_id.order_line.product_id, self.tea)

    @covers("R307", "X24")
    def test_an_asin_that_is_entered_lets_waiting_orders_go_on(self):
        order_id = self.amazon.place(
            {"sku": "NOBODY", "quantity": 1, "asin": "B0NOBODY01", "price": "7"},
            status="UNSHIPPED",
        )
        self.fetch()
        self.assertFalse(self.order_of(order_id).sale_order_id)
        coffee = self._make_product("Coffee", default_code="COFFEE")
        self._list(coffee).amazon_asin = "B0NOBODY01"
        self._engine()._job_process(self.account.id)
        self.assertEqual(self.order_of(order_id).sale_order_id.order_line.product_id, coffee)

    def test_relay_addresses_are_nobody(self):
        links = self.env["marketplace.partner"]
        for address, own in (
            ("abc@marketplace.amazon.de", False),
            ("abc@marketplace.amazon.co.uk", False),
            ("me@amazon.example.com", True),
        ):
            with self.subTest(address):
                self.assertEqual(links._email_identifies(self.account, address), own)

    @covers("R33", "R44", "X25")
    def test_the_same_order_again_changes_nothing(self):
        order_id, sale = self.order_in()
        for _again in range(3):
            self.fetch()
        self.assertEqual(self.order_of(order_id).sale_order_id, sale)
        self.assertEqual(self.env["sale.order"].search_count([("amazon_id", "=", order_id)]), 1)

    def test_an_order_of_a_further_marketplace_is_in_its_currency(self):
        order_id, sale = self.order_in(marketplace=DE)
        self.assertEqual(sale.currency_id.name, "EUR")
        self.assertIn("sellercentral.amazon.de", sale.amazon_url)
        self.assertEqual(self.order_of(order_id).amazon_market_id, DE)
        self.assertNotEqual(DE, UK)


@tagged("post_install", "-at_install")
class TestOrdersOut(OrderCase):
    @covers("R6", "R36", "R45", "X13")
    def test_two_parcels_are_confirmed_one_after_the_other(self):
        order_id, sale = self.order_in(quantity=3)
        self.ship(sale, 1, "1Z001")
        self.send()
        self.assertEqual(self.status(order_id), "PARTIALLY_SHIPPED")
        self.ship(sale, tracking="1Z002")
        self.send()
        remote = self.amazon.order(order_id)
        self.assertEqual(remote["status"], "SHIPPED")
        calls = self.amazon.calls("confirmShipment")
        self.assertEqual([call["status"] for call in calls], [204, 204])
        for call, tracking in zip(calls, ("1Z001", "1Z002"), strict=True):
            self.assertIn(tracking, call["request_body"])
        self.fetch()
        self.assertEqual(self.order_of(order_id).status, "shipped")

    @covers("R36")
    def test_a_parcel_without_a_number_goes_by_feed(self):
        order_id, sale = self.order_in()
        self.ship(sale, tracking=False)
        self.send()
        self.assertEqual(self.amazon.calls("confirmShipment"), [])
        self.finish_feeds()
        self.assertEqual(self.status(order_id), "SHIPPED")

    @covers("R7", "R35", "X10")
    def test_cancelling_asks_for_a_reason_that_amazon_knows(self):
        order_id, sale = self.order_in()
        action = sale.action_cancel()
        wizard = Form(self.env[action["res_model"]].with_context(**action["context"])).save()
        self.assertEqual(wizard.reason, "NoInventory")
        self.assertFalse(wizard.shipped)
        wizard.reason = "PricingError"
        wizard.action_cancel_orders()
        self.assertEqual(sale.state, "cancel")
        self.send()
        self.finish_feeds()
        self.assertEqual(self.status(order_id), "CANCELLED")
        feeds = self.amazon.call("GET", "amazon/feeds")
        self.assertEqual(feeds[-1]["type"], "POST_ORDER_ACKNOWLEDGEMENT_DATA")
        self.assertEqual(self.order_of(order_id).status, "cancelled")

    @covers("R35")
    def test_the_buyer_cancels(self):
        order_id, sale = self.order_in()
        self.amazon.act(order_id, "cancel")
        self.fetch()
        self.assertEqual(sale.state, "cancel")
        self.assertEqual(self.tea.free_qty, 100.0)
        self.amazon.call("DELETE", "calls")
        self.send()
        self.assertEqual(self.amazon.calls("createFeed"), [], "Amazon knows")

    def test_what_is_not_paid_or_has_left_cannot_be_cancelled_on_amazon(self):
        order_id = self.amazon.place(("TEA", 1), status="PENDING")
        self.fetch()
        order = self.order_of(order_id)
        self.assertFalse(order._outbound_allowed("cancelled"))
        self.assertFalse(order.sale_order_id._needs_cancel_reason("amazon"))
        order_id, sale = self.order_in()
        self.assertTrue(self.order_of(order_id)._outbound_allowed("cancelled"))
        self.ship(sale)
        self.send()
        self.fetch()
        self.assertFalse(self.order_of(order_id)._outbound_allowed("cancelled"))

    def test_a_mass_cancellation_gives_all_one_reason(self):
        ids, sales = zip(*(self.order_in(quantity=1) for _n in range(2)), strict=True)
        plain = self.env["sale.order"].create({"partner_id": sales[0].partner_id.id})
        everything = plain.browse([plain.id, *(sale.id for sale in sales)])
        wizard = Form(
            self.env["sale.mass.cancel.orders"].with_context(
                active_model="sale.order", active_ids=everything.ids
            )
        )
        self.assertEqual((wizard.amazon_order_count, wizard.amazon_reason), (2, "NoInventory"))
        wizard.amazon_reason = "CustomerExchange"
        wizard.save().action_mass_cancel()
        self.assertEqual(everything.mapped("state"), ["cancel"] * 3)
        self.send()
        items = self.order_of(ids[0]).outbox_ids | self.order_of(ids[1]).outbox_ids
        cancels = items.filtered(lambda item: item.kind == "cancel")
        self.assertEqual([item.sent["reason"] for item in cancels], ["CustomerExchange"] * 2)

    def test_a_reason_of_another_channel_is_none_for_amazon(self):
        order_id, sale = self.order_in(quantity=1)
        sale.with_context(marketplace_cancel_reason="cannot_deliver_the_order")._action_cancel()
        self.send()
        cancel = self.order_of(order_id).outbox_ids.filtered(lambda item: item.kind == "cancel")
        self.assertEqual(cancel.sent, {"reason": "NoInventory"})
        order_id, sale = self.order_in(quantity=1)
        wizard = self.env["sale.mass.cancel.orders"].create(
            {"sale_order_ids": sale.ids, "amazon_reason": "PricingError"}
        )
        wizard.with_context(marketplace_cancel_reason="out_of_stock").action_mass_cancel()
        self.send()
        cancel = self.order_of(order_id).outbox_ids.filtered(lambda item: item.kind == "cancel")
        self.assertEqual(cancel.sent, {"reason": "PricingError"})

    @covers("R8", "R38", "X11")
    def test_one_line_is_refunded_with_a_reason(self):
        cup = self._make_product("Cup", price=5, quantity=10, default_code="CUP")
        self._list(cup)
        self.send()
        order_id = self.amazon.place(("TEA", 1), ("CUP", 2), status="UNSHIPPED")
        self.fetch()
        self.send()
        self.finish_feeds()
        sale = self.order_of(order_id).sale_order_id
        self.ship(sale)
        self.send()
        sale.order_line.qty_delivered = 0
        for line in sale.order_line:
            line.qty_delivered = line.product_uom_qty
        invoice = sale._create_invoices()
        invoice.action_post()
        credit = invoice._reverse_moves([{"ref": "Broken"}])
        credit.invoice_line_ids.filtered(lambda line: line.product_id == self.tea).unlink()
        credit.invoice_line_ids.quantity = 1
        self.assertTrue(credit.amazon_refunds)
        credit.amazon_refund_reason = "CustomerReturn"
        credit.action_post()
        self.send()
        feeds = self.amazon.call("GET", "amazon/feeds")
        self.assertEqual(feeds[-1]["type"], "POST_PAYMENT_ADJUSTMENT_DATA")
        self.finish_feeds()
        item = self.order_of(order_id).outbox_ids.filtered(lambda one: one.kind == "refund")
        self.assertEqual(item.status, "success")
        answer = self.amazon.session.get(
            f"{self.amazon.server.url}/_control/amazon/feeds/{feeds[-1]['id']}/input", timeout=10
        )
        self.assertIn("<AdjustmentReason>CustomerReturn</AdjustmentReason>", answer.text)
        self.assertIn(">5.00<", answer.text)

    @covers("R45", "R83", "X15")
    def test_the_manual_order_status_synchronization(self):
        order_id, sale = self.order_in()
        self.account.automatic = False
        self.ship(sale)
        self.send()
        self.assertEqual(self.status(order_id), "UNSHIPPED")
        wizard = self.env["marketplace.sync.wizard"].create(
            {"mode": "order_status", "account_ids": [(6, 0, self.account.ids)]}
        )
        self.assertGreater((fields.Datetime.now() - wizard.date_from).days, 85)
        wizard.action_run()
        engine = self._engine()
        engine._job_dispatch()
        engine._job_send(self.account.id, 1)
        self.assertEqual(self.status(order_id), "SHIPPED")


@tagged("post_install", "-at_install")
class TestOperations(OrderCase):
    @covers("R20", "R53", "R62", "R64", "R65", "R66", "R67", "R68", "R69", "R70", "R71", "X4")
    def test_both_logs_say_what_became_of_an_operation_on_amazon(self):
        self.tea.list_price = 12
        engine = self._engine()
        operations = self.env["marketplace.product.operation"]
        operation = operations.search(
            [("record_id", "=", self.tea.product_tmpl_id.id)], order="id desc", limit=1
        )
        self.assertFalse(operation.amazon_status, "nothing is told yet")
        engine._job_dispatch()
        engine._job_send(self.account.id)
        self.env.invalidate_all()
        self.assertEqual(operation.amazon_status, "success")
        self.assertTrue(operation.amazon_status_timestamp)
        self.assertIn(operation, operations.search([("amazon_status", "=", "success")]))
        self.assertNotIn(operation, operations.search([("amazon_status", "=", "error")]))
        self.amazon.settings(unknown_attributes="error")
        self.tea.product_tmpl_id.amazon_attribute_ids.filtered(
            lambda row: row.name == "country_of_origin"
        ).value = "Nowhere"
        self.send()
        failed = operations.search([("amazon_status", "=", "error")])
        self.assertTrue(failed)
        self.assertIn("Country of origin", failed[:1].amazon_status_data)
        order_id, sale = self.order_in()
        self.ship(sale)
        self.send()
        log = self.env["marketplace.order.operation"].search(
            [("order_id", "=", sale.id), ("record_operation", "=", "shipment")]
        )
        self.assertEqual(log.amazon_status, "success")
        self.assertEqual(self.status(order_id), "SHIPPED")
