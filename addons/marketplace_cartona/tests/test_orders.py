import json

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from marketplace_adapters.testing import covers

from .common import CartonaCase

DETAILS = "order/update-order-details"
STATUS = "order/update-order-status"
SINGLE = "order/update-order-status/{hashed_id}"


class OrderCase(CartonaCase):
    """Orders with one product, tea at 10 pounds, of which there are 100."""

    def setUp(self):
        super().setUp()
        self.tea = self._make_product("Tea", price=10, quantity=100)
        self.tea_listing = self._link(self.tea, name="شاي", selling_price="10")
        self.send()

    def order_in(self, amount=5, **members):
        """Place an order of tea, fetch it and acknowledge it.

        :return: (hashed_id, sales order)
        """
        hashed_id = self.cartona.place((self.tea_listing.external_id, amount), **members)
        self.fetch()
        self.send()
        return hashed_id, self.order_of(hashed_id).sale_order_id

    def deliver(self, sale):
        """Validate what is to go out, as a person would."""
        for picking in sale.picking_ids.filtered(lambda one: one.state not in ("done", "cancel")):
            result = picking.button_validate()
            if result is not True:
                return result
        self.send()
        return True

    def status(self, hashed_id):
        return self.cartona.order(hashed_id)["status"]


@tagged("post_install", "-at_install")
class TestOrdersIn(OrderCase):
    # === IMPORT === #

    @covers(
        "R92", "R93", "R135", "R158", "R161", "R163", "R168", "R171", "R173", "R267", "R297", "R303"
    )
    def test_an_order_becomes_a_sales_order_with_reserved_stock(self):
        hashed_id, sale = self.order_in(
            retailer={"retailer_name": "بقالة النور", "retailer_code": "1001"}
        )
        self.assertEqual(sale.state, "sale")
        self.assertEqual(sale.cartona_id, hashed_id)
        self.assertEqual(sale.partner_id.name, "بقالة النور")
        self.assertEqual(sale.partner_id.cartona_id, "retailer_1001")
        self.assertEqual(sale.currency_id.name, "EGP")
        self.assertEqual(
            [(line.product_id, line.product_uom_qty, line.price_unit) for line in sale.order_line],
            [(self.tea, 5.0, 10.0)],
        )
        self.assertEqual(sale.amount_total, 50.0)
        self.assertEqual(sale.picking_ids.state, "assigned")
        self.assertEqual(self.tea.free_qty, 95.0)
        self.assertEqual(
            self.cartona.product(self.tea_listing.external_id)["available_stock_quantity"], 95
        )

    @covers("R164", "X25", "R348")
    def test_the_same_order_again_changes_nothing(self):
        hashed_id, sale = self.order_in()
        self.cartona.call("POST", "cartona/settings", {"pull_mode": "window"})
        for _again in range(3):
            self.fetch()
        self.assertEqual(self.order_of(hashed_id).sale_order_id, sale)
        self.assertEqual(self.env["sale.order"].search_count([("cartona_id", "=", hashed_id)]), 1)
        self.assertEqual(len(sale.order_line), 1)

    @covers("R268", "R34")
    def test_an_order_is_acknowledged_only_after_it_is_committed(self):
        hashed_id = self.cartona.place((self.tea_listing.external_id, 5))
        engine = self._engine()
        engine._job_pull(self.account.id)
        self.assertFalse(self.cartona.order(hashed_id)["acknowledged"])
        engine._job_process(self.account.id)
        self.assertFalse(self.cartona.order(hashed_id)["acknowledged"])
        order = self.order_of(hashed_id)
        self.assertEqual(order.outbox_ids.filtered(lambda i: i.kind == "acknowledge").status, "new")
        self.send()
        self.assertTrue(self.cartona.order(hashed_id)["acknowledged"])
        self.assertTrue(order.acknowledged_at)

    @covers("R170", "R172", "X24", "R307")
    def test_an_unknown_product_holds_the_whole_order_until_it_is_linked(self):
        unknown = self.cartona.add_product("Coffee")
        hashed_id = self.cartona.place((self.tea_listing.external_id, 1), (unknown, 2))
        self.fetch()
        self.send()
        self.assertFalse(self.order_of(hashed_id).sale_order_id)
        self.assertFalse(self.cartona.order(hashed_id)["acknowledged"])
        cause = self.env["marketplace.cause"].search(
            [("account_id", "=", self.account.id), ("state", "=", "open")]
        )
        self.assertEqual(cause.waiting_count, 1)
        self._make_product("Coffee").cartona_id = unknown
        self.fetch()
        self.send()
        sale = self.order_of(hashed_id).sale_order_id
        self.assertEqual(sale.order_line.mapped("product_uom_qty"), [1.0, 2.0])
        self.assertTrue(self.cartona.order(hashed_id)["acknowledged"])

    @covers("R274", "R275")
    def test_more_orders_than_a_page_all_arrive(self):
        self.account.cartona_page_size = 3
        placed = [self.cartona.place((self.tea_listing.external_id, 1)) for _n in range(10)]
        self.fetch()
        orders = self.env["marketplace.order"].search([("account_id", "=", self.account.id)])
        self.assertEqual(set(orders.mapped("external_id")), set(placed))
        self.assertEqual(len(orders.sale_order_id), 10)

    @covers("R169", "R295", "X19", "X36")
    def test_a_line_finds_its_product_by_our_id_and_teaches_cartonas(self):
        product = self._make_product("Rice", price=20, quantity=10)
        listing = self.env["marketplace.listing"].create(
            {"account_id": self.account.id, "product_id": product.id}
        )
        unit = {"unit": "piece", "unit_count": 1, "selling_price": "20"}
        known = self.cartona.add_product("Rice", internal_product_id=str(product.id), **unit)
        hashed_id = self.cartona.place((known, 2))
        # Neither a template's id nor somebody else's number is taken for a variant's.
        strange = self.cartona.add_product("Other", internal_product_id="904#2", **unit)
        held = self.cartona.place((strange, 1))
        self.fetch()
        sale = self.order_of(hashed_id).sale_order_id
        self.assertEqual(
            (sale.order_line.product_id, sale.order_line.product_uom_qty), (product, 2)
        )
        self.assertEqual(listing.external_id, known)
        self.assertFalse(self.order_of(held).sale_order_id)

    @covers("R136", "R165", "R166", "R167", "R349")
    def test_a_shop_that_orders_again_is_the_same_contact(self):
        retailer = {"retailer_name": "بقالة النور", "retailer_code": "1001"}
        _first, one = self.order_in(retailer=retailer)
        _second, two = self.order_in(retailer=retailer)
        self.assertEqual(one.partner_id, two.partner_id)

    @covers("R140", "R166", "R295", "R296")
    def test_a_contact_that_was_linked_by_hand_gets_the_order(self):
        partner = self.env["res.partner"].create({"name": "Nour", "cartona_id": "1001"})
        _hashed_id, sale = self.order_in(retailer={"retailer_code": "1001"})
        self.assertEqual(sale.partner_id.commercial_partner_id, partner)

    # === UNITS, OFFERS === #

    @covers("C17", "R272")
    def test_boxes_are_sold_as_boxes_and_reserve_their_pieces(self):
        box = self._link(
            self.tea,
            uom=self.env.ref("uom.product_uom_dozen"),
            unit="box",
            unit_count=12,
            selling_price="110",
        )
        hashed_id = self.cartona.place((self.tea_listing.external_id, 3), (box.external_id, 2))
        self.fetch()
        sale = self.order_of(hashed_id).sale_order_id
        self.assertEqual(
            [
                (line.product_uom_id.name, line.product_uom_qty, line.price_unit)
                for line in sale.order_line
            ],
            [("Units", 3.0, 10.0), ("Dozens", 2.0, 110.0)],
        )
        self.assertEqual(sale.amount_total, 250.0)
        self.assertEqual(self.tea.free_qty, 100.0 - 3 - 24)

    def test_an_offer_is_two_lines_of_one_product(self):
        product = self.tea_listing.external_id
        hashed_id = self.cartona.place(
            {
                "supplier_product_id": product,
                "amount": 2,
                "selling_price": "8",
                "applied_supplier_discount": "1.5",
                "applied_cartona_discount": "0.5",
            },
            {"supplier_product_id": product, "amount": 3, "selling_price": "10"},
        )
        self.fetch()
        order = self.order_of(hashed_id)
        sale = order.sale_order_id
        self.assertEqual(
            [(line.product_id, line.product_uom_qty, line.price_unit) for line in sale.order_line],
            [(self.tea, 2.0, 8.0), (self.tea, 3.0, 10.0)],
        )
        self.assertEqual(sale.amount_total, 46.0)
        self.assertEqual(order.line_ids.mapped("seller_discount"), [1.5, 0.0])
        self.assertEqual(order.line_ids.mapped("channel_discount"), [0.5, 0.0])

    # === MONEY === #

    def test_split_money_is_shown_and_adds_up(self):
        hashed_id, sale = self.order_in(
            amount=10, cartona_credit="20", installment_cost="30", wallet_top_up="7.5"
        )
        self.assertEqual(sale.amount_total, 100.0)
        self.assertEqual(sale.cartona_total, 100.0)
        self.assertEqual(sale.cartona_credit, 20.0)
        self.assertEqual(sale.cartona_installment, 30.0)
        self.assertEqual(sale.cartona_top_up, 7.5)
        self.assertEqual(sale.cartona_cash, 57.5)
        self.assertEqual(float(self.cartona.order(hashed_id)["cash_to_collect"]), 57.5)
        self.assertTrue(sale.cartona_otp_required)
        self.assertEqual(sale.picking_ids.cartona_cash, 57.5)

    def test_an_invoice_says_what_cartona_pays_and_collects(self):
        _hashed_id, sale = self.order_in(
            amount=10, cartona_credit="20", installment_cost="30", wallet_top_up="7.5"
        )
        narration = sale._prepare_invoice()["narration"]
        for part in ("100.00", "20.00", "30.00", "7.50", "57.50", "cash to collect"):
            self.assertIn(part, narration.replace("\N{NO-BREAK SPACE}", " "))
        _hashed_id, plain = self.order_in()
        self.assertFalse(plain._prepare_invoice()["narration"])

    def test_an_invoice_is_divided_between_the_retailer_and_cartona(self):
        clearing = self.env["account.account"].create(
            {"name": "Cartona", "code": "CART1", "account_type": "asset_current"}
        )
        journal = self.env["account.journal"].create(
            {"name": "Cartona", "code": "CART", "type": "general"}
        )
        self.account.write(
            {"cartona_journal_id": journal.id, "cartona_clearing_account_id": clearing.id}
        )
        _hashed_id, sale = self.order_in(
            amount=10, cartona_credit="20", installment_cost="30", wallet_top_up="7.5"
        )
        sale.order_line.qty_delivered = 10
        invoice = sale._create_invoices()
        # Whoever invoices need not know anything of marketplaces.
        biller = new_test_user(self.env, "cartona-bill", groups="account.group_account_invoice")
        invoice.with_user(biller).action_post()
        entry = sale.cartona_settlement_id
        self.assertEqual((entry.state, entry.cartona_invoice_id), ("posted", invoice))
        owed = entry.line_ids.filtered(lambda line: line.account_id == clearing)
        self.assertEqual(sorted(owed.mapped("amount_currency")), [-7.5, 50.0])
        self.assertEqual(invoice.amount_residual, 50.0)
        # What the retailer owes now is the cash to collect.
        retailer = self.env["account.move.line"].search(
            [
                ("partner_id", "=", sale.partner_id.id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
            ]
        )
        self.assertEqual(sum(retailer.mapped("amount_residual_currency")), 57.5)
        self.assertEqual(sale.cartona_cash, 57.5)
        # The entry goes with its invoice, and comes again with it.
        invoice.with_user(biller).button_draft()
        self.assertEqual(entry.state, "cancel")
        invoice.with_user(biller).action_post()
        self.assertEqual(invoice.amount_residual, 50.0)
        self.assertNotEqual(sale.cartona_settlement_id, entry)

    def test_plain_cash_and_accounts_without_a_journal_are_not_divided(self):
        _hashed_id, sale = self.order_in(amount=10, cartona_credit="20")
        sale.order_line.qty_delivered = 10
        invoice = sale._create_invoices()
        invoice.action_post()
        self.assertFalse(sale.cartona_settlement_id)
        self.assertEqual(invoice.amount_residual, 100.0)

    # === CHANGES OF THE RETAILER === #

    @covers("R163", "X25", "R269")
    def test_the_retailer_changes_a_quantity(self):
        hashed_id, sale = self.order_in(amount=5)
        line = self.cartona.payload(hashed_id)["order_details"][0]["id"]
        self.cartona.act(hashed_id, "begin-edit", force=True)
        self.cartona.act(hashed_id, "edit", lines=[{"id": line, "amount": 8}])
        self.fetch()
        self.send()
        self.assertEqual(sale.order_line.product_uom_qty, 8.0)
        self.assertEqual(self.tea.free_qty, 92.0)
        self.assertTrue(self.cartona.order(hashed_id)["acknowledged"])

    def test_what_the_retailer_takes_off_is_not_delivered(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        box = self._link(self.tea, uom=dozen, unit="box", unit_count=12, selling_price="110")
        self.send()
        hashed_id = self.cartona.place((self.tea_listing.external_id, 3), (box.external_id, 2))
        self.fetch()
        self.send()
        sale = self.order_of(hashed_id).sale_order_id
        for mine in (False, True):
            amounts = [2, 1] if mine else [3, 1]
            lines = self.cartona.payload(hashed_id)["order_details"]
            if mine:
                sale.order_line[0].product_uom_qty = 2
                self.send()
            else:
                change = [{"id": lines[1]["id"], "amount": 1}]
                self.cartona.act(hashed_id, "edit", by="admin", force=True, lines=change)
                self.fetch()
                self.send()
            moves = sale.picking_ids.move_ids.sorted("id")
            pieces = [amounts[0], 12 * amounts[1]]
            with self.subTest(mine=mine):
                self.assertEqual(sale.order_line.mapped("product_uom_qty"), amounts)
                self.assertEqual(moves.mapped("product_qty"), pieces)
                self.assertEqual(moves.mapped("quantity"), pieces)
                self.assertEqual(self.tea.free_qty, 100.0 - sum(pieces))

    # === SEARCH === #

    @covers("R158", "R159", "X40", "X52")
    def test_orders_are_found_by_their_id_and_by_who_delivers(self):
        own_id, own = self.order_in()
        _id, theirs = self.order_in(delivered_by="delivered_by_cartona")
        _id, odd = self.order_in(overrides={"delivered_by": "delivered_by_drone"})
        other = self.env["sale.order"].create({"partner_id": own.partner_id.id})
        among = [("id", "in", (own | theirs | odd | other).ids)]
        sales = self.env["sale.order"]
        for condition, found in (
            (("cartona_id", "=", own_id), own),
            (("cartona_id", "!=", False), own | theirs | odd),
            (("cartona_id", "=", False), other),
            (("delivered_by", "=", "delivered_by_supplier"), own),
            (("delivered_by", "in", ["delivered_by_cartona"]), theirs),
            (("delivered_by", "=", False), odd | other),
            (("delivered_by", "!=", "delivered_by_supplier"), theirs | odd | other),
        ):
            with self.subTest(condition):
                self.assertEqual(sales.search([condition, *among]), found)
        self.assertFalse(odd.delivered_by)
        self.assertEqual(odd.cartona_fulfilment, "delivered_by_drone")
        self.assertTrue(sales.fields_get(["cartona_id"])["cartona_id"]["readonly"])


@tagged("post_install", "-at_install")
class TestStatusOut(OrderCase):
    @covers(
        "R99", "R100", "R101", "R132", "R174", "R176", "R177", "R179", "R181", "R182", "R268", "X23"
    )
    def test_confirming_approves_and_delivering_delivers(self):
        self.account.order_mode = "quotation"
        hashed_id, sale = self.order_in()
        self.assertEqual(self.status(hashed_id), "pending")
        sale.action_confirm()
        self.send()
        self.assertEqual(self.status(hashed_id), "approved")
        self.assertEqual(sale.cartona_order_id.status, "confirmed")
        self.assertEqual(sale.cartona_status, "approved")
        self.deliver(sale)
        self.assertEqual(self.status(hashed_id), "delivered")
        paths = [call["path"] for call in self.cartona.calls(SINGLE)]
        self.assertEqual(paths, [f"/api/v1/order/update-order-status/{hashed_id}"] * len(paths))

    @covers("X22", "R178", "R263", "R279")
    def test_several_at_once_travel_in_one_call(self):
        self.account.order_mode = "quotation"
        orders = [self.order_in(amount=1) for _n in range(3)]
        self.cartona.call("DELETE", "calls")
        for _hashed_id, sale in orders:
            sale.action_confirm()
        self.send()
        self.assertEqual([self.status(one) for one, _sale in orders], ["approved"] * 3)
        bodies = [json.loads(call["request_body"]) for call in self.cartona.calls(STATUS)]
        self.assertEqual([len(body) for body in bodies], [3])

    @covers("X23")
    def test_a_partial_delivery_is_on_its_way_and_the_rest_delivers(self):
        hashed_id, sale = self.order_in(amount=5)
        picking = sale.picking_ids
        picking.move_ids.quantity = 2
        picking.move_ids.picked = True
        wizard = picking.button_validate()
        self.env[wizard["res_model"]].with_context(**wizard["context"]).create({}).process()
        self.send()
        self.assertEqual(self.status(hashed_id), "assigned_to_salesman")
        self.deliver(sale)
        self.assertEqual(self.status(hashed_id), "delivered")

    @covers("X23")
    def test_less_than_ordered_without_a_backorder_is_delivered_and_a_person_is_told(self):
        hashed_id, sale = self.order_in(amount=5)
        picking = sale.picking_ids
        picking.move_ids.quantity = 2
        picking.move_ids.picked = True
        wizard = picking.button_validate()
        backorder = self.env[wizard["res_model"]].with_context(**wizard["context"]).create({})
        backorder.process_cancel_backorder()
        self.send()
        self.assertEqual(self.status(hashed_id), "delivered")
        self.assertIn("Less was delivered than ordered", self.order_of(hashed_id).attention)

    @covers("X23")
    def test_an_order_can_be_handed_to_the_salesman_by_hand(self):
        hashed_id, sale = self.order_in()
        self.assertTrue(sale.cartona_can_hand_over)
        sale.action_cartona_hand_over()
        self.send()
        self.assertEqual(self.status(hashed_id), "assigned_to_salesman")
        self.assertFalse(sale.cartona_can_hand_over)
        with self.assertRaisesRegex(UserError, "cannot be handed"):
            sale.action_cartona_hand_over()
        self.deliver(sale)
        self.assertEqual(self.status(hashed_id), "delivered")

    @covers("X23")
    def test_a_delivery_in_two_steps_hands_over_after_the_first(self):
        self.warehouse.delivery_steps = "pick_ship"
        hashed_id, sale = self.order_in()
        pick = sale.picking_ids.filtered(lambda one: one.picking_type_code == "internal")
        self.assertTrue(pick)
        pick.button_validate()
        self.send()
        self.assertEqual(self.status(hashed_id), "assigned_to_salesman")
        self.deliver(sale)
        self.assertEqual(self.status(hashed_id), "delivered")

    def test_a_handed_over_quotation_is_refused(self):
        self.account.order_mode = "quotation"
        _hashed_id, sale = self.order_in()
        with self.assertRaisesRegex(UserError, "cannot be handed"):
            sale.action_cartona_hand_over()

    @covers("X4", "R64", "R132")
    def test_the_log_of_orders_says_what_became_of_it(self):
        self.account.order_mode = "quotation"
        _hashed_id, sale = self.order_in()
        sale.action_confirm()
        self.send()
        operation = self.env["marketplace.order.operation"].search(
            [("order_id", "=", sale.id), ("record_operation", "=", "confirmation")]
        )
        self.assertEqual(operation.cartona_status, "success")


@tagged("post_install", "-at_install")
class TestLinesOut(OrderCase):
    @covers("R263", "R269", "R278", "R281")
    def test_changed_removed_and_added_lines_reach_cartona(self):
        oil = self._make_product("Oil", price=40, quantity=10)
        rice = self._make_product("Rice", price=20, quantity=10)
        oil_listing = self._link(oil, name="زيت", selling_price="40")
        rice_listing = self._link(rice, selling_price="20")
        self.send()
        hashed_id = self.cartona.place(
            (self.tea_listing.external_id, 5), (oil_listing.external_id, 2)
        )
        self.fetch()
        self.send()
        sale = self.order_of(hashed_id).sale_order_id
        tea_line, oil_line = sale.order_line
        tea_line.product_uom_qty = 3
        oil_line.product_uom_qty = 0
        sale.order_line = [
            Command.create({"product_id": rice.id, "product_uom_qty": 4, "price_unit": 19})
        ]
        self.send()
        details = json.loads(self.cartona.calls(DETAILS)[-1]["request_body"])[0]["order_details"]
        ids = [line["id"] for line in self.cartona.payload(hashed_id)["order_details"]]
        self.assertEqual(details[0], {"id": ids[0], "amount": 3})
        self.assertEqual(
            {name: details[2][name] for name in ("supplier_product_id", "amount", "price")},
            {"supplier_product_id": rice_listing.external_id, "amount": 4, "price": 19},
        )
        self.assertTrue(details[1]["cancelled"])
        remote = {
            str(line["supplier_product_id"]): (float(line["amount"]), float(line["selling_price"]))
            for line in self.cartona.payload(hashed_id)["order_details"]
        }
        self.assertEqual(remote[self.tea_listing.external_id], (3.0, 10.0))
        self.assertEqual(remote[rice_listing.external_id], (4.0, 19.0))

    @covers("R269", "R281")
    def test_an_added_line_is_told_once_and_gets_cartonas_id_when_the_order_comes_again(self):
        rice = self._make_product("Rice", price=20, quantity=10)
        rice_listing = self._link(rice, selling_price="20")
        self.send()
        hashed_id, sale = self.order_in(amount=5)
        tea_line = sale.order_line
        sale.order_line = [
            Command.create({"product_id": rice.id, "product_uom_qty": 4, "price_unit": 19})
        ]
        self.send()
        tea_line.product_uom_qty = 3
        self.send()
        bodies = [json.loads(call["request_body"]) for call in self.cartona.calls(DETAILS)]
        self.assertEqual(
            [[set(line) & {"id", "price"} for line in body[0]["order_details"]] for body in bodies],
            [[{"price"}], [{"id"}]],
        )
        remote = self.cartona.payload(hashed_id)["order_details"]
        self.assertEqual([float(line["amount"]) for line in remote], [3.0, 4.0])
        # Its id is not known yet, so a change of it is a question for a person.
        rice_line = sale.order_line - tea_line
        rice_line.product_uom_qty = 6
        self.send()
        self.assertIn("before the channel told its id", self.order_of(hashed_id).attention)
        self.assertEqual(len(self.cartona.calls(DETAILS)), 2)
        rice_line.product_uom_qty = 4
        # The retailer changes the tea: the order comes again, with the id of the rice.
        self.cartona.act(
            hashed_id, "edit", by="admin", force=True, lines=[{"id": remote[0]["id"], "amount": 2}]
        )
        self.fetch()
        self.send()
        self.assertEqual(
            [(line.product_id, line.product_uom_qty) for line in sale.order_line],
            [(self.tea, 2.0), (rice, 4.0)],
        )
        rows = self.order_of(hashed_id).line_ids
        self.assertEqual(
            {row.listing_id: row.external_id for row in rows},
            {self.tea_listing: str(remote[0]["id"]), rice_listing: str(remote[1]["id"])},
        )
        rice_line.product_uom_qty = 6
        self.send()
        remote = self.cartona.payload(hashed_id)["order_details"]
        self.assertEqual([float(line["amount"]) for line in remote], [2.0, 6.0])

    def test_the_cash_to_collect_follows_changed_lines_on_both_sides(self):
        hashed_id, sale = self.order_in(amount=10, cartona_credit="20", wallet_top_up="7.5")
        picking = sale.picking_ids
        self.assertEqual((sale.cartona_total, picking.cartona_cash), (100.0, 87.5))
        sale.order_line.product_uom_qty = 8
        self.send()
        self.assertEqual((sale.cartona_total, picking.cartona_cash), (80.0, 67.5))
        line = self.cartona.payload(hashed_id)["order_details"][0]["id"]
        self.cartona.act(
            hashed_id, "edit", by="admin", force=True, lines=[{"id": line, "amount": 6}]
        )
        self.fetch()
        self.assertEqual((sale.cartona_total, picking.cartona_cash), (60.0, 47.5))
        self.assertEqual(float(self.cartona.order(hashed_id)["cash_to_collect"]), 47.5)

    @covers("R269")
    def test_our_own_change_that_comes_back_changes_nothing(self):
        hashed_id, sale = self.order_in(amount=5)
        sale.order_line.product_uom_qty = 3
        self.send()
        self.cartona.call("POST", "cartona/settings", {"pull_mode": "window"})
        self.fetch()
        self.send()
        self.assertEqual(sale.order_line.mapped("product_uom_qty"), [3.0])
        self.assertEqual(len(self.cartona.calls(DETAILS)), 1)
        self.assertFalse(self.order_of(hashed_id).attention)

    def test_a_changed_price_is_a_question_for_a_person(self):
        hashed_id, sale = self.order_in(amount=5)
        sale.order_line.price_unit = 9
        self.send()
        self.assertFalse(self.cartona.calls(DETAILS))
        order = self.order_of(hashed_id)
        self.assertEqual(order.attention, "Cartona cannot change the price of a line.")
        activity = sale.activity_ids.filtered(lambda one: one.summary == order.attention)
        self.assertEqual(len(activity), 1)
        sale.order_line.product_uom_qty = 4
        self.send()
        body = json.loads(self.cartona.calls(DETAILS)[-1]["request_body"])
        self.assertEqual([set(line) for line in body[0]["order_details"]], [{"id", "amount"}])
        self.assertEqual(len(sale.activity_ids), 1)

    @covers("R139", "R175")
    def test_lines_of_an_order_that_cartona_delivers_are_not_sent(self):
        _hashed_id, sale = self.order_in(amount=5, delivered_by="delivered_by_cartona")
        sale.order_line.product_uom_qty = 3
        self.send()
        self.assertFalse(self.cartona.calls(DETAILS))
