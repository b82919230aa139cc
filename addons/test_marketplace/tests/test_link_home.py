"""Nothing reaches a channel from a copied, restored or neutralized database."""

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import file_open

from marketplace_adapters.core import AuthError
from marketplace_adapters.testing import covers

from .common import MarketplaceCase

PARAMETER = "marketplace.home"


@tagged("post_install", "-at_install")
class TestHome(MarketplaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.home = cls.env["marketplace.home"]
        cls.parameters = cls.env["ir.config_parameter"].sudo()
        cls.tea = cls._make_product("Tea", default_code="TEA")
        cls._list(cls.tea)

    def copy_database(self):
        """What a copy finds: the mark of another database."""
        self.parameters.set_param(PARAMETER, "0" * 64)

    @covers("C21")
    def test_connecting_an_account_makes_the_database_the_one(self):
        self.assertTrue(self.home._is_home())
        self.assertEqual(self.parameters.get_param(PARAMETER), self.home._fingerprint())
        self.assertNotIn(self.env.cr.dbname, self.parameters.get_param(PARAMETER))
        self.assertTrue(self.account._may_call())

    def test_before_the_first_connection_nothing_is_claimed(self):
        self.parameters.set_param(PARAMETER, False)
        self.assertEqual(self.home._status(), "unclaimed")
        self.assertFalse(self.home._is_home())
        draft = self._make_account("Draft", state="draft")
        self.assertFalse(self.parameters.get_param(PARAMETER))
        draft.state = "connected"
        self.assertTrue(self.home._is_home())

    @covers("C21")
    def test_a_copy_sends_nothing_and_fetches_nothing(self):
        self.run_engine()
        self.channel.calls.clear()
        self.copy_database()
        self.tea.list_price = 77
        self.run_engine()
        engine = self.env["marketplace.engine"]
        engine._job_pull(self.account.id)
        engine._cron_keep_going()
        self.assertEqual(self.channel.calls, [])
        self.assertEqual(self.account.home_status, "copy")

    def test_the_last_barrier_refuses_a_call_that_nobody_guarded(self):
        self.copy_database()
        self.channel.calls.clear()
        with self.account._open_adapter() as adapter, self.assertRaises(AuthError) as caught:
            adapter.check()
            list(adapter.listings())
        self.assertIn("copy", caught.exception.message)
        self.assertEqual(self.channel.calls, [])

    def test_no_account_is_connected_in_a_copy(self):
        self.copy_database()
        self.account._pause("for now")
        with self.assertRaises(UserError):
            self.account.action_resume()
        with self.assertRaises(UserError):
            self._make_account("Another")

    @covers("C21")
    def test_people_of_the_account_are_told_once(self):
        self.copy_database()
        for _minute in range(3):
            self.env["marketplace.engine"]._cron_keep_going()
        cause = self.account.cause_ids.filtered(lambda cause: cause.code == "copied_database")
        self.assertEqual(len(cause), 1)
        self.assertIn("copy", cause.title)
        self.assertEqual(self.account.trouble, cause.title)
        self.assertEqual(self.account.health, "attention")
        self.assertIn("This is the production database", cause.advice)
        told = cause.message_ids.filtered(lambda message: cause.title in (message.body or ""))
        self.assertEqual(len(told), 1)

    @covers("C21")
    def test_a_manager_says_that_it_is_the_one_and_what_waited_goes_on(self):
        self.run_engine()
        self.copy_database()
        self.env["marketplace.engine"]._cron_keep_going()
        self.tea.list_price = 78
        self.run_engine()
        self.channel.calls.clear()
        self.account.action_claim_home()
        self.assertTrue(self.home._is_home())
        self.assertEqual(self.account.cause_ids.mapped("state"), ["solved"])
        self.run_engine()
        self.assertEqual([str(item.state.price.amount) for item in self.channel.pushed], ["78.00"])

    @covers("C21")
    def test_without_a_mark_nothing_leaves_until_a_manager_says_it(self):
        self.env["ir.config_parameter"].set_param("marketplace.home", False)
        self.assertEqual(self.account.home_status, "copy")
        self.assertFalse(self.account._may_call())
        self.account.action_claim_home()
        self.account.invalidate_recordset(["home_status"])
        self.assertEqual(self.account.home_status, "home")
        self.assertTrue(self.account._may_call())

    def test_only_a_manager_may_say_it(self):
        self.copy_database()
        user = self.env["res.users"].create(
            {
                "name": "U",
                "login": "home-user",
                "group_ids": [(6, 0, [self.env.ref("marketplace.group_user").id])],
            }
        )
        with self.assertRaises(AccessError):
            self.account.with_user(user).action_claim_home()
        self.assertFalse(self.home._is_home())

    def test_every_mark_counts(self):
        """Another uuid, name, number in the cluster, or cluster: each is another database."""
        marks = ("uuid-1", "name-1", "16384")
        digests = set()
        for one, cluster in (
            (marks, "7"),
            (("uuid-2", *marks[1:]), "7"),
            ((marks[0], "name-2", marks[2]), "7"),
            ((*marks[:2], "16385"), "7"),
            (marks, "8"),
            (marks, ""),
        ):
            self.env.registry.clear_cache()
            with (
                patch.object(type(self.home), "_cluster_number", lambda _self, it=cluster: it),
                patch.object(type(self.home), "_marks", lambda _self, it=one: it),
            ):
                digests.add(self.home._fingerprint())
        self.env.registry.clear_cache()
        self.assertEqual(len(digests), 6)

    def test_where_the_clusters_number_is_forbidden_the_other_marks_do(self):
        self.env.cr.execute("SELECT has_function_privilege('pg_control_system()', 'execute')")
        self.assertTrue(self.env.cr.fetchone()[0])
        self.assertRegex(self.home._cluster_number(), r"^\d{15,20}$")
        plain = self.env.cr.execute

        def forbidding(query, params=None, log_exceptions=True):
            if "pg_control_system" in str(query):
                query = "SELECT pg_read_file('pg_hba.conf')"  # as forbidden as it gets
            return plain(query, params, log_exceptions=False)

        with patch.object(self.env.cr, "execute", forbidding):
            self.assertEqual(self.home._cluster_number(), "")

    def test_asking_costs_no_query(self):
        self.home._is_home()
        with self.assertQueryCount(0):
            self.assertTrue(self.home._is_home())

    @covers("C21")
    def test_a_neutralized_database_has_no_secrets_and_no_jobs_and_cannot_be_claimed(self):
        token = self.account.webhook_token
        engine = self.env["marketplace.engine"]
        engine._wake("_job_send", self.account.id)
        self.env.flush_all()
        with file_open("marketplace/data/neutralize.sql") as script:
            self.env.cr.execute(script.read())
        self.env.cr.execute(
            "INSERT INTO ir_config_parameter (key, value)"
            " VALUES ('database.is_neutralized', 'true')"
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache("stable")
        self.assertEqual(self.home._status(), "neutralized")
        self.assertFalse(self.account._may_call())
        self.assertEqual((self.account.state, self.account.automatic), ("paused", False))
        self.assertFalse(self.account.credential_ids)
        self.assertNotEqual(self.account.webhook_token, token)
        self.assertEqual(len(self.account.webhook_token), 64)
        self.assertFalse(
            self.env["queue.job"].search(
                [("model_name", "=like", "marketplace.%"), ("state", "=", "pending")]
            )
        )
        with self.assertRaises(UserError):
            self.account.action_claim_home()
        with self.assertRaises(UserError):
            self.account.action_resume()
        # Also when somebody removes Odoo's own mark.
        self.parameters.search([("key", "=", "database.is_neutralized")]).unlink()
        self.assertEqual(self.home._status(), "copy")
