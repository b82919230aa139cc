from psycopg2.errors import CheckViolation

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from marketplace_adapters.amazon.const import CANCEL_REASONS
from marketplace_adapters.testing import covers

from .common import (
    CLIENT_ID,
    CLIENT_SECRET,
    DE,
    REFRESH_TOKEN,
    SECRETS,
    SELLER_ID,
    UK,
    US,
    AmazonCase,
)

MASK = "••••••••"


@tagged("post_install", "-at_install")
class TestAccount(AmazonCase):
    def _draft(self, **vals):
        return self.env["marketplace.account"].create(
            {"name": "Draft", "provider": "amazon", **vals}
        )

    # === ADDRESS, REGION === #

    @covers("R74", "R75", "X7")
    def test_the_region_decides_the_address(self):
        account = self._draft()
        self.assertEqual(
            (account.amazon_region, account.base_url),
            ("eu", "https://sellingpartnerapi-eu.amazon.com"),
        )
        account.amazon_region = "na"
        self.assertEqual(account.base_url, "https://sellingpartnerapi-na.amazon.com")
        account.amazon_region = "fe_test"
        self.assertEqual(account.base_url, "https://sandbox.sellingpartnerapi-fe.amazon.com")
        account.base_url = "https://sellingpartnerapi-eu.amazon.com"
        self.assertEqual(account.amazon_region, "eu")
        account.base_url = "http://127.0.0.1:8071/amazon"
        self.assertEqual(account.amazon_region, "other")
        self.assertEqual(self.account.amazon_region, "other")

    def test_plain_http_is_allowed_towards_this_machine_alone(self):
        with self.assertRaises(ValidationError):
            self._draft(base_url="http://sellingpartnerapi-eu.amazon.com")

    @covers("R74")
    def test_marketplaces_know_their_country_currency_and_language(self):
        uk, de = self.account._amazon_markets()
        self.assertEqual(
            (uk.country_id.code, uk.currency_id.name, uk.language), ("GB", "GBP", "en_GB")
        )
        self.assertEqual(
            (de.country_id.code, de.currency_id.name, de.language), ("DE", "EUR", "de_DE")
        )
        self.assertEqual((uk.is_home, de.is_home), (True, False))
        self.assertEqual(uk.display_name, "United Kingdom (amazon.co.uk)")
        self.assertEqual(self.account.currency_id.name, "GBP")
        self.assertTrue(uk.currency_id.active and de.currency_id.active)

    @covers("R74")
    def test_the_first_marketplace_is_home_and_gives_the_currency(self):
        uk, de = self.account._amazon_markets()
        de.sequence = -1
        self.assertEqual(self.account._amazon_home(), de)
        self.assertEqual(self.account.currency_id.name, "EUR")
        de.active = False
        self.assertEqual(self.account._amazon_home(), uk)
        self.assertEqual(self.account.currency_id.name, "GBP")

    def test_a_marketplace_of_another_region_needs_an_account_of_its_own(self):
        account = self._draft(amazon_region="eu")
        with self.assertRaises(ValidationError):
            account.amazon_market_ids = [Command.create({"market_id": US})]

    @covers("R75")
    def test_nothing_is_connected_without_merchant_id_and_marketplace(self):
        account = self._draft(base_url=self.amazon.base_url, **SECRETS)
        with self.assertRaises(ValidationError):
            account.state = "connected"
        account.amazon_seller_id = SELLER_ID
        with self.assertRaises(ValidationError):
            account.state = "connected"
        account.amazon_market_ids = [Command.create({"market_id": UK})]
        account.state = "connected"
        with self.assertRaises(ValidationError):
            account.currency_id = self.env.ref("base.EUR")

    # === SECRETS === #

    @covers("R76", "R77", "X7", "X35")
    def test_secrets_are_never_shown_again(self):
        account = self._draft(**SECRETS)
        for field in SECRETS:
            self.assertEqual(account[field], MASK)
        self.assertEqual(account.read(["amazon_client_secret"])[0]["amazon_client_secret"], MASK)
        self.assertFalse(account.amazon_queue_access_key)
        credentials = self.env["marketplace.credential"]
        known = {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "refresh_token": REFRESH_TOKEN,
        }
        self.assertEqual(credentials._read_all(account), known)
        account.amazon_client_secret = MASK
        self.assertEqual(credentials._read_all(account), known)
        account.amazon_queue_secret_key = " key "
        self.assertEqual(credentials._read_all(account)["queue_secret_key"], "key")
        account.amazon_client_secret = False
        self.assertNotIn("client_secret", credentials._read_all(account))
        self.assertFalse(account.copy().amazon_refresh_token)

    @covers("X35")
    def test_only_managers_reach_the_secrets(self):
        user = new_test_user(self.env, "amazon-user", groups="marketplace.group_user")
        for field in SECRETS:
            with self.subTest(field), self.assertRaises(AccessError):
                self.account.with_user(user).read([field])
            with self.subTest(field), self.assertRaises(AccessError):
                self.account.with_user(user).write({field: "mine"})

    @covers("R74", "R75", "R76", "R77", "X7")
    def test_the_old_names_stand_in_the_help(self):
        names = self.account.fields_get(
            ["amazon_seller_id", "amazon_client_id", "amazon_client_secret", "amazon_market_ids"],
            ["string", "help"],
        )
        for field, word in (
            ("amazon_seller_id", "Merchant ID"),
            ("amazon_client_id", "Access Key"),
            ("amazon_client_secret", "Secret Key"),
            ("amazon_market_ids", "Marketplace ID"),
        ):
            with self.subTest(field):
                self.assertIn(word, names[field]["string"] + names[field]["help"])

    # === SETTINGS === #

    def test_the_adapter_gets_what_the_account_says(self):
        self.account.write(
            {
                "amazon_seller_id": f" {SELLER_ID} ",
                "amazon_include_buyer": False,
                "amazon_token_url": "https://login.test/token",
                "amazon_document_hosts": "https://a.test, https://b.test",
                "amazon_queue_url": "https://sqs.eu-west-1.amazonaws.com/1/q",
                "amazon_queue_region": "eu-west-1",
                "batch_size": 500,
            }
        )
        self.assertEqual(
            self.account._adapter_options(),
            {
                "batch_size": 500,
                "seller_id": SELLER_ID,
                "marketplaces": [UK, DE],
                "languages": {UK: "en_GB", DE: "de_DE"},
                "currencies": {UK: "GBP", DE: "EUR"},
                "include_buyer": False,
                "token_url": "https://login.test/token",
                "document_hosts": ["https://a.test", "https://b.test"],
                "queue_url": "https://sqs.eu-west-1.amazonaws.com/1/q",
                "queue_region": "eu-west-1",
            },
        )

    @covers("R37", "R79", "R80", "X6", "C16", "C18")
    def test_what_a_new_account_begins_with(self):
        account = self._draft()
        self.assertEqual((account.interval, account.automatic), (60, True))
        self.assertEqual(account.cancel_after_days, 30)
        self.assertEqual(account.buyer_retention_days, 30)
        self.assertEqual(account.amazon_pending_days, 7)
        self.assertEqual(account.order_lookback_days, 60)
        self.assertEqual(account._topic_interval("order"), 180.0)

    def test_reasons_have_words(self):
        reasons = dict(self.account._selection_amazon_cancel_reason())
        self.assertEqual(tuple(reasons), CANCEL_REASONS)
        self.assertEqual(reasons["NoInventory"], "Out of stock")
        self.assertFalse([one for one in reasons if reasons[one] == one])
        refunds = dict(self.account._selection_amazon_refund_reason())
        self.assertFalse(
            [
                one
                for one in refunds
                if refunds[one] == one
                and one not in ("Other", "Exchange", "Undeliverable", "Abandoned")
            ]
        )

    def test_settings_that_cannot_work_are_refused(self):
        for vals in ({"amazon_pending_days": 0}, {"amazon_handling_days": 31}):
            with (
                self.subTest(vals),
                self.assertRaises(CheckViolation),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.account.write(vals)
                self.env.flush_all()

    # === CONNECTION === #

    @covers("R78")
    def test_a_connection_that_works_says_where(self):
        check, problem = self.account._test_connection()
        self.assertIsNone(problem)
        self.assertIn("GB", check.message)

    @covers("R78")
    def test_what_is_wrong_is_said_in_words(self):
        self.account.amazon_refresh_token = "Atzr|wrong"
        check, problem = self.account._test_connection()
        self.assertIsNone(check)
        self.assertIn("refresh token", problem)
        self.assertNotIn("Atzr", problem)
        self.account.amazon_refresh_token = REFRESH_TOKEN
        self.account.amazon_client_secret = "wrong"
        self.assertIn("client secret", self.account._test_connection()[1])

    @covers("R78")
    def test_a_missing_role_is_named(self):
        self.amazon.settings(denied=["searchListingsItems"])
        _check, problem = self.account._test_connection()
        self.assertIn("Product Listing", problem)
        self.amazon.settings(denied=["getOrder", "searchOrders"])
        _check, problem = self.account._test_connection()
        self.assertIn("Inventory and Order Tracking", problem)

    @covers("R78", "R247")
    def test_the_marketplaces_are_what_amazon_says(self):
        account = self._draft(base_url=self.amazon.base_url, amazon_seller_id=SELLER_ID, **SECRETS)
        check, problem = account._test_connection()
        self.assertIsNone(problem)
        self.assertTrue(check.ok)
        self.assertEqual(set(account.amazon_market_ids.mapped("market_id")), {UK, DE, US})
        self.account.amazon_market_ids[1:].unlink()
        self.account.action_amazon_find_markets()
        self.assertEqual(self.account.amazon_market_ids[:1].market_id, UK)
        self.assertEqual(len(self.account.amazon_market_ids), 3)

    @covers("R247")
    def test_the_wizard_asks_for_region_merchant_id_and_three_secrets(self):
        wizard = self.env["marketplace.connect.wizard"].create(
            {"provider": "amazon", "name": "My shop"}
        )
        wizard.action_next()
        account = wizard.account_id
        account.base_url = self.amazon.base_url
        self.assertEqual(
            wizard.credential_ids.mapped("key"), ["client_id", "client_secret", "refresh_token"]
        )
        for line in wizard.credential_ids:
            line.value = SECRETS[f"amazon_{line.key}"]
        with self.assertRaises(UserError):
            wizard.action_next()
        wizard.amazon_seller_id = SELLER_ID
        for _step in ("credentials", "policies"):
            wizard.action_next()
        self.assertTrue(wizard.test_ok)
        wizard.action_finish()
        self.assertEqual(account.state, "connected")
        self.assertEqual(account.currency_id, account._amazon_home().currency_id)

    # === ONE OR SEVERAL === #

    @covers("X16")
    def test_the_menu_opens_the_one_account_and_lists_several(self):
        accounts = self.env["marketplace.account"]
        self.env.ref("marketplace_amazon.account_amazon").unlink()
        self.assertEqual(accounts._action_configuration("amazon")["res_id"], self.account.id)
        self._make_account("Second", amazon_seller_id="A2SECOND")
        self.assertNotIn("res_id", accounts._action_configuration("amazon"))

    def test_a_draft_comes_with_the_addon(self):
        draft = self.env.ref("marketplace_amazon.account_amazon")
        self.assertEqual((draft.provider, draft.state), ("amazon", "draft"))
        self.assertFalse(draft._may_call())

    # === PENDING ORDERS THAT STAY === #

    @covers("R33")
    def test_a_day_of_grace_is_counted_from_when_it_was_placed(self):
        order = self.env["marketplace.order"].create(
            {
                "account_id": self.account.id,
                "external_id": "026-0000000-0000001",
                "status": "pending",
                "placed_at": fields.Datetime.subtract(fields.Datetime.now(), days=6),
            }
        )
        order.sale_order_id = self.env["sale.order"].create(
            {"partner_id": self.env.user.partner_id.id}
        )
        self.assertEqual(self.account._amazon_old_pending(), [])
        order.placed_at = fields.Datetime.subtract(fields.Datetime.now(), days=8)
        self.assertEqual(self.account._amazon_old_pending(), [(order.id, order.external_id)])
