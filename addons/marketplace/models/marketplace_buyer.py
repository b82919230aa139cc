from datetime import timedelta

from odoo import api, fields, models

from ..tools import clock
from ..tools.db import fresh_env

# Orders whose buyers leave in one transaction, and such transactions of one account in one night.
BATCH = 200
BATCHES = 250
# Statuses of an order that is over, as far as the buyer's address is needed.
OVER = ("shipped", "delivered", "cancelled", "returned")


class MarketplaceAccount(models.Model):
    """How long the data of a channel's buyers are kept.

    After that the contacts that were made for its orders alone become “Buyer <number>”, and what
    was received and written of the buyer leaves; amounts, taxes and the country stay.
    """

    _inherit = "marketplace.account"

    buyer_retention_days = fields.Integer(
        "Keep buyer data (days)",
        compute="_compute_buyer_retention_days",
        store=True,
        readonly=False,
        precompute=True,
        help="Days after an order left (or was cancelled) until its buyer becomes anonymous: name, "
        "address, phone, e-mail and notes. Contacts that people made, or that have other orders or "
        "documents, are never touched. 0: buyer data are kept.",
    )

    _buyer_retention_positive = models.Constraint(
        "CHECK (buyer_retention_days >= 0)", "Days cannot be negative."
    )

    @api.depends("provider")
    def _compute_buyer_retention_days(self):
        for account in self:
            days = account.buyer_retention_days
            account.buyer_retention_days = days or account._default_buyer_retention()

    def _default_buyer_retention(self):
        """Days that the channel's rules allow; a provider knows its own. 0: no limit.

        :rtype: int
        """
        return 0

    @api.model
    def _cron_buyer_data(self):
        """Every night, in transactions of their own: one that fails takes nothing back."""
        accounts = self.with_context(active_test=False).search([("buyer_retention_days", ">", 0)])
        for account in accounts:
            account._remove_buyers()

    def _remove_buyers(self):
        """Remove what is older than the account's period; a line in its chatter says how much."""
        self.ensure_one()
        sums = {"orders": 0, "contacts": 0, "kept": 0}
        for _batch in range(BATCHES):
            with fresh_env(self.env) as env:
                done = env["marketplace.order"]._remove_buyer_batch(self.with_env(env))
            if not done:
                break
            for name in sums:
                sums[name] += done[name]
        with fresh_env(self.env) as env:
            own = self.with_env(env)
            env["marketplace.order"]._remove_old_bodies(own, own._buyer_cutoff())
            if sums["orders"]:
                own._message_log(
                    body=env._(
                        "Buyer data removed. Orders: %(orders)s, contacts made anonymous: "
                        "%(contacts)s, contacts kept because something else uses them or people "
                        "made them: %(kept)s.",
                        **sums,
                    )
                )

    def _buyer_cutoff(self):
        """:return: naive UTC; what left before is removed."""
        moment = clock.now() - timedelta(days=self.buyer_retention_days)
        return moment.replace(microsecond=0)


class MarketplaceOrder(models.Model):
    """Orders whose buyers are forgotten."""

    _inherit = "marketplace.order"

    buyer_removed_at = fields.Datetime(
        "Buyer data removed",
        readonly=True,
        copy=False,
        help="Since then name, address, phone, e-mail and notes of the buyer are gone.",
    )

    # What the nightly job looks through.
    _buyer_idx = models.Index("(account_id, id) WHERE buyer_removed_at IS NULL")

    def _lacks_buyer(self, order):
        """Override: a buyer who was forgotten is not put back by later news."""
        return not self.buyer_removed_at and super()._lacks_buyer(order)

    @api.model
    def _remove_buyer_batch(self, account):
        """Forget the buyers of some orders of an account, in the caller's transaction.

        :return: {"orders", "contacts", "kept"}, or ``None`` when there was nothing to do.
        """
        orders = self._over_since(account, account._buyer_cutoff())
        return orders._forget_buyers(account) if orders else None

    def _forget_buyers(self, account):
        """Forget the buyers of these orders of one account, in the caller's transaction.

        :return: {"orders", "contacts", "kept"}
        """
        parties = self._parties_of_buyers()
        words = self._buyer_words(parties)
        free = self._free_contacts(parties)
        self._remove_buyer_texts(words)
        self._remove_received()
        free._make_anonymous(account)
        self.write({"buyer_removed_at": clock.now().replace(microsecond=0), "note": False})
        return {"orders": len(self), "contacts": len(free), "kept": len(parties - free)}

    @api.model
    def _over_since(self, account, cutoff):
        """Orders that left, or were cancelled, before a moment.

        By SQL: when an order left stands in its transfers, and only in the ledger when it has none.
        """
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT ledger.id
              FROM marketplace_order ledger
              LEFT JOIN sale_order sale ON sale.id = ledger.sale_order_id
              LEFT JOIN LATERAL (
                   SELECT max(picking.date_done) FILTER (WHERE picking.state = 'done') AS left_at,
                          bool_or(picking.state NOT IN ('done', 'cancel')) AS waiting
                     FROM stock_picking picking
                     JOIN stock_picking_type kind ON kind.id = picking.picking_type_id
                    WHERE picking.sale_id = sale.id AND kind.code IN ('outgoing', 'dropship')
                   ) goods ON true
             WHERE ledger.account_id = %s AND ledger.buyer_removed_at IS NULL
               AND (ledger.status = ANY(%s) OR sale.delivery_status = 'full'
                    OR sale.state = 'cancel')
               AND NOT coalesce(goods.waiting, false)
               AND coalesce(goods.left_at, ledger.updated_at, ledger.event_at,
                            ledger.first_seen_at) < %s
             ORDER BY ledger.id
             LIMIT %s
            """,
            [account.id, list(OVER), cutoff, BATCH],
        )
        return self.browse([row[0] for row in self.env.cr.fetchall()])
