"""Lanes with budgets of their own, products before the rest, newer values over older ones."""

import dataclasses
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.marketplace.tools import clock

from marketplace_adapters.core import (
    ImageState,
    Issue,
    ItemResult,
    Kind,
    Outcome,
    Severity,
    Submission,
    ThrottledError,
    TransportError,
)
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.fake import FakeAdapter

from .common import MarketplaceCase
from .test_sender import PIXEL


class LaneCase(MarketplaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tea = cls._make_product("Tea", 10.0, quantity=20)

    def items(self, kind, listing=None):
        domain = [("kind", "=", kind)]
        if listing:
            domain.append(("listing_id", "=", listing.id))
        return self.env["marketplace.outbox"].search(domain, order="id")

    def later(self, **delta):
        moment = clock.now() + timedelta(**delta)
        return patch.object(clock, "now", lambda: moment)

    def jobs_at(self):
        """When the next sending of the account is due: etas of the jobs that wait."""
        key = f"marketplace:_job_send:{self.account.id}:0"
        jobs = self.env["queue.job"].search([("identity_key", "=", key), ("state", "=", "pending")])
        return jobs.mapped("eta")


@tagged("post_install", "-at_install")
class TestParkedLanes(LaneCase):
    def setUp(self):
        super().setUp()
        self.listing = self._list(self.tea)
        self.run_engine()
        self.channel.calls.clear()

    def throttle(self, kinds, seconds):
        """The next pushes of these kinds are refused for so many seconds."""
        real = FakeAdapter.push

        def push(adapter, lane, items, key):
            if {item.kind for item in items} & set(kinds):
                raise ThrottledError("slow down", retry_after=seconds)
            return real(adapter, lane, items, key)

        self.patch(FakeAdapter, "push", push)

    @covers("R26", "X42")
    def test_a_lane_without_budget_does_not_stop_the_others(self):
        self.throttle({Kind.PRICE}, 1200)
        self.tea.write({"list_price": 11, "image_1920": PIXEL})
        self.run_engine()
        self.assertEqual(self.items("price")[-1].status, "new")
        self.assertEqual(self.items("image")[-1].status, "pending")

    def test_what_comes_while_a_lane_waits_is_sent_at_once(self):
        self.throttle({Kind.PRICE}, 1200)
        self.tea.list_price = 11
        self.run_engine()
        (eta,) = set(self.jobs_at())
        self.assertGreater(eta, clock.now() + timedelta(seconds=1000))
        self.tea.image_1920 = PIXEL
        self.run_engine()
        self.assertEqual(self.items("image")[-1].status, "pending")
        # The poll of what is pending does not wait for the other lane.
        self.assertLess(min(self.jobs_at()), clock.now() + timedelta(seconds=60))

    def test_a_push_that_runs_out_of_budget_keeps_what_it_told(self):
        milk = self._make_product("Milk", 5.0)
        self._list(milk)
        self.run_engine()

        def push(adapter, lane, items, key):
            return Submission((ItemResult(items[0].ref, Outcome.SUCCESS),), retry_after=90)

        self.patch(FakeAdapter, "push", push)
        (self.tea | milk).list_price = 12
        self.run_engine()
        first, second = self.items("price").sorted("id")[-2:]
        self.assertEqual({first.status, second.status}, {"success", "new"})
        waiting = first if first.status == "new" else second
        self.assertEqual(waiting.attempts, 0)
        self.assertGreater(waiting.not_before, clock.now() + timedelta(seconds=80))
        self.assertEqual(waiting.message, "The budget is used up for now.")

    def test_a_throttled_poll_is_asked_later_and_sends_meanwhile(self):
        self.channel.polls_needed = 5
        self.tea.image_1920 = PIXEL
        self.run_engine()
        submission = self.items("image")[-1].submission_id
        self.channel.fail_next(ThrottledError("slow", retry_after=500), verb="poll")
        with self.later(seconds=10):
            self.tea.list_price = 13
            self.run_engine()
        self.assertEqual(self.items("price")[-1].status, "success")
        self.assertEqual(submission.state, "pending")
        self.assertGreater(submission.poll_at, clock.now() + timedelta(seconds=500))


@tagged("post_install", "-at_install")
class TestInTurn(LaneCase):
    """An order hears things in turn, but for lanes that the platform does not mind."""

    def claim(self, *, in_turn):
        """What of one order may go in the shipment's lane while its acknowledgement waits."""
        lanes = tuple(
            dataclasses.replace(lane, in_turn=in_turn) if lane.name == "order" else lane
            for lane in FakeAdapter.limits.lanes
        )
        self.patch(FakeAdapter, "limits", dataclasses.replace(FakeAdapter.limits, lanes=lanes))
        order = self.env["marketplace.order"].create(
            {"account_id": self.account.id, "external_id": "O-1", "number": "O-1"}
        )
        for kind, lane in (("acknowledge", "order"), ("shipment", "shipment")):
            self.env["marketplace.outbox"].create(
                {
                    "account_id": self.account.id,
                    "kind": kind,
                    "lane": lane,
                    "order_id": order.id,
                    "key": f"{kind}:1",
                }
            )
        self.env.flush_all()
        shipment = FakeAdapter.limits.lane(Kind.SHIPMENT)
        claimed, _wait = self.env["marketplace.outbox"]._claim(self.account, shipment, 10)
        return claimed.mapped("kind")

    @covers("R36")
    def test_a_parcel_waits_for_what_comes_before_it(self):
        self.assertEqual(self.claim(in_turn=True), [])

    @covers("R34", "R36")
    def test_a_parcel_does_not_wait_for_a_lane_that_may_take_long(self):
        self.assertEqual(self.claim(in_turn=False), ["shipment"])


@tagged("post_install", "-at_install")
class TestProductFirst(LaneCase):
    def setUp(self):
        super().setUp()
        limits = dataclasses.replace(FakeAdapter.limits, product_first=True)
        self.patch(FakeAdapter, "limits", limits)
        self.listing = self._list(self.tea, external_id=False, sku="TEA-1")

    @covers("R24")
    def test_a_new_product_takes_its_price_along_and_the_images_follow(self):
        self.tea.image_1920 = PIXEL
        self.listing._request()
        self.run_engine()
        kinds = [item.kind for item in self.channel.pushes[0].items]
        self.assertEqual(set(kinds), {Kind.PRODUCT, Kind.PRICE, Kind.INVENTORY})
        self.assertEqual(self.items("image")[-1].status, "pending")
        self.assertTrue(self.listing.external_id)

    @covers("R24")
    def test_what_comes_before_its_product_is_accepted_waits(self):
        self.account.sync_products = False  # the product itself is not told
        self.listing._request()
        self.run_engine()
        price = self.items("price")
        self.assertEqual((price.status, price.waiting), ("new", True))
        self.assertEqual(price.message, "Waits until its product is accepted.")
        self.assertEqual(self.channel.pushes, [])
        self.assertIsNone(self.env["marketplace.outbox"]._next_due(self.account.id))
        self.account.sync_products = True
        self.listing._request()
        self.run_engine()
        self.assertEqual(self.items("price").mapped("status"), ["success"])

    @covers("R24")
    def test_linking_by_hand_lets_go_what_waits(self):
        self.account.sync_products = False
        self.listing._request()
        self.run_engine()
        self.listing.external_id = "F-77"
        self.run_engine()
        self.assertEqual(self.items("price").status, "success")

    @covers("R24")
    def test_refused_with_its_product_the_rest_waits_for_the_correction(self):
        self.channel.reject("TEA-1", "90220", "Brand is missing.")
        self.listing._request()
        self.run_engine()
        self.assertEqual(self.items("product").status, "error")
        self.assertEqual((self.items("price").status, self.items("price").waiting), ("new", True))
        self.channel.accept("TEA-1")
        self.tea.name = "Tea with a brand"
        self.run_engine()
        self.assertEqual(set(self.items("price").mapped("status")), {"success"})
        self.assertEqual(self.channel.listings[self.listing.external_id].price.amount, 10)


@tagged("post_install", "-at_install")
class TestNewerValues(LaneCase):
    def setUp(self):
        super().setUp()
        self.listing = self._list(self.tea)
        self.run_engine()

    def push_image(self, url):
        """An image goes the slow way, another one follows at once the fast way."""
        self.patch(
            type(self.env["marketplace.listing"]),
            "_snapshot_image",
            lambda listings, account: {one.id: self._tell(url) for one in listings},
        )
        self.listing.product_id.image_1920 = False
        self.env["marketplace.recorder"]._record_write(self.tea, ["image_1920"])

    def _tell(self, url):
        from odoo.addons.marketplace.snapshot import Tell

        return Tell(ImageState((url,)), {"urls": [url]})

    @covers("R26")
    def test_an_older_value_that_lands_later_is_told_over(self):
        self.channel.polls_needed = 5
        self.push_image("https://img.example/1")
        self.run_engine()
        old = self.items("image")[-1]
        self.assertEqual(old.status, "pending")

        def push(adapter, lane, items, key):
            return Submission(adapter.channel.apply(items))

        with patch.object(FakeAdapter, "push", push):
            self.push_image("https://img.example/2")
            self.run_engine()
        new = self.items("image")[-1]
        self.assertEqual((old.status, new.status), ("superseded", "success"))
        shown = self.channel.listings[self.listing.external_id]
        self.assertEqual(shown.images, ("https://img.example/2",))
        self.channel.finish()
        self.channel.polls_needed = 0
        with self.later(seconds=10), patch.object(FakeAdapter, "push", push):
            self.run_engine()
            self.run_engine()
        # The slow way brought the first image again; so the second one was told once more.
        self.assertEqual(shown.images, ("https://img.example/2",))
        self.assertEqual(self.listing.acknowledged["image"]["urls"], ["https://img.example/2"])

    def test_what_may_be_told_once_only_is_read_back_after_the_deadline(self):
        order = self.env["marketplace.order"].create(
            {"account_id": self.account.id, "external_id": "O-1", "number": "O-1"}
        )
        item = self.env["marketplace.outbox"].create(
            {
                "account_id": self.account.id,
                "kind": "refund",
                "lane": "refund",
                "order_id": order.id,
                "status": "pending",
                "key": "refund:1",
            }
        )
        submission = self.env["marketplace.submission"].create(
            {
                "account_id": self.account.id,
                "lane": "refund",
                "state": "pending",
                "remote_id": "J-9",
                "started_at": clock.now() - timedelta(hours=3),
                "deadline": clock.now() - timedelta(hours=1),
                "poll_at": clock.now() - timedelta(seconds=1),
            }
        )
        item.submission_id = submission
        self.env.flush_all()
        self.patch(FakeAdapter, "poll", lambda adapter, remote: Submission((), done=False))
        with self.account._engine_adapter() as adapter:
            self.env["marketplace.sender"]._poll_due(self.account, adapter, None)
        self.env.invalidate_all()
        self.assertEqual((item.status, item.doubtful), ("new", True))
        cause = self.env["marketplace.cause"].search([("code", "=", "stuck:refund")])
        self.assertIn("J-9", cause.title)


@tagged("post_install", "-at_install")
class TestIssues(LaneCase):
    def setUp(self):
        super().setUp()
        self.listing = self._list(self.tea)

    def answer(self, *issues, outcome=Outcome.ERROR):
        def push(adapter, lane, items, key):
            return Submission(
                tuple(
                    ItemResult(item.ref, outcome, "90220", "Refused.", issues=issues)
                    for item in items
                )
            )

        return patch.object(FakeAdapter, "push", push)

    @covers("R70", "R84")
    def test_issues_of_an_answer_stand_on_the_listing_until_the_next_word(self):
        missing = Issue("90220", "‘Brand’ is required.", Severity.ERROR, ("brand",))
        hint = Issue("18027", "A larger image sells better.", Severity.WARNING)
        with self.answer(missing, hint):
            self.run_engine()
        found = self.listing.issue_ids.sorted("code")
        self.assertEqual(
            [(one.code, one.severity, one.message, one.attribute_names) for one in found],
            [
                ("18027", "warning", "A larger image sells better.", False),
                ("90220", "error", "‘Brand’ is required.", "brand"),
            ],
        )
        self.assertTrue(self.listing.has_issues)
        self.assertIn(self.listing, self.listing.search([("has_issues", "=", True)]))
        with self.answer(hint, outcome=Outcome.SUCCESS):
            self.tea.list_price = 12
            self.run_engine()
        self.assertEqual(self.listing.issue_ids.mapped("code"), ["18027"])
        self.assertFalse(self.listing.has_issues)

    def test_a_channel_that_does_not_look_for_issues_leaves_them(self):
        self.env["marketplace.listing.issue"]._replace({self.listing.id: [Issue("1", "Old.")]})
        self.tea.list_price = 12
        self.run_engine()
        self.assertEqual(self.listing.issue_ids.mapped("message"), ["Old."])


@tagged("post_install", "-at_install")
class TestTopics(LaneCase):
    def setUp(self):
        super().setUp()
        limits = dataclasses.replace(
            FakeAdapter.limits,
            topics=("order", "return"),
            intervals={"order": 180.0, "return": 20.0},
        )
        self.patch(FakeAdapter, "limits", limits)
        self.asked = []

    def pull(self, errors=None):
        """One round; ``errors``: topic → what asking for it raises."""

        def pull(adapter, topic, since, until=None):
            self.asked.append(topic)
            if error := (errors or {}).get(topic):
                raise error
            return iter(())

        with patch.object(FakeAdapter, "pull", pull):
            self.account._pull_all()
        self.env.invalidate_all()

    @covers("X6")
    def test_each_topic_is_asked_at_its_own_interval(self):
        self.pull()
        self.assertEqual(self.asked, ["order", "return"])
        self.pull()
        self.assertEqual(self.asked, ["order", "return"])
        self.env["marketplace.cursor"].search([]).pulled_at = clock.now() - timedelta(seconds=30)
        self.pull()
        self.assertEqual(self.asked, ["order", "return", "return"])
        self.assertEqual(self.account._next_pull(), 20.0)
        self.account.interval = 600
        self.assertEqual(self.account._topic_interval("order"), 600)

    def test_a_topic_that_wants_us_to_wait_does_not_stop_the_others(self):
        self.pull({"order": ThrottledError("a report is being made", retry_after=90)})
        self.assertEqual(self.asked, ["order", "return"])
        cursor = self.account.cursor_ids.filtered(lambda one: one.topic == "order")
        self.assertGreater(cursor.not_before, clock.now() + timedelta(seconds=80))
        self.pull()
        self.assertEqual(self.asked, ["order", "return"])
        cursor.not_before = clock.now() - timedelta(seconds=1)
        self.env.flush_all()
        self.pull()
        self.assertEqual(self.asked, ["order", "return", "order"])
        self.assertFalse(cursor.not_before)

    @covers("R47")
    def test_a_failing_topic_is_told_until_that_topic_works(self):
        self.pull({"return": TransportError("no answer")})
        cause = self.env["marketplace.cause"].search([("account_id", "=", self.account.id)])
        self.assertEqual((cause.code, cause.state), ("pull:return:TransportError", "open"))
        self.env["marketplace.cursor"].search([]).pulled_at = False
        self.pull({"return": TransportError("no answer")})
        self.assertEqual(cause.state, "open")
        self.pull()
        self.assertEqual(cause.state, "solved")
