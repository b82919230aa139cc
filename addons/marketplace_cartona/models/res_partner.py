from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class ResPartner(models.Model):
    _inherit = "res.partner"

    cartona_id = fields.Char(
        "External Partner ID",
        compute="_compute_cartona_id",
        inverse="_inverse_cartona_id",
        search="_search_cartona_id",
        compute_sudo=True,
        copy=False,
        help="Cartona's id of this shop on the company's first Cartona account, "
        "retailer_<code>. A bare code gets the prefix by itself.",
    )

    @api.depends_context("company")
    def _compute_cartona_id(self):
        account = self.env["marketplace.account"]._cartona_default()
        links = self._cartona_links(account)
        for partner in self:
            partner.cartona_id = links[partner].external_id if partner in links else False

    def _inverse_cartona_id(self):
        account = self.env["marketplace.account"]._cartona_default()
        for partner in self:
            partner._set_cartona_id(account, partner.cartona_id)
        self.invalidate_recordset(["cartona_id"])

    @api.model
    def _search_cartona_id(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        account = self.env["marketplace.account"]._cartona_default()
        if operator != "in":
            return self._cartona_linked(account, operator, value)
        ids = [one for one in value if one]
        domain = self._cartona_linked(account, "in", ids)
        if len(ids) < len(list(value)):
            domain |= ~self._cartona_linked(account, "!=", False)
        return domain

    def _cartona_linked(self, account, operator, value):
        query = (
            self.env["marketplace.partner"]
            .sudo()
            ._search(Domain("account_id", "=", account.id) & Domain("external_id", operator, value))
        )
        return Domain("id", "in", query.subselect("partner_id"))

    def _cartona_links(self, account):
        """:return: {partner: its first link on the account}"""
        links = self.env["marketplace.partner"]
        if account:
            links = links.sudo().search(
                [("account_id", "=", account.id), ("partner_id", "in", self.ids)], order="id desc"
            )
        return {link.partner_id.with_env(self.env): link for link in links}

    def _set_cartona_id(self, account, value):
        """Link, link elsewhere, or unlink (empty).

        :raise UserError: there is no Cartona account to link with.
        """
        self.ensure_one()
        value = (value or "").strip()
        if account:
            value = account._partner_external_id(value)
        if not account:
            if not value:
                return
            raise UserError(
                self.env._(
                    "%s has no Cartona account yet. Make one under Marketplace › Cartona first.",
                    self.env.company.name,
                )
            )
        link = self._cartona_links(account).get(self, self.env["marketplace.partner"])
        link = link.with_env(self.env)
        if link and not value:
            # Sellers may link contacts, but not everybody may delete a link by hand.
            link.sudo().unlink()
        elif link:
            link.external_id = value
        elif value:
            link.create({"account_id": account.id, "partner_id": self.id, "external_id": value})
