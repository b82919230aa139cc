"""Changes made on a channel itself: our own come back unseen, others follow the policy."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.marketplace.models import marketplace_edit_compare
from odoo.addons.marketplace.tools import clock

from marketplace_adapters.core import Kind
from marketplace_adapters.testing import covers

from .edit_common import STAMP, EditCase


@tagged("post_install", "-at_install")
class TestEcho(EditCase):
    @covers("R371", "C4")
    def test_what_we_told_changes_nothing_when_it_comes_back(self):
        known = self.tea_listing.acknowledged
        for _time in range(2):
            self.show(
                product={"title": "Tea", "published": True},
                price={"price": "10.00", "currency": self.currency},
                inventory={"quantity": "100"},
            )
        self.assertEqual(self.rows(), [])
        self.assertEqual(self.pushed(), [])
        self.assertEqual(self.tea_listing.acknowledged, known)
        self.assertFalse(self.causes())

    def test_members_that_nobody_told_are_nobodys_change(self):
        self.show(product={"vendor": "Somebody", "description": "Leaves"}, unheard={"of": "it"})
        self.assertEqual(self.rows(), [])

    def test_a_price_in_another_currency_is_no_other_price(self):
        self.show(price={"price": "11.30", "currency": "XXX"})
        self.assertEqual(self.rows(), [])

    def test_an_older_value_of_ours_that_comes_late_is_an_echo(self):
        self.tea.list_price = 12
        self.pushed()
        self.show(seconds=0, price={"price": "10.0", "currency": self.currency})
        self.assertEqual(self.rows(), [])
        self.assertEqual(self.tea_listing.acknowledged["price"]["price"], "12.00")

    def test_an_older_value_of_ours_without_a_time_is_an_echo(self):
        self.tea.list_price = 12
        self.pushed()
        self.show(seconds=None, price={"price": "10.0"})
        self.assertEqual(self.rows(), [])

    def test_a_word_from_before_the_newest_push_is_old_whatever_it_says(self):
        self.tea.list_price = 12
        self.pushed()
        self.show(seconds=-7200, price={"price": "99"})
        self.assertEqual(self.rows(), [])

    def test_our_old_price_much_later_is_somebodys_change(self):
        self.tea.list_price = 12
        self.pushed()
        self.show(price={"price": "10.0"})
        self.assertEqual(self.rows(), [("price", "12.00", "10.0", "open")])

    def test_a_value_under_way_is_recognised_before_its_acknowledgement(self):
        self.tea.list_price = 12
        seen = []

        def during(call):
            if call.verb == "push" and not seen:
                seen.append(call)
                self.show(seconds=0, price={"price": "12.00", "currency": self.currency})

        self.channel.on_call = during
        self.pushed()
        self.assertEqual(len(seen), 1)
        self.assertEqual(self.rows(), [])
        self.assertEqual(self.tea_listing.acknowledged["price"]["price"], "12.00")

    def test_half_a_product_that_shows_while_it_is_told_is_nobodys_change(self):
        """A product is told in several calls: between them the channel shows the old barcode."""
        self.tea.write({"name": "Green tea", "barcode": "96385074"})
        seen = []

        def during(call):
            if call.verb == "push" and not seen:
                seen.append(call)
                # Times of channels are whole seconds; this one is after the push began.
                self.show(seconds=1, product={"title": "Green tea", "barcode": "12345670"})

        self.channel.on_call = during
        self.pushed()
        self.assertEqual(len(seen), 1)
        self.assertEqual(self.rows(), [])
        self.show(product={"barcode": "12345670"})
        self.assertEqual(self.rows(), [("barcode", "96385074", "12345670", "open")])

    def test_what_shows_between_two_calls_may_come_late(self):
        began = clock.now()
        moments = [began + timedelta(seconds=seconds) for seconds in (-1, 5, 10, 11)]

        def own(**given):
            told = marketplace_edit_compare.Told(
                started=began, accepted=began + timedelta(seconds=10), **given
            )
            return [told.is_own("barcode", "12345670", moment) for moment in moments]

        self.assertEqual(own(stepwise=True), [True, True, True, False])
        self.assertEqual(own(), [True, False, False, False], "one call shows no halves")
        told = marketplace_edit_compare.Told(started=began, accepted=moments[2], stepwise=True)
        self.assertFalse(told.is_own("barcode", "12345670", moments[1], owned=True))
        self.assertFalse(told.is_own("barcode", "12345670", None))

    def test_an_old_word_that_agrees_does_not_stop_the_newer_value(self):
        """10 → 12 is told, 10 is on its way again: a late word about the first 10."""
        self.tea.list_price = 12
        self.pushed()
        self.tea.list_price = 10
        self.show(seconds=-7200, price={"price": "10.0"})
        self.assertEqual([kind for kind, *_rest in self.pushed()], [Kind.PRICE])
        self.assertEqual(self.channel.listings["F-1"].price.amount, 10)

    def test_a_newer_value_that_waits_is_told_and_nobody_is_asked(self):
        self.account.edit_policy = "odoo"
        self.tea.list_price = 14
        self.show(price={"price": "11"})
        self.assertEqual([kind for kind, *_rest in self.pushed()], [Kind.PRICE])
        self.assertEqual(self.channel.listings["F-1"].price.amount, 14)

    def test_the_same_change_on_both_sides_needs_nothing(self):
        self.tea.list_price = 14
        self.show(price={"price": "14"})
        self.assertEqual(self.rows(), [])
        self.assertEqual(self.pushed(), [])

    def test_an_older_word_that_comes_last_changes_nothing(self):
        self.show(seconds=7200, product={"title": "Cheap tea"})
        self.show(seconds=3600, product={"title": "Dear tea"})
        self.assertEqual(self.rows(), [("title", "Tea", "Cheap tea", "open")])
        self.assertEqual(self.tea_listing.acknowledged["product"]["title"], "Cheap tea")

    def test_each_kind_and_place_has_a_time_of_its_own(self):
        listing = self.tea_listing
        known = {**listing.acknowledged, "inventory": {"by_location": {"7": "5", "8": "5"}}}
        listing.acknowledged = known
        self.show(seconds=7200, inventory={"by_location": {"7": "9"}})
        self.show(
            seconds=3600, inventory={"by_location": {"7": "8", "8": "6"}}, price={"price": "9"}
        )
        self.assertEqual(
            [(one.member, one.channel_value) for one in self.edits.sorted("member")],
            [("by_location/7", "9"), ("by_location/8", "6"), ("price", "9")],
        )
        self.assertEqual(len(listing.shown_at), 3)

    def test_a_listing_is_found_by_another_of_its_ids(self):
        self.tea_listing.extra = {"item": "77", "group": "5"}
        self.milk_listing.extra = {"item": "78", "group": "5"}
        self.receive(
            {
                "id": "?",
                "key": {"extra": {"item": "77"}},
                "values": {"price": {"price": "9"}},
                "updated_at": (clock.now() + timedelta(hours=1)).strftime(STAMP),
            },
            topic="listing",
        )
        self.process()
        self.assertEqual(self.edits.listing_id, self.tea_listing)
        self.receive(
            {"id": "?", "key": {"extra": {"group": "5"}}, "deleted": True}, topic="listing"
        )
        self.process()
        both = self.tea_listing | self.milk_listing
        self.assertEqual(set(both.mapped("channel_status")), {"Deleted"})
        self.receive({"id": "?", "key": {"extra": {"item": "9"}}, "deleted": True}, topic="listing")
        self.process()
        item = self.env["marketplace.inbox"].search([], order="id desc", limit=1)
        self.assertEqual(item.message, "This listing is not linked here.")

    def test_a_batch_costs_the_same_whatever_its_size(self):
        listings = [self._list(self._make_product(f"P{i}"), external_id=f"N{i}") for i in range(24)]
        self.account._request_products(
            self.env["product.product"].concat(*[x.product_id for x in listings])
        )
        self.run_engine()

        def cost(names, title):
            documents = [
                {
                    "id": name,
                    "values": {"product": {"title": f"{title} {name}"}},
                    "updated_at": (clock.now() + timedelta(hours=1)).strftime(STAMP),
                }
                for name in names
            ]
            self.receive(*documents, topic="listing")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.process(limit=200)
            return self.env.cr.sql_log_count - before

        cost(["N0", "N1"], "Warm")
        few = cost(["N2", "N3"], "Few")
        many = cost([f"N{i}" for i in range(4, 24)], "Many")
        self.assertEqual(len(self.edits), 24)
        self.assertLessEqual(many, few + 2)


@tagged("post_install", "-at_install")
class TestPolicies(EditCase):
    @covers("R371", "C4")
    def test_odoo_wins_and_the_value_is_told_again_once(self):
        self.account.edit_policy = "odoo"
        self.show(product={"title": "Cheap tea"})
        self.assertEqual(self.rows(), [("title", "Tea", "Cheap tea", "odoo")])
        operation = self.env["marketplace.product.operation"].search([], order="id desc", limit=1)
        self.assertEqual(
            (operation.record_id, operation.operation_data["kinds"]), (self.tea.id, ["product"])
        )
        sent = self.pushed()
        self.assertEqual([(kind, name) for kind, name, _state in sent], [(Kind.PRODUCT, "F-1")])
        self.assertEqual(self.channel.listings["F-1"].title, "Tea")
        self.assertFalse(self.causes())
        self.show(product={"title": "Tea"})
        self.assertEqual(self.pushed(), [])

    def test_a_channel_that_insists_is_asked_about_in_the_end(self):
        self.account.edit_policy = "odoo"
        for time in range(marketplace_edit_compare.MOST_TIMES):
            self.show(seconds=3600 * (time + 1), product={"title": "TEA"})
            self.assertEqual([kind for kind, *_rest in self.pushed()], [Kind.PRODUCT])
        self.show(seconds=36000, product={"title": "TEA"})
        self.assertEqual(self.rows(), [("title", "Tea", "TEA", "open")])
        self.assertIn("3 times", self.edits.note)
        self.assertEqual(self.pushed(), [])
        self.assertEqual(len(self.causes()), 1)

    @covers("R371", "C4")
    def test_the_channel_wins_and_no_echo_leaves(self):
        self.say(title="channel", description="channel", barcode="channel", weight_kg="channel")
        self.say(price="channel", published="channel", min_order="channel")
        self.show(
            product={
                "title": "Earl Grey",
                "description": "Bergamot, <b>leaves</b>",
                "barcode": "0400638133393",
                "weight_kg": "0.2500",
                "published": False,
                "min_order": "3",
            },
            price={"price": "11.30", "currency": self.currency},
        )
        self.assertEqual(set(self.edits.mapped("state")), {"channel"})
        self.assertEqual(
            (self.tea_listing.title, self.tea.name, self.tea.description_sale),
            ("Earl Grey", "Tea", "Bergamot, <b>leaves</b>"),
        )
        self.assertEqual((self.tea.barcode, self.tea.weight), ("0400638133393", 0.25))
        self.assertEqual((self.tea_listing.published, self.tea_listing.min_order), (False, 3.0))
        self.assertEqual(self.tea.list_price, 11.30)
        # Stock alone is Odoo's: a listing that is not offered has none for sale.
        self.assertEqual([kind for kind, *_rest in self.pushed()], [Kind.INVENTORY])
        self.assertFalse(self.causes())

    def test_a_title_may_become_the_name_of_the_product_for_every_channel(self):
        other = self._make_account("Second")
        self._list(self.tea, other, external_id="S-1")
        self.account.edit_title_target = "product"
        self.account.edit_policy = "channel"
        self.show(product={"title": "Earl Grey"})
        self.assertEqual((self.tea.name, self.tea_listing.title), ("Earl Grey", False))
        self.assertEqual(self.pushed(), [])
        titles = {one.title for one in type(self.channel).of(other.base_url).listings.values()}
        self.assertEqual(titles, {"Earl Grey"})

    def test_what_the_channel_owns_is_not_sent(self):
        self.say(title="channel", price="channel")
        self.assertTrue(self.account._owned_by_channel("product", "title"))
        self.assertFalse(self.account._owned_by_channel("inventory", "quantity"))
        self.tea.write({"name": "Green tea", "list_price": 17, "weight": 2})
        (sent,) = self.pushed()
        self.assertEqual(
            (sent[0], sent[2].title, str(sent[2].weight_kg)), (Kind.PRODUCT, None, "2.0")
        )
        self.assertEqual(self.channel.listings["F-1"].title, "Tea")
        self.assertEqual(self.channel.listings["F-1"].price.amount, 10)

    def test_a_listing_that_the_channel_does_not_have_is_told_whole(self):
        self.say(title="channel", price="channel")
        jam = self._make_product("Jam", 3.0)
        self._list(jam, external_id=False)
        self.account._request_products(jam)
        kinds = {kind: state for kind, _name, state in self.pushed()}
        self.assertEqual((kinds[Kind.PRODUCT].title, kinds[Kind.PRICE].price.amount), ("Jam", 3))

    def test_a_line_for_a_member_counts_for_what_is_below_it(self):
        self.say(price="odoo")
        self.assertEqual(self.account._edit_policy_of("price", "price"), "odoo")
        self.assertEqual(self.account._edit_policy_of("price", "markets/9001/amount"), "ask")
        self.assertEqual(self.account._edit_policy_of("inventory", "by_location/7"), "odoo")
        self.say(quantity="ask")
        self.assertEqual(self.account._edit_policy_of("inventory", "by_location/7"), "ask")

    def test_stock_is_never_the_channels(self):
        with self.assertRaises(ValidationError):
            self.say(quantity="channel")


@tagged("post_install", "-at_install")
class TestAsk(EditCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.person = new_test_user(cls.env, "e-user", groups="marketplace.group_user")
        cls.keeper = new_test_user(
            cls.env, "e-keeper", groups="marketplace.group_user,product.group_product_manager"
        )

    @covers("R371", "C4")
    def test_people_are_told_once_and_neither_side_is_changed(self):
        self.show(product={"title": "Cheap tea"}, price={"price": "8"})
        self.show(seconds=7200, product={"title": "Very cheap tea"})
        self.show("F-2", product={"title": "Cheap milk"})
        self.assertEqual(
            sorted(self.rows()),
            [
                ("price", "10.00", "8", "open"),
                ("title", "Milk", "Cheap milk", "open"),
                ("title", "Tea", "Very cheap tea", "open"),
            ],
        )
        cause = self.causes()
        self.assertEqual(
            (cause.code, cause.title),
            ("foreign_edits", "Somebody changed products on Fake itself. Changes to decide: 3"),
        )
        self.assertEqual(len(cause.message_ids.filtered("partner_ids")), 1)
        # Something else of the product is told; what is asked about stays as it is there.
        self.tea.write({"weight": 3, "list_price": 22})
        (sent,) = self.pushed()
        self.assertEqual((sent[0], sent[2].title), (Kind.PRODUCT, None))
        self.assertEqual(self.account.foreign_edit_count, 3)

    def test_several_are_kept_at_once(self):
        self.show(product={"title": "Cheap tea"}, price={"price": "8"})
        self.edits.with_user(self.person).action_keep_odoo()
        self.assertEqual(set(self.edits.mapped("state")), {"odoo"})
        self.assertEqual(self.edits.decided_by_id, self.person)
        sent = {kind: state for kind, _name, state in self.pushed()}
        self.assertEqual((sent[Kind.PRODUCT].title, sent[Kind.PRICE].price.amount), ("Tea", 10))
        self.assertFalse(self.causes())

    def test_several_are_taken_over_at_once(self):
        self.show(product={"title": "Cheap tea"}, price={"price": "8"})
        self.edits.with_user(self.keeper).action_take_channel()
        self.assertEqual((self.tea_listing.title, self.tea.list_price), ("Cheap tea", 8.0))
        self.assertEqual(set(self.edits.mapped("state")), {"channel"})
        self.assertEqual(self.pushed(), [])
        self.assertFalse(self.causes())

    def test_one_decision_counts_for_the_same_change_of_all_variants(self):
        size = self.env["product.attribute"].create(
            {
                "name": "Size",
                "value_ids": [fields.Command.create({"name": name}) for name in "SML"],
            }
        )
        line = {"attribute_id": size.id, "value_ids": [fields.Command.set(size.value_ids.ids)]}
        shirt = self.env["product.template"].create(
            {"name": "Shirt", "attribute_line_ids": [fields.Command.create(line)]}
        )
        for number, variant in enumerate(shirt.product_variant_ids):
            self._list(variant, external_id=f"SH-{number}", title="Shirt")
        self.account._request_products(shirt.product_variant_ids)
        self.pushed()
        for number, title in enumerate(("Cheap shirt", "Cheap shirt", "Other shirt")):
            self.show(f"SH-{number}", product={"title": title})
        self.edits[0].with_user(self.person).action_keep_odoo()
        self.assertEqual(self.edits.mapped("state"), ["odoo", "odoo", "open"])
        self.assertEqual(len(self.pushed()), 2)

    def test_whoever_may_not_write_products_does_not_by_this_door(self):
        self.show(price={"price": "8"})
        with self.assertRaises(AccessError):
            self.edits.with_user(self.person).action_take_channel()
        self.assertEqual(self.tea.list_price, 10)

    def test_what_cannot_be_taken_over_says_why(self):
        self.account.edit_policy_ids = [
            fields.Command.create({"what": "inventory:quantity", "policy": "ask"})
        ]
        self.show(inventory={"quantity": "7"})
        with self.assertRaisesRegex(UserError, "no place"):
            self.edits.with_user(self.keeper).action_take_channel()
        self.tea_listing._request()
        self.assertEqual(self.pushed(), [])

    def test_what_is_ignored_stays_until_the_channel_changes_it_again(self):
        self.show(product={"title": "Cheap tea"})
        self.edits.with_user(self.person).action_ignore()
        self.assertFalse(self.causes())
        self.show(seconds=7200, product={"title": "Cheap tea"})
        self.assertEqual(self.edits.state, "ignored")
        self.tea.weight = 4
        (sent,) = self.pushed()
        self.assertIsNone(sent[2].title)
        self.show(seconds=10800, product={"title": "Cheapest tea"})
        self.assertEqual(self.edits.state, "open")
        self.assertEqual(len(self.causes()), 1)

    def test_what_is_ignored_is_told_once_odoo_changes_it(self):
        self.show(product={"title": "Cheap tea"})
        self.edits.with_user(self.person).action_ignore()
        self.tea.name = "Fine tea"
        (sent,) = self.pushed()
        self.assertEqual(sent[2].title, "Fine tea")

    def test_a_change_that_is_taken_back_there_settles_itself(self):
        self.show(product={"title": "Cheap tea"})
        self.show(seconds=7200, product={"title": "Tea"})
        self.assertEqual(self.edits.state, "settled")
        self.assertFalse(self.causes())
        self.assertEqual(self.pushed(), [])

    def test_the_account_form_takes_a_line_of_ownership(self):
        with Form(self.account) as form, form.edit_policy_ids.new() as line:
            line.what = "product:title"
            line.policy = "channel"
        self.assertTrue(self.account._owned_by_channel("product", "title"))
