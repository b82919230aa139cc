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
        for listing in self:
            images = listing._amazon_images()
            urls = [listing._amazon_image_url(base_url, one) for one in images]
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
        attachments = self.env["ir.attachment"].sudo()
        product, template = self.product_id.sudo(), self.product_tmpl_id.sudo()
        owners = [] if self.amazon_is_parent else [(product, "image_variant_1920")]
        owners.append((template, "image_1920"))
        main = next(filter(None, (_of_field(*owner) for owner in owners)), attachments)
        further = attachments.browse()
        for record, name in (
            (product, "product_variant_image_ids"),
            (template, "product_template_image_ids"),
        ):
            # Extra images of a website's shop, where there is one.
            for extra in record[name] if name in record._fields else ():
                further |= _of_field(extra, "image_1920")
        further |= template.amazon_image_ids.filtered(
            lambda one: (one.mimetype or "").startswith("image/")
        )
        unique = {one.checksum: one for one in (main | further) if one.checksum}
        return attachments.browse([one.id for one in unique.values()][:MOST_IMAGES])

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


def _of_field(record, name):
    """The attachment that holds an image of a record; empty for none."""
    return (
        record.env["ir.attachment"]
        .sudo()
        .search(
            [
                ("res_model", "=", record._name),
                ("res_field", "=", name),
                ("res_id", "=", record.id),
                ("res_id", "!=", 0),
            ],
            limit=1,
        )
    )


def _reachable(base_url):
    scheme, _colon, rest = base_url.partition("://")
    host = rest.partition("/")[0].rsplit(":", 1)[0]
    return scheme == "https" and host not in LOCAL
