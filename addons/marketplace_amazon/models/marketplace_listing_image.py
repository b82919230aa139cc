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
        """{listing id: its images}; a query for each kind of image, whatever the number."""
        products, templates = self.product_id.sudo(), self.product_tmpl_id.sudo()
        own = self._image_attachments(products, "image_variant_1920")
        shared = self._image_attachments(templates, "image_1920")
        # Extra images of a website's shop, where there is one.
        extras = {
            name: self._image_attachments(records.mapped(name), "image_1920")
            for records, name in (
                (products, "product_variant_image_ids"),
                (templates, "product_template_image_ids"),
            )
            if name in records._fields
        }
        result = {}
        for listing in self:
            product, template = listing.product_id.sudo(), listing.product_tmpl_id.sudo()
            variant = not listing.amazon_is_parent and own.get(product.id)
            images = [variant or shared.get(template.id)]
            for name, found in extras.items():
                holder = product if name in product._fields and "variant" in name else template
                images += [found.get(one.id) for one in holder[name]]
            images += template.amazon_image_ids.filtered(
                lambda one: (one.mimetype or "").startswith("image/")
            )
            unique = {one.checksum: one.id for one in images if one and one.checksum}
            ids = list(unique.values())[:MOST_IMAGES]
            result[listing.id] = self.env["ir.attachment"].sudo().browse(ids)
        return result
