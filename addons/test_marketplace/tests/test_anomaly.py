"""What looks like a mistake is held back before any of it leaves (C10)."""

from contextlib import nullcontext
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.marketplace.models import (
    marketplace_anomaly,
    marketplace_dispatcher,
    marketplace_engine,
)
from odoo.addons.marketplace.tools import anomaly, clock

from marketplace_adapters.core import InventoryState, PriceState
from marketplace_adapters.testing import covers

from .common import MarketplaceCase


class AnomalyCase(MarketplaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.products = cls.env["product.product"].create(
            [
                {"name": f"P{number}", "list_price": 10, "is_storable": True, "taxes_id": False}
                for number in range(40)
            ]
        )
        cls.place = cls.warehouse.lot_stock_id
        for product in cls.products:
            cls.env["stock.quant"]._update_available_quantity(product, cls.place, 5)
            cls._list(product)

    def setUp(self):
        super().setUp()
        self.run_engine()
        self.channel.calls.clear()
        self.outbox = self.env["marketplace.outbox"]
        self.manager = new_test_user(
            self.env, "anomaly-manager", groups="marketplace.group_manager"
        )

    def count(self, products, quantity):
        """An inventory: one change in Odoo."""
        quants = self.env["stock.quant"].search(
            [("product_id", "in", products.ids), ("location_id", "=", self.place.id)]
        )
        quants.inventory_quantity = quantity
        quants.action_apply_inventory()

    def told(self, state):
        """Listings whose stock or price was told, in order."""
        return [
            item.target.external_id
            for call in self.channel.pushes
            for item in call.items
            if isinstance(item.state, state)
        ]

    def waiting(self, kind="inventory"):
        return self.outbox.search([("kind", "=", kind), ("status", "=", "new")])

    def hold(self):
        return self.env["marketplace.hold"].search([], limit=1)

    def later(self, **delta):
        moment = clock.now() + timedelta(**delta)
        return patch.object(clock, "now", lambda: moment)


@tagged("post_install", "-at_install")
class TestAnomaly(AnomalyCase):
    @covers("C10")
    def test_a_wiped_warehouse_tells_no_zero(self):
        self.count(self.products, 0)
        self.run_engine()
        self.assertEqual(self.told(InventoryState), [])
        self.assertEqual(len(self.waiting()), 40)
        self.assertEqual(set(self.waiting().mapped("attempts")), {0})
        self.assertEqual(self.account.held_kinds, "inventory")
        self.assertEqual(self.account.held_stock, "40 of 40 products would be shown as sold out.")
        self.assertEqual([listing.quantity for listing in self.channel.listings.values()], [5] * 40)

    @covers("C10")
    def test_however_small_the_batches_no_first_zero_leaves(self):
        self.account.batch_size = 3
        self.count(self.products, 0)
        self.run_engine()
        self.assertEqual(self.told(InventoryState), [])
        self.assertEqual(len(self.waiting()), 40)

    @covers("C10")
    def test_of_one_change_nothing_leaves_before_all_of_it_is_dispatched(self):
        self.patch(marketplace_dispatcher, "DISPATCH_CHUNK", 15)
        self.count(self.products, 0)
        self.env.cr.flush()
        # A job of the account is under way when the first chunk is dispatched.
        self.env["marketplace.dispatcher"]._dispatch()
        self.assertEqual(len(self.waiting()), 15)
        engine = self.env["marketplace.engine"].with_user(self.env.ref("marketplace.user_engine"))
        engine._job_send(self.account.id)
        self.env.invalidate_all()
        self.assertEqual(self.told(InventoryState), [])
        self.assertEqual(len(self.waiting()), 40)

    @covers("C10")
    def test_many_small_changes_are_counted_over_an_hour(self):
        for product in self.products:
            self.count(product, 0)
            self.run_engine()
        # 60 % of 40 are not more than 60 %.
        self.assertEqual(len(self.told(InventoryState)), 24)
        self.assertEqual(len(self.waiting()), 16)
        self.assertEqual(
            self.account.held_stock,
            "40 of 40 products would be shown as sold out. Told within the hour before: 24.",
        )

    def test_what_was_sold_out_hours_ago_does_not_count(self):
        self.account.anomaly_minimum = 17
        for product in self.products[:24]:
            self.count(product, 0)
            self.run_engine()
        self.count(self.products[24], 0)
        with self.later(hours=2):
            self.run_engine()
        self.assertEqual(len(self.told(InventoryState)), 25)
        self.assertFalse(self.account.held_kinds)

    def test_what_came_back_into_stock_does_not_count(self):
        self.count(self.products[:20], 0)
        self.run_engine()
        self.count(self.products[:20], 9)
        self.run_engine()
        self.count(self.products[20:], 0)
        self.run_engine()
        self.assertEqual(len(self.told(InventoryState)), 60)
        self.assertFalse(self.account.held_kinds)

    def test_a_share_that_is_not_exceeded_is_sent_in_any_number_of_batches(self):
        self.account.batch_size = 5
        self.count(self.products[:24], 0)
        self.run_engine()
        self.assertEqual(len(self.told(InventoryState)), 24)
        self.assertFalse(self.account.held_kinds)

    def test_fewer_than_the_least_number_are_always_sent(self):
        self.account.anomaly_minimum = 41
        self.count(self.products, 0)
        self.run_engine()
        self.assertEqual(len(self.told(InventoryState)), 40)

    def test_zero_switches_it_off(self):
        for field in ("anomaly_share", "anomaly_minimum"):
            self.channel.calls.clear()
            self.account.write({"anomaly_share": 60, "anomaly_minimum": 20, field: 0})
            self.count(self.products, 0)
            self.run_engine()
            self.assertEqual(len(self.told(InventoryState)), 40, field)
            self.count(self.products, 5)
            self.run_engine()

    @covers("C10")
    def test_everything_else_goes_on_while_stock_is_held(self):
        self.count(self.products, 0)
        self.products[0].list_price = 11
        self.run_engine()
        self.assertEqual(self.told(PriceState), [f"X{self.products[0].id}"])
        self.products[1].list_price = 12
        self.run_engine()
        self.assertEqual(len(self.told(PriceState)), 2)
        self.assertEqual(self.told(InventoryState), [])
        self.assertEqual(self.account.state, "connected")

    @covers("C10")
    def test_put_right_it_goes_on_by_itself_and_tells_the_present_state_once(self):
        self.count(self.products, 0)
        self.run_engine()
        self.count(self.products[:30], 7)
        self.run_engine()
        self.assertEqual(len(self.told(InventoryState)), 40)
        quantities = [self.channel.listings[f"X{one.id}"].quantity for one in self.products]
        self.assertEqual(quantities, [7] * 30 + [0] * 10)
        self.assertFalse(self.account.held_kinds)
        self.assertEqual(self.hold().state, "lifted")
        self.assertTrue(self.hold().ended_at)
        cause = self.env["marketplace.cause"].search([("code", "=", "held:inventory")])
        self.assertEqual(cause.state, "solved")

    def test_back_to_what_the_channel_knows_asks_for_no_call(self):
        self.count(self.products, 0)
        self.run_engine()
        self.count(self.products, 5)
        self.run_engine()
        self.assertEqual(self.channel.pushes, [])
        self.assertFalse(self.waiting())
        self.assertEqual(self.hold().state, "lifted")

    def test_a_job_that_has_no_lock_makes_one_that_looks_again(self):
        self.count(self.products, 0)
        self.run_engine()
        with patch.object(
            type(self.env["marketplace.engine"]), "_send_while_due", autospec=True
        ) as sending:
            taken = patch.object(
                marketplace_engine, "session_lock", lambda *_args: nullcontext(False)
            )
            with taken:
                self.env["marketplace.engine"]._send_account(self.account.id)
            sending.assert_not_called()
        jobs = self.env["queue.job"].search(
            [
                ("identity_key", "=", f"marketplace:_job_send:{self.account.id}:0"),
                ("state", "=", "pending"),
                ("eta", "!=", False),
            ]
        )
        self.assertEqual(len(jobs), 1)

    def test_the_cron_looks_again_at_what_is_held(self):
        self.count(self.products, 0)
        self.run_engine()
        self.assertIsNone(self.outbox._next_due(self.account.id))
        self.env["queue.job"].search([]).unlink()
        self.env["marketplace.engine"]._cron_keep_going()
        key = f"marketplace:_job_send:{self.account.id}:0"
        self.assertEqual(self.env["queue.job"].search_count([("identity_key", "=", key)]), 1)

    def test_another_limit_lets_it_go(self):
        self.count(self.products, 0)
        self.run_engine()
        self.account.anomaly_minimum = 0
        self.run_engine()
        self.assertEqual(len(self.told(InventoryState)), 40)
        self.assertEqual(self.hold().state, "lifted")

    # === PEOPLE === #

    def test_people_are_told_once_in_plain_words(self):
        self.count(self.products, 0)
        self.run_engine()
        self.run_engine()
        cause = self.env["marketplace.cause"].search([("code", "=", "held:inventory")])
        self.assertEqual(
            cause.title,
            "Stock of Fake is held back: 40 of 40 products would be shown as sold out.",
        )
        self.assertEqual((cause.state, cause.fault), ("open", "seller"))
        notes = cause.message_ids.filtered(lambda note: note.message_type == "notification")
        self.assertEqual(len(notes), 1)
        self.assertEqual(cause.hold_id, self.hold())
        self.assertEqual(self.env["marketplace.hold"].search_count([]), 1)

    @covers("C10")
    def test_a_manager_sends_it_anyway_this_one_time(self):
        self.account.batch_size = 6
        self.count(self.products, 0)
        self.run_engine()
        account = self.account.with_user(self.manager)
        account.with_context(kind="inventory").action_send_anyway()
        hold = self.hold()
        self.assertEqual((hold.state, hold.decided_by_id), ("sent", self.manager))
        self.assertTrue(hold.ended_at)
        self.assertIn("sent it anyway: 40 of 40", self.account.message_ids[0].body)
        self.run_engine()
        self.assertEqual(len(self.told(InventoryState)), 40)
        self.assertFalse(self.account.held_kinds)
        # The next time it is asked again.
        self.count(self.products, 5)
        self.run_engine()
        self.channel.calls.clear()
        self.count(self.products, 0)
        self.run_engine()
        self.assertEqual(self.told(InventoryState), [])
        self.assertEqual(self.account.held_kinds, "inventory")

    def test_what_a_manager_sent_does_not_count_afterwards(self):
        self.count(self.products[:30], 0)
        self.run_engine()
        self.hold().with_user(self.manager).action_send_anyway()
        self.run_engine()
        self.count(self.products[30:], 0)
        self.run_engine()
        self.assertEqual(len(self.told(InventoryState)), 40)
        self.assertFalse(self.account.held_kinds)

    def test_only_managers_of_the_company_send_it_anyway(self):
        self.count(self.products, 0)
        self.run_engine()
        user = new_test_user(self.env, "anomaly-user", groups="marketplace.group_user")
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "anomaly-stranger",
            groups="marketplace.group_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        for person in (user, stranger):
            with self.assertRaises(AccessError):
                self.hold().with_user(person).action_send_anyway()
        with self.assertRaises(AccessError):
            self.account.with_user(user).action_send_anyway()
        cause = self.env["marketplace.cause"].search([("code", "=", "held:inventory")])
        with self.assertRaises(AccessError):
            cause.with_user(user).action_send_anyway()
        self.assertFalse(self.env["marketplace.hold"].with_user(stranger).search([]))
        self.assertEqual(self.hold().with_user(user).title, self.account.held_stock)
        self.assertEqual(self.hold().state, "open")

    def test_looking_lists_what_would_fall_now(self):
        self.count(self.products, 0)
        self.run_engine()
        user = new_test_user(self.env, "anomaly-looker", groups="marketplace.group_user")
        self.count(self.products[:3], 4)
        action = self.account.with_user(user).with_context(kind="inventory").action_look_at_held()
        found = self.env["marketplace.listing"].with_user(user).search(action["domain"])
        self.assertEqual(found.product_id, self.products[3:])

    def test_limits_are_shares(self):
        with Form(self.account) as form:
            form.anomaly_share = 80
        self.assertEqual(self.account.anomaly_share, 80)
        with self.assertRaisesRegex(Exception, "anomaly_range"), self.env.cr.savepoint():
            self.account.anomaly_share = 101
            self.env.flush_all()

    # === TROUBLE === #

    def test_a_job_killed_before_its_push_holds_what_is_left(self):
        self.account.batch_size = 5
        self.count(self.products[:23], 0)
        self.run_engine_to_its_death()
        self.assertEqual(self.outbox.search_count([("status", "=", "submitted")]), 5)
        self.count(self.products[23:], 0)
        self.run_engine()
        self.assertEqual(self.told(InventoryState), [])
        self.assertEqual(len(self.waiting()), 40)

    def test_a_job_killed_while_it_holds_holds_at_the_next_time(self):
        self.count(self.products, 0)
        self.run_engine_to_its_death("_hold", model="marketplace.hold")
        self.run_engine()
        self.assertEqual(self.told(InventoryState), [])
        self.assertEqual(self.account.held_kinds, "inventory")

    def test_another_account_is_not_held(self):
        other = self._make_account("Other")
        self._list(self.products[0], other)
        self.run_engine()
        self.channel.calls.clear()
        self.count(self.products, 0)
        self.run_engine()
        self.assertFalse(other.held_kinds)
        self.assertEqual(self.account.held_kinds, "inventory")
        told = self.outbox.search([("account_id", "=", other.id), ("kind", "=", "inventory")])
        self.assertEqual(told[0].sent["in_stock"], False)

    # === COST === #

    def queries_of_a_batch(self, products, quantity):
        """Statements of one claim, and of judging its batch alone."""
        self.count(products, quantity)
        self.env.cr.flush()
        self.env["marketplace.dispatcher"]._dispatch()
        self.env.invalidate_all()
        sender = self.env["marketplace.sender"]
        real, counts = type(sender)._watch, []

        def watch(sender, env, *args):
            before = env.cr.sql_log_count
            result = real(sender, env, *args)
            counts.append(env.cr.sql_log_count - before)
            return result

        engine = self.env["marketplace.engine"].with_user(self.env.ref("marketplace.user_engine"))
        with patch.object(type(sender), "_watch", watch):
            engine._job_send(self.account.id)
        self.env.invalidate_all()
        return counts

    @covers("C10", "R314")
    def test_a_change_that_is_no_fall_costs_no_query_and_a_fall_costs_one(self):
        self.assertEqual(self.queries_of_a_batch(self.products[0], 4), [0])
        self.assertEqual(self.queries_of_a_batch(self.products, 3), [0])
        self.assertEqual(self.queries_of_a_batch(self.products[0], 0), [1])

    def test_a_large_catalogue_is_not_walked_through_for_its_falls(self):
        self.account.anomaly_minimum = 2
        self.assertEqual(self.queries_of_a_batch(self.products[:3], 0), [2])

    @covers("C10")
    def test_looking_at_what_waits_costs_the_same_whatever_waits(self):
        self.account.batch_size = 3
        first = self.queries_of_a_batch(self.products[:26], 0)
        self.hold()._send_anyway(self.env.user)
        self.run_engine()
        self.count(self.products, 5)
        self.run_engine()
        second = self.queries_of_a_batch(self.products, 0)
        # What belongs to opening the hold and telling people is the same for both.
        self.assertEqual(len(first), 1)
        self.assertLessEqual(second[0], first[0])

    def test_what_waits_is_looked_at_by_parts(self):
        self.patch(marketplace_anomaly, "LOOK_AHEAD", 10)
        self.account.batch_size = 4
        self.count(self.products, 0)
        self.run_engine()
        self.assertEqual(self.told(InventoryState), [])
        self.assertTrue(self.hold().estimated)
        self.assertEqual(
            self.hold().title, "Estimated: 40 of 40 products would be shown as sold out."
        )


@tagged("post_install", "-at_install")
class TestPriceAnomaly(AnomalyCase):
    @covers("C10")
    def test_prices_that_fall_by_far_are_held(self):
        self.products.product_tmpl_id.list_price = 4.99
        self.run_engine()
        self.assertEqual(self.told(PriceState), [])
        self.assertEqual(
            self.account.held_price,
            "40 of 40 prices would fall by more than 50 % or to zero.",
        )
        self.products.product_tmpl_id.list_price = 9
        self.run_engine()
        self.assertEqual(len(self.told(PriceState)), 40)
        self.assertFalse(self.account.held_kinds)

    def test_prices_to_zero_by_one_rule_of_a_pricelist_are_held(self):
        pricelist = self.env["product.pricelist"].create(
            {"name": "Shop", "currency_id": self.account.currency_id.id}
        )
        self.account.write({"price_source": "pricelist", "pricelist_id": pricelist.id})
        self.account.batch_size = 7
        self.run_engine()
        pricelist.item_ids = [
            (0, 0, {"applied_on": "3_global", "compute_price": "percentage", "percent_price": 100})
        ]
        self.run_engine()
        self.assertEqual(self.told(PriceState), [])
        self.assertEqual(self.account.held_kinds, "price")

    def test_half_the_price_is_no_mistake_nor_is_a_rise(self):
        self.products.product_tmpl_id.list_price = 5
        self.run_engine()
        self.products.product_tmpl_id.list_price = 500
        self.run_engine()
        self.assertEqual(len(self.told(PriceState)), 80)

    def test_price_fall_zero_watches_stock_alone(self):
        self.account.price_fall = 0
        self.products.product_tmpl_id.list_price = 1
        self.count(self.products, 0)
        self.run_engine()
        self.assertEqual(len(self.told(PriceState)), 40)
        self.assertEqual(self.account.held_kinds, "inventory")

    @covers("C10")
    def test_both_kinds_are_held_and_decided_apart(self):
        self.products.product_tmpl_id.list_price = 1
        self.count(self.products, 0)
        self.run_engine()
        self.assertEqual(self.account.held_kinds, "inventory,price")
        self.assertEqual(self.channel.pushes, [])
        self.account.with_user(self.manager).with_context(kind="price").action_send_anyway()
        self.assertEqual(self.account.held_kinds, "inventory")
        self.run_engine()
        self.assertEqual(len(self.told(PriceState)), 40)
        self.assertEqual(self.told(InventoryState), [])
        self.account.with_user(self.manager).action_send_anyway()
        self.run_engine()
        self.assertEqual(len(self.told(InventoryState)), 40)

    def test_prices_put_right_do_not_count(self):
        for product in self.products[:20]:
            product.list_price = 1
            self.run_engine()
            product.list_price = 10
            self.run_engine()
        self.channel.calls.clear()
        self.products[20:].product_tmpl_id.list_price = 1
        self.run_engine()
        self.assertEqual(len(self.told(PriceState)), 20)
        self.assertFalse(self.account.held_kinds)


@tagged("post_install", "-at_install")
class TestFall(AnomalyCase):
    def test_what_is_a_fall(self):
        def fall(kind, known, values):
            return anomaly.is_fall(kind, known, values, price_fall=50)

        for known, values, expected in (
            ({"quantity": "5"}, {"quantity": "0"}, True),
            ({"quantity": "5", "in_stock": True}, {"quantity": "0", "in_stock": False}, True),
            ({"quantity": "5"}, {"quantity": "1"}, False),
            ({"quantity": "0"}, {"quantity": "0"}, False),
            ({}, {"quantity": "0"}, False),
            ({"quantity": "5"}, {"fulfilment": "channel"}, False),
            ({"quantity": "0", "unlimited": True}, {"quantity": "0", "in_stock": False}, True),
            # Pieces of an opened box: whole boxes are none, and it is in stock.
            ({"quantity": "2"}, {"quantity": "0", "pieces": "7.0", "in_stock": True}, False),
            ({"quantity": "many"}, {"quantity": "0"}, False),
        ):
            self.assertEqual(fall("inventory", known, values), expected, (known, values))
        euro = {"currency": "EUR"}
        for before, after, expected in (
            ("10.00", "4.99", True),
            ("10.00", "5.00", False),
            ("10.00", "0.00", True),
            ("0.00", "0.00", False),
            ("0.01", "0", True),
            (None, "0", False),
            ("NaN", "0", False),
        ):
            known, values = {"price": before, **euro}, {"price": after, **euro}
            self.assertEqual(fall("price", known, values), expected, (before, after))
        self.assertFalse(fall("price", {"price": "10", **euro}, {"price": "1", "currency": "USD"}))


@tagged("post_install", "-at_install")
class TestMeanwhile(MarketplaceCase):
    def test_what_a_job_dispatches_for_another_account_is_sent_by_that_one(self):
        tea, milk = self._make_product("Tea"), self._make_product("Milk")
        other = self._make_account("Other")
        self._list(tea)
        self._list(milk, other)
        self.run_engine()
        self.env["queue.job"].search([]).unlink()

        def change_meanwhile(call):
            if call.verb == "push":
                self.channel.on_call = None
                milk.list_price = 12
                self.env.cr.flush()

        self.channel.on_call = change_meanwhile
        tea.list_price = 11
        self.env.cr.flush()
        self.env["marketplace.dispatcher"]._dispatch()
        self.env.invalidate_all()
        engine = self.env["marketplace.engine"].with_user(self.env.ref("marketplace.user_engine"))
        engine._job_send(self.account.id)
        key = f"marketplace:_job_send:{other.id}:0"
        self.assertEqual(self.env["queue.job"].search_count([("identity_key", "=", key)]), 1)
