from collections import defaultdict
from dataclasses import dataclass

from odoo import models


@dataclass(frozen=True)
class Family:
    """The listings that are one product of the shop.

    :param key: ours, the same for ever; the shop keeps it, so that a repeat whose answer was lost
        never makes a second product.
    :param product_id: Shopify's number; ``None`` while the shop does not have it.
    :param listings: all of them, in the order of the variants.
    :param shared: the shop has variants of several products of Odoo in it: only they are told,
        never the product.
    """

    key: str
    product_id: str | None
    listings: models.BaseModel
    shared: bool = False


class MarketplaceListing(models.Model):
    """Which listings are variants of one product of the shop.

    ::

        template T-Shirt, sold by the piece ─▶ one product  (key 12)
            ├ red, M  ─▶ listing ─▶ variant
            └ blue, M ─▶ listing ─▶ variant
        template T-Shirt, sold in boxes     ─▶ another one  (key 12-5)

    What was linked to a product that the shop had before stays with that product.
    """

    _inherit = "marketplace.listing"

    def _shopify_families(self, account):
        """The products of the shop that these listings belong to; one query.

        :return: {listing id: :class:`Family`}, also of siblings that are not among these.
        """
        known = [number for number in self.mapped("shopify_product_id") if number]
        found = self.search(
            [
                ("account_id", "=", account.id),
                ("product_id", "!=", False),
                "|",
                ("product_tmpl_id", "in", self.product_tmpl_id.ids),
                ("shopify_product_id", "in", known),
            ],
            order="id",
        )
        numbers = {}
        for listing in found.filtered("shopify_product_id"):
            numbers.setdefault(listing._shopify_unit(), listing.shopify_product_id)
        groups = defaultdict(found.browse)
        for listing in found:
            unit = listing._shopify_unit()
            groups[listing.shopify_product_id or numbers.get(unit) or unit] |= listing
        # What one of them reads is read for all: a union alone would read for itself.
        families = [
            self._shopify_family_of(group.with_prefetch(found._prefetch_ids), numbers)
            for group in groups.values()
        ]
        return {one.id: family for family in families for one in family.listings}

    def _shopify_family_of(self, group, numbers):
        """:param group: its listings.
        :param dict numbers: unit → the product of the shop that is its own.
        """
        group = group.sorted(lambda one: (_place_of(one.product_id), one.id))
        number = next((one.shopify_product_id for one in group if one.shopify_product_id), None)
        units = {one._shopify_unit() for one in group}
        key = group[0]._shopify_key()
        if numbers.get(group[0]._shopify_unit()) != number or len(units) > 1:
            key = f"{key}-p{number}"  # another product of the shop has the plain key
        return Family(key, number, group, shared=len(units) > 1)

    def _shopify_unit(self):
        """What is one product as long as the shop says nothing else."""
        self.ensure_one()
        return self.product_tmpl_id.id, self.uom_id.id, self.offer or ""

    def _shopify_key(self):
        """Our key of the product of the shop."""
        parts = [str(self.product_tmpl_id.id)]
        if self.uom_id and self.uom_id != self.product_tmpl_id.uom_id:
            parts.append(f"u{self.uom_id.id}")
        if self.offer:
            parts.append(self.offer)
        return "-".join(parts)

    def _shopify_family(self):
        """All listings of the same product of the shop."""
        self.ensure_one()
        family = self._shopify_families(self.account_id).get(self.id)
        return family.listings if family else self


def _place_of(product):
    """Where a variant stands among the others: by its attributes, as the product has them."""
    values = product.product_template_attribute_value_ids
    return sorted(
        (
            value.attribute_line_id.sequence,
            value.attribute_line_id.id,
            value.product_attribute_value_id.sequence,
            value.product_attribute_value_id.id,
        )
        for value in values
    )
