"""The operation log: one record for whatever happens, in the user's own transaction."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from marketplace_adapters.core import Kind
from marketplace_adapters.testing import covers

from .common import MarketplaceCase
from .order_common import OrderCase


class LogCase(MarketplaceCase):
    def operations(self, model="product", **equal):
        self.env.cr.flush()
        return self.env[f"marketplace.{model}.operation"].search(
            [(name, "=", value) for name, value in equal.items()], order="id"
        )


@tagged("post_install", "-at_install")
class TestProductLog(LogCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tea = cls._make_product("Tea", 10.0, default_code="TEA", barcode="6221234567890")
        cls.listing = cls._list(cls.tea)

    def setUp(self):
        super().setUp()
        self.run_engine()
        for table in ("marketplace_product_operation", "marketplace_order_operation"):
            self.env.cr.execute(f"DELETE FROM {table}")  # pylint: disable=sql-injection
        self.channel.calls.clear()

    @covers("R2", "R49", "R63", "R65")
    def test_recording_calls_nobody_and_hands_nothing_over(self):
        self.tea.list_price = 12
        (operation,) = self.operations()
        self.assertEqual((operation.status, operation.dispatched_at), ("new", False))
        self.assertFalse(operation.delivery_ids)
        self.assertFalse(self.env["marketplace.outbox"].search([("status", "=", "new")]))
        self.assertEqual(self.channel.calls, [])

    @covers("R57", "R63")
    def test_a_change_that_is_rolled_back_leaves_no_record(self):
        self.env.cr.flush()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.tea.list_price = 12
            self.env.cr.flush()
            self.assertEqual(len(self.operations()), 1)
            raise ZeroDivisionError
        self.assertFalse(self.operations())

    @covers("R1", "R4", "R11", "R12", "R13", "R52")
    def test_writes_on_the_template_and_on_the_variant_name_their_own_record(self):
        self.tea.product_tmpl_id.description_sale = "Green"
        self.tea.default_code = "TEA-2"
        self.assertEqual(
            [
                (one.model_name, one.record_id, one.template_id, one.operation_data["fields"])
                for one in self.operations()
            ],
            [
                (
                    "product.template",
                    self.tea.product_tmpl_id.id,
                    self.tea.product_tmpl_id.id,
                    ["description_sale"],
                ),
                (
                    "product.product",
                    self.tea.id,
                    self.tea.product_tmpl_id.id,
                    ["default_code"],
                ),
            ],
        )

    @covers("R21", "R22", "R3", "R11", "R9")
    def test_a_template_with_three_variants_is_one_record_each(self):
        attribute = self.env["product.attribute"].create(
            {"name": "Size", "value_ids": [(0, 0, {"name": name}) for name in "SML"]}
        )
        template = self.env["product.template"].create(
            {
                "name": "Shirt",
                "attribute_line_ids": [
                    (
                        0,
                        0,
                        {
                            "attribute_id": attribute.id,
                            "value_ids": [(6, 0, attribute.value_ids.ids)],
                        },
                    )
                ],
            }
        )
        created = self.operations(record_operation="create")
        self.assertEqual(
            sorted((one.model_name, one.record_id) for one in created),
            sorted(
                [
                    ("product.template", template.id),
                    *(("product.product", one.id) for one in template.product_variant_ids),
                ]
            ),
        )
        self.assertEqual(len(template.product_variant_ids), 3)
        self.assertEqual(set(created.mapped("template_id")), {template.id})

    @covers("R9", "R19", "R55")
    def test_many_writes_of_one_transaction_are_one_record_with_the_time_of_the_change(self):
        before = fields.Datetime.now() - timedelta(seconds=1)
        for price in (11, 12, 13):
            self.tea.list_price = price
        (operation,) = self.operations()
        self.assertEqual(operation.operation_data["values"], {"list_price": [10.0, 13.0]})
        self.assertGreaterEqual(operation.operation_timestamp, before)
        self.assertLessEqual(
            operation.operation_timestamp, fields.Datetime.now() + timedelta(seconds=1)
        )

    @covers("R5", "R18", "R54", "X1")
    def test_create_keeps_nothing_and_unlink_what_identified_it(self):
        milk = self._make_product("Milk", default_code="MILK")
        product_id, template = milk.id, milk.product_tmpl_id
        self.env.cr.flush()
        template.unlink()
        created, gone = self.operations(model_name="product.product", record_id=product_id)
        self.assertEqual((created.record_operation, created.operation_data), ("create", False))
        self.assertEqual(gone.record_operation, "unlink")
        self.assertEqual(
            gone.operation_data,
            {"sku": "MILK", "barcode": None, "template_id": created.template_id, "listings": []},
        )
        self.assertEqual(gone.record_name, "MILK (deleted)")

    def test_what_came_and_went_in_one_transaction_was_never_there(self):
        self._make_product("Mistake").product_tmpl_id.unlink()
        self.assertFalse(self.operations())

    @covers("R10", "R51")
    def test_products_and_orders_have_a_table_each(self):
        names = {
            model: self.env[f"marketplace.{model}.operation"]._table
            for model in ("product", "order")
        }
        self.assertEqual(
            names,
            {"product": "marketplace_product_operation", "order": "marketplace_order_operation"},
        )
        self.tea.list_price = 12
        self.assertEqual(len(self.operations("product")), 1)
        self.assertFalse(self.operations("order"))

    def test_without_an_account_nothing_is_recorded(self):
        self.env["marketplace.account"].search([]).state = "draft"
        self.tea.list_price = 12
        self.assertFalse(self.operations())

    @covers("R61", "R64", "R72")
    def test_the_channels_answer_is_kept_with_the_operation_and_its_ids_with_the_product(self):
        listing = self._list(self._make_product("New", default_code="NEW"), external_id=False)
        self.run_engine()
        self.assertEqual(listing.external_id, "F-1")
        self.channel.reject("F-1", "too_low", "The price is too low.")
        listing.product_id.list_price = 2
        self.run_engine()
        operation = self.operations()[-1]
        (delivery,) = operation.delivery_ids
        self.assertEqual(
            (delivery.status, delivery.status_data, delivery.account_id),
            ("error", "The price is too low.", self.account),
        )
        self.assertTrue(delivery.status_timestamp)

    @covers("R46", "R70", "R84", "R425", "R434")
    def test_people_of_the_group_read_the_whole_story_of_a_change_and_others_nothing(self):
        self.tea.list_price = 12
        self.run_engine()
        user = new_test_user(self.env, "l-user", groups="marketplace.group_user")
        operation = self.operations()[-1].with_user(user)
        item = operation.delivery_ids.outbox_id
        self.assertEqual((item.status, item.provider), ("success", "fake"))
        self.assertEqual(item.target_name, "[TEA] Tea")
        self.assertEqual(item.sent["price"], "12.00")
        (exchange,) = item.submission_id.exchange_ids
        self.assertEqual((exchange.method, exchange.status), ("POST", 200))
        self.assertIn("12.00", exchange.request)
        self.assertIn("TEA", exchange.request)
        self.assertTrue(exchange.url.startswith(self.account.base_url))
        outsider = new_test_user(self.env, "l-outsider", groups="base.group_user")
        for record in (operation, item, item.submission_id, exchange):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.with_user(outsider).read(["id"])


@tagged("post_install", "-at_install")
class TestQueue(LogCase):
    """What the sources wanted of a job queue of their own stands on the outbox item (X41)."""

    @covers("R412", "X41")
    def test_a_sold_piece_goes_before_a_price_and_a_price_before_a_description(self):
        products = [self._make_product(f"P{number}", quantity=9) for number in range(3)]
        for product in products:
            self._list(product)
        self.run_engine()
        self.channel.calls.clear()
        self.account.batch_size = 1
        products[0].description_sale = "Later"
        self.env.cr.flush()
        products[1].list_price = 3
        self.env.cr.flush()
        self.env["stock.quant"]._update_available_quantity(
            products[2], self.warehouse.lot_stock_id, -1
        )
        self.run_engine()
        self.assertEqual(
            [item.kind for item in self.channel.pushed],
            [Kind.INVENTORY, Kind.PRICE, Kind.PRODUCT],
        )

    @covers("R413", "R414", "R415", "R416", "R417", "R418", "X41")
    def test_an_item_knows_platform_operation_record_status_retries_and_error(self):
        tea = self._make_product("Tea")
        listing = self._list(tea)
        self.run_engine()
        seen = []
        self.channel.on_call = lambda call: seen.append(
            (call.verb, self.items(listing).mapped("status"))
        )
        tea.list_price = 7
        self.env.cr.flush()
        self.env["marketplace.dispatcher"]._dispatch()
        item = self.items(listing)
        self.assertEqual(
            (item.provider, item.kind, item.listing_id, item.status, item.attempts),
            ("fake", "price", listing, "new", 0),
        )
        self.channel.reject(listing.external_id, "closed", "The shop is closed.")
        self.run_engine()
        self.assertEqual(seen, [("push", ["submitted"])])
        self.assertEqual(
            (item.status, item.attempts, item.message), ("error", 1, "The shop is closed.")
        )
        self.channel.accept(listing.external_id)
        item.action_retry()
        self.run_engine()
        self.assertEqual((item.status, item.message), ("success", False))

    def items(self, listing):
        self.env.invalidate_all()
        return self.env["marketplace.outbox"].search(
            [("listing_id", "=", listing.id), ("kind", "=", "price")], order="id desc", limit=1
        )

    @covers("R124")
    def test_what_speaks_to_channels_stores_nothing_itself(self):
        for name in ("engine", "sender", "dispatcher", "recorder", "home", "figures"):
            model = self.env[f"marketplace.{name}"]
            with self.subTest(model=name):
                self.assertTrue(model._abstract)
                self.env.cr.execute("SELECT to_regclass(%s)", [model._table])
                self.assertEqual(self.env.cr.fetchone(), (None,))

    @covers("R260")
    def test_bulk_operations_can_be_switched_off_for_an_account(self):
        products = [self._make_product(f"P{number}") for number in range(4)]
        for product in products:
            self._list(product)
        self.run_engine()
        for size, calls in ((0, [4]), (1, [1, 1, 1, 1]), (3, [3, 1])):
            self.account.batch_size = size
            self.channel.calls.clear()
            for product in products:
                product.list_price += 1
            self.run_engine()
            with self.subTest(size=size):
                self.assertEqual([len(call.items) for call in self.channel.pushes], calls)


@tagged("post_install", "-at_install")
class TestOrderLog(OrderCase):
    @covers("R6", "R7", "R8", "R50", "R53", "X3", "R54")
    def test_every_event_of_an_order_has_a_name_of_its_own(self):
        order = self.take_in(self.document(lines=self.two_lines()))
        sale = order.sale_order_id
        (self.tea | self.milk).invoice_policy = "order"
        self.env.cr.flush()
        sale.order_line[0].product_uom_qty = 4
        self.env.cr.flush()
        picking = self.deliver(sale)
        self.env.cr.flush()
        picking.carrier_tracking_ref = "T-1"
        self.env.cr.flush()
        form = Form(
            self.env["stock.return.picking"].with_context(
                active_id=picking.id, active_model="stock.picking"
            )
        )
        with form.product_return_moves.edit(0) as line:
            line.quantity = 1
        back = self.env["stock.picking"].browse(form.save().action_create_returns()["res_id"])
        back.move_ids.write({"quantity": 1, "picked": True})
        back.button_validate()
        self.env.cr.flush()
        invoice = sale._create_invoices()
        invoice.action_post()
        credit = invoice._reverse_moves([{"ref": "damaged"}])
        credit.action_post()
        other = self.take_in(self.document("O-2", self.two_lines("O-2"))).sale_order_id
        other._action_cancel()
        self.env.cr.flush()
        found = self.env["marketplace.order.operation"].search(
            [("order_id", "in", [sale.id, other.id])], order="id"
        )
        self.assertEqual(
            [
                (one.record_operation, one.model_name, one.record_id)
                for one in found
                if one.order_id == sale.id
            ],
            [
                ("confirmation", "sale.order", sale.id),
                ("lines", "sale.order", sale.id),
                ("shipment", "stock.picking", picking.id),
                ("delivery", "stock.picking", picking.id),
                ("tracking", "stock.picking", picking.id),
                ("return", "stock.picking", back.id),
                ("refund", "account.move", credit.id),
            ],
        )
        self.assertEqual(
            [(one.record_operation, one.record_id) for one in found if one.order_id == other.id],
            [("confirmation", other.id), ("cancellation", other.id)],
        )

    @covers("R72", "R158", "R235", "R343")
    def test_ids_of_the_channel_are_kept_with_order_product_and_contact(self):
        order = self.take_in(self.document(lines=self.two_lines()))
        sale = order.sale_order_id
        self.assertEqual(sale.marketplace_order_id, "O-1")
        self.assertEqual(self.tea.marketplace_listing_ids.external_id, "F-1")
        self.assertEqual(order.line_ids.mapped("external_id"), ["O-1-1", "O-1-2"])
        partner = sale.partner_id
        self.assertEqual(len(partner.marketplace_partner_ids), 1)
        self.assertEqual(
            partner.last_customer_sync_date, partner.marketplace_partner_ids.last_sync_date
        )
        self.assertTrue(partner.last_customer_sync_date)

    @covers("C6", "R435")
    def test_replaying_what_went_well_changes_nothing(self):
        self.receive(*[self.document(f"O-{n}", self.two_lines(f"O-{n}")) for n in range(1, 6)])
        self.process()
        orders = self.env["marketplace.order"].search([])
        before = orders.sale_order_id.read(["state", "amount_total", "write_date", "order_line"])
        items = self.env["marketplace.inbox"].search([])
        user = new_test_user(self.env, "l-replay", groups="marketplace.group_user")
        items.with_user(user).action_replay()
        self.assertEqual(set(items.mapped("status")), {"new"})
        self.assertEqual(self.process(), 5)
        self.assertEqual(set(items.mapped("status")), {"ignored"})
        self.assertEqual(self.env["marketplace.order"].search([]), orders)
        self.assertEqual(
            orders.sale_order_id.read(["state", "amount_total", "write_date", "order_line"]), before
        )

    @covers("X37", "R328")
    def test_a_quotation_of_one_channel_lowers_what_another_offers(self):
        other = self._make_account("Second")
        listing = self._list(self.tea, other)
        self.account.order_mode = "quotation"
        self.run_engine()
        order = self.take_in(self.document(lines=self.two_lines(tea=30)))
        self.run_engine()
        channel = type(self.channel).of(other.base_url)
        self.assertEqual(channel.listings[listing.external_id].quantity, 70)
        self.assertEqual(self.channel.listings["F-1"].quantity, 70)
        steps = listing._explain_quantity(other)[listing.id]
        self.assertEqual([quantity for _label, quantity in steps], [100.0, 70.0, 70])
        order.sale_order_id.action_confirm()
        self.run_engine()
        self.assertEqual(channel.listings[listing.external_id].quantity, 70)
        order.sale_order_id._action_cancel()
        self.run_engine()
        self.assertEqual(channel.listings[listing.external_id].quantity, 100)

    def test_a_changed_quotation_changes_what_it_holds_back(self):
        self.account.order_mode = "quotation"
        self.take_in(self.document(lines=self.two_lines(tea=30)))
        self.take_in(self.document(lines=self.two_lines(tea=50), minutes=1))
        self.run_engine()
        self.assertEqual(self.channel.listings["F-1"].quantity, 50)
        self.account.hold_quotations = False
        quantity = self.tea_listing._explain_quantity(self.account)[self.tea_listing.id][-1][1]
        self.assertEqual(quantity, 100)
