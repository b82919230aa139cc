"""Who may see and do what: every model of the suite, every group, every company."""

from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.marketplace.tests.rights import RightsCase

from marketplace_adapters.testing import covers

from .common import MarketplaceCase

# Models without a company rule, and why.
NO_COMPANY_RULE = {}

# model → rights of user, manager and engine as read, write, create, unlink.
RIGHTS = {
    "marketplace.account": ("r", "rwcu", "rw"),
    "marketplace.budget": ("r", "r", "rwcu"),
    "marketplace.carrier": ("r", "rwcu", "r"),
    "marketplace.catalogue.export": ("rwcu", "rwcu", ""),
    "marketplace.catalogue.export.line": ("rwcu", "rwcu", ""),
    "marketplace.catalogue.import": ("rwcu", "rwcu", ""),
    "marketplace.catalogue.import.item": ("rwcu", "rwcu", ""),
    "marketplace.cause": ("rw", "rw", "rwcu"),
    "marketplace.credential": ("", "rwcu", ""),
    "marketplace.cursor": ("r", "r", "rwcu"),
    "marketplace.delivery": ("r", "r", "r"),
    "marketplace.edit.policy": ("r", "rwcu", "r"),
    "marketplace.exchange": ("r", "r", "rwcu"),
    "marketplace.foreign.edit": ("r", "r", "rwcu"),
    "marketplace.fee": ("r", "rwcu", "r"),
    "marketplace.hold": ("r", "r", "rwc"),
    "marketplace.inbox": ("r", "r", "rwcu"),
    "marketplace.link.catalogue": ("rwcu", "rwcu", ""),
    "marketplace.link.catalogue.line": ("rwcu", "rwcu", ""),
    "marketplace.link.import": ("rwcu", "rwcu", ""),
    "marketplace.link.import.line": ("rwcu", "rwcu", ""),
    "marketplace.listing": ("rwc", "rwcu", "rwcu"),
    "marketplace.listing.issue": ("r", "r", "rwcu"),
    "marketplace.onboarding": ("r", "rwcu", ""),
    "marketplace.order": ("r", "rw", "rwcu"),
    "marketplace.order.line": ("r", "r", "rwcu"),
    "marketplace.order.operation": ("r", "r", "rwcu"),
    "marketplace.outbox": ("r", "r", "rwcu"),
    "marketplace.partner": ("rwc", "rwcu", "rwcu"),
    "marketplace.place": ("r", "rwcu", "rwc"),
    "marketplace.privacy.request": ("", "r", "rwcu"),
    "marketplace.product.operation": ("r", "r", "rwcu"),
    "marketplace.return": ("r", "r", "rwcu"),
    "marketplace.return.line": ("r", "r", "rwcu"),
    "marketplace.settlement": ("r", "r", "rwcu"),
    "marketplace.settlement.account": ("r", "rwcu", ""),
    "marketplace.settlement.line": ("r", "r", "rwcu"),
    "marketplace.submission": ("r", "r", "rwcu"),
    "marketplace.term": ("r", "rwcu", "r"),
    "marketplace.subscription": ("r", "r", "rwcu"),
}


class SecurityCase(RightsCase, MarketplaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = new_test_user(cls.env, "s-portal", groups="base.group_portal")

    def models(self, *, transient=False):
        """Models with a table that an addon of the suite made."""
        return [
            model
            for model in self.registry.values()
            if model._module.startswith("marketplace")
            and model._original_module.startswith("marketplace")
            and not model._abstract
            and model._transient == transient
        ]


@tagged("post_install", "-at_install")
class TestRules(SecurityCase):
    @covers("R292")
    def test_every_model_has_access_rows_and_none_is_open_to_everybody(self):
        access = self.env["ir.model.access"].search([])
        for model in [*self.models(), *self.models(transient=True)]:
            with self.subTest(model=model._name):
                rows = access.filtered(lambda row, name=model._name: row.model_id.model == name)
                self.assertTrue(rows, "add it to security/ir.model.access.csv")
                self.assertTrue(all(row.group_id for row in rows), "a row without a group")

    def test_every_model_with_a_table_has_a_rule_for_companies(self):
        rules = self.env["ir.rule"].search([("groups", "=", False)])
        for model in self.models():
            if model._name in NO_COMPANY_RULE:
                continue
            with self.subTest(model=model._name):
                own = rules.filtered(lambda rule, name=model._name: rule.model_id.model == name)
                self.assertTrue(own, "add it to security/marketplace_rules.xml")
                self.assertIn("company_ids", " ".join(own.mapped("domain_force")))

    def test_reasons_are_only_kept_for_models_that_exist(self):
        names = {model._name for model in self.models()}
        self.assertFalse(set(NO_COMPANY_RULE) - names)

    @covers("R292", "R46")
    def test_rights_of_users_managers_and_the_engine(self):
        core = {model._name for model in self.models() if model._module == "marketplace"}
        self.assertEqual(core - set(RIGHTS), set(), "say here who may do what with it")
        self.check_rights(RIGHTS)

    def test_other_people_see_nothing(self):
        public = self.env.ref("base.public_user")
        for model in [*self.models(), *self.models(transient=True)]:
            for user in (self.internal, self.portal, public):
                with self.subTest(model=model._name, user=user.login):
                    self.assertEqual(self.rights(model._name, user), "")
                    with self.assertRaises(AccessError):
                        self.env[model._name].with_user(user).search([])

    def test_other_people_have_no_menu_and_their_screens_work(self):
        menus = self.env["ir.ui.menu"].with_user(self.internal)._visible_menu_ids()
        self.assertNotIn(self.env.ref("marketplace.menu_root").id, menus)
        seller = new_test_user(
            self.env,
            "s-seller",
            groups="sales_team.group_sale_manager,stock.group_stock_manager,"
            "product.group_product_manager",
        )
        product = self._make_product("Tea", quantity=3)
        self._list(product)
        order = self.env["sale.order"].create(
            {
                "partner_id": self.env.user.partner_id.id,
                "order_line": [fields.Command.create({"product_id": product.id})],
            }
        )
        for record in (
            product,
            product.product_tmpl_id,
            order,
            order.order_line,
            order.partner_id,
            product.stock_quant_ids,
        ):
            with self.subTest(model=record._name):
                self.env.invalidate_all()
                mine = record.with_user(seller)
                arch = etree.fromstring(mine.get_view(view_type="form")["arch"])
                shown = set(arch.xpath("//field[not(ancestor::field)]/@name"))
                self.assertTrue(mine.read(list(shown)))
                ours = {name for name in shown if name.startswith("marketplace")}
                # Whoever delivers must know that an order was changed or cancelled there.
                self.assertLessEqual(ours, {"marketplace_attention"})
        product.with_user(seller).list_price = 5
        order.with_user(seller).action_confirm()
        self.env.flush_all()
        self.assertEqual(order.state, "sale")


@tagged("post_install", "-at_install")
class TestCompanies(SecurityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.env["res.company"].create({"name": "Other"})
        cls.other_warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.other_company.id)], limit=1
        )
        cls.foreign = cls._make_account(
            "Foreign", company_id=cls.other_company.id, warehouse_id=cls.other_warehouse.id
        )
        cls.rows = cls._one_of_each(cls.foreign)

    @classmethod
    def _one_of_each(cls, account):
        """A row of every model that belongs to an account."""
        env, tea = cls.env, cls._make_product("Foreign tea")
        listing = cls._list(tea, account)
        order = env["marketplace.order"].create(
            {"account_id": account.id, "external_id": "O-1", "status": "pending"}
        )
        item = env["marketplace.outbox"].create(
            {"account_id": account.id, "kind": "price", "lane": "catalog", "listing_id": listing.id}
        )
        operation = env["marketplace.product.operation"].create(
            {
                "model_name": "product.product",
                "record_id": tea.id,
                "record_operation": "write",
                "operation_timestamp": fields.Datetime.now(),
                "account_id": account.id,
            }
        )
        env.flush_all()
        env.cr.execute(
            "INSERT INTO marketplace_operation_outbox (product_operation_id, outbox_id)"
            " VALUES (%s, %s) RETURNING id",
            [operation.id, item.id],
        )
        delivery = env["marketplace.delivery"].browse(env.cr.fetchone()[0])
        imported = env["marketplace.link.import"].create({"account_id": account.id})
        catalogue = env["marketplace.link.catalogue"].create({"account_id": account.id})
        rows = {
            record._name: record
            for record in (
                account,
                listing,
                env["marketplace.listing.issue"].create({"listing_id": listing.id}),
                order,
                item,
                operation,
                delivery,
                imported,
                catalogue,
                env["marketplace.link.catalogue.line"].create(
                    {"catalogue_id": catalogue.id, "key": "K"}
                ),
                account.sudo().credential_ids,
                env["marketplace.budget"].create(
                    {
                        "account_id": account.id,
                        "bucket": "x",
                        "per_second": 1,
                        "burst": 1,
                        "tokens": 1,
                        "updated_at": fields.Datetime.now(),
                    }
                ),
                env["marketplace.cursor"].create({"account_id": account.id, "topic": "order"}),
                env["marketplace.cause"].create(
                    {"account_id": account.id, "code": "x", "title": "X"}
                ),
                env["marketplace.partner"].create(
                    {
                        "account_id": account.id,
                        "external_id": "P",
                        "partner_id": env.user.partner_id.id,
                    }
                ),
                env["marketplace.order.line"].create({"order_id": order.id, "external_id": "L"}),
                env["marketplace.order.operation"].create(
                    {
                        "model_name": "sale.order",
                        "record_id": 1,
                        "order_id": 1,
                        "record_operation": "confirmation",
                        "account_id": account.id,
                        "operation_timestamp": fields.Datetime.now(),
                    }
                ),
                env["marketplace.submission"].create({"account_id": account.id, "lane": "catalog"}),
                env["marketplace.exchange"].create({"account_id": account.id}),
                env["marketplace.inbox"].create(
                    {
                        "account_id": account.id,
                        "topic": "order",
                        "external_id": "O-1",
                        "revision": "1",
                    }
                ),
                env["marketplace.link.import.line"].create({"import_id": imported.id, "row": 2}),
                env["marketplace.edit.policy"].create(
                    {"account_id": account.id, "what": "product:title"}
                ),
                env["marketplace.foreign.edit"].create(
                    {"listing_id": listing.id, "kind": "product", "member": "title"}
                ),
                env["marketplace.fee"].create({"account_id": account.id, "code": "tip"}),
                env["marketplace.hold"].create({"account_id": account.id, "kind": "price"}),
                env["marketplace.term"].create({"account_id": account.id, "name": "NET30"}),
                env["marketplace.subscription"].create({"account_id": account.id, "topic": "T"}),
                env["marketplace.privacy.request"].create(
                    {
                        "account_id": account.id,
                        "external_id": "P",
                        "kind": "report",
                        "requested_at": fields.Datetime.now(),
                    }
                ),
                *cls._money_of(account),
                *cls._products_of(account, catalogue),
            )
        }
        env.flush_all()
        return rows

    @classmethod
    def _products_of(cls, account, catalogue):
        """What makes products of a catalogue, and lists products."""
        env = cls.env
        work = env["marketplace.catalogue.import"].create({"catalogue_id": catalogue.id})
        export = env["marketplace.catalogue.export"].create({"account_id": account.id})
        return (
            work,
            env["marketplace.catalogue.import.item"].create(
                {"import_id": work.id, "group_key": "K", "action": "make"}
            ),
            export,
            env["marketplace.catalogue.export.line"].create(
                {"export_id": export.id, "outcome": "send"}
            ),
            env["marketplace.onboarding"].create({"account_id": account.id}),
        )

    @classmethod
    def _money_of(cls, account):
        """Settlements, returns and carriers of an account."""
        env = cls.env
        settlement = env["marketplace.settlement"].create(
            {"account_id": account.id, "external_id": "S", "currency_id": account.currency_id.id}
        )
        returned = env["marketplace.return"].create(
            {"account_id": account.id, "external_id": "R", "order_external_id": "O-1"}
        )
        ledger_account = env["account.account"].create(
            {
                "name": "Fees",
                "code": "FEES",
                "account_type": "expense",
                "company_ids": account.company_id.ids,
            }
        )
        carrier = env["delivery.carrier"].create(
            {
                "name": "Lorry",
                "product_id": env["product.product"].create({"name": "Delivery"}).id,
            }
        )
        return (
            settlement,
            env["marketplace.settlement.line"].create(
                {"settlement_id": settlement.id, "external_id": "1", "kind": "fee"}
            ),
            env["marketplace.settlement.account"].create(
                {
                    "account_id": account.id,
                    "kind": "fee",
                    "ledger_account_id": ledger_account.id,
                }
            ),
            returned,
            env["marketplace.return.line"].create({"return_id": returned.id, "key": "1"}),
            env["marketplace.carrier"].create(
                {"account_id": account.id, "carrier_id": carrier.id, "code": "L"}
            ),
            env["marketplace.place"].create(
                {"account_id": account.id, "external_id": "1", "name": "Store"}
            ),
        )

    @covers("R287", "X17")
    def test_nobody_sees_rows_of_a_company_that_is_not_his(self):
        core = {model._name for model in self.models() if model._module == "marketplace"}
        self.assertEqual(core - set(self.rows) - set(NO_COMPANY_RULE), set(), "make a row of it")
        for model, row in self.rows.items():
            self.env.invalidate_all()
            mine = self.env[model].with_user(self.manager)
            with self.subTest(model=model):
                self.assertTrue(row.sudo().exists())
                self.assertNotIn(row.id, mine.search([]).ids)
                with self.assertRaises(AccessError):
                    mine.browse(row.id).read(["id", "display_name"])
                if mine.has_access("write") and "account_id" in mine._fields:
                    with self.assertRaises(AccessError):
                        mine.browse(row.id).write({"account_id": self.account.id})

    @covers("R287", "X17")
    def test_nobody_makes_rows_in_a_company_that_is_not_his(self):
        for model, vals in (
            (
                "marketplace.account",
                {"name": "Mine", "provider": "fake", "company_id": self.other_company.id},
            ),
            ("marketplace.listing", {"account_id": self.foreign.id, "external_id": "MINE"}),
            (
                "marketplace.partner",
                {
                    "account_id": self.foreign.id,
                    "external_id": "MINE",
                    "partner_id": self.env.user.partner_id.id,
                },
            ),
            (
                "marketplace.credential",
                {"account_id": self.foreign.id, "key": "mine", "value": "x"},
            ),
            ("marketplace.link.import", {"account_id": self.foreign.id}),
            (
                "marketplace.link.import.line",
                {"import_id": self.rows["marketplace.link.import"].id},
            ),
        ):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.manager).create(vals)
                self.env.flush_all()

    def test_whoever_has_both_companies_sees_both(self):
        self.manager.company_ids |= self.other_company
        for model, row in self.rows.items():
            with self.subTest(model=model):
                mine = (
                    self.env[model]
                    .with_user(self.manager)
                    .with_context(allowed_company_ids=[self.company.id, self.other_company.id])
                )
                self.assertIn(row.id, mine.search([]).ids)


@tagged("post_install", "-at_install")
class TestEngineUser(SecurityCase):
    @covers("C20")
    def test_nobody_can_log_in_as_the_engine(self):
        self.assertFalse(self.engine.active)
        self.env.cr.execute("SELECT password FROM res_users WHERE id = %s", [self.engine.id])
        self.assertIsNone(self.env.cr.fetchone()[0])
        self.assertFalse(self.engine.has_group("marketplace.group_manager"))
        self.assertFalse(self.engine.has_group("base.group_system"))
        self.assertFalse(self.engine.has_group("base.group_erp_manager"))

    @covers("C20")
    def test_the_engine_works_in_companies_that_have_an_account_and_in_no_other(self):
        other = self.env["res.company"].create({"name": "Without"})
        self.assertIn(self.company, self.engine.company_ids)
        self.assertNotIn(other, self.engine.company_ids)
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1)
        self._make_account("Later", company_id=other.id, warehouse_id=warehouse.id)
        self.assertIn(other, self.engine.company_ids)

    @covers("C20")
    def test_what_the_engine_may_not_do(self):
        """Beyond orders, deliveries, contacts and credit notes it has no business."""
        forbidden = {
            "ir.config_parameter": "rwcu",
            "ir.cron": "wcu",
            "ir.model.access": "wcu",
            "ir.rule": "wcu",
            "ir.mail_server": "rwcu",
            "ir.module.module": "wcu",
            "ir.actions.server": "wcu",
            "ir.ui.view": "wcu",
            "res.users": "wcu",
            "res.groups": "wcu",
            "res.users.apikeys": "wcu",
            "res.company": "wcu",
            "res.currency": "wcu",
            "res.currency.rate": "wcu",
            "account.account": "wcu",
            "account.journal": "wcu",
            "account.tax": "wcu",
            "account.payment.term": "wcu",
            "product.pricelist": "wcu",
            "product.template": "wcu",
            "product.product": "wcu",
            "uom.uom": "wcu",
            "stock.warehouse": "wcu",
            "stock.location": "wcu",
            "hr.employee": "rwcu",
            "hr.contract": "rwcu",
            "payment.provider": "rwcu",
            "queue.job": "wu",
            "marketplace.credential": "rwcu",
        }
        for model, letters in forbidden.items():
            if model not in self.env:
                continue
            with self.subTest(model=model):
                had = self.rights(model, self.engine)
                self.assertEqual([letter for letter in letters if letter in had], [])

    @covers("C20")
    def test_what_the_engine_must_be_able_to_do(self):
        needed = {
            "sale.order": "rwc",
            "sale.order.line": "rwc",
            "res.partner": "rwc",
            "stock.picking": "rw",
            "stock.move": "rw",
            "stock.quant": "r",
            "account.move": "rwc",
            "product.product": "r",
            "product.pricelist": "r",
            "uom.uom": "r",
            "marketplace.inbox": "rwc",
            "marketplace.outbox": "rwc",
        }
        for model, letters in needed.items():
            with self.subTest(model=model):
                had = self.rights(model, self.engine)
                self.assertEqual([letter for letter in letters if letter not in had], [])

    @covers("C20", "X35")
    def test_the_engine_cannot_read_secrets_of_people_or_accounts(self):
        for record, field in (
            (self.manager, "password"),
            (self.manager, "totp_secret"),
            (self.account, "credential_ids"),
        ):
            if field not in record._fields:
                continue
            with self.subTest(field=field):
                try:
                    value = record.with_user(self.engine).read([field])[0][field]
                except AccessError:
                    continue
                self.assertFalse(value)
        with self.assertRaises(AccessError):
            self.env["marketplace.credential"].with_user(self.engine).search([])
        # And yet it works: the one place that opens an adapter reads them for it.
        with self.account.with_user(self.engine)._open_adapter() as adapter:
            self.assertTrue(adapter.check().ok)
