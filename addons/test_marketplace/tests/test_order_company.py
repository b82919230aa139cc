"""Who may see and do what; several companies; a provider's own id fields."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.marketplace.tools import links

from marketplace_adapters.testing import covers

from .order_common import OrderCase


@tagged("post_install", "-at_install")
class TestOrderCompany(OrderCase):
    @covers("R201", "R215", "X17")
    def test_an_account_of_another_company_sells_there(self):
        company = self.env["res.company"].create({"name": "Second"})
        self.env.user.company_ids |= company
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", company.id)])
        account = self._make_account("Second account", company_id=company.id)
        account.live_since = self.account.live_since
        self.assertEqual(account.warehouse_id, warehouse)
        self._list(self.tea, account, external_id="F-1")
        self._list(self.milk, account, external_id="F-2")
        order = self.take_in(
            self.document(lines=self.two_lines(), currency=account.currency_id.name),
            account=account,
        )
        sale = order.sale_order_id
        self.assertEqual((sale.company_id, sale.warehouse_id), (company, warehouse))
        self.assertEqual(sale.picking_ids.company_id, company)
        self.assertEqual(sale.partner_id.company_id, company)
        self.assertEqual(sale.state, "sale")

    @covers("C20")
    def test_a_user_of_the_group_replays_and_a_plain_user_does_not(self):
        self.take_in(self.document(lines=self.two_lines()))
        user = new_test_user(self.env, "mp-user", "marketplace.group_user")
        plain = new_test_user(self.env, "mp-plain", "base.group_user")
        self.item().with_user(user).action_replay()
        self.assertEqual(self.item().status, "new")
        with self.assertRaises(AccessError):
            self.item().with_user(plain).action_replay()
        with self.assertRaises(AccessError):
            self.env["marketplace.order"].with_user(plain).search([]).mapped("number")
        with self.assertRaises(AccessError):
            self.item().with_user(user).write({"status": "done"})

    def test_a_plain_seller_confirms_delivers_and_sees_the_channels_number(self):
        self.account.order_mode = "quotation"
        sale = self.take_in(self.document(lines=self.two_lines())).sale_order_id
        seller = new_test_user(
            self.env,
            "plain-seller",
            "sales_team.group_sale_salesman_all_leads,stock.group_stock_user",
        )
        mine = sale.with_user(seller)
        self.assertEqual(mine.marketplace_order_id, "O-1")
        mine.action_confirm()
        self.deliver(mine)
        mine.order_line[0].name = "Other text"
        self.assertEqual(sale.picking_ids.state, "done")

    # === A PROVIDER'S OWN ID FIELD === #

    @covers("X18", "X52", "R134", "R214")
    def test_links_give_and_find_ids_of_the_first_account(self):
        order = self.take_in(self.document(lines=self.two_lines()))
        cases = [
            (self.tea, "F-1"),
            (self.tea.product_tmpl_id, "F-1"),
            (order.partner_id, "B-O-1"),
            (order.sale_order_id, "O-1"),
        ]
        for record, external_id in cases:
            self.assertEqual(links.external_ids(record, "fake"), {record.id: external_id})
            domain = links.search(record, "fake", "in", [external_id])
            self.assertEqual(record.search(domain), record)
            without = record.search(links.search(record, "fake", "in", [False]))
            self.assertNotIn(record, without)

    @covers("X18")
    def test_an_id_that_a_person_enters_becomes_a_link(self):
        account = links.default_account(self.env, "fake")
        partner = self.env["res.partner"].create({"name": "Linked by hand"})
        links._write_link(self.env["marketplace.partner"], account, "partner_id", partner, "HAND-1")
        self.assertEqual(partner.marketplace_partner_ids.external_id, "HAND-1")
        links._write_link(self.env["marketplace.partner"], account, "partner_id", partner, False)
        self.assertFalse(partner.marketplace_partner_ids)
        product = self._make_product("By hand")
        links._write_link(
            self.env["marketplace.listing"], account, "product_tmpl_id", product, "HAND-2"
        )
        self.assertEqual(links.external_ids(product, "fake"), {product.id: "HAND-2"})

    def test_an_id_without_account_or_of_several_variants_is_refused(self):
        with self.assertRaisesRegex(UserError, "Connect an account"):
            links.inverse(self.tea, "default_code", "nowhere")
        sale = self.take_in(self.document(lines=self.two_lines())).sale_order_id
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            links.inverse(sale, "client_order_ref", "fake")
