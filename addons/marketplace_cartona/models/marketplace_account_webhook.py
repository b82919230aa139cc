import json
import logging

from odoo import api, models, tools
from odoo.exceptions import UserError
from odoo.http import request

from marketplace_adapters.core import SignatureError

_logger = logging.getLogger(__name__)


class MarketplaceAccount(models.Model):
    """Messages to the address that all Cartona accounts share: the token says whose they are."""

    _inherit = "marketplace.account"

    @api.model
    def _cartona_webhook(self, headers, body):
        """Take one message.

        :param headers: mapping of the request's headers.
        :param bytes body: as received.
        :return: (HTTP status, JSON-able answer, {header: value})
        """
        adapters = self._cartona_of_token(headers, body)
        if not adapters:
            _logger.warning("Webhook of Cartona refused: 401 no account has this token")
            return 401, {"error": "unauthorized"}, {}
        account = self.browse(adapters)._cartona_concerned(body)
        return account._webhook(headers, body, proven=adapters[account.id])

    def _webhook(self, headers, body, proven=None):
        """Override of ``marketplace`` to hear listed senders only, at whichever address."""
        sender = request.httprequest.remote_addr if request else None
        networks = self._webhook_policy().get("networks")
        if networks and sender and not self._cartona_may_send(sender, networks):
            return self._webhook_refusal(403, "forbidden")
        return super()._webhook(headers, body, proven)

    def _read_webhook_policy(self):
        """Override of ``marketplace`` to add the networks that may send."""
        policy = super()._read_webhook_policy()
        if self.provider == "cartona":
            policy["networks"] = self._cartona_networks()
        return policy

    def _cartona_of_token(self, headers, body):
        """{account id: adapter} of the accounts whose token the message carries.

        All accounts are compared, each in constant time, so that the time of the answer tells
        nothing.
        """
        found = {}
        for account in self.browse(self._cartona_listening()):
            try:
                adapter = account._webhook_adapter()
                with adapter:
                    adapter.verify(headers, body)
            except SignatureError:
                continue
            except UserError:
                # Secrets of a copied database: no reason to refuse the other accounts' messages.
                _logger.warning("The secrets of account %s cannot be read", account.id)
                continue
            found[account.id] = adapter
        return found

    @api.model
    @tools.ormcache("self.env.uid")
    def _cartona_listening(self):
        """Ids of the accounts that listen, first the first one."""
        return self.search([("provider", "=", "cartona"), ("state", "!=", "draft")])._ids

    def _cartona_concerned(self, body):
        """Of several accounts with one token, the one that has the order; else the first."""
        if len(self) == 1:
            return self
        ids = _order_ids(body)
        order = self.env["marketplace.order"].search(
            [("account_id", "in", self.ids), ("external_id", "in", ids)], limit=1
        )
        return order.account_id or self[:1]


def _order_ids(body):
    """Ids of the orders that a message is about; empty for one that cannot be read."""
    try:
        message = json.loads(body)
    except ValueError:
        return []
    if isinstance(message, dict) and "hashed_id" not in message:
        message = message.get("data") or message.get("order")
    rows = message if isinstance(message, list) else [message]
    return [str(row["hashed_id"]) for row in rows if isinstance(row, dict) and row.get("hashed_id")]
