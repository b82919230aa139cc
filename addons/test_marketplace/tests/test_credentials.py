"""Secrets go in and never come out; the key that guards them is kept, shared and renewed safely."""

import logging
import os
import stat
import tempfile
import threading
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import psycopg2
from cryptography.fernet import Fernet

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import config, format_date, mute_logger

from odoo.addons.marketplace.tools import secrets

from marketplace_adapters.core import AuthError, ServerError
from marketplace_adapters.testing import covers

from .common import MarketplaceCase

SECRET = "t0p-secret-Ключ-سر"
CLASSES = "odoo.addons.marketplace.tools.secrets"


class SecretCase(MarketplaceCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.patch(secrets, "key_file", lambda: self.folder / "data" / "marketplace.key")
        environment = patch.dict(os.environ)
        environment.start()
        self.addCleanup(environment.stop)
        os.environ.pop(secrets.ENVIRONMENT, None)
        self.path = self.folder / "data" / "marketplace.key"
        # What the set-up stored was encrypted with the key of the server.
        self.env["marketplace.credential"].search([]).unlink()

    def store(self, value=SECRET, account=None, key="token"):
        self.env["marketplace.credential"]._store(account or self.account, key, value)
        return self.env["marketplace.credential"].search(
            [("account_id", "=", (account or self.account).id), ("key", "=", key)]
        )

    def read_secret(self):
        return self.env["marketplace.credential"]._read_all(self.account)["token"]


@tagged("post_install", "-at_install")
class TestCredentials(SecretCase):
    @covers("X35", "R406", "R407")
    def test_the_engine_reads_what_was_stored_and_the_database_does_not_hold_it(self):
        self.store()
        self.assertEqual(self.read_secret(), SECRET)
        self.env.flush_all()
        self.env.cr.execute("SELECT marketplace_credential::text FROM marketplace_credential")
        self.assertNotIn(SECRET, str(self.env.cr.fetchall()))

    @covers("X35")
    def test_nobody_reads_a_secret_back_by_any_way_of_the_web_client(self):
        credential = self.store()
        manager = new_test_user(
            self.env,
            "c-manager",
            groups="marketplace.group_manager,base.group_no_one,base.group_allow_export",
        )
        mine = credential.with_user(manager)
        shown = [
            mine.read(),
            mine.search_read([("id", "=", mine.id)]),
            mine.web_read({"value": {}, "key": {}, "expires_at": {}}),
            mine.export_data(["id", "key", "value"])["datas"],
            mine.copy_data({"key": "second"}),
            self.account.with_user(manager).read(["credential_ids"]),
            self.account.with_user(manager).export_data(["credential_ids/value"])["datas"],
        ]
        token = credential.sudo().token
        self.assertNotIn(SECRET, str(shown))
        self.assertNotIn(token, str(shown))
        self.assertEqual(mine.value, "••••••••")
        for forbidden in (
            lambda: mine.read(["token"]),
            lambda: mine.search([("token", "=like", "g%")]),
            lambda: mine.search([], order="token"),
            lambda: mine._read_group([], ["token"]),
            lambda: mine.write({"token": token}),
            lambda: mine.create({"account_id": self.account.id, "key": "x", "token": token}),
            lambda: mine.export_data(["token"]),
        ):
            with self.assertRaises(AccessError):
                forbidden()
        self.assertNotIn("token", mine.fields_get())

    def test_a_manager_enters_and_replaces_a_secret(self):
        manager = new_test_user(self.env, "c-manager", groups="marketplace.group_manager")
        credential = (
            self.env["marketplace.credential"]
            .with_user(manager)
            .create({"account_id": self.account.id, "key": "second", "value": SECRET})
        )
        known = self.env["marketplace.credential"]._read_all(self.account)
        self.assertEqual(known["second"], SECRET)
        credential.value = "new"
        self.env.flush_all()
        self.env.invalidate_all()
        known = self.env["marketplace.credential"]._read_all(self.account)
        self.assertEqual(known["second"], "new")
        credential.value = False  # saving a form does not erase what it does not show
        known = self.env["marketplace.credential"]._read_all(self.account)
        self.assertEqual(known["second"], "new")

    @covers("R407", "R408", "R409")
    def test_a_credential_needs_a_name_and_a_secret_and_has_the_platform_of_its_account(self):
        credentials = self.env["marketplace.credential"]
        account = {"account_id": self.account.id}
        with self.assertRaises(UserError) as caught:
            credentials.create({**account, "key": "empty"})
        self.assertIn("empty", str(caught.exception))
        with self.assertRaises(psycopg2.errors.NotNullViolation), mute_logger("odoo.sql_db"):
            credentials.create({**account, "value": SECRET})
        with self.assertRaises(psycopg2.errors.UniqueViolation), mute_logger("odoo.sql_db"):
            credentials.create([{**account, "key": "twice", "value": SECRET}] * 2)
        made = credentials.create({**account, "key": "good", "value": SECRET})
        self.assertEqual(made.platform, "fake")

    @covers("R410")
    def test_people_hear_two_weeks_before_a_credential_expires(self):
        store = self.env["marketplace.credential"]._store
        now = fields.Datetime.now()
        store(self.account, "soon", SECRET, now + timedelta(days=13))
        store(self.account, "later", SECRET, now + timedelta(days=15))
        for _night in range(2):
            self.env["marketplace.engine"]._cron_reconcile()
        causes = self.account.cause_ids.filtered(lambda cause: cause.state == "open")
        self.assertEqual(causes.mapped("code"), ["credential_expires:soon"])
        self.assertIn(format_date(self.env, now + timedelta(days=13)), causes.title)
        self.assertEqual(len(causes.message_ids.filtered(lambda one: "soon" in one.body)), 1)
        store(self.account, "soon", SECRET, now + timedelta(days=90))
        self.env["marketplace.engine"]._cron_reconcile()
        self.assertEqual(causes.state, "solved")

    def test_users_and_the_engine_see_no_credential(self):
        credential = self.store()
        user = new_test_user(self.env, "c-user", groups="marketplace.group_user")
        for who in (user, self.env.ref("marketplace.user_engine")):
            with self.subTest(who=who.login), self.assertRaises(AccessError):
                credential.with_user(who).read(["key"])
            self.assertNotIn("credential_ids", self.account.with_user(who).fields_get())

    def test_the_token_of_the_webhook_is_not_exported_and_users_do_not_see_it(self):
        manager = new_test_user(self.env, "c-manager", groups="marketplace.group_manager")
        user = new_test_user(self.env, "c-user", groups="marketplace.group_user")
        fields = self.account.with_user(manager).fields_get(["webhook_token", "webhook_url"])
        for name in ("webhook_token", "webhook_url"):
            with self.subTest(name=name):
                self.assertFalse(fields[name]["exportable"])
                with self.assertRaises(AccessError):
                    self.account.with_user(user).read([name])
        self.assertNotIn(self.account.webhook_token, str(self.account.with_user(user).read()))

    @covers("X35")
    def test_no_log_exception_job_message_or_stored_call_holds_a_secret(self):
        lines = self.every_log_line()
        self.store()
        product = self._make_product("Tea", default_code="TEA")
        self._list(product)
        errors = []
        for error in (ServerError("down"), AuthError("refused"), None):
            if error:
                self.channel.fail_next(error, verb="push")
            product.list_price += 1
            self.run_engine()
            self.account.action_test_connection()
        for broken in (
            lambda: self.account._open_adapter().push("none", [], SECRET),
            lambda: self.account._get_adapter_class()(None),
        ):
            try:
                broken()
            except Exception as exc:
                errors += [repr(exc), str(exc)]
        with self.account._open_adapter() as adapter:
            errors += [repr(adapter), repr(adapter.connection), str(adapter.connection)]
        self.assertTrue(any('INSERT INTO "marketplace_credential"' in line for line in lines))
        self.assertNotIn(SECRET, "\n".join(lines))
        self.assertNotIn(SECRET, "\n".join(errors))
        self.env.flush_all()
        for table in (
            "queue_job",
            "mail_message",
            "marketplace_exchange",
            "marketplace_cause",
            "marketplace_submission",
            "marketplace_outbox",
            "ir_logging",
            "mail_tracking_value",
            "marketplace_account",
        ):
            with self.subTest(table=table):
                self.env.cr.execute(f"SELECT {table}::text FROM {table}")
                self.assertNotIn(SECRET, str(self.env.cr.fetchall()))

    def every_log_line(self):
        """The list that whatever is logged from now on goes into, down to DEBUG and SQL."""
        lines = []
        handler = logging.Handler(logging.DEBUG)
        handler.emit = lambda record: lines.append(record.getMessage())
        for name in ("odoo", "odoo.sql_db", "odoo.addons", "marketplace_adapters", "urllib3"):
            logger = logging.getLogger(name)
            self.addCleanup(logger.setLevel, logger.level)
            logger.setLevel(logging.DEBUG)
        for name in ("odoo", "marketplace_adapters", "urllib3"):
            logger = logging.getLogger(name)
            logger.addHandler(handler)
            self.addCleanup(logger.removeHandler, handler)
        return lines


@tagged("post_install", "-at_install")
class TestKey(SecretCase):
    @covers("X35")
    def test_a_missing_key_file_is_made_once_and_for_its_owner_alone(self):
        self.store()
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)
        key = self.path.read_text()
        self.store("other")
        self.assertEqual(self.path.read_text(), key)
        self.assertEqual(
            sorted(path.name for path in self.path.parent.iterdir()), ["marketplace.key"]
        )

    def test_many_workers_that_start_together_agree_on_one_key(self):
        start, keys = threading.Barrier(8), []

        def work():
            start.wait()
            keys.append(secrets._read_keys())

        threads = [threading.Thread(target=work) for _worker in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(keys), 8)
        self.assertEqual(set(keys), {self.path.read_text()})

    def test_keys_added_together_are_all_kept(self):
        self.store()
        start = threading.Barrier(4)

        def work():
            start.wait()
            secrets.add_key(self.env)

        threads = [threading.Thread(target=work) for _worker in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(set(self.path.read_text().split(","))), 5)
        self.assertEqual(self.read_secret(), SECRET)

    def test_the_environment_wins_over_the_configuration_and_that_over_the_file(self):
        in_environment, in_section, in_options = (
            Fernet.generate_key().decode() for _place in range(3)
        )
        conf = self.folder / "odoo.conf"
        conf.write_text(f"[options]\nx = 1\n[marketplace]\nkey = {in_section}\n")
        with patch.dict(config.options, {"config": str(conf), secrets.OPTION: in_options}):
            self.assertEqual(secrets._read_keys(), in_section)
            self.assertEqual(secrets.key_place(), str(conf))
            conf.write_text("[options]\nx = 1\nno section of ours\n")
            os.utime(conf, ns=(1, 1))
            self.assertEqual(secrets._read_keys(), in_options)
            os.environ[secrets.ENVIRONMENT] = in_environment
            self.assertEqual(secrets._read_keys(), in_environment)
            self.assertEqual(secrets.key_place(), secrets.ENVIRONMENT)
        self.assertFalse(self.path.exists())

    def test_a_key_that_cannot_be_used_is_said_and_never_shown(self):
        for bad in ("short", "ключ", Fernet.generate_key().decode()[:-3], ",", "a b c,"):
            with self.subTest(bad=bad):
                os.environ[secrets.ENVIRONMENT] = bad
                with (
                    self.assertLogs(CLASSES, "ERROR") as logs,
                    self.assertRaises(UserError) as caught,
                ):
                    self.store()
                self.assertIn("ODOO_MARKETPLACE_KEY cannot be used", str(caught.exception))
                self.assertIsNone(caught.exception.__cause__)
                if len(bad) > 4:
                    self.assertNotIn(bad, str(caught.exception) + str(logs.output))

    def test_a_file_that_cannot_be_read_is_said(self):
        self.path.mkdir(parents=True)
        with self.assertLogs(CLASSES, "ERROR"), self.assertRaises(UserError) as caught:
            self.store()
        self.assertIn("Is a directory", str(caught.exception))

    def test_a_file_open_to_others_is_warned_about(self):
        self.store()
        os.chmod(self.path, 0o644)
        secrets._warn_if_open.cache_clear()
        with self.assertLogs(CLASSES, "WARNING") as logs:
            self.assertEqual(self.read_secret(), SECRET)
        self.assertIn("chmod 600", logs.output[0])

    @covers("X35")
    def test_another_key_reads_nothing(self):
        self.store()
        os.environ[secrets.ENVIRONMENT] = Fernet.generate_key().decode()
        with self.assertRaises(UserError) as caught:
            self.read_secret()
        self.assertIn("encrypted with another key", str(caught.exception))

    # === ROTATION === #

    def rotate(self, **vals):
        return self.env["marketplace.rotate.key.wizard"].create(vals).action_rotate()["params"]

    @covers("X35")
    def test_after_a_rotation_the_old_key_may_be_thrown_away(self):
        old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
        os.environ[secrets.ENVIRONMENT] = old
        credential = self.store()
        os.environ[secrets.ENVIRONMENT] = f"{new}, {old}"
        self.assertEqual(self.read_secret(), SECRET)
        answer = self.rotate()
        self.assertEqual(answer["type"], "success")
        os.environ[secrets.ENVIRONMENT] = new
        self.assertEqual(self.read_secret(), SECRET)
        os.environ[secrets.ENVIRONMENT] = old
        with self.assertRaises(UserError):
            self.read_secret()
        self.assertTrue(credential.sudo().token)

    @covers("X35")
    def test_the_button_makes_a_new_key_in_front_of_the_old_one(self):
        self.store()
        old = self.path.read_text()
        answer = self.rotate(new_key=True)
        self.assertEqual(answer["type"], "success")
        new, kept = self.path.read_text().split(",")
        self.assertEqual(kept, old)
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)
        self.path.write_text(new)
        self.assertEqual(self.read_secret(), SECRET)
        self.assertNotIn(new, str(answer))

    def test_what_cannot_be_read_is_named_and_the_others_are_rotated(self):
        other = self._make_account("Other")
        self.env["marketplace.credential"].search([]).unlink()
        old, lost, new = (Fernet.generate_key().decode() for _key in range(3))
        os.environ[secrets.ENVIRONMENT] = lost
        self.store("gone", account=other)
        os.environ[secrets.ENVIRONMENT] = old
        self.store()
        os.environ[secrets.ENVIRONMENT] = f"{new},{old}"
        answer = self.rotate()
        self.assertEqual(answer["type"], "warning")
        self.assertEqual(
            answer["message"],
            "1 credentials are encrypted with the newest key. "
            "These could not be read; enter them again: Other (token).",
        )
        os.environ[secrets.ENVIRONMENT] = new
        self.assertEqual(self.read_secret(), SECRET)

    def test_a_key_of_the_environment_is_not_changed_by_a_button(self):
        os.environ[secrets.ENVIRONMENT] = Fernet.generate_key().decode()
        with self.assertRaises(UserError) as caught:
            self.rotate(new_key=True)
        self.assertIn("The key comes from ODOO_MARKETPLACE_KEY", str(caught.exception))
        self.assertFalse(self.path.exists())

    def test_only_managers_rotate(self):
        user = new_test_user(self.env, "k-user", groups="marketplace.group_user")
        with self.assertRaises(AccessError):
            self.env["marketplace.rotate.key.wizard"].with_user(user).create({})
