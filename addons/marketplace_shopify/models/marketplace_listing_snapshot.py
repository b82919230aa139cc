import dataclasses
from dataclasses import dataclass, field
from decimal import Decimal

from odoo import models
from odoo.exceptions import ValidationError
from odoo.tools import float_repr, is_html_empty
from odoo.tools.mail import plaintext2html

from odoo.addons.marketplace.snapshot import Nothing, Tell, Trouble
from odoo.addons.marketplace.tools.pricing import own_taxes
from odoo.addons.marketplace.tools.shown import MISSING, at

from marketplace_adapters.core import OverrideState

from ..const import (
    MOST_OPTIONS,
    MOST_TAG,
    MOST_TAGS,
    MOST_TITLE,
    MOST_VARIANTS,
    PRODUCT_MEMBERS,
    VARIANT_MEMBERS,
)
from .product_template import taxonomy_id


@dataclass
class Batch:
    """What is read once for all listings of a snapshot.

    :param products: variant id → record in the account's language and company.
    :param images: listing id → address of its own image.
    :param prices: listing id → its :class:`Tell` of a price, of listings that the shop lacks.
    :param metafields: (mapping, record) → text, as the shop wants it.
    """

    account: models.BaseModel
    products: dict
    images: dict = field(default_factory=dict)
    prices: dict = field(default_factory=dict)
    collections: models.BaseModel = None
    metafields: dict = field(default_factory=dict)


class MarketplaceListing(models.Model):
    """What Shopify is told of a listing: its product, its variant, and the product's others."""

    _inherit = "marketplace.listing"

    # === PRODUCT === #

    def _snapshot_product(self, account):
        """Override of ``marketplace``: a product is told whole, with all of its variants, in the
        words of ``ProductState.attributes`` of the adapter."""
        states = super()._snapshot_product(account)
        if account.provider != "shopify":
            return states
        families = self.filtered("product_id")._shopify_families(account)
        batch = self._shopify_batch(account, families)
        told = {}
        for listing in self:
            state, family = states[listing.id], families.get(listing.id)
            if not isinstance(state, Tell) or family is None:
                continue
            known = told.get(family.key)
            if known is None:
                known = told[family.key] = self._shopify_tell_family(batch, family)
            if isinstance(known, Trouble):
                states[listing.id] = known
            else:
                states[listing.id] = listing._shopify_tell(state.state, family, *known)
        return states

    def _shopify_tell(self, state, family, product, variants, leaves):
        """One listing's share of its product.

        :param dict product: the product's members, shared by all listings of the family.
        :param dict variants: listing id → the variant's members.
        :param set leaves: members of the product that are the shop's own.
        """
        variant = variants[self.id]
        told = [
            _without(row, one._shopify_leaves_of(row))
            for one, row in ((one, variants[one.id]) for one in family.listings)
        ]
        kept = _without(product, leaves)
        own = told[family.listings.ids.index(self.id)]
        state = dataclasses.replace(
            state,
            title=kept.get("title"),
            description=kept.get("description_html"),
            barcode=own.get("barcode"),
            weight_kg=Decimal(own["weight_kg"]) if "weight_kg" in own else None,
            attributes={"product": kept, "variant": own, "variants": told},
        )
        known = {
            "product": _remembered(product, (*PRODUCT_MEMBERS, "options")),
            "variant": _remembered(variant, (*VARIANT_MEMBERS, "options")),
        }
        return Tell(state, {"attributes": {name: one for name, one in known.items() if one}})

    def _shopify_leaves_of(self, variant):
        """Members of a variant that are the shop's own."""
        if not (self.account_id._owns_anything() or self.held_edit_ids):
            return set()
        return {
            name
            for name in VARIANT_MEMBERS
            if name in variant
            and self._left_to_channel("product", f"attributes/variant/{name}", variant[name])
        }

    def _shopify_batch(self, account, families):
        """Everything that the products of these families need; a query for each kind of thing,
        whatever their number."""
        listings = self.union(*{family.listings for family in families.values()})
        texts = {"lang": account.lang} if account.lang else {}
        products = (
            listings.product_id.sudo()
            .with_company(account.company_id)
            .with_context(display_default_code=False, **texts)
        )
        batch = Batch(account, {product.id: product for product in products})
        new = listings.filtered(lambda one: not one.external_id)
        batch.prices = new._snapshot_price(account) if new else {}
        batch.images = listings._shopify_own_images(account, families)
        batch.collections = account.shopify_collection_ids.filtered(
            lambda one: one.active and one.kind == "manual" and one.external_id
        )
        batch.metafields = account.shopify_metafield_ids._shopify_values(products, account)
        return batch

    # === THE PRODUCT === #

    def _shopify_tell_family(self, batch, family):
        """What is the same for all listings of a product of the shop.

        :return: (product's members, {listing id: variant's members}, members that are the shop's
            own), or a :class:`Trouble`
        """
        template = batch.products[family.listings[0].product_id.id].product_tmpl_id
        lines = [] if family.shared else template._shopify_option_lines()
        trouble = self._shopify_trouble(template, family, lines)
        if trouble:
            return trouble
        try:
            variants = {
                listing.id: listing._shopify_variant(batch, lines, place)
                for place, listing in enumerate(family.listings, start=1)
            }
            product = {"key": family.key, "id": family.product_id}
            if not family.shared:
                product |= self._shopify_product(batch, family, template, lines)
        except ValidationError as exc:
            return Trouble(
                f"shopify_value:{template.id}",
                self.env._(
                    "%(product)s cannot be told: %(why)s",
                    product=template.display_name,
                    why=exc.args[0],
                ),
                self.env._("Correct the product, or the metafields of the account."),
            )
        return product, variants, self._shopify_leaves_product(family, product)

    def _shopify_leaves_product(self, family, product):
        """Members of a product that are the shop's own, or that a person was asked about."""
        account = family.listings.account_id
        if not (account._owns_anything() or family.listings.held_edit_ids):
            return set()
        accepted = family.listings.filtered(lambda one: one._is_accepted())
        left = {
            name
            for name in PRODUCT_MEMBERS
            if name in product
            and any(
                one._left_to_channel("product", f"attributes/product/{name}", product[name])
                for one in accepted
            )
        }
        return left | ({"managed_collections"} if "collections" in left else set())

    def _shopify_product(self, batch, family, template, lines):
        """The product's own members."""
        account = batch.account
        tags = template.product_tag_ids | family.listings.product_id.additional_product_tag_ids
        collections = batch.collections.filtered(lambda one: one._holds(template))
        title = next((one.title for one in family.listings if one.title), None)
        found = {
            "title": (title or family.listings[0]._shopify_title(template))[:MOST_TITLE],
            "description_html": template._shopify_html(),
            "vendor": template.shopify_vendor or None,
            "type": template.shopify_type or template.categ_id.name or None,
            "tags": sorted(tags.with_context(lang=template.env.lang).mapped("name")),
            "status": family.listings._shopify_status(account),
            "category": template._shopify_taxonomy(),
            "seo_title": template._shopify_seo("title"),
            "seo_description": template._shopify_seo("description"),
            "handle": template.shopify_handle or None,
            "options": [
                {"name": line.attribute_id.name, "values": line._shopify_values(family.listings)}
                for line in lines
            ],
            "metafields": family.listings._shopify_metafields(batch, template),
            "collections": sorted(collections.mapped("external_id")),
            "managed_collections": sorted(batch.collections.mapped("external_id")),
        }
        return {name: value for name, value in found.items() if value is not None}

    def _shopify_title(self, template):
        """The product's name; of a further unit or offer with what it is."""
        if self.uom_id and self.uom_id != template.uom_id:
            return f"{template.name} ({self.uom_id.name})"
        return template.name

    def _shopify_status(self, account):
        """``ACTIVE`` when any variant is offered, else what the account says."""
        chosen = self.product_tmpl_id[:1].sudo().shopify_status
        if not any(listing._is_offered() for listing in self):
            return account.shopify_unlisted
        return chosen or "ACTIVE"

    # === VARIANTS === #

    def _shopify_variant(self, batch, lines, place):
        """One variant's members."""
        self.ensure_one()
        product = batch.products[self.product_id.id]
        template = product.product_tmpl_id
        offered = self._is_offered()
        policy = template.shopify_inventory_policy or ("DENY" if not offered else None)
        found = {
            "key": self.internal_id or str(product.id),
            "id": self.external_id or None,
            "options": _options_of(product, lines),
            "sku": self.sku or None,
            "barcode": product.barcode or None,
            "weight_kg": _weight(product.weight * (self.unit_count or 1.0)),
            "taxable": bool(own_taxes(product, batch.account.company_id)),
            "tracked": bool(product.is_storable),
            "requires_shipping": product.type != "service",
            "hs_code": template.hs_code or None,
            "country": template.country_of_origin.code or None,
            "inventory_policy": policy if offered else "DENY",
            "metafields": self._shopify_metafields(batch, product),
            "image": batch.images.get(self.id),
            "position": place,
        }
        price = batch.prices.get(self.id)
        if isinstance(price, Tell):
            found["price"] = str(price.state.price.amount)
            compare = price.state.compare_at
            found["compare_at"] = str(compare.amount) if compare else None
        return {
            name: value
            for name, value in found.items()
            if value is not None or name in ("id", "compare_at")
        }

    def _shopify_metafields(self, batch, owner):
        """Metafields of a product or a variant. One without a value is named only where the shop
        was told one before: it is taken away there.

        :raise ValidationError: a value that its type cannot hold.
        """
        member = "product" if owner._name == "product.template" else "variant"
        told = {
            name
            for listing in self
            for name in _known(listing, f"product/attributes/{member}/metafields")
        }
        found = []
        for entry in batch.metafields.get(owner, ()):
            if entry.get("problem"):
                raise ValidationError(entry["problem"])
            if entry["value"] is not None or f"{entry['namespace']}.{entry['key']}" in told:
                found.append(entry)
        return found

    # === WHAT IS WRONG === #

    def _shopify_trouble(self, template, family, lines):
        """:return: a :class:`Trouble` when Shopify would surely refuse the product"""
        name = template.display_name
        if len(lines) > MOST_OPTIONS:
            return Trouble(
                f"shopify_options:{template.id}",
                self.env._(
                    "%(product)s differs by %(count)s attributes, and Shopify knows %(most)s.",
                    product=name,
                    count=len(lines),
                    most=MOST_OPTIONS,
                ),
                self.env._("Set an attribute to “Never” create variants, or divide the product."),
            )
        if len(family.listings) > MOST_VARIANTS:
            return Trouble(
                f"shopify_variants:{template.id}",
                self.env._(
                    "%(product)s has %(count)s variants, and Shopify takes %(most)s.",
                    product=name,
                    count=len(family.listings),
                    most=MOST_VARIANTS,
                ),
                self.env._("Archive listings of variants that are not sold, or divide it."),
            )
        if family.shared and not all(one.external_id for one in family.listings):
            return Trouble(
                f"shopify_shared:{family.product_id}",
                self.env._(
                    "Product %(id)s of the shop holds several products of Odoo; %(product)s "
                    "cannot be added to it.",
                    id=family.product_id,
                    product=name,
                ),
                self.env._("Link the listing to its variant in the shop, or archive it."),
            )
        tags = template.product_tag_ids.mapped("name")
        if len(tags) > MOST_TAGS or any(len(tag) > MOST_TAG for tag in tags):
            return Trouble(
                f"shopify_tags:{template.id}",
                self.env._(
                    "%(product)s has more or longer tags than Shopify takes (%(most)s of "
                    "%(length)s letters).",
                    product=name,
                    most=MOST_TAGS,
                    length=MOST_TAG,
                ),
                self.env._("Take some tags off the product."),
            )
        return None

    # === SALES CHANNELS === #

    def _snapshot_override(self, account):
        """Override of ``marketplace``: where the shop shows a product. What the shop had before
        Odoo stays where it is, unless somebody says so on the listing."""
        if account.provider != "shopify":
            return super()._snapshot_override(account)
        usual = sorted(account._shopify_publications().mapped("external_id"))
        families = self.filtered("product_id")._shopify_families(account)
        result = {}
        for listing in self:
            family = families.get(listing.id)
            own = family.listings if family else listing
            chosen = sorted(own.shopify_publication_ids.mapped("external_id"))
            wanted = chosen or (usual if own.filtered("shopify_made_here") else [])
            if wanted:
                values = {"publications": wanted}
                result[listing.id] = Tell(OverrideState(values), values)
            else:
                result[listing.id] = Nothing(self.env._("The shop decides where it is shown."))
        return result


class ProductTemplate(models.Model):
    """The product's texts and options, as Shopify wants them."""

    _inherit = "product.template"

    def _shopify_option_lines(self):
        """Attributes that tell its variants apart; empty for a product with one variant."""
        self.ensure_one()
        if len(self.product_variant_ids) < 2:
            return self.env["product.template.attribute.line"]
        return self.valid_product_template_attribute_line_ids.filtered(
            lambda line: (
                line.attribute_id.create_variant != "no_variant"
                and len(line.product_template_value_ids) > 1
            )
        )

    def _shopify_html(self):
        """The description; what is written for Shopify first, then the shop's of Odoo, then the
        one of quotations. ``None`` when there is none."""
        for name in ("shopify_description", "description_ecommerce", "website_description"):
            if name in self._fields and not is_html_empty(self[name]):
                return str(self[name])
        return str(plaintext2html(self.description_sale)) if self.description_sale else None

    def _shopify_seo(self, what):
        """:param str what: ``title`` or ``description``."""
        own = self[f"shopify_seo_{what}"]
        name = f"website_meta_{what}"
        return own or (name in self._fields and self[name]) or None

    def _shopify_taxonomy(self):
        """Id of Shopify's taxonomy: the product's, else that of its category or one above."""
        category = self.categ_id
        found = self.shopify_category
        while category and not found:
            found, category = category.shopify_category, category.parent_id
        return taxonomy_id(self.env, found) if found else None


class ProductTemplateAttributeLine(models.Model):
    _inherit = "product.template.attribute.line"

    def _shopify_values(self, listings):
        """Names of the values that listed variants have, in their order."""
        used = listings.product_id.product_template_attribute_value_ids
        return [one.name for one in self.product_template_value_ids if one in used]


def _options_of(product, lines):
    """{attribute: value} of one variant."""
    values = product.product_template_attribute_value_ids
    return {
        line.attribute_id.name: value.name
        for line in lines
        for value in values
        if value.attribute_line_id == line
    }


def _weight(kilograms):
    """Grams exactly, as text; ``None`` for no weight."""
    text = float_repr(kilograms, 3).rstrip("0").rstrip(".") if kilograms else ""
    return text if text not in ("", "0") else None


def _known(listing, path):
    """What the shop acknowledged of a member with members of its own."""
    found = at(listing.acknowledged or {}, path)
    return {} if found is MISSING else found or {}


def _remembered(row, names):
    """What the engine keeps of members that were told; metafields by their name."""
    found = {name: row[name] for name in names if row.get(name) not in (None, {}, [])}
    if "metafields" in found:
        found["metafields"] = {
            f"{one['namespace']}.{one['key']}": one["value"]
            for one in found["metafields"]
            if one["value"] is not None
        }
    return {name: value for name, value in found.items() if value != {}}


def _without(row, names):
    return {name: value for name, value in row.items() if name not in names} if names else row
