from odoo import fields, models


class MarketplaceProductOperation(models.Model):
    """Operations on products: templates, variants, their prices and their stock."""

    _name = "marketplace.product.operation"
    _description = "Marketplace Product Operation"
    _inherit = ["marketplace.operation"]
    _rec_name = "record_operation"

    template_id = fields.Integer(
        "Template id", readonly=True, aggregator=None, help="Kept because the variant may be gone."
    )
    record_operation = fields.Selection(
        [("create", "Create"), ("write", "Write"), ("unlink", "Unlink")],
        "Operation",
        required=True,
        readonly=True,
    )
    delivery_ids = fields.One2many(
        "marketplace.delivery", "product_operation_id", readonly=True, string="What became of it"
    )

    _waiting_idx = models.Index("(id) WHERE dispatched_at IS NULL")
    _record_idx = models.Index("(model_name, record_id, id)")
