"""Webhooks that vanish or fall silent, shops that throw us out, interfaces that end."""

from datetime import date, datetime, timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.marketplace.models import marketplace_api_version, marketplace_subscription

from marketplace_adapters.core import ApiVersion, AuthError, RejectedError, ServerError
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.fake import FakeAdapter

from .order_common import NOON, OrderCase


@tagged("post_install", "-at_install")
class TestSubscriptions(OrderCase):
    def setUp(self):
        super().setUp()
        self.channel.wanted = ("ORDERS", "STOCK")
        self.url = self.account.webhook_url

    def look(self):
        self.env["marketplace.subscription"]._cron_check()
        self.env.invalidate_all()

    def states(self):
        return {row.topic: row.state for row in self.account.subscription_ids}

    @covers("C4", "R371")
    def test_what_went_missing_is_mended_by_itself(self):
        self.channel.subscribed = {"ORDERS": self.url, "STOCK": "https://elsewhere.example"}
        self.look()
        self.assertEqual(self.states(), {"ORDERS": "good", "STOCK": "mended"})
        self.assertEqual(self.account.webhook_state, "mended")
        self.assertEqual(self.channel.subscribed["STOCK"], self.url)
        self.look()
        self.assertEqual(self.states(), {"ORDERS": "good", "STOCK": "good"})
        self.assertEqual((self.account.webhook_state, self.account.webhook_missing), ("good", ""))
        self.assertTrue(self.account.subscription_ids[1].mended_at)
        self.assertFalse(self.causes())

    def test_what_cannot_be_mended_is_told_once_and_solves_itself(self):
        self.channel.stubborn = {"STOCK"}
        self.look()
        self.look()
        self.assertEqual(self.account.webhook_missing, "STOCK")
        cause = self.causes()
        self.assertEqual(cause.code, "webhooks")
        self.assertIn("STOCK", cause.title)
        self.assertNotIn("ORDERS", cause.title)
        self.assertEqual(len(cause.message_ids.filtered("partner_ids")), 1)
        self.channel.stubborn = set()
        self.look()
        self.assertFalse(self.causes())

    def test_a_look_that_fails_changes_nothing_known_and_is_told(self):
        self.look()
        self.channel.fail_next(RejectedError("No right to read subscriptions."), verb="subscribe")
        self.look()
        self.assertEqual(self.states(), {"ORDERS": "mended", "STOCK": "mended"})
        self.assertIn("No right to read subscriptions.", self.causes().title)

    def test_one_account_that_fails_does_not_stop_the_next(self):
        second = self._make_account("Second")
        other = type(self.channel).of(second.base_url)
        other.wanted = ("ORDERS",)
        self.channel.fail_next(ServerError("down"), verb="subscribe")
        self.look()
        self.assertEqual(second.webhook_state, "mended")

    def test_refused_credentials_pause_the_account(self):
        self.channel.fail_next(AuthError("Who are you?"), verb="subscribe")
        self.look()
        self.assertEqual(self.account.state, "paused")
        self.assertEqual(self.causes().code, "auth")

    def test_webhooks_that_are_set_up_by_hand_are_left_alone(self):
        self.channel.wanted = None
        self.assertEqual(self.account.action_check_webhooks()["params"]["type"], "success")
        self.assertEqual((self.account.webhook_state, self.states()), ("unknown", {}))

    def test_topics_that_are_not_wanted_any_more_leave(self):
        self.look()
        self.channel.wanted = ("ORDERS",)
        self.look()
        self.assertEqual(self.states(), {"ORDERS": "good"})

    def test_the_button_says_what_is_wrong(self):
        self.channel.stubborn = {"STOCK"}
        shown = self.account.action_check_webhooks()["params"]
        self.assertEqual(shown["type"], "danger")
        self.assertIn("STOCK", shown["message"])
        self.account.action_pause()
        with self.assertRaises(UserError):
            self.account.action_check_webhooks()


@tagged("post_install", "-at_install")
class TestSilence(OrderCase):
    """Noon of Thursday, 24 January 2030; messages at every fifth minute from 8 to 20 o'clock."""

    now = datetime(2030, 1, 24, 12, 0)

    def fill(self, topic="stored", *, days=None, until=None, every=5, source="webhook"):
        rows = []
        for day in days or range(1, 11):
            start = self.now.replace(hour=8) - timedelta(days=day)
            rows += [start + timedelta(minutes=every * n) for n in range(720 // every)]
        if until is not None:
            start = self.now.replace(hour=8)
            steps = int((until - start).total_seconds() // 60 // every) + 1
            rows += [start + timedelta(minutes=every * n) for n in range(steps)]
        self.env["marketplace.inbox"].create(
            [
                {
                    "account_id": self.account.id,
                    "topic": topic,
                    "external_id": f"{topic}-{source}-{n}",
                    "revision": "1",
                    "source": source,
                    "received_at": moment,
                    "status": "done",
                }
                for n, moment in enumerate(rows)
            ]
        )

    def silent(self, now=None):
        with patch.object(marketplace_subscription.clock, "now", lambda: now or self.now):
            self.env["marketplace.subscription"]._check_silence(self.account)
        return self.causes().mapped("code")

    @covers("C4")
    def test_a_busy_topic_that_falls_silent_is_told_once(self):
        self.fill(until=datetime(2030, 1, 24, 10, 30))
        self.assertEqual(self.silent(), ["webhook_silent:stored"])
        self.silent()
        self.assertEqual(len(self.causes().message_ids.filtered("partner_ids")), 1)

    def test_it_solves_itself_when_the_topic_speaks_again(self):
        self.fill(until=datetime(2030, 1, 24, 10, 30))
        self.silent()
        self.env["marketplace.inbox"].create(
            {
                "account_id": self.account.id,
                "topic": "stored",
                "external_id": "again",
                "revision": "1",
                "source": "webhook",
                "received_at": datetime(2030, 1, 24, 11, 59),
                "status": "done",
            }
        )
        self.assertEqual(self.silent(), [])

    def test_a_short_pause_is_no_silence(self):
        self.fill(until=datetime(2030, 1, 24, 11, 30))
        self.assertEqual(self.silent(), [])

    def test_a_quiet_shop_is_never_told(self):
        self.fill(every=240, until=datetime(2030, 1, 24, 8, 0))
        self.assertEqual(self.silent(datetime(2030, 1, 24, 23, 0)), [])

    def test_a_night_is_no_silence(self):
        self.fill(until=datetime(2030, 1, 24, 19, 55))
        self.assertEqual(self.silent(datetime(2030, 1, 25, 7, 59)), [])

    def test_a_weekday_that_is_always_silent_is_none(self):
        sunday = datetime(2030, 1, 27, 12, 0)
        self.now = sunday
        self.fill(
            days=[day for day in range(1, 14) if (sunday - timedelta(days=day)).weekday() < 6]
        )
        self.assertEqual(self.silent(), [])

    def test_a_new_account_has_no_rhythm_yet(self):
        self.fill(days=range(1, 4), until=datetime(2030, 1, 24, 9, 0))
        self.assertEqual(self.silent(), [])

    def test_a_silence_of_days_is_still_one(self):
        self.fill(days=range(3, 12))
        self.assertEqual(self.silent(), ["webhook_silent:stored"])

    def test_a_topic_that_is_pulled_as_well_is_silent_only_if_something_happened(self):
        self.fill("order", until=datetime(2030, 1, 24, 10, 30))
        self.assertEqual(self.silent(), [])
        self.fill("order", days=[0], every=60, source="pull")
        self.assertEqual(self.silent(), ["webhook_silent:order"])


@tagged("post_install", "-at_install")
class TestDisconnected(OrderCase):
    def leave(self, number=1, moment=NOON):
        self.receive(
            {"id": f"gone-{number}", "updated_at": moment.isoformat()}, topic="disconnected"
        )
        self.process()
        return self.item(f"gone-{number}")

    @covers("R371", "C4")
    def test_the_account_pauses_with_a_link_and_queues_on(self):
        self.assertEqual(self.leave().status, "done")
        self.assertEqual(
            (self.account.state, self.account.pause_reason),
            ("paused", "Disconnected on the channel."),
        )
        cause = self.causes()
        self.assertEqual(cause.code, "auth")
        self.assertIn(f"/odoo/marketplace.account/{self.account.id}", cause.advice)
        self.tea.list_price = 13
        self.run_engine()
        self.assertEqual(self.channel.pushed, [])
        self.leave(2)
        self.assertEqual(len(self.causes().message_ids.filtered("partner_ids")), 1)
        self.account.action_test_connection()
        self.env.invalidate_all()
        self.assertEqual((self.account.state, self.account.pause_reason), ("connected", False))
        self.assertFalse(self.causes())
        self.run_engine()
        self.assertEqual(self.channel.listings["F-1"].price.amount, 13)

    def test_a_late_copy_does_not_throw_a_connected_account_out(self):
        self.leave()
        self.account.action_resume()
        old = self.account.connected_at.replace(tzinfo=NOON.tzinfo) - timedelta(minutes=1)
        item = self.leave(3, old)
        self.assertEqual((item.status, item.message), ("ignored", "Connected again since then."))
        self.assertEqual(self.account.state, "connected")


@tagged("post_install", "-at_install")
class TestVersions(OrderCase):
    ends = date(2030, 10, 16)

    def night(self, day):
        moment = datetime.combine(day, datetime.min.time())
        with patch.object(marketplace_api_version.clock, "now", lambda: moment):
            self.account._tell_api_ends()
        return self.causes()

    @covers("C15")
    def test_people_are_told_90_and_30_days_before_once_each(self):
        version = ApiVersion("Fake 2", self.ends)
        with patch.object(FakeAdapter, "versions", (ApiVersion("Forever"), version)):
            self.account.invalidate_recordset()
            self.assertEqual(self.account.api_ends, self.ends)
            self.assertIn("Forever, Fake 2 until", self.account.api_versions)
            self.assertFalse(self.night(self.ends - timedelta(days=91)))
            first = self.night(self.ends - timedelta(days=90))
            self.assertIn("in 90 days", first.title)
            self.assertEqual(self.night(self.ends - timedelta(days=60)), first)
            self.assertEqual(len(first.message_ids.filtered("partner_ids")), 1)
            first.action_mark_solved()
            self.assertFalse(self.night(self.ends - timedelta(days=31)))
            second = self.night(self.ends - timedelta(days=30))
            self.assertIn("in 30 days", second.title)
            self.assertNotEqual(second, first)
            over = self.night(self.ends)
            self.assertIn("has stopped serving", over.title)
        # An update of the suite speaks another version.
        self.assertFalse(self.night(self.ends))

    def test_a_version_without_an_end_is_only_shown(self):
        self.assertEqual((self.account.api_versions, self.account.api_ends), ("Fake 1", False))
        self.assertFalse(self.night(date(2099, 1, 1)))

    def test_the_nightly_job_looks(self):
        version = ApiVersion("Fake 2", self.ends)
        moment = datetime.combine(self.ends, datetime.min.time())
        with (
            patch.object(FakeAdapter, "versions", (version,)),
            patch.object(marketplace_api_version.clock, "now", lambda: moment),
        ):
            self.env["marketplace.engine"]._cron_reconcile()
        self.assertEqual(len(self.causes()), 1)
