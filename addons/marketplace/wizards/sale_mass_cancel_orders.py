from odoo import models

from ..const import REASON_KEY


class SaleMassCancelOrders(models.TransientModel):
    """Asks for one reason for each channel that wants one (``sale.order._cancel_dialogs``): such a
    provider adds ``<provider>_order_count`` and ``<provider>_reason``, filled by the methods here.
    """

    _inherit = "sale.mass.cancel.orders"

    def _compute_order_count_of(self, provider):
        """Fill ``<provider>_order_count``: how many of the orders want a reason."""
        for wizard in self:
            asked = wizard.sale_order_ids._needs_cancel_reason(provider)
            wizard[f"{provider}_order_count"] = len(asked)

    def _compute_reason_of(self, provider):
        """Fill ``<provider>_reason`` with the usual one of the first order's account."""
        for wizard in self:
            first = wizard.sale_order_ids._needs_cancel_reason(provider)[:1]
            usual = first._order_of(provider).account_id[f"{provider}_cancel_reason"]
            wizard[f"{provider}_reason"] = wizard[f"{provider}_reason"] or usual

    def action_mass_cancel(self):
        """Override of ``sale`` to give all orders of a channel among them one reason.

        They go by themselves: another channel's orders have reasons of their own.
        """
        for provider in self.sale_order_ids._cancel_dialogs():
            asked = self.sale_order_ids.with_context(**{REASON_KEY: False})
            own = asked._needs_cancel_reason(provider)
            if own:
                reason = self[f"{provider}_reason"]
                own.with_context(**{REASON_KEY: reason})._action_cancel()
                self.sale_order_ids -= own
        return super().action_mass_cancel()
