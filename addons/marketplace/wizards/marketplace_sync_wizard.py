from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

# Default look-back (X15), in months.
IMPORT_MONTHS = 2
STATUS_MONTHS = 3


class MarketplaceSyncWizard(models.TransientModel):
    """A person asks for a synchronization now: counted first, then recorded as operations of the
    usual pipeline (R42, R58, R60)."""

    _name = "marketplace.sync.wizard"
    _description = "Manual Synchronization"

    mode = fields.Selection(
        [
            ("products", "Products → channels"),
            ("order_status", "Order status → channels"),
            ("import", "Orders ← channels"),
        ],
        "Synchronize",
        required=True,
        default="products",
    )
    account_ids = fields.Many2many(
        "marketplace.account",
        "marketplace_sync_wizard_account_rel",
        "wizard_id",
        "account_id",
        string="Accounts",
        default=lambda self: self._default_account_ids(),
        domain="[('state', '=', 'connected')]",
        required=True,
        help="Only connected accounts can be synchronized.",
    )
    scope = fields.Selection(
        [("all", "Everything"), ("selection", "Only these")],
        "What",
        default="all",
        required=True,
    )
    product_ids = fields.Many2many(
        "product.product",
        "marketplace_sync_wizard_product_rel",
        "wizard_id",
        "product_id",
        string="Products",
        context={"active_test": False},
    )
    order_ids = fields.Many2many(
        "sale.order",
        "marketplace_sync_wizard_order_rel",
        "wizard_id",
        "order_id",
        string="Orders",
    )
    date_from = fields.Datetime(
        "From", compute="_compute_date_from", store=True, readonly=False, help="Oldest order date."
    )
    date_to = fields.Datetime("Until", help="Empty: until now.")
    force = fields.Boolean(
        "Send even what the channel knows already",
        help="Without this, nothing is sent that equals what the channel acknowledged last. "
        "Use it when somebody changed things on the channel.",
    )
    product_count = fields.Integer("Products to check", compute="_compute_counts")
    order_count = fields.Integer("Orders to tell", compute="_compute_counts")
    summary = fields.Char(compute="_compute_counts")

    def _default_account_ids(self):
        return self.env["marketplace.account"].search([("state", "=", "connected")])

    # === COMPUTE METHODS === #

    @api.depends("mode")
    def _compute_date_from(self):
        now = fields.Datetime.now().replace(microsecond=0)
        for wizard in self:
            months = STATUS_MONTHS if wizard.mode == "order_status" else IMPORT_MONTHS
            wizard.date_from = now - relativedelta(months=months)

    @api.depends("mode", "account_ids", "scope", "product_ids", "order_ids", "date_from", "date_to")
    def _compute_counts(self):
        for wizard in self:
            wizard.product_count = wizard.order_count = 0
            if wizard.mode == "products":
                wizard.product_count = wizard._count_listings()
                wizard.summary = self.env._(
                    "%(count)s listing(s) on %(accounts)s account(s) will be checked; what differs "
                    "from the channel is sent.",
                    count=wizard.product_count,
                    accounts=len(wizard.account_ids),
                )
            elif wizard.mode == "order_status":
                wizard.order_count = wizard._count_orders()
                wizard.summary = self.env._(
                    "The present status of %(count)s order(s) will be told to %(accounts)s "
                    "account(s).",
                    count=wizard.order_count,
                    accounts=len(wizard.account_ids),
                )
            else:
                wizard.summary = self.env._(
                    "%(accounts)s account(s) will be asked for their orders of this period. Orders "
                    "that are here already are updated, never imported twice.",
                    accounts=len(wizard.account_ids),
                )

    def _count_listings(self):
        domain = [("account_id", "in", self.account_ids.ids), ("product_id", "!=", False)]
        if self.scope == "selection":
            domain.append(("product_id", "in", self.product_ids.ids))
        return self.env["marketplace.listing"].search_count(domain)

    def _count_orders(self):
        return self.env["marketplace.order"].search_count(self._order_domain())

    def _order_domain(self):
        domain = [
            ("account_id", "in", self.account_ids.ids),
            ("sale_order_id.state", "in", ["sale", "cancel"]),
        ]
        if self.scope == "selection":
            return [*domain, ("sale_order_id", "in", self.order_ids.ids)]
        domain.append(("sale_order_id.date_order", ">=", self.date_from))
        if self.date_to:
            domain.append(("sale_order_id.date_order", "<=", self.date_to))
        return domain

    # === ACTIONS === #

    def action_run(self):
        """Hand over to the pipeline and say how much that is."""
        self.ensure_one()
        accounts = self._checked_accounts()
        if self.mode == "products":
            return self._run_products(accounts)
        if self.mode == "order_status":
            return self._run_order_status(accounts)
        return self._run_import(accounts)

    def _checked_accounts(self):
        accounts = self.account_ids.filtered(lambda account: account.state == "connected")
        if not accounts:
            raise UserError(self.env._("Choose at least one connected account."))
        if self.mode != "products" and self.date_to and self.date_to < self.date_from:
            raise UserError(self.env._("The period ends before it begins."))
        # sudo: users may ask for a synchronization without any right to change accounts; they
        # chose among the accounts that they can see.
        return accounts.sudo()

    def _run_products(self, accounts):
        products = None
        if self.scope == "selection":
            if not self.product_ids:
                raise UserError(self.env._("Choose the products, or synchronize everything."))
            products = self.product_ids
        count = accounts._request_products(products, force=self.force)
        return self._done(
            self.env._("%s product operations were recorded.", count),
            "marketplace.action_product_operation",
        )

    def _run_order_status(self, accounts):
        orders = None
        if self.scope == "selection":
            if not self.order_ids:
                raise UserError(self.env._("Choose the orders, or synchronize everything."))
            orders = self.order_ids
        count = accounts._request_orders(self.date_from, self.date_to or None, orders)
        return self._done(
            self.env._("%s order operations were recorded.", count),
            "marketplace.action_order_operation",
        )

    def _run_import(self, accounts):
        accounts._request_pull(self.date_from, self.date_to or None)
        return self._done(
            self.env._("The orders are being fetched. They appear here one after another."),
            "marketplace.action_inbox",
        )

    def _done(self, message, xml_id):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": "success",
                "sticky": False,
                "next": self.env["ir.actions.act_window"]._for_xml_id(xml_id),
            },
        }
