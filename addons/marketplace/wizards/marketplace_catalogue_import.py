from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.misc import clean_context

# Products of a part of the work; what fails is halved until the bad ones stand alone.
PLAN_CHUNK = 200
MAKE_CHUNK = 50
# Work up to so many products is done while the person waits.
AT_ONCE = 50


class MarketplaceCatalogueImport(models.Model):
    """Products of Odoo made of what a channel lists: planned first, made when a person says so.

    ::

        draft ──plan──▶ planning ──▶ planned ──make──▶ running ──▶ done
                           └────────────┴─────────────────┴──▶ failed
    """

    _name = "marketplace.catalogue.import"
    _description = "Products from a Channel"
    _inherit = ["marketplace.steps"]
    _rec_name = "account_id"
    _order = "id desc"
    _busy_states = ("planning", "running")

    catalogue_id = fields.Many2one(
        "marketplace.link.catalogue", required=True, ondelete="cascade", index=True
    )
    account_id = fields.Many2one(related="catalogue_id.account_id", store=True, index=True)
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    user_id = fields.Many2one(
        "res.users", "Asked by", readonly=True, default=lambda self: self.env.user
    )
    state = fields.Selection(
        [
            ("draft", "To prepare"),
            ("planning", "Being prepared"),
            ("planned", "Preview"),
            ("running", "Being made"),
            ("done", "Done"),
            ("failed", "Failed"),
        ],
        default="draft",
        required=True,
        readonly=True,
    )
    message = fields.Char(readonly=True)
    # === WHAT IS WISHED === #
    link_first = fields.Boolean(
        "Link what is certain or likely first",
        default=True,
        help="Listings whose product was found by our id, SKU or barcode are linked with it.",
    )
    with_unpublished = fields.Boolean("Also what is not offered", default=True)
    is_storable = fields.Boolean("Count their stock", default=True)
    shared = fields.Boolean(
        "For all companies",
        default=lambda self: self.env["res.company"].sudo().search_count([], limit=2) == 1,
        help="Otherwise the products belong to the company of the account.",
    )
    categ_id = fields.Many2one("product.category", "Product category")
    description_to = fields.Selection(
        [
            ("sale", "Sales description, as text"),
            ("internal", "Internal notes, as it is"),
            ("none", "Nowhere"),
        ],
        "Descriptions go to",
        default="sale",
        required=True,
    )
    with_images = fields.Boolean("Fetch images", default=True)
    with_stock = fields.Boolean(
        "Prepare the opening stock",
        help="What the channel says to be in stock becomes a draft of an inventory adjustment, "
        "which you check and apply. Otherwise the products begin without stock.",
    )
    # === WHAT COMES OF IT === #
    item_ids = fields.One2many("marketplace.catalogue.import.item", "import_id")
    sample_ids = fields.One2many(
        "marketplace.catalogue.import.item",
        "import_id",
        "The first ones",
        compute="_compute_sample",
    )
    position = fields.Char(readonly=True, help="Product up to which it is planned.")
    link_position = fields.Integer(readonly=True, help="Line up to which it is linked.")
    link_count = fields.Integer("Listings to link", readonly=True)
    make_count = fields.Integer("Products to make", compute="_compute_counts")
    extend_count = fields.Integer("Products that get variants", compute="_compute_counts")
    variant_count = fields.Integer("Variants", compute="_compute_counts")
    skip_count = fields.Integer("Skipped", compute="_compute_counts")
    conflict_count = fields.Integer("Need you first", compute="_compute_counts")
    note_count = fields.Integer("With a note", compute="_compute_counts")
    done_count = fields.Integer("Made", compute="_compute_counts")
    failed_count = fields.Integer("Could not be made", compute="_compute_counts")
    image_wait_count = fields.Integer("Images to fetch", compute="_compute_counts")
    image_fail_count = fields.Integer("Images not fetched", compute="_compute_counts")
    progress = fields.Float(compute="_compute_counts")

    @api.depends("item_ids.state", "item_ids.action", "item_ids.image_state")
    def _compute_counts(self):
        items = self.env["marketplace.catalogue.import.item"]
        groups = items._read_group(
            [("import_id", "in", self.ids)],
            ["import_id", "action", "state", "image_state"],
            ["__count", "variant_count:sum", "note:count"],
        )
        for work in self:
            own = [row[1:] for row in groups if row[0].id == work._origin.id]

            def count(test, column=3, own=own):
                return sum(row[column] for row in own if test(*row[:3]))

            wanted = count(lambda action, *_more: action in ("make", "extend"))
            work.make_count = count(lambda action, *_more: action == "make")
            work.extend_count = count(lambda action, *_more: action == "extend")
            work.skip_count = count(lambda action, *_more: action == "skip")
            work.conflict_count = count(lambda action, *_more: action == "conflict")
            work.variant_count = count(lambda action, *_more: action in ("make", "extend"), 4)
            work.note_count = count(lambda *_more: True, 5)
            work.done_count = count(lambda _action, state, _image: state == "done")
            work.failed_count = count(lambda _action, state, _image: state == "failed")
            work.image_wait_count = count(lambda _action, _state, image: image == "waiting")
            work.image_fail_count = count(lambda _action, _state, image: image == "failed")
            settled = work.done_count + work.failed_count
            work.progress = 100.0 * settled / wanted if wanted else 0.0

    @api.depends("item_ids.state")
    def _compute_sample(self):
        for work in self:
            work.sample_ids = self.env["marketplace.catalogue.import.item"].search(
                [("import_id", "=", work._origin.id)], limit=20
            )

    def _work_name(self):
        return self.env._("Products from %s", self.account_id.name)

    def _work_lock(self):
        # Two imports at a time would make the same attributes twice.
        return "products"

    # === ACTIONS === #

    def action_plan(self):
        """Say what would become of each product of the channel; nothing is written."""
        self.ensure_one()
        if self.state in self._busy_states:
            raise UserError(self.env._("This is at work already."))
        if self.catalogue_id.state != "ready":
            raise UserError(self.env._("Read the catalogue of %s first.", self.account_id.name))
        self.item_ids.unlink()
        self.position = ""
        self.link_position = 0
        self.link_count = len(self._likely())
        self._start_work("planning", small=len(self._next_groups(AT_ONCE + 1)) <= AT_ONCE)

    def action_run(self):
        """Link and make what the preview says."""
        self.ensure_one()
        if self.state != "planned":
            raise UserError(self.env._("Look at the preview first."))
        self._check_rights()
        self.user_id = self.env.user
        wanted = self.item_ids.search_count(
            [("import_id", "=", self.id), ("action", "in", ("make", "extend"))], limit=AT_ONCE + 1
        )
        self._start_work("running", small=wanted + self.link_count <= AT_ONCE)

    def action_go_on(self):
        """Work on, should the job that did so be gone; a second one does no harm."""
        for work in self.filtered(lambda one: one.state in self._busy_states):
            work._delay_work()

    def action_retry(self):
        """Once more: what could not be made, and what was in conflict."""
        self.ensure_one()
        self.action_plan()

    def action_items(self):
        """All products of the preview, or those that the context asks for."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "marketplace.action_catalogue_import_item"
        )
        context = clean_context(self.env.context)
        action["domain"] = [("import_id", "=", self.id)]
        action["context"] = {
            f"search_default_{name}": 1 for name in context.get("show", "").split(",") if name
        }
        return action

    def _check_rights(self):
        """The work runs as whoever asks for it: what they may not do is said now."""
        for model in ("product.template", "product.product", "marketplace.listing"):
            self.env[model].check_access("create")
        if any(self._has_options()):
            self.env["product.attribute"].check_access("create")
        if self.with_stock and not self.env.user.has_group("stock.group_stock_user"):
            raise AccessError(
                self.env._("Only people who may count stock can prepare the opening stock.")
            )
        if self.company_id not in self.env.user.company_ids:
            raise AccessError(
                self.env._("You do not work in %s.", self.company_id.sudo().display_name)
            )

    def _has_options(self):
        return self.env["marketplace.link.catalogue.line"].search(
            [
                ("catalogue_id", "=", self.catalogue_id.id),
                ("status", "=", "unmatched"),
                ("options", "!=", False),
            ],
            limit=1,
        )

    # === PLANNING === #

    def _likely(self, limit=None):
        """Listings that are linked before anything is made."""
        if not self.link_first:
            return self.env["marketplace.link.catalogue.line"]
        return self.env["marketplace.link.catalogue.line"].search(
            [
                ("catalogue_id", "=", self.catalogue_id.id),
                ("status", "=", "proposed"),
                ("confidence", "in", ("certain", "likely")),
                ("product_id", "!=", False),
                ("id", ">", self.link_position),
            ],
            order="id",
            limit=limit,
        )

    def _next_groups(self, limit):
        """Keys of products of the channel that Odoo does not have, after the last one."""
        groups = self.env["marketplace.link.catalogue.line"]._read_group(
            [
                ("catalogue_id", "=", self.catalogue_id.id),
                ("status", "=", "unmatched"),
                ("group_key", ">", self.position or ""),
            ],
            ["group_key"],
            order="group_key",
            limit=limit,
        )
        return [key for (key,) in groups]


class MarketplaceCatalogueImportItem(models.Model):
    """One product of the channel: what becomes of it, and what came of it."""

    _name = "marketplace.catalogue.import.item"
    _description = "Product from a Channel"
    _order = "import_id, sequence, title, id"
    _rec_name = "title"
    _log_access = False

    import_id = fields.Many2one(
        "marketplace.catalogue.import", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="import_id.company_id", store=True, index=True)
    sequence = fields.Integer(help="What needs a person comes first.")
    group_key = fields.Char(required=True, readonly=True)
    title = fields.Char("Name", readonly=True)
    variant_count = fields.Integer("Variants", readonly=True)
    action = fields.Selection(
        [
            ("make", "Is made"),
            ("extend", "Gets variants"),
            ("skip", "Is skipped"),
            ("conflict", "Needs you first"),
        ],
        readonly=True,
        required=True,
        string="What happens",
    )
    reason = fields.Char(readonly=True)
    note = fields.Text("Good to know", readonly=True)
    state = fields.Selection(
        [("planned", "Planned"), ("done", "Made"), ("failed", "Not made")],
        default="planned",
        required=True,
        readonly=True,
        index=True,
    )
    product_tmpl_id = fields.Many2one(
        "product.template", "Product", readonly=True, ondelete="set null", index="btree_not_null"
    )
    image_state = fields.Selection(
        [("waiting", "To fetch"), ("done", "Fetched"), ("failed", "Not fetched")],
        "Image",
        readonly=True,
    )
    image_reason = fields.Char("About the image", readonly=True)

    _group_unique = models.Constraint("UNIQUE (import_id, group_key)", "One row for each product.")

    def action_open(self):
        """The product, or the listings of the channel that it would be made of."""
        self.ensure_one()
        if self.product_tmpl_id:
            return {
                "type": "ir.actions.act_window",
                "res_model": "product.template",
                "res_id": self.product_tmpl_id.id,
                "views": [(False, "form")],
            }
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "marketplace.action_link_catalogue_line"
        )
        action["domain"] = [
            ("catalogue_id", "=", self.import_id.catalogue_id.id),
            ("group_key", "=", self.group_key),
        ]
        action["context"] = {}
        return action
