from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..tools import clock
from ..tools.anomaly import WATCHED

# Listings that "Look at them" shows; all of a large catalogue would take longer than one waits.
MOST_SHOWN = 2000


class MarketplaceHold(models.Model):
    """A kind that an account holds back because what would be sent looks like a mistake (C10).

    ::

        open ── Odoo was put right ──▶ lifted     by itself; the present state is sent
          └──── a manager decides ───▶ sent       what waits is sent, this one time

    Meanwhile changes of that kind go on coalescing in the outbox, and everything else is sent.
    """

    _name = "marketplace.hold"
    _description = "Marketplace Hold"
    _order = "id desc"
    _rec_name = "title"

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    kind = fields.Selection(
        [("inventory", "Stock"), ("price", "Price")], required=True, readonly=True
    )
    state = fields.Selection(
        [("open", "Held back"), ("lifted", "Put right"), ("sent", "Sent anyway")],
        default="open",
        required=True,
        readonly=True,
        string="Status",
    )
    title = fields.Char("What would happen", compute="_compute_title")
    fall_count = fields.Integer("Listings that fall", readonly=True)
    gone_count = fields.Integer(
        "Already told", readonly=True, help="Of them, told within the hour before."
    )
    base_count = fields.Integer("Of so many", readonly=True)
    estimated = fields.Boolean(readonly=True, help="Counted on a part of what waits.")
    price_fall = fields.Integer("Falls by more than (%)", readonly=True)
    held_at = fields.Datetime("Held since", default=fields.Datetime.now, readonly=True)
    ended_at = fields.Datetime("Ended", readonly=True)
    decided_by_id = fields.Many2one("res.users", "Sent anyway by", readonly=True)

    _open_unique = models.UniqueIndex("(account_id, kind) WHERE state = 'open'")

    @api.depends("kind", "fall_count", "gone_count", "base_count", "estimated", "price_fall")
    @api.depends_context("lang")
    def _compute_title(self):
        for hold in self:
            hold.title = hold._text()

    def _text(self):
        """What would happen, in plain words."""
        self.ensure_one()
        values = {
            "falls": self.fall_count,
            "base": self.base_count,
            "percent": self.price_fall,
            "gone": self.gone_count,
        }
        if self.kind == "price":
            text = self.env._(
                "%(falls)s of %(base)s prices would fall by more than %(percent)s %% or to zero.",
                **values,
            )
        else:
            text = self.env._(
                "%(falls)s of %(base)s products would be shown as sold out.", **values
            )
        if self.estimated:
            text = self.env._("Estimated: %s", text)
        if self.gone_count:
            text += " " + self.env._("Told within the hour before: %s.", self.gone_count)
        return text

    # === HOLD AND LIFT === #

    @api.model
    def _hold(self, account, kind, look):
        """Hold a kind back, or go on holding it; people are told once.

        :param look: :class:`marketplace.tools.anomaly.Look`.
        """
        hold = self._open_of(account, kind)
        vals = {
            "fall_count": look.falls,
            "gone_count": look.gone,
            "base_count": look.base,
            "estimated": look.estimated,
            "price_fall": account.price_fall,
        }
        if not hold:
            hold = self.create({"account_id": account.id, "kind": kind, **vals})
            account._set_held(kind, True)
        elif any(hold[name] != value for name, value in vals.items()):
            hold.write(vals)
        self.env["marketplace.cause"]._raise(
            account,
            f"held:{kind}",
            hold._cause_title(),
            self.env._(
                "If it is a mistake, put it right in Odoo: the right values are sent by "
                "themselves. If it is meant, press Send anyway on the account. Orders and "
                "everything else go on."
            ),
        )

    def _cause_title(self):
        if self.kind == "price":
            return self.env._(
                "Prices of %(account)s are held back: %(text)s",
                account=self.account_id.name,
                text=self.title,
            )
        return self.env._(
            "Stock of %(account)s is held back: %(text)s",
            account=self.account_id.name,
            text=self.title,
        )

    @api.model
    def _lift(self, account, kind):
        """What would be sent does not look wrong any more."""
        self._open_of(account, kind)._end({"state": "lifted"})
        account._set_held(kind, False)

    def _open_of(self, account, kind):
        return self.search(
            [("account_id", "=", account.id), ("kind", "=", kind), ("state", "=", "open")]
        )

    def _end(self, vals):
        self.write({**vals, "ended_at": clock.now().replace(microsecond=0)})
        for hold in self:
            self.env["marketplace.cause"]._solve(hold.account_id, [f"held:{hold.kind}"])

    # === ACTIONS === #

    def action_send_anyway(self):
        """It is meant: what waits now is sent, this one time. Who said so is kept."""
        self.check_access("read")
        if not (self.env.su or self.env.user.has_group("marketplace.group_manager")):
            raise AccessError(self.env._("Only managers of the marketplace may send it anyway."))
        for hold in self.sudo().filtered(lambda hold: hold.state == "open"):
            hold._send_anyway(self.env.user)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _send_anyway(self, user):
        account, title = self.account_id, self.title
        # By SQL: a whole catalogue may wait.
        self.env["marketplace.outbox"].flush_model()
        self.env.cr.execute(
            """
            UPDATE marketplace_outbox SET approved = true
             WHERE account_id = %s AND kind = %s AND status = 'new'
            """,
            [account.id, self.kind],
        )
        self.env["marketplace.outbox"].invalidate_model(["approved"])
        self._end({"state": "sent", "decided_by_id": user.id})
        account._set_held(self.kind, False)
        account.message_post(
            body=self.env._("%(user)s sent it anyway: %(title)s", user=user.name, title=title),
            author_id=user.partner_id.id,
        )
        self.env["marketplace.engine"]._wake_after_commit(
            "_job_send", account.id, 0 if account.automatic else 1
        )

    def action_look(self):
        """The listings that would fall, as they are now."""
        self.check_access("read")
        sender = self.env["marketplace.sender"].sudo()
        found = [
            listing_id
            for hold in self.sudo()
            for listing_id in sender._falling(hold.account_id, hold.kind, MOST_SHOWN)
        ]
        action = self.env["ir.actions.act_window"]._for_xml_id("marketplace.action_listing_held")
        action["domain"] = [("id", "in", found)]
        return action


class MarketplaceOutbox(models.Model):
    _inherit = "marketplace.outbox"

    approved = fields.Boolean(
        "Sent anyway", readonly=True, help="A manager looked at it: it is not held back again."
    )
    # Counted over the batches of an hour.
    fall = fields.Boolean(
        "Sold out or far cheaper",
        readonly=True,
        help="It shows the listing as sold out, or lowers its price by far.",
    )

    _fall_idx = models.Index("(account_id, kind, status_at) WHERE fall")


class MarketplaceCause(models.Model):
    _inherit = "marketplace.cause"

    hold_id = fields.Many2one("marketplace.hold", compute="_compute_hold_id")

    @api.depends("code", "state")
    def _compute_hold_id(self):
        for cause in self:
            kind = (cause.code or "").removeprefix("held:")
            cause.hold_id = (
                self.env["marketplace.hold"]._open_of(cause.account_id, kind)
                if kind in WATCHED and cause.code == f"held:{kind}"
                else False
            )

    def action_send_anyway(self):
        """As the button of the account."""
        return self.hold_id.action_send_anyway()

    def action_look_at_held(self):
        """As the button of the account."""
        return self.hold_id.action_look()


class MarketplaceAccount(models.Model):
    """When an account holds back what looks like a mistake, and what it holds."""

    _inherit = "marketplace.account"

    anomaly_share = fields.Integer(
        "Hold back above (%)",
        default=60,
        help="When more than this share of the listings in stock would be shown as sold out within "
        "an hour, or as many prices would fall by far, nothing of it is sent until a manager "
        "looked at it. 0: never.",
    )
    anomaly_minimum = fields.Integer(
        "… and from (listings)",
        default=20,
        help="Fewer listings than this are never held back. 0: nothing is ever held back.",
    )
    price_fall = fields.Integer(
        "A price falls by far above (%)",
        default=50,
        help="Lowered by more than this share, or to zero. 0: prices are not watched.",
    )
    # Kinds held back, with commas: the engine reads it with the account, without a further query.
    held_kinds = fields.Char("Kinds held back", readonly=True, copy=False)
    hold_ids = fields.One2many("marketplace.hold", "account_id", "Held back", readonly=True)
    held_stock = fields.Char("Stock held back", compute="_compute_held")
    held_price = fields.Char("Prices held back", compute="_compute_held")

    _anomaly_range = models.Constraint(
        "CHECK (anomaly_share BETWEEN 0 AND 100 AND price_fall BETWEEN 0 AND 100"
        " AND anomaly_minimum >= 0)",
        "Shares are between 0 and 100 percent, and the number of listings is not negative.",
    )

    @api.depends("held_kinds", "hold_ids.state", "hold_ids.fall_count", "hold_ids.base_count")
    @api.depends_context("lang")
    def _compute_held(self):
        for account in self:
            texts = {}
            if account.held_kinds:
                for hold in account.hold_ids.filtered(lambda hold: hold.state == "open"):
                    texts[hold.kind] = hold.title
            account.held_stock = texts.get("inventory")
            account.held_price = texts.get("price")

    def write(self, vals):
        result = super().write(vals)
        if {"anomaly_share", "anomaly_minimum", "price_fall"} & vals.keys():
            for account in self.filtered(lambda account: account.held_kinds and account.automatic):
                self.env["marketplace.engine"].sudo()._wake_send(account)
        return result

    def _held(self):
        """Kinds that are held back.

        :rtype: list[str]
        """
        self.ensure_one()
        return [kind for kind in (self.held_kinds or "").split(",") if kind]

    def _set_held(self, kind, held):
        kinds = {*self._held(), kind} if held else {*self._held()} - {kind}
        self.held_kinds = ",".join(sorted(kinds)) or False
        # Claims ask for it by SQL.
        self.flush_recordset(["held_kinds"])

    def _watches(self, kind):
        """Whether a kind is watched for mistakes."""
        self.ensure_one()
        return bool(
            kind in WATCHED
            and self.anomaly_share
            and self.anomaly_minimum
            and (kind != "price" or self.price_fall)
        )

    def _hold_of_context(self):
        kind = self.env.context.get("kind")
        domain = [("account_id", "in", self.ids), ("state", "=", "open")]
        return self.env["marketplace.hold"].search(
            domain + ([("kind", "=", kind)] if kind in WATCHED else [])
        )

    def action_send_anyway(self):
        """Send what is held back, of the kind in the context, or of every kind."""
        return self._hold_of_context().action_send_anyway()

    def action_look_at_held(self):
        """The listings that would fall, of the kind in the context, or of every kind."""
        return self._hold_of_context().action_look()
