from datetime import timedelta

from markupsafe import Markup

from odoo import fields, models

from ..tools import clock

# Orders that a message to the managers names; it counts the others.
NAMED = 10


class MarketplaceAccount(models.Model):
    """Who is told of deadlines, and when."""

    _inherit = "marketplace.account"

    deadline_hours = fields.Integer(
        "Warn before a deadline (hours)",
        default=24,
        help="The responsible gets an activity on the sales order so many hours before the "
        "channel's deadline; the managers are told when it is past.",
    )
    cancel_after_days = fields.Integer(
        "The channel cancels after (days)",
        default=0,
        help="Days after which the channel cancels an order of which nothing was shipped; "
        "0: it does not.",
    )
    late_count = fields.Integer(
        "Late", compute="_compute_deadline_counts", help="Orders past a deadline of the channel."
    )
    due_count = fields.Integer(
        "Due today", compute="_compute_deadline_counts", help="Orders that are due until midnight."
    )

    _deadline_positive = models.Constraint(
        "CHECK (deadline_hours >= 0 AND cancel_after_days >= 0)",
        "Hours and days before a deadline cannot be negative.",
    )

    def _compute_deadline_counts(self):
        # One statement for all accounts that are shown, from the index of deadlines.
        self.env.flush_all()
        now = clock.now()
        midnight = self._local_midnight() + timedelta(days=1)
        self.env.cr.execute(
            """
            SELECT account_id, count(*) FILTER (WHERE deadline < %s),
                   count(*) FILTER (WHERE deadline >= %s)
              FROM marketplace_order
             WHERE account_id = ANY(%s) AND deadline < greatest(%s, %s)
             GROUP BY account_id
            """,
            [now, now, self.ids, midnight, now],
        )
        counts = {row[0]: row[1:] for row in self.env.cr.fetchall()}
        for account in self:
            account.late_count, account.due_count = counts.get(account._origin.id, (0, 0))

    def _speaking(self):
        """This account in the language of its people: what is written is for them."""
        self.ensure_one()
        lang = self.responsible_id.lang or self.company_id.partner_id.lang
        return self.with_context(lang=lang) if lang else self

    def _tell_due(self, orders):
        """An activity on each sales order for whoever is responsible."""
        if not orders:
            return
        own = self.env["marketplace.order"].browse(orders.ids)
        own._drop_deadline_activities()
        model = self.env["ir.model"].sudo().search([("model", "=", "sale.order")])
        activity = self.env.ref("marketplace.activity_deadline")
        user = self.responsible_id or self.user_id
        local = self.with_context(tz=user.tz or "UTC")
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(
            [
                {
                    "activity_type_id": activity.id,
                    "res_model_id": model.id,
                    "res_id": order.sale_order_id.id,
                    "user_id": user.id,
                    "date_deadline": fields.Datetime.context_timestamp(
                        local, order.deadline
                    ).date(),
                    "summary": order._deadline_label(),
                }
                for order in own
                if order.sale_order_id and user
            ]
        )
        own._remember_told("warned_for")

    def _tell_missed(self, orders):
        """One activity for each manager on the account, however many orders are late."""
        activity = self.env.ref("marketplace.activity_deadline")
        open_ones = self.activity_ids.filtered(lambda one: one.activity_type_id == activity)
        domain = [("account_id", "=", self.id), ("deadline", "<=", clock.now())]
        count = self.env["marketplace.order"].search_count(domain)
        if not count:
            open_ones.unlink()
        if not orders:
            return
        own = self.env["marketplace.order"].browse(orders.ids)
        late = own.search(domain, order="deadline", limit=NAMED)
        lines = [f"{order.number}: {order._deadline_label()}" for order in late]
        if count > NAMED:
            lines.append(self.env._("… and more: %s", count - NAMED))
        note = Markup("<br/>").join(lines)
        summary = self.env._("Orders past their deadline: %s", count)
        open_ones.write({"summary": summary, "note": note})
        for manager in self._managers() - open_ones.user_id:
            self.activity_schedule(
                "marketplace.activity_deadline", user_id=manager.id, summary=summary, note=note
            )
        own._remember_told("missed_for")

    def _managers(self):
        """People who manage marketplaces and may see this company."""
        return self.env.ref("marketplace.group_manager").all_user_ids.filtered(
            lambda user: (
                user.active
                and not user.share
                and user.id != self.env.ref("base.user_root").id
                and self.company_id in user.company_ids
            )
        )
