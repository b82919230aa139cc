from odoo import fields, models

from .marketplace_operation import DELIVERY_STATUS
from .marketplace_outbox import KINDS


class MarketplaceDelivery(models.Model):
    """What became of one operation on one account, by kind: a view over the outbox.

    The status is not stored a second time. An operation whose item was extended by a later one
    is superseded by that one; otherwise it fares as its outbox item does.
    """

    _name = "marketplace.delivery"
    _description = "Marketplace Delivery of an Operation"
    _auto = False
    _log_access = False
    _order = "id desc"

    product_operation_id = fields.Many2one(
        "marketplace.product.operation", readonly=True, string="Product operation"
    )
    order_operation_id = fields.Many2one(
        "marketplace.order.operation", readonly=True, string="Order operation"
    )
    outbox_id = fields.Many2one("marketplace.outbox", readonly=True, string="Outbox item")
    account_id = fields.Many2one("marketplace.account", readonly=True)
    provider = fields.Selection(related="account_id.provider", string="Channel")
    company_id = fields.Many2one("res.company", readonly=True)
    kind = fields.Selection(KINDS, readonly=True)
    status = fields.Selection(DELIVERY_STATUS, readonly=True)
    status_data = fields.Char("Answer", readonly=True)
    status_timestamp = fields.Datetime("Status since", readonly=True)
    superseded_by_id = fields.Many2one("marketplace.delivery", readonly=True, string="Replaced by")

    def init(self):
        # Made by hand: a million links need neither an ORM model nor two columns of who and when.
        self.env.cr.execute(
            """
            CREATE TABLE IF NOT EXISTS marketplace_operation_outbox (
                id bigserial PRIMARY KEY,
                product_operation_id int
                    REFERENCES marketplace_product_operation ON DELETE CASCADE,
                order_operation_id int
                    REFERENCES marketplace_order_operation ON DELETE CASCADE,
                outbox_id int NOT NULL REFERENCES marketplace_outbox ON DELETE CASCADE
            );
            CREATE INDEX IF NOT EXISTS marketplace_operation_outbox_product_idx
                ON marketplace_operation_outbox (product_operation_id)
                WHERE product_operation_id IS NOT NULL;
            CREATE INDEX IF NOT EXISTS marketplace_operation_outbox_order_idx
                ON marketplace_operation_outbox (order_operation_id)
                WHERE order_operation_id IS NOT NULL;
            CREATE INDEX IF NOT EXISTS marketplace_operation_outbox_outbox_idx
                ON marketplace_operation_outbox (outbox_id, id);
            CREATE OR REPLACE VIEW marketplace_delivery AS
                SELECT link.id,
                       link.product_operation_id,
                       link.order_operation_id,
                       link.outbox_id,
                       item.account_id,
                       account.company_id,
                       item.kind,
                       CASE WHEN later.id IS NULL THEN item.status ELSE 'superseded' END AS status,
                       item.message AS status_data,
                       item.status_at AS status_timestamp,
                       later.id AS superseded_by_id
                  FROM marketplace_operation_outbox link
                  JOIN marketplace_outbox item ON item.id = link.outbox_id
                  JOIN marketplace_account account ON account.id = item.account_id
                  LEFT JOIN LATERAL (
                      SELECT min(newer.id) AS id
                        FROM marketplace_operation_outbox newer
                       WHERE newer.outbox_id = link.outbox_id
                         AND newer.product_operation_id > link.product_operation_id
                  ) later ON true
            """
        )
