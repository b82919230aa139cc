from odoo import models
from odoo.tools import consteq, hmac
from odoo.tools.image import image_process

from odoo.addons.marketplace.snapshot import Nothing, Tell, Trouble

from marketplace_adapters.core import ImageState

from ..const import MOST_IMAGES

SCOPE = "marketplace_amazon.image"
# What Amazon takes as it is; anything else is made a JPEG.
KINDS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif"}
LOCAL = ("localhost", "127.0.0.1", "[::1]")


class MarketplaceListing(models.Model):
    """Images of a listing, at addresses that Amazon can fetch them from.

    An address names the listing, a token that nobody can guess, and the checksum of the image: it
    stays the same as long as the image does, and a new image is a new address.
    """

    _inherit = "marketplace.listing"

    def _snapshot_image(self, account):
        """Override of ``marketplace``: main image and up to eight more, without a login (R29)."""
        if account.provider != "amazon":
            return super()._snapshot_image(account)
        result = {}
        base_url = account.get_base_url().rstrip("/")
        images = self._amazon_images_each()
        for listing in self:
            urls = [listing._amazon_image_url(base_url, one) for one in images[listing.id]]
            if listing.amazon_requirements == "LISTING_OFFER_ONLY":
                result[listing.id] = Nothing(self.env._("The images are Amazon's own there."))
            elif not urls and not (listing.acknowledged or {}).get("image"):
                result[listing.id] = Nothing(self.env._("There is no image."))
            elif urls and account._amazon_is_remote() and not _reachable(base_url):
                result[listing.id] = Trouble(
                    "amazon_image_address",
                    self.env._("Amazon cannot fetch images from %s.", base_url),
                    self.env._(
                        "Set the system parameter web.base.url to the address at which Odoo is "
                        "reached from the internet, with https."
                    ),
                )
            else:
                result[listing.id] = Tell(ImageState(tuple(urls)), {"urls": urls})
        return result

    def _amazon_images(self):
        """The images of this listing, main image first, each once.

        :return: records of ``ir.attachment``, as superuser
        """
        self.ensure_one()
        return self._amazon_images_each()[self.id]

    def _amazon_images_each(self):
        """{listing id: its images}; a query for each kind of image, whatever the number."""
        products, templates = self.product_id.sudo(), self.product_tmpl_id.sudo()
        own = self._amazon_attachments(products, "image_variant_1920")
        shared = self._amazon_attachments(templates, "image_1920")
        # Extra images of a website's shop, where there is one.
        extras = {
            name: self._amazon_attachments(records.mapped(name), "image_1920")
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

    def _amazon_attachments(self, records, name):
        """{record id: the attachment that holds its image}."""
        found = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", records._name),
                    ("res_field", "=", name),
                    ("res_id", "in", records.ids),
                ]
            )
        )
        return {one.res_id: one for one in found}

    def _amazon_image_url(self, base_url, image):
        kind = KINDS.get(image.mimetype, "jpg")
        return (
            f"{base_url}/marketplace_amazon/image/{self.id}/{self._amazon_image_token()}/"
            f"{image.checksum}.{kind}"
        )

    def _amazon_image_token(self):
        """Cannot be guessed, and needs no place in the database."""
        return hmac(self.env(su=True), SCOPE, (self.id,))[:32]

    def _amazon_public_image(self, listing_id, token, checksum):
        """One image of a listing for everybody who knows its address.

        :return: (bytes, MIME type), or ``None`` for any address that is not right
        """
        listing = self.browse(listing_id)
        if not consteq(listing._amazon_image_token(), token):
            return None
        listing = listing.exists()
        if not listing or listing.provider != "amazon":
            return None
        for image in listing._amazon_images():
            if image.checksum == checksum:
                data, mimetype = image.raw, image.mimetype
                if mimetype not in KINDS:
                    return image_process(data, output_format="JPEG"), "image/jpeg"
                return data, mimetype
        return None


class MarketplaceAccount(models.Model):
    _inherit = "marketplace.account"

    def _amazon_is_remote(self):
        """Whether Amazon is somewhere else, and not a sandbox on this machine."""
        return self._base_url_host() not in LOCAL


def _reachable(base_url):
    scheme, _colon, rest = base_url.partition("://")
    host = rest.partition("/")[0].rsplit(":", 1)[0]
    return scheme == "https" and host not in LOCAL
