"""A new order of a channel becomes a sales order."""

from odoo.tests import tagged

from marketplace_adapters.testing import covers
from marketplace_adapters.testing.fake import order_line

from .order_common import OrderCase


@tagged("post_install", "-at_install")
class TestOrderImport(OrderCase):
    @covers("R92", "R161", "R163", "R168", "R169", "R171", "R172", "R173", "R135", "R158")
    def test_an_order_becomes_a_confirmed_sales_order_with_reserved_stock(self):
        order = self.take_in(self.document(lines=self.two_lines()))
        sale = order.sale_order_id
        self.assertEqual(sale.state, "sale")
        self.assertEqual(
            [(line.product_id, line.product_uom_qty, line.price_unit) for line in sale.order_line],
            [(self.tea, 3.0, 10.0), (self.milk, 2.0, 5.0)],
        )
        self.assertEqual(sale.amount_total, 40.0)
        self.assertEqual(sale.currency_id, self.company.currency_id)
        self.assertEqual(sale.client_order_ref, "O-1")
        self.assertEqual(sale.warehouse_id, self.warehouse)
        self.assertEqual(sale.picking_ids.state, "assigned")
        self.assertEqual(sale.picking_ids.move_ids.sorted("id").mapped("quantity"), [3.0, 2.0])
        self.assertEqual((order.status, order.total, order.cash_to_collect), ("pending", 40, 40))
        self.assertEqual(order.line_ids.sale_line_id, sale.order_line)
        self.assertEqual(self.item().status, "done")
        self.assertEqual(self.item().order_id, order)
        self.assertEqual(self.item().message, f"Became {sale.name}.")

    @covers("R164", "X25", "C6")
    def test_the_same_order_again_changes_nothing(self):
        document = self.document(lines=self.two_lines())
        order = self.take_in(document)
        self.assertEqual(self.receive(document), 0)
        self.item().action_replay()
        self.process()
        self.assertEqual(self.ledger(), order)
        self.assertEqual(self.env["sale.order"].search_count([("client_order_ref", "=", "O-1")]), 1)
        self.assertEqual(self.item().status, "ignored")
        self.assertEqual(order.seen_count, 2)

    @covers("R141", "X18", "X36")
    def test_lines_find_their_product_by_external_id_own_id_sku_and_barcode(self):
        box = self._make_product("Box", default_code="BOX", barcode="4006381333931")
        listing = self._list(box, external_id=False)
        cases = {
            "by-internal": {"internal_id": str(box.id)},
            "by-sku": {"sku": "BOX"},
            "by-barcode": {"barcode": "4006381333931"},
        }
        for order_id, key in cases.items():
            order = self.take_in(self.document(order_id, [order_line("1", "", 1, 10, **key)]))
            self.assertEqual(order.line_ids.listing_id, listing, order_id)
            self.assertEqual(order.sale_order_id.order_line.product_id, box, order_id)

    @covers("X19")
    def test_a_template_id_is_never_taken_for_our_id(self):
        size = self.env["product.attribute"].create(
            {"name": "Size", "create_variant": "dynamic", "value_ids": [(0, 0, {"name": "L"})]}
        )
        # Templates without variants, so that the ids of templates run ahead of those of variants.
        self.env["product.template"].create(
            [
                {
                    "name": "Made to order",
                    "attribute_line_ids": [
                        (0, 0, {"attribute_id": size.id, "value_ids": [(6, 0, size.value_ids.ids)]})
                    ],
                }
            ]
            * 50
        )
        box = self._make_product("Box")
        self._list(box)
        template_id = str(box.product_tmpl_id.id)
        self.assertFalse(self.env["product.product"].browse(int(template_id)).exists())
        self.take_in(
            self.document(lines=[order_line("1", "", internal_id=template_id, name="Box")])
        )
        self.assertEqual(self.item().status, "quarantined")
        order = self.take_in(
            self.document("O-2", [order_line("1", "", internal_id=str(box.id), name="Box")])
        )
        self.assertEqual(order.sale_order_id.order_line.product_id, box)

    @covers("R150", "X36")
    def test_a_product_that_is_not_listed_is_found_by_its_sku_and_listed(self):
        box = self._make_product("Box", default_code="BOX-7")
        order = self.take_in(
            self.document(lines=[order_line("1", "F-77", 2, 10, sku="BOX-7", name="A box")])
        )
        listing = order.line_ids.listing_id
        self.assertEqual(
            (listing.product_id, listing.external_id, listing.title, listing.account_id),
            (box, "F-77", "A box", self.account),
        )
        again = self.take_in(self.document("O-2", [order_line("1", "F-77", 1, 10)]))
        self.assertEqual(again.line_ids.listing_id, listing)

    @covers("C17", "X36")
    def test_a_product_that_is_not_listed_is_listed_in_the_unit_that_was_sold(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        dozen.active = True
        cola = self._make_product("Cola", default_code="COL")
        cola.product_tmpl_id.uom_ids = dozen
        piece = self._list(cola, external_id=False)
        lines = [
            order_line("1", "F-12", 2, 12, sku="COL", unit_count=12),
            order_line("2", "F-5", 1, 5, sku="COL", unit_count=5),
        ]
        piece.sku = "OTHER"
        order = self.take_in(self.document(lines=lines))
        box = cola.marketplace_listing_ids - piece
        self.assertEqual((box.external_id, box.uom_id), ("F-12", dozen))
        # Five pieces are no unit here: sold as pieces, and not listed as if one piece were five.
        self.assertEqual(
            [
                (line.product_uom_id, line.product_uom_qty)
                for line in order.sale_order_id.order_line
            ],
            [(dozen, 2.0), (cola.uom_id, 5.0)],
        )
        self.assertFalse(piece.external_id)

    def test_an_external_id_is_learned_for_a_listing_found_by_sku(self):
        box = self._make_product("Box", default_code="BOX")
        listing = self._list(box, external_id=False)
        self.take_in(self.document(lines=[order_line("1", "F-9", sku="BOX")]))
        self.assertEqual(listing.external_id, "F-9")

    def test_two_lines_of_one_product_stay_two_lines(self):
        order = self.take_in(
            self.document(
                lines=[order_line("a", "F-1", 5, "8.50"), order_line("b", "F-1", 2, "9.75")]
            )
        )
        self.assertEqual(
            [(line.product_uom_qty, line.price_unit) for line in order.sale_order_id.order_line],
            [(5.0, 8.5), (2.0, 9.75)],
        )
        self.assertEqual(order.sale_order_id.amount_total, 62.0)
        self.assertEqual(sum(order.sale_order_id.picking_ids.move_ids.mapped("quantity")), 7.0)

    @covers("C17")
    def test_the_unit_of_the_listing_is_the_unit_of_the_line(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        listing = self._list(self.milk, external_id="F-2-12", uom_id=dozen.id)
        self.assertEqual(listing.unit_count, 12)
        order = self.take_in(
            self.document(lines=[order_line("1", "F-2-12", 2, 54, unit="box", unit_count=12)])
        )
        line = order.sale_order_id.order_line
        self.assertEqual((line.product_uom_id, line.product_uom_qty), (dozen, 2.0))
        self.assertEqual(line.price_total, 108.0)
        self.assertEqual(line.move_ids.product_qty, 24.0)

    @covers("C17")
    def test_another_number_of_pieces_than_listed_is_sold_in_pieces(self):
        order = self.take_in(
            self.document(lines=[order_line("1", "F-2", 2, 70, unit="box", unit_count=15)])
        )
        line = order.sale_order_id.order_line
        self.assertEqual((line.product_uom_id, line.product_uom_qty), (self.milk.uom_id, 30.0))
        self.assertEqual(line.price_total, 140.0)
        self.assertEqual(order.line_ids.pieces, 15.0)

    def test_discounts_and_comments_are_shown_and_the_total_stays(self):
        line = order_line(
            "1",
            "F-1",
            2,
            9,
            comment="no sugar",
            discounts=[
                {"by": "seller", "amount": "1.5", "label": "Spring"},
                {"by": "channel", "amount": "0.5"},
            ],
        )
        order = self.take_in(self.document(lines=[line]))
        text = order.sale_order_id.order_line.name
        self.assertIn(f"Spring: 1.5 {self.currency}", text)
        self.assertIn(f"Discount of the channel: 0.5 {self.currency}", text)
        self.assertIn("no sugar", text)
        self.assertEqual(order.sale_order_id.amount_total, 18.0)
        self.assertEqual(
            (order.line_ids.seller_discount, order.line_ids.channel_discount), (1.5, 0.5)
        )

    def test_shipping_and_fees_become_lines_of_their_services(self):
        lines = [
            *self.two_lines(),
            order_line("s", "", 1, "4.90", kind="shipping", name="Express"),
            order_line("f", "", 1, 2, kind="fee", name="Cash on delivery"),
        ]
        order = self.take_in(self.document(lines=lines))
        sale = order.sale_order_id
        self.assertEqual(sale.amount_total, 46.9)
        self.assertEqual(
            sale.order_line[2:].product_id,
            self.account.shipping_product_id | self.account.fee_product_id,
        )
        self.assertTrue(sale.order_line[2].is_delivery)
        self.assertEqual(len(sale.picking_ids.move_ids), 2)

    def test_money_that_flows_another_way_is_kept_and_the_cash_computed(self):
        order = self.take_in(
            self.document(
                lines=self.two_lines(),
                payments=[
                    {"kind": "credit", "amount": "5", "sign": -1},
                    {"kind": "top_up", "amount": "2.50", "sign": 1},
                ],
            )
        )
        self.assertEqual(order.cash_to_collect, 37.5)
        self.assertEqual(order.payments[0]["amount"], "5")
        self.assertEqual(order.sale_order_id.amount_total, 40.0)

    @covers("X37")
    def test_quotation_mode_leaves_the_confirmation_to_a_person(self):
        self.account.order_mode = "quotation"
        sale = self.take_in(self.document(lines=self.two_lines())).sale_order_id
        self.assertEqual((sale.state, len(sale.picking_ids)), ("draft", 0))
        sale.action_confirm()
        self.assertEqual(sale.picking_ids.state, "assigned")

    @covers("X37")
    def test_visibility_mode_reserves_nothing_and_cannot_be_confirmed(self):
        self.account.order_mode = "visibility"
        order = self.take_in(self.document(lines=self.two_lines()))
        sale = order.sale_order_id
        self.assertTrue(order.hands_off)
        self.assertEqual((sale.state, len(sale.picking_ids)), ("draft", 0))
        with self.assertRaisesRegex(Exception, "only to be seen here"):
            sale.action_confirm()

    @covers("X9")
    def test_a_pending_order_waits_as_quotation_until_the_channel_confirms_it(self):
        self.account.confirm_on = "confirmed"
        sale = self.take_in(self.document(lines=self.two_lines())).sale_order_id
        self.assertEqual(sale.state, "draft")
        self.take_in(self.document(lines=self.two_lines(), status="confirmed", minutes=1))
        self.assertEqual(sale.state, "sale")
        self.assertEqual(sale.picking_ids.state, "assigned")

    def test_what_was_over_before_the_account_was_live_moves_no_stock(self):
        order = self.take_in(
            self.document(
                lines=self.two_lines(), status="delivered", placed_at="2029-12-01T10:00:00Z"
            )
        )
        self.assertTrue(order.hands_off)
        self.assertEqual(order.sale_order_id.state, "draft")
        self.assertFalse(order.sale_order_id.picking_ids)

    def test_an_order_that_was_cancelled_before_it_came_is_recorded_only(self):
        order = self.take_in(self.document(lines=self.two_lines(), status="cancelled"))
        self.assertEqual(order.status, "cancelled")
        self.assertFalse(order.sale_order_id)
        self.assertEqual(self.item().status, "done")

    def test_an_order_being_edited_waits_for_its_next_version(self):
        self.take_in(self.document(lines=self.two_lines(), status="hold"))
        self.assertFalse(self.ledger())
        self.assertEqual(self.item().status, "ignored")
        order = self.take_in(self.document(lines=self.two_lines(), minutes=1))
        self.assertEqual(order.sale_order_id.amount_total, 40)

    def test_an_order_in_another_currency_keeps_it(self):
        other = self.env.ref("base.EGP" if self.currency != "EGP" else "base.USD")
        other.active = True
        sale = self.take_in(
            self.document(lines=self.two_lines(), currency=other.name)
        ).sale_order_id
        self.assertEqual((sale.currency_id, sale.amount_total), (other, 40.0))
        self.assertEqual(sale.order_line.currency_id, other)

    def test_an_inactive_currency_is_asked_about(self):
        other = self.env.ref("base.ZMW")
        other.active = False
        self.take_in(self.document(lines=self.two_lines(), currency="ZMW"))
        self.assertEqual(self.item().status, "quarantined")
        self.assertEqual(self.item().cause_id.code, "currency:ZMW")
        other.active = True
        self.process()
        self.assertEqual(self.ledger().sale_order_id.currency_id, other)

    @covers("R34", "X10")
    def test_the_receipt_is_acknowledged_once_it_is_imported(self):
        order = self.take_in(self.document(lines=self.two_lines()))
        item = order.outbox_ids.filtered(lambda one: one.kind == "acknowledge")
        self.assertEqual((item.status, item.lane, item.priority), ("new", "order", 2))
        self.assertEqual(item.key, f"acknowledge:{order.id}:{order.revision}")
        self.assertEqual(self.channel.calls, [])
        self.env["marketplace.engine"].with_user(self.engine_user)._job_send(self.account.id)
        self.env.invalidate_all()
        self.assertEqual(item.status, "success")
        self.assertTrue(order.acknowledged_at)
        (told,) = [
            one for one in self.channel.order_items["O-1"] if one.kind.value == "acknowledge"
        ]
        self.assertEqual(told.state.reference, order.sale_order_id.name)

    def test_an_order_without_lines_is_asked_about(self):
        document = self.document(total="0")
        document["lines"] = []
        self.take_in(document)
        self.assertEqual(self.item().cause_id.code, "empty_order")

    def test_the_engine_user_needs_no_superuser_rights(self):
        self.assertFalse(self.engine_user.has_group("base.group_system"))
        order = self.take_in(self.document(lines=self.two_lines()))
        self.assertEqual(order.sale_order_id.create_uid, self.engine_user)
        self.assertFalse(order.sale_order_id.user_id)

    @covers("X37")
    def test_a_quotation_holds_back_what_it_wants_until_it_is_confirmed_or_gone(self):
        self.account.order_mode = "quotation"
        held = self.env["marketplace.order"]._held_quantities
        products = self.tea | self.milk
        self.assertEqual(held(self.account, products), {})
        sale = self.take_in(self.document(lines=self.two_lines())).sale_order_id
        self.assertEqual(held(self.account, products), {self.tea.id: 3.0, self.milk.id: 2.0})
        self.account.hold_quotations = False
        self.assertEqual(held(self.account, products), {})
        self.account.hold_quotations = True
        sale.action_confirm()
        self.assertEqual(held(self.account, products), {})
        other = self.take_in(self.document("O-2", self.two_lines("O-2"))).sale_order_id
        self.env.cr.flush()
        domain = [("model_name", "=", "product.product"), ("record_id", "=", self.tea.id)]
        before = self.env["marketplace.product.operation"].search_count(domain)
        other._action_cancel()
        self.env.cr.flush()
        self.assertEqual(held(self.account, products), {})
        self.assertEqual(self.env["marketplace.product.operation"].search_count(domain), before + 1)
