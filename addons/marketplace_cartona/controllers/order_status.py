from odoo import http
from odoo.http import request

from odoo.addons.marketplace.models.marketplace_account_webhook import MOST_BYTES


class CartonaWebhook(http.Controller):
    """The address that the vendor's guide names (R103)."""

    @http.route(
        "/cartona_integration/webhook/order_status",
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,  # without a login it would be tried read-only first, and count twice
    )
    def order_status(self, **_params):
        """Take ``{"hashed_id", "status"}``, a whole order, or a list of either.

        200 stored, whatever becomes of it · 400 unreadable · 401 no or a wrong token ·
        403 sender not on the account's list · 413 too large · 429 too many
        """
        http_request = request.httprequest
        if (http_request.content_length or 0) > MOST_BYTES:
            return request.make_json_response({"error": "too_large"}, status=413)
        body = http_request.get_data()
        # Not ref(): whether it still exists is one query more for each message.
        user = request.env["ir.model.data"]._xmlid_to_res_id("marketplace.user_engine")
        engine = request.env(user=user, su=False)
        status, answer, headers = engine["marketplace.account"]._cartona_webhook(
            http_request.headers, body
        )
        return request.make_json_response(answer, headers=headers, status=status)
