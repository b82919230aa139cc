import hmac
import logging
import math

from odoo import api, models, tools
from odoo.exceptions import UserError

from marketplace_adapters.core import AdapterError, InvalidError, SignatureError

from ..tools.rate import LocalBuckets

_logger = logging.getLogger(__name__)

# Larger messages are refused unread: an order is some kilobytes.
MOST_BYTES = 5 * 1024 * 1024

CALLS = LocalBuckets()


class MarketplaceAccount(models.Model):
    """Messages that a channel sends by itself: proven, stored, answered; nothing else is done
    while the channel waits."""

    _inherit = "marketplace.account"

    @api.model
    def _webhook_account(self, provider, token):
        """The account a webhook address belongs to; empty for a wrong one.

        Compared in constant time with every account of the provider, so that the time of the
        answer tells nothing about the token.
        """
        found = self.browse()
        accounts = self.sudo().search([("provider", "=", provider)])
        for account in accounts:
            if (
                hmac.compare_digest(
                    (account.webhook_token or "").encode(), token.encode("utf-8", "replace")
                )
                and account.webhook_token
            ):
                found = account
        return found

    def _webhook(self, headers, body, proven=None):
        """Take one message: for the core's own address and for addresses of providers.

        :param headers: mapping of the request's headers.
        :param bytes body: as received.
        :param proven: an adapter of this account that has verified this very message already.
        :return: (HTTP status, JSON-able answer, {header: value})
        """
        self.ensure_one()
        if len(body) > MOST_BYTES:
            return self._webhook_refusal(413, "too_large")
        wait = self._webhook_wait()
        if wait:
            return self._webhook_refusal(429, "too_many", {"Retry-After": str(wait)})
        try:
            with proven or self._webhook_adapter() as adapter:
                if adapter is not proven:
                    adapter.verify(headers, body)
                events = adapter.parse(headers, body)
        except SignatureError as exc:
            return self._webhook_refusal(401, exc.code or "unauthorized")
        except InvalidError as exc:
            return self._webhook_refusal(400, exc.code or "bad_request", message=exc.message)
        except AdapterError as exc:
            return self._webhook_refusal(400, exc.code or "bad_request")
        except UserError:
            # Credentials that cannot be read here, as in a copied database.
            return self._webhook_refusal(503, "not_configured")
        count = self.env["marketplace.inbox"]._receive(self, events, "webhook")
        _logger.info("Webhook of account %s: %s events, %s new", self.id, len(events), count)
        return 200, {"received": len(events)}, {}

    def _webhook_adapter(self):
        """An adapter that reads messages; it has no budget, so nothing is called with it."""
        adapter_class, connection = self._webhook_connection()
        return adapter_class(connection)

    @tools.ormcache("self.id")
    def _webhook_connection(self):
        """(class of the adapter, connection with the secrets), kept in the memory of the process:
        reading and decrypting them takes longer than all the rest of an answer."""
        self.ensure_one()
        adapter = self._open_adapter()
        adapter.close()
        return type(adapter), adapter.connection

    @tools.ormcache("self.id")
    def _webhook_policy(self):
        """What :meth:`_read_webhook_policy` says, kept in the memory of the process: reading the
        account takes longer than storing the message."""
        return self._read_webhook_policy()

    def _read_webhook_policy(self):
        """What is asked of each message before it is read; a provider adds its own.

        :rtype: dict
        """
        self.ensure_one()
        return {"provider": self.provider, "rate": self.webhook_rate}

    def _webhook_refusal(self, status, code, headers=None, message=None):
        """An answer that says what is wrong, a log line that holds nothing of the sender."""
        _logger.warning("Webhook of account %s refused: %s %s", self.id, status, code)
        answer = {"error": code}
        if message:
            answer["message"] = message
        return status, answer, headers or {}

    def _webhook_wait(self):
        """Whole seconds to wait when more calls come than the account allows, else 0."""
        self.ensure_one()
        rate = self._webhook_policy()["rate"]
        if rate <= 0:
            return 0
        return math.ceil(CALLS.take((self.env.cr.dbname, self.id), rate))

    # === CRUD METHODS === #

    def write(self, vals):
        """Override to forget what is kept of it for messages."""
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result


class MarketplaceCredential(models.Model):
    """Secrets that change: what is kept in memory is forgotten."""

    _inherit = "marketplace.credential"

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()
