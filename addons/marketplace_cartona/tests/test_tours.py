from odoo.tests import HttpCase, new_test_user, tagged

from marketplace_adapters.testing import covers

from .common import OTP, TOKEN
from .test_orders import OrderCase

# What the tours type, see static/tests/tours.
UNKNOWN_ID = 777123
OPERATIONS_GROUPS = ",".join(
    (
        "marketplace.group_user",
        "product.group_product_manager",
        "sales_team.group_sale_salesman_all_leads",
        "stock.group_stock_user",
    )
)


@tagged("post_install", "-at_install")
class TestTours(HttpCase, OrderCase):
    """A person in the browser, Cartona as the sandbox. In between, the test is the job runner."""

    def setUp(self):
        super().setUp()
        self.manager = new_test_user(
            self.env, "tour-manager", groups="marketplace.group_manager,stock.group_stock_user"
        )
        self.clerk = new_test_user(self.env, "tour-clerk", groups=OPERATIONS_GROUPS)

    def walk(self, path, tour, user=None):
        """Run a tour and forget what was read before it."""
        self.start_tour(path, tour, login=(user or self.clerk).login)
        self.env.invalidate_all()

    def product_page(self, product):
        return f"/odoo/action-stock.product_template_action_product/{product.product_tmpl_id.id}"

    @covers("R78", "R119", "R123", "R216", "R237", "R241", "R247", "R284", "R288", "R293")
    def test_a_manager_connects_an_account(self):
        draft = self.env.ref("marketplace_cartona.account_cartona")
        draft.base_url = self.cartona.base_url
        self.assertEqual(draft.state, "draft")
        self.cartona.call("DELETE", "calls")

        self.walk("/odoo/marketplace", "marketplace_cartona_connect", self.manager)

        self.assertEqual((draft.name, draft.state), ("Corner shops", "connected"))
        statuses = [call["status"] for call in reversed(self.cartona.call("GET", "calls"))]
        self.assertEqual((statuses[0], statuses[-1]), (401, 200))
        self.assertEqual(self.env["marketplace.credential"]._read_all(draft), {"token": TOKEN})
        self.env.cr.execute(
            "SELECT count(*) FROM marketplace_credential secret WHERE secret::text LIKE %s",
            [f"%{TOKEN}%"],
        )
        self.assertEqual(self.env.cr.fetchone()[0], 0)

    @covers("R73", "R81", "R222", "R223", "R249", "R250", "R306", "R309", "X4", "X33", "X34")
    def test_a_changed_price_ends_in_success(self):
        self.walk(self.product_page(self.tea), "marketplace_cartona_change_price")

        self.assertEqual(self.tea.list_price, 12.5)
        operation = self.env["marketplace.product.operation"].search(
            [("record_id", "=", self.tea.product_tmpl_id.id)], order="id desc", limit=1
        )
        self.assertEqual((operation.user_id, operation.status), (self.clerk, "new"))

        self.send()

        sold = self.cartona.product(self.tea_listing.external_id)
        self.assertEqual(sold["selling_price"], 12.5)
        self.walk("/odoo/marketplace", "marketplace_cartona_see_success")
        self.assertEqual(operation.status, "success")

    @covers("R294", "R300", "R307", "R339", "X24")
    def test_an_unknown_product_is_linked_and_its_order_goes_on_by_itself(self):
        coffee = self._make_product("Coffee", price=30, quantity=10)
        self.cartona.add_product("بن", id=UNKNOWN_ID, selling_price="30")
        hashed_id = self.cartona.place((UNKNOWN_ID, 2))
        self.fetch()
        self.assertFalse(self.order_of(hashed_id).sale_order_id)

        self.walk("/odoo/marketplace", "marketplace_cartona_link_unknown_product")

        self.assertEqual(coffee.marketplace_listing_ids.external_id, str(UNKNOWN_ID))
        self.assertFalse(self.order_of(hashed_id).sale_order_id, "imported by the jobs, not here")
        self._engine()._job_process(self.account.id)
        self.send()
        sale = self.order_of(hashed_id).sale_order_id
        self.assertEqual(sale.state, "sale")
        self.assertEqual(
            [(line.product_id, line.product_uom_qty) for line in sale.order_line], [(coffee, 2.0)]
        )
        self.assertEqual(self.cartona.order(hashed_id)["status"], "approved")
        self.walk("/odoo/marketplace", "marketplace_cartona_see_import")

    @covers("R279")
    def test_a_courier_delivers_with_the_receivers_code(self):
        hashed_id, sale = self.order_in(installment_cost="10")
        picking = sale.picking_ids
        self.assertEqual(OTP, "4711")

        self.walk(
            f"/odoo/action-stock.action_picking_tree_all/{picking.id}",
            "marketplace_cartona_deliver_with_code",
        )

        self.assertEqual((picking.state, self.status(hashed_id)), ("done", "delivered"))
        answers = [
            call["status"]
            for call in self.cartona.calls("order/update-order-status/{hashed_id}")
            if '"delivered"' in call["request_body"]
        ]
        self.assertEqual(len(answers), 2, "one refused, one accepted")
