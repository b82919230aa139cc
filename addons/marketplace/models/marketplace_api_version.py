from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_date

from ..tools import clock

CODE = "api_ends:"
# People hear of it so many days before, once each; 0 is the day it happens.
STAGES = (90, 30, 0)


class MarketplaceAccount(models.Model):
    """Versions of the channel's interface in use, and until when they are served."""

    _inherit = "marketplace.account"

    api_versions = fields.Char(
        "Versions of the interface",
        compute="_compute_api_versions",
        help="What the suite speaks with this channel, and until when the channel serves it.",
    )
    api_ends = fields.Date(
        "Served until", compute="_compute_api_versions", help="The first version that ends."
    )

    @api.depends("provider")
    def _compute_api_versions(self):
        for account in self:
            versions = account._api_versions()
            account.api_versions = ", ".join(
                self.env._(
                    "%(name)s until %(date)s", name=one.name, date=format_date(self.env, one.ends)
                )
                if one.ends
                else one.name
                for one in versions
            )
            account.api_ends = min((one.ends for one in versions if one.ends), default=False)

    def _api_versions(self):
        """:return: tuple of :class:`marketplace_adapters.core.ApiVersion`; empty when the channel's
        addon is gone."""
        self.ensure_one()
        known = dict(self._fields["provider"]._description_selection(self.env))
        return self._get_adapter_class().versions if self.provider in known else ()

    def _tell_api_ends(self):
        """People hear in time that a version ends, once for each stage; an update of the suite
        that speaks a newer one solves it."""
        today = clock.now().date()
        causes = self.env["marketplace.cause"].sudo()
        for account in self:
            known = causes.search([("account_id", "=", account.id), ("code", "=like", f"{CODE}%")])
            due = {}
            for one in account._api_versions():
                stage = _stage(one.ends, today)
                if stage is not None:
                    due[f"{CODE}{one.name}:{one.ends}:{stage}"] = one
            known.filtered(lambda cause: cause.state == "open" and cause.code not in due)._close()  # noqa: B023
            for code, one in due.items():
                # A person who said "seen" is not told the same a second time.
                if code not in known.mapped("code"):
                    account._speaking()._tell_api_end(code, one, (one.ends - today).days)

    def _tell_api_end(self, code, version, days):
        title = (
            self.env._(
                "%(account)s stops serving “%(name)s” on %(date)s, in %(days)s days.",
                account=self.name,
                name=version.name,
                date=format_date(self.env, version.ends),
                days=days,
            )
            if days > 0
            else self.env._(
                "%(account)s has stopped serving “%(name)s” (%(date)s).",
                account=self.name,
                name=version.name,
                date=format_date(self.env, version.ends),
            )
        )
        self.env["marketplace.cause"].sudo()._raise(
            self,
            code[:250],
            title,
            self.env._("Update the marketplace addons before that day."),
            "suite",
        )


class MarketplaceEngine(models.AbstractModel):
    _inherit = "marketplace.engine"

    @api.model
    def _cron_reconcile(self):
        """Every night also: whether a version of an interface ends soon."""
        result = super()._cron_reconcile()
        self.env["marketplace.account"].sudo().search([("state", "!=", "draft")])._tell_api_ends()
        return result


def _stage(ends, today):
    """The stage that a version is in, ``None`` while its end is far."""
    if ends is None:
        return None
    left = ends - today
    return min((days for days in STAGES if left <= timedelta(days=days)), default=None)
