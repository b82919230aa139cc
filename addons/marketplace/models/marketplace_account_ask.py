from odoo import models
from odoo.exceptions import UserError

from marketplace_adapters.core import AdapterError, AuthError, ThrottledError

from ..const import MASK
from ..tools.db import fresh_env


class MarketplaceAccount(models.Model):
    """Questions to a channel on behalf of a person who waits, and secrets as fields of a form."""

    _inherit = "marketplace.account"

    # === QUESTIONS === #

    def _ask(self, question, *, connected=True):
        """Ask the channel something; the calls are kept whatever comes of it.

        :param question: function of the adapter.
        :param connected: only where the account works; ``False`` while it is being connected.
        :return: what the function gives.
        :raise UserError: no usable answer; it says what a person can do.
        """
        self.ensure_one()
        if connected and not self._may_call():
            raise UserError(
                self.env._("%s is not connected, or paused: nothing can be asked.", self.name)
            )
        account = self.sudo()
        with account._open_adapter() as adapter:
            try:
                return question(adapter)
            except ThrottledError as exc:
                raise UserError(
                    self.env._(
                        "%(channel)s is busy. Try again in %(seconds)s seconds.",
                        channel=self._channel_name(),
                        seconds=int(exc.retry_after) + 1,
                    )
                ) from exc
            except AuthError as exc:
                raise UserError(self._refusal(exc)) from exc
            except AdapterError as exc:
                raise UserError(self._not_asked(exc)) from exc
            finally:
                with fresh_env(account.env) as env:
                    env["marketplace.exchange"]._store(
                        account.with_env(env), adapter.take_exchanges()
                    )

    def _refusal(self, error):
        """What a person reads when the channel refuses the credentials; a provider says more."""
        return self._not_asked(error)

    def _not_asked(self, error):
        return self.env._(
            "%(channel)s could not be asked: %(problem)s",
            channel=self._channel_name(),
            problem=error.message,
        )

    def _channel_name(self):
        """How people call the channel."""
        self.ensure_one()
        names = dict(self._fields["provider"]._description_selection(self.env))
        return names.get(self.provider, self.provider or "")

    # === SECRETS === #

    def _show_secrets(self, keys):
        """Compute fields of the form that stand for secrets: a mask where there is one.

        :param dict keys: field → the secret's name.
        """
        stored = {
            (credential.account_id.id, credential.key)
            for credential in self.env["marketplace.credential"]
            .sudo()
            .search([("account_id", "in", self.ids)])
        }
        for account in self:
            for field, key in keys.items():
                account[field] = MASK if (account._origin.id, key) in stored else False

    def _store_secret(self, field, key):
        """Take over what was typed into such a field; the mask changes nothing."""
        for account in self:
            value = (account[field] or "").strip()
            if value != MASK:
                self.env["marketplace.credential"]._store(account, key, value)
        # What was typed must not be read back, not even in the same request.
        self.invalidate_recordset([field])
