import base64

from odoo import api, fields, models

from ..tools.extract import extract, packed


class MarketplaceExtractWizard(models.TransientModel):
    """Sample data for whoever tries out an integration: small CSV files."""

    _name = "marketplace.extract.wizard"
    _description = "Marketplace Extraction of Sample Data"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        "Language of names",
        required=True,
        default=lambda self: self.env.lang or "en_US",
    )
    complete = fields.Boolean(
        "With contacts, stock and orders",
        help="Six more files, as the second step of trying out an integration. Names, addresses "
        "and e-mail addresses of contacts are left out.",
    )
    file = fields.Binary(readonly=True)
    file_name = fields.Char(readonly=True, default="marketplace_sample_data.zip")

    @api.onchange("company_id", "lang", "complete")
    def _onchange_choice(self):
        self.file = False

    def action_extract(self):
        """Make the ZIP and download it."""
        self.ensure_one()
        files = extract(self.env, self.company_id, self.lang, complete=self.complete)
        self.file = base64.b64encode(packed(files))
        return {
            "type": "ir.actions.act_url",
            "target": "download",
            "url": f"/web/content/{self._name}/{self.id}/file"
            f"?download=true&filename={self.file_name}",
        }
