from datetime import timedelta
from itertools import islice

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError

from marketplace_adapters.core import AuthError, ThrottledError

from ..tools import clock
from ..tools.db import fresh_env, session_lock
from ..tools.faults import as_adapter_error
from ..tools.inbound import naive

CAUSE = "audit"
# Listings compared in one transaction: what is read is never held as a whole.
BATCH = 500


class MarketplaceAccount(models.Model):
    """The catalogue as the channel shows it, read back and compared: what webhooks and pulls
    missed, and what no channel tells by itself."""

    _inherit = "marketplace.account"

    audit_nightly = fields.Boolean(
        "Read the catalogue back every night",
        help="Compares what the channel shows of every listing with what it was told. On channels "
        "that give their catalogue page by page this takes as many calls as there are pages.",
    )
    audited_at = fields.Datetime("Catalogue compared", readonly=True, copy=False)
    audit_read = fields.Integer("Listings read", readonly=True, copy=False)
    audit_found = fields.Integer("Changes found", readonly=True, copy=False)

    def action_audit(self):
        """Compare now, in the background."""
        self.ensure_one()
        self.check_access("read")
        if not self._may_call():
            raise UserError(self.env._("%s is not connected.", self.name))
        self.env["marketplace.engine"].sudo()._wake_after_commit("_job_audit", self.id)
        return self._tell(
            self.env._(
                "The catalogue is read back in the background. What was changed there appears "
                "under Links, Changes on channels."
            ),
            kind="success",
            sticky=False,
        )

    def _shown_values(self, remote):
        """What a listing of the channel says, by kind and member as it was told; a provider whose
        listings say more adds it, or leaves out what its channel changes by itself.

        :param remote: :class:`marketplace_adapters.core.RemoteListing`.
        :rtype: dict
        """
        self.ensure_one()
        product, price, inventory = {}, {}, {}
        if remote.title and not remote.group:
            product["title"] = remote.title
        if remote.published is not None:
            product["published"] = remote.published
        if remote.weight_kg is not None:
            product["weight_kg"] = str(remote.weight_kg)
        if remote.price is not None:
            price = {"price": str(remote.price.amount), "currency": remote.price.currency}
            if remote.compare_at is not None:
                price["compare_at"] = str(remote.compare_at.amount)
        if remote.by_location:
            numbers = {place: str(number) for place, number in remote.by_location.items()}
            inventory["by_location"] = numbers
        elif remote.quantity is not None:
            inventory["quantity"] = str(remote.quantity)
        found = {"product": product, "price": price, "inventory": inventory}
        return {kind: values for kind, values in found.items() if values}

    def _audit(self):
        """Read the whole catalogue and compare it, some listings at a time.

        What is told while it is read counts as newer than what is read.

        :return: (listings read, changes found)
        :raise AdapterError: the catalogue cannot be read, or not yet.
        """
        self.ensure_one()
        started, read, found, adapter = clock.now(), 0, 0, None
        try:
            with self._engine_adapter() as adapter:
                remotes = iter(adapter.listings())
                while batch := list(islice(remotes, BATCH)):
                    read += len(batch)
                    with fresh_env(self.env) as env:
                        found += self.with_env(env)._compare_remotes(batch, started)
        finally:
            if adapter:
                with fresh_env(self.env) as env:
                    own = self.with_env(env)
                    env["marketplace.exchange"]._store(own, adapter.take_exchanges())
        return read, found

    def _compare_remotes(self, remotes, moment):
        own = self.with_company(self.company_id)
        listings = own.env["marketplace.inbox"]._listings_of(own, [one.key for one in remotes])
        shown = {
            listing: (own._shown_values(remote), _earlier(moment, remote.read_at))
            for remote, listing in zip(remotes, listings, strict=True)
            if listing and listing.active
        }
        return own.env["marketplace.foreign.edit"]._look(own, shown)


def _earlier(moment, read_at):
    """A catalogue that was written down before says what was then; what was told since is newer."""
    return min(moment, naive(read_at) or moment)


class MarketplaceEngine(models.AbstractModel):
    """The audit's job."""

    _inherit = "marketplace.engine"

    @api.model
    def _job_audit(self, account_id, _argument=0):
        """Marketplace: compare the catalogue of a channel"""
        self._speaking(account_id)._audit_account(account_id)

    def _audit_account(self, account_id):
        account = self.env["marketplace.account"].browse(account_id).exists()
        if not account or not account._may_call():
            return
        with session_lock(self.env, f"audit.{account_id}") as held:
            if held:
                self._audit_locked(account)

    def _audit_locked(self, account):
        try:
            read, found = account._audit()
        except ThrottledError as exc:
            # The channel is still putting its catalogue together.
            with fresh_env(self.env) as env:
                env["marketplace.engine"]._wake(
                    "_job_audit",
                    account.id,
                    eta=clock.now() + timedelta(seconds=max(1.0, exc.retry_after)),
                )
            return
        except AuthError as exc:
            self._pause_account(account, exc)
            return
        except psycopg2.Error:
            raise
        except Exception as exc:
            error = as_adapter_error(exc)
            with fresh_env(self.env) as env:
                env["marketplace.cause"]._raise(
                    account.with_env(env),
                    CAUSE,
                    env._("The catalogue could not be compared: %s", error.message),
                    env._("It is tried again the next night."),
                    error.fault,
                )
            return
        with fresh_env(self.env) as env:
            own = account.with_env(env)
            own.write(
                {
                    "audited_at": fields.Datetime.now(),
                    "audit_read": read,
                    "audit_found": found,
                }
            )
            env["marketplace.cause"]._solve(own, [CAUSE])

    @api.model
    def _cron_reconcile(self):
        """Every night also: catalogues are read back where that is wished."""
        result = super()._cron_reconcile()
        accounts = (
            self.env["marketplace.account"]
            .sudo()
            .search([("state", "=", "connected"), ("audit_nightly", "=", True)])
        )
        for account in accounts.filtered(lambda account: account._may_call()):
            self.sudo()._wake("_job_audit", account.id)
        return result
