from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.queue_job.exception import RetryableJobError

from marketplace_adapters.core import AdapterError, ThrottledError

from ..tools.db import fresh_env
from .marketplace_link_matcher import LinkMatcher
from .marketplace_link_planner import plan_listing, write_plans

CHUNK = 1000


class MarketplaceLinkCatalogue(models.Model):
    """What a channel lists, side by side with the products of Odoo: one for each account, read
    again as often as one likes.

    ::

        new ──fetch──▶ waiting ──job──▶ ready
                          └──▶ failed
    """

    _name = "marketplace.link.catalogue"
    _description = "Marketplace Catalogue of a Channel"
    _rec_name = "account_id"
    _order = "account_id"

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    provider = fields.Selection(related="account_id.provider")
    ids_are = fields.Selection(
        [("variant", "Product variants"), ("template", "Product templates")],
        "Our ids on the channel are ids of",
        required=True,
        default="variant",
        help="Older connectors told the channel the id of the template.",
    )
    move = fields.Boolean(
        "Move links", help="Ticked conflicts with another link replace that link."
    )
    send_now = fields.Boolean(
        "Send now",
        help="Tell the channel product, price and stock of what is linked. Otherwise linking sends "
        "nothing.",
    )
    state = fields.Selection(
        [
            ("new", "Not read yet"),
            ("waiting", "Being read"),
            ("ready", "Read"),
            ("failed", "Failed"),
        ],
        default="new",
        required=True,
        readonly=True,
    )
    message = fields.Char(readonly=True)
    fetched_at = fields.Datetime("Read on", readonly=True)
    line_ids = fields.One2many("marketplace.link.catalogue.line", "catalogue_id")
    line_count = fields.Integer("Listings of the channel", compute="_compute_counts")
    linked_count = fields.Integer("Linked", compute="_compute_counts")
    proposed_count = fields.Integer("Proposed", compute="_compute_counts")
    conflict_count = fields.Integer("Conflicts", compute="_compute_counts")
    unmatched_count = fields.Integer("Without a product", compute="_compute_counts")
    missing_count = fields.Integer("Missing on the channel", compute="_compute_counts")
    ignored_count = fields.Integer("Ignored", compute="_compute_counts")
    coverage = fields.Float(
        "Catalogue linked (%)",
        compute="_compute_counts",
        help="Share of what the channel lists that is linked to a product.",
    )

    _account_unique = models.Constraint("UNIQUE (account_id)", "One catalogue for each account.")

    @api.depends("line_ids.status")
    def _compute_counts(self):
        groups = self.env["marketplace.link.catalogue.line"]._read_group(
            [("catalogue_id", "in", self.ids)], ["catalogue_id", "status"], ["__count"]
        )
        counts = {(item.id, status): count for item, status, count in groups}
        for item in self:
            for status in ("linked", "proposed", "conflict", "unmatched", "missing", "ignored"):
                item[f"{status}_count"] = counts.get((item._origin.id, status), 0)
            item.line_count = (
                item.linked_count
                + item.proposed_count
                + item.conflict_count
                + item.unmatched_count
                + item.ignored_count
            )
            item.coverage = 100.0 * item.linked_count / item.line_count if item.line_count else 0.0

    # === ACTIONS === #

    @api.model
    def _of(self, account):
        """The catalogue of an account, made at the first look."""
        return self.search([("account_id", "=", account.id)]) or self.create(
            {"account_id": account.id}
        )

    def action_fetch(self):
        """Ask the channel for everything that it lists, in the background."""
        for catalogue in self:
            account = catalogue.account_id
            if not account._may_call():
                raise UserError(
                    self.env._("%s is not connected, or is paused. Connect it first.", account.name)
                )
            catalogue.write({"state": "waiting", "message": False})
            catalogue.with_delay(
                channel="root.marketplace",
                priority=12,
                identity_key=f"marketplace.link.catalogue:{account.id}",
                description=self.env._("Catalogue of %s", account.name),
            )._job_fetch()

    def action_lines(self):
        """The review list."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "marketplace.action_link_catalogue_line"
        )
        action["domain"] = [("catalogue_id", "=", self.id)]
        return action

    def action_tick_likely(self):
        """Tick every proposal that was found by an id, an equal SKU or a barcode."""
        self.line_ids.filtered(
            lambda line: line.status == "proposed" and line.confidence in ("certain", "likely")
        ).tick = True

    def action_link(self):
        """Link everything that is ticked."""
        ticked = self.line_ids.filtered("tick")
        if not ticked:
            raise UserError(self.env._("Tick the listings that you want to link first."))
        ticked.action_link()

    # === READING === #

    def _job_fetch(self):
        """Marketplace: read a catalogue"""
        if not self.exists():
            return
        if not self.account_id._may_call():
            self.write({"state": "failed", "message": self.env._("The account was paused.")})
            return
        try:
            remotes = self._read_channel()
        except ThrottledError as exc:
            raise RetryableJobError(
                exc.message, seconds=int(exc.retry_after) + 1, ignore_retry=True
            ) from exc
        except AdapterError as exc:
            self.write({"state": "failed", "message": exc.message})
            return
        self._take_over(remotes)

    def _read_channel(self):
        """:return: list of :class:`marketplace_adapters.core.RemoteListing`
        :raise AdapterError: the channel could not be read to the end."""
        account = self.account_id.with_context(marketplace_patient=True)
        with account._open_adapter() as adapter:
            try:
                return list(adapter.listings())
            finally:
                # In a transaction of its own: it is kept also when the reading failed.
                with fresh_env(self.env) as env:
                    env["marketplace.exchange"].sudo()._store(
                        self.account_id.with_env(env), adapter.take_exchanges()
                    )

    def _take_over(self, remotes):
        """Bring the review list in line with what the channel lists now."""
        lines = self.env["marketplace.link.catalogue.line"]
        self.line_ids.filtered(lambda line: line.status == "missing").unlink()
        known = {line.key: line for line in self.line_ids}
        current = {}
        for remote in remotes:
            vals = lines._remote_vals(remote)
            current.setdefault(vals["key"], vals)
        lines.browse([line.id for key, line in known.items() if key not in current]).unlink()
        for key in current.keys() & known.keys():
            if known[key]._differs(current[key]):
                known[key].with_context(marketplace_matching=True).write(current[key])
        lines.create(
            [vals | {"catalogue_id": self.id} for key, vals in current.items() if key not in known]
        )
        self.env.flush_all()
        self.invalidate_recordset(["line_ids"])
        self._match()
        self._add_missing(current)
        self.write({"state": "ready", "fetched_at": fields.Datetime.now(), "message": False})

    def _match(self, lines=None):
        """Propose a product for every line that no person has decided about."""
        lines = self.line_ids if lines is None else lines
        lines = lines.filtered(lambda line: line.status not in ("ignored", "missing"))
        for start in range(0, len(lines), CHUNK):
            chunk = lines[start : start + CHUNK]
            plans = self._plans(chunk)
            for line in chunk:
                line._store_plan(plans[line.id])
            self.env.flush_all()
        self._mark_rivals(lines)

    def _plans(self, lines):
        """:return: {line id: :class:`Plan`}"""
        rows = [line._named() for line in lines]
        matches = LinkMatcher(self.account_id, self.ids_are).match(rows)
        return {
            line.id: plan_listing(
                self.account_id,
                row,
                match,
                line._given(match),
                # Whoever chose the product by hand has seen what was linked before.
                move=self.move or line._is_chosen(),
            )
            for line, row, match in zip(lines, rows, matches, strict=True)
        }

    def _mark_rivals(self, lines):
        """Several listings of the channel that mean the same product in the same unit (X36)."""
        groups = lines.filtered(
            lambda line: line.status in ("proposed", "linked") and line.product_id
        ).grouped(lambda line: (line.product_id.id, line.uom_id.id))
        for rivals in groups.values():
            if len(rivals) < 2:
                continue
            names = ", ".join(rival.external_id or rival.sku or "?" for rival in rivals[:5])
            rivals.filtered(lambda line: line.status == "proposed").with_context(
                marketplace_matching=True
            ).write(
                {
                    "status": "conflict",
                    "tick": False,
                    "reason": self.env._(
                        "%(count)s listings of the channel mean this product: %(names)s.",
                        count=len(rivals),
                        names=names,
                    ),
                }
            )

    def _add_missing(self, current):
        """Our links whose external id the channel does not list: gone there, or never right."""
        gone = self.env["marketplace.listing"].search(
            Domain("account_id", "=", self.account_id.id)
            & Domain("external_id", "not in", [False, *current])
        )
        self.env["marketplace.link.catalogue.line"].create(
            [
                {
                    "catalogue_id": self.id,
                    "key": listing.external_id,
                    "external_id": listing.external_id,
                    "sku": listing.sku,
                    "title": listing.title,
                    "status": "missing",
                    "product_id": listing.product_id.id,
                    "uom_id": listing.uom_id.id,
                    "listing_id": listing.id,
                    "reason": self.env._("Linked here, but the channel does not list it."),
                }
                for listing in gone
            ]
        )

    # === LINKING === #

    def _link(self, lines):
        """Link lines as they stand in the list.

        :return: lines that were linked.
        """
        self.ensure_one()
        linked = lines.browse()
        for start in range(0, len(lines), CHUNK):
            chunk = lines[start : start + CHUNK]
            plans = self._plans(chunk)
            wanted = {
                key: plan for key, plan in plans.items() if plan.action in ("create", "update")
            }
            done, failed = write_plans(self.env["marketplace.listing"], wanted)
            for line in chunk:
                line._store_plan(plans[line.id])
                if line.id in done:
                    line._settle("linked", listing=done[line.id])
                elif line.id in failed:
                    line._settle("conflict", reason=failed[line.id])
            linked |= chunk.filtered(lambda line: line.status == "linked")
            self.env.flush_all()
        linked.listing_id._linked(send_now=self.send_now)
        return linked
