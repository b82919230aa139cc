import math
from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..models.marketplace_outbox import KINDS
from .marketplace_sync_preview import _effort

# Products that the preview looks at; the rest is reckoned from them.
SAMPLE = 100
# Products that are listed in one part.
LIST_CHUNK = 500
# Up to so many products are listed while the person waits.
AT_ONCE = 200


class MarketplaceCatalogueExport(models.Model):
    """Products of Odoo that a channel is to list: chosen, looked at, listed, and watched until the
    channel has acknowledged them.

    ::

        draft ──preview──▶ planned ──list──▶ running ──▶ telling ──▶ done
                                                └──▶ failed
    """

    _name = "marketplace.catalogue.export"
    _description = "Products for a Channel"
    _inherit = ["marketplace.steps"]
    _rec_name = "account_id"
    _order = "id desc"
    _busy_states = ("running", "telling")

    account_id = fields.Many2one(
        "marketplace.account",
        required=True,
        ondelete="cascade",
        index=True,
        domain="[('state', '=', 'connected')]",
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    user_id = fields.Many2one(
        "res.users", "Asked by", readonly=True, default=lambda self: self.env.user
    )
    state = fields.Selection(
        [
            ("draft", "To prepare"),
            ("planned", "Preview"),
            ("running", "Being listed"),
            ("telling", "Being sent"),
            ("done", "Done"),
            ("failed", "Failed"),
        ],
        default="draft",
        required=True,
        readonly=True,
    )
    message = fields.Char(readonly=True)
    # === WHAT IS WISHED === #
    category_ids = fields.Many2many(
        "product.category",
        "marketplace_catalogue_export_category_rel",
        "export_id",
        "category_id",
        string="Categories",
        help="With all that is below them. Empty: any.",
    )
    product_domain = fields.Char(
        "Only products", default="[]", help="Further conditions of the products."
    )
    product_model = fields.Char(default="product.product", readonly=True)
    with_services = fields.Boolean(
        "Also services", help="Fees, shipping and the like are services: nobody lists them."
    )
    with_stock_only = fields.Boolean("Only what is in stock")
    # === WHAT COMES OF IT === #
    position = fields.Integer(readonly=True, help="Product up to which it is listed.")
    product_count = fields.Integer("Products to list", readonly=True)
    listed_count = fields.Integer("On the channel already", readonly=True)
    call_count = fields.Integer("Calls, about", readonly=True)
    seconds = fields.Float("Seconds at the channel's rate, about", readonly=True, digits=(16, 0))
    trouble_count = fields.Integer("Of the sample need you first", readonly=True)
    sample_count = fields.Integer("Products in the sample", readonly=True)
    line_ids = fields.One2many("marketplace.catalogue.export.line", "export_id", readonly=True)
    listing_ids = fields.One2many("marketplace.listing", "export_id", readonly=True)
    made_count = fields.Integer("Listed here", compute="_compute_told")
    told_count = fields.Integer("Acknowledged by the channel", compute="_compute_told")
    error_count = fields.Integer("Refused", compute="_compute_told")
    progress = fields.Float(compute="_compute_told")
    told_since = fields.Datetime(readonly=True)

    @api.depends("state", "progress_at")
    def _compute_told(self):
        for work in self:
            listings = Domain("export_id", "=", work._origin.id)
            model = self.env["marketplace.listing"].with_context(active_test=False)
            work.made_count = model.search_count(listings)
            work.told_count = model.search_count(listings & self._accepted())
            work.error_count = model.search_count(listings & ~self._accepted() & self._refused())
            settled = work.told_count + work.error_count
            work.progress = 100.0 * settled / work.made_count if work.made_count else 0.0

    @api.model
    def _accepted(self):
        return Domain("external_id", "!=", False) | Domain("acknowledged", "!=", False)

    @api.model
    def _refused(self):
        return Domain("outbox_ids.status", "=", "error")

    def _work_name(self):
        return self.env._("Products for %s", self.account_id.name)

    # === CHOICE === #

    def _wanted(self):
        """Domain of the products that can be sold, as this work chooses them."""
        self.ensure_one()
        account = self.account_id
        domain = account._sellable_products(services=self.with_services)
        if self.category_ids:
            domain &= Domain("categ_id", "child_of", self.category_ids.ids)
        try:
            domain &= Domain(literal_eval(self.product_domain or "[]"))
        except (ValueError, SyntaxError) as exc:
            raise UserError(self.env._("The condition of the products cannot be read.")) from exc
        if self.with_stock_only:
            stocked = self.env["stock.quant"]._search(
                [
                    ("location_id", "child_of", account.location_ids.ids),
                    ("quantity", ">", 0),
                ]
            )
            domain &= Domain("id", "in", stocked.subselect("product_id"))
        return domain

    def _unlisted(self):
        listed = (
            self.env["marketplace.listing"]
            .with_context(active_test=False)
            ._search([("account_id", "=", self.account_id.id), ("product_id", "!=", False)])
        )
        return self._wanted() & Domain("id", "not in", listed.subselect("product_id"))

    # === ACTIONS === #

    def action_preview(self):
        """Count, and look at the first products as a send would; nothing is written or sent."""
        self.ensure_one()
        if self.state in self._busy_states:
            raise UserError(self.env._("This is at work already."))
        account = self.account_id
        if not any(account._tells(kind) for kind in ("product", "price", "inventory")):
            raise UserError(self.env._("%s sends nothing: allow it first.", account.name))
        products = self.env["product.product"]
        count = products.search_count(self._unlisted())
        sample = products.search(self._unlisted(), order="id", limit=SAMPLE)
        rows = self._look_at(sample)
        calls, seconds = _effort(account, rows, count / len(sample) if sample else 1)
        self.line_ids.unlink()
        self.env["marketplace.catalogue.export.line"].create(
            [
                {name: row[name] for name in ("product_id", "kind", "wanted", "outcome")}
                | {"export_id": self.id}
                for row in rows
            ]
        )
        self.write(
            {
                "state": "planned",
                "message": False,
                "product_count": count,
                "listed_count": products.search_count(self._wanted()) - count,
                "call_count": calls,
                "seconds": math.ceil(seconds),
                "sample_count": len(sample),
                "trouble_count": len(
                    {row["product_id"] for row in rows if row["outcome"] == "trouble"}
                ),
            }
        )

    def _look_at(self, products):
        """What a send would tell of products that are not listed yet, by the very steps of a send.

        They are listed for a moment, and that is undone: only a listing knows how to tell itself.

        :return: list of values of preview lines, with product_id.
        """
        account = self.account_id.sudo()
        rows = []
        try:
            with self.env.cr.savepoint():
                listings = self._list(products).sudo()
                self.env.flush_all()
                owners = {listing.id: listing.product_id.id for listing in listings}
                rows = self.env["marketplace.sync.wizard"]._preview_account(account, listings)
                raise _UndoError
        except _UndoError:
            self.env.invalidate_all(flush=False)
        return [row | {"product_id": owners[row["listing_id"]]} for row in rows]

    def action_run(self):
        """List what the preview counted."""
        self.ensure_one()
        if self.state != "planned":
            raise UserError(self.env._("Look at the preview first."))
        self.env["marketplace.listing"].check_access("create")
        if self.company_id not in self.env.user.company_ids:
            raise AccessError(
                self.env._("You do not work in %s.", self.company_id.sudo().display_name)
            )
        if not self.account_id._may_call():
            raise UserError(self.env._("%s is not connected, or is paused.", self.account_id.name))
        self.write({"user_id": self.env.user.id, "position": 0, "told_since": False})
        self._start_work("running", small=self.product_count <= AT_ONCE)

    def action_go_on(self):
        """Work on, should the job that did so be gone; a second one does no harm."""
        for work in self.filtered(lambda one: one.state in self._busy_states):
            work._delay_work()

    def action_listings(self):
        """The listings that came of it."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("marketplace.action_listing")
        action["domain"] = [("export_id", "=", self.id)]
        action["context"] = {"search_default_error": self.error_count > 0}
        return action

    # === WORK === #

    def _list(self, products):
        return (
            self.env["marketplace.listing"]
            .with_context(marketplace_linking=True, tracking_disable=True)
            .create(
                [
                    {
                        "account_id": self.account_id.id,
                        "product_id": product.id,
                        "export_id": self.id,
                    }
                    for product in products
                ]
            )
        )

    def _step_running(self):
        """One part of the listing.

        :return: whether there is more to do.
        """
        products = self.env["product.product"].search(
            self._unlisted() & Domain("id", ">", self.position), order="id", limit=LIST_CHUNK
        )
        if not products:
            self.write({"state": "telling", "told_since": fields.Datetime.now()})
            return True
        self.position = products[-1].id
        self._list(products)._linked()
        self.env.flush_all()
        # sudo: users may ask for a synchronization without any right to change accounts.
        self.account_id.sudo()._request_products(products)
        return True

    def _step_telling(self):
        """Look whether the channel has acknowledged everything.

        :return: seconds after which to look again, or False.
        """
        if self.made_count <= self.told_count + self.error_count:
            self.state = "done"
            return False
        age = (fields.Datetime.now() - self.told_since).total_seconds()
        return min(max(age / 10, 10.0), 600.0)


class _UndoError(Exception):
    """Takes back what was done only to look at it."""


class MarketplaceCatalogueExportLine(models.Model):
    """One thing that would be sent of one product of the sample."""

    _name = "marketplace.catalogue.export.line"
    _description = "Preview of Products for a Channel"
    _order = "outcome desc, product_id, id"
    _log_access = False

    export_id = fields.Many2one(
        "marketplace.catalogue.export", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="export_id.company_id", store=True, index=True)
    product_id = fields.Many2one("product.product", readonly=True, ondelete="cascade", index=True)
    kind = fields.Selection(KINDS, readonly=True)
    wanted = fields.Char("Would be sent", readonly=True)
    outcome = fields.Selection(
        [("send", "Is sent"), ("trouble", "Needs you first")], readonly=True, required=True
    )


class MarketplaceListing(models.Model):
    _inherit = "marketplace.listing"

    export_id = fields.Many2one(
        "marketplace.catalogue.export",
        "Listed by",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )
