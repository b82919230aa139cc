from odoo import models

from odoo.addons.marketplace.snapshot import Nothing, Tell

from marketplace_adapters.core import ImageState

from ..const import MOST_IMAGES


class MarketplaceListing(models.Model):
    """Images of a listing: its own, the product's, those for Amazon alone."""

    _inherit = "marketplace.listing"

    def _snapshot_image(self, account):
        """Override of ``marketplace``: main image and up to eight more, without a login (R29)."""
        if account.provider != "amazon":
            return super()._snapshot_image(account)
        result = {}
        base_url = account.get_base_url().rstrip("/")
        images = self._amazon_images_each()
        for listing in self:
            urls = [listing._image_url(base_url, one) for one in images[listing.id]]
            if listing.amazon_requirements == "LISTING_OFFER_ONLY":
                result[listing.id] = Nothing(self.env._("The images are Amazon's own there."))
            elif not urls and not (listing.acknowledged or {}).get("image"):
                result[listing.id] = Nothing(self.env._("There is no image."))
            elif urls and (trouble := self._image_trouble(account, base_url)):
                result[listing.id] = trouble
            else:
                result[listing.id] = Tell(ImageState(tuple(urls)), {"urls": urls})
        return result

    def _public_images(self):
        """Override of ``marketplace`` for what Amazon fetches, main image first, each once."""
        if self.provider != "amazon":
            return super()._public_images()
        return self._amazon_images_each()[self.id]

    def _amazon_images_each(self):
        """{listing id: its images}"""
        sources = self._image_sources("amazon_image_ids")
        result = {}
        for listing in self:
            found = sources[listing.id]
            variant = not listing.amazon_is_parent and found.product
            images = [
                *(variant or found.template),
                *found.product_extra,
                *found.template_extra,
                *found.further,
            ]
            unique = {image.checksum: image.id for image, _record in images if image.checksum}
            ids = list(unique.values())[:MOST_IMAGES]
            result[listing.id] = self.env["ir.attachment"].sudo().browse(ids)
        return result
