from odoo import fields, models
from odoo.tools import SQL

from .marketplace_link_matcher import HOW
from .marketplace_link_partner_matcher import PARTNER_HOW
from .marketplace_link_planner import ACTION


class MarketplaceLinkImportLine(models.Model):
    """One row of a file of links: what was read, what it means, what became of it."""

    _name = "marketplace.link.import.line"
    _description = "Marketplace Row of an Import of Links"
    _order = "import_id desc, row, id"
    _rec_name = "read_text"
    _log_access = False

    import_id = fields.Many2one(
        "marketplace.link.import", required=True, ondelete="cascade", index=True, readonly=True
    )
    account_id = fields.Many2one(related="import_id.account_id")
    company_id = fields.Many2one(related="import_id.company_id", store=True, index=True)
    kind = fields.Selection(related="import_id.kind")
    row = fields.Integer(readonly=True, aggregator=None, help="As the spreadsheet counts.")
    values = fields.Json(readonly=True)
    read_text = fields.Char("What was read", readonly=True)
    external_id = fields.Char("External id", readonly=True)
    action = fields.Selection(ACTION, readonly=True, index=True)
    applied = fields.Boolean(readonly=True)
    how = fields.Selection(list(dict(HOW + PARTNER_HOW).items()), "Matched by", readonly=True)
    reason = fields.Char(readonly=True)
    product_id = fields.Many2one("product.product", readonly=True, ondelete="set null")
    uom_id = fields.Many2one("uom.uom", "Unit", readonly=True, ondelete="set null")
    partner_id = fields.Many2one("res.partner", "Contact", readonly=True, ondelete="set null")
    listing_id = fields.Many2one("marketplace.listing", readonly=True, ondelete="set null")
    link_id = fields.Many2one("marketplace.partner", readonly=True, ondelete="set null")

    def _store_plan(self, plan, kind):
        """Keep what was decided about a row."""
        vals = {"action": plan.action, "how": plan.how or False, "reason": plan.reason or False}
        if kind == "product":
            vals |= {
                "product_id": plan.record.id,
                "uom_id": plan.match.uom.id if plan.match else False,
                "listing_id": plan.target.id,
            }
        else:
            vals |= {"partner_id": plan.record.id, "link_id": plan.target.id}
        self.write(vals)

    def _mark_repeated(self, item):
        """Rows of one file that say the same, or contradict each other.

        The first of equal rows counts; of contradicting ones none, for nobody knows which is
        right. By SQL: every row is compared with all others, which are more than fit in memory.

        :param item: the import.
        """
        self.env.flush_all()
        pairs = SQL("one.external_id = two.external_id")
        target = SQL.identifier("product_id" if item.kind == "product" else "partner_id")
        # A product is linked once for each unit; a contact may have several external ids.
        twice = SQL("one.record = two.record AND one.uom_id = two.uom_id")
        self.env.cr.execute(
            SQL(
                """
                WITH line AS (
                    SELECT id, row, external_id, uom_id, values, %(target)s AS record
                      FROM marketplace_link_import_line
                     WHERE import_id = %(import)s AND action IN ('create', 'update', 'unchanged')
                ), pair AS (
                    SELECT one.id, two.row AS other_row,
                           one.external_id IS NOT DISTINCT FROM two.external_id
                           AND one.record IS NOT DISTINCT FROM two.record
                           AND one.uom_id IS NOT DISTINCT FROM two.uom_id
                           AND one.values = two.values AS same,
                           (two.row, two.id) < (one.row, one.id) AS earlier
                      FROM (%(joins)s) AS met (one_id, two_id)
                      JOIN line one ON one.id = one_id
                      JOIN line two ON two.id = two_id
                ), verdict AS (
                    SELECT id, bool_and(same) AS same, bool_or(earlier) AS earlier,
                           min(other_row) FILTER (WHERE NOT same) AS other_row,
                           min(other_row) FILTER (WHERE earlier) AS first_row
                      FROM pair GROUP BY id
                )
                UPDATE marketplace_link_import_line AS written
                   SET action = CASE WHEN same THEN 'unchanged' ELSE 'conflict' END,
                       reason = CASE WHEN same THEN %(same)s || first_row
                                     ELSE %(other)s || other_row END
                  FROM verdict
                 WHERE written.id = verdict.id AND (NOT same OR earlier)
                """,
                **{"import": item.id},
                target=target,
                # Two joins, each on equality: one with OR would compare every row with every row.
                joins=SQL(" UNION ").join(
                    SQL(
                        "SELECT one.id, two.id FROM line one JOIN line two ON one.id != two.id"
                        " AND %s",
                        condition,
                    )
                    for condition in ([pairs, twice] if item.kind == "product" else [pairs])
                ),
                same=self.env._("Says the same as row "),
                other=self.env._("Contradicts row "),
            )
        )
        self.invalidate_model(["action", "reason"])
