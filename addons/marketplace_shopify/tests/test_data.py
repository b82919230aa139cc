from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestData(TransactionCase):
    def test_x(self):
        self.assertTrue(self.env.ref("marketplace_shopify.account_shopify"))
