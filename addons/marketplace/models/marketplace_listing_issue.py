from odoo import api, fields, models
from odoo.tools import SQL


class MarketplaceListingIssue(models.Model):
    """What the channel finds wrong with a listing now; the newest word replaces all before it."""

    _name = "marketplace.listing.issue"
    _description = "Marketplace Listing Issue"
    _order = "severity, id"
    _rec_name = "message"
    _log_access = False

    listing_id = fields.Many2one(
        "marketplace.listing", required=True, ondelete="cascade", index=True, readonly=True
    )
    account_id = fields.Many2one(related="listing_id.account_id", store=True, index=True)
    company_id = fields.Many2one(related="listing_id.company_id", store=True, index=True)
    product_id = fields.Many2one(related="listing_id.product_id")
    code = fields.Char(readonly=True)
    severity = fields.Selection(
        [("error", "Error"), ("warning", "Warning"), ("info", "Notice")],
        required=True,
        default="error",
        readonly=True,
    )
    message = fields.Text(readonly=True)
    attribute_names = fields.Char("Concerns", readonly=True)
    found_at = fields.Datetime("Found", default=fields.Datetime.now, readonly=True)

    @api.model
    def _take_over_results(self, results):
        """Issues that came with the answer to a push.

        :param results: of :class:`marketplace_adapters.core.ItemResult`; those that say nothing of
            issues change nothing.
        """
        told = {int(result.ref): result.issues for result in results if result.issues is not None}
        if not told:
            return
        found = {}
        for item in self.env["marketplace.outbox"].browse(told):
            if item.listing_id:
                found.setdefault(item.listing_id.id, {}).update(
                    {(one.code, one.message): one for one in told[item.id]}
                )
        self._replace({listing: list(issues.values()) for listing, issues in found.items()})

    @api.model
    def _replace(self, found):
        """Set the issues of listings, whatever was known of them before.

        By SQL: a feed may have thousands.

        :param dict found: listing id → list of :class:`marketplace_adapters.core.Issue`.
        """
        if not found:
            return
        self.env.flush_all()
        self.env.cr.execute(
            "DELETE FROM marketplace_listing_issue WHERE listing_id = ANY(%s)", [list(found)]
        )
        rows = [
            (
                listing,
                issue.code,
                issue.severity.value,
                issue.message,
                ", ".join(issue.attributes) or None,
            )
            for listing, issues in found.items()
            for issue in issues
        ]
        if rows:
            columns = [list(column) for column in zip(*rows, strict=True)]
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO marketplace_listing_issue
                        (listing_id, account_id, company_id, code, severity, message,
                         attribute_names, found_at)
                    SELECT listing.id, listing.account_id, listing.company_id, row.code,
                           row.severity, row.message, row.attribute_names,
                           now() AT TIME ZONE 'UTC'
                      FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::text[])
                           AS row (listing_id, code, severity, message, attribute_names)
                      JOIN marketplace_listing listing ON listing.id = row.listing_id
                    """,
                    *columns,
                )
            )
        self.env["marketplace.listing"].browse(found).invalidate_recordset(["issue_ids"])
