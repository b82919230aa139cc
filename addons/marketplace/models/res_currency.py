from odoo import models


class ResCurrency(models.Model):
    _inherit = "res.currency"

    def write(self, vals):
        """Override to let orders go on that waited for a currency to be activated."""
        result = super().write(vals)
        if vals.get("active"):
            codes = [f"currency:{currency.name}" for currency in self]
            causes = (
                self.env["marketplace.cause"]
                .sudo()
                .search([("code", "in", codes), ("state", "=", "open")])
            )
            for account in causes.account_id:
                causes._solve(account, codes)
        return result
