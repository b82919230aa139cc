"""An order that is here already changes on the channel: local state × remote status."""

import itertools
from datetime import datetime

from odoo import sql_db
from odoo.tests import tagged

from odoo.addons.marketplace.const import PULL_AGAIN
from odoo.addons.marketplace.models.marketplace_order import MATRIX

from marketplace_adapters.testing import covers
from marketplace_adapters.testing.fake import order_line

from .order_common import OrderCase


@tagged("post_install", "-at_install")
class TestOrderChange(OrderCase):
    def setUp(self):
        super().setUp()
        self.account.responsible_id = self.env.ref("base.user_admin")
        self.order = self.take_in(self.document(lines=self.two_lines()))
        self.sale = self.order.sale_order_id

    def change(self, minutes=1, *, tea=3, milk=2, **more):
        more.setdefault("lines", self.two_lines(tea=tea, milk=milk))
        return self.take_in(self.document(minutes=minutes, **more))

    # === LINES === #

    @covers("X25", "R269", "R278")
    def test_a_changed_quantity_changes_the_line_and_the_delivery(self):
        self.change(tea=5)
        self.assertEqual(self.sale.order_line.mapped("product_uom_qty"), [5.0, 2.0])
        self.assertEqual(self.sale.amount_total, 60.0)
        moves = self.sale.picking_ids.move_ids.sorted("id")
        self.assertEqual(moves.mapped("product_uom_qty"), [5, 2])
        self.change(2, tea=1)
        self.assertEqual(self.sale.order_line.mapped("product_uom_qty"), [1.0, 2.0])
        moves = self.sale.picking_ids.move_ids.filtered(lambda move: move.state != "cancel")
        self.assertEqual(
            sum(moves.filtered(lambda m: m.product_id == self.tea).mapped("product_uom_qty")), 1.0
        )
        self.assertEqual(self.order.total, 20.0)

    def test_a_removed_line_is_ordered_none_of_and_a_new_one_is_added(self):
        bread = self._make_product("Bread", quantity=9)
        self._list(bread, external_id="F-3")
        self.change(
            lines=[self.two_lines()[0], order_line("O-1-3", "F-3", 2, "2.25", name="Bread")]
        )
        self.assertEqual(
            [(line.product_id, line.product_uom_qty) for line in self.sale.order_line],
            [(self.tea, 3.0), (self.milk, 0.0), (bread, 2.0)],
        )
        self.assertEqual(self.sale.amount_total, 34.5)
        self.assertIn("Milk: removed", self.sale.message_ids[0].body)

    def test_a_changed_price_is_taken_over(self):
        self.change(lines=[order_line("O-1-1", "F-1", 3, "9.99", name="Tea"), self.two_lines()[1]])
        self.assertEqual(self.sale.order_line[0].price_unit, 9.99)
        self.assertEqual(self.sale.amount_total, 39.97)

    def test_a_locked_order_is_changed_and_stays_locked(self):
        self.sale.locked = True
        self.change(tea=4)
        self.assertEqual(self.sale.order_line[0].product_uom_qty, 4.0)
        self.assertTrue(self.sale.locked)

    def test_what_people_changed_here_and_the_channel_does_not_know_is_theirs(self):
        self.sale.order_line[0].product_uom_qty = 7
        self.change(milk=4)
        self.assertEqual(self.sale.order_line.mapped("product_uom_qty"), [7.0, 4.0])

    def test_lines_changed_after_goods_left_are_asked_about_and_nothing_is_touched(self):
        self.deliver(self.sale, Tea=3)
        self.change(tea=5)
        self.assertEqual(self.sale.order_line.mapped("product_uom_qty"), [3.0, 2.0])
        item = self.item()
        self.assertEqual(item.status, "quarantined")
        self.assertEqual(item.cause_id.code, "late_change")
        self.assertIn("Tea", item.cause_id.title)
        activity = self.activities(self.sale).filtered(lambda one: "too late" in one.summary)
        self.assertEqual(activity.user_id, self.account.responsible_id)
        self.assertIn("too late", self.order.attention)

    def test_bringing_the_order_in_line_by_hand_and_retrying_solves_it(self):
        self.deliver(self.sale, Tea=3)
        self.change(tea=5)
        self.sale.order_line[0].product_uom_qty = 5
        cause = self.item().cause_id
        cause.action_retry_all()
        self.process()
        self.assertEqual(self.item().status, "done")
        self.assertEqual(cause.state, "solved")
        self.assertEqual(self.order.line_ids[0].quantity, 5.0)

    # === STATUS === #

    @covers("X23", "R104", "R189", "R190")
    def test_shipped_is_a_note_on_the_delivery_and_not_a_state(self):
        self.change(status="shipped")
        self.assertEqual((self.sale.state, self.sale.picking_ids.state), ("sale", "assigned"))
        self.assertIn("Shipped", self.sale.picking_ids.message_ids[0].body)
        self.assertEqual(self.order.status, "shipped")

    def test_delivered_by_the_seller_is_left_to_people(self):
        self.change(status="delivered")
        self.assertEqual(self.sale.picking_ids.state, "assigned")

    def test_delivered_by_the_channel_validates_the_delivery(self):
        order = self.take_in(self.document("O-2", self.two_lines("O-2"), fulfilment="channel"))
        self.take_in(
            self.document(
                "O-2", self.two_lines("O-2"), minutes=1, fulfilment="channel", status="delivered"
            )
        )
        picking = order.sale_order_id.picking_ids
        self.assertEqual(picking.state, "done")
        self.assertEqual(picking.move_ids.sorted("id").mapped("quantity"), [3.0, 2.0])
        self.assertEqual(order.sale_order_id.delivery_status, "full")

    def test_a_delivery_that_cannot_be_validated_is_asked_about(self):
        self.tea.tracking = "lot"
        self.account.validate_delivery = "always"
        self.change(status="delivered")
        self.assertNotEqual(self.sale.picking_ids.state, "done")
        self.assertEqual(self.order.status, "delivered")
        self.assertTrue(
            self.activities(self.sale).filtered(lambda one: "cannot be validated" in one.summary)
        )
        self.assertEqual(self.item().status, "done")

    @covers("R190")
    def test_cancelled_on_the_channel_cancels_and_frees_the_stock(self):
        self.change(status="cancelled", cancelled_by="buyer", cancel_reason="changed_mind")
        self.assertEqual((self.sale.state, self.sale.picking_ids.state), ("cancel", "cancel"))
        self.assertEqual(
            self.env["stock.quant"]._get_available_quantity(self.tea, self.warehouse.lot_stock_id),
            100.0,
        )
        self.assertEqual(self.order.cancel_reason, "changed_mind")

    def test_a_locked_order_is_cancelled_too(self):
        self.sale.locked = True
        self.change(status="cancelled")
        self.assertEqual(self.sale.state, "cancel")

    def test_cancelled_after_goods_left_stays_and_asks_to_get_them_back(self):
        self.deliver(self.sale)
        self.change(status="cancelled")
        self.assertEqual((self.sale.state, self.sale.picking_ids.state), ("sale", "done"))
        self.assertEqual(self.order.status, "cancelled")
        activity = self.activities(self.sale)
        self.assertEqual(
            activity.mapped("summary"), ["Cancelled on Fake after goods left: get them back."]
        )
        self.assertEqual(self.sale.marketplace_attention, activity.summary)
        self.order.action_clear_attention()
        self.assertFalse(self.order.attention)

    def test_cancelled_after_the_invoice_asks_for_a_credit_note(self):
        self.tea.invoice_policy = self.milk.invoice_policy = "order"
        self.sale._create_invoices().action_post()
        self.change(status="cancelled")
        self.assertEqual(self.sale.state, "cancel")
        self.assertIn("credit note", self.activities(self.sale).summary)

    def test_news_for_an_order_that_is_cancelled_here_is_asked_about_once(self):
        self.sale._action_cancel()
        self.env.cr.flush()
        self.change(status="confirmed")
        self.assertEqual(self.sale.state, "cancel")
        self.assertEqual(len(self.activities(self.sale)), 1)
        self.change(2, status="confirmed", note="again")
        self.assertEqual(len(self.activities(self.sale)), 1)

    def test_nothing_is_done_while_the_buyer_edits(self):
        self.change(tea=9, status="hold")
        self.assertEqual(self.order.status, "hold")
        self.assertEqual(self.sale.order_line[0].product_uom_qty, 3.0)
        self.change(2, tea=9, status="pending")
        self.assertEqual(self.sale.order_line[0].product_uom_qty, 9.0)

    @covers("R139")
    def test_what_the_channel_may_not_set_is_recorded_and_nothing_else(self):
        orders = type(self.env["marketplace.order"])
        self.patch(orders, "_inbound_allowed", lambda order, status: status == "pending")
        self.change(status="cancelled")
        self.assertEqual(self.sale.state, "sale")
        self.assertEqual(self.order.status, "cancelled")
        self.assertEqual(self.item().message, "Recorded; the channel may not set that here.")

    def test_a_return_is_ignored_noted_or_drafted_as_the_account_says(self):
        self.tea.invoice_policy = self.milk.invoice_policy = "order"
        self.sale._create_invoices().action_post()
        self.deliver(self.sale)
        self.account.refund_mode = "draft"
        self.change(status="returned")
        back = self.sale.picking_ids.filtered(lambda one: one.picking_type_code == "incoming")
        self.assertEqual(len(back), 1)
        self.assertNotEqual(back.state, "done")
        self.assertEqual(sorted(back.move_ids.mapped("product_uom_qty")), [2.0, 3.0])
        credit = self.sale.invoice_ids.filtered(lambda move: move.move_type == "out_refund")
        self.assertEqual((credit.state, credit.amount_total), ("draft", 40.0))
        self.item().action_replay()
        self.process()
        self.assertEqual(len(self.sale.picking_ids), 2)

    def test_every_cell_of_the_matrix_ends_without_failure(self):
        """All local states × all remote statuses; a person is asked at worst."""
        locals_ = ("quotation", "sale", "partial", "delivered", "cancelled")
        for number, (local, remote) in enumerate(itertools.product(locals_, MATRIX["none"])):
            order_id = f"M-{number}"
            self.account.order_mode = "quotation" if local == "quotation" else "full"
            order = self.take_in(self.document(order_id, self.two_lines(order_id)))
            sale = order.sale_order_id
            if local in ("partial", "delivered"):
                self.deliver(sale, **({"Milk": 0} if local == "partial" else {}))
            elif local == "cancelled":
                sale._action_cancel()
            self.env.cr.flush()
            self.assertEqual(order._local_state(), local)
            self.account.order_mode = "full"
            self.take_in(
                self.document(order_id, self.two_lines(order_id), minutes=1, status=remote)
            )
            self.assertEqual(order.status, remote, (local, remote))
            self.assertIn(self.item(order_id).status, ("done", "ignored"), (local, remote))
            gone = (
                local == "cancelled"
                or (remote == "cancelled" and local in ("quotation", "sale"))
                or (remote == "returned" and local == "quotation")
            )
            self.assertEqual(sale.state == "cancel", gone, (local, remote))

    # === ORDER OF ARRIVAL === #

    def test_an_older_document_never_overwrites_a_newer_one(self):
        self.change(5, tea=8)
        self.change(2, tea=1)
        self.assertEqual(self.sale.order_line[0].product_uom_qty, 8.0)
        self.assertEqual(self.item().message, "Older than what we know.")

    def test_of_several_versions_in_one_batch_only_the_newest_counts(self):
        versions = [self.document(minutes=m, lines=self.two_lines(tea=m)) for m in (4, 9, 6)]
        self.receive(*versions)
        self.process()
        self.assertEqual(self.sale.order_line[0].product_uom_qty, 9.0)
        self.assertEqual(self.statuses()[1:], ["ignored", "done", "ignored"])

    def test_without_times_the_last_to_arrive_is_the_newest(self):
        def untimed(tea):
            document = self.document(lines=self.two_lines(tea=tea))
            return {**document, "updated_at": None}

        self.take_in(untimed(6))
        self.take_in(untimed(2))
        self.assertEqual(self.sale.order_line[0].product_uom_qty, 2.0)
        first = self.env["marketplace.inbox"].search(
            [("account_id", "=", self.account.id)], order="id"
        )[1]
        first.action_replay()
        self.process()
        self.assertEqual(self.sale.order_line[0].product_uom_qty, 2.0)
        self.assertEqual(first.status, "ignored")

    def test_a_channel_that_goes_back_to_an_earlier_version_is_followed(self):
        def untimed(tea):
            return {**self.document(lines=self.two_lines(tea=tea)), "updated_at": None}

        self.take_in(untimed(6), source="pull")
        self.take_in(untimed(2), source="pull")
        self.assertEqual(self.receive(untimed(6), source="pull"), 1)
        self.process()
        self.assertEqual(self.sale.order_line[0].product_uom_qty, 6.0)
        self.assertEqual(self.receive(untimed(6), source="pull"), 0)

    @covers("R102", "R185", "R186")
    def test_a_mere_status_is_applied(self):
        self.take_in(
            {"id": "O-1", "status": "cancelled", "updated_at": "2030-01-15T13:00:00Z"},
            topic="status",
        )
        self.assertEqual(self.sale.state, "cancel")

    @covers("R193", "X51")
    def test_a_status_before_its_order_waits_for_it(self):
        self.take_in(
            {"id": "O-7", "status": "cancelled", "updated_at": "2030-01-15T13:00:00Z"},
            topic="status",
        )
        item = self.item("O-7")
        self.assertEqual(item.status, "new")
        self.assertTrue(item.not_before)
        order = self.take_in(self.document("O-7", self.two_lines("O-7")))
        self.assertEqual(order.sale_order_id.state, "cancel")

    @covers("R102", "X26")
    def test_a_status_of_an_unknown_order_fetches_orders_once_and_at_once(self):
        wakes = []
        self.patch(
            type(self.env["marketplace.engine"]),
            "_wake_after_commit",
            lambda engine, method, account_id, argument=0: wakes.append((method, account_id)),
        )
        fetch = ("_job_pull", self.account.id)
        self.account.automatic = True
        wakes.clear()
        self.receive({"id": "O-5", "status": "pending"}, topic="status")
        self.receive({"id": "O-6", "status": "pending"}, topic="status")
        self.process()
        self.assertEqual(wakes.count(fetch), 1)
        for external_id in ("O-5", "O-6"):
            self.item(external_id).not_before = False
        self.process()
        self.assertEqual(wakes.count(fetch), 1, "the interval and the waiting do the rest")
        self.account.automatic = False
        self.take_in({"id": "O-7", "status": "pending"}, topic="status")
        self.assertEqual(wakes.count(fetch), 1, "orders are fetched by hand only")

    @covers("R355", "C2")
    def test_of_one_second_what_was_read_counts_whatever_arrives_after_it(self):
        before, after = self.two_lines(tea=3), self.two_lines(tea=1)
        self.receive(self.document("O-9", after), source="pull")
        self.process()
        order = self.take_in(self.document("O-9", before))
        self.assertEqual(self.item("O-9").status, "ignored")
        self.assertEqual(order.line_ids[0].quantity, 1)

    @covers("R355", "C2")
    def test_of_one_second_a_late_message_is_put_right_by_the_next_pull(self):
        before, after = self.two_lines(tea=3), self.two_lines(tea=1)
        self.take_in(self.document("O-9", after))
        order = self.take_in(self.document("O-9", before))
        self.assertEqual(order.line_ids[0].quantity, 3, "the messages alone do not tell")
        for _time in range(2):
            self.receive(self.document("O-9", after), source="pull")
            self.process()
            self.assertEqual(order.line_ids[0].quantity, 1)
        self.assertEqual(self.receive(self.document("O-9", after), source="pull"), 0, "known now")
        self.take_in(self.document("O-9", before))
        self.assertEqual(order.line_ids[0].quantity, 1)

    def test_a_pull_that_finds_another_under_way_comes_again_soon(self):
        self.account.write({"automatic": True, "interval": 3600})
        engine = self.env["marketplace.engine"].with_user(self.engine_user)
        jobs = self.env["queue.job"].search([("identity_key", "like", "marketplace:_job_pull:%")])
        jobs.unlink()
        other = sql_db.db_connect(self.env.cr.dbname).cursor()
        self.addCleanup(other.close)
        other.execute(
            "SELECT pg_advisory_lock(hashtextextended(%s, 0))",
            [f"marketplace.pull.{self.account.id}"],
        )
        self.channel.calls.clear()
        engine._job_pull(self.account.id)
        self.assertEqual(self.channel.calls, [])
        job = self.env["queue.job"].search([("identity_key", "like", "marketplace:_job_pull:%")])
        self.assertEqual(len(job), 1)
        self.assertLessEqual((job.eta - datetime.now()).total_seconds(), PULL_AGAIN)

    def test_a_status_whose_order_never_comes_is_asked_about(self):
        self.receive({"id": "O-8", "status": "shipped"}, topic="status")
        for _attempt in range(6):
            self.process()
            self.item("O-8").not_before = False
        self.assertEqual(self.item("O-8").status, "quarantined")
        self.assertEqual(self.item("O-8").cause_id.code, "unknown_order")
        order = self.take_in(self.document("O-8", self.two_lines("O-8")))
        # It came before the document and tells no time: the document is the newer news.
        self.assertEqual(order.status, "pending")
        self.assertEqual(set(order.inbox_ids.mapped("status")), {"ignored", "done"})
        self.assertFalse(self.causes())

    def test_a_document_and_a_later_status_in_one_batch_are_both_applied(self):
        self.receive(self.document("O-9", self.two_lines("O-9")))
        self.receive(
            {"id": "O-9", "status": "cancelled", "updated_at": "2030-01-15T13:00:00Z"},
            topic="status",
        )
        self.process()
        self.assertEqual(self.ledger("O-9").sale_order_id.state, "cancel")
