from typing import NamedTuple

from odoo import models
from odoo.tools import consteq, hmac
from odoo.tools.image import image_process

from ..snapshot import Trouble

SCOPE = "marketplace.image"
# What channels take as it is; anything else is made a JPEG.
KINDS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif"}
LOCAL = ("localhost", "127.0.0.1", "[::1]")


class Images(NamedTuple):
    """Images of one listing by where they are kept; each [(attachment, what it is an image of)]."""

    product: list
    template: list
    product_extra: list
    template_extra: list
    further: list


class MarketplaceListing(models.Model):
    """Images of a listing, at addresses that a channel can fetch them from without a login.

    An address names the listing, a token that nobody can guess, and the checksum of the image: it
    stays the same as long as the image does, and a new image is a new address.
    """

    _inherit = "marketplace.listing"

    # === HOOKS OF PROVIDERS === #

    def _public_images(self):
        """The images of this listing that everybody who knows the address may see; a provider that
        tells such addresses overrides this for its own listings.

        :return: records of ``ir.attachment``, as superuser
        """
        self.ensure_one()
        return self.env["ir.attachment"].sudo()

    # === IMAGES === #

    def _image_sources(self, further):
        """{listing id: :class:`Images`}; a query for each kind of image, whatever the number.

        :param str further: field of ``product.template`` with attachments for one provider alone;
            those that are no images are left out.
        """
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

        def extra(record, name):
            found = extras.get(name)
            return [(found.get(one.id), one) for one in record[name]] if found else []

        result = {}
        for listing in self:
            product, template = listing.product_id.sudo(), listing.product_tmpl_id.sudo()
            files = template[further].filtered(lambda one: (one.mimetype or "")[:6] == "image/")
            sources = (
                [(own.get(product.id), product)],
                [(shared.get(template.id), template)],
                extra(product, "product_variant_image_ids"),
                extra(template, "product_template_image_ids"),
                [(one, one) for one in files],
            )
            result[listing.id] = Images(*([pair for pair in one if pair[0]] for one in sources))
        return result

    def _image_attachments(self, records, name):
        """{record id: the attachment that holds its image}, one query.

        :param str name: an image field that is stored in an attachment.
        """
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

    # === ADDRESSES === #

    def _image_url(self, base_url, image):
        """:param image: an ``ir.attachment`` of :meth:`_public_images`."""
        kind = KINDS.get(image.mimetype, "jpg")
        return (
            f"{base_url}/marketplace/image/{self.id}/{self._image_token()}/{image.checksum}.{kind}"
        )

    def _image_token(self):
        """Cannot be guessed, and needs no place in the database."""
        return hmac(self.env(su=True), SCOPE, (self.id,))[:32]

    def _public_image(self, listing_id, token, checksum):
        """One image of a listing for everybody who knows its address.

        :return: (bytes, MIME type), or ``None`` for any address that is not right
        """
        listing = self.browse(listing_id)
        if not consteq(listing._image_token(), token):
            return None
        listing = listing.exists()
        if not listing:
            return None
        for image in listing._public_images():
            if image.checksum == checksum:
                data, mimetype = image.raw, image.mimetype
                if mimetype not in KINDS:
                    return image_process(data, output_format="JPEG"), "image/jpeg"
                return data, mimetype
        return None

    def _image_trouble(self, account, base_url):
        """:return: a :class:`Trouble` when the channel surely cannot fetch images from this
        address, else ``None``"""
        if account._base_url_host() in LOCAL or _reachable(base_url):
            return None
        return Trouble(
            f"{account.provider}_image_address",
            self.env._(
                "%(account)s cannot fetch images from %(address)s.",
                account=account.name,
                address=base_url,
            ),
            self.env._(
                "Set the system parameter web.base.url to the address at which Odoo is "
                "reached from the internet, with https."
            ),
        )


def _reachable(base_url):
    scheme, _colon, rest = base_url.partition("://")
    host = rest.partition("/")[0].rsplit(":", 1)[0]
    return scheme == "https" and host not in LOCAL
