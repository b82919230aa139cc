import logging
from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.marketplace.tools.db import fresh_env
from odoo.addons.marketplace.tools.faults import log_failure

from marketplace_adapters.amazon.notifications import order_event
from marketplace_adapters.amazon.pull_orders import included_data
from marketplace_adapters.core import AdapterError, AuthError, RejectedError, ThrottledError

_logger = logging.getLogger(__name__)

# Orders that are asked for in one run of an account: each is a call.
MOST_ASKED = 25


class MarketplaceAccount(models.Model):
    """Orders of Amazon that stay pending: nobody pays, and their stock is held back."""

    _inherit = "marketplace.account"

    def _default_buyer_retention(self):
        """Override of ``marketplace``: Amazon lets buyers' data be kept thirty days after the
        delivery."""
        return 30 if self.provider == "amazon" else super()._default_buyer_retention()

    @api.model
    def _cron_amazon_release_pending(self):
        """Every day: ask once more for what has been pending too long. What Amazon no longer has
        lets its stock go; what it has is taken over like any other news."""
        accounts = self.sudo().search([("provider", "=", "amazon"), ("state", "=", "connected")])
        for account in accounts:
            try:
                account._amazon_ask_pending()
            except AuthError as exc:
                self.env["marketplace.engine"].sudo()._pause_account(account, exc)
            except AdapterError as exc:
                log_failure(_logger, exc, "pending orders of account", account.id)

    def _amazon_ask_pending(self):
        """Read pending orders of this account that are too old, oldest first."""
        self.ensure_one()
        waiting = self._amazon_old_pending()
        if not waiting or not self._may_call():
            return
        with self._engine_adapter() as adapter:
            try:
                for order_id, external_id in waiting:
                    self._amazon_ask_one(adapter, order_id, external_id)
            except ThrottledError:
                return  # the others tomorrow: the oldest were asked for
            finally:
                with fresh_env(self.env) as env:
                    own = self.with_env(env)
                    env["marketplace.exchange"]._store(own, adapter.take_exchanges())

    def _amazon_old_pending(self):
        """[(id, Amazon's id)] of pending orders that are older than the account allows."""
        days = self.amazon_pending_days or 1
        found = self.env["marketplace.order"].search(
            [
                ("account_id", "=", self.id),
                ("status", "=", "pending"),
                ("placed_at", "<", fields.Datetime.now() - timedelta(days=days)),
                ("sale_order_id.state", "in", ("draft", "sent")),
            ],
            order="placed_at",
            limit=MOST_ASKED,
        )
        return [(order.id, order.external_id) for order in found]

    def _amazon_ask_one(self, adapter, order_id, external_id):
        """What Amazon has of one order goes the usual way; what it has not is released."""
        included = included_data(self._adapter_options())
        try:
            event = order_event(dict(adapter.client.get_order(external_id, included)))
        except RejectedError as exc:
            if "404" not in exc.message and exc.code != "NotFound":
                raise
            event = None
        with fresh_env(self.env) as env:
            own = self.with_env(env)
            if event is None:
                env["marketplace.order"].browse(order_id)._amazon_release()
            else:
                env["marketplace.inbox"]._receive(own, [event], "pull")
