"""Changes made on a channel itself: our own come back unseen, others follow the policy."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.marketplace.models import marketplace_edit_compare, marketplace_foreign_edit
from odoo.addons.marketplace.tools import clock
from odoo.addons.marketplace.tools.shown import MISSING, as_text, at, flat, same, with_member

from marketplace_adapters.core import LISTING_KINDS, Kind
from marketplace_adapters.testing import covers

from .order_common import OrderCase

STAMP = "%Y-%m-%dT%H:%M:%S+00:00"


class EditCase(OrderCase):
    def setUp(self):
        super().setUp()
        # Everything is told once, and known.
        self.account._request_products(self.tea | self.milk)
        self.run_engine()
        self.channel.finish()
        self.run_engine()
        self.channel.calls.clear()

    def show(self, listing="F-1", seconds=3600, **values):
        """The channel says what it shows, so many seconds from now; ``None`` without a time."""
        data = {
            "id": listing,
            "values": values,
            "n": self.env["marketplace.inbox"].search_count([]),
        }
        if seconds is not None:
            data["updated_at"] = (clock.now() + timedelta(seconds=seconds)).strftime(STAMP)
        self.receive(data, topic="listing")
        self.process()
        item = self.env["marketplace.inbox"].search([], order="id desc", limit=1)
        self.assertEqual((item.topic, item.status), ("listing", "done"), item.message)

    @property
    def edits(self):
        return self.env["marketplace.foreign.edit"].search([], order="id")

    def rows(self):
        return [
            (one.member, one.odoo_value or None, one.channel_value, one.state) for one in self.edits
        ]

    def pushed(self):
        """(kind, target, state) of what was sent since; then forgotten."""
        self.run_engine()
        found = [
            (item.kind, item.target.external_id, item.state)
            for item in self.channel.pushed
            if item.kind in LISTING_KINDS
        ]
        self.channel.calls.clear()
        return found

    def say(self, **policies):
        """Field ownership, e.g. ``title="channel"``."""
        kinds = {"price": "price", "compare_at": "price", "quantity": "inventory"}
        self.account.edit_policy_ids = [
            fields.Command.create(
                {"what": f"{kinds.get(member, 'product')}:{member}", "policy": policy}
            )
            for member, policy in policies.items()
        ]


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
class TestPrices(EditCase):
    def setUp(self):
        super().setUp()
        self.say(price="channel")

    def test_the_pricelists_own_rule_is_written_where_the_account_sells_by_one(self):
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Shop",
                "currency_id": self.account.currency_id.id,
                "item_ids": [
                    fields.Command.create(
                        {"compute_price": "percentage", "percent_price": 10, "base": "list_price"}
                    )
                ],
            }
        )
        self.account.write({"price_source": "pricelist", "pricelist_id": pricelist.id})
        self.show(price={"price": "8.49", "currency": self.currency})
        self.show(seconds=7200, price={"price": "8.59", "currency": self.currency})
        own = pricelist.item_ids.filtered("product_id")
        self.assertEqual((own.product_id, own.fixed_price, len(own)), (self.tea, 8.59, 1))
        self.assertEqual(self.tea.list_price, 10)
        self.assertEqual(self.pushed(), [])

    def test_tax_unit_and_currency_are_respected(self):
        tax = self.env["account.tax"].create(
            {
                "name": "20 %",
                "amount": 20.0,
                "type_tax_use": "sale",
                "price_include_override": "tax_excluded",
            }
        )
        self.tea.taxes_id = tax
        other = self.env.ref("base.EUR" if self.currency != "EUR" else "base.GBP")
        other.active = True
        self.env["res.currency.rate"].search([("currency_id", "=", other.id)]).unlink()
        self.env["res.currency.rate"].create(
            {
                "currency_id": other.id,
                "company_id": self.company.id,
                "rate": 2.0,
                "name": "2020-01-01",
            }
        )
        dozen = self.env["uom.uom"].create(
            {"name": "Six", "relative_factor": 6, "relative_uom_id": self.tea.uom_id.id}
        )
        self.account.write({"price_tax": "included", "currency_id": other.id})
        self.tea_listing.uom_id = dozen
        self.account.edit_policy_ids.unlink()  # else the price would not be told at all
        self.pushed()
        self.say(price="channel")
        self.assertEqual(self.channel.listings["F-1"].price.amount, 144)  # 10 × 6 × 2 + 20 %
        self.show(price={"price": "216", "currency": other.name})
        self.assertEqual(self.rows()[0][3], "channel", self.edits.note)
        self.assertEqual(self.tea.list_price, 15.0)
        self.assertEqual(self.pushed(), [])

    def test_variants_that_share_a_price_are_not_changed_for_one_of_them(self):
        size = self.env["product.attribute"].create(
            {
                "name": "Size",
                "value_ids": [fields.Command.create({"name": name}) for name in ("S", "L")],
            }
        )
        shirt = self.env["product.template"].create(
            {
                "name": "Shirt",
                "list_price": 20,
                "taxes_id": False,
                "attribute_line_ids": [
                    fields.Command.create(
                        {
                            "attribute_id": size.id,
                            "value_ids": [fields.Command.set(size.value_ids.ids)],
                        }
                    )
                ],
            }
        )
        self._list(shirt.product_variant_ids[0], external_id="SH-1")
        self.account._request_products(shirt.product_variant_ids)
        self.pushed()
        self.show("SH-1", price={"price": "25", "currency": self.currency})
        self.assertEqual(shirt.list_price, 20)
        self.assertEqual(self.rows(), [("price", "20.00", "25", "open")])
        self.assertIn("share one sales price", self.edits.note)
        self.assertEqual(self.pushed(), [])

    def test_a_price_that_a_rule_decides_is_asked_about(self):
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Always five",
                "currency_id": self.account.currency_id.id,
                "item_ids": [
                    fields.Command.create(
                        {
                            "applied_on": "0_product_variant",
                            "product_id": self.tea.id,
                            "product_tmpl_id": self.tea.product_tmpl_id.id,
                            "compute_price": "fixed",
                            "fixed_price": 5,
                            "date_start": "2020-01-01",
                            "date_end": "2099-01-01",
                            "min_quantity": 1,
                        }
                    )
                ],
            }
        )
        self.account.write({"price_source": "pricelist", "pricelist_id": pricelist.id})
        self.show(price={"price": "8.49", "currency": self.currency})
        self.assertEqual(self.edits.state, "open")
        self.assertIn("would tell another value", self.edits.note)
        self.assertEqual(len(pricelist.item_ids), 1)

    def test_a_member_that_odoo_has_no_place_for_stays_on_the_channel(self):
        self.account.edit_policy = "channel"
        self.show(price={"compare_at": "20"}, product={"vendor": "Somebody"})
        self.assertEqual(self.rows(), [])
        known = self.tea_listing.acknowledged
        self.tea_listing.acknowledged = {**known, "price": {**known["price"], "compare_at": "19"}}
        self.show(seconds=7200, price={"compare_at": "20"})
        self.assertEqual(self.rows(), [("compare_at", None, "20", "channel")])
        self.assertEqual(self.edits.note, "Odoo has no place for it.")
        self.assertEqual(self.pushed(), [])


@tagged("post_install", "-at_install")
class TestStockEdits(EditCase):
    @covers("C4")
    def test_more_on_the_channel_is_put_right_at_once(self):
        self.show(inventory={"quantity": "500"})
        self.assertEqual(self.rows(), [("quantity", "100", "500", "odoo")])
        self.assertEqual([kind for kind, *_rest in self.pushed()], [Kind.INVENTORY])
        self.assertEqual(self.channel.listings["F-1"].quantity, 100)

    @covers("C4")
    def test_fewer_there_wait_for_the_order_that_explains_them(self):
        self.show(inventory={"quantity": "97"})
        self.assertEqual(self.pushed(), [])
        self.take_in(self.document("O-1", self.two_lines("O-1", tea=3), status="confirmed"))
        self.assertEqual([name for _kind, name, _state in self.pushed()], ["F-2"])
        self.due()
        self.assertEqual(self.pushed(), [])
        self.assertEqual(self.tea_listing.acknowledged["inventory"]["quantity"], "97")

    def test_fewer_there_without_an_order_are_put_right_after_a_moment(self):
        self.show(inventory={"quantity": "97"})
        self.env["marketplace.foreign.edit"]._cron_tell_due()
        self.assertEqual(self.pushed(), [])
        self.due()
        self.assertEqual([name for _kind, name, _state in self.pushed()], ["F-1"])
        self.assertEqual(self.tea_listing.acknowledged["inventory"]["quantity"], "100")
        self.due()
        self.assertEqual(self.pushed(), [])

    def due(self):
        later = clock.now() + marketplace_edit_compare.SALE_GRACE + timedelta(seconds=1)
        self.patch(marketplace_foreign_edit.clock, "now", lambda: later)
        self.env["marketplace.foreign.edit"]._cron_tell_due()


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


@tagged("post_install", "-at_install")
class TestShown(EditCase):
    def test_values_are_compared_by_what_they_mean(self):
        for path, one, other, expected in (
            ("price", "12.5", "12.50", True),
            ("price", "12.5", "12.51", False),
            ("by_location/7", "3", 3.0, True),
            ("markets/1/amount", "1e2", "100", True),
            ("title", "1.0", "1", False),
            ("title", "Cafe\u0301 ", "Café", True),
            ("title", None, "", True),
            ("title", "", MISSING, False),
            ("published", True, 1, True),
            ("description", "a\r\nb", "a\nb", True),
            ("weight_kg", "0.12346", "0.1235", True),
            ("price", "NaN", "1", False),
            ("price", "9" * 400, "1", False),
            ("tags", ["a"], ["a"], True),
        ):
            with self.subTest(path=path, one=one):
                self.assertIs(same(path, one, other), expected)

    def test_members_are_found_by_their_path(self):
        values = {"a": {"b.c": 1, "d": {}}, "e": None}
        self.assertEqual(dict(flat(values)), {"a/b.c": 1, "e": None})
        self.assertEqual(
            (at(values, "a/b.c"), at(values, "a/x"), at(None, "a")), (1, MISSING, MISSING)
        )
        self.assertEqual(with_member(values, "a/d/f", 2)["a"], {"b.c": 1, "d": {"f": 2}})
        self.assertEqual(with_member(values, "a/b.c", MISSING)["a"], {"d": {}})
        self.assertEqual(values, {"a": {"b.c": 1, "d": {}}, "e": None})
        self.assertEqual((as_text(["a", 1]), as_text(None), as_text(0)), ("a, 1", "", "0"))
