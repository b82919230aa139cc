from odoo import http
from odoo.http import request

# A year: the address changes with the image.
CACHE_SECONDS = 31_536_000


class MarketplaceImage(http.Controller):
    """Images of listings for channels, which fetch them without a login.

    Odoo shows product images to the public only where a website sells the product. The address
    names one listing and cannot be guessed, and only images of that very listing are behind it.
    """

    @http.route(
        "/marketplace/image/<int:listing_id>/<string:token>/<string:checksum>.<string:kind>",
        type="http",
        auth="public",
        methods=["GET", "HEAD"],
        save_session=False,
        readonly=True,
    )
    def image(self, listing_id, token, checksum, kind, **_params):
        """200 the image · 404 anything else, whatever is wrong with the address"""
        listings = request.env["marketplace.listing"].sudo()
        found = listings._public_image(listing_id, token, checksum)
        if not found:
            return request.not_found()
        data, mimetype = found
        return request.make_response(
            data,
            headers=[
                ("Content-Type", mimetype),
                ("Content-Length", str(len(data))),
                ("Cache-Control", f"public, max-age={CACHE_SECONDS}, immutable"),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )
