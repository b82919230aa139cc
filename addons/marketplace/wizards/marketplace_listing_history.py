from odoo import api, fields, models
from odoo.tools import SQL

from ..models.marketplace_outbox import KINDS


class MarketplaceListingHistory(models.TransientModel):
    """What a channel knew of a listing at a moment (C7): the last values that it had accepted by
    then, with the time of each. For disputes: "stock 0 was accepted at 14:31:09"."""

    _name = "marketplace.listing.history"
    _description = "What a Channel Knew"

    listing_id = fields.Many2one("marketplace.listing", required=True, readonly=True)
    company_id = fields.Many2one(related="listing_id.company_id")
    moment = fields.Datetime("Known at", required=True, default=fields.Datetime.now)
    line_ids = fields.One2many(
        "marketplace.listing.history.line", "history_id", compute="_compute_line_ids", store=True
    )

    @api.depends("listing_id", "moment")
    def _compute_line_ids(self):
        for history in self:
            history.line_ids = [
                (5, 0, 0),
                *((0, 0, vals) for vals in history.listing_id._known_at(history.moment)),
            ]


class MarketplaceListingHistoryLine(models.TransientModel):
    """The last accepted values of one kind."""

    _name = "marketplace.listing.history.line"
    _description = "What a Channel Knew of One Kind"
    _order = "accepted_at desc, id"

    history_id = fields.Many2one("marketplace.listing.history", required=True, ondelete="cascade")
    kind = fields.Selection(KINDS, readonly=True)
    known = fields.Char("Values", readonly=True)
    accepted_at = fields.Datetime("Accepted", readonly=True)
    submission_id = fields.Many2one("marketplace.submission", readonly=True)


class MarketplaceListing(models.Model):
    _inherit = "marketplace.listing"

    def _known_at(self, moment):
        """The last values of each kind that the channel had accepted at a moment.

        :param moment: naive UTC.
        :return: list of {"kind", "known", "accepted_at", "submission_id"}, newest first; empty for
            moments before the log begins.
        """
        self.ensure_one()
        self.check_access("read")
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT ON (kind) kind, sent, status_at, submission_id
                  FROM marketplace_outbox
                 WHERE listing_id = %s AND status = 'success' AND sent IS NOT NULL
                   AND status_at < %s::timestamp + interval '1 second'
                 ORDER BY kind, status_at DESC, id DESC
                """,
                self.id,
                moment,
            )
        )
        rows = sorted(self.env.cr.fetchall(), key=lambda row: row[2], reverse=True)
        return [
            {
                "kind": kind,
                "known": ", ".join(f"{name}: {sent[name]}" for name in sorted(sent)),
                "accepted_at": accepted_at.replace(microsecond=0),
                "submission_id": submission_id,
            }
            for kind, sent, accepted_at, submission_id in rows
        ]

    def action_open_history(self):
        """Ask what the channel knew at a moment."""
        self.ensure_one()
        history = self.env["marketplace.listing.history"].create({"listing_id": self.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What the channel knew"),
            "res_model": history._name,
            "res_id": history.id,
            "views": [(False, "form")],
            "target": "new",
        }
