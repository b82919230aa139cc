from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .marketplace_sync_wizard import IMPORT_MONTHS


class MarketplaceOnboarding(models.Model):
    """The first import or export of an account, step by step: what is where, what belongs
    together, what becomes of the rest. It can be left and taken up again at any time.

    Until it ends the account is quiet: changes are recorded, nothing is sent by itself. A provider
    adds a step with ``selection_add`` on ``step``, its place in :meth:`_steps`, a ``<div>`` in the
    view and, when something must be there before the next step, a method ``_leave_<step>``.
    """

    _name = "marketplace.onboarding"
    _description = "First Import or Export"
    _rec_name = "account_id"
    _order = "id desc"

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    provider = fields.Selection(related="account_id.provider")
    step = fields.Selection(
        [
            ("compare", "What is where"),
            ("match", "What belongs together"),
            ("fill", "The rest"),
            ("finish", "Start"),
            ("done", "Done"),
        ],
        default="compare",
        required=True,
    )
    is_open = fields.Boolean(compute="_compute_is_open", store=True)
    quiet = fields.Boolean(
        "Send nothing by itself until the end",
        default=True,
        help="Changes are recorded meanwhile. Without it the account works as it always does.",
    )
    automatic_after = fields.Boolean(
        "Then send and fetch by itself", default=True, help="The account's own setting."
    )
    # === WHAT IS WHERE === #
    # Looked up whenever the page is shown: were they to follow the rows of the catalogue, each of
    # its 50,000 rows would have to look for its onboarding.
    catalogue_id = fields.Many2one(
        "marketplace.link.catalogue", required=True, readonly=True, ondelete="cascade"
    )
    catalogue_state = fields.Char(compute="_compute_progress")
    catalogue_message = fields.Char(compute="_compute_progress")
    read_count = fields.Integer("Read so far", compute="_compute_progress")
    match_count = fields.Integer("Matched so far", compute="_compute_progress")
    remote_count = fields.Integer("Listings there", compute="_compute_progress")
    linked_count = fields.Integer("Linked", compute="_compute_progress")
    proposed_count = fields.Integer("Proposed", compute="_compute_progress")
    conflict_count = fields.Integer("Conflicts", compute="_compute_progress")
    unmatched_count = fields.Integer("Without a product", compute="_compute_progress")
    missing_count = fields.Integer("Missing on the channel", compute="_compute_progress")
    likely_count = fields.Integer("Certain or likely", compute="_compute_counts")
    product_count = fields.Integer("Products here", compute="_compute_counts")
    unlisted_count = fields.Integer("Products here that are not there", compute="_compute_counts")
    # === THE REST === #
    import_id = fields.Many2one("marketplace.catalogue.import", readonly=True, ondelete="set null")
    import_state = fields.Char(compute="_compute_progress")
    import_progress = fields.Float(compute="_compute_progress")
    import_done = fields.Integer("Products made", compute="_compute_progress")
    import_failed = fields.Integer("Not made", compute="_compute_progress")
    import_conflict = fields.Integer("Need a person", compute="_compute_progress")
    export_id = fields.Many2one("marketplace.catalogue.export", readonly=True, ondelete="set null")
    export_state = fields.Char(compute="_compute_progress")
    export_progress = fields.Float(compute="_compute_progress")
    export_told = fields.Integer("Acknowledged", compute="_compute_progress")
    export_error = fields.Integer("Refused", compute="_compute_progress")
    busy = fields.Boolean(compute="_compute_progress")
    # === START === #
    sync_products = fields.Boolean(related="account_id.sync_products", readonly=False)
    sync_prices = fields.Boolean(related="account_id.sync_prices", readonly=False)
    sync_stock = fields.Boolean(related="account_id.sync_stock", readonly=False)
    sync_orders = fields.Boolean(related="account_id.sync_orders", readonly=False)
    empty_count = fields.Integer(
        "In stock there, not here",
        compute="_compute_empty_count",
        help="Linked products of which the channel has some and Odoo has none.",
    )
    import_orders = fields.Boolean("Fetch recent orders", default=True)
    import_since = fields.Datetime(
        "Orders since",
        default=lambda self: (
            fields.Datetime.now().replace(microsecond=0) - relativedelta(months=IMPORT_MONTHS)
        ),
    )

    _account_unique = models.Constraint("UNIQUE (account_id)", "One for each account.")

    # === HOOKS OF PROVIDERS === #

    def _steps(self):
        """The steps in their order; a provider puts its own between them.

        :rtype: list
        """
        self.ensure_one()
        return ["compare", "match", "fill", "finish", "done"]

    def _leave_compare(self):
        """What must be there before the next step; so for any ``_leave_<step>``.

        :raise UserError: what is missing.
        """
        if self.catalogue_id.state != "ready":
            raise UserError(
                self.env._("Read what %s lists first; this may take a while.", self.account_id.name)
            )

    def _leave_fill(self):
        if self.import_id.state in ("planning", "running"):
            raise UserError(self.env._("Products are still being made."))
        if self.export_id.state == "running":
            raise UserError(self.env._("Products are still being listed."))

    # === COMPUTE METHODS === #

    @api.depends("step")
    def _compute_is_open(self):
        for one in self:
            one.is_open = one.step != "done"

    @api.depends("step", "catalogue_id", "import_id", "export_id")
    def _compute_progress(self):
        for one in self:
            catalogue, made, told = one.catalogue_id, one.import_id, one.export_id
            one.catalogue_state = catalogue.state
            one.catalogue_message = catalogue.message
            one.read_count = catalogue.read_count
            one.match_count = catalogue.match_count
            one.remote_count = catalogue.line_count
            for status in ("linked", "proposed", "conflict", "unmatched", "missing"):
                one[f"{status}_count"] = catalogue[f"{status}_count"]
            one.import_state = made.state
            one.import_progress = made.progress
            one.import_done = made.done_count
            one.import_failed = made.failed_count
            one.import_conflict = made.conflict_count
            one.export_state = told.state
            one.export_progress = told.progress
            one.export_told = told.told_count
            one.export_error = told.error_count
            one.busy = (
                catalogue.state in ("waiting", "matching", "linking")
                or made.state in ("planning", "running")
                or told.state in ("running", "telling")
            )

    @api.depends("catalogue_id", "step")
    def _compute_counts(self):
        products = self.env["product.product"]
        lines = self.env["marketplace.link.catalogue.line"]
        for one in self:
            sellable = one.account_id._sellable_products()
            listed = self.env["marketplace.listing"]._search(
                [("account_id", "=", one.account_id.id), ("product_id", "!=", False)]
            )
            one.product_count = products.search_count(sellable)
            one.unlisted_count = products.search_count(
                sellable & Domain("id", "not in", listed.subselect("product_id"))
            )
            one.likely_count = lines.search_count(
                [
                    ("catalogue_id", "=", one.catalogue_id.id),
                    ("status", "=", "proposed"),
                    ("confidence", "in", ("certain", "likely")),
                ]
            )

    @api.depends("step", "sync_stock")
    def _compute_empty_count(self):
        lines = self.env["marketplace.link.catalogue.line"]
        for one in self:
            if one.step != "finish" or not one.sync_stock:
                one.empty_count = 0
                continue
            stocked = self.env["stock.quant"]._search(
                [
                    ("location_id", "child_of", one.account_id.location_ids.ids),
                    ("quantity", ">", 0),
                ]
            )
            one.empty_count = lines.search_count(
                Domain("catalogue_id", "=", one.catalogue_id.id)
                & Domain("status", "=", "linked")
                & Domain("quantity", ">", 0)
                & Domain("product_id.is_storable", "=", True)
                & Domain("product_id", "not in", stocked.subselect("product_id"))
            )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        accounts = self.env["marketplace.account"]
        catalogues = self.env["marketplace.link.catalogue"]
        for vals in vals_list:
            account = accounts.browse(vals["account_id"])
            vals["catalogue_id"] = catalogues._of(account).id
            vals["automatic_after"] = account.automatic
        records = super().create(vals_list)
        for one in records:
            one._keep_quiet()
        return records

    def write(self, vals):
        result = super().write(vals)
        if "quiet" in vals:
            for one in self.filtered("is_open"):
                one._keep_quiet()
        return result

    def unlink(self):
        for one in self.filtered(lambda one: one.is_open and one.quiet):
            one.account_id.automatic = one.automatic_after
        return super().unlink()

    def _keep_quiet(self):
        self.account_id.automatic = self.automatic_after and not self.quiet

    # === ACTIONS === #

    def action_next(self):
        """One step on, if what this one asks for is there."""
        self.ensure_one()
        leave = getattr(self, f"_leave_{self.step}", None)
        if leave:
            leave()
        steps = self._steps()
        self.step = steps[min(steps.index(self.step) + 1, len(steps) - 2)]

    def action_back(self):
        """One step back; nothing is undone."""
        self.ensure_one()
        steps = self._steps()
        self.step = steps[max(0, steps.index(self.step) - 1)]

    def action_read(self):
        """Ask the channel for everything that it lists."""
        self.ensure_one()
        self.catalogue_id.action_fetch()

    def action_go_on(self):
        """Start work once more that a restart may have stopped."""
        self.ensure_one()
        self.catalogue_id.action_go_on()
        self.import_id.action_go_on()
        self.export_id.action_go_on()

    def action_review(self):
        """The listings of the channel beside the products of Odoo."""
        self.ensure_one()
        return self.catalogue_id.action_lines()

    def action_link_likely(self):
        """Link what was found by our id, SKU or barcode."""
        self.ensure_one()
        self.catalogue_id.action_tick_likely()
        self.catalogue_id.action_link()

    def action_import(self):
        """Make products of what the channel has and Odoo does not."""
        self.ensure_one()
        action = self.catalogue_id.action_make_products()
        self.import_id = action["res_id"]
        return action

    def action_export(self):
        """List products that Odoo has and the channel does not."""
        self.ensure_one()
        works = self.env["marketplace.catalogue.export"]
        if not self.export_id or self.export_id.state == "done":
            self.export_id = works.create({"account_id": self.account_id.id})
        return {
            "type": "ir.actions.act_window",
            "res_model": works._name,
            "res_id": self.export_id.id,
            "views": [(False, "form")],
        }

    def action_later(self):
        """Leave; the account stays quiet, and its page leads back here."""
        self.ensure_one()
        return self._account_action()

    def action_finish(self):
        """The account works from now on as its settings say."""
        self.ensure_one()
        account = self.account_id
        self.step = "done"
        account.automatic = self.automatic_after
        if self.import_orders and account.sync_orders:
            account._rewind_to(self.import_since)
        return self._account_action()

    def action_again(self):
        """Go through it once more, e.g. after products were added on the channel."""
        self.ensure_one()
        self.write({"step": self._steps()[0], "automatic_after": self.account_id.automatic})
        self._keep_quiet()

    def _account_action(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": "marketplace.account",
            "res_id": self.account_id.id,
            "views": [(False, "form")],
            "target": "main",
        }


class MarketplaceAccount(models.Model):
    _inherit = "marketplace.account"

    onboarding_ids = fields.One2many("marketplace.onboarding", "account_id")
    onboarding_open = fields.Boolean(
        "First import or export not finished", compute="_compute_onboarding_open"
    )

    @api.depends("onboarding_ids.is_open")
    def _compute_onboarding_open(self):
        for account in self:
            account.onboarding_open = any(account.onboarding_ids.mapped("is_open"))

    def action_onboarding(self):
        """The first import or export of this account: begin, or go on where it was left."""
        self.ensure_one()
        if self.state == "draft":
            raise UserError(self.env._("Connect %s first.", self.name))
        onboarding = self.onboarding_ids or self.env["marketplace.onboarding"].create(
            {"account_id": self.id}
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("First import or export"),
            "res_model": onboarding._name,
            "res_id": onboarding.id,
            "views": [(False, "form")],
            "target": "main",
        }


class MarketplaceConnectWizard(models.TransientModel):
    _inherit = "marketplace.connect.wizard"

    def action_finish_onboarding(self):
        """Connect, and go through the first import or export; nothing is sent before its end."""
        self.ensure_one()
        account = self.account_id
        wanted = account.automatic
        # Quiet from the first moment: connecting wakes whoever sends and fetches.
        account.automatic = False
        account._connected()
        self.env["marketplace.onboarding"].create({"account_id": account.id}).write(
            {
                "automatic_after": wanted,
                "import_orders": self.import_orders,
                "import_since": self.import_since,
            }
        )
        return account.action_onboarding()
