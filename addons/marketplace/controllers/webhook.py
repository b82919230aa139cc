from odoo import http
from odoo.http import request

from ..models.marketplace_account_webhook import MOST_BYTES


class MarketplaceWebhook(http.Controller):
    """The address of every account: ``/marketplace/webhook/<provider>/<token>``."""

    @http.route(
        "/marketplace/webhook/<string:provider>/<string:token>",
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,
    )
    def receive(self, provider, token, **_params):
        """Store what a channel sends; every answer is JSON.

        200 stored · 400 unreadable · 401 not proven · 404 no such address · 413 too large ·
        429 too many
        """
        # Not ref(): whether it still exists is one query more for each message.
        user = request.env["ir.model.data"]._xmlid_to_res_id("marketplace.user_engine")
        engine = request.env(user=user, su=False)
        accounts = engine["marketplace.account"]
        account = accounts._webhook_account(provider, token).with_env(engine)
        if not account:
            return request.make_json_response({"error": "not_found"}, status=404)
        if (request.httprequest.content_length or 0) > MOST_BYTES:
            return request.make_json_response({"error": "too_large"}, status=413)
        status, answer, headers = account._webhook(
            request.httprequest.headers, request.httprequest.get_data()
        )
        return request.make_json_response(answer, headers=headers, status=status)
