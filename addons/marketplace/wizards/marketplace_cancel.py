from odoo import api, fields, models

from ..const import REASON_KEY


class MarketplaceCancel(models.AbstractModel):
    """Asks why orders are cancelled, in the words of one channel, before anything happens.

    A provider's dialog inherits this, names its provider, and adds what else its channel wants to
    know. See ``sale.order._cancel_dialogs``.
    """

    _name = "marketplace.cancel"
    _description = "Cancel Orders of a Channel"
    _provider = None

    sale_order_ids = fields.Many2many("sale.order", required=True, readonly=True)
    reason = fields.Selection(
        "_selection_reason", required=True, compute="_compute_usual", store=True, readonly=False
    )
    shipped = fields.Boolean(compute="_compute_shipped")

    @api.model
    def _selection_reason(self):
        return self.env["marketplace.account"]._cancel_reasons(self._provider)

    # === COMPUTE METHODS === #

    @api.depends("sale_order_ids")
    def _compute_usual(self):
        """What the account of the first order usually says."""
        for wizard in self:
            account = wizard._first_account()
            wizard.reason = wizard.reason or account[f"{self._provider}_cancel_reason"]

    @api.depends("sale_order_ids")
    def _compute_shipped(self):
        for wizard in self:
            pickings = wizard.sale_order_ids.picking_ids
            wizard.shipped = any(picking.state == "done" for picking in pickings)

    def _first_account(self):
        return self.sale_order_ids[:1]._order_of(self._provider).account_id

    # === ACTIONS === #

    def action_cancel_orders(self):
        """Cancel in Odoo now; the channel is told once that is committed."""
        self.ensure_one()
        return self.sale_order_ids.with_context(**self._chosen()).action_cancel()

    def _chosen(self):
        """Context keys with what the person chose."""
        return {REASON_KEY: self.reason}
