from odoo import models

from odoo.addons.marketplace.snapshot import Nothing, Tell

from marketplace_adapters.core import ListingKey, ProductState, RelationshipState

from ..const import PARENT_OFFER, PARENT_PREFIX


class MarketplaceListing(models.Model):
    """Variants of one product below a parent listing, and accessories.

    ::

        template T-Shirt ─▶ parent listing   offer PARENT, SKU of its own, a theme, never for sale
            ├ variant red, M  ─▶ listing  ─┐
            └ variant blue, M ─▶ listing  ─┴─ told of their parent once Amazon has it

    The parent stands on the template's first variant: so whatever changes the product reaches it
    like every other listing.
    """

    _inherit = "marketplace.listing"

    # === MAKING FAMILIES === #

    def _amazon_group(self):
        """A parent for every product among these whose variants can be told apart on Amazon.

        :return: the parents, new and old.
        """
        parents = self.browse()
        for listing in self.filtered(lambda one: one.product_id and not one.amazon_is_parent):
            account, template = listing.account_id, listing.product_tmpl_id
            if not account.amazon_families or not template._amazon_theme_of(account):
                continue
            parents |= listing._amazon_parent() or self.create(
                {
                    "account_id": account.id,
                    "product_id": template.product_variant_ids[:1].id,
                    "offer": PARENT_OFFER,
                    "sku": f"{PARENT_PREFIX}{template.id}",
                    "internal_id": f"{PARENT_PREFIX}{template.id}",
                    "amazon_product_type_id": listing.amazon_product_type_id.id,
                    "amazon_requirements": "LISTING",
                }
            )
        return parents

    def _amazon_parent(self):
        """The parent of this listing's product on the same account; empty for none."""
        self.ensure_one()
        return self.search(
            [
                ("account_id", "=", self.account_id.id),
                ("product_tmpl_id", "=", self.product_tmpl_id.id),
                ("amazon_is_parent", "=", True),
            ],
            limit=1,
        )

    def _amazon_children(self):
        """Listings of the variants below these parents."""
        return self.search(
            [
                ("account_id", "in", self.account_id.ids),
                ("product_tmpl_id", "in", self.product_tmpl_id.ids),
                ("amazon_is_parent", "=", False),
            ]
        )

    def action_amazon_group(self):
        """Make a family of the variants of these products, and tell it."""
        parents = self._of_amazon()._amazon_group()
        (parents | parents._amazon_children())._request()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if parents else "warning",
                "message": self.env._(
                    "%s product(s) are a family on Amazon. Attributes of variants that name no "
                    "attribute of Amazon keep a product from being one.",
                    len(parents),
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _learn(self, learned):
        """Override of ``marketplace``: once Amazon has a parent, its variants are told of it."""
        waiting = self.amazon_is_parent and not self.external_id
        result = super()._learn(learned)
        if waiting and self.external_id:
            self._amazon_children()._request()
        return result

    # === WHAT IS TOLD === #

    def _amazon_tell_parent(self, account):
        """The parent as a product that nobody can buy."""
        self.ensure_one()
        template = self.product_tmpl_id.with_context(lang=account.lang or self.env.lang)
        theme = self.product_tmpl_id._amazon_theme_of(account)
        if not theme:
            return Nothing(self.env._("Its variants are no family any more."))
        trouble = self._amazon_trouble()
        if trouble:
            return trouble
        attributes = self._attributes() | {
            "parent": True,
            "theme": theme,
            "requirements": "LISTING_PRODUCT_ONLY",
        }
        state = ProductState(
            title=self.title or template.name,
            description=template.description_sale or None,
            published=True,
            attributes=attributes,
        )
        values = {"title": state.title, "description": state.description}
        values |= {"published": True, "attributes": attributes}
        return Tell(state, {name: one for name, one in values.items() if one is not None})

    def _snapshot_relationship(self, account):
        """Override of ``marketplace``: parent, theme and accessories (R30)."""
        if account.provider != "amazon":
            return super()._snapshot_relationship(account)
        empty = super()._snapshot_relationship(account)
        parents = self._amazon_parents(account)
        result = {}
        for listing in self:
            parent = parents.get(listing.product_tmpl_id.id)
            theme = listing.product_tmpl_id._amazon_theme_of(account) if parent else None
            if listing.amazon_is_parent or not listing.product_id:
                result[listing.id] = Nothing(self.env._("The product itself says what it is."))
            elif parent and theme and not parent._is_accepted():
                result[listing.id] = Nothing(
                    self.env._("It is told once Amazon has the parent %s.", parent.sku)
                )
            else:
                told = listing._amazon_relation(parent if theme else None, theme, account)
                result[listing.id] = told or empty[listing.id]
        return result

    def _amazon_parents(self, account):
        """{template id: parent listing}, one query."""
        found = self.search(
            [
                ("account_id", "=", account.id),
                ("product_tmpl_id", "in", self.product_tmpl_id.ids),
                ("amazon_is_parent", "=", True),
            ]
        )
        return {parent.product_tmpl_id.id: parent for parent in found}

    def _amazon_relation(self, parent, theme, account):
        """:return: a :class:`Tell`, ``None`` when the listing is related to nothing"""
        accessories = self._amazon_accessories(account)
        if not parent and not accessories:
            return None
        state = RelationshipState(
            parent=parent._key() if parent else None,
            theme=theme,
            accessories=tuple(ListingKey(sku=sku) for sku in accessories),
        )
        values = {
            "parent": (parent.external_id or parent.sku) if parent else None,
            "theme": theme,
            "accessories": accessories,
        }
        return Tell(state, {name: one for name, one in values.items() if one})

    def _amazon_accessories(self, account):
        """SKUs of this account's listings of what goes with the product."""
        template = self.product_tmpl_id
        products = template.optional_product_ids.product_variant_ids
        if "accessory_product_ids" in template._fields:
            products |= template.accessory_product_ids
        listings = products.sudo().marketplace_listing_ids.filtered(
            lambda one: one.account_id == account and not one.amazon_is_parent and one.active
        )
        return sorted({one.external_id or one.sku for one in listings if one._is_accepted()})

    def _snapshot_delete(self, account):
        """Override of ``marketplace``: a parent lives as long as its product has variants."""
        states = super()._snapshot_delete(account)
        for listing in self.filtered("amazon_is_parent"):
            if listing._amazon_move_parent():
                states[listing.id] = Nothing(self.env._("Its product has other variants."))
        return states

    def _amazon_move_parent(self):
        """Let a parent whose variant is gone stand on another one of its product.

        :return: whether there is another one.
        """
        self.ensure_one()
        template = self.env["product.template"].browse(self._amazon_template_id()).exists()
        variant = template.product_variant_ids[:1]
        if variant and self.product_id != variant:
            self.product_id = variant
        return bool(variant)

    def _amazon_template_id(self):
        """The product of a parent, also when its variant is gone: its own id names it."""
        if self.product_tmpl_id:
            return self.product_tmpl_id.id
        number = (self.internal_id or "").removeprefix(PARENT_PREFIX)
        return int(number) if number.isdecimal() else 0
