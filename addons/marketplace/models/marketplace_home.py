import hashlib

import psycopg2

from odoo import api, fields, models, tools
from odoo.exceptions import AccessError, UserError

from marketplace_adapters.core import AuthError

PARAMETER = "marketplace.home"
CAUSE = "copied_database"


class MarketplaceHome(models.AbstractModel):
    """Knows whether this database is the one that was connected, or a copy of it (invariant 5).

    At the first connection the database's marks are remembered as a digest: its uuid, its name,
    its number in the PostgreSQL cluster and the cluster's own number. A duplicate, a restored dump
    and a cluster that was copied elsewhere differ in at least one of them, whatever Odoo knows
    about it. Only a copy of the whole disk is the same in everything; neutralize such a one.

    ::

        unclaimed ──an account is connected──▶ home ──copied, restored, renamed──▶ copy
                                                ▲                                   │
                                                └──── a manager says it is the one ─┘
        neutralized: nothing leaves, whatever anybody says
    """

    _name = "marketplace.home"
    _description = "Marketplace Home Database"

    @api.model
    def _is_home(self):
        """Whether requests may leave from here. Cheap: two reads of a cache."""
        return self._status() == "home"

    @api.model
    def _status(self):
        """:return: ``home``, ``copy``, ``neutralized``, or ``unclaimed`` before any account was
        connected."""
        parameters = self.env["ir.config_parameter"].sudo()
        if tools.str2bool(parameters.get_param("database.is_neutralized") or "0", False):
            return "neutralized"
        known = parameters.get_param(PARAMETER)
        if not known:
            return "unclaimed"
        return "home" if known == self._fingerprint() else "copy"

    @api.model
    def _remember(self):
        """An account gets connected: from now on this database is the one.

        :raise UserError: it is a copy, or neutralized.
        """
        status = self._status()
        if status in ("copy", "neutralized"):
            raise UserError(self._refusal(status))
        if status == "unclaimed":
            self.env["ir.config_parameter"].sudo().set_param(PARAMETER, self._fingerprint())

    @api.model
    def _claim(self):
        """A manager says that this database is the one from now on, after a move to another
        server for example. Whatever waited goes on.

        :raise AccessError: no manager.
        :raise UserError: the database is neutralized.
        """
        if not (self.env.su or self.env.user.has_group("marketplace.group_manager")):
            raise AccessError(
                self.env._("Only a manager of the marketplace may say which database is the one.")
            )
        if self._status() == "neutralized":
            raise UserError(self._refusal("neutralized"))
        self.env["ir.config_parameter"].sudo().set_param(PARAMETER, self._fingerprint())
        accounts = self.env["marketplace.account"].sudo().search([])
        for account in accounts:
            account.message_post(
                body=self.env._("%s: this is the production database.", self.env.user.name)
            )
            self.env["marketplace.cause"]._solve(account, [CAUSE])
            self.env["marketplace.engine"].sudo()._wake_send(account)

    @api.model
    def _warn(self, accounts):
        """Tell the people of these accounts, once, that nothing leaves from here."""
        title, advice = self._refusal("copy").split("\n", 1)
        for account in accounts:
            self.env["marketplace.cause"]._raise(account, CAUSE, title, advice)

    @api.model
    def _refusal(self, status):
        if status == "neutralized":
            return self.env._(
                "This database is neutralized: nothing is sent to a marketplace from here."
            )
        return self.env._(
            "This database is a copy of the one that was connected: nothing is sent or fetched.\n"
            "If it is the production database, moved or renamed, open an account and press "
            "“This is the production database”. If not, leave it as it is."
        )

    @api.model
    @tools.ormcache()
    def _fingerprint(self):
        """A digest of what makes this database different from every copy of it."""
        marks = [*self._marks(), self._cluster_number()]
        return hashlib.sha256("|".join(mark or "" for mark in marks).encode()).hexdigest()

    def _marks(self):
        """What a copy does not share: read past the ORM, whose cached parameters may be older."""
        self.env.cr.execute(
            """
            SELECT (SELECT value FROM ir_config_parameter WHERE key = 'database.uuid'),
                   current_database(), oid::text
              FROM pg_database WHERE datname = current_database()
            """
        )
        return self.env.cr.fetchone()

    def _cluster_number(self):
        """PostgreSQL's own number of the cluster; empty where a host forbids to read it. The
        database's number and uuid still tell a copy inside of a cluster then."""
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute("SELECT system_identifier::text FROM pg_control_system()")
                return self.env.cr.fetchone()[0]
        except psycopg2.ProgrammingError:
            return ""


class MarketplaceAccount(models.Model):
    _inherit = "marketplace.account"

    home_status = fields.Selection(
        [
            ("home", "Production database"),
            ("unclaimed", "Nothing connected yet"),
            ("copy", "Copy of the production database"),
            ("neutralized", "Neutralized database"),
        ],
        compute="_compute_home_status",
    )

    def _compute_home_status(self):
        status = self.env["marketplace.home"]._status()
        for account in self:
            # Connected, and nothing says where: somebody deleted the mark. A manager has to say.
            lost = status == "unclaimed" and account.state == "connected"
            account.home_status = "copy" if lost else status

    @api.model_create_multi
    def create(self, vals_list):
        """A connected account makes this database the one."""
        if any(vals.get("state") == "connected" for vals in vals_list):
            self.env["marketplace.home"]._remember()
        return super().create(vals_list)

    def write(self, vals):
        """A connected account makes this database the one."""
        if vals.get("state") == "connected":
            self.env["marketplace.home"]._remember()
        return super().write(vals)

    def _may_call(self):
        """Nothing leaves from a copied, restored or neutralized database."""
        return super()._may_call() and self.env["marketplace.home"]._is_home()

    def action_claim_home(self):
        """A manager says that this database is the production database."""
        self.env["marketplace.home"]._claim()


class MarketplaceBudget(models.Model):
    _inherit = "marketplace.budget"

    def _of(self, account, *, urgent=False):
        """The last barrier: in a copy every call is refused before it is made, also one that
        somebody forgot to guard."""
        status = self.env["marketplace.home"]._status()
        if status in ("copy", "neutralized"):
            return ClosedBudget(self.env["marketplace.home"]._refusal(status))
        return super()._of(account, urgent=urgent)


class MarketplaceEngine(models.AbstractModel):
    _inherit = "marketplace.engine"

    @api.model
    def _cron_keep_going(self):
        """In a copy there is nothing to keep going; its people are told once."""
        home = self.env["marketplace.home"]
        accounts = self.env["marketplace.account"].sudo().search([("state", "=", "connected")])
        if accounts and home._status() != "home":
            home.sudo()._warn(accounts)
            return
        super()._cron_keep_going()


class ClosedBudget:
    """:class:`marketplace_adapters.core.Budget` of a database that must not call anybody."""

    def __init__(self, reason):
        self.reason = reason

    def take(self, bucket, cost=1.0):
        """:raise AuthError: always."""
        raise AuthError(self.reason, code=CAUSE)

    def learn(self, bucket, **_known):
        """There is nothing to learn where nothing is asked."""
