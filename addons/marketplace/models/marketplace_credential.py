from odoo import api, fields, models

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
    platform = fields.Selection(related="account_id.provider")
    key = fields.Char(required=True)
    token = fields.Text(
        "Encrypted value", required=True, groups="base.group_no_one", copy=False, exportable=False
    )
    value = fields.Char(
        compute="_compute_value",
        inverse="_inverse_value",
        exportable=False,
        help="Write-only: what was saved is never shown again.",
    )
    expires_at = fields.Datetime()

    _key_unique = models.Constraint(
        "UNIQUE (account_id, key)", "An account has one credential of each name."
    )

    def _compute_value(self):
        for credential in self:
            credential.value = "••••••••" if credential.sudo().token else False

    def _inverse_value(self):
        for credential in self.filtered("value"):
            credential.sudo().token = secrets.encrypt(self.env, credential.value)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if "value" in vals and "token" not in vals:
                vals["token"] = secrets.encrypt(self.env, vals.pop("value") or "")
        return super().create(vals_list)

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

    @api.model
    def _rotate_keys(self):
        """Encrypt everything with the newest key; returns how many were done."""
        credentials = self.sudo().search([])
        for credential in credentials:
            credential.token = secrets.rotate(self.env, credential.token)
        return len(credentials)
