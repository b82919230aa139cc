from odoo import fields, models

DELIVERY_STATUS = [
    ("new", "New"),
    ("submitted", "Submitted"),
    ("pending", "Pending"),
    ("success", "Success"),
    ("error", "Error"),
    ("superseded", "Superseded"),
]


class MarketplaceOperation(models.AbstractModel):
    """Something that happened in Odoo, written in the user's own transaction; never changed
    afterwards but for the mark that it was dispatched."""

    _name = "marketplace.operation"
    _description = "Marketplace Operation"
    _order = "id desc"
    _rec_name = "record_operation"
    _log_access = False

    model_name = fields.Char("Model", required=True, readonly=True)
    record_id = fields.Many2oneReference(
        "Record id", model_field="model_name", required=True, readonly=True, aggregator=None
    )
    operation_data = fields.Json(
        readonly=True,
        help="write: names of the changed fields, short old and new values. "
        "unlink: identifiers of what is gone. create: empty.",
    )
    operation_timestamp = fields.Datetime("Time", required=True, readonly=True)
    user_id = fields.Many2one("res.users", readonly=True)
    site_name = fields.Char(
        "Channel", readonly=True, help="Empty: for every channel that is concerned."
    )
    account_id = fields.Many2one(
        "marketplace.account", readonly=True, ondelete="cascade", help="Empty: for all accounts."
    )
    dispatched_at = fields.Datetime(readonly=True)
    status = fields.Selection(
        [("none", "Nothing to tell"), *DELIVERY_STATUS],
        compute="_compute_status",
        search="_search_status",
        help="The worst of what became of it on the accounts concerned.",
    )
    summary = fields.Char(compute="_compute_summary")
