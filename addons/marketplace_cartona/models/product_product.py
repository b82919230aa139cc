from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

HELP = (
    "Cartona's id of this product (supplier_product_id) on the company's first Cartona account. "
    "Other accounts and units are on the listings."
)


class ProductProduct(models.Model):
    _inherit = "product.product"

    cartona_id = fields.Char(
        "External Product ID",
        compute="_compute_cartona_id",
        inverse="_inverse_cartona_id",
        search="_search_cartona_id",
        compute_sudo=True,
        copy=False,
        help=HELP,
    )

    @api.depends("marketplace_listing_ids.external_id", "marketplace_listing_ids.account_id")
    @api.depends_context("company")
    def _compute_cartona_id(self):
        account = self.env["marketplace.account"]._cartona_default()
        for product in self:
            listing = product._cartona_listing(account) if account else None
            product.cartona_id = listing.external_id if listing else False

    def _inverse_cartona_id(self):
        for product in self:
            product._set_cartona_id(product.cartona_id)
        self.invalidate_recordset(["cartona_id"])

    @api.model
    def _search_cartona_id(self, operator, value):
        return cartona_id_domain(self.env, "product_id", operator, value)

    def _cartona_listing(self, account):
        """The listing that ``cartona_id`` speaks of: the one in the product's own unit, else the
        first; listings of other accounts do not count."""
        self.ensure_one()
        own = self.sudo().marketplace_listing_ids.filtered(
            lambda listing: listing.account_id == account
        )
        return own.sorted(lambda listing: (listing.uom_id != self.uom_id, listing.id))[:1]

    def _set_cartona_id(self, value):
        """Link, link elsewhere, or unlink (empty).

        :raise UserError: there is no Cartona account to link with.
        """
        self.ensure_one()
        value = (value or "").strip() or False
        account = self.env["marketplace.account"]._cartona_default()
        if not account:
            if not value:
                return
            raise UserError(
                self.env._(
                    "%s has no Cartona account yet. Make one under Marketplace › Cartona first.",
                    self.env.company.name,
                )
            )
        listing = self._cartona_listing(account).with_env(self.env)
        if listing:
            listing.external_id = value
        elif value:
            self.env["marketplace.listing"].create(
                {"account_id": account.id, "product_id": self.id, "external_id": value}
            )


def cartona_id_domain(env, column, operator, value):
    """Records that a listing of the default account names in a column, by its external id.

    By a subquery and not through the one2many, so that people who may not see listings can
    search as well.
    """
    if operator in Domain.NEGATIVE_OPERATORS:
        return NotImplemented
    account = env["marketplace.account"]._cartona_default()
    if operator != "in":
        return _linked(env, column, account, operator, value)
    ids = [one for one in value if one]
    domain = _linked(env, column, account, "in", ids)
    if len(ids) < len(list(value)):
        domain |= ~_linked(env, column, account, "!=", False)
    return domain


def _linked(env, column, account, operator, value):
    query = (
        env["marketplace.listing"]
        .sudo()
        ._search(
            Domain("account_id", "=", account.id)
            & Domain("external_id", operator, value)
            & Domain(column, "!=", False)
        )
    )
    return Domain("id", "in", query.subselect(column))
