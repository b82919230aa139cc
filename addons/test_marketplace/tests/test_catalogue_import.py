"""Products of Odoo made of what a channel lists: planned first, then made, one bad one alone."""

from decimal import Decimal

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.marketplace.tools.price_spread import spread
from odoo.addons.marketplace.wizards import marketplace_catalogue_import as module
from odoo.addons.queue_job.tests.common import trap_jobs

from marketplace_adapters.core import ListingKey, Money
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.fake import FakeListing

from .common import MarketplaceCase


class ImportCase(MarketplaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.catalogue = cls.env["marketplace.link.catalogue"]._of(cls.account)
        cls.company.account_sale_tax_id = False

    def remote(self, external_id, price="10.00", quantity=4, **members):
        """The channel lists something; its SKU is S and its id unless said otherwise."""
        key = {"sku": f"S{external_id}"} | {
            name: members.pop(name) for name in ("sku", "barcode", "extra") if name in members
        }
        title = members.pop("title", f"Title {external_id}")
        published = members.pop("published", True)
        currency = members.pop("currency", self.account.currency_id.name)
        self.channel.listings[external_id] = FakeListing(
            external_id,
            ListingKey(external_id, **key),
            title=title,
            price=Money(Decimal(price), currency) if price else None,
            quantity=Decimal(quantity),
            published=published,
            members=members,
        )

    def variants(self, group, title, options, **members):
        """A product of the channel; :param options: {external id: {option: value}}"""
        for external_id, values in options.items():
            own = {name: value.get(external_id) for name, value in members.items()}
            self.remote(
                external_id,
                group=group,
                group_title=title,
                options=values,
                **{name: value for name, value in own.items() if value is not None},
            )

    def read_catalogue(self):
        self.catalogue._begin_reading()
        self.catalogue._job_fetch()
        self.assertEqual(self.catalogue.state, "ready", self.catalogue.message)

    def plan(self, **wishes):
        self.read_catalogue()
        work = self.env["marketplace.catalogue.import"].create(
            {"catalogue_id": self.catalogue.id, "with_images": False, **wishes}
        )
        work.action_plan()
        self.assertEqual(work.state, "planned", work.message)
        return work

    def run_import(self, **wishes):
        work = self.plan(**wishes)
        work.action_run()
        self.assertEqual(work.state, "done", work.message)
        return work

    def listing(self, external_id):
        return self.env["marketplace.listing"].search(
            [("account_id", "=", self.account.id), ("external_id", "=", external_id)]
        )

    def product(self, external_id):
        return self.listing(external_id).product_id

    def outcomes(self, work):
        return {item.title: (item.action, item.state, item.reason) for item in work.item_ids}


@tagged("post_install", "-at_install")
class TestCatalogueImport(ImportCase):
    @covers("R303", "C5")
    def test_a_preview_writes_nothing_and_counts_what_would_happen(self):
        tea = self._make_product("Tea", default_code="TEA")
        self.remote("T", sku="TEA")
        self.remote("A")
        self.variants("G", "Shirt", {"B": {"Size": "S"}, "C": {"Size": "L"}})
        self.variants("H", "Cup", {"D": {"Size": "S"}, "E": {"Colour": "Red"}})
        self.remote("N", published=False)
        before = self.env["product.template"].search_count([])
        work = self.plan(with_unpublished=False)
        self.assertEqual(
            (work.link_count, work.make_count, work.variant_count, work.extend_count),
            (1, 2, 3, 0),
        )
        self.assertEqual((work.conflict_count, work.skip_count), (1, 1))
        self.assertEqual(
            self.outcomes(work),
            {
                "Title A": ("make", "planned", False),
                "Shirt": ("make", "planned", False),
                "Cup": (
                    "conflict",
                    "planned",
                    "Its variants are not told apart by the same options.",
                ),
                "Title N": ("skip", "planned", "Not offered on the channel."),
            },
        )
        self.assertEqual(work.sample_ids, work.item_ids)
        self.assertEqual(self.env["product.template"].search_count([]), before)
        self.assertFalse(self.env["marketplace.listing"].search([("product_id", "=", tea.id)]))

    @covers("R303", "R371")
    def test_products_are_made_with_what_the_channel_says_and_linked_at_once(self):
        self.remote(
            "A",
            price="12.50",
            title="Green Tea",
            barcode="4006381333931",
            extra={"product_id": "77"},
            description="<p>Good <b>tea</b></p>",
            weight_kg=Decimal("0.25"),
        )
        self.run_import()
        product, listing = self.product("A"), self.listing("A")
        self.assertEqual(
            (product.name, product.default_code, product.barcode, product.lst_price),
            ("Green Tea", "SA", "4006381333931", 12.5),
        )
        self.assertEqual((product.weight, product.type, product.is_storable), (0.25, "consu", True))
        self.assertEqual(product.description_sale, "Good *tea*")
        self.assertEqual(
            (listing.sku, listing.title, listing.extra, listing.internal_id),
            ("SA", "Green Tea", {"product_id": "77"}, str(product.id)),
        )
        line = self.catalogue.line_ids
        self.assertEqual(
            (line.status, line.product_id, line.listing_id), ("linked", product, listing)
        )
        self.read_catalogue()
        self.assertEqual(line.status, "linked")

    @covers("R303", "R359")
    def test_variants_are_made_exactly_as_the_channel_has_them(self):
        """No combination that the channel lacks, also not for attributes that make them all."""
        always = self.env["product.attribute"].create(
            {"name": "Größe", "create_variant": "always", "value_ids": [(0, 0, {"name": "S"})]}
        )
        self.variants(
            "G",
            "Shirt",
            {
                "A": {"größe ": "s", "Farbe": "Rot"},
                "B": {"Größe": "L", "Farbe": "Rot"},
                "C": {"Größe": "L", "Farbe": "Blau"},
            },
        )
        self.variants("H", "Cap", {"D": {"Größe": "S"}, "E": {"Größe": "XL"}})
        self.run_import()
        template = self.product("A").product_tmpl_id
        self.assertEqual(template.name, "Shirt")
        self.assertEqual(
            template.with_context(active_test=False).product_variant_ids,
            self.product("A") | self.product("B") | self.product("C"),
        )
        self.assertEqual(
            {
                external_id: self.product(
                    external_id
                ).product_template_attribute_value_ids.product_attribute_value_id.mapped("name")
                for external_id in "ABCDE"
            },
            {
                "A": ["S", "Rot"],
                "B": ["L", "Rot"],
                "C": ["L", "Blau"],
                "D": ["S"],
                "E": ["XL"],
            },
        )
        self.assertEqual(
            self.env["product.attribute"].search([("name", "=ilike", "größe")]), always
        )
        self.assertEqual(sorted(always.value_ids.mapped("name")), ["L", "S", "XL"])
        colour = self.env["product.attribute"].search([("name", "=", "Farbe")])
        self.assertEqual(colour.create_variant, "dynamic")

    def test_missing_combinations_of_attributes_that_make_all_are_said(self):
        for name in ("Size", "Colour"):
            self.env["product.attribute"].create({"name": name, "create_variant": "always"})
        self.variants(
            "G",
            "Shirt",
            {
                "A": {"Size": "S", "Colour": "Red"},
                "B": {"Size": "L", "Colour": "Red"},
                "C": {"Size": "L", "Colour": "Blue"},
            },
        )
        work = self.run_import()
        template = self.product("A").product_tmpl_id
        self.assertEqual(len(template.with_context(active_test=False).product_variant_ids), 3)
        self.assertIn("The channel has 3 of 4 combinations.", work.item_ids.note)

    def test_attributes_without_variants_are_left_alone(self):
        self.env["product.attribute"].create({"name": "Size", "create_variant": "no_variant"})
        self.variants("G", "Shirt", {"A": {"Size": "S"}, "B": {"Size": "L"}})
        self.run_import()
        self.assertEqual(len(self.product("A").product_tmpl_id.product_variant_ids), 2)
        self.assertEqual(
            sorted(
                self.env["product.attribute"]
                .search([("name", "=", "Size")])
                .mapped("create_variant")
            ),
            ["dynamic", "no_variant"],
        )

    def test_the_order_of_options_is_the_channels(self):
        self.variants("G", "Shirt", {"A": {"Zeta": "1", "A": "2", "Beta": "3"}})
        self.run_import()
        lines = self.product("A").product_tmpl_id.attribute_line_ids
        self.assertEqual(lines.sorted("id").attribute_id.mapped("name"), ["Zeta", "A", "Beta"])

    # === PRICES === #

    @covers("R303")
    def test_prices_of_variants_become_extra_prices_of_their_values(self):
        self.variants(
            "G",
            "Shirt",
            {
                "A": {"Size": "S", "Colour": "Red"},
                "B": {"Size": "L", "Colour": "Red"},
                "C": {"Size": "L", "Colour": "Blue"},
            },
            price={"A": "10.00", "B": "12.50", "C": "13.50"},
        )
        work = self.run_import()
        self.assertEqual(
            [self.product(external_id).lst_price for external_id in "ABC"], [10.0, 12.5, 13.5]
        )
        self.assertFalse(work.item_ids.note)

    def test_prices_that_options_do_not_explain_are_said(self):
        self.variants(
            "G",
            "Shirt",
            {
                "A": {"Size": "S", "Colour": "Red"},
                "B": {"Size": "L", "Colour": "Red"},
                "C": {"Size": "L", "Colour": "Blue"},
                "D": {"Size": "S", "Colour": "Blue"},
            },
            price={"A": "10.00", "B": "12.00", "C": "10.00", "D": "10.00"},
        )
        work = self.run_import()
        self.assertEqual(self.product("B").lst_price, 10.0)
        self.assertIn("do not follow from its options", work.item_ids.note)
        self.assertIn(
            "Odoo would tell another price than the channel has: SB: 10.00.", work.item_ids.note
        )
        self.assertIn("price", self.listing("A").acknowledged)
        self.assertNotIn("price", self.listing("B").acknowledged)

    def test_prices_with_tax_become_sales_prices_without_it(self):
        self.company.account_sale_tax_id = self.env["account.tax"].create(
            {"name": "25", "amount": 25, "price_include_override": "tax_excluded"}
        )
        self.account.price_tax = "included"
        self.remote("A", price="12.50")
        self.remote("B", price="9.99")
        work = self.run_import()
        self.assertEqual(self.product("A").lst_price, 10.0)
        notes = {item.title: item.note for item in work.item_ids}
        self.assertFalse(notes["Title A"])
        self.assertFalse(notes["Title B"])

    def test_prices_in_another_currency_are_converted(self):
        other = self.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        self.env["res.currency.rate"].create(
            {"currency_id": other.id, "rate": 4.0, "company_id": self.company.id}
        )
        self.account.currency_id = other
        self.remote("A", price="10.00")
        self.remote("B", price="10.00", currency="XXB")
        self.remote("C", price=None)
        work = self.run_import()
        self.assertEqual(self.product("A").lst_price, 2.5)
        self.assertIn("price", self.listing("A").acknowledged)
        outcomes = self.outcomes(work)
        self.assertEqual(outcomes["Title B"][1], "failed")
        self.assertIn("The channel's prices are in XXB", outcomes["Title B"][2])
        self.assertEqual(outcomes["Title C"][1], "done")

    def test_what_each_variant_costs_becomes_one_price_and_extras(self):
        def solve(**prices):
            return spread({frozenset(key): Decimal(value) for key, value in prices.items()})

        self.assertEqual(solve(S=10, L=12), (Decimal(10), {"L": Decimal(2)}, True))
        self.assertEqual(solve(S=10, L=10), (Decimal(10), {}, True))
        self.assertEqual(solve(SR=10, LR=12, SB=11, LB=13), (Decimal(10), {"L": 2, "B": 1}, True))
        self.assertEqual(solve(SR=10, LR=12, SB=11, LB=14)[1:], ({}, False))
        self.assertEqual(solve(SR=10, LR=7), (Decimal(10), {"L": -3}, True))
        # The second size comes with a second colour: either may cost more, one of them does.
        base, extras, exact = solve(SR=10, LB=15)
        self.assertEqual((base, sum(extras.values()), exact), (Decimal(10), 5, True))

    # === CONFLICTS === #

    @covers("R303", "X36")
    def test_a_barcode_that_is_taken_is_left_out_and_said(self):
        owner = self._make_product("Owner", barcode="111")
        owner.active = False
        self.remote("A", barcode="222")
        self.remote("B", barcode="222")
        self.remote("C", barcode="333")
        self.read_catalogue()
        self.catalogue.line_ids.filtered(lambda line: line.external_id == "C").barcode = "111"
        work = self.env["marketplace.catalogue.import"].create(
            {"catalogue_id": self.catalogue.id, "with_images": False}
        )
        work.action_plan()
        work.action_run()
        self.assertEqual(
            [self.product(external_id).barcode for external_id in "ABC"], ["222", False, False]
        )
        notes = {item.title: item.note for item in work.item_ids}
        self.assertFalse(notes["Title A"])
        self.assertEqual(
            notes["Title B"], "Barcode 222 was left out: another listing of the channel has it."
        )
        self.assertEqual(notes["Title C"], "Barcode 111 was left out: Owner has it.")
        self.assertEqual(work.note_count, 2)

    def test_one_product_that_cannot_be_made_does_not_stop_the_others(self):
        self.variants("G", "Shirt", {"A": {"Size": "S"}, "B": {"Size": "s"}})
        for external_id in "CDE":
            self.remote(external_id)
        self.remote("F", currency="XXB")
        work = self.run_import()
        self.assertTrue(all(map(self.product, "CDE")))
        outcomes = self.outcomes(work)
        self.assertEqual(outcomes["Shirt"][0], "conflict")
        self.assertIn("Two of its variants have the same options", outcomes["Shirt"][2])
        self.assertEqual(outcomes["Title F"][1], "failed")
        self.assertEqual((work.done_count, work.failed_count, work.progress), (3, 1, 100.0))

    def test_a_product_that_odoo_has_partly_gets_the_variants_that_are_missing(self):
        self.variants("G", "Shirt", {"A": {"Size": "S"}, "B": {"Size": "L"}})
        self.run_import()
        template = self.product("A").product_tmpl_id
        self.variants("G", "Shirt", {"C": {"size": "XL"}})
        work = self.run_import()
        self.assertEqual(self.outcomes(work), {"Shirt": ("extend", "done", False)})
        self.assertEqual(self.product("C").product_tmpl_id, template)
        self.assertEqual(len(template.product_variant_ids), 3)
        self.assertEqual(template.attribute_line_ids.value_ids.mapped("name"), ["S", "L", "XL"])

    def test_variants_that_are_separate_products_here_are_a_conflict(self):
        for sku in ("SA", "SB"):
            self._make_product(sku, default_code=sku)
        self.variants("G", "Shirt", {"A": {"Size": "S"}, "B": {"Size": "L"}, "C": {"Size": "XL"}})
        work = self.run_import()
        self.assertEqual(self.listing("A").product_id.default_code, "SA")
        self.assertFalse(self.listing("C"))
        self.assertEqual(work.item_ids.reason, "Its variants are separate products here: SA, SB.")

    def test_variants_that_wait_for_a_person_hold_the_others(self):
        for name in ("One", "Two"):
            self._make_product(name, default_code="SA")
        self.variants("G", "Shirt", {"A": {"Size": "S"}, "B": {"Size": "L"}})
        work = self.run_import()
        self.assertEqual(work.item_ids.reason, "Decide about its other variants first: SA.")

    def test_what_is_sold_by_the_box_is_for_a_person(self):
        self.remote("A", unit="box", unit_count=12)
        work = self.run_import()
        self.assertEqual(
            work.item_ids.reason, "Sold by 12 (box): create the product, and link it in that unit."
        )

    def test_a_listing_of_an_archived_product_is_for_a_person(self):
        self._make_product("Old", default_code="SA").active = False
        self.remote("A")
        work = self.run_import()
        self.assertEqual(work.item_ids.action, "conflict")
        self.assertIn("[SA] Old is archived.", work.item_ids.reason)

    def test_a_listing_whose_product_was_deleted_gets_the_new_product(self):
        listing = self._list(self._make_product("Gone"), external_id="A")
        listing.product_id.product_tmpl_id.unlink()
        self.remote("A")
        self.run_import()
        self.assertEqual(self.listing("A"), listing)
        self.assertEqual(listing.product_id.default_code, "SA")

    def test_twice_makes_nothing_twice(self):
        self.variants("G", "Shirt", {"A": {"Size": "S"}, "B": {"Size": "L"}})
        self.remote("C")
        self.run_import()
        before = self.env["product.product"].search_count([])
        work = self.run_import()
        self.assertFalse(work.item_ids)
        self.assertEqual(self.env["product.product"].search_count([]), before)

    # === NOTHING GOES BACK === #

    def test_nothing_is_told_back_to_the_channel_but_others_get_the_new_products(self):
        other = self._make_account("Other", auto_list=True)
        self.account.auto_list = True
        self.run_engine()
        self.variants("G", "Shirt", {"A": {"Size": "S"}, "B": {"Size": "L"}})
        self.run_import()
        self.channel.calls.clear()
        self.run_engine()
        self.assertEqual(self.channel.pushes, [])
        listed = self.env["marketplace.listing"].search([("account_id", "=", other.id)])
        self.assertEqual(listed.product_id, self.product("A") | self.product("B"))
        self.account.auto_list = False
        self.account._request_products()
        self.run_engine()
        self.assertEqual({item.kind.value for item in self.channel.pushed}, {"inventory"})

    # === STOCK === #

    def test_opening_stock_is_not_taken_over_unless_asked(self):
        self.remote("A", quantity=7)
        self.run_import()
        self.assertFalse(
            self.env["stock.quant"].search([("product_id", "=", self.product("A").id)])
        )

    @covers("R303", "R360")
    def test_opening_stock_becomes_counts_that_a_person_applies(self):
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.warehouse.lot_stock_id.id, "usage": "internal"}
        )
        self.env["marketplace.place"].create(
            {
                "account_id": self.account.id,
                "name": "Floor",
                "external_id": "72",
                "location_ids": [(6, 0, shelf.ids)],
            }
        )
        self.remote("A", quantity=7)
        self.remote("B", quantity=9, by_location={"72": Decimal(5), "73": Decimal(4)})
        work = self.run_import(with_stock=True)
        first, second = (
            self.env["stock.quant"].search([("product_id", "=", self.product(one).id)])
            for one in "AB"
        )
        self.assertEqual((first.inventory_quantity, first.quantity), (7.0, 0.0))
        self.assertEqual((second.location_id, second.inventory_quantity), (shelf, 5.0))
        notes = {item.title: item.note for item in work.item_ids}
        self.assertEqual(
            notes["Title B"],
            "4 of SB at 73 were left out: say which location of Odoo that is.",
        )
        found = self.env["stock.quant"].search(work.action_stock()["domain"])
        self.assertEqual(found, first | second)
        found.action_apply_inventory()
        self.assertEqual(self.product("A").qty_available, 7.0)

    # === RIGHTS, COMPANIES, LANGUAGES === #

    @covers("R292")
    def test_whoever_may_not_create_products_is_told_so_before_anything_happens(self):
        user = new_test_user(self.env, "only-user", groups="marketplace.group_user")
        self.remote("A")
        work = self.plan()
        with self.assertRaises(AccessError):
            work.with_user(user).action_run()
        self.assertEqual(work.state, "planned")
        keeper = new_test_user(
            self.env,
            "keeper",
            groups="marketplace.group_user,product.group_product_manager",
        )
        work.with_stock = True
        with self.assertRaises(AccessError):
            work.with_user(keeper).action_run()
        work.with_stock = False
        work.with_user(keeper).action_run()
        self.assertEqual(work.user_id, keeper)
        self.assertEqual(self.product("A").create_uid, keeper)

    def test_products_belong_to_the_company_of_the_account_unless_shared(self):
        self.env["res.company"].create({"name": "Second"})
        self.remote("A")
        self.run_import()
        self.assertEqual(self.product("A").company_id, self.company)
        self.remote("B")
        self.run_import(shared=True)
        self.assertFalse(self.product("B").company_id)

    def test_names_are_kept_in_the_language_of_the_account(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["product.attribute"].create({"name": "Size"}).with_context(
            lang="fr_FR"
        ).name = "Taille"
        self.account.lang = "fr_FR"
        self.variants("G", "Chemise", {"A": {"Taille": "S"}, "B": {"Taille": "L"}})
        self.run_import()
        template = self.product("A").product_tmpl_id
        self.assertEqual(template.with_context(lang="fr_FR").name, "Chemise")
        self.assertEqual(template.attribute_line_ids.attribute_id.name, "Size")

    def test_attributes_are_found_in_whatever_language_the_channel_speaks(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        size = self.env["product.attribute"].create(
            {"name": "Size", "value_ids": [(0, 0, {"name": "Large"})]}
        )
        size.with_context(lang="fr_FR").name = "Taille"
        size.value_ids.with_context(lang="fr_FR").name = "Grand"
        self.account.lang = "en_US"
        self.variants("G", "Shirt", {"A": {"Taille": "grand"}, "B": {"Taille": "Petit"}})
        self.run_import()
        self.variants("G", "Shirt", {"C": {"taille": "Moyen"}})
        work = self.run_import()
        self.assertEqual(self.outcomes(work), {"Shirt": ("extend", "done", False)})
        template = self.product("C").product_tmpl_id
        self.assertEqual(template, self.product("A").product_tmpl_id)
        self.assertEqual(template.attribute_line_ids.attribute_id, size)
        self.assertEqual(size.value_ids.mapped("name"), ["Large", "Petit", "Moyen"])

    # === THE WORK === #

    def test_many_are_made_in_the_background_part_by_part(self):
        self.patch(module, "AT_ONCE", 1)
        for number in range(5):
            self.remote(f"N{number}")
        self.read_catalogue()
        work = self.env["marketplace.catalogue.import"].create(
            {"catalogue_id": self.catalogue.id, "with_images": False}
        )
        with trap_jobs() as trap:
            work.action_plan()
            self.assertEqual(work.state, "planning")
            with self.assertRaises(UserError):
                work.action_plan()
            trap.perform_enqueued_jobs()
        self.assertEqual((work.state, work.make_count), ("planned", 5))
        with trap_jobs() as trap:
            work.action_run()
            self.assertEqual((work.state, work.done_count), ("running", 0))
            trap.perform_enqueued_jobs()
        self.assertEqual((work.state, work.done_count), ("done", 5))

    def test_queries_do_not_grow_with_the_products_of_a_part(self):
        def count(number):
            for n in range(number):
                self.variants(
                    f"{number}-{n}",
                    f"Shirt {number}-{n}",
                    {f"{number}-{n}-{size}": {"Size": size} for size in ("S", "L")},
                )
            work = self.plan()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            work.action_run()
            self.env.flush_all()
            self.assertEqual(work.done_count, number)
            return self.env.cr.sql_log_count - before

        count(3)
        few, many = count(5), count(35)
        # Odoo itself asks once for each attribute line, and once for the value of each variant.
        self.assertLessEqual(many - few, 30 * 3 + 5)

    def test_an_import_needs_a_catalogue_and_a_preview(self):
        work = self.env["marketplace.catalogue.import"].create({"catalogue_id": self.catalogue.id})
        with self.assertRaises(UserError):
            work.action_plan()
        with self.assertRaises(UserError):
            work.action_run()
