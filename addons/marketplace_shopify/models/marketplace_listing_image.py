from odoo import models

from odoo.addons.marketplace.snapshot import Nothing, Tell

from marketplace_adapters.core import ImageState

from ..const import MOST_ALT_TEXT


class MarketplaceListing(models.Model):
    """Images of a product of the shop: the product's, those of its variants, further ones; each
    once, with what it shows."""

    _inherit = "marketplace.listing"

    def _snapshot_image(self, account):
        """Override of ``marketplace``: all images of the product, the same for all of its variants,
        at addresses that Shopify can fetch without a login."""
        if account.provider != "shopify":
            return super()._snapshot_image(account)
        base_url = account.get_base_url().rstrip("/")
        families = self.filtered("product_id")._shopify_families(account)
        listings = self.union(*{family.listings for family in families.values()})
        images = listings._shopify_images_each()
        texts = {"lang": account.lang} if account.lang else {}
        result = {}
        for listing in self:
            family = families.get(listing.id)
            found = _merged(images, family.listings) if family else []
            urls = tuple(one._image_url(base_url, image) for one, image, _record in found)
            if not urls and not (listing.acknowledged or {}).get("image"):
                result[listing.id] = Nothing(self.env._("There is no image."))
            elif family and family.shared:
                result[listing.id] = Nothing(self.env._("The images are the shop's own there."))
            elif urls and (trouble := self._image_trouble(account, base_url)):
                result[listing.id] = trouble
            else:
                words = tuple(
                    _alt_text(one.with_context(**texts), image, record)
                    for one, image, record in found
                )
                result[listing.id] = Tell(
                    ImageState(urls, words), {"urls": list(urls), "texts": list(words)}
                )
        return result

    def _public_images(self):
        """Override of ``marketplace`` for what Shopify fetches."""
        if self.provider != "shopify":
            return super()._public_images()
        images = self._shopify_images_each()[self.id]
        return self.env["ir.attachment"].sudo().union(*(image for image, _record in images))

    def _shopify_own_images(self, account, families):
        """{listing id: address of the variant's own image, as the product's images have it}.

        :param dict families: of :meth:`_shopify_families`.
        """
        base_url = account.get_base_url().rstrip("/")
        images = self._shopify_images_each()
        result = {}
        for family in {id(one): one for one in families.values()}.values():
            urls = {
                image.checksum: one._image_url(base_url, image)
                for one, image, _record in _merged(images, family.listings)
            }
            for listing in family.listings:
                for image, record in images[listing.id]:
                    if record._name == "product.product":
                        result[listing.id] = urls.get(image.checksum)
        return result

    def _shopify_images_each(self):
        """{listing id: [(attachment, what it is an image of)]}, the product's own first, then the
        variant's."""
        return {
            listing_id: [
                *found.template,
                *found.product,
                *found.template_extra,
                *found.product_extra,
                *found.further,
            ]
            for listing_id, found in self._image_sources("shopify_image_ids").items()
        }


def _merged(images, listings):
    """Images of all variants of a product, each once.

    :return: [(listing in whose address it is, attachment, what it is an image of)]
    """
    found, order = {}, ("product.template", "product.image", "ir.attachment", "product.product")
    for listing in listings:
        for image, record in images[listing.id]:
            if image.checksum and image.checksum not in found:
                found[image.checksum] = (listing, image, record)
    return sorted(found.values(), key=lambda one: order.index(one[2]._name))


def _alt_text(listing, image, record):
    """What an image shows, in words: as somebody wrote it, else the name."""
    template = listing.product_tmpl_id
    if record._name == "ir.attachment":
        text = image.description or template.name
    elif record._name == "product.image":
        text = record.with_context(lang=listing.env.lang).name or template.name
    elif record._name == "product.product":
        text = listing.product_id.with_context(display_default_code=False).display_name
    else:
        text = template.sudo().shopify_image_text or template.name
    return (text or "")[:MOST_ALT_TEXT]
