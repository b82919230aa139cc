from datetime import timedelta

from odoo import api, fields, models

MINUTES_BACK = 10


class ProductPricelistItem(models.Model):
    _inherit = "product.pricelist.item"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        items = super().create(vals_list)
        items._record_price()
        return items

    def write(self, vals):
        recorder = self.env["marketplace.recorder"]
        if recorder._enabled():
            self._record_price()  # for what it applied to until now
        result = super().write(vals)
        self._record_price()
        return result

    def unlink(self):
        self._record_price()
        return super().unlink()

    def _record_price(self):
        """A rule changed: the prices of what it applies to did, in its pricelist and in those
        that build on it. Which products those are is the dispatcher's work."""
        recorder = self.env["marketplace.recorder"]
        if not recorder._enabled():
            return
        for item in self:
            pricelists = item.pricelist_id | item.pricelist_id._marketplace_dependents()
            for pricelist in pricelists:
                recorder._record_pricelist(
                    pricelist,
                    templates=item.product_tmpl_id.ids if item.product_tmpl_id else None,
                    products=item.product_id.ids if item.product_id else None,
                )
            item._record_further(pricelists._accounts_priced_besides())

    def _record_further(self, accounts):
        """A rule of one product concerns that product; any other one the whole account, of which
        only what differs is sent."""
        accounts = accounts.filtered(lambda one: one.state != "draft")
        products = self.product_id or self.product_tmpl_id.product_variant_ids
        if accounts and products:
            self.env["marketplace.recorder"]._record_write(products, ["pricelist"])
        else:
            for account in accounts:
                account._request_products()

    # === DATED PRICES === #

    @api.model
    def _cron_record_dated_prices(self):
        """Rules that came into force or ended since the last look are changes too (X49)."""
        parameters = self.env["ir.config_parameter"].sudo()
        now = fields.Datetime.now()
        last = fields.Datetime.to_datetime(
            parameters.get_param("marketplace.dated_prices_at")
        ) or now - timedelta(minutes=MINUTES_BACK)
        items = self.sudo().search(
            [
                "|",
                "&",
                ("date_start", ">", last),
                ("date_start", "<=", now),
                "&",
                ("date_end", ">=", last),
                ("date_end", "<", now),
            ]
        )
        items._record_price()
        parameters.set_param("marketplace.dated_prices_at", fields.Datetime.to_string(now))


class ProductPricelist(models.Model):
    _inherit = "product.pricelist"

    # === HOOKS OF PROVIDERS === #

    def _accounts_priced_besides(self):
        """Accounts that tell prices of these pricelists besides that of the account; a provider
        with further pricelists overrides this and adds its own accounts.

        :return: records of ``marketplace.account``, as superuser
        """
        return self.env["marketplace.account"].sudo()

    # === PRICELISTS === #

    def _marketplace_dependents(self):
        """Pricelists with a rule that is based on this one, directly or not."""
        found, new = self, self
        while new:
            new = (
                self.env["product.pricelist.item"]
                .sudo()
                .search([("base_pricelist_id", "in", new.ids)])
                .pricelist_id
            ) - found
            found |= new
        return found - self
