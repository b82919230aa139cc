from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from .marketplace_sync_wizard import IMPORT_MONTHS

STEPS = ("provider", "credentials", "policies", "finish")


class MarketplaceConnectWizard(models.TransientModel):
    """The first connection of an account, step by step (R247).

    The wizard works on the account itself, which stays *Not connected* until the last step: who
    stops in the middle loses nothing, and nothing is sent before the policies are chosen.

    A provider makes it its own in two ways: by :meth:`MarketplaceAccount._credential_spec`, which
    names the secrets to ask for, and by related fields in the groups ``credentials`` and
    ``provider_settings`` of the view.
    """

    _name = "marketplace.connect.wizard"
    _description = "Connect a Marketplace"

    step = fields.Selection(
        [
            ("provider", "Channel"),
            ("credentials", "Credentials"),
            ("policies", "What to sell"),
            ("finish", "Start"),
        ],
        default="provider",
        required=True,
    )
    account_id = fields.Many2one("marketplace.account", domain="[('state', '=', 'draft')]")
    provider = fields.Selection(selection="_provider_selection", string="Channel")
    name = fields.Char("Account name", help="How your people call this connection.")
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company)
    # === CREDENTIALS === #
    base_url = fields.Char(related="account_id.base_url", readonly=False)
    credential_ids = fields.One2many("marketplace.connect.credential", "wizard_id", "Credentials")
    tested = fields.Boolean(readonly=True)
    test_ok = fields.Boolean(readonly=True)
    test_message = fields.Char("Result", readonly=True)
    # === POLICIES === #
    currency_id = fields.Many2one(related="account_id.currency_id", readonly=False)
    warehouse_id = fields.Many2one(related="account_id.warehouse_id", readonly=False)
    location_ids = fields.Many2many(related="account_id.location_ids", readonly=False)
    price_source = fields.Selection(related="account_id.price_source", readonly=False)
    pricelist_id = fields.Many2one(related="account_id.pricelist_id", readonly=False)
    price_tax = fields.Selection(related="account_id.price_tax", readonly=False)
    quantity_source = fields.Selection(related="account_id.quantity_source", readonly=False)
    quantity_buffer = fields.Float(related="account_id.quantity_buffer", readonly=False)
    order_mode = fields.Selection(related="account_id.order_mode", readonly=False)
    unknown_line = fields.Selection(related="account_id.unknown_line", readonly=False)
    responsible_id = fields.Many2one(related="account_id.responsible_id", readonly=False)
    automatic = fields.Boolean(related="account_id.automatic", readonly=False)
    # === FIRST SYNCHRONIZATION === #
    listing_count = fields.Integer(related="account_id.listing_count")
    send_products = fields.Boolean(
        "Send the linked products now",
        help="Prices, stock and the rest of every product that is linked to this account.",
    )
    import_orders = fields.Boolean(
        "Fetch recent orders now",
        default=True,
        help="Orders that are here already stay as they are.",
    )
    import_since = fields.Datetime(
        "Orders since",
        default=lambda self: (
            fields.Datetime.now().replace(microsecond=0) - relativedelta(months=IMPORT_MONTHS)
        ),
    )

    @api.model
    def _provider_selection(self):
        return self.env["marketplace.account"]._fields["provider"]._description_selection(self.env)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        wizards = super().create(vals_list)
        for wizard in wizards.filtered("account_id"):
            wizard.write(
                {
                    "provider": wizard.account_id.provider,
                    "name": wizard.account_id.name,
                    "company_id": wizard.account_id.company_id.id,
                }
            )
            wizard._ask_for_credentials()
        return wizards

    # === ACTIONS === #

    def action_next(self):
        """One step on, if what this one asked for is there and works."""
        self.ensure_one()
        following = STEPS[STEPS.index(self.step) + 1]
        return self._go(following if getattr(self, f"_leave_{self.step}")() else self.step)

    def action_back(self):
        """One step back; what was entered stays."""
        self.ensure_one()
        return self._go(STEPS[max(0, STEPS.index(self.step) - 1)])

    def action_test(self):
        """Try the credentials without leaving the step."""
        self.ensure_one()
        self._test()
        return self._go("credentials")

    def action_finish(self):
        """Connect, and start what was asked for."""
        self.ensure_one()
        account = self.account_id
        account._connected()
        if self.send_products:
            account._request_products()
        if self.import_orders and account.sync_orders:
            account._rewind_to(self.import_since)
        return {
            "type": "ir.actions.act_window",
            "res_model": "marketplace.account",
            "res_id": account.id,
            "views": [(False, "form")],
            "target": "main",
        }

    # === STEPS === #

    def _leave_provider(self):
        if not self.provider:
            raise UserError(self.env._("Choose the channel first."))
        if self.account_id and self.account_id.provider != self.provider:
            self.account_id = False
        if not self.account_id:
            self.account_id = self._unfinished_account() or self._create_account()
        self.account_id.name = self.name or self.account_id.name
        self._ask_for_credentials()
        return True

    def _leave_credentials(self):
        """Tested once more: whatever was edited since the last test counts."""
        self._test()
        return self.test_ok

    def _leave_policies(self):
        if self.account_id.sync_stock and not self.account_id.location_ids:
            raise UserError(self.env._("Say which locations this account sells from."))
        return True

    def _unfinished_account(self):
        """The untouched draft of this channel, as an addon installs it: used, not doubled."""
        label = dict(self._provider_selection())[self.provider]
        return self.env["marketplace.account"].search(
            [
                ("provider", "=", self.provider),
                ("company_id", "=", self.company_id.id),
                ("state", "=", "draft"),
                ("credential_ids", "=", False),
                ("name", "in", [label, self.name]),
            ],
            limit=1,
        )

    def _create_account(self):
        label = dict(self._provider_selection())[self.provider]
        return self.env["marketplace.account"].create(
            {
                "name": self.name or label,
                "provider": self.provider,
                "company_id": self.company_id.id,
            }
        )

    def _ask_for_credentials(self):
        """One line for each secret; those that are stored already need not be entered again."""
        known = set(self.account_id.credential_ids.mapped("key"))
        self.credential_ids.unlink()
        self.env["marketplace.connect.credential"].create(
            [
                {
                    "wizard_id": self.id,
                    "sequence": sequence,
                    "key": spec["key"],
                    "label": spec.get("label") or spec["key"],
                    "hint": spec.get("hint"),
                    "required": spec.get("required", True),
                    "stored": spec["key"] in known,
                }
                for sequence, spec in enumerate(self.account_id._credential_spec())
            ]
        )

    def _test(self):
        missing = self.credential_ids.filtered(lambda line: line.required and not line.stored)
        if missing:
            raise UserError(self.env._("Please enter: %s", ", ".join(missing.mapped("label"))))
        check, problem = self.account_id._test_connection()
        self.write(
            {
                "tested": True,
                "test_ok": bool(check),
                "test_message": check.message if check else problem,
            }
        )

    def _go(self, step):
        self.step = step
        action = self.env["ir.actions.act_window"]._for_xml_id("marketplace.action_connect_wizard")
        action["res_id"] = self.id
        return action


class MarketplaceConnectCredential(models.TransientModel):
    """A secret that the wizard asks for. It goes to the encrypted store as it is entered, and is
    never kept in the wizard's own table."""

    _name = "marketplace.connect.credential"
    _description = "Credential to Enter"
    _order = "sequence, id"

    wizard_id = fields.Many2one("marketplace.connect.wizard", required=True, ondelete="cascade")
    sequence = fields.Integer()
    key = fields.Char(required=True, readonly=True)
    label = fields.Char("Credential", readonly=True)
    hint = fields.Char("Where to find it", readonly=True)
    required = fields.Boolean(readonly=True)
    stored = fields.Boolean("Entered", readonly=True)
    value = fields.Char(
        compute="_compute_value", inverse="_inverse_value", help="Write-only, stored encrypted."
    )

    def _compute_value(self):
        for line in self:
            line.value = "••••••••" if line.stored else False

    def _inverse_value(self):
        for line in self.filtered("value"):
            if set(line.value) == {"•"}:
                continue
            self.env["marketplace.credential"]._store(
                line.wizard_id.account_id, line.key, line.value.strip()
            )
            line.stored = True
            line.wizard_id.write({"tested": False, "test_ok": False, "test_message": False})


class MarketplaceAccount(models.Model):
    _inherit = "marketplace.account"

    def _credential_spec(self):
        """Secrets that the connection wizard asks for.

        A provider overrides this for its own accounts and calls ``super()`` for others.

        :return: list of {"key", "label", "hint", "required"}; ``key`` is the name under which
            the adapter finds the secret
        """
        self.ensure_one()
        return [
            {
                "key": "token",
                "label": self.env._("API token"),
                "hint": self.env._("In the channel's seller portal, under API or integrations."),
                "required": True,
            }
        ]

    def _rewind_to(self, moment):
        """Have the next pull begin at this moment.

        :param moment: naive UTC.
        """
        self.ensure_one()
        engine = self.env["marketplace.engine"].sudo()
        for topic in self._pull_topics():
            cursor = self.cursor_ids.filtered(lambda one, topic=topic: one.topic == topic)
            if cursor:
                cursor.sudo().position = min(cursor.position or moment, moment)
            else:
                self.env["marketplace.cursor"].sudo().create(
                    {"account_id": self.id, "topic": topic, "position": moment}
                )
        engine._wake_after_commit("_job_pull", self.id)
