from odoo import fields, models


class MarketplaceInbox(models.Model):
    """One event or document of a channel, stored before anything is done with it.

    ::

        new ──process──▶ done / ignored (older or already known)
         ▲  │
         │  └──▶ quarantined (a person must decide) / error (our failure, retried)
         └── replay
    """

    _name = "marketplace.inbox"
    _description = "Marketplace Inbox Item"
    _order = "id desc"
    _rec_name = "external_id"
    _log_access = False

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", readonly=True
    )
    provider = fields.Selection(related="account_id.provider")
    company_id = fields.Many2one(related="account_id.company_id")
    topic = fields.Char(required=True, readonly=True)
    external_id = fields.Char(required=True, readonly=True)
    revision = fields.Char(required=True, readonly=True)
    payload = fields.Json(readonly=True, groups="marketplace.group_user")
    source = fields.Selection(
        [("webhook", "Webhook"), ("pull", "Pull"), ("manual", "Manual")],
        required=True,
        default="pull",
        readonly=True,
    )
    occurred_at = fields.Datetime("Changed on the channel", readonly=True)
    received_at = fields.Datetime(default=fields.Datetime.now, readonly=True)
    processed_at = fields.Datetime(readonly=True)
    status = fields.Selection(
        [
            ("new", "New"),
            ("done", "Done"),
            ("ignored", "Nothing to do"),
            ("quarantined", "Quarantined"),
            ("error", "Error"),
        ],
        required=True,
        default="new",
        readonly=True,
    )
    attempts = fields.Integer(readonly=True, aggregator=None)
    not_before = fields.Datetime(readonly=True)
    message = fields.Char("Result", readonly=True)
    cause_id = fields.Many2one("marketplace.cause", ondelete="set null", readonly=True)
    order_id = fields.Many2one("marketplace.order", ondelete="set null", readonly=True)

    _event_unique = models.UniqueIndex("(account_id, topic, external_id, revision)")
    _waiting_idx = models.Index("(account_id, id) WHERE status = 'new'")
    _trouble_idx = models.Index("(account_id, status) WHERE status IN ('quarantined', 'error')")
    _cause_idx = models.Index("(cause_id) WHERE cause_id IS NOT NULL")
    _age_idx = models.Index("(account_id, received_at)")
    _order_idx = models.Index("(order_id) WHERE order_id IS NOT NULL")
