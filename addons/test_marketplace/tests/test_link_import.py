"""Files of links: checked without a trace, reported row by row, applied once."""

import base64
import csv
import io

from odoo import api
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.queue_job.tests.common import trap_jobs

from marketplace_adapters.testing import covers

from .common import MarketplaceCase


class LinkImportCase(MarketplaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tea = cls._make_product("Tea", default_code="TEA-1", barcode="6221234567890")
        cls.coffee = cls._make_product("Coffee", default_code="0042", barcode="6221234567891")
        cls.dozen = cls.env.ref("uom.product_uom_dozen")
        cls.dozen.active = True
        cls.unit = cls.env.ref("uom.product_uom_unit")

    def make(self, text, kind="product", **vals):
        """An import of a CSV text, not checked yet."""
        content = text if isinstance(text, bytes) else text.encode()
        return self.env["marketplace.link.import"].create(
            {
                "account_id": self.account.id,
                "kind": kind,
                "file": base64.b64encode(content),
                "file_name": "links.csv",
                **vals,
            }
        )

    def check(self, text, kind="product", **vals):
        item = self.make(text, kind, **vals)
        item.action_check()
        self.assertEqual(item.state, "checked", item.message)
        return item

    def apply(self, text, kind="product", **vals):
        item = self.check(text, kind, **vals)
        item.action_apply()
        self.assertEqual(item.state, "done", item.message)
        return item

    def actions(self, item):
        return [(line.row, line.action, line.how or None) for line in item.line_ids.sorted("row")]

    def reasons(self, item):
        return [line.reason or "" for line in item.line_ids.sorted("row")]

    def listings(self):
        return (
            self.env["marketplace.listing"]
            .with_context(active_test=False)
            .search([("account_id", "=", self.account.id)])
        )

    def report(self, item):
        text = base64.b64decode(item.report).decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text)))


@tagged("post_install", "-at_install")
class TestLinkImport(LinkImportCase):
    @covers("R295", "R299", "X36")
    def test_a_check_says_what_would_be_done_and_writes_nothing(self):
        item = self.check(
            f"external_id,sku,barcode,internal_id\n"
            f"X1,TEA-1,,\nX2,,6221234567891,\nX3,,,{self.tea.id}\nX4,NONE,,\nX5,,,\n"
        )
        self.assertEqual(
            self.actions(item),
            [
                (2, "conflict", "sku"),
                (3, "create", "barcode"),
                (4, "conflict", "internal_id"),
                (5, "error", None),
                (6, "error", None),
            ],
        )
        self.assertEqual(
            self.reasons(item),
            [
                "Contradicts row 4",
                "",
                "Contradicts row 2",
                "No product has SKU NONE.",
                "Nothing here says which product it is: fill in our id, SKU or barcode.",
            ],
        )
        self.assertFalse(self.listings())
        self.assertEqual((item.create_count, item.conflict_count, item.error_count), (1, 2, 2))

    @covers("R299", "R304", "R303", "R307")
    def test_applying_makes_the_links_and_a_second_time_changes_nothing(self):
        text = "supplier_product_id;default_code;title\n110774;TEA-1;Green Tea\n110775;0042;\n"
        item = self.apply(text)
        self.assertEqual(item.applied_count, 2)
        tea, coffee = self.listings().sorted("external_id")
        self.assertEqual(
            (tea.external_id, tea.product_id, tea.title, tea.sku, tea.internal_id, tea.uom_id),
            ("110774", self.tea, "Green Tea", "TEA-1", str(self.tea.id), self.unit),
        )
        self.assertEqual((coffee.external_id, coffee.product_id), ("110775", self.coffee))
        before = self.listings().read()
        again = self.apply(text)
        self.assertEqual((again.unchanged_count, again.applied_count), (2, 0))
        self.assertEqual(self.listings().read(), before)

    def test_applying_twice_is_applying_once(self):
        item = self.apply("external_id,sku\nX1,TEA-1\n")
        item.action_apply()
        self.assertEqual(len(self.listings()), 1)
        self.assertEqual(item.applied_count, 1)

    @covers("X18")
    def test_an_external_id_of_another_product_is_a_conflict_until_moving_is_asked_for(self):
        listing = self._list(self.coffee, external_id="X1")
        text = "external_id,sku\nX1,TEA-1\n"
        item = self.apply(text)
        self.assertEqual(self.actions(item), [(2, "conflict", "sku")])
        self.assertIn("X1 is linked to", self.reasons(item)[0])
        self.assertEqual(listing.product_id, self.coffee)
        self.apply(text, move=True)
        self.assertEqual((listing.product_id, listing.external_id), (self.tea, "X1"))

    def test_a_product_with_another_external_id_is_a_conflict_until_moving_is_asked_for(self):
        listing = self._list(self.tea, external_id="OLD")
        text = "external_id,sku\nNEW,TEA-1\n"
        self.assertEqual(self.check(text).conflict_count, 1)
        self.apply(text, move=True)
        self.assertEqual(listing.external_id, "NEW")
        self.assertEqual(len(self.listings()), 1)

    def test_a_listing_without_external_id_gets_it(self):
        listing = self._list(self.tea, external_id=False)
        item = self.apply("external_id,sku\nX1,TEA-1\n")
        self.assertEqual(self.actions(item), [(2, "update", "sku")])
        self.assertEqual(listing.external_id, "X1")

    def test_a_listing_of_the_channel_without_product_gets_it(self):
        listing = self.env["marketplace.listing"].create(
            {"account_id": self.account.id, "external_id": "X1"}
        )
        self.apply("external_id,sku\nX1,TEA-1\n")
        self.assertEqual(listing.product_id, self.tea)
        self.assertEqual(len(self.listings()), 1)

    def test_an_archived_link_is_restored(self):
        listing = self._list(self.tea, external_id="X1", active=False)
        item = self.apply("external_id,sku\nX1,TEA-1\n")
        self.assertEqual(self.actions(item)[0][1], "update")
        self.assertTrue(listing.active)

    def test_the_same_external_id_may_be_used_by_another_account(self):
        other = self._make_account("Other")
        self._list(self.tea, other, external_id="X1")
        self.apply("external_id,sku\nX1,TEA-1\n")
        self.assertEqual(self.listings().mapped("external_id"), ["X1"])

    # === IDENTIFIERS === #

    @covers("X36")
    def test_identifiers_that_contradict_each_other_are_a_conflict(self):
        item = self.check(f"external_id,internal_id,sku\nX1,{self.tea.id},0042\n")
        self.assertEqual(self.actions(item)[0][1], "conflict")
        self.assertEqual(
            self.reasons(item)[0],
            f"The row names two products: our id {self.tea.id} is [TEA-1] Tea, SKU 0042 is [0042] "
            "Coffee.",
        )

    def test_a_sku_of_the_channel_that_odoo_does_not_know_belongs_to_the_listing(self):
        self.apply(f"external_id,internal_id,sku\nX1,{self.tea.id},CHANNEL-7\n")
        self.assertEqual(self.listings().sku, "CHANNEL-7")
        self.assertEqual(self.tea.default_code, "TEA-1")
        again = self.check("external_id,sku\nX1,CHANNEL-7\n")
        self.assertEqual(self.actions(again), [(2, "unchanged", "sku")])

    @covers("X36")
    def test_a_sku_of_several_products_is_a_conflict_that_a_barcode_settles(self):
        twin = self._make_product("Twin", default_code="TEA-1", barcode="6221234567899")
        item = self.check("external_id,sku,barcode\nX1,TEA-1,\nX2,TEA-1,6221234567899\n")
        self.assertEqual(self.actions(item), [(2, "conflict", "sku"), (3, "create", "sku")])
        self.assertIn("2 products have the SKU TEA-1", self.reasons(item)[0])
        self.assertEqual(item.line_ids.sorted("row")[1].product_id, twin)

    def test_ids_spoilt_by_spreadsheets_still_match_or_are_refused(self):
        item = self.check(
            "external_id,sku,barcode\n"
            "1.0,42,\n2, tea-1 ,\n3,,6221234567890.0\n4,,٦٢٢١٢٣٤٥٦٧٨٩١\n5,,6.22123E+12\n"
            "6.1E+15,TEA-1,\n#N/A,TEA-1,\n"
        )
        self.assertEqual(
            [(line.external_id, line.product_id, line.how) for line in item.line_ids.sorted("row")],
            [
                ("1", self.coffee, "sku_loose"),
                ("2", self.tea, "sku_loose"),
                ("3", self.tea, "barcode"),
                ("4", self.coffee, "barcode"),
                ("5", self.tea.browse(), False),
                ("6.1E+15", self.tea.browse(), False),
                ("#N/A", self.tea.browse(), False),
            ],
        )
        reasons = self.reasons(item)
        self.assertIn("a spreadsheet has shortened this number", reasons[4])
        self.assertIn("external_id: a spreadsheet has shortened", reasons[5])
        self.assertIn("the spreadsheet has an error here", reasons[6])

    def test_a_code_without_its_zeros_is_not_taken_for_the_listings_sku(self):
        self.apply("external_id,sku\n1,42\n")
        self.assertEqual(self.listings().sku, "0042")

    @covers("X19")
    def test_ids_of_templates_are_accepted_where_that_is_said(self):
        template = self.tea.product_tmpl_id
        item = self.apply(f"external_id,internal_id\nX1,{template.id}\n", ids_are="template")
        self.assertEqual(self.listings().product_id, self.tea)
        self.assertEqual(self.listings().internal_id, str(template.id))
        self.assertEqual(item.line_ids.how, "internal_id")

    @covers("X19")
    def test_a_template_with_several_variants_is_a_conflict(self):
        attribute = self.env["product.attribute"].create(
            {"name": "Size", "value_ids": [(0, 0, {"name": "S"}), (0, 0, {"name": "L"})]}
        )
        template = self.env["product.template"].create(
            {
                "name": "Shirt",
                "attribute_line_ids": [
                    (0, 0, {"attribute_id": attribute.id, "value_ids": attribute.value_ids.ids})
                ],
            }
        )
        item = self.check(f"external_id,template_id\nX1,{template.id}\n")
        self.assertEqual(self.actions(item), [(2, "conflict", "template_id")])
        self.assertIn("2 products have the template id", self.reasons(item)[0])

    def test_identifiers_of_an_odoo_export_are_understood(self):
        self.env["ir.model.data"].create(
            {
                "module": "__export__",
                "name": "tea_1",
                "model": "product.product",
                "res_id": self.tea.id,
            }
        )
        self.apply("id,external_id\n__export__.tea_1,X1\n")
        self.assertEqual(self.listings().product_id, self.tea)
        self.assertEqual(self.listings().internal_id, str(self.tea.id))

    def test_archived_products_and_products_of_other_companies_are_not_linked(self):
        self.tea.product_tmpl_id.active = False
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self._make_product("Foreign", default_code="FOREIGN", company_id=other.id)
        item = self.check("external_id,sku\nX1,TEA-1\nX2,FOREIGN\n")
        self.assertEqual(
            self.reasons(item),
            [
                "[TEA-1] Tea is archived. Restore the product, or take the row out.",
                "No product has SKU FOREIGN.",
            ],
        )

    def test_an_active_product_is_meant_rather_than_an_archived_one(self):
        self._make_product("Old tea", default_code="TEA-1").product_tmpl_id.active = False
        self.assertEqual(self.check("external_id,sku\nX1,TEA-1\n").line_ids.product_id, self.tea)

    # === UNITS === #

    @covers("C17")
    def test_a_product_is_linked_once_for_each_unit(self):
        self.tea.product_tmpl_id.uom_ids = self.dozen
        item = self.apply(
            "external_id,sku,unit,unit_count,base_product_id\n"
            "P,TEA-1,Units,1,650\nB,TEA-1,box,12,650\n"
        )
        self.assertEqual(item.applied_count, 2)
        listings = {listing.external_id: listing for listing in self.listings()}
        self.assertEqual(listings["P"].uom_id, self.unit)
        self.assertEqual((listings["B"].uom_id, listings["B"].unit_count), (self.dozen, 12.0))
        self.assertEqual(listings["B"].extra, {"base_product_id": "650"})

    def test_units_that_do_not_fit_are_explained(self):
        item = self.check(
            "external_id,sku,unit,unit_count\n"
            "1,TEA-1,Dozens,144\n2,TEA-1,kg,\n3,TEA-1,Barrel,\n4,TEA-1,,7\n"
        )
        self.assertEqual(
            self.reasons(item),
            [
                "The unit “Dozens” holds 12 of Units, the file says 144.",
                "[TEA-1] Tea is counted in Units and cannot be sold in “kg”.",
                "There is no unit “Barrel” in use. "
                "Create or restore it under Units & Packagings first.",
                "There is no unit “7” in use. Create or restore it under Units & Packagings first.",
            ],
        )

    def test_the_barcode_of_a_packaging_means_product_and_unit(self):
        self.env["product.uom"].create(
            {"product_id": self.tea.id, "uom_id": self.dozen.id, "barcode": "16221234567897"}
        )
        self.apply("external_id,barcode\nB,16221234567897\n")
        self.assertEqual(
            (self.listings().product_id, self.listings().uom_id), (self.tea, self.dozen)
        )

    def test_further_columns_are_written_and_bad_ones_refused(self):
        item = self.apply(
            "external_id,sku,min_order,max_order,published\n"
            "1,TEA-1,٢,10,no\n2,0042,5,2,\n3,0042,x,,\n4,0042,,,perhaps\n"
        )
        self.assertEqual(
            self.reasons(item)[1:],
            [
                "The minimum order is above the maximum order.",
                "min_order: “x” is not a number from 0 on.",
                "published: “perhaps” is neither yes nor no.",
            ],
        )
        listing = self.listings()
        self.assertEqual(
            (listing.min_order, listing.max_order, listing.published), (2.0, 10.0, False)
        )

    # === ROWS OF ONE FILE === #

    def test_equal_rows_count_once_and_contradicting_ones_not_at_all(self):
        item = self.apply("external_id,sku\nA,TEA-1\nA,TEA-1\nB,0042\nB,TEA-1\n")
        self.assertEqual(
            [line.action for line in item.line_ids.sorted("row")],
            ["conflict", "conflict", "conflict", "conflict"],
        )
        item = self.apply("external_id,sku\nA,TEA-1\nA,TEA-1\nB,0042\nB,0042\n")
        self.assertEqual(
            [(line.action, line.reason or "") for line in item.line_ids.sorted("row")],
            [
                ("create", ""),
                ("unchanged", "Says the same as row 2"),
                ("create", ""),
                ("unchanged", "Says the same as row 4"),
            ],
        )
        self.assertEqual(len(self.listings()), 2)

    def test_a_row_that_the_database_refuses_does_not_spoil_the_others(self):
        refused = self.tea.id

        listing_class = self.env.registry["marketplace.listing"]
        plain_create = listing_class.create

        @api.model_create_multi
        def create(records, vals_list):
            if any(vals.get("product_id") == refused for vals in vals_list):
                raise UserError("This one\nis not wanted.")  # pylint: disable=translation-required
            return plain_create(records, vals_list)

        self.patch(listing_class, "create", create)
        more = [self._make_product(f"P{n}", default_code=f"P{n}") for n in range(7)]
        rows = "".join(f"X{n},P{n}\n" for n in range(7))
        item = self.apply(f"external_id,sku\n{rows}T,TEA-1\nC,0042\n")
        self.assertEqual(
            self.listings().product_id, self.env["product.product"].union(*more) | self.coffee
        )
        bad = item.line_ids.filtered(lambda line: line.action == "error")
        self.assertEqual((bad.external_id, bad.reason), ("T", "This one is not wanted."))

    def test_what_changed_between_check_and_apply_is_seen(self):
        item = self.check("external_id,sku\nX1,TEA-1\n")
        self._list(self.coffee, external_id="X1")
        item.action_apply()
        self.assertEqual(self.actions(item), [(2, "conflict", "sku")])
        self.assertEqual(self.listings().product_id, self.coffee)

    # === FILES === #

    @covers("R302")
    def test_wrong_files_are_refused_and_nothing_is_kept(self):
        for text, words in (
            ("colour,size\nred,L\n", "No column says what is linked"),
            ("", "Choose a file first"),
            ("\n\n", "The file has no rows"),
        ):
            with self.subTest(text=text):
                item = self.make(text)
                with self.assertRaises(UserError) as caught:
                    item.action_check()
                self.assertIn(words, str(caught.exception))
                self.assertEqual(item.state, "draft")

    def test_a_header_without_rows_is_checked_and_says_so(self):
        item = self.check("external_id,sku\n")
        self.assertEqual(item.message, "The file has a header and no rows.")
        item.action_apply()
        self.assertEqual((item.state, item.applied_count), ("done", 0))

    def test_columns_that_mean_nothing_are_named(self):
        item = self.check("fake_id,sku,Colour\nX1,TEA-1,green\n")
        self.assertEqual(item.columns_ignored, "Colour")
        self.assertEqual(item.columns_read, "fake_id → external_id, sku → sku")
        self.assertEqual(item.line_ids.external_id, "X1")

    def test_another_file_or_option_needs_another_check(self):
        item = self.check("external_id,sku\nX1,TEA-1\n")
        item.move = True
        self.assertEqual(item.state, "draft")
        with self.assertRaises(UserError):
            item.action_apply()

    @covers("R305")
    def test_the_report_tells_every_row_and_runs_nothing_in_a_spreadsheet(self):
        item = self.apply('external_id,sku\nX1,TEA-1\nX2,"=HYPERLINK(1)"\n')
        self.assertEqual(
            self.report(item),
            [
                [
                    "Row",
                    "external_id",
                    "sku",
                    "Action",
                    "Applied",
                    "Matched by",
                    "Record",
                    "Reason",
                ],
                ["2", "X1", "TEA-1", "Create", "yes", "SKU", "[TEA-1] Tea", ""],
                [
                    "3",
                    "X2",
                    "'=HYPERLINK(1)",
                    "Error",
                    "no",
                    "",
                    "",
                    "No product has SKU =HYPERLINK(1).",
                ],
            ],
        )

    def test_the_examples_can_be_read_back(self):
        for kind in ("product", "partner"):
            item = self.make("external_id,sku\n", kind)
            rows = self.check(base64.b64decode(item.example), kind).line_ids
            self.assertGreaterEqual(len(rows), 2)

    # === MANY ROWS === #

    def test_queries_do_not_grow_with_the_rows(self):
        def count(rows):
            products = self.env["product.product"].create(
                [{"name": f"Q{rows}-{n}", "default_code": f"Q{rows}-{n}"} for n in range(rows)]
            )
            text = "external_id,sku\n" + "".join(
                f"E{rows}-{n},{product.default_code}\n" for n, product in enumerate(products)
            )
            self.env.flush_all()
            self.env.invalidate_all()
            item = self.make(text)
            before = self.env.cr.sql_log_count
            item.action_check()
            item.action_apply()
            self.env.flush_all()
            self.assertEqual(item.applied_count, rows)
            return self.env.cr.sql_log_count - before

        count(5)
        few, many = count(10), count(300)
        self.assertLessEqual(many, few + 15)

    def test_big_files_are_worked_on_in_the_background_chunk_by_chunk(self):
        module = "odoo.addons.marketplace.wizards.marketplace_link_import"
        self.patch_constants(module, FOREGROUND_ROWS=2, CHUNK=2)
        self._make_product("P", default_code="P")
        item = self.make("external_id,sku\nX1,TEA-1\nX2,0042\nX3,P\n")
        with trap_jobs() as trap:
            item.action_check()
            self.assertEqual((item.state, item.line_count, item.progress), ("reading", 3, 0.0))
            trap.assert_jobs_count(1, only=item._job_check)
            with self.assertRaises(UserError):
                item.action_check()
            trap.perform_enqueued_jobs()
            self.assertEqual(item.done_count, 2)
        self.run_jobs(item, "_job_check", 2)
        self.assertEqual((item.state, item.create_count), ("checked", 3))

    def patch_constants(self, module, **values):
        import sys

        for name, value in values.items():
            self.patch(sys.modules[module], name, value)

    def run_jobs(self, item, method, rows):
        """What the second chunk's job does."""
        lines = item.line_ids.sorted("id")
        getattr(item, method)(lines[rows - 1].id)

    def test_a_job_that_fails_says_so_where_the_person_looks(self):
        item = self.check("external_id,sku\nX1,TEA-1\n")
        item.state = "applying"

        def broken(records, last):
            records.env["marketplace.listing"].create(
                {"account_id": self.account.id, "external_id": "HALF"}
            )
            raise ValueError("the disk is full")

        self.patch(self.env.registry["marketplace.link.import"], "_step_apply", broken)
        with self.assertLogs("odoo.addons.marketplace.wizards.marketplace_link_import", "ERROR"):
            item._job_apply(0)
        self.assertEqual((item.state, item.message), ("failed", "the disk is full"))
        self.assertFalse(self.listings())

    # === WHAT IT DOES ELSEWHERE === #

    def test_linking_sends_nothing_unless_asked(self):
        self.run_engine()
        self.channel.calls.clear()
        self.apply("external_id,sku,title\nX1,TEA-1,Tea\n")
        self.run_engine()
        self.assertEqual(self.channel.pushes, [])
        self.apply("external_id,sku,title\nX1,TEA-1,Green Tea\n", send_now=True)
        self.run_engine()
        self.assertEqual({item.target.external_id for item in self.channel.pushed}, {"X1"})

    @covers("R307", "X24")
    def test_linking_solves_the_cause_of_an_unknown_product(self):
        cause = self.env["marketplace.cause"]._raise(
            self.account, "unknown_product:X1", "X1 is not linked."
        )
        self.apply("external_id,sku\nX1,TEA-1\n")
        self.assertEqual(cause.state, "solved")

    def test_coverage_counts_products_that_can_be_sold(self):
        self.env["product.template"].search([]).sale_ok = False
        (self.tea | self.coffee).product_tmpl_id.sale_ok = True
        item = self.check("external_id,sku\nX1,TEA-1\n")
        self.assertEqual(item.coverage, 0.0)
        item.action_apply()
        self.assertEqual(item.coverage, 50.0)

    # === RIGHTS === #

    def test_a_user_of_the_marketplace_links_and_others_do_not(self):
        user = self.env["res.users"].create(
            {
                "name": "Linker",
                "login": "linker",
                "group_ids": [
                    (
                        6,
                        0,
                        [
                            self.env.ref("marketplace.group_user").id,
                            self.env.ref("sales_team.group_sale_salesman").id,
                        ],
                    )
                ],
            }
        )
        item = self.make("external_id,sku\nX1,TEA-1\n").with_user(user)
        item.action_check()
        item.action_apply()
        self.assertEqual(self.listings().create_uid, user)
        user.group_ids = self.env.ref("base.group_user")
        with self.assertRaises(AccessError):
            item.action_check()

    def test_old_imports_leave(self):
        item = self.check("external_id,sku\nX1,TEA-1\n")
        self.env.cr.execute(
            "UPDATE marketplace_link_import SET create_date = now() - interval '91 days'"
            " WHERE id = %s",
            [item.id],
        )
        fresh = self.make("external_id\n")
        self.env["marketplace.link.import"]._gc_old()
        self.assertFalse(item.exists())
        self.assertTrue(fresh.exists())


@tagged("post_install", "-at_install")
class TestPartnerLinkImport(LinkImportCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shop = cls.env["res.partner"].create(
            {
                "name": "Corner Shop",
                "ref": "C-1",
                "email": "Shop@Example.com",
                "phone": "+20 100 123 4567",
                "vat": "/",
            }
        )
        cls.other = cls.env["res.partner"].create({"name": "Other Shop", "ref": "C-2"})

    def links(self):
        return self.env["marketplace.partner"].search([("account_id", "=", self.account.id)])

    @covers("R296", "R299", "X39")
    def test_contacts_are_found_by_id_reference_email_phone_and_name(self):
        item = self.apply(
            "retailer_code,partner_id,ref,email,phone,name\n"
            f"1,{self.shop.id},,,,\n2,,C-2,,,\n3,,,shop@example.com,,\n4,,,,01001234567,\n"
            "5,,,,٠١٠٠١٢٣٤٥٦٧,\n6,,,,,Other Shop\n7,,,,,Nobody\n,,C-1,,,\n",
            "partner",
        )
        self.assertEqual(
            [
                (line.action, line.how or None, line.partner_id)
                for line in item.line_ids.sorted("row")
            ],
            [
                ("create", "internal_id", self.shop),
                ("create", "ref", self.other),
                ("create", "email", self.shop),
                ("create", "phone", self.shop),
                ("create", "phone", self.shop),
                ("create", "name", self.other),
                ("error", None, self.shop.browse()),
                ("error", None, self.shop),
            ],
        )
        self.assertEqual(
            {link.external_id: link.partner_id for link in self.links()},
            {
                "1": self.shop,
                "2": self.other,
                "3": self.shop,
                "4": self.shop,
                "5": self.shop,
                "6": self.other,
            },
        )
        again = self.apply("retailer_code,partner_id\n1,\n2,\n", "partner")
        self.assertEqual(again.unchanged_count, 2)

    def test_contacts_with_the_same_phone_are_a_conflict_addresses_of_one_company_are_not(self):
        twin = self.env["res.partner"].create({"name": "Twin", "phone": "00201001234567"})
        text = "external_id,phone\n1,01001234567\n"
        self.assertEqual(self.actions(self.check(text, "partner")), [(2, "conflict", "phone")])
        twin.parent_id = self.shop
        self.shop.is_company = True
        self.assertEqual(self.check(text, "partner").line_ids.partner_id, self.shop)

    def test_a_linked_id_moves_to_another_contact_only_when_asked(self):
        self.apply("external_id,ref\n1,C-1\n", "partner")
        text = "external_id,ref\n1,C-2\n"
        self.assertEqual(self.check(text, "partner").conflict_count, 1)
        self.apply(text, "partner", move=True)
        self.assertEqual(self.links().partner_id, self.other)

    @covers("R297")
    def test_missing_contacts_are_made_only_when_asked(self):
        text = "external_id,name,phone,email\n9,New Shop,+201009999999,new@example.com\n"
        self.assertEqual(self.check(text, "partner").error_count, 1)
        item = self.apply(text, "partner", create_missing=True)
        partner = self.links().partner_id
        self.assertEqual(
            (partner.name, partner.phone, partner.email, partner.company_id),
            ("New Shop", "+201009999999", "new@example.com", self.company),
        )
        self.assertEqual((item.line_ids.how, item.applied_count), ("new", 1))
        again = self.apply(text, "partner", create_missing=True)
        self.assertEqual(again.unchanged_count, 1)

    def test_customer_types_are_checked(self):
        item = self.apply("external_id,ref,customer_type\n1,C-1,b2b\n2,C-2,alien\n", "partner")
        self.assertEqual(self.links().customer_type, "b2b")
        self.assertIn("“alien” is none of", self.reasons(item)[1])
