from odoo import api, models, tools
from odoo.exceptions import UserError

from marketplace_adapters.core import AdapterError

from ..tools.db import fresh_env

# What a figure of the dashboard opens: action, default filters.
_DRILL_DOWN = {
    "waiting": ("marketplace.action_outbox", ["waiting"]),
    "pending": ("marketplace.action_outbox", ["in_progress"]),
    "errors": ("marketplace.action_outbox", ["error"]),
    "outbox": ("marketplace.action_outbox", []),
    "inbox": ("marketplace.action_inbox", ["new"]),
    "quarantine": ("marketplace.action_inbox", ["trouble"]),
    "causes": ("marketplace.action_cause", ["open"]),
    "submissions": ("marketplace.action_submission", []),
    "calls": ("marketplace.action_exchange", ["today"]),
    "listings": ("marketplace.action_listing", []),
    "orders": ("marketplace.action_order", []),
    "late": ("marketplace.action_deadline", ["late"]),
    "due": ("marketplace.action_deadline", ["due"]),
    "settlements": ("marketplace.action_settlement", []),
    "operations": ("marketplace.action_product_operation", []),
    "budgets": ("marketplace.action_budget", []),
}


class MarketplaceAccount(models.Model):
    """Buttons of the account's screens."""

    _inherit = "marketplace.account"

    # === CONNECTION === #

    def action_test_connection(self):
        """Ask the channel whether the credentials work, and say in words what is missing.

        Success connects a new account, and one that was paused because its credentials failed.
        """
        self.ensure_one()
        check, problem = self._test_connection()
        if check:
            self._connected()
            return self._tell(
                self.env._("Connected: %s", check.message), kind="success", sticky=False
            )
        return self._tell(problem, kind="danger", sticky=True)

    def _test_connection(self):
        """Try the connection; the calls and a failure are kept in a committed step of their own.

        :return: (:class:`marketplace_adapters.core.Check`, ``None``) when it works, else
            (``None``, a sentence for a person)
        """
        self.ensure_one()
        check, problem, fault, adapter = None, None, "seller", None
        try:
            with self._open_adapter() as adapter:
                check = adapter.check()
        except AdapterError as exc:
            problem, fault = exc.message, exc.fault
        except UserError as exc:
            problem = str(exc)
        if check and not check.ok:
            problem = self._explain_check(check)
        with fresh_env(self.env) as env:
            own = self.with_env(env)
            if adapter:
                env["marketplace.exchange"].sudo()._store(own, adapter.take_exchanges())
            if problem and self.state != "draft":
                env["marketplace.cause"].sudo()._raise(
                    own,
                    "auth",
                    env._(
                        "The connection test of %(account)s failed: %(problem)s",
                        account=own.name,
                        problem=problem,
                    ),
                    env._("Open the account, correct the credentials and press Test Connection."),
                    fault,
                )
        return (None, problem) if problem else (check, None)

    def _explain_check(self, check):
        if not check.missing:
            return check.message
        return self.env._(
            "%(message)s Missing: %(missing)s.",
            message=check.message,
            missing=", ".join(check.missing),
        )

    def _connected(self):
        """The channel answered: go on, unless a person stopped the account."""
        self.ensure_one()
        failed_before = (
            self.env["marketplace.cause"]
            .sudo()
            .search_count(
                [("account_id", "=", self.id), ("code", "=", "auth"), ("state", "=", "open")],
                limit=1,
            )
        )
        if self.state == "draft" or (self.state == "paused" and failed_before):
            self.action_resume()
        elif failed_before:
            self.env["marketplace.cause"].sudo()._solve(self, ["auth"])

    def _tell(self, message, *, kind, sticky):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.name,
                "message": message,
                "type": kind,
                "sticky": sticky,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # === PROVIDERS === #

    @api.model
    @tools.ormcache("provider")
    def _provider_used(self, provider):
        """Whether any account of a provider works: documents of others cost nothing."""
        return bool(
            self.sudo().search_count(
                [("provider", "=", provider), ("state", "!=", "draft")], limit=1
            )
        )

    @api.model
    def _cancel_reasons(self, provider):
        """Why an order may be cancelled, in the words of a provider: [(value, label)]; empty for
        one that wants no reason. See ``sale.order._cancel_dialogs``."""
        field = self._fields.get(f"{provider}_cancel_reason")
        return field._description_selection(self.env) if field else []

    # === WINDOWS === #

    @api.model
    def _action_configuration(self, provider):
        """The accounts of a provider; the one account itself when there is exactly one (X16)."""
        accounts = self.search([("provider", "=", provider)])
        action = {
            "type": "ir.actions.act_window",
            "name": dict(self._fields["provider"]._description_selection(self.env))[provider],
            "res_model": self._name,
            "domain": [("provider", "=", provider)],
            "context": {"default_provider": provider},
            "views": [(False, "list"), (False, "form")],
        }
        if len(accounts) == 1:
            action.update(views=[(False, "form")], res_id=accounts.id)
        return action

    @api.model
    def action_open_accounts(self):
        """The accounts; the one account itself when there is only one (X16)."""
        action = self.env["ir.actions.act_window"]._for_xml_id("marketplace.action_account")
        accounts = self.with_context(active_test=False).search([], limit=2)
        if len(accounts) == 1:
            action.update(
                {
                    "views": [
                        (view_id, mode) for view_id, mode in action["views"] if mode == "form"
                    ],
                    "view_mode": "form",
                    "res_id": accounts.id,
                }
            )
        return action

    def action_drill_down(self):
        """What is behind a figure; its name comes in the context as ``figure``."""
        figure = self.env.context.get("figure")
        if figure not in _DRILL_DOWN:
            raise UserError(self.env._("There is nothing behind this figure."))
        xml_id, filters = _DRILL_DOWN[figure]
        action = self.env["ir.actions.act_window"]._for_xml_id(xml_id)
        context = {f"search_default_{name}": 1 for name in filters}
        if self:
            context["search_default_account_id"] = self.ids
        action["context"] = context
        return action

    def action_synchronize(self):
        """Open the manual synchronization for these accounts."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "marketplace.action_sync_wizard_products"
        )
        action["context"] = {"default_mode": "products", "default_account_ids": self.ids}
        return action

    def action_connect(self):
        """Go on with the connection of a new account, step by step."""
        self.ensure_one()
        wizard = self.env["marketplace.connect.wizard"].create({"account_id": self.id})
        return wizard._go("credentials")
