"""What a channel says of listings, of its own work and of goods it keeps."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.marketplace.tools import clock

from marketplace_adapters.testing import covers

from .order_common import OrderCase


@tagged("post_install", "-at_install")
class TestListingNews(OrderCase):
    def tell(self, topic="listing", **data):
        data.setdefault("id", "F-1")
        self.receive(data, topic=topic)
        self.process()
        return self.env["marketplace.inbox"].search(
            [("topic", "=", topic)], order="id desc", limit=1
        )

    @covers("R70")
    def test_status_and_issues_come_in_and_go(self):
        issue = {"code": "8541", "message": "Colour does not fit.", "attributes": ["color"]}
        item = self.tell(
            status=["DISCOVERABLE"], issues=[issue], updated_at="2030-01-15T12:00:00+00:00"
        )
        self.assertEqual(item.status, "done")
        self.assertEqual(self.tea_listing.channel_status, "DISCOVERABLE")
        self.assertEqual(self.tea_listing.issue_ids.mapped("message"), ["Colour does not fit."])
        self.tell(
            status=["BUYABLE", "DISCOVERABLE"], issues=[], updated_at="2030-01-15T12:05:00+00:00"
        )
        self.assertEqual(self.tea_listing.channel_status, "BUYABLE, DISCOVERABLE")
        self.assertFalse(self.tea_listing.issue_ids)

    def test_an_older_word_never_replaces_a_newer_one(self):
        self.tell(status=["BUYABLE"], updated_at="2030-01-15T12:05:00+00:00")
        item = self.tell(status=["DISCOVERABLE"], updated_at="2030-01-15T12:00:00+00:00")
        self.assertEqual(item.status, "ignored")
        self.assertEqual(self.tea_listing.channel_status, "BUYABLE")

    def test_news_of_a_listing_that_is_not_here_is_kept_and_ignored(self):
        item = self.tell(id="F-404", status=["BUYABLE"])
        self.assertEqual(
            (item.status, item.message), ("ignored", "This listing is not linked here.")
        )

    def test_a_listing_that_was_deleted_there_is_told_anew(self):
        self.tea_listing.acknowledged = {"price": {"price": "10.0"}}
        self.tell(deleted=True)
        self.assertEqual(self.tea_listing.channel_status, "Deleted")
        self.assertFalse(self.tea_listing.acknowledged)

    @covers("R67")
    def test_work_that_is_done_is_asked_for_at_once(self):
        submission = self.env["marketplace.submission"].create(
            {
                "account_id": self.account.id,
                "lane": "media",
                "state": "pending",
                "remote_id": '{"feeds": ["50003"]}',
                "poll_at": clock.now() + timedelta(minutes=5),
            }
        )
        self.assertEqual(self.tell("submission", id="50003").status, "done")
        self.assertLessEqual(submission.poll_at, clock.now())
        self.assertEqual(self.tell("submission", id="60000").status, "ignored")

    @covers("C5")
    def test_the_channel_is_asked_what_it_would_say(self):
        self.channel.reject("F-1", "90220", "Brand is missing.")
        wizard = self.env["marketplace.sync.wizard"].create(
            {"mode": "products", "account_ids": [(6, 0, self.account.ids)]}
        )
        wizard.action_preview()
        wizard.action_ask_channel()
        answers = {row.listing_id: row.answer for row in wizard.preview_ids}
        self.assertEqual(answers[self.tea_listing], "Brand is missing.")
        self.assertEqual(answers[self.milk_listing], "Would be accepted.")
        self.assertEqual([call.verb for call in self.channel.calls], ["preview"])


@tagged("post_install", "-at_install")
class TestStored(OrderCase):
    def count(self, minutes=0, **counts):
        data = {
            "id": f"count-{minutes}",
            "counts": [{"id": name.replace("_", "-"), **one} for name, one in counts.items()],
            "updated_at": f"2030-01-15T12:{minutes:02}:00+00:00",
        }
        self.receive(data, topic="stored")
        self.process()
        item = self.env["marketplace.inbox"].search([], order="id desc", limit=1)
        self.assertEqual((item.topic, item.status, item.message), ("stored", "done", False))

    @covers("X37")
    def test_goods_that_the_channel_keeps_are_mirrored_and_never_offered(self):
        own = self.tea.free_qty
        self.count(F_1={"available": 7, "reserved": 2, "inbound": 5, "unsellable": 1})
        mirror = self.account.stored_location_id
        self.assertTrue(mirror.marketplace_mirror)
        quants = self.env["stock.quant"].search([("location_id", "=", mirror.id)])
        self.assertEqual([(one.product_id, one.quantity) for one in quants], [(self.tea, 9.0)])
        self.assertEqual(
            (self.tea_listing.stored_quantity, self.tea_listing.stored_inbound), (7.0, 5.0)
        )
        self.tea.invalidate_recordset()
        self.assertEqual(self.tea.free_qty, own)
        self.count(5, F_1={"available": 3})
        quants.invalidate_recordset()
        self.assertEqual(quants.quantity, 3.0)
        self.count(6, F_1={"available": 0})
        self.assertEqual(sum(quants.exists().mapped("quantity")), 0.0)

    def test_two_offers_of_one_product_add_up(self):
        self._list(self.tea, external_id="F-9", offer="second")
        self.count(F_1={"available": 4})
        self.count(1, F_9={"available": 6})
        mirror = self.account.stored_location_id
        quants = self.env["stock.quant"].search([("location_id", "=", mirror.id)])
        self.assertEqual(sum(quants.mapped("quantity")), 10.0)

    def test_nobody_moves_goods_into_the_mirror(self):
        self.count(F_1={"available": 4})
        move = self.env["stock.move"].create(
            {
                "product_id": self.tea.id,
                "product_uom_qty": 1,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": self.account.stored_location_id.id,
            }
        )
        move._action_confirm()
        move.quantity = 1
        move.picked = True
        with self.assertRaises(UserError):
            move._action_done()


@tagged("post_install", "-at_install")
class TestStockedByChannel(OrderCase):
    @covers("X37")
    def test_an_order_from_the_channels_store_moves_nothing_of_ours(self):
        free = self.tea.free_qty
        self.receive(
            self.document("S-1", self.two_lines("S-1"), status="confirmed", stocked_by="channel")
        )
        self.process()
        ledger = self.env["marketplace.order"].search([("external_id", "=", "S-1")])
        sale = ledger.sale_order_id
        self.assertEqual(sale.state, "sale")
        self.assertTrue(sale.marketplace_stocked)
        self.assertFalse(sale.picking_ids)
        self.tea.invalidate_recordset()
        self.assertEqual(self.tea.free_qty, free)
        self.assertEqual(sum(sale.order_line.mapped("qty_delivered")), 0.0)
        self.receive(
            self.document(
                "S-1", self.two_lines("S-1"), status="shipped", stocked_by="channel", minutes=5
            )
        )
        self.process()
        self.assertEqual(sale.order_line.mapped("qty_delivered"), [3.0, 2.0])
        self.assertEqual(ledger._local_state(), "delivered")
        self.assertEqual(sale.invoice_status, "to invoice")

    def test_an_order_that_left_before_it_was_seen_is_delivered_at_once(self):
        self.receive(
            self.document("S-2", self.two_lines("S-2"), status="shipped", stocked_by="channel")
        )
        self.process()
        sale = self.env["sale.order"].search([("client_order_ref", "=", "S-2")])
        self.assertEqual(sale.order_line.mapped("qty_delivered"), [3.0, 2.0])

    def test_a_pending_one_holds_nothing_back(self):
        self.account.confirm_on = "confirmed"
        self.receive(self.document("S-3", self.two_lines("S-3"), stocked_by="channel"))
        self.process()
        held = self.env["marketplace.order"]._held_quantities(self.account, self.tea | self.milk)
        self.assertEqual(held, {})


@tagged("post_install", "-at_install")
class TestPendingOrders(OrderCase):
    """Pending orders: no price, no buyer yet; both come later."""

    def setUp(self):
        super().setUp()
        self.account.confirm_on = "confirmed"
        lines = [dict(line, price="0") for line in self.two_lines("P-1")]
        self.receive(self.document("P-1", lines, total=None, priced=False, buyer={}))
        self.process()
        self.ledger = self.env["marketplace.order"].search([("external_id", "=", "P-1")])
        self.sale = self.ledger.sale_order_id

    @covers("R32", "R33", "X9")
    def test_a_pending_order_holds_goods_back_without_a_price(self):
        self.assertEqual((self.sale.state, self.sale.amount_total), ("draft", 0.0))
        held = self.env["marketplace.order"]._held_quantities(self.account, self.tea | self.milk)
        self.assertEqual(held, {self.tea.id: 3.0, self.milk.id: 2.0})

    @covers("R33", "X9")
    def test_prices_and_buyer_come_with_the_real_order(self):
        place = {"name": "Ada", "street": "1 Long Row", "city": "Leeds", "zip": "LS1"}
        place["country"] = "GB"
        self.receive(
            self.document(
                "P-1",
                self.two_lines("P-1"),
                status="confirmed",
                buyer={"name": "Ada", "email": "ada@example.com"},
                ship_to=place,
                minutes=30,
            )
        )
        self.process()
        self.assertEqual((self.sale.state, self.sale.amount_total), ("sale", 40.0))
        self.assertEqual(self.sale.partner_id.name, "Ada")
        self.assertEqual(self.sale.partner_shipping_id.street, "1 Long Row")
        self.assertEqual(self.sale.picking_ids.partner_id, self.sale.partner_shipping_id)
        self.assertEqual(self.sale.order_line.mapped("price_unit"), [10.0, 5.0])

    @covers("R33", "X9")
    def test_the_currency_stays_when_the_buyer_comes(self):
        other = self.env.ref("base.EUR" if self.currency != "EUR" else "base.GBP")
        other.active = True
        self.receive(
            self.document("P-2", self.two_lines("P-2"), total=None, buyer={}, currency=other.name)
        )
        self.process()
        sale = self.env["sale.order"].search([("client_order_ref", "=", "P-2")])
        self.assertEqual(sale.currency_id, other)
        self.env["product.pricelist"].create({"name": "Usual", "sequence": 1})
        self.receive(
            self.document(
                "P-2",
                self.two_lines("P-2"),
                status="confirmed",
                currency=other.name,
                buyer={"name": "Ada", "email": "ada@example.com"},
                minutes=30,
            )
        )
        self.process()
        self.assertEqual((sale.partner_id.name, sale.currency_id), ("Ada", other))
        self.assertEqual((sale.state, sale.amount_total), ("sale", 40.0))

    @covers("X9")
    def test_a_pending_order_that_is_cancelled_lets_its_goods_go(self):
        self.receive(self.document("P-1", status="cancelled", minutes=30))
        self.process()
        self.assertEqual(self.sale.state, "cancel")
        held = self.env["marketplace.order"]._held_quantities(self.account, self.tea | self.milk)
        self.assertEqual(held, {})

    def test_a_buyer_who_comes_after_the_confirmation_is_put_on_the_delivery(self):
        self.receive(
            self.document("P-1", self.two_lines("P-1"), status="confirmed", buyer={}, minutes=10)
        )
        self.process()
        self.assertEqual(self.sale.state, "sale")
        ada = {"id": "B-9", "name": "Ada"}
        place = {"name": "Ada", "street": "1 Long Row", "city": "Leeds", "country": "GB"}
        self.receive(
            self.document(
                "P-1",
                self.two_lines("P-1"),
                status="confirmed",
                buyer=ada,
                ship_to=place,
                minutes=20,
            )
        )
        self.process()
        self.assertEqual(self.sale.partner_id.name, "Ada")
        self.assertEqual(self.sale.picking_ids.partner_id.street, "1 Long Row")
        self.assertEqual(self.sale.amount_total, 40.0)

    def test_a_summary_never_changes_an_order_that_is_here(self):
        self.receive(self.document("P-1", self.two_lines("P-1", tea=9), summary=True, minutes=40))
        self.process()
        self.assertEqual(self.sale.order_line.mapped("product_uom_qty"), [3.0, 2.0])


@tagged("post_install", "-at_install")
class TestTaxOfTheChannel(OrderCase):
    @covers("R33")
    def test_tax_that_the_channel_collects_is_a_line_and_no_tax_of_ours(self):
        tax = self.env["account.tax"].create(
            {"name": "Sales tax 15 %", "amount": 15.0, "type_tax_use": "sale"}
        )
        self.tea.taxes_id = tax
        lines = [
            {
                "id": "T-1-1",
                "listing": "F-1",
                "quantity": "2",
                "price": "10",
                "tax": "1.65",
                "taxed_by": "channel",
            },
            {
                "id": "T-1-tax",
                "listing": "",
                "name": "Tax",
                "quantity": "1",
                "price": "1.65",
                "kind": "tax",
                "taxed_by": "channel",
            },
        ]
        self.receive(self.document("T-1", lines, status="confirmed", total="21.65"))
        self.process()
        sale = self.env["sale.order"].search([("client_order_ref", "=", "T-1")])
        self.assertEqual((sale.amount_total, sale.amount_tax), (21.65, 0.0))
        product = self.account.tax_product_id
        self.assertEqual(sale.order_line[-1].product_id, product)
        self.assertFalse(sale.order_line.tax_ids)


@tagged("post_install", "-at_install")
class TestShippedElsewhere(OrderCase):
    """Goods that left by hand on the channel's own pages, or before the account was connected."""

    def setUp(self):
        super().setUp()
        self.account.validate_delivery = "always"

    def lines(self, order_id, tea=0, milk=0):
        first, second = self.two_lines(order_id)
        return [dict(first, shipped=str(tea)), dict(second, shipped=str(milk))]

    def sale(self, order_id):
        return self.env["sale.order"].search([("client_order_ref", "=", order_id)])

    def test_what_left_leaves_here_and_the_rest_waits(self):
        self.receive(self.document("E-1", self.lines("E-1", tea=2), status="confirmed"))
        self.process()
        sale = self.sale("E-1")
        self.assertEqual(sale.order_line.mapped("qty_delivered"), [2.0, 0.0])
        waiting = sale.picking_ids.filtered(lambda one: one.state != "done").move_ids
        self.assertEqual(
            sorted((one.product_id.name, one.product_uom_qty) for one in waiting),
            [("Milk", 2.0), ("Tea", 1.0)],
        )
        self.env.cr.flush()
        told = self.env["marketplace.order.operation"].search(
            [("order_id", "=", sale.id), ("record_operation", "=", "shipment")]
        )
        self.assertFalse(told)

    def test_what_left_has_left_also_of_an_order_that_waits_for_money_again(self):
        self.receive(self.document("E-4", self.two_lines("E-4"), status="confirmed"))
        self.process()
        self.receive(self.document("E-4", self.lines("E-4", milk=1), status="pending", minutes=9))
        self.process()
        self.assertEqual(self.sale("E-4").order_line.mapped("qty_delivered"), [0.0, 1.0])

    def test_an_order_that_is_over_leaves_whole_and_once(self):
        self.receive(self.document("E-2", self.two_lines("E-2"), status="shipped"))
        self.process()
        self.assertEqual(self.sale("E-2").order_line.mapped("qty_delivered"), [3.0, 2.0])
        self.receive(self.document("E-2", self.two_lines("E-2"), status="shipped", minutes=9))
        self.process()
        self.assertEqual(self.sale("E-2").order_line.mapped("qty_delivered"), [3.0, 2.0])
        self.assertEqual(set(self.sale("E-2").picking_ids.mapped("state")), {"done"})

    def test_without_that_policy_a_person_validates(self):
        self.account.validate_delivery = "channel"
        self.receive(self.document("E-3", self.two_lines("E-3"), status="shipped"))
        self.process()
        self.assertEqual(self.sale("E-3").order_line.mapped("qty_delivered"), [0.0, 0.0])
