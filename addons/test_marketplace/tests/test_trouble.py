"""What may not be sent twice, what spoils a batch, and what nobody foresaw."""

from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.marketplace.const import MAX_ATTEMPTS

from marketplace_adapters.core import InvalidError, Kind, ThrottledError, TransportError
from marketplace_adapters.testing import covers

from .common import Killed, MarketplaceCase
from .order_common import OrderCase


def strike(channel, error, *, lane, after=False):
    """Let the next push of one lane fail; ``after``: it takes effect, its answer is lost."""

    def on_call(call):
        if call.verb == "push" and call.lane == lane:
            channel.on_call = None
            if after:
                channel.apply(call.items)
            raise error

    channel.on_call = on_call


@tagged("post_install", "-at_install")
class TestOnceOnly(OrderCase):
    """A shipment whose answer was lost: read back, and never repeated on a guess."""

    def setUp(self):
        super().setUp()
        self.order = self.take_in(self.document(lines=self.two_lines()))
        self.run_engine()
        self.channel.calls.clear()

    def ship(self, *, after):
        self.deliver(self.order.sale_order_id)
        strike(self.channel, TransportError("reset"), lane="shipment", after=after)
        self.run_engine()
        item = self.env["marketplace.outbox"].search([("kind", "=", "shipment")])
        self.assertEqual((item.status, item.attempts, item.doubtful), ("new", 1, True))
        self.channel.calls.clear()
        item.not_before = False
        return item

    def told(self):
        return [one for one in self.channel.order_items["O-1"] if one.kind is Kind.SHIPMENT]

    def verbs(self, lane="shipment"):
        return [call.verb for call in self.channel.calls if call.lane in ("", lane)]

    @covers("R130", "R326")
    def test_a_shipment_that_took_effect_is_not_sent_again(self):
        item = self.ship(after=True)
        self.run_engine()
        self.assertEqual((item.status, item.doubtful), ("success", False))
        self.assertEqual(self.verbs(), ["applied"])
        self.assertEqual(len(self.told()), 1)

    @covers("R130", "R326")
    def test_a_shipment_that_never_arrived_is_sent_with_the_same_key(self):
        item = self.ship(after=False)
        self.run_engine()
        self.assertEqual(item.status, "success")
        self.assertEqual(self.verbs(), ["applied", "push"])
        self.assertEqual([one.key for one in self.told()], [item.key])

    def test_when_the_channel_cannot_tell_a_person_decides_that_it_is_there(self):
        self.channel.can_tell = False
        item = self.ship(after=True)
        self.run_engine()
        self.assertEqual((item.status, self.verbs()), ("error", ["applied"]))
        self.assertEqual(item.cause_id.code, "rejected:outcome_unknown")
        self.assertIn("Mark as sent", item.cause_id.advice)
        item.action_mark_sent()
        self.run_engine()
        self.assertEqual((item.status, len(self.told())), ("success", 1))

    def test_when_the_channel_cannot_tell_a_person_decides_that_it_is_missing(self):
        self.channel.can_tell = False
        item = self.ship(after=False)
        self.run_engine()
        self.assertEqual(item.cause_id.code, "rejected:outcome_unknown")
        item.action_retry()
        self.run_engine()
        self.assertEqual((item.status, len(self.told())), ("success", 1))
        self.assertEqual(item.cause_id.id, False)

    def test_retrying_what_was_given_up_reads_back_first(self):
        item = self.ship(after=True)
        item.attempts = MAX_ATTEMPTS - 1
        self.channel.fail_next(TransportError("reset"), verb="applied")
        self.run_engine()
        self.assertEqual((item.status, item.doubtful), ("error", True))
        self.assertEqual(item.cause_id.code, "exhausted:TransportError")
        item.action_retry()
        self.run_engine()
        self.assertEqual((item.status, len(self.told())), ("success", 1))

    @covers("R326")
    def test_a_job_killed_after_the_push_reads_back(self):
        self.deliver(self.order.sale_order_id)
        sender = type(self.env["marketplace.sender"])
        apply = sender._apply_answer

        def dying(sender, env, account, adapter, batch, *args):
            if batch.lane.name == "shipment":
                raise Killed
            return apply(sender, env, account, adapter, batch, *args)

        self.run_engine_to_its_death("_apply_answer", dying)
        self.channel.calls.clear()
        self.run_engine()
        item = self.env["marketplace.outbox"].search([("kind", "=", "shipment")])
        self.assertEqual(item.status, "success")
        self.assertEqual(self.verbs(), ["applied"])
        self.assertEqual(len(self.told()), 1)

    def test_a_refund_whose_answer_was_lost_is_read_back(self):
        sale = self.order.sale_order_id
        self.tea.invoice_policy = self.milk.invoice_policy = "order"
        invoice = sale._create_invoices()
        invoice.action_post()
        invoice._reverse_moves([{"ref": "damaged"}]).action_post()
        strike(self.channel, TransportError("reset"), lane="refund", after=True)
        self.run_engine()
        item = self.env["marketplace.outbox"].search([("kind", "=", "refund")])
        self.assertEqual((item.status, item.doubtful), ("new", True))
        item.not_before = False
        self.channel.calls.clear()
        self.run_engine()
        self.assertEqual((item.status, self.verbs("refund")), ("success", ["applied"]))

    def test_an_unforeseen_failure_of_a_shipment_is_doubtful_too(self):
        self.deliver(self.order.sale_order_id)
        strike(self.channel, KeyError("bug"), lane="shipment", after=True)
        with self.assertLogs("odoo.addons.marketplace.tools.faults", "WARNING"):
            self.run_engine()
        item = self.env["marketplace.outbox"].search([("kind", "=", "shipment")])
        self.assertEqual((item.status, item.doubtful), ("new", True))
        item.not_before = False
        self.run_engine()
        self.assertEqual((item.status, len(self.told())), ("success", 1))


@tagged("post_install", "-at_install")
class TestSpoilt(MarketplaceCase):
    """One item that a call, a snapshot or an answer stumbles over never stops the others."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.products = cls.env["product.product"].concat(
            *[cls._make_product(f"P{number}") for number in range(20)]
        )
        for product in cls.products:
            cls._list(product)
        cls.bad = cls.products[7]

    def setUp(self):
        super().setUp()
        self.run_engine()
        self.channel.calls.clear()

    def change(self):
        for product in self.products:
            product.list_price = 5

    def refuse(self, error, *, only=None):
        def on_call(call):
            targets = {item.target.external_id for item in call.items}
            if call.verb == "push" and (only is None or f"X{only.id}" in targets):
                raise error

        self.channel.on_call = on_call

    def prices(self):
        return [int(self.channel.listings[f"X{one.id}"].price.amount) for one in self.products]

    def items(self):
        return self.env["marketplace.outbox"].search(
            [("kind", "=", "price"), ("status", "=", "error")]
        )

    @covers("R321", "R312")
    def test_a_call_that_is_refused_because_of_one_item_is_divided(self):
        self.refuse(InvalidError("malformed"), only=self.bad)
        self.change()
        self.run_engine()
        self.assertEqual(self.prices(), [5] * 7 + [10] + [5] * 12)
        self.assertEqual(self.items().listing_id.product_id, self.bad)
        self.assertEqual(self.items().cause_id.fault, "suite")
        self.assertLessEqual(len(self.channel.pushes), 11)
        self.assertFalse(
            self.env["marketplace.submission"].search([("state", "in", ["sending", "pending"])])
        )

    def test_a_bug_of_an_adapter_stops_the_item_it_stumbles_over_alone(self):
        self.refuse(TypeError("secret of a buyer"), only=self.bad)
        self.change()
        with self.assertLogs("odoo.addons.marketplace.tools.faults", "WARNING") as log:
            self.run_engine()
        self.assertNotIn("secret of a buyer", "".join(log.output))
        self.assertEqual(self.prices(), [5] * 7 + [10] + [5] * 12)
        self.assertEqual(self.items().cause_id.code, "InvalidError:TypeError")

    def test_when_every_part_is_refused_the_rest_is_not_asked_for(self):
        more = self.env["product.product"].concat(
            *[self._make_product(f"M{number}") for number in range(70)]
        )
        for product in more:
            self._list(product)
        self.run_engine()
        self.channel.calls.clear()
        self.refuse(InvalidError("wrong address"))
        (self.products | more).write({"list_price": 5})
        self.run_engine()
        self.assertEqual(len(self.items()), 90)
        self.assertEqual(len(self.items().cause_id), 1)
        self.assertLess(len(self.channel.pushes), 40)

    def test_what_was_not_asked_for_yet_when_the_channel_says_wait_waits(self):
        calls = []

        def on_call(call):
            if call.verb != "push":
                return
            calls.append(call)
            if len(calls) == 2:
                raise ThrottledError("slow down", retry_after=30)
            if len(calls) == 1:
                raise InvalidError("malformed")

        self.channel.on_call = on_call
        self.change()
        self.run_engine()
        waiting = self.env["marketplace.outbox"].search([("status", "=", "new")])
        self.assertEqual(len(waiting), 20)
        self.assertFalse(self.env["marketplace.outbox"].search([("status", "=", "submitted")]))
        waiting.not_before = False
        self.run_engine()
        self.assertEqual(self.prices(), [5] * 20)

    def test_an_item_whose_values_cannot_be_computed_is_an_error_alone(self):
        listing = type(self.env["marketplace.listing"])
        explain, bad = listing._explain_price, self.bad

        def failing(listings, account):
            if bad in listings.product_id:
                raise ZeroDivisionError("a broken rule")
            return explain(listings, account)

        self.patch(listing, "_explain_price", failing)
        self.change()
        with self.assertLogs("odoo.addons.marketplace.models.marketplace_sender", "WARNING"):
            self.run_engine()
        self.assertEqual(self.prices(), [5] * 7 + [10] + [5] * 12)
        self.assertEqual(self.items().listing_id.product_id, self.bad)
        self.assertEqual(self.items().cause_id.code, "snapshot:ZeroDivisionError")

    def test_an_external_id_that_another_listing_has_is_asked_about(self):
        new = self._list(self._make_product("New"), external_id=False)
        taken = self._list(self._make_product("Old"), external_id="F-1")
        taken.active = False
        self.run_engine()
        self.assertFalse(new.external_id)
        cause = self.account.cause_ids.filtered(lambda cause: cause.state == "open")
        self.assertEqual(cause.code, "taken_external_id:F-1")
        self.assertIn("New", cause.title)
        self.assertIn("Old", cause.title)
        self.assertFalse(self.env["marketplace.outbox"].search([("status", "=", "submitted")]))


@tagged("post_install", "-at_install")
class TestStopped(OrderCase):
    @covers("R289", "R317")
    def test_what_nobody_foresaw_is_told_and_tried_again_by_itself(self):
        sender = type(self.env["marketplace.sender"])
        engine = self.env["marketplace.engine"]
        with (
            patch.object(sender, "_send_batch", side_effect=RuntimeError("boom")),
            self.assertLogs("odoo.addons.marketplace.models.marketplace_engine", "WARNING"),
        ):
            engine._job_send(self.account.id)
        cause = self.causes()
        self.assertEqual((cause.code, cause.fault), ("send_stopped", "suite"))
        self.assertIn("Fake", cause.title)
        engine._job_send(self.account.id)
        self.env.invalidate_all()
        self.assertEqual(cause.state, "solved")

    def test_a_stop_of_the_processing_is_told_and_does_not_run_hot(self):
        inbox = type(self.env["marketplace.inbox"])
        self.receive(self.document(lines=self.two_lines()))
        engine = self.env["marketplace.engine"]
        with (
            patch.object(inbox, "_process_waiting", side_effect=RuntimeError("boom")),
            self.assertLogs("odoo.addons.marketplace.models.marketplace_engine", "WARNING"),
        ):
            engine._job_process(self.account.id)
        self.assertEqual(self.causes().code, "process_stopped")
        job = self.env["queue.job"].search(
            [("identity_key", "=", f"marketplace:_job_process:{self.account.id}:0")]
        )
        self.assertEqual(len(job), 1)
        self.assertTrue(job.eta)
        engine._job_process(self.account.id)
        self.assertFalse(self.causes())
        self.assertTrue(self.ledger().sale_order_id)

    @covers("R390", "X35")
    def test_credentials_that_cannot_be_read_pause_the_account(self):
        self.run_engine()
        self.env.cr.execute("UPDATE marketplace_credential SET token = 'of another key'")
        self.env.invalidate_all()
        self.tea.list_price = 77
        self.run_engine()
        self.assertEqual(self.account.state, "paused")
        cause = self.causes()
        self.assertEqual((cause.code, cause.fault), ("auth", "seller"))
        self.assertIn("encrypted with another key", cause.title)
        self.env["marketplace.credential"]._store(self.account, "token", "fake-token")
        self.account.action_test_connection()
        self.run_engine()
        self.assertEqual(self.channel.listings["F-1"].price.amount, 77)

    def test_a_failure_of_a_pull_is_told_once_and_solved_by_the_next(self):
        self.channel.fail_next(TransportError("no route"), verb="pull", times=2)
        for _minute in range(2):
            self.env["marketplace.engine"]._job_pull(self.account.id)
        cause = self.causes()
        self.assertEqual((cause.code, cause.fault), ("pull:order:TransportError", "network"))
        self.assertEqual(len(cause.message_ids.filtered(lambda one: "no route" in one.body)), 1)
        self.env["marketplace.engine"]._job_pull(self.account.id)
        self.env.invalidate_all()
        self.assertEqual(cause.state, "solved")

    def test_sent_items_that_a_dead_job_left_behind_are_found(self):
        outbox = self.env["marketplace.outbox"]
        self.run_engine()
        self.assertIsNone(outbox._next_due(self.account.id))
        item = outbox.search([], limit=1)
        self.env.cr.execute(
            "UPDATE marketplace_outbox SET status = 'submitted', status_at = now() AT TIME ZONE"
            " 'UTC' - interval '3 minutes' WHERE id = %s",
            [item.id],
        )
        self.assertEqual(outbox._next_due(self.account.id), 0.0)

    def test_other_people_can_decide_nothing(self):
        self.run_engine()
        self.channel.reject("F-1")
        self.tea.list_price = 3
        self.run_engine()
        item = self.env["marketplace.outbox"].search([("status", "=", "error")])
        outsider = new_test_user(self.env, "t-outsider", groups="base.group_user")
        user = new_test_user(self.env, "t-user", groups="marketplace.group_user")
        for action in ("action_retry", "action_drop", "action_mark_sent"):
            with self.subTest(action=action), self.assertRaises(AccessError):
                getattr(item.with_user(outsider), action)()
        item.with_user(user).action_drop()
        self.assertEqual((item.status, item.message), ("superseded", f"Dropped by {user.name}."))
