from odoo import models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..tools.inbound import first_line, is_conflict
from ..tools.pricing import converted, own_taxes
from ..tools.shown import same, with_member


class MarketplaceListing(models.Model):
    """Values of a channel that are written into Odoo.

    A member can be taken over when this model has a method ``_take_<kind>_<member>(account,
    value)``, slashes of the member's path as underscores. It writes the value, or raises
    ``UserError`` with the reason why not. Afterwards Odoo must tell the very same value, else all
    of it is taken back: nothing that was taken over goes back to the channel as another value.
    """

    _inherit = "marketplace.listing"

    def _can_take(self, kind, member):
        """Whether a member can be written into Odoo at all."""
        return kind != "inventory" and hasattr(self, _taker(kind, member))

    def _take_channel_value(self, account, kind, member, value):
        """Write one value of the channel into Odoo.

        :return: ``None``, or why it could not be written.
        """
        self.ensure_one()
        if not self._can_take(kind, member):
            return self.env._("Odoo has no place for it.")
        if not self.product_id:
            return self.env._("The listing has no product.")
        own = self.with_company(account.company_id).with_context(marketplace_linking=True)
        try:
            with self.env.cr.savepoint():
                getattr(own, _taker(kind, member))(account, value)
                self.env.flush_all()
                told = own._odoo_value(account, kind, member)
                if not same(member, told, value):
                    raise UserError(
                        self.env._(
                            "Odoo would tell another value all the same: something else decides "
                            "it, a rule of the pricelist or a rounding, for example."
                        )
                    )
        except (UserError, ValidationError, AccessError) as exc:
            self.env.invalidate_all()
            return first_line(exc)
        except Exception as exc:
            if is_conflict(exc):
                raise
            self.env.invalidate_all()
            return self.env._("It does not fit there (%s).", type(exc).__name__)
        # As Odoo writes it: equal values are not told.
        known = self.acknowledged or {}
        self.acknowledged = {**known, kind: with_member(known.get(kind), member, told)}
        return None

    # === PRODUCT === #

    def _edited_product(self, account):
        """The product in the account's language.

        sudo: the engine may not write products otherwise; of people the rights were checked.
        """
        product = self.product_id.sudo()
        return product.with_context(lang=account.lang) if account.lang else product

    def _take_product_title(self, account, value):
        product = self._edited_product(account)
        # The name of a variant ends with its attributes: only a title of its own can say it all.
        if (
            account.edit_title_target == "product"
            and not product.product_template_variant_value_ids
        ):
            self.title = False
            product.name = value
        else:
            self.title = value

    def _take_product_description(self, account, value):
        self._edited_product(account).description_sale = value or False

    def _take_product_barcode(self, account, value):
        self._edited_product(account).barcode = value or False

    def _take_product_weight_kg(self, account, value):
        self._edited_product(account).weight = float(value or 0)

    def _take_product_published(self, account, value):
        # The stock that is offered depends on it: told as after any other change.
        self.with_context(marketplace_linking=False).published = bool(value)

    def _take_product_min_order(self, account, value):
        self.min_order = float(value or 0)

    def _take_product_max_order(self, account, value):
        self.max_order = float(value or 0)

    # === PRICE === #

    def _take_price_price(self, account, value):
        if float(value or 0) < 0:
            raise UserError(self.env._("A price cannot be negative."))
        product = self.product_id.sudo().with_company(account.company_id)
        net = float(value or 0) / self._tax_factor(account, product)
        piece = net / (self.unit_count or 1.0)
        if account.price_source == "pricelist" and account.pricelist_id:
            self._take_pricelist_price(account, product, piece)
        else:
            self._take_list_price(account, product, piece)

    def _tax_factor(self, account, product):
        """What the account's policy of taxes makes of a price, as a factor."""
        taxes = own_taxes(product, account.company_id)
        if account.price_tax == "as_is" or not taxes:
            return 1.0
        base = 10_000.0
        total = "total_included" if account.price_tax == "included" else "total_excluded"
        computed = taxes.compute_all(
            base, currency=account.currency_id, quantity=1.0, product=product
        )
        return computed[total] / base or 1.0

    def _take_list_price(self, account, product, piece):
        template = product.product_tmpl_id
        if len(template.product_variant_ids) > 1:
            raise UserError(
                self.env._(
                    "The variants of %s share one sales price. Let the account take its prices "
                    "from a pricelist.",
                    template.display_name,
                )
            )
        amount = self._converted(account, piece, product.currency_id)
        template.list_price = amount - product.price_extra

    def _take_pricelist_price(self, account, product, piece):
        pricelist = account.pricelist_id.sudo()
        amount = self._converted(account, piece, pricelist.currency_id)
        item = pricelist.item_ids.filtered(
            lambda rule: (
                rule.applied_on == "0_product_variant"
                and rule.product_id == product
                and rule.compute_price == "fixed"
                and rule.min_quantity <= 1
                and not rule.date_start
                and not rule.date_end
            )
        )[:1]
        if item:
            item.fixed_price = amount
        else:
            item.create(
                {
                    "pricelist_id": pricelist.id,
                    "applied_on": "0_product_variant",
                    "product_tmpl_id": product.product_tmpl_id.id,
                    "product_id": product.id,
                    "compute_price": "fixed",
                    "fixed_price": amount,
                }
            )

    def _converted(self, account, amount, currency):
        """From the account's currency, at today's rate."""
        today = self.env.cr.now().date()
        return converted(
            amount, account.currency_id, currency, account.company_id, today, exact=True
        )


def _taker(kind, member):
    return f"_take_{kind}_{member.replace('/', '_')}"
