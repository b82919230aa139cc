"""What the buyer pays is what Odoo comes to, to the cent, whatever the taxes."""

import random
from decimal import Decimal

from odoo.tests import tagged

from marketplace_adapters.testing import covers
from marketplace_adapters.testing.fake import order_line

from .order_common import OrderCase


@tagged("post_install", "-at_install")
class TestOrderTotals(OrderCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.tax_calculation_rounding_method = "round_globally"
        cls.included = cls._make_tax("14% included", 14, "tax_included")
        cls.excluded = cls._make_tax("14% on top", 14, "tax_excluded")

    @classmethod
    def _make_tax(cls, name, amount, include):
        return cls.env["account.tax"].create(
            {
                "name": name,
                "amount": amount,
                "type_tax_use": "sale",
                "price_include_override": include,
                "company_id": cls.company.id,
            }
        )

    def tax(self, taxes, product=None):
        (product or self.tea).taxes_id = taxes

    def test_a_gross_price_with_included_tax_is_the_price(self):
        self.tax(self.included)
        sale = self.take_in(self.document(lines=[order_line("1", "F-1", 3, 10)])).sale_order_id
        self.assertEqual(sale.order_line.price_unit, 10.0)
        self.assertEqual((sale.amount_total, sale.amount_tax), (30.0, 3.68))

    @covers("X49")
    def test_a_gross_price_with_tax_on_top_is_computed_back(self):
        self.tax(self.excluded)
        sale = self.take_in(self.document(lines=[order_line("1", "F-1", 3, 10)])).sale_order_id
        self.assertAlmostEqual(sale.order_line.price_unit, 10 / 1.14, places=9)
        self.assertEqual((sale.amount_total, sale.amount_tax), (30.0, 3.68))
        self.assertEqual(len(sale.order_line), 1)

    def test_a_net_price_stays_net_and_a_net_price_with_included_tax_is_raised(self):
        self.tax(self.excluded)
        self.tax(self.included, self.milk)
        lines = [
            order_line("1", "F-1", 2, 100, tax_included=False, tax="28"),
            order_line("2", "F-2", 1, 50, tax_included=False, tax="7"),
        ]
        sale = self.take_in(self.document(lines=lines, total="285")).sale_order_id
        self.assertEqual(sale.order_line[0].price_unit, 100.0)
        self.assertAlmostEqual(sale.order_line[1].price_unit, 57.0, places=9)
        self.assertEqual((sale.amount_untaxed, sale.amount_total), (250.0, 285.0))

    def test_an_account_that_sells_net_compares_net(self):
        self.account.price_tax = "excluded"
        self.tax(self.excluded)
        sale = self.take_in(self.document(lines=[order_line("1", "F-1", 3, 10)])).sale_order_id
        self.assertEqual(sale.order_line.price_unit, 10.0)
        self.assertEqual((sale.amount_untaxed, sale.amount_total), (30.0, 34.2))

    def test_a_fiscal_position_changes_the_tax_and_not_what_the_buyer_pays(self):
        self.tax(self.excluded)
        abroad = self.env["account.fiscal.position"].create(
            {"name": "Abroad", "auto_apply": True, "country_id": self.env.ref("base.nz").id}
        )
        export = self._make_tax("0% export", 0, "tax_excluded")
        export.write(
            {"fiscal_position_ids": [(4, abroad.id)], "original_tax_ids": [(4, self.excluded.id)]}
        )
        sale = self.take_in(
            self.document(
                lines=[order_line("1", "F-1", 3, 10)],
                ship_to={
                    "name": "Test Buyer",
                    "street": "1 Quay St",
                    "city": "Auckland",
                    "country": "NZ",
                },
            )
        ).sale_order_id
        self.assertEqual(sale.fiscal_position_id, abroad)
        self.assertEqual(sale.order_line.tax_ids, export)
        self.assertEqual((sale.amount_total, sale.amount_tax), (30.0, 0.0))

    @covers("X37")
    def test_a_cent_of_rounding_becomes_a_line_of_its_own(self):
        sale = self.take_in(self.document(lines=self.two_lines(), total="40.01")).sale_order_id
        self.assertEqual(sale.amount_total, 40.01)
        rounding = sale.order_line[-1]
        self.assertEqual(rounding.product_id, self.account.rounding_product_id)
        self.assertEqual((rounding.price_unit, rounding.tax_ids.ids), (0.01, []))
        self.assertEqual(sale.state, "sale")

    def test_more_than_the_tolerance_is_held_with_the_comparison_of_every_line(self):
        self.take_in(self.document(lines=self.two_lines(), total="41"))
        item = self.item()
        self.assertEqual(item.status, "quarantined")
        self.assertEqual(item.cause_id.code, "total_mismatch")
        self.assertEqual(
            item.message,
            f"Order O-1: its lines add up to 40.0 {self.currency}, the channel says 41.",
        )
        self.assertIn("Tea: 3 × 10 = 30", item.cause_id.advice)
        self.assertIn("Milk: 2 × 5 = 10", item.cause_id.advice)
        self.assertFalse(self.ledger())
        self.assertFalse(self.env["sale.order"].search([("client_order_ref", "=", "O-1")]))

    @covers("C11")
    def test_a_raised_tolerance_lets_it_in_by_itself(self):
        self.take_in(self.document(lines=self.two_lines(), total="41"))
        cause = self.item().cause_id
        self.account.total_tolerance = 1
        self.process()
        self.assertEqual(self.ledger().sale_order_id.amount_total, 41.0)
        self.assertEqual(cause.state, "solved")
        self.assertEqual(self.item().status, "done")

    def test_a_tax_that_odoo_adds_and_the_channel_does_not_know_is_held_with_both_numbers(self):
        self.tax(self.excluded)
        self.take_in(
            self.document(lines=[order_line("1", "F-1", 3, 10, tax_included=False)], total="30")
        )
        item = self.item()
        self.assertEqual(item.cause_id.code, "total_mismatch")
        self.assertIn("the channel says 30", item.message)
        self.assertIn("Odoo comes to 34.2", item.message)
        self.assertIn("Odoo: 34.2", item.cause_id.advice)

    def test_a_total_that_the_channel_does_not_tell_is_odoos(self):
        document = self.document(lines=self.two_lines())
        del document["total"]
        order = self.take_in(document)
        self.assertEqual((order.total, order.cash_to_collect), (40.0, 40.0))

    def test_any_price_and_quantity_agrees_to_the_cent(self):
        """Property: 120 random orders, both kinds of tax, both ways of rounding."""
        dice = random.Random(19)
        taxes = (self.included, self.excluded, self._make_tax("21% on top", 21, "tax_excluded"))
        for way in ("round_globally", "round_per_line"):
            self.company.tax_calculation_rounding_method = way
            documents = []
            for number in range(60):
                lines = [
                    order_line(
                        str(place),
                        dice.choice(("F-1", "F-2")),
                        dice.randint(1, 40),
                        Decimal(dice.randint(0, 99999)) / 100,
                    )
                    for place in range(dice.randint(1, 4))
                ]
                documents.append(self.document(f"{way}-{number}", lines))
            self.tax(taxes[dice.randint(0, 2)])
            self.tax(taxes[1], self.milk)
            self.receive(*documents)
            self.process()
            for document in documents:
                order = self.ledger(document["id"])
                self.assertEqual(
                    f"{order.sale_order_id.amount_total:.2f}",
                    f"{Decimal(document['total']):.2f}",
                    (document["id"], self.item(document["id"]).message),
                )

    def test_a_gift_of_price_zero_stays_free_when_its_quantity_changes(self):
        self.take_in(self.document(lines=[order_line("1", "F-1", 1, 0)]))
        order = self.take_in(self.document(lines=[order_line("1", "F-1", 4, 0)], minutes=1))
        line = order.sale_order_id.order_line
        self.assertEqual((line.product_uom_qty, line.price_unit), (4.0, 0.0))

    def test_a_quantity_of_half_a_kilo_is_kept(self):
        order = self.take_in(self.document(lines=[order_line("1", "F-1", "0.5", "7.30")]))
        line = order.sale_order_id.order_line
        self.assertEqual((line.product_uom_qty, line.price_total), (0.5, 3.65))
