"""A pull that takes long is divided, and goes on where it was."""

from odoo.tests import tagged

from odoo.addons.marketplace.models import marketplace_account_sync
from odoo.addons.marketplace.tools import clock

from marketplace_adapters.testing import covers

from .order_common import OrderCase


@tagged("post_install", "-at_install")
class TestPull(OrderCase):
    def setUp(self):
        super().setUp()
        self.channel.page_size = 2
        self.patch(marketplace_account_sync, "JOB_SECONDS", -1.0)
        self.account.automatic = True

    def place(self, count, minutes):
        """So many orders, each so many minutes after the one before."""
        for number in range(count):
            document = self.document(f"P-{number}", minutes=number * minutes)
            self.channel.orders[document["id"]] = document

    def pull(self):
        """What one job does. :return: (calls, jobs that it made, ids in the inbox)."""
        calls = len(self.channel.calls)
        jobs = self.env["queue.job"].search([("method_name", "=", "_job_pull")])
        self.env.flush_all()
        self.env["marketplace.engine"]._job_pull(self.account.id)
        self.env.invalidate_all()
        made = self.env["queue.job"].search([("method_name", "=", "_job_pull")]) - jobs
        items = self.env["marketplace.inbox"].search([("account_id", "=", self.account.id)])
        return len(self.channel.calls) - calls, made, set(items.mapped("external_id"))

    @covers("R326")
    def test_it_goes_on_where_it_was_until_all_is_here(self):
        self.place(7, minutes=10)
        seen, rounds = set(), 0
        while len(seen) < 7:
            _calls, jobs, now = self.pull()
            self.assertLess(seen, now, "each one brings something new")
            self.assertEqual(len(jobs), 1)
            seen, rounds = now, rounds + 1
            if len(seen) < 7:
                self.assertLessEqual(jobs.eta, clock.now(), "it goes on at once")
                self.assertFalse(self.account.cursor_ids.pulled_at)
            jobs.unlink()
        self.assertGreater(rounds, 2)
        self.assertEqual(seen, {f"P-{number}" for number in range(7)})

    def test_what_would_begin_again_at_the_same_place_is_read_to_its_end(self):
        """All of it within the overlap: to stop there would never come to an end."""
        self.place(7, minutes=0)
        _calls, jobs, seen = self.pull()
        self.assertEqual(len(seen), 2, "this one moves the cursor there")
        jobs.unlink()
        calls, jobs, seen = self.pull()
        self.assertEqual((calls, len(seen)), (4, 7))
        self.assertGreater(jobs.eta, clock.now())
        self.assertTrue(self.account.cursor_ids.pulled_at)
