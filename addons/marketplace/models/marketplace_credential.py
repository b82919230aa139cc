from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS
from odoo.tools import format_date

from ..const import EXPIRY_DAYS, MASK
from ..tools import secrets


class MarketplaceCredential(models.Model):
    """One secret of one account, encrypted; written by people, read by the engine alone."""

    _name = "marketplace.credential"
    _description = "Marketplace Credential"
    _order = "account_id, key"
    _rec_name = "key"

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    platform = fields.Selection(related="account_id.provider", string="Channel")
    key = fields.Char("Name", required=True)
    # Not even a manager reads or writes it: a token of one account must not be put into another,
    # whose API address is elsewhere.
    token = fields.Text(
        "Encrypted value",
        required=True,
        groups=NO_ACCESS,
        copy=False,
        exportable=False,
        default=lambda self: secrets.encrypt(self.env, ""),
    )
    value = fields.Char(
        "Secret",
        compute="_compute_value",
        inverse="_inverse_value",
        exportable=False,
        help="Write-only: what was saved is never shown again.",
    )
    expires_at = fields.Datetime("Expires")

    _key_unique = models.Constraint(
        "UNIQUE (account_id, key)", "An account has one credential of each name."
    )

    def _compute_value(self):
        for credential in self:
            credential.value = MASK if credential.sudo().token else False

    def _inverse_value(self):
        for credential in self.filtered("value"):
            credential.sudo().token = secrets.encrypt(self.env, credential.value)

    @api.model
    def _read_all(self, account):
        """Secrets of an account in clear, by name: for the adapter and nobody else.

        :rtype: dict[str, str]
        """
        credentials = self.sudo().search([("account_id", "=", account.id)])
        return {
            credential.key: secrets.decrypt(self.env, credential.token)
            for credential in credentials
        }

    @api.model
    def _store(self, account, key, value, expires_at=False):
        """Set one secret; an empty value removes it."""
        credential = self.sudo().search([("account_id", "=", account.id), ("key", "=", key)])
        if not value:
            credential.unlink()
            return
        vals = {"token": secrets.encrypt(self.env, value), "expires_at": expires_at}
        if credential:
            credential.write(vals)
        else:
            self.sudo().create({"account_id": account.id, "key": key, **vals})

    @api.model_create_multi
    def create(self, vals_list):
        """A credential without a secret is none."""
        for vals in vals_list:
            if not vals.get("value") and not vals.get("token"):
                raise UserError(self.env._("Enter the secret of “%s”.", vals.get("key") or ""))
        return super().create(vals_list)

    # === EXPIRY === #

    @api.model
    def _tell_expiring(self):
        """People hear in time that a credential expires; renewing it solves that."""
        soon = fields.Datetime.now() + timedelta(days=EXPIRY_DAYS)
        causes = self.env["marketplace.cause"]
        for credential in self.sudo().search([("expires_at", "!=", False)]):
            account, code = credential.account_id, f"credential_expires:{credential.key}"
            if credential.expires_at > soon or not account.active or account.state == "draft":
                causes._solve(account, [code])
                continue
            causes._raise(
                account,
                code,
                self.env._(
                    "The credential “%(key)s” of %(account)s expires on %(date)s.",
                    key=credential.key,
                    account=account.name,
                    date=format_date(self.env, credential.expires_at),
                ),
                self.env._(
                    "Get a new one from the channel, enter it on the account under Credentials "
                    "with its new date, and press Test Connection."
                ),
            )

    # === ROTATION === #

    @api.model
    def _rotate_keys(self):
        """Encrypt everything with the newest key.

        What was encrypted with a key that is gone stays as it is, and its account is named: it
        needs its credentials entered again.

        :return: (number that were done, credentials that could not be read)
        """
        lost = self.sudo().browse()
        credentials = self.sudo().search([])
        for credential in credentials:
            try:
                credential.token = secrets.rotate(self.env, credential.token)
            except UserError:
                lost |= credential
        return len(credentials) - len(lost), lost
