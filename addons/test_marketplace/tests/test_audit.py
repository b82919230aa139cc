"""The catalogue is read back and compared: every change is found, and nothing else."""

import random
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.marketplace.models import marketplace_audit

from marketplace_adapters.core import AuthError, Money, RejectedError, RemoteListing, ThrottledError
from marketplace_adapters.testing import covers

from .order_common import OrderCase


@tagged("post_install", "-at_install")
class TestAudit(OrderCase):
    def tell_all(self):
        self.account._request_products()
        self.run_engine()
        self.channel.finish()
        self.run_engine()

    def audit(self):
        engine = self.env["marketplace.engine"].with_user(self.engine_user)
        self.env.flush_all()
        engine._job_audit(self.account.id)
        self.env.invalidate_all()
        return self.account.audit_read, self.account.audit_found

    def edits(self):
        return {
            (one.listing_id.external_id, one.member)
            for one in self.env["marketplace.foreign.edit"].search([])
        }

    @covers("C4", "R371")
    def test_200_changes_are_found_and_no_other(self):
        products = [self._make_product(f"P{n}", 10.0 + n, quantity=20) for n in range(120)]
        for n, product in enumerate(products):
            self._list(product, external_id=f"N{n}")
        self.tell_all()
        dice = random.Random(20300115)
        members = ("title", "price", "published", "quantity")
        places = [(f"N{n}", member) for n in range(120) for member in members]
        chosen = set(dice.sample(places, 200))
        for name, member in chosen:
            listing = self.channel.listings[name]
            if member == "title":
                listing.title += "!"
            elif member == "price":
                listing.price = replace(
                    listing.price, amount=listing.price.amount + Decimal("0.01")
                )
            elif member == "published":
                listing.published = False
            else:
                listing.quantity += dice.choice((-1, 1))
        self.patch(marketplace_audit, "BATCH", 50)
        self.assertEqual(self.audit(), (122, 200))
        self.assertEqual(self.edits(), chosen)
        self.assertEqual(self.audit(), (122, 0))
        self.assertEqual(self.causes().mapped("code"), ["foreign_edits"])

    def test_what_is_told_while_it_is_read_is_no_change(self):
        self.tell_all()

        def during(call):
            if call.verb == "listings":
                self.channel.on_call = None
                self.tea.list_price = 44
                self.run_engine()
                # The page was made before: it shows the price of then.
                listing = self.channel.listings["F-1"]
                listing.price = replace(listing.price, amount=Decimal("10.00"))

        self.channel.on_call = during
        self.assertEqual(self.audit(), (2, 0))

    def test_what_was_told_since_the_catalogue_was_written_is_no_change(self):
        self.tell_all()
        self.tea.list_price = 44
        self.run_engine()
        # Somebody's price of before stands in a file that is some minutes old.
        self.channel.written_at = datetime.now(timezone.utc) - timedelta(minutes=10)
        listing = self.channel.listings["F-1"]
        listing.price = replace(listing.price, amount=Decimal("77.00"))
        self.assertEqual(self.audit(), (2, 0))
        self.channel.written_at = None
        self.assertEqual(self.audit(), (2, 1), "but what it shows now is somebody's change")

    def test_a_catalogue_that_is_not_ready_is_asked_for_again(self):
        self.channel.fail_next(ThrottledError("Still working.", retry_after=30.0), verb="listings")
        jobs = self.env["queue.job"].search([("method_name", "=", "_job_audit")])
        self.audit()
        job = self.env["queue.job"].search([("method_name", "=", "_job_audit")]) - jobs
        self.assertEqual(len(job), 1)
        self.assertGreater(job.eta, self.env.cr.now() + timedelta(seconds=20))
        self.assertFalse(self.causes())

    def test_a_failure_is_told_and_solved_by_the_next_success(self):
        self.channel.fail_next(RejectedError("No such right."), verb="listings")
        self.audit()
        self.assertIn("No such right.", self.causes().title)
        self.audit()
        self.assertFalse(self.causes())

    def test_refused_credentials_pause_the_account(self):
        self.channel.fail_next(AuthError("Who?"), verb="listings")
        self.audit()
        self.assertEqual(self.account.state, "paused")
        with self.assertRaises(UserError):
            self.account.action_audit()

    def test_the_night_reads_only_where_that_is_wished(self):
        jobs = self.env["queue.job"]
        before = jobs.search_count([("method_name", "=", "_job_audit")])
        self.env["marketplace.engine"]._cron_reconcile()
        self.assertEqual(jobs.search_count([("method_name", "=", "_job_audit")]), before)
        self.account.audit_nightly = True
        self.env["marketplace.engine"]._cron_reconcile()
        self.assertEqual(jobs.search_count([("method_name", "=", "_job_audit")]), before + 1)

    def test_what_a_listing_of_the_channel_says(self):
        remote = RemoteListing(
            self.tea_listing._key(),
            title="Blue",
            group="7",
            price=Money(Decimal("8.50"), "EUR"),
            compare_at=Money(Decimal(10), "EUR"),
            quantity=Decimal(9),
            weight_kg=Decimal("0.5"),
            by_location={"1": Decimal(4), "2": Decimal(5)},
        )
        self.assertEqual(
            self.account._shown_values(remote),
            {
                "product": {"weight_kg": "0.5"},
                "price": {"price": "8.50", "currency": "EUR", "compare_at": "10"},
                "inventory": {"by_location": {"1": "4", "2": "5"}},
            },
        )
        self.assertEqual(self.account._shown_values(RemoteListing(remote.key)), {})
