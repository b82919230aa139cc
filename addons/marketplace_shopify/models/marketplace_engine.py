from odoo import api, models

from odoo.addons.marketplace.tools.db import fresh_env, session_lock
from odoo.addons.queue_job.exception import RetryableJobError

from marketplace_adapters.core import AdapterError, AuthError, ThrottledError


class MarketplaceEngine(models.AbstractModel):
    _inherit = "marketplace.engine"

    @api.model
    def _job_shopify_collections(self, account_id, _argument=0):
        """Marketplace: save the collections of a shop"""
        self._speaking(account_id)._save_shopify_collections(account_id)

    def _save_shopify_collections(self, account_id):
        """Save what changed, each in a committed step of its own; a refusal stands on the
        collection and stops no other."""
        account = self.env["marketplace.account"].browse(account_id).exists()
        if not account or not account._may_call():
            return
        with session_lock(self.env, f"collections.{account_id}") as held:
            if not held:
                raise RetryableJobError("Another job saves them.", seconds=10, ignore_retry=True)
            with account._engine_adapter() as adapter:
                try:
                    self._save_each_collection(account, adapter)
                except AuthError as exc:
                    self._pause_account(account, exc)
                except ThrottledError as exc:
                    raise RetryableJobError(
                        exc.message, seconds=int(exc.retry_after) + 1, ignore_retry=True
                    ) from exc
                finally:
                    with fresh_env(self.env) as env:
                        env["marketplace.exchange"]._store(
                            account.with_env(env), adapter.take_exchanges()
                        )

    def _save_each_collection(self, account, adapter):
        waiting = self.env["marketplace.shopify.collection"].search(
            [("account_id", "=", account.id), ("state", "in", ("new", "changed"))]
        )
        for collection in waiting:
            told, problem, external_id = collection._told(), None, None
            try:
                external_id = adapter.save_collection(told)
            except (AuthError, ThrottledError):
                raise
            except AdapterError as exc:
                if exc.policy == "retry":
                    raise RetryableJobError(exc.message, seconds=30) from exc
                problem = exc.message
            with fresh_env(self.env) as env:
                collection.with_env(env)._saved(told, external_id, problem)
