from odoo import api, fields, models
from odoo.exceptions import UserError

from .marketplace_link_matcher import LinkMatcher
from .marketplace_link_planner import plan_listing, write_plans

CHUNK = 1000


class MarketplaceLinkCatalogue(models.Model):
    """What a channel lists, side by side with the products of Odoo: one for each account, read
    again as often as one likes.

    ::

        new ──fetch──▶ waiting ──job──▶ matching ──▶ ready
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
            ("matching", "Being matched"),
            ("linking", "Being linked"),
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
            if catalogue.state not in ("waiting", "matching", "linking"):
                catalogue._begin_reading()
            catalogue._delay_again()

    def _delay_fetch(self):
        self.with_delay(
            channel="root.marketplace",
            priority=12,
            identity_key=f"marketplace.link.catalogue:{self.account_id.id}",
            description=self._work_name(),
        )._job_fetch()

    def action_lines(self):
        """The review list."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "marketplace.action_link_catalogue_line"
        )
        action["domain"] = [("catalogue_id", "=", self.id)]
        return action

    def action_make_products(self):
        """Make products of what has none: the present import of this catalogue, or a new one."""
        self.ensure_one()
        works = self.env["marketplace.catalogue.import"]
        work = works.search(
            [("catalogue_id", "=", self.id), ("state", "!=", "done")], limit=1
        ) or works.create({"catalogue_id": self.id})
        return {
            "type": "ir.actions.act_window",
            "res_model": work._name,
            "res_id": work.id,
            "views": [(False, "form")],
        }

    def action_tick_likely(self):
        """Tick every proposal that was found by an id, an equal SKU or a barcode."""
        self.env["marketplace.link.catalogue.line"].search(
            [
                ("catalogue_id", "in", self.ids),
                ("status", "=", "proposed"),
                ("confidence", "in", ("certain", "likely")),
            ]
        ).tick = True

    def action_link(self):
        """Link everything that is ticked."""
        for catalogue in self:
            found = len(catalogue._ticked(limit=CHUNK + 1))
            if not found:
                raise UserError(self.env._("Tick the listings that you want to link first."))
            if catalogue.state != "ready":
                raise UserError(self.env._("Wait until the catalogue is read and matched."))
            catalogue.position = 0
            catalogue._start_work("linking", small=found <= CHUNK)

    def _ticked(self, *, after=0, limit=None):
        return self.env["marketplace.link.catalogue.line"].search(
            [("catalogue_id", "=", self.id), ("tick", "=", True), ("id", ">", after)],
            order="id",
            limit=limit,
        )

    # === MATCHING === #

    def _match(self, lines):
        """Propose a product for lines once more."""
        for start in range(0, len(lines), CHUNK):
            self._match_chunk(lines[start : start + CHUNK])
        self._mark_rivals()

    def _match_chunk(self, lines):
        """Propose a product for every line that no person has decided about."""
        lines = lines.filtered(lambda line: line.status not in ("ignored", "missing"))
        plans = self._plans(lines)
        for line in lines:
            line._store_plan(plans[line.id])
        self.env.flush_all()

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

    def _mark_rivals(self):
        """Several listings of the channel that mean the same product in the same unit (X36)."""
        lines = self.env["marketplace.link.catalogue.line"].with_context(marketplace_matching=True)
        groups = lines._read_group(
            [
                ("catalogue_id", "=", self.id),
                ("status", "in", ("proposed", "linked")),
                ("product_id", "!=", False),
            ],
            ["product_id", "uom_id"],
            ["id:recordset"],
            having=[("__count", ">", 1)],
        )
        for _product, _uom, rivals in groups:
            names = ", ".join(rival.external_id or rival.sku or "?" for rival in rivals[:5])
            rivals.filtered(lambda line: line.status == "proposed").write(
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

    def _add_missing(self):
        """Our links whose external id the channel does not list: gone there, or never right."""
        lines = self.env["marketplace.link.catalogue.line"]
        listed = self.env["marketplace.listing"].search(
            [("account_id", "=", self.account_id.id), ("external_id", "!=", False)], order="id"
        )
        for start in range(0, len(listed), CHUNK):
            # A set of its own, so that what was read of it is let go with it.
            chunk = self.env["marketplace.listing"].browse(listed.ids[start : start + CHUNK])
            here = lines._read_group(
                [("catalogue_id", "=", self.id), ("key", "in", chunk.mapped("external_id"))],
                ["key"],
            )
            here = {key for (key,) in here}
            gone = chunk.filtered(lambda listing, here=here: listing.external_id not in here)
            lines.create([self._missing_vals(listing) for listing in gone])
            chunk.invalidate_recordset()

    def _missing_vals(self, listing):
        return {
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
