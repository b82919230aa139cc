"""What a channel lists, matched with the products of Odoo and reviewed by a person."""

from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.marketplace.models.marketplace_link_budget import PatientBudget
from odoo.addons.marketplace.wizards import (
    marketplace_link_catalogue,
    marketplace_link_catalogue_read,
)
from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.tests.common import trap_jobs

from marketplace_adapters.core import (
    AuthError,
    ListingKey,
    Money,
    RemoteListing,
    ServerError,
    ThrottledError,
)
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.fake import FakeAdapter, FakeListing

from .common import MarketplaceCase


class CatalogueCase(MarketplaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tea = cls._make_product("Tea", default_code="TEA-1", barcode="6221234567890")
        cls.coffee = cls._make_product("Coffee", default_code="0042", barcode="6221234567891")
        cls.catalogue = cls.env["marketplace.link.catalogue"]._of(cls.account)

    def remote(self, external_id, title="", **key):
        """The channel lists something."""
        listing = FakeListing(
            external_id,
            ListingKey(external_id, **key),
            title=title or external_id,
            price=Money(Decimal("9.50"), "EUR"),
            quantity=Decimal(4),
            published=True,
        )
        self.channel.listings[external_id] = listing
        return listing

    def fetch(self):
        with trap_jobs() as trap:
            self.catalogue.action_fetch()
            trap.assert_jobs_count(1)
            trap.perform_enqueued_jobs()
        self.assertEqual(self.catalogue.state, "ready", self.catalogue.message)
        return {line.external_id: line for line in self.catalogue.line_ids}

    def listings(self):
        return self.env["marketplace.listing"].search([("account_id", "=", self.account.id)])


@tagged("post_install", "-at_install")
class TestLinkCatalogue(CatalogueCase):
    @covers("R295", "R301", "X36", "C14")
    def test_listings_are_proposed_by_our_id_sku_and_barcode_and_nothing_is_linked(self):
        self.remote("A", internal_id=str(self.tea.id))
        self.remote("B", sku="42", title="Coffee 250 g")
        self.remote("C", barcode="none", sku="unknown")
        sugar = self._make_product("Sugar", default_code="SUGAR", barcode="6221234567892")
        salt = self._make_product("Salt", default_code="SALT")
        self.remote("D", barcode="6221234567892")
        self.remote("E", sku="SALT")
        lines = self.fetch()
        self.assertEqual(
            {
                key: (line.status, line.how, line.confidence, line.product_id)
                for key, line in lines.items()
            },
            {
                "A": ("proposed", "internal_id", "certain", self.tea),
                "B": ("proposed", "sku_loose", "unsure", self.coffee),
                "C": ("unmatched", False, False, self.tea.browse()),
                "D": ("proposed", "barcode", "likely", sugar),
                "E": ("proposed", "sku", "likely", salt),
            },
        )
        self.assertEqual(lines["C"].reason, "No product has SKU unknown, barcode none.")
        self.assertEqual(
            (lines["B"].price, lines["B"].quantity, lines["B"].published), (9.5, 4.0, "yes")
        )
        self.assertFalse(self.listings())
        self.assertEqual((self.catalogue.line_count, self.catalogue.coverage), (5, 0.0))

    @covers("R295", "R303")
    def test_ticked_lines_are_linked_and_the_next_reading_finds_them_linked(self):
        self.remote("A", sku="TEA-1", title="Green Tea", extra={"base_product_id": "650"})
        self.remote("B", sku="42")
        self.fetch()
        self.catalogue.action_tick_likely()
        self.catalogue.action_link()
        listing = self.listings()
        self.assertEqual(
            (listing.external_id, listing.product_id, listing.title, listing.extra),
            ("A", self.tea, "Green Tea", {"base_product_id": "650"}),
        )
        lines = self.fetch()
        self.assertEqual((lines["A"].status, lines["A"].listing_id), ("linked", listing))
        self.assertEqual(lines["B"].status, "proposed")
        self.assertEqual(self.catalogue.coverage, 50.0)
        before = listing.read()
        lines["A"].action_link()
        self.assertEqual(listing.read(), before)

    def test_linking_selected_lines_needs_a_product_beside_them(self):
        self.remote("A", sku="nothing")
        lines = self.fetch()
        with self.assertRaises(UserError):
            lines["A"].action_link()

    @covers("R307")
    def test_a_person_chooses_another_product_and_the_choice_outlasts_a_reading(self):
        self.remote("A", sku="TEA-1")
        lines = self.fetch()
        lines["A"].product_id = self.coffee
        self.assertEqual((lines["A"].how, lines["A"].tick), ("person", True))
        lines = self.fetch()
        self.assertEqual((lines["A"].status, lines["A"].product_id), ("proposed", self.coffee))
        self.catalogue.action_link()
        self.assertEqual(self.listings().product_id, self.coffee)
        self.assertEqual(lines["A"].status, "linked")

    def test_a_person_moves_a_link_without_further_ado(self):
        listing = self._list(self.coffee, external_id="A")
        self.remote("A", sku="TEA-1")
        lines = self.fetch()
        self.assertEqual(lines["A"].status, "conflict")
        self.assertIn("is linked to [0042] Coffee", lines["A"].reason)
        lines["A"].product_id = self.tea
        lines["A"].action_link()
        self.assertEqual((listing.product_id, listing.sku), (self.tea, "TEA-1"))
        self.assertEqual(lines["A"].status, "linked")

    def test_ignored_lines_stay_ignored_until_somebody_considers_them(self):
        self.remote("A", sku="TEA-1")
        self.fetch()["A"].action_ignore()
        self.assertEqual(self.fetch()["A"].status, "ignored")
        self.catalogue.line_ids.action_consider()
        self.assertEqual(self.catalogue.line_ids.status, "proposed")

    @covers("X36")
    def test_duplicates_on_either_side_are_conflicts(self):
        self._make_product("Twin", default_code="TEA-1")
        self.remote("A", sku="TEA-1")
        self.remote("B", sku="0042")
        self.remote("C", barcode="6221234567891")
        lines = self.fetch()
        self.assertEqual({line.status for line in lines.values()}, {"conflict"})
        self.assertIn("2 products have the SKU TEA-1", lines["A"].reason)
        self.assertEqual(len(lines["A"].alternative_ids), 2)
        self.assertIn("2 listings of the channel mean this product: ", lines["B"].reason)
        self.catalogue.action_tick_likely()
        with self.assertRaises(UserError):
            self.catalogue.action_link()
        self.assertFalse(self.listings())

    @covers("R305", "C14")
    def test_links_that_the_channel_does_not_list_are_shown_and_can_be_archived(self):
        gone = self._list(self.tea, external_id="GONE")
        self._list(self.coffee, external_id="HERE")
        self.remote("HERE", sku="0042")
        lines = self.fetch()
        self.assertEqual(lines["GONE"].status, "missing")
        self.assertEqual(self.catalogue.missing_count, 1)
        self.remote("GONE", sku="TEA-1")
        self.assertEqual(self.fetch()["GONE"].status, "linked")
        del self.channel.listings["GONE"]
        self.fetch()["GONE"].action_archive_missing()
        self.assertFalse(gone.active)
        self.assertNotIn("GONE", self.fetch())

    def test_a_sku_that_changed_on_the_channel_is_said(self):
        self._list(self.tea, external_id="A", sku="TEA-1")
        self.remote("A", sku="TEA-9")
        line = self.fetch()["A"]
        self.assertEqual(line.status, "linked")
        self.assertEqual(line.reason, "The SKU on the channel is TEA-9, the link says TEA-1.")

    def test_what_the_channel_lists_no_more_leaves_the_list(self):
        self.remote("A", sku="nothing")
        self.fetch()
        self.channel.listings.clear()
        self.assertEqual(self.fetch(), {})

    def test_units_of_the_channel_become_units_of_odoo(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        dozen.active = True
        remotes = [
            RemoteListing(ListingKey("P", sku="TEA-1"), unit="piece", unit_count=1),
            RemoteListing(ListingKey("B", sku="TEA-1"), unit="box", unit_count=12),
            RemoteListing(ListingKey("X", sku="TEA-1"), unit="pallet", unit_count=999),
        ]
        self.patch(FakeAdapter, "listings", lambda adapter, keys=None, *, since=None: iter(remotes))
        lines = self.fetch()
        self.assertEqual(lines["P"].uom_id, self.tea.uom_id)
        self.assertEqual(lines["B"].uom_id, dozen)
        self.assertEqual(lines["X"].status, "unmatched")
        self.assertIn("pallet × 999", lines["X"].reason)
        (lines["P"] | lines["B"]).action_link()
        self.assertEqual(len(self.listings()), 2)

    def test_a_channel_without_external_ids_is_matched_by_sku(self):
        remotes = [RemoteListing(ListingKey(sku="TEA-1"), title="Tea")]
        self.patch(FakeAdapter, "listings", lambda adapter, keys=None, *, since=None: iter(remotes))
        self.fetch()
        self.catalogue.line_ids.action_link()
        self.assertEqual(
            (self.listings().product_id, self.listings().external_id), (self.tea, False)
        )
        self.fetch()
        self.assertEqual(self.catalogue.line_ids.status, "linked")

    def test_linking_sends_nothing_unless_asked(self):
        self.run_engine()
        self.remote("A", sku="TEA-1")
        self.remote("B", sku="0042")
        lines = self.fetch()
        self.channel.calls.clear()
        lines["A"].action_link()
        self.run_engine()
        self.assertEqual(self.channel.pushes, [])
        self.catalogue.send_now = True
        lines["B"].action_link()
        self.run_engine()
        self.assertEqual({item.target.external_id for item in self.channel.pushed}, {"B"})

    # === FAILURES === #

    def test_a_channel_that_fails_is_said_and_the_list_stays(self):
        self.remote("A", sku="TEA-1")
        self.fetch()
        self.env["marketplace.exchange"].search([]).unlink()
        for error in (ServerError("The channel is down."), AuthError("The token is refused.")):
            self.channel.fail_next(error, verb="listings")
            self.catalogue._begin_reading()
            self.catalogue._job_fetch()
            self.assertEqual(
                (self.catalogue.state, self.catalogue.message), ("failed", error.message)
            )
            self.assertEqual(len(self.catalogue.line_ids), 1)
        self.assertEqual(len(self.env["marketplace.exchange"].search([])), 2)

    def test_a_channel_that_says_wait_is_asked_again_later(self):
        self.channel.fail_next(ThrottledError("slow down", retry_after=30), verb="listings")
        self.catalogue._begin_reading()
        with self.assertRaises(RetryableJobError) as caught:
            self.catalogue._job_fetch()
        self.assertEqual((caught.exception.seconds, caught.exception.ignore_retry), (31, True))

    @covers("R295", "R356")
    def test_a_reading_that_was_interrupted_goes_on_where_it_was(self):
        """20,000 rows are never in memory at once, and what is staged is not staged again."""
        self.patch(marketplace_link_catalogue_read, "CHUNK", 3)
        rows = [RemoteListing(ListingKey(f"R{n}", sku=f"S{n}")) for n in range(8)]
        asked = []

        def listings(adapter, keys=None, *, since=None):
            asked.append(len(asked))
            for number, row in enumerate(rows):
                if number == 5 and len(asked) == 1:
                    raise ThrottledError("wait", retry_after=7)
                yield row

        self.patch(FakeAdapter, "listings", listings)
        self.catalogue._begin_reading()
        waits = None
        try:
            # Not assertRaises: it would roll back what was committed here.
            self.catalogue._job_fetch()
        except RetryableJobError as exc:
            waits = exc.seconds
        self.assertEqual(waits, 8)
        self.assertEqual(
            (self.catalogue.state, self.catalogue.read_count, self.catalogue.message),
            ("waiting", 3, "The channel asked us to wait: wait"),
        )
        staged = self.catalogue.line_ids
        self.assertEqual(staged.mapped("external_id"), ["R0", "R1", "R2"])
        self.catalogue._job_fetch()
        self.assertEqual(
            (self.catalogue.state, self.catalogue.read_count, self.catalogue.match_count),
            ("ready", 8, 8),
        )
        self.assertEqual(len(asked), 2)
        self.assertEqual(len(self.catalogue.line_ids), 8)
        self.assertLess(staged, self.catalogue.line_ids)

    def test_what_only_an_interrupted_reading_saw_is_swept_away_by_the_next(self):
        rows = [RemoteListing(ListingKey("OLD")), RemoteListing(ListingKey("HERE"))]
        self.patch(FakeAdapter, "listings", lambda adapter, keys=None, *, since=None: iter(rows))
        self.fetch()
        rows[0] = RemoteListing(ListingKey("NEW"), title="New", options={" Size ": " L  XL "})
        lines = self.fetch()
        self.assertEqual(set(lines), {"HERE", "NEW"})
        self.assertEqual(lines["NEW"].options, [["Size", "L XL"]])
        self.assertEqual({line.seen for line in lines.values()}, {self.catalogue.run})

    def test_a_bug_of_an_adapter_is_told_and_the_catalogue_can_be_read_again(self):
        def listings(adapter, keys=None, *, since=None):
            raise KeyError("price")

        self.patch(FakeAdapter, "listings", listings)
        self.catalogue._begin_reading()
        with self.assertLogs("odoo.addons.marketplace", "WARNING"):
            self.catalogue._job_fetch()
        self.assertEqual(self.catalogue.state, "failed")
        self.assertIn("KeyError", self.catalogue.message)

    def test_many_ticked_lines_are_linked_in_the_background_part_by_part(self):
        self.patch(marketplace_link_catalogue, "CHUNK", 1)
        self.patch(marketplace_link_catalogue_read, "CHUNK", 1)
        self.remote("A", sku="TEA-1")
        self.remote("B", sku="0042")
        self.fetch()
        self.catalogue.line_ids.tick = True
        with trap_jobs() as trap:
            self.catalogue.action_link()
            self.assertEqual(self.catalogue.state, "linking")
            trap.perform_enqueued_jobs()
        self.assertEqual((self.catalogue.state, self.catalogue.linked_count), ("ready", 2))

    def test_a_paused_account_is_not_asked(self):
        self.catalogue._begin_reading()
        self.account._pause("for now")
        self.channel.calls.clear()
        with self.assertRaises(UserError):
            self.catalogue.action_fetch()
        self.catalogue._job_fetch()
        self.assertEqual(self.catalogue.state, "failed")
        self.assertEqual(self.channel.calls, [])

    def test_a_reader_of_a_catalogue_waits_for_its_turn_but_not_for_ever(self):
        waits, slept = [2.0, 3.0], []

        class Budget:
            def take(self, bucket, cost=1.0):
                if waits:
                    raise ThrottledError("used up", retry_after=waits.pop(0))
                return "granted"

        budget = PatientBudget(Budget())
        budget.sleep = slept.append
        self.assertEqual(budget.take("listing"), "granted")
        self.assertEqual(slept, [2.0, 3.0])
        waits.append(56.0)
        with self.assertRaises(ThrottledError):
            budget.take("listing")
        self.assertEqual(slept, [2.0, 3.0])

    def test_queries_do_not_grow_with_the_catalogue(self):
        def count(number):
            self.channel.listings.clear()
            self._make_products(number)
            for n in range(number):
                self.remote(f"{number}-{n}", sku=f"Q{number}-{n}")
            self.env.flush_all()
            self.env.invalidate_all()
            self.catalogue._begin_reading()
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.catalogue._job_fetch()
            self.env.flush_all()
            self.assertEqual(self.catalogue.proposed_count, number)
            return self.env.cr.sql_log_count - before

        count(5)
        few, many = count(10), count(200)
        self.assertLessEqual(many, few + 10)

    def _make_products(self, number):
        return self.env["product.product"].create(
            [{"name": f"Q{n}", "default_code": f"Q{number}-{n}"} for n in range(number)]
        )
