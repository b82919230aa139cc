import dataclasses

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from marketplace_adapters.shopify.collections import Collection, Rule

# What the shop is told of a collection.
TOLD_FIELDS = {
    "name",
    "description",
    "handle",
    "sort_order",
    "rule_ids",
    "disjunctive",
    "kind",
    "external_id",
}
# What changes which products are in it.
MAPPING_FIELDS = {"category_ids", "tag_ids", "active", "kind", "external_id"}


class MarketplaceShopifyCollection(models.Model):
    """A collection of the shop, kept by Odoo.

    ::

        manual     ─▶ products of these categories or with these tags; each product tells the shop
                      in which collections it is
        automatic  ─▶ the shop fills it by its own rules

        state   new or changed ─▶ job ─▶ saved | error, with the shop's words
    """

    _name = "marketplace.shopify.collection"
    _description = "Shopify Collection"
    _order = "account_id, sequence, name, id"

    account_id = fields.Many2one(
        "marketplace.account",
        required=True,
        ondelete="cascade",
        index=True,
        domain="[('provider', '=', 'shopify')]",
        default=lambda self: self._default_account(),
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(
        default=True, help="Archived: it stays in the shop as it is, Odoo looks away."
    )
    name = fields.Char("Collection", required=True)
    external_id = fields.Char(
        "Id in the shop",
        copy=False,
        help="Empty: it is made. Enter the number of a collection that the shop has to go on with "
        "it.",
    )
    kind = fields.Selection(
        [("manual", "Products of Odoo's categories or tags"), ("automatic", "Rules of the shop")],
        "Filled by",
        required=True,
        default="manual",
        help="A collection cannot change from one to the other once the shop has it.",
    )
    category_ids = fields.Many2many(
        "product.category",
        "marketplace_shopify_collection_category_rel",
        "collection_id",
        "category_id",
        "Categories",
        help="Products of these categories and of those below.",
    )
    tag_ids = fields.Many2many(
        "product.tag",
        "marketplace_shopify_collection_tag_rel",
        "collection_id",
        "tag_id",
        "Tags",
        help="Products with one of these tags.",
    )
    rule_ids = fields.One2many(
        "marketplace.shopify.collection.rule", "collection_id", "Rules", copy=True
    )
    disjunctive = fields.Boolean("One rule is enough", help="Else all of them must hold.")
    description = fields.Html(sanitize=True)
    handle = fields.Char(help="Last part of its address. Empty: made of the name.")
    sort_order = fields.Selection(
        [
            ("BEST_SELLING", "Best selling first"),
            ("ALPHA_ASC", "Name, A to Z"),
            ("ALPHA_DESC", "Name, Z to A"),
            ("PRICE_ASC", "Cheapest first"),
            ("PRICE_DESC", "Dearest first"),
            ("CREATED_DESC", "Newest first"),
            ("CREATED", "Oldest first"),
            ("MANUAL", "By hand, in the shop"),
        ],
        default="BEST_SELLING",
    )
    state = fields.Selection(
        [("new", "New"), ("changed", "Changed"), ("saved", "In the shop"), ("error", "Error")],
        default="new",
        required=True,
        readonly=True,
        copy=False,
    )
    message = fields.Char("What the shop says", readonly=True, copy=False)
    saved_at = fields.Datetime("Saved", readonly=True, copy=False)
    product_count = fields.Integer("Products", compute="_compute_product_count")
    shopify_url = fields.Char("In the shop", compute="_compute_shopify_url")

    _external_unique = models.UniqueIndex(
        "(account_id, external_id) WHERE external_id IS NOT NULL",
        "This collection of the shop is already here.",
    )

    # === COMPUTE METHODS === #

    @api.model
    def _default_account(self):
        accounts = self.env["marketplace.account"].search([("provider", "=", "shopify")], limit=2)
        return accounts if len(accounts) == 1 else False

    def _compute_product_count(self):
        for collection in self:
            collection.product_count = len(collection._products().product_tmpl_id)

    @api.depends("external_id", "account_id")
    def _compute_shopify_url(self):
        for one in self:
            one.shopify_url = bool(one.external_id) and one.account_id._shopify_admin_url(
                f"collections/{one.external_id}"
            )

    # === CONSTRAINTS === #

    @api.constrains("kind", "rule_ids", "active")
    def _check_rules(self):
        for collection in self.filtered("active"):
            if collection.kind == "automatic" and not collection.rule_ids:
                raise ValidationError(
                    self.env._("%s needs at least one rule of the shop.", collection.name)
                )

    @api.constrains("external_id")
    def _check_external_id(self):
        for collection in self.filtered("external_id"):
            if not collection.external_id.isdecimal():
                raise ValidationError(
                    self.env._("The number of a collection has digits alone: see its address.")
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        collections = super().create(vals_list)
        collections._save_soon()
        collections.filtered("external_id")._tell_products()
        return collections

    def write(self, vals):
        before = self._products() if MAPPING_FIELDS & vals.keys() else None
        result = super().write(vals)
        if TOLD_FIELDS & vals.keys() and "state" not in vals:
            for state, group in self.grouped("state").items():
                if state in ("saved", "error"):
                    group.state = "changed" if state == "saved" or group.external_id else "new"
            self._save_soon()
        if before is not None:
            self._tell_products(before)
        return result

    def unlink(self):
        """The collection stays in the shop: it may be part of menus and pages there."""
        products, accounts = self._products(), self.account_id
        result = super().unlink()
        for account in accounts:
            if account.state != "draft":
                account.sudo()._request_products(
                    products.filtered(
                        lambda one, account=account: (
                            account in one.sudo().marketplace_listing_ids.account_id
                        )
                    )
                )
        return result

    # === PRODUCTS === #

    def _holds(self, template):
        """Whether a product is in this manual collection by Odoo's mapping."""
        self.ensure_one()
        path = template.categ_id.parent_path or ""
        return any(path.startswith(one.parent_path) for one in self.category_ids) or bool(
            self.tag_ids & template.product_tag_ids
        )

    def _products(self):
        """Listed variants that are in these manual collections."""
        products = self.env["product.product"]
        for collection in self.filtered(lambda one: one.kind == "manual"):
            if not (collection.category_ids or collection.tag_ids):
                continue
            products |= (
                self.env["marketplace.listing"]
                .search(
                    [
                        ("account_id", "=", collection.account_id.id),
                        ("product_id", "!=", False),
                        "|",
                        ("product_tmpl_id.categ_id", "child_of", collection.category_ids.ids),
                        ("product_tmpl_id.product_tag_ids", "in", collection.tag_ids.ids),
                    ]
                )
                .product_id
            )
        return products

    def _tell_products(self, before=None):
        """Products that are in it now, or were before, tell the shop so."""
        for account, own in self.grouped("account_id").items():
            products = own._products() | (before or own.env["product.product"])
            if account.state != "draft" and products:
                account.sudo()._request_products(products)

    @api.model
    def _from_categories(self, account):
        """A manual collection for each category of listed products that no collection has.

        :return: the new ones.
        """
        known = account.with_context(active_test=False).shopify_collection_ids.category_ids
        wanted = account.listing_ids.product_tmpl_id.categ_id - known
        return self.create(
            [
                {
                    "account_id": account.id,
                    "name": category.name,
                    "category_ids": [fields.Command.link(category.id)],
                }
                for category in wanted.sorted("complete_name")
            ]
        )

    # === SAVE === #

    def _save_soon(self):
        """A job saves what changed, after the commit."""
        engine = self.env["marketplace.engine"].sudo()
        for account in self.filtered(lambda one: one.state != "saved").account_id:
            if account._may_call():
                engine._wake_after_commit("_job_shopify_collections", account.id)

    def _saved(self, told, external_id, problem):
        """What became of a collection; one that was changed meanwhile is saved once more.

        :param told: what the shop was told.
        :param external_id: its number in the shop, ``None`` when it was refused.
        :param problem: why, ``None`` when it was taken.
        """
        collection = self.exists()
        if not collection:
            return
        if problem:
            collection.write({"state": "error", "message": problem})
            return
        now = collection._told()
        current = dataclasses.replace(now, id=told.id, publications=told.publications) == told
        vals = {
            "message": False,
            "saved_at": fields.Datetime.now(),
            "state": "saved" if current else "changed",
        }
        if external_id and external_id != collection.external_id:
            vals["external_id"] = external_id
        collection.write(vals)
        if not current:
            collection._save_soon()

    def action_save(self):
        """Save these in the shop, also when nothing changed."""
        self.filtered(lambda one: one.state in ("saved", "error")).state = "changed"
        self._save_soon()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The shop is being told."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_open(self):
        """The collection's page in the shop's admin."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": self.shopify_url, "target": "new"}

    def action_products(self):
        """Products that are in it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": "product.template",
            "view_mode": "list,form",
            "domain": [("id", "in", self._products().product_tmpl_id.ids)],
        }

    def _told(self):
        """:rtype: marketplace_adapters.shopify.collections.Collection"""
        self.ensure_one()
        rules = tuple(Rule(one.column, one.relation, (one._value(),)) for one in self.rule_ids)
        published = self.account_id._shopify_publications().mapped("external_id")
        return Collection(
            key=str(self.id),
            id=self.external_id or "",
            title=self.name,
            description_html=str(self.description) if self.description else None,
            handle=self.handle or None,
            sort_order=self.sort_order or None,
            # Which products are in a manual one is told with each product.
            rules=rules if self.kind == "automatic" else None,
            every=not self.disjunctive,
            publications=tuple(published) if published and not self.external_id else None,
        )
