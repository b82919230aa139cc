import json

from odoo import api, fields, models

from ..tools.inbound import naive


class MarketplaceListing(models.Model):
    """What the channel says of a listing by itself: its state, and what is wrong with it."""

    _inherit = "marketplace.listing"

    channel_status = fields.Char(
        "Status on the channel", readonly=True, copy=False, help="In the channel's own words."
    )
    channel_status_at = fields.Datetime("Said", readonly=True, copy=False)
    # Channels name a listing by others of its ids as well.
    _extra_idx = models.Index("USING gin (extra jsonb_path_ops) WHERE extra IS NOT NULL")

    issue_ids = fields.One2many("marketplace.listing.issue", "listing_id", "Issues", readonly=True)
    issue_count = fields.Integer(compute="_compute_issue_count", string="Number of issues")
    has_issues = fields.Boolean(
        compute="_compute_issue_count", search="_search_has_issues", string="Has errors"
    )

    @api.depends("issue_ids")
    def _compute_issue_count(self):
        for listing in self:
            listing.issue_count = len(listing.issue_ids)
            listing.has_issues = "error" in listing.issue_ids.mapped("severity")

    @api.model
    def _search_has_issues(self, operator, value):
        if operator != "in":
            return NotImplemented
        wrong = fields.Domain("issue_ids.severity", "=", "error")
        return fields.Domain.OR([wrong if one else ~wrong for one in value])

    def _take_over(self, news):
        """What the channel says of this listing now; an older word never replaces a newer one.

        :param news: :class:`marketplace_adapters.core.ListingNews`.
        :return: whether it was new.
        """
        self.ensure_one()
        if news.status is None and news.issues is None and not news.deleted:
            # It says nothing that a later word could replace.
            if news.learned:
                self._learn(news.learned)
            return True
        moment = naive(news.occurred_at)
        if moment and self.channel_status_at and moment < self.channel_status_at:
            return False
        vals = {"channel_status_at": moment or fields.Datetime.now()}
        if news.status is not None:
            vals["channel_status"] = ", ".join(news.status)
        if news.deleted:
            # Whatever we believed that the channel knows, it knows no more.
            vals |= {"channel_status": self.env._("Deleted"), "acknowledged": False}
        self.write(vals)
        if news.issues is not None:
            self.env["marketplace.listing.issue"]._replace({self.id: list(news.issues)})
        if news.learned:
            self._learn(news.learned)
        return True


class MarketplaceInbox(models.Model):
    """News of listings, and of work that the channel has done."""

    _inherit = "marketplace.inbox"

    def _process_topic_listing(self, account, messages):
        """:attr:`document` is a :class:`marketplace_adapters.core.ListingNews`."""
        found = self._all_listings_of(account, [message.document.key for message in messages])
        for message, listings in zip(messages, found, strict=True):
            if not listings:
                message.settle("ignored", self.env._("This listing is not linked here."))
            elif not any([listing._take_over(message.document) for listing in listings]):
                message.settle("ignored", self.env._("Older than what we know."))
            else:
                message.settle("done")

    def _process_topic_submission(self, account, messages):
        """The channel has done some of its work: it is asked for the outcome now.

        The event's external id is part of the submission's remote id.
        """
        for message in messages:
            waiting = self.env["marketplace.submission"].search(
                [
                    ("account_id", "=", account.id),
                    ("state", "=", "pending"),
                    ("remote_id", "like", message.external_id),
                ]
            )
            waiting.poll_at = fields.Datetime.now()
            if waiting:
                message.settle("done", self.env._("Asked for the outcome."))
                self.env["marketplace.engine"]._wake_send(account)
            else:
                message.settle("ignored", self.env._("Nothing waits for it."))

    @api.model
    def _all_listings_of(self, account, keys):
        """As :meth:`_listings_of`, and for keys that name neither the channel's id nor a SKU all
        listings with their further ids: one product may have several.

        By SQL: the ORM does not look into JSON.

        :return: list of recordsets in the order of the keys
        """
        listings = self._listings_of(account, keys)
        others = {
            index: json.dumps(dict(key.extra))
            for index, key in enumerate(keys)
            if key.extra and not key.external_id and not key.sku
        }
        if not others:
            return listings
        self.env["marketplace.listing"].flush_model(["extra", "account_id"])
        self.env.cr.execute(
            """
            SELECT key.index, listing.id
              FROM unnest(%s::int[], %s::text[]) AS key (index, extra)
              JOIN marketplace_listing listing
                ON listing.account_id = %s AND listing.extra @> key.extra::jsonb
             ORDER BY listing.id
            """,
            [list(others), list(others.values()), account.id],
        )
        for index, listing_id in self.env.cr.fetchall():
            listings[index] |= listings[index].browse(listing_id)
        return listings

    @api.model
    def _listings_of(self, account, keys):
        """Listings of one account by the channel's id or SKU, one query.

        :param keys: of :class:`marketplace_adapters.core.ListingKey`.
        :return: list of records, empty where there is none.
        """
        ids = {value for key in keys for value in (key.external_id, key.sku) if value}
        found = (
            self.env["marketplace.listing"]
            .with_context(active_test=False)
            .search(
                [
                    ("account_id", "=", account.id),
                    "|",
                    ("external_id", "in", list(ids)),
                    ("sku", "in", list(ids)),
                ],
                order="active, id desc",
            )
        )
        by_external = {one.external_id: one for one in found if one.external_id}
        by_sku = {one.sku: one for one in found if one.sku}
        none = found.browse()
        return [by_external.get(key.external_id) or by_sku.get(key.sku) or none for key in keys]
