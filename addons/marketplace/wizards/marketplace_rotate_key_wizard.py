from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..tools import secrets


class MarketplaceRotateKeyWizard(models.TransientModel):
    """A manager renews the key that credentials are encrypted with."""

    _name = "marketplace.rotate.key.wizard"
    _description = "Marketplace Rotation of the Encryption Key"

    key_place = fields.Char(
        "The key comes from", readonly=True, default=lambda self: secrets.key_place()
    )
    credential_count = fields.Integer(
        "Stored credentials", readonly=True, default=lambda self: self._default_credential_count()
    )
    new_key = fields.Boolean(
        "Make a new key",
        help="Only for a key in a file. The old key stays in the file behind the new one, because "
        "other databases of this server may need it. Delete it there when all were rotated.",
    )

    @api.model
    def _default_credential_count(self):
        return self.env["marketplace.credential"].sudo().search_count([])

    def action_rotate(self):
        """Encrypt all credentials with the newest key."""
        self.ensure_one()
        # The key serves all companies, so the rights of a record do not say enough.
        if not (self.env.su or self.env.user.has_group("marketplace.group_manager")):
            raise AccessError(self.env._("Only a manager of the marketplace may rotate the key."))
        secrets.cipher(self.env)  # a key that cannot be used is said before anything is done
        if self.new_key:
            secrets.add_key(self.env)
        count, lost = self.env["marketplace.credential"]._rotate_keys()
        message = self.env._("%s credentials are encrypted with the newest key.", count)
        if lost:
            message += " " + self.env._(
                "These could not be read; enter them again: %s.",
                ", ".join(f"{item.account_id.name} ({item.key})" for item in lost),
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if lost else "success",
                "message": message,
                "sticky": bool(lost),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
