from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, format_datetime

from ..tools import clock
from ..tools.inbound import naive

# Statuses in which goods still have to leave, and in which they are on their way.
TO_SHIP = ("pending", "hold", "confirmed")
UNDER_WAY = "shipped"
# Below so many hours the time that is left is shown in hours.
HOURS = 48
# Orders looked at in one run; the next run takes the rest.
BATCH = 500


class MarketplaceOrder(models.Model):
    """Deadlines of the channel: nothing is cancelled because nobody looked.

    ::

        deadline = the earliest of
            ship_by      until everything has left
            cancel_by    placed + so many days (account): the channel cancels what has not left
            deliver_by   from then on, until the channel says that it is delivered
    """

    _inherit = "marketplace.order"

    ship_by = fields.Datetime("Ship by", readonly=True)
    deliver_by = fields.Datetime("Deliver by", readonly=True)
    deadline = fields.Datetime(
        compute="_compute_deadline",
        store=True,
        index="btree_not_null",
        help="The next moment by which the channel wants something; empty when nothing is due.",
    )
    deadline_kind = fields.Selection(
        [
            ("ship", "Ship"),
            ("cancel", "Or the channel cancels"),
            ("deliver", "Deliver"),
        ],
        "What is due",
        compute="_compute_deadline",
        store=True,
    )
    time_left = fields.Char("Time left", compute="_compute_time_left")
    # The deadline that people were told of, and whether its managers know that it is missed.
    warned_for = fields.Datetime("Told of the deadline", readonly=True, copy=False)
    missed_for = fields.Datetime("Told that it is missed", readonly=True, copy=False)

    # === COMPUTE METHODS === #

    @api.depends(
        "ship_by",
        "deliver_by",
        "placed_at",
        "status",
        "hands_off",
        "stocked_by",
        "account_id.cancel_after_days",
        "sale_order_id.state",
        "sale_order_id.delivery_status",
    )
    def _compute_deadline(self):
        for order in self:
            due = sorted(order._deadlines())
            order.deadline, order.deadline_kind = due[0] if due else (False, False)

    @api.depends("deadline")
    def _compute_time_left(self):
        """In hours below two days, else in days; what is past is late."""
        now = clock.now()
        for order in self:
            if not order.deadline:
                order.time_left = False
                continue
            hours = (order.deadline - now).total_seconds() / 3600
            whole = int(abs(hours) if abs(hours) < HOURS else abs(hours) / 24)
            if abs(hours) < HOURS:
                text = self.env._("%s h") if hours >= 0 else self.env._("%s h late")
            else:
                text = self.env._("%s days") if hours >= 0 else self.env._("%s days late")
            order.time_left = text % whole

    def _deadlines(self):
        """:return: [(moment, kind)] of what is still due"""
        self.ensure_one()
        sale = self.sale_order_id
        if self.hands_off or self.stocked_by == "channel" or sale.state == "cancel":
            return []
        left = sale.delivery_status == "full"
        due = []
        if self.status in TO_SHIP and not left:
            days = self.account_id.cancel_after_days
            if self.ship_by:
                due.append((self.ship_by, "ship"))
            if days and self.placed_at:
                due.append((self.placed_at + timedelta(days=days), "cancel"))
        if self.deliver_by and (self.status == UNDER_WAY or self.status in TO_SHIP):
            due.append((self.deliver_by, "deliver"))
        return due

    # === IMPORT === #

    @api.model
    def _ledger_state(self, message):
        """Override to keep the channel's deadlines; what it says no more stays."""
        vals = super()._ledger_state(message)
        for name in ("ship_by", "deliver_by"):
            if moment := getattr(message.order, name):
                vals[name] = naive(moment)
        return vals

    # === ESCALATION === #

    @api.model
    def _cron_deadlines(self):
        """Tell the responsible some hours before, the managers once it is past; take back what
        was told of deadlines that are over."""
        self._forget_met()
        now = clock.now()
        for account in self.env["marketplace.account"].search([("state", "!=", "draft")]):
            soon = now + timedelta(hours=account.deadline_hours)
            own = account._speaking()
            own._tell_due(self._due(account, "warned_for", soon))
            own._tell_missed(self._due(account, "missed_for", now))

    def _due(self, account, told, until):
        """Orders whose deadline is before a moment and was not told yet.

        By SQL: the ORM cannot compare two columns.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT id FROM marketplace_order
                 WHERE account_id = %s AND deadline <= %s AND %s IS DISTINCT FROM deadline
                 ORDER BY deadline, id LIMIT %s
                """,
                account.id,
                until.replace(microsecond=0),
                SQL.identifier(told),
                BATCH,
            )
        )
        return self.browse([row[0] for row in self.env.cr.fetchall()])

    def _forget_met(self):
        """Activities of deadlines that are over leave."""
        over = self.search(
            [("deadline", "=", False), ("warned_for", "!=", False)], limit=BATCH, order="id"
        )
        over._drop_deadline_activities()
        over.write({"warned_for": False, "missed_for": False})

    def _drop_deadline_activities(self):
        kind = self.env.ref("marketplace.activity_deadline", raise_if_not_found=False)
        if kind and self:
            self.env["mail.activity"].search(
                [
                    ("activity_type_id", "=", kind.id),
                    ("res_model", "=", "sale.order"),
                    ("res_id", "in", self.sale_order_id.ids),
                ]
            ).unlink()

    def _deadline_label(self):
        """E.g. “Ship by 5 Jan 2030, 14:00”, in the account's language and time zone."""
        self.ensure_one()
        kinds = {
            "ship": self.env._("Ship by %s"),
            "cancel": self.env._("The channel cancels it on %s"),
            "deliver": self.env._("Deliver by %s"),
        }
        zone = self.account_id.responsible_id.tz or "UTC"
        moment = format_datetime(self.env, self.deadline, tz=zone, dt_format="d MMM y, HH:mm")
        return kinds[self.deadline_kind] % moment

    def _remember_told(self, name):
        """By SQL: each row keeps its own deadline, one statement for all of them."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE marketplace_order SET %s = deadline WHERE id = ANY(%s)",
                SQL.identifier(name),
                self.ids,
            )
        )
        self.invalidate_recordset([name])


class SaleOrder(models.Model):
    _inherit = "sale.order"

    marketplace_deadline = fields.Datetime(
        "Deadline of the channel",
        compute="_compute_marketplace_deadline",
        compute_sudo=True,
    )
    marketplace_time_left = fields.Char(
        "Time left", compute="_compute_marketplace_deadline", compute_sudo=True
    )

    @api.depends("marketplace_order_ids.deadline")
    def _compute_marketplace_deadline(self):
        for sale in self:
            first = sale.marketplace_order_ids.filtered("deadline").sorted("deadline")[:1]
            sale.marketplace_deadline = first.deadline
            sale.marketplace_time_left = first.time_left
