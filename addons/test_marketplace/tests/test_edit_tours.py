from odoo.tests import HttpCase, new_test_user, tagged

from marketplace_adapters.testing import covers

from .edit_common import EditCase


@tagged("post_install", "-at_install")
class TestEditTours(HttpCase, EditCase):
    """A person in the browser decides what was changed on a channel in memory."""

    def setUp(self):
        super().setUp()
        self.keeper = new_test_user(
            self.env,
            "tour-keeper",
            groups="marketplace.group_manager,product.group_product_manager",
        )

    @covers("C4", "C15", "R371")
    def test_a_person_decides_what_was_changed_on_the_channel(self):
        self.channel.wanted = ("ORDERS",)
        self.show(product={"title": "Cheap tea"}, price={"price": "8"})
        self.show("F-2", product={"title": "Cheap milk"})
        path = f"/odoo/marketplace.account/{self.account.id}"
        self.start_tour(path, "test_marketplace_edits", login=self.keeper.login)
        self.env.invalidate_all()
        self.assertEqual(
            (self.tea_listing.title, self.milk_listing.title), ("Cheap tea", "Cheap milk")
        )
        self.assertEqual(self.tea.list_price, 10)
        self.assertEqual(len(self.pushed()), 1)

    @covers("C18")
    def test_a_manager_sends_a_buyer_his_file(self):
        self.take_in(self.document("O-1", self.two_lines(), buyer={"id": "B-1", "name": "Ada"}))
        self.receive({"id": "P-1", "kind": "report", "buyer": "B-1"}, topic="privacy")
        self.process()
        self.env.flush_all()
        self.env["marketplace.privacy.request"]._cron_carry_out()
        self.start_tour(
            "/odoo/marketplace-privacy", "test_marketplace_privacy", login=self.keeper.login
        )
        self.env.invalidate_all()
        request = self.env["marketplace.privacy.request"].search([])
        self.assertEqual((request.state, request.done_by_id), ("done", self.keeper))
