from odoo import api, fields, models
from odoo.fields import Domain

DELIVERY_STATUS = [
    ("new", "New"),
    ("submitted", "Submitted"),
    ("pending", "Pending"),
    ("success", "Success"),
    ("error", "Error"),
    ("superseded", "Superseded"),
]


class LooseMany2one(fields.Many2one):
    """Without a foreign key: a log outlives what it names, and the check would double the cost
    of its INSERT."""

    def update_db_foreign_key(self, model, column):
        """No constraint in the database."""


class MarketplaceOperation(models.AbstractModel):
    """Something that happened in Odoo, written in the user's own transaction; never changed
    afterwards but for the mark that it was dispatched."""

    _name = "marketplace.operation"
    _description = "Marketplace Operation"
    _order = "id desc"
    _log_access = False

    model_name = fields.Char("Model", required=True, readonly=True)
    record_id = fields.Many2oneReference(
        "Record id", model_field="model_name", required=True, readonly=True, aggregator=None
    )
    operation_data = fields.Json(
        "Data",
        readonly=True,
        help="write: names of the changed fields, short old and new values. "
        "unlink: identifiers of what is gone. create: empty.",
    )
    operation_timestamp = fields.Datetime("Time", required=True, readonly=True)
    user_id = LooseMany2one("res.users", readonly=True)
    site_name = fields.Char(
        "Channel", readonly=True, help="Empty: for every channel that is concerned."
    )
    account_id = fields.Many2one(
        "marketplace.account", readonly=True, ondelete="cascade", help="Empty: for all accounts."
    )
    dispatched_at = fields.Datetime("Handed over", readonly=True)
    status = fields.Selection(
        [("none", "Nothing to tell"), *DELIVERY_STATUS],
        compute="_compute_status",
        search="_search_status",
        help="The worst of what became of it on the accounts concerned.",
    )
    summary = fields.Char("Changed", compute="_compute_summary")

    # What is worst comes first: an operation fares as its worst delivery.
    _WORST_FIRST = ("error", "new", "submitted", "pending", "success", "superseded")

    @api.depends("delivery_ids.status", "dispatched_at")
    def _compute_status(self):
        for operation in self:
            operation.status = operation._status_on(operation.delivery_ids)

    def _status_on(self, deliveries):
        """The worst status of some deliveries; of none: new until dispatched."""
        statuses = set(deliveries.mapped("status"))
        for status in self._WORST_FIRST:
            if status in statuses:
                return status
        return "none" if self.dispatched_at else "new"

    @api.model
    def _search_status(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        domain = Domain.OR([self._status_domain(status) for status in value])
        return domain if operator == "in" else ~domain

    @api.model
    def _status_domain(self, status, provider=None):
        """Operations whose status (on the accounts of a provider) is this one."""

        def having(one):
            clause = Domain("status", "=", one)
            if provider:
                clause &= Domain("account_id.provider", "=", provider)
            return Domain("delivery_ids", "any", clause)

        if status == "none":
            return Domain("dispatched_at", "!=", False) & Domain("delivery_ids", "=", False)
        rank = self._WORST_FIRST.index(status)
        domain = having(status)
        for worse in self._WORST_FIRST[:rank]:
            domain &= ~having(worse)
        if status == "new" and not provider:
            domain |= Domain("dispatched_at", "=", False)
        return domain

    # === STATUS BY PROVIDER (X4) === #

    @api.model
    def _search_provider_status(self, provider, operator, value):
        """Search of a field such as ``amazon_status``; the empty value is "nothing told"."""
        if operator not in ("in", "not in"):
            return NotImplemented
        told = [one for one in value if one]
        domain = Domain.OR([self._status_domain(one, provider) for one in told])
        if len(told) < len(list(value)):
            domain |= ~Domain("delivery_ids", "any", Domain("account_id.provider", "=", provider))
        return domain if operator == "in" else ~domain

    def _compute_provider_status(self, provider):
        """Fill ``<provider>_status``, ``_status_data`` and ``_status_timestamp``."""
        for operation in self:
            deliveries = operation.delivery_ids.filtered(
                lambda delivery: delivery.account_id.provider == provider
            )
            newest = deliveries.sorted("status_timestamp")[-1:]
            operation[f"{provider}_status"] = (
                operation._status_on(deliveries) if deliveries else False
            )
            operation[f"{provider}_status_data"] = newest.status_data
            operation[f"{provider}_status_timestamp"] = newest.status_timestamp

    @api.depends("operation_data")
    def _compute_summary(self):
        for operation in self:
            data = operation.operation_data or {}
            values = data.get("values") or {}
            parts = [f"{name}: {old} → {new}" for name, (old, new) in values.items()]
            shown = {name.partition("@")[0] for name in values}
            parts += [name for name in data.get("fields", ()) if name not in shown]
            parts += [f"{name}: {data[name]}" for name in ("sku", "barcode") if data.get(name)]
            operation.summary = ", ".join(parts)[:200]
