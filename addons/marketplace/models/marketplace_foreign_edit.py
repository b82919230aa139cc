import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import clock
from ..tools.shown import MISSING, as_text, at, same
from .marketplace_outbox import KINDS

CAUSE = "foreign_edits"
# States in which the channel's value stays as it is, whatever else is told of the listing.
HELD = ("open", "ignored")


class MarketplaceForeignEdit(models.Model):
    """Somebody changed a listing on the channel itself. One row for each member of a listing: its
    newest change, and what became of it.

    ::

        the channel shows what nobody told it
         ├─ policy odoo ─────▶ odoo      told again, through the operation log
         ├─ policy channel ──▶ channel   written into Odoo, where that is possible
         └─ policy ask ──────▶ open ──a person──▶ odoo / channel / ignored until it changes again
        any of them ──both show the same again──▶ settled
    """

    _name = "marketplace.foreign.edit"
    _description = "Change Made on a Channel"
    _order = "found_at desc, id desc"
    _rec_name = "label"
    _log_access = False

    listing_id = fields.Many2one(
        "marketplace.listing", required=True, ondelete="cascade", index=True, readonly=True
    )
    account_id = fields.Many2one(related="listing_id.account_id", store=True, index=True)
    company_id = fields.Many2one(related="listing_id.company_id", store=True, index=True)
    product_id = fields.Many2one(related="listing_id.product_id")
    provider = fields.Selection(related="account_id.provider", string="Channel")
    kind = fields.Selection(KINDS, required=True, readonly=True)
    member = fields.Char(required=True, readonly=True, help="Path of the member, as it is told.")
    label = fields.Char("Field", compute="_compute_label")
    odoo_value = fields.Json("In Odoo (raw)", readonly=True)
    channel_value = fields.Json("On the channel (raw)", readonly=True)
    odoo_text = fields.Char("In Odoo", compute="_compute_texts")
    channel_text = fields.Char("On the channel", compute="_compute_texts")
    changed_at = fields.Datetime("Changed there", readonly=True)
    found_at = fields.Datetime("Found", default=fields.Datetime.now, readonly=True)
    state = fields.Selection(
        [
            ("open", "To decide"),
            ("odoo", "Odoo's value was told again"),
            ("channel", "Taken over"),
            ("ignored", "Ignored until it changes again"),
            ("settled", "Both are the same again"),
        ],
        required=True,
        default="open",
        readonly=True,
        string="Status",
    )
    # How often in a row the channel came back with the same value after it was told ours.
    times = fields.Integer("Told again", readonly=True, default=0, aggregator=None)
    due_at = fields.Datetime(
        "Told at",
        readonly=True,
        help="Fewer pieces on the channel are mostly an order that is still on its way here: it "
        "gets a moment to arrive before the stock is told again.",
    )
    note = fields.Char(readonly=True)
    decided_by_id = fields.Many2one("res.users", "Decided by", readonly=True)
    decided_at = fields.Datetime("Decided", readonly=True)

    _member_unique = models.UniqueIndex("(listing_id, kind, member)")
    _open_idx = models.Index("(account_id) WHERE state = 'open'")
    _due_idx = models.Index("(due_at) WHERE due_at IS NOT NULL")

    # === COMPUTE METHODS === #

    @api.depends("kind", "member")
    def _compute_label(self):
        names = dict(
            self.env["marketplace.edit.policy"]._fields["what"]._description_selection(self.env)
        )
        for edit in self:
            edit.label = edit._name_of_member(names)

    def _name_of_member(self, names):
        path = (self.member or "").split("/")
        for length in range(len(path), 0, -1):
            if name := names.get(f"{self.kind}:{'/'.join(path[:length])}"):
                rest = path[length:]
                return f"{name} ({' / '.join(rest)})" if rest else name
        return " / ".join(path).replace("_", " ").capitalize()

    @api.depends("odoo_value", "channel_value")
    def _compute_texts(self):
        for edit in self:
            edit.odoo_text = as_text(edit.odoo_value)
            edit.channel_text = as_text(edit.channel_value)

    # === BUSINESS METHODS === #

    def _tell_again(self):
        """Odoo's values once more, through the operation log; what the channel shows is what it is
        compared with, so nothing else leaves."""
        kinds, members = {}, {}
        for edit in self.filtered("product_id"):
            key = edit.account_id, edit.product_id
            kinds.setdefault(key, set()).add(edit.kind)
            members.setdefault(key, set()).add(edit.member.split("/")[0])
        self.env["marketplace.product.operation"].sudo().create(
            [
                {
                    "model_name": "product.product",
                    "record_id": product.id,
                    "template_id": product.product_tmpl_id.id,
                    "record_operation": "write",
                    "operation_data": {
                        "fields": sorted(members[account, product]),
                        "kinds": sorted(found),
                        "foreign_edit": True,
                    },
                    "site_name": account.provider,
                    "account_id": account.id,
                    "operation_timestamp": clock.now(),
                    "user_id": self.env.uid,
                }
                for (account, product), found in kinds.items()
            ]
        )
        if kinds:
            self.env.flush_all()
            self.env["marketplace.engine"].sudo()._wake_after_commit("_job_dispatch", 0)

    @api.model
    def _cron_tell_due(self):
        """Stock that had its moment: whatever order explains it is here by now."""
        due = self.search([("due_at", "<=", clock.now()), ("due_at", "!=", False)], limit=5000)
        due.write({"due_at": False})
        due.filtered(lambda edit: edit.state == "odoo")._tell_again()

    def _tell_people(self, accounts):
        """One cause for each account, however many changes wait; it goes with the last of them."""
        causes = self.env["marketplace.cause"].sudo()
        counts = dict(
            self.sudo()._read_group(
                [("account_id", "in", accounts.ids), ("state", "=", "open")],
                ["account_id"],
                ["__count"],
            )
        )
        for account in accounts:
            count = counts.get(account.sudo(), 0)
            if not count:
                causes._solve(account, [CAUSE])
                continue
            causes._raise(
                account,
                CAUSE,
                self.env._(
                    "Somebody changed products on %(account)s itself. Changes to decide: %(count)s",
                    account=account.name,
                    count=count,
                ),
                self.env._(
                    "Open Marketplace, Links, Changes on channels: keep Odoo's values or take over "
                    "the channel's. Until then neither side is changed."
                ),
            )

    def _is_held(self, value):
        """Whether the channel's value stays, although Odoo would tell another one.

        What was ignored is told again once Odoo's own value changes.

        :param value: what Odoo would tell now.
        """
        self.ensure_one()
        if self.state == "open":
            return True
        return self.state == "ignored" and same(self.member, self.odoo_value, value)

    # === ACTIONS === #

    def action_keep_odoo(self):
        """Odoo's values count: they are told again."""
        edits = self._to_decide()
        edits._decide("odoo")
        edits._tell_again()
        edits._tell_people(edits.account_id)

    def action_take_channel(self):
        """The channel's values count: they are written into Odoo.

        :raise UserError: none of them can be written there.
        """
        edits = self._to_decide()
        # sudo is for the rows; products and prices are written by whoever may write them.
        edits.product_id.with_env(self.env).check_access("write")
        if "price" in edits.mapped("kind"):
            edits.account_id.pricelist_id.with_env(self.env).check_access("write")
        taken = edits.browse()
        for edit in edits:
            note = edit.listing_id._take_channel_value(
                edit.account_id, edit.kind, edit.member, edit.channel_value
            )
            edit.note = note
            if not note:
                taken |= edit
        taken._decide("channel")
        if not taken and edits:
            raise UserError(edits[0].note)
        edits._tell_people(edits.account_id)

    def action_ignore(self):
        """Both sides stay as they are until one of them changes."""
        edits = self._to_decide()
        for edit in edits:
            value = edit.listing_id._odoo_value(edit.account_id, edit.kind, edit.member)
            edit.odoo_value = None if value is MISSING else value
        edits._decide("ignored")
        edits._tell_people(edits.account_id)

    def _to_decide(self):
        """These rows for the engine's eyes, after the person's own rights were checked."""
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("marketplace.group_user"):
            raise UserError(self.env._("Only people of the marketplace may decide this."))
        edits = self.sudo().filtered(lambda edit: edit.state != "settled")
        return edits | edits._alike()

    def _alike(self):
        """The same change at other variants of the same product: one decision for all of them."""
        own = self.filtered(lambda edit: edit.kind == "product" and edit.state == "open")
        others = self.search(
            [
                ("state", "=", "open"),
                ("kind", "=", "product"),
                ("account_id", "in", own.account_id.ids),
                ("member", "in", own.mapped("member")),
                ("listing_id.product_tmpl_id", "in", own.product_id.product_tmpl_id.ids),
            ]
        )

        def mark(edit):
            values = json.dumps([edit.odoo_value, edit.channel_value], sort_keys=True)
            return edit.account_id, edit.product_id.product_tmpl_id, edit.member, values

        marks = {mark(edit) for edit in own}
        return others.filtered(lambda edit: mark(edit) in marks)

    def _decide(self, state):
        self.write(
            {
                "state": state,
                "decided_by_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
                "due_at": False,
                "times": 0,
            }
        )

    def action_open_listing(self):
        """The listing that was changed."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "marketplace.listing",
            "res_id": self.listing_id.id,
            "views": [(False, "form")],
        }

    @api.autovacuum
    def _gc_edits(self):
        """What is over long since leaves with the log."""
        accounts = self.env["marketplace.account"].with_context(active_test=False)
        for account in accounts.search([("retention_days", ">", 0)]):
            long_ago = fields.Datetime.now() - timedelta(days=account.retention_days)
            self.search(
                [
                    ("account_id", "=", account.id),
                    ("state", "in", ["odoo", "channel", "settled"]),
                    ("found_at", "<", long_ago),
                ],
                limit=5000,
            ).unlink()


class MarketplaceListing(models.Model):
    """What of a listing belongs to the channel, or to a person's decision."""

    _inherit = "marketplace.listing"

    edit_ids = fields.One2many("marketplace.foreign.edit", "listing_id", "Changes on the channel")
    held_edit_ids = fields.One2many(
        "marketplace.foreign.edit", "listing_id", domain=[("state", "in", HELD)]
    )

    def _odoo_value(self, account, kind, member):
        """What would be told of a member if all of it belonged to Odoo; ``MISSING`` when nothing
        would."""
        self.ensure_one()
        state = getattr(self, f"_snapshot_{kind}")(account).get(self.id)
        return at(getattr(state, "values", {}), member)
