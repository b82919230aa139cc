from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from marketplace_adapters.testing import covers

from .common import TOKEN, CartonaCase


@tagged("post_install", "-at_install")
class TestAccount(CartonaCase):
    def _draft(self, **vals):
        return self.env["marketplace.account"].create(
            {"name": "Draft", "provider": "cartona", **vals}
        )

    # === ADDRESS === #

    @covers("X29", "R115", "R261", "R273", "R351")
    def test_the_address_is_stored_up_to_the_host_however_it_is_pasted(self):
        host = "https://supplier-integrations.cartona.com"
        for pasted in (
            host,
            f"{host}/",
            f"{host}/api/v1",
            f"{host}/api/v1/",
            f"  {host}/api/v1/order/pull-orders ",
            "supplier-integrations.cartona.com/api/v1/",
            "supplier-integrations.cartona.com",
        ):
            with self.subTest(pasted):
                self.assertEqual(self._draft(base_url=pasted).base_url, host)

    @covers("X29")
    def test_an_address_that_is_written_later_is_normalised_too(self):
        account = self._draft()
        self.assertEqual(account.base_url, "https://supplier-integrations.cartona.com")
        account.base_url = "https://supplier-integrations.cartona.space/api/v1/"
        self.assertEqual(account.base_url, "https://supplier-integrations.cartona.space")

    @covers("X29", "R332")
    def test_an_address_that_cannot_be_used_is_refused(self):
        for pasted in (
            "http://supplier-integrations.cartona.com",
            "ftp://supplier-integrations.cartona.com",
            "https://user:secret@supplier-integrations.cartona.com",
            "https://",
            "https://supplier-integrations.cartona.com/?token=1",
        ):
            with self.subTest(pasted), self.assertRaises(ValidationError):
                self._draft(base_url=pasted)

    @covers("X29")
    def test_plain_http_is_allowed_towards_this_machine_alone(self):
        account = self._draft(base_url="http://127.0.0.1:8071/cartona/api/v1/")
        self.assertEqual(account.base_url, "http://127.0.0.1:8071/cartona")

    # === SECRETS === #

    @covers("R112", "R116", "R241", "X35")
    def test_a_token_is_never_shown_again(self):
        account = self._draft(cartona_token="s3cret")
        self.assertEqual(account.cartona_token, "••••••••")
        self.assertFalse(account.cartona_webhook_secret)
        self.assertEqual(account.read(["cartona_token"])[0]["cartona_token"], "••••••••")
        account.cartona_token = "an0ther"
        self.assertEqual(account.cartona_token, "••••••••")
        secrets = self.env["marketplace.credential"]._read_all(account)
        self.assertEqual(secrets, {"token": "an0ther"})

    @covers("X35")
    def test_saving_the_mask_keeps_the_token_and_emptying_removes_it(self):
        account = self._draft(cartona_token="s3cret", cartona_webhook_secret=" hook ")
        account.cartona_token = "••••••••"
        credentials = self.env["marketplace.credential"]
        self.assertEqual(
            credentials._read_all(account), {"token": "s3cret", "webhook_token": "hook"}
        )
        account.cartona_token = False
        self.assertEqual(credentials._read_all(account), {"webhook_token": "hook"})
        self.assertFalse(account.cartona_token)

    @covers("X35", "R292")
    def test_only_managers_reach_the_token(self):
        account = self._draft(cartona_token="s3cret")
        user = self.env["res.users"].create(
            {
                "name": "U",
                "login": "cartona-user",
                "group_ids": [(6, 0, [self.env.ref("marketplace.group_user").id])],
            }
        )
        with self.assertRaises(AccessError):
            account.with_user(user).read(["cartona_token"])
        with self.assertRaises(AccessError):
            account.with_user(user).write({"cartona_token": "mine"})

    def test_a_copy_has_no_token(self):
        account = self._draft(cartona_token="s3cret")
        self.assertFalse(account.copy().cartona_token)

    # === SETTINGS === #

    @covers("X21", "R128", "R262")
    def test_the_token_travels_bare_in_the_configured_header(self):
        with self.account._open_adapter() as adapter:
            self.assertTrue(adapter.check().ok)
        self.account.cartona_token_header = "Authorization"
        with self.account._open_adapter() as adapter:
            check = adapter.check()
        self.assertFalse(check.ok)
        self.assertIn("name of the token header", check.message)

    @covers("R78", "R237", "R288", "R293")
    def test_a_wrong_token_fails_the_connection_test_in_words(self):
        self.account.cartona_token = "wrong"
        with self.account._open_adapter() as adapter:
            check = adapter.check()
        self.assertFalse(check.ok)
        self.assertIn("refuses the token", check.message)
        self.assertNotIn("wrong", check.message)

    def test_the_adapter_gets_what_the_account_says(self):
        self.account.write(
            {
                "cartona_supplier_code": " R1 ",
                "cartona_price_format": "number",
                "cartona_base_stock": True,
                "cartona_page_size": 7,
                "cartona_cancel_reason": "out_of_stock",
                "batch_size": 50,
            }
        )
        self.assertEqual(
            self.account._adapter_options(),
            {
                "batch_size": 50,
                "token_header": "AuthorizationToken",
                "webhook_header": "AuthorizationToken",
                "internal_supplier_code": "R1",
                "price_as_string": False,
                "base_stock": True,
                "page_size": 7,
                "cancel_reason": "out_of_stock",
            },
        )

    def test_settings_that_cannot_work_are_refused(self):
        for vals in (
            {"cartona_token_header": "Bad Header"},
            {"cartona_webhook_header": "X:Y"},
            {"cartona_webhook_ips": "10.0.0.300"},
            {"cartona_webhook_ips": "cartona.com"},
            {"batch_size": 1001},
            {"cartona_page_size": 0},
            {"cartona_page_size": 1001},
        ):
            with self.subTest(vals), self.assertRaises(ValidationError):
                self.account.write(vals)

    @covers("R184")
    def test_senders_can_be_limited_to_networks(self):
        self.assertEqual(self.account._webhook_policy()["networks"], [])
        self.account.cartona_webhook_ips = "203.0.113.0/24, 2001:db8::/32 ,198.51.100.7"
        for address, may in (
            ("203.0.113.9", True),
            ("::ffff:203.0.113.9", True),
            ("2001:db8::1", True),
            ("198.51.100.7", True),
            ("198.51.100.8", False),
            ("", False),
            ("nonsense", False),
        ):
            with self.subTest(address):
                networks = self.account._webhook_policy()["networks"]
                self.assertEqual(self.account._cartona_may_send(address, networks), may)

    def test_the_account_works_in_pounds(self):
        self.assertEqual(self.account.currency_id.name, "EGP")
        self.assertTrue(self.account.currency_id.active)

    # === ONE OR SEVERAL === #

    @covers("X16", "R119", "R122")
    def test_the_menu_opens_the_one_account_and_lists_several(self):
        accounts = self.env["marketplace.account"]
        self.env.ref("marketplace_cartona.account_cartona").unlink()
        action = accounts._action_configuration("cartona")
        self.assertEqual(action["res_id"], self.account.id)
        self.assertEqual([view for _id, view in action["views"]], ["form"])
        self._draft()
        action = accounts._action_configuration("cartona")
        self.assertNotIn("res_id", action)
        self.assertEqual([view for _id, view in action["views"]], ["list", "form"])

    @covers("X17", "R215", "R352")
    def test_each_account_has_its_own_token(self):
        second = self._draft(cartona_token="second")
        credentials = self.env["marketplace.credential"]
        self.assertEqual(credentials._read_all(second), {"token": "second"})
        self.assertEqual(credentials._read_all(self.account)["token"], TOKEN)

    @covers("R120", "X16", "X28")
    def test_a_draft_account_waits_to_be_filled_in(self):
        account = self.env.ref("marketplace_cartona.account_cartona")
        self.assertEqual(account.provider, "cartona")
        self.assertEqual(account.state, "draft")
        self.assertEqual(account.base_url, "https://supplier-integrations.cartona.com")
        self.assertEqual(account.currency_id.name, "EGP")
        self.assertFalse(account.cartona_token)
        self.assertFalse(account._may_call())
