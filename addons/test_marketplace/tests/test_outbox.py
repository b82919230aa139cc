"""From a change in Odoo to the channel: recording, coalescing, sending, what comes back."""

from decimal import Decimal

from odoo.tests import tagged

from marketplace_adapters.core import (
    AuthError,
    InvalidError,
    Kind,
    Money,
    ServerError,
    ThrottledError,
)
from marketplace_adapters.testing import covers

from .common import MarketplaceCase


@tagged("post_install", "-at_install")
class TestOutbox(MarketplaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tea = cls._make_product("Tea", 10.0, quantity=20, default_code="TEA")
        cls.listing = cls._list(cls.tea)

    def operations(self, record=None):
        domain = (
            [("model_name", "=", record._name), ("record_id", "=", record.id)] if record else []
        )
        return self.env["marketplace.product.operation"].search(domain, order="id")

    def items(self, kind=None):
        domain = [("account_id", "=", self.account.id)] + ([("kind", "=", kind)] if kind else [])
        return self.env["marketplace.outbox"].search(domain, order="id")

    def settle(self):
        """Whatever setting up left behind is told, then forgotten by the channel's log."""
        self.run_engine()
        self.channel.calls.clear()

    @covers("R3", "R9", "R12", "R13", "R15", "R16", "R19", "R21", "R22", "X1")
    def test_creating_a_product_is_one_operation_for_template_and_variant_each(self):
        product = self._make_product("Coffee")
        self.env.cr.flush()
        for record in (product, product.product_tmpl_id):
            operation = self.operations(record)
            self.assertEqual(len(operation), 1)
            self.assertEqual(operation.record_operation, "create")
            self.assertFalse(operation.operation_data)
            self.assertEqual(operation.template_id, product.product_tmpl_id.id)
            self.assertEqual(operation.user_id, self.env.user)

    @covers("R4", "R17", "X2", "R97", "R142")
    def test_writing_a_price_records_its_name_and_old_and_new_value(self):
        self.settle()
        self.tea.product_tmpl_id.list_price = 12.5
        self.env.cr.flush()
        operation = self.operations(self.tea.product_tmpl_id)[-1]
        self.assertEqual(operation.record_operation, "write")
        self.assertEqual(operation.operation_data["fields"], ["list_price"])
        self.assertEqual(operation.operation_data["values"], {"list_price": [10.0, 12.5]})
        self.assertEqual(operation.status, "new")

    @covers("R94", "R149", "R151", "R309")
    def test_a_price_change_arrives(self):
        self.settle()
        self.tea.list_price = 12.5
        self.run_engine()
        self.assertEqual(len(self.channel.pushes), 1)
        (item,) = self.channel.pushed
        self.assertEqual(item.kind, Kind.PRICE)
        self.assertEqual(item.target.external_id, self.listing.external_id)
        self.assertEqual(item.state.price, Money(Decimal("12.50"), self.account.currency_id.name))
        operation = self.operations(self.tea.product_tmpl_id)[-1]
        self.assertEqual(operation.status, "success")
        self.assertEqual(operation.delivery_ids.account_id, self.account)
        self.assertEqual(self.listing.sent_price, 12.5)
        self.assertEqual(self.listing.sync_status, "synced")

    @covers("C1")
    def test_forty_changes_are_one_call_and_the_others_are_superseded(self):
        self.settle()
        for price in range(11, 51):
            self.tea.list_price = price
            self.env.cr.flush()
        self.run_engine()
        (item,) = self.channel.pushed
        self.assertEqual(item.state.price.amount, Decimal("50.00"))
        operations = self.operations(self.tea.product_tmpl_id)[-40:]
        self.assertEqual(operations.mapped("status"), ["superseded"] * 39 + ["success"])

    @covers("R94", "R96", "R144", "R145", "R152", "R155", "X20", "R311")
    def test_a_reservation_changes_what_is_offered(self):
        self.settle()
        self.env["stock.quant"]._update_reserved_quantity(self.tea, self.warehouse.lot_stock_id, 5)
        self.run_engine()
        (item,) = self.channel.pushed
        self.assertEqual(item.kind, Kind.INVENTORY)
        self.assertEqual(item.state.quantity, Decimal(15))

    def test_stock_elsewhere_is_not_told(self):
        self.settle()
        elsewhere = self.env["stock.warehouse"].create({"name": "Elsewhere", "code": "ELS"})
        self.env["stock.quant"]._update_available_quantity(self.tea, elsewhere.lot_stock_id, 7)
        self.run_engine()
        self.assertEqual(self.channel.pushes, [])
        operation = self.operations(self.tea)[-1]
        self.assertEqual(operation.status, "none")

    def test_nothing_equal_is_sent_twice(self):
        self.settle()
        self.tea.list_price = 12
        self.run_engine()
        self.tea.list_price = 13
        self.tea.list_price = 12
        self.env.cr.flush()
        self.run_engine()
        self.assertEqual(len(self.channel.pushes), 1)
        self.assertEqual(self.items("price")[-1].message, "The channel knows it already.")

    @covers("R5", "R18", "X1", "R14")
    def test_deleting_a_product_keeps_what_identified_it_and_closes_the_listing(self):
        self.settle()
        product = self._make_product("Gone", default_code="GONE", barcode="4006381333931")
        listing = self._list(product)
        self.settle()
        template = product.product_tmpl_id
        product_id, template_id = product.id, template.id
        template.unlink()
        self.run_engine()
        operation = self.env["marketplace.product.operation"].search(
            [
                ("model_name", "=", "product.product"),
                ("record_id", "=", product_id),
                ("record_operation", "=", "unlink"),
            ]
        )
        self.assertEqual(
            operation.operation_data,
            {
                "sku": "GONE",
                "barcode": "4006381333931",
                "template_id": template_id,
                "listings": [
                    {
                        "listing_id": listing.id,
                        "account_id": self.account.id,
                        "external_id": listing.external_id,
                    }
                ],
            },
        )
        self.assertEqual([item.kind for item in self.channel.pushed], [Kind.DELETE])

    @covers("R71", "R69", "R84", "R70")
    def test_a_refused_price_is_an_error_with_a_cause_until_the_data_changes(self):
        self.settle()
        self.channel.reject(self.listing.external_id, "too_low", "The price is too low.")
        self.tea.list_price = 1
        self.run_engine()
        item = self.items("price")[-1]
        self.assertEqual((item.status, item.message), ("error", "The price is too low."))
        self.assertEqual(item.cause_id.code, "rejected:too_low")
        self.assertEqual(self.listing.sync_status, "error")
        self.channel.accept(self.listing.external_id)
        self.tea.list_price = 9
        self.run_engine()
        self.assertEqual(item.status, "superseded")
        self.assertEqual(self.items("price")[-1].status, "success")

    def refuse(self, price):
        self.channel.reject(self.listing.external_id, "too_low", "The price is too low.")
        self.tea.list_price = price
        self.run_engine()
        return self.items("price")[-1]

    @covers("R47", "C11")
    def test_a_cause_is_told_once_while_it_lasts_and_solved_once_nothing_waits_on_it(self):
        self.settle()
        cause = self.refuse(1).cause_id
        told = len(cause.message_ids)
        self.assertEqual(self.refuse(2).cause_id, cause)
        self.assertEqual((cause.state, cause.waiting_count), ("open", 1))
        self.assertEqual(len(cause.message_ids), told)
        self.channel.accept(self.listing.external_id)
        self.tea.list_price = 9
        self.run_engine()
        self.assertEqual((cause.state, cause.waiting_count), ("solved", 0))
        self.assertFalse(cause.activity_ids)
        self.assertEqual(self.refuse(1).cause_id, cause)
        self.assertEqual(len(cause.message_ids), told + 1, "it is news again")

    @covers("C11")
    def test_a_cause_is_solved_when_a_person_settles_what_waits_on_it(self):
        self.settle()
        for action in ("action_drop", "action_mark_sent"):
            item = self.refuse(1)
            cause = item.cause_id
            getattr(item, action)()
            self.assertEqual((cause.state, item.cause_id.id), ("solved", False))
            self.channel.accept(self.listing.external_id)
            self.tea.list_price = 10
            self.run_engine()
        item = self.refuse(1)
        self.channel.accept(self.listing.external_id)
        cause = item.cause_id
        item.action_retry()
        self.assertEqual(cause.state, "open", "not before it went through")
        self.run_engine()
        self.assertEqual((item.status, cause.state), ("success", "solved"))

    @covers("R312", "R315", "R130")
    def test_a_failing_server_is_tried_again_later(self):
        self.settle()
        self.channel.fail_next(ServerError("down"), verb="push")
        self.tea.list_price = 14
        self.run_engine()
        item = self.items("price")[-1]
        self.assertEqual((item.status, item.attempts), ("new", 1))
        self.assertTrue(item.not_before)
        item.not_before = False
        self.run_engine()
        self.assertEqual(item.status, "success")
        self.assertEqual(self.channel.listings[self.listing.external_id].price.amount, 14)

    @covers("X42", "R411", "R357")
    def test_being_throttled_does_not_count_as_an_attempt(self):
        self.settle()
        self.channel.fail_next(ThrottledError("slow down", retry_after=30), verb="push")
        self.tea.list_price = 14
        self.run_engine()
        item = self.items("price")[-1]
        self.assertEqual((item.status, item.attempts), ("new", 0))
        self.assertTrue(item.not_before)

    @covers("R390")
    def test_refused_credentials_pause_the_account_and_keep_queueing(self):
        self.settle()
        self.channel.fail_next(AuthError("token revoked"), verb="push")
        self.tea.list_price = 14
        self.run_engine()
        self.assertEqual(self.account.state, "paused")
        self.assertEqual(self.items("price")[-1].status, "new")
        self.tea.list_price = 15
        self.run_engine()
        self.assertEqual(
            self.items("price").filtered(lambda i: i.status == "new").ids,
            self.items("price")[-1].ids,
        )
        self.account.action_resume()
        self.run_engine()
        self.env["marketplace.engine"]._job_send(self.account.id)
        self.assertEqual(self.channel.listings[self.listing.external_id].price.amount, 15)

    def test_our_own_bug_is_buried_and_never_retried(self):
        self.settle()
        self.channel.fail_next(InvalidError("malformed"), verb="push")
        self.tea.list_price = 14
        self.run_engine()
        item = self.items("price")[-1]
        self.assertEqual(item.status, "error")
        self.assertEqual(item.cause_id.fault, "suite")

    @covers("R98")
    def test_price_and_stock_of_a_listing_travel_in_one_call(self):
        self.settle()
        self.tea.list_price = 14
        self.env["stock.quant"]._update_available_quantity(self.tea, self.warehouse.lot_stock_id, 3)
        self.run_engine()
        self.assertEqual(len(self.channel.pushes), 1)
        self.assertEqual({item.kind for item in self.channel.pushed}, {Kind.PRICE, Kind.INVENTORY})

    @covers("R318")
    def test_the_batch_takes_a_constant_number_of_queries(self):
        def sent(count):
            products = [self._make_product(f"P{i}", quantity=3) for i in range(count)]
            for product in products:
                self._list(product)
            # The first round fills the caches that creating products has emptied.
            for price in (76, 77):
                self.settle()
                for product in products:
                    product.list_price = price
                self.env.cr.flush()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                self.run_engine()
                self.assertEqual(len(self.channel.pushed), count)
            return self.env.cr.sql_log_count - before

        self.assertEqual(sent(3), sent(40))
