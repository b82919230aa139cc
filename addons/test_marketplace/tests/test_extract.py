"""Sample data in four files."""

import base64
import csv
import io
import zipfile

from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.marketplace.tools.extract import extract

from marketplace_adapters.testing import covers

NAMES = [
    "product_template_minimal.csv",
    "product_product_minimal.csv",
    "product_category_minimal.csv",
    "res_company_minimal.csv",
]


@tagged("post_install", "-at_install")
class TestExtract(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create(
            {"name": 'Shop; "quoted"', "country_id": cls.env.ref("base.eg").id}
        )
        cls.categ = cls.env["product.category"].create(
            {"name": "Tea", "parent_id": cls.env["product.category"].create({"name": "Food"}).id}
        )

    def product(self, name, **vals):
        return self.env["product.template"].create(
            {"name": name, "categ_id": self.categ.id, "company_id": self.company.id, **vals}
        )

    def tables(self, lang=None):
        files = extract(self.env, self.company, lang)
        self.assertEqual(list(files), NAMES)
        return [
            list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))
            for content in files.values()
        ]

    @covers("R251", "R254", "R256", "R257", "X54")
    def test_four_files_with_exactly_these_columns_and_values(self):
        single = self.product(
            "Green\nTea", list_price=12.5, default_code="TEA, 1", barcode="6221234567890"
        )
        templates, variants, categories, companies = self.tables()
        self.assertEqual(
            templates[:2],
            [
                ["id", "name", "list_price", "categ_id", "active", "default_code", "barcode"],
                [
                    str(single.id),
                    "Green\nTea",
                    "12.5",
                    str(self.categ.id),
                    "t",
                    "TEA, 1",
                    "6221234567890",
                ],
            ],
        )
        self.assertEqual(
            variants[:2],
            [
                ["id", "product_tmpl_id", "default_code", "active", "barcode"],
                [str(single.product_variant_id.id), str(single.id), "TEA, 1", "t", "6221234567890"],
            ],
        )
        self.assertEqual(
            categories[:2],
            [
                ["id", "name", "parent_id", "complete_name"],
                [str(self.categ.id), "Tea", str(self.categ.parent_id.id), "Food / Tea"],
            ],
        )
        self.assertEqual(len(categories) - 1, self.env["product.category"].search_count([]))
        self.assertEqual(
            companies,
            [
                ["id", "name", "currency_id", "country_id"],
                [
                    str(self.company.id),
                    'Shop; "quoted"',
                    str(self.company.currency_id.id),
                    str(self.env.ref("base.eg").id),
                ],
            ],
        )

    @covers("R254")
    def test_the_newest_come_first_and_no_more_than_asked_for(self):
        made = [self.product(f"P{n}") for n in range(32)]
        self.env.flush_all()
        for age, template in enumerate(made):
            # All are made in one transaction, so their times are told apart here.
            for table, ids in (
                ("product_template", template.ids),
                ("product_product", template.product_variant_ids.ids),
            ):
                self.env.cr.execute(
                    f"UPDATE {table} SET create_date = now() + %s * interval '1 minute'"
                    " WHERE id = ANY(%s)",
                    [age, ids],
                )
        templates, variants, _categories, _companies = self.tables()
        self.assertEqual([row[1] for row in templates[1:]], [f"P{n}" for n in range(31, 11, -1)])
        self.assertEqual([row[1] for row in variants[1:]], [str(t.id) for t in reversed(made[2:])])

    def test_archived_and_foreign_products_are_left_out(self):
        self.product("Old").active = False
        self.product("Foreign", company_id=self.env.company.id)
        shared = self.product("Shared", company_id=False)
        names = [row[1] for row in self.tables()[0][1:]]
        self.assertIn("Shared", names)
        self.assertFalse({"Old", "Foreign"} & set(names))
        shared.active = False

    @covers("X54")
    def test_a_template_with_several_variants_has_no_code_of_its_own(self):
        attribute = self.env["product.attribute"].create(
            {"name": "Size", "value_ids": [(0, 0, {"name": "S"}), (0, 0, {"name": "L"})]}
        )
        shirt = self.product(
            "Shirt",
            attribute_line_ids=[
                (0, 0, {"attribute_id": attribute.id, "value_ids": attribute.value_ids.ids})
            ],
        )
        small, large = shirt.product_variant_ids
        small.default_code, large.default_code, large.barcode = "S", "L", "6221234567890"
        templates, variants, *_others = self.tables()
        self.assertEqual(templates[1][5:], ["", ""])
        self.assertEqual(
            {tuple(row[2:]) for row in variants[1:3]}, {("S", "t", ""), ("L", "t", "6221234567890")}
        )

    @covers("X54")
    def test_names_are_text_in_the_chosen_language(self):
        self.env["res.lang"]._activate_lang("ar_001")
        template = self.product("Tea")
        template.with_context(lang="ar_001").name = "شاي"
        self.assertEqual(self.tables("ar_001")[0][1][1], "شاي")
        self.assertEqual(self.tables("en_US")[0][1][1], "Tea")
        with self.assertRaises(UserError) as caught:
            self.tables("xx_XX")
        self.assertIn("ar_001", str(caught.exception))

    @covers("R254")
    def test_the_button_downloads_a_zip(self):
        wizard = self.env["marketplace.extract.wizard"].create({"company_id": self.company.id})
        action = wizard.action_extract()
        self.assertEqual(
            action["url"],
            f"/web/content/marketplace.extract.wizard/{wizard.id}/file"
            "?download=true&filename=marketplace_sample_data.zip",
        )
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(wizard.file))) as archive:
            self.assertEqual(archive.namelist(), NAMES)
            self.assertIsNone(archive.testzip())

    @covers("R252", "R253", "R255")
    def test_the_second_step_adds_contacts_stock_orders_and_currencies(self):
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", self.company.id)])
        env = self.env(context={**self.env.context, "allowed_company_ids": self.company.ids})
        product = self.product("Tea", is_storable=True).product_variant_id
        env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, 7.5)
        buyer = env["res.partner"].create(
            {"name": "Mona Secret", "email": "mona@shop.example", "company_id": self.company.id}
        )
        order = env["sale.order"].create(
            {
                "partner_id": buyer.id,
                "company_id": self.company.id,
                "date_order": "2026-03-04 05:06:07",
                "order_line": [
                    (0, 0, {"product_id": product.id, "product_uom_qty": 2, "price_unit": 3.25})
                ],
            }
        )
        files = extract(env, self.company, "en_US", complete=True)
        self.assertEqual(
            list(files),
            NAMES
            + [
                f"{name}_minimal.csv"
                for name in (
                    "res_partner",
                    "stock_location",
                    "stock_quant",
                    "sale_order",
                    "sale_order_line",
                    "res_currency",
                )
            ],
        )
        self.assertNotIn(b"Mona", b"".join(files.values()))
        self.assertNotIn(b"mona@", b"".join(files.values()))
        tables = {
            name: list(csv.reader(io.StringIO(content.decode(), newline="")))
            for name, content in files.items()
        }
        currency = order.currency_id
        self.assertEqual(
            tables["sale_order_minimal.csv"],
            [
                ["id", "name", "partner_id", "state", "date_order", "currency_id", "amount_total"],
                [
                    str(order.id),
                    order.name,
                    str(buyer.id),
                    "draft",
                    "2026-03-04 05:06:07",
                    str(currency.id),
                    "6.5",
                ],
            ],
        )
        self.assertEqual(
            tables["sale_order_line_minimal.csv"][1],
            [str(order.order_line.id), str(order.id), str(product.id), "2", "3.25"],
        )
        stock = warehouse.lot_stock_id
        self.assertEqual(
            [row[1:] for row in tables["stock_quant_minimal.csv"][1:]],
            [[str(product.id), str(stock.id), "7.5", "0"]],
        )
        self.assertIn(
            [str(stock.id), stock.complete_name, "internal", str(self.company.id), "t"],
            tables["stock_location_minimal.csv"],
        )
        self.assertIn(str(buyer.id), [row[0] for row in tables["res_partner_minimal.csv"][1:]])
        self.assertIn(
            [str(currency.id), currency.name],
            [row[:2] for row in tables["res_currency_minimal.csv"]],
        )

    def test_only_managers_have_the_button(self):
        user = new_test_user(self.env, "extract-user", groups="marketplace.group_user")
        with self.assertRaises(AccessError):
            self.env["marketplace.extract.wizard"].with_user(user).create({})
