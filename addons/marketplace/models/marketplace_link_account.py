from odoo import models
from odoo.fields import Domain


class MarketplaceAccount(models.Model):
    """What linking asks of an account; a provider overrides the hooks for its own."""

    _inherit = "marketplace.account"

    # === HOOKS OF PROVIDERS === #

    def _link_columns(self, kind):
        """Further names of columns in a file of links.

        ``<provider>_id`` is known as external id without this.

        :param kind: ``product`` or ``partner``.
        :return: {column: (name, …)}; the columns are in ``tools/link_columns.py``, own ones must
            be named by :meth:`_link_extra_columns` as well.
        :rtype: dict
        """
        self.ensure_one()
        return {}

    def _link_extra_columns(self):
        """Columns that are kept as further identifiers of the listing (``extra``).

        :rtype: tuple
        """
        self.ensure_one()
        return ()

    def _partner_external_id(self, text):
        """The external id of a contact as orders carry it, from what a person may write.

        For a provider whose ids have a prefix that people leave out (X39).

        :rtype: str
        """
        self.ensure_one()
        return text

    def _imported_template_vals(self, lines):
        """Further values of a product that is made of what the channel lists.

        :param lines: ``marketplace.link.catalogue.line`` of its variants; what only this channel
            tells is in their ``details``.
        :rtype: dict
        """
        self.ensure_one()
        return {}

    def _imported_variant_vals(self, line):
        """Further values of a variant that is made of a line of the catalogue.

        :rtype: dict
        """
        self.ensure_one()
        return {}

    # === WINDOWS === #

    def action_open_catalogue(self):
        """What the channel lists, beside the products of Odoo."""
        self.ensure_one()
        catalogue = self.env["marketplace.link.catalogue"]._of(self)
        return {
            "type": "ir.actions.act_window",
            "res_model": catalogue._name,
            "res_id": catalogue.id,
            "views": [(False, "form")],
        }

    # === FIGURES === #

    def _sellable_products(self, *, services=False):
        """Domain of the variants that this account may list.

        :param services: also what is no goods.
        """
        self.ensure_one()
        domain = Domain("sale_ok", "=", True) & Domain(
            "company_id", "in", [False, self.company_id.id]
        )
        return domain if services else domain & Domain("type", "!=", "service")

    def _link_coverage(self):
        """Share of the products that can be sold which have an external id here, in percent."""
        self.ensure_one()
        sellable = self._sellable_products(services=True)
        products = self.env["product.product"]
        total = products.search_count(sellable)
        linked = self.env["marketplace.listing"]._search(
            [("account_id", "=", self.id), ("external_id", "!=", False)]
        )
        known = products.search_count(sellable & Domain("id", "in", linked.subselect("product_id")))
        return 100.0 * known / total if total else 0.0
