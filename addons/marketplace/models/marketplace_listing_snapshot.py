from dataclasses import asdict
from decimal import Decimal

from odoo import api, models

from marketplace_adapters.core import (
    DeleteState,
    ImageState,
    ListingKey,
    OverrideState,
    ProductState,
    RelationshipState,
)

from ..snapshot import Nothing, Tell, Trouble


class MarketplaceListing(models.Model):
    """What the channel is told of a listing: product and account's policies → neutral state."""

    _inherit = "marketplace.listing"

    @api.model
    def _snapshot(self, items):
        """What to tell of each listing item now: one bulk read for each kind of the batch.

        :param items: outbox items of listing kinds of one account.
        :return: {item id: Tell, Nothing or Trouble}
        """
        result = {}
        for account, account_items in items.grouped("account_id").items():
            for kind, kind_items in account_items.grouped("kind").items():
                listings = kind_items.listing_id
                states = getattr(listings, f"_snapshot_{kind}")(account)
                for item in kind_items:
                    state = states.get(item.listing_id.id)
                    result[item.id] = item.listing_id._against_acknowledged(kind, state)
        return result

    def _against_acknowledged(self, kind, state):
        if isinstance(state, Tell) and (self.acknowledged or {}).get(kind) == state.values:
            return Nothing(self.env._("The channel knows it already."))
        return state

    def _key(self):
        """:rtype: marketplace_adapters.core.ListingKey"""
        self.ensure_one()
        return ListingKey(
            external_id=self.external_id or None,
            sku=self.sku or None,
            internal_id=self.internal_id or None,
            barcode=self.barcode or None,
            extra={name: str(value) for name, value in (self.extra or {}).items()},
        )

    # === KINDS === #

    def _snapshot_product(self, account):
        """:return: {listing id: Tell or Trouble} with a :class:`ProductState`"""
        result = {}
        texts = {"lang": account.lang} if account.lang else {}
        for listing in self:
            # Our code is not a buyer's business.
            product = listing.product_id.with_context(display_default_code=False, **texts)
            if not product:
                result[listing.id] = self._trouble_no_product(listing)
                continue
            state = ProductState(
                title=listing.title or product.display_name,
                description=product.description_sale or None,
                published=listing._is_offered(),
                min_order=_decimal(listing.min_order) if listing.min_order else None,
                max_order=_decimal(listing.max_order) if listing.max_order else None,
                barcode=product.barcode or None,
                weight_kg=_decimal(product.weight) if product.weight else None,
                attributes=listing._attributes(),
            )
            result[listing.id] = Tell(state, _values(state))
        return result

    def _attributes(self):
        """Members that only one provider knows; a provider overrides this.

        :rtype: dict
        """
        self.ensure_one()
        return {}

    def _is_offered(self):
        """Whether buyers may see it: wished, and the product can be sold."""
        self.ensure_one()
        return bool(
            self.published and self.active and self.product_id.active and self.product_id.sale_ok
        )

    def _snapshot_image(self, account):
        """:return: {listing id: Tell or Trouble} with an :class:`ImageState`"""
        result = {}
        base_url = account.get_base_url()
        for listing in self:
            product = listing.product_id
            urls = ()
            if product.image_1920:
                stamp = int(product.write_date.timestamp())
                urls = (f"{base_url}/web/image/product.product/{product.id}/image_1920?u={stamp}",)
            if not urls and not (listing.acknowledged or {}).get("image"):
                result[listing.id] = Nothing(self.env._("There is no image."))
            else:
                result[listing.id] = Tell(ImageState(urls), {"urls": list(urls)})
        return result

    def _snapshot_relationship(self, account):
        """Parent, siblings and accessories; a provider that knows such things fills them.

        :return: {listing id: Tell, Nothing or Trouble} with a :class:`RelationshipState`
        """
        return self._tell_or_nothing("relationship", RelationshipState(), {})

    def _snapshot_override(self, account):
        """Exceptions from the account's settings; a provider fills them.

        :return: {listing id: Tell, Nothing or Trouble} with an :class:`OverrideState`
        """
        return self._tell_or_nothing("override", OverrideState({}), {})

    def _tell_or_nothing(self, kind, state, values):
        """An empty state is told only to take back what was told before."""
        nothing = Nothing(self.env._("There is nothing of that kind."))
        return {
            listing.id: Tell(state, values) if (listing.acknowledged or {}).get(kind) else nothing
            for listing in self
        }

    def _snapshot_delete(self, account):
        """The product is gone: the listing is closed."""
        return {listing.id: Tell(DeleteState(), {"deleted": True}) for listing in self}

    def _trouble_no_product(self, listing):
        return Trouble(
            f"no_product:{listing.id}",
            self.env._("The listing %s has no product any more.", listing.display_name),
            self.env._("Open the listing and choose a product, or archive it."),
        )


def _decimal(value):
    """Float of Odoo → exact Decimal without float dust."""
    return Decimal(repr(round(value, 6)))


def _values(state):
    """A flat state as JSON-able values with exact strings."""
    return {
        name: str(value) if isinstance(value, Decimal) else value
        for name, value in asdict(state).items()
        if value is not None and value != {}
    }
