import dataclasses
from datetime import datetime, timezone

from odoo import fields, models

from odoo.addons.marketplace.snapshot import Nothing, Tell, Trouble

from marketplace_adapters.amazon.payloads import attributes as attributes_of
from marketplace_adapters.amazon.product_types import missing
from marketplace_adapters.amazon.settings import settings_of
from marketplace_adapters.core import Connection, OverrideState, ProductState

# Attributes that other kinds than the product tell.
TOLD_ELSEWHERE = frozenset(
    {
        "child_parent_sku_relationship",
        "fulfillment_availability",
        "list_price",
        "main_product_image_locator",
        "merchant_shipping_group",
        "parentage_level",
        "purchasable_offer",
        "variation_theme",
    }
)
# Rows with these names are members of their own of the neutral state.
BRAND, BULLET = "brand", "bullet_point"


class MarketplaceListing(models.Model):
    """What Amazon is told of a listing: product, stock, exceptions."""

    _inherit = "marketplace.listing"

    # === PRODUCT === #

    def _snapshot_product(self, account):
        """Override of ``marketplace``: what the product type asks for is checked before anything
        is sent, and said in words."""
        states = super()._snapshot_product(account)
        if account.provider != "amazon":
            return states
        doubles = self._amazon_doubles(account)
        for listing in self:
            if listing in doubles:
                states[listing.id] = listing._amazon_trouble_double(doubles[listing])
            elif listing.amazon_is_parent:
                states[listing.id] = listing._amazon_tell_parent(account)
            elif isinstance(states[listing.id], Tell):
                trouble = listing._amazon_trouble()
                states[listing.id] = trouble or states[listing.id]
        return states

    def _attributes(self):
        """Override of ``marketplace`` to tell what Amazon alone knows."""
        found = super()._attributes()
        if self.provider != "amazon":
            return found
        values = self._amazon_values()
        bullets = values.pop(BULLET, None)
        found |= {
            "product_type": self.amazon_product_type_id.name or None,
            "requirements": self.amazon_requirements or "LISTING",
            "condition": None if self.amazon_is_parent else self.amazon_condition or None,
            "fulfilment": self.amazon_fulfilment or "seller",
            "brand": values.pop(BRAND, None),
            "bullet_points": bullets if isinstance(bullets, list) else [bullets],
            "values": values,
            "texts": self._amazon_texts(),
            # A marketplace that is added gets the product with it.
            "marketplaces": self.account_id._amazon_markets().mapped("market_id"),
        }
        if bullets is None:
            del found["bullet_points"]
        return {name: value for name, value in found.items() if value not in (None, {}, "")}

    def _amazon_texts(self):
        """{marketplace id: {"title", "description"}} where texts are in another language than the
        account's; a title that a person wrote for the channel counts everywhere."""
        account = self.account_id
        if self.amazon_requirements == "LISTING_OFFER_ONLY":
            return {}
        source = self.product_tmpl_id if self.amazon_is_parent else self.product_id
        found = {}
        for market in account._amazon_markets():
            if not market.lang or market.lang == account.lang:
                continue
            record = source.with_context(lang=market.lang, display_default_code=False)
            texts = {
                "title": False if self.title else record.display_name,
                "description": record.description_sale,
            }
            found[market.market_id] = {name: text for name, text in texts.items() if text}
        return {market: texts for market, texts in found.items() if texts}

    def _amazon_values(self):
        """{attribute: value} from the variant's own attributes, the product's rows and this
        listing's rows, later ones in the place of earlier ones."""
        self.ensure_one()
        kinds = self.amazon_product_type_id._types()
        values = {} if self.amazon_is_parent else self._amazon_variant_values()
        values |= self.product_tmpl_id.amazon_attribute_ids._values(kinds)
        values |= self.amazon_attribute_ids._values(kinds)
        if self.amazon_requirements == "LISTING_OFFER_ONLY":
            # What describes the product is Amazon's own there.
            own = self.amazon_attribute_ids.mapped("name")
            values = {name: value for name, value in values.items() if name in own}
        return values

    def _amazon_variant_values(self):
        """{attribute: value} of what makes this variant: its colour, its size."""
        product = self.product_id.with_context(lang=self.account_id.lang or self.env.lang)
        return {
            one.attribute_id.amazon_attribute: one.name
            for one in product.product_template_attribute_value_ids
            if one.attribute_id.amazon_attribute
        }

    # === ONE SKU, ONE LISTING === #

    def _amazon_doubles(self, account):
        """{listing: another one of the account with the same SKU}, for those that Amazon does not
        have yet: on Amazon one would overwrite the other."""
        new = self.filtered(lambda one: one.sku and not one.external_id)
        if not new:
            return {}
        skus = new.mapped("sku")
        others = self.with_context(active_test=False).search(
            [
                ("account_id", "=", account.id),
                "|",
                ("external_id", "in", skus),
                "&",
                ("external_id", "=", False),
                ("sku", "in", skus),
            ],
            order="external_id, id",
        )
        first = {}
        for one in others:
            first.setdefault(one.external_id or one.sku, one)
        return {one: first[one.sku] for one in new if first.get(one.sku, one) != one}

    def _amazon_trouble_double(self, other):
        return Trouble(
            f"amazon_double:{self.id}",
            self.env._(
                "%(product)s has the SKU %(sku)s, and so has %(other)s on this account.",
                product=self.product_id.display_name,
                sku=self.sku,
                other=other.product_id.display_name or other.display_name,
            ),
            self.env._("Open one of both listings and give it a SKU of its own."),
        )

    # === WHAT IS MISSING === #

    def _amazon_trouble(self):
        """:return: a :class:`Trouble` when Amazon would surely refuse the product, else ``None``"""
        self.ensure_one()
        name = self.product_id.display_name
        if not (self.external_id or self.sku):
            return Trouble(
                f"amazon_sku:{self.id}",
                self.env._("%s has no SKU, and on Amazon the SKU is the identity.", name),
                self.env._("Enter an internal reference on the product, or a SKU on the listing."),
            )
        if self.amazon_requirements == "LISTING_OFFER_ONLY":
            if not (self.amazon_asin or self.external_id or self.barcode):
                return Trouble(
                    f"amazon_asin:{self.id}",
                    self.env._("%s is to be offered, but nobody says of which ASIN.", name),
                    self.env._("Open the listing and enter the ASIN, or a barcode on the product."),
                )
            return None
        if not self.amazon_product_type_id:
            return Trouble(
                f"amazon_type:{self.id}",
                self.env._("%s has no product type of Amazon.", name),
                self.env._(
                    "Open the listing, press Find Product Type and choose one. Amazon then says "
                    "what it wants to know of the product."
                ),
            )
        issues = self._amazon_issues()
        if not issues:
            return None
        return Trouble(
            f"amazon_missing:{self.id}",
            self.env._(
                "Amazon would refuse %(product)s: %(what)s",
                product=name,
                what=" ".join(issue.message for issue in issues),
            ),
            self.env._(
                "Open the listing %s, page Amazon, press Add What Is Missing and fill in the "
                "values. It is sent by itself then.",
                self.sku or self.external_id,
            ),
        )

    def _amazon_issues(self):
        """What the product type would find wrong, as :class:`marketplace_adapters.core.Issue`;
        empty while its definition is not known."""
        self.ensure_one()
        definition = self.amazon_product_type_id._definition()
        if definition is None or self.amazon_requirements == "LISTING_OFFER_ONLY":
            return []
        elsewhere = TOLD_ELSEWHERE
        if self.amazon_is_parent:
            elsewhere |= set(self.product_tmpl_id._amazon_mapped()) | {"condition_type"}
        return [
            issue
            for issue in missing(self._amazon_told(), definition)
            if issue.code != "missing" or not elsewhere.intersection(issue.attributes)
        ]

    def _amazon_lacks(self):
        """Names of required attributes that nothing here fills, in Amazon's order."""
        return [
            name
            for issue in self._amazon_issues()
            if issue.code == "missing"
            for name in issue.attributes
        ]

    def _amazon_told(self):
        """Attributes that the product's state becomes, as the adapter writes them."""
        account, product = self.account_id, self.product_id
        state = ProductState(
            title=self.title or product.display_name or None,
            description=product.description_sale or None,
            barcode=product.barcode or None,
            attributes=self._attributes() | ({"parent": True} if self.amazon_is_parent else {}),
        )
        settings = settings_of(
            Connection("", {}, account._adapter_options(), account.currency_id.name or "")
        )
        now = datetime.now(timezone.utc)
        return attributes_of(self._key(), state, settings, now, new=True)

    # === STOCK === #

    def _snapshot_inventory(self, account):
        """Override of ``marketplace``: handling time and restock date come along; of goods that
        Amazon keeps only that is told, never a quantity."""
        states = super()._snapshot_inventory(account)
        if account.provider != "amazon":
            return states
        receipts = self._amazon_receipts(account)
        for listing in self:
            tell = states.get(listing.id)
            if listing.amazon_is_parent:
                states[listing.id] = Nothing(self.env._("A parent of variants is not sold."))
            elif isinstance(tell, Tell) and listing.amazon_fulfilment == "channel":
                states[listing.id] = Tell(
                    dataclasses.replace(tell.state, unlimited=False), {"fulfilment": "channel"}
                )
            elif isinstance(tell, Tell):
                states[listing.id] = listing._amazon_tell_stock(tell, account, receipts)
        return states

    def _amazon_tell_stock(self, tell, account, receipts):
        days = self.amazon_handling_days or account.amazon_handling_days or None
        today = fields.Date.context_today(self)
        day = None
        if not tell.state.in_stock:
            day = self.amazon_restock_date or receipts.get(self.product_id.id)
            day = day if day and day > today else None
        state = dataclasses.replace(tell.state, handling_days=days, restock_date=day)
        extra = {"handling_days": days, "restock_date": day.isoformat() if day else None}
        return Tell(state, tell.values | {name: one for name, one in extra.items() if one})

    def _amazon_receipts(self, account):
        """{product id: day of the next receipt} where the account tells it, one query."""
        if not account.amazon_restock_auto:
            return {}
        moves = self.env["stock.move"]._read_group(
            [
                ("product_id", "in", self.product_id.ids),
                ("state", "in", ("waiting", "confirmed", "assigned", "partially_available")),
                ("location_id.usage", "in", ("supplier", "production", "transit")),
                ("location_dest_id", "child_of", account.location_ids.ids),
            ],
            ["product_id"],
            ["date:min"],
        )
        return {product.id: moment.date() for product, moment in moves}

    # === EXCEPTIONS === #

    def _snapshot_override(self, account):
        """Override of ``marketplace``: the shipping template of a listing (R31)."""
        if account.provider != "amazon":
            return super()._snapshot_override(account)
        result = {}
        for listing in self:
            group = (listing.amazon_shipping_group or account.amazon_shipping_group or "").strip()
            known = (listing.acknowledged or {}).get("override")
            if listing.amazon_is_parent or listing.amazon_fulfilment == "channel" or not group:
                nothing = Nothing(self.env._("There is no shipping template of its own."))
                result[listing.id] = Tell(OverrideState({}), {}) if known else nothing
            else:
                values = {"merchant_shipping_group": group}
                result[listing.id] = Tell(OverrideState(values), values)
        return result
