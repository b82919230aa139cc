from odoo import api, fields, models


class MarketplaceIntegrityWizard(models.TransientModel):
    """The result of the integrity checks, by kind of problem."""

    _name = "marketplace.integrity.wizard"
    _description = "Marketplace Check of Links"

    account_ids = fields.Many2many(
        "marketplace.account", string="Accounts", help="Empty: all that you see."
    )
    problem_ids = fields.One2many("marketplace.integrity.problem", "wizard_id", readonly=True)
    error_count = fields.Integer("Errors", compute="_compute_counts")
    warning_count = fields.Integer("Warnings", compute="_compute_counts")
    checked_at = fields.Datetime("Checked on", readonly=True)

    @api.depends("problem_ids")
    def _compute_counts(self):
        for wizard in self:
            for severity in ("error", "warning"):
                wizard[f"{severity}_count"] = len(
                    wizard.problem_ids.filtered(
                        lambda problem, severity=severity: problem.severity == severity
                    )
                )

    @api.model
    def action_open_check(self):
        """Check everything and show what was found."""
        wizard = self.create({"account_ids": self.env.context.get("default_account_ids", False)})
        return wizard.action_check()

    def action_check(self):
        """Look again."""
        self.ensure_one()
        self.problem_ids.unlink()
        found = self.env["marketplace.integrity"]._run(self.account_ids or None)
        self.write(
            {
                "checked_at": fields.Datetime.now(),
                "problem_ids": [
                    fields.Command.create(
                        {
                            "code": check.code,
                            "severity": check.severity,
                            "title": check.title,
                            "advice": check.advice,
                            "fix": check.fix,
                            "count": len(records),
                            "res_model": records._name,
                            "res_ids": records.ids,
                        }
                    )
                    for check, records in found
                ],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Check links"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "current",
        }


class MarketplaceIntegrityProblem(models.TransientModel):
    """One kind of problem and the records that have it."""

    _name = "marketplace.integrity.problem"
    _description = "Marketplace Problem Found by a Check"
    _order = "id"
    _rec_name = "title"

    wizard_id = fields.Many2one(
        "marketplace.integrity.wizard", required=True, ondelete="cascade", index=True
    )
    code = fields.Char(readonly=True)
    severity = fields.Selection(
        [("error", "Error"), ("warning", "Warning"), ("info", "Good to know")], readonly=True
    )
    title = fields.Char("Problem", readonly=True)
    advice = fields.Char("What to do", readonly=True)
    count = fields.Integer(readonly=True)
    res_model = fields.Char(readonly=True)
    res_ids = fields.Json(readonly=True)
    fix = fields.Char("Help", readonly=True)

    def _records(self):
        self.ensure_one()
        records = self.env[self.res_model].with_context(active_test=False)
        return records.search([("id", "in", self.res_ids)])

    def action_open(self):
        """The records that have the problem."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.title,
            "res_model": self.res_model,
            "domain": [("id", "in", self.res_ids)],
            "views": [(False, "list"), (False, "form")],
            "context": {"active_test": False},
        }

    def action_fix(self):
        """What the button of the check says, then look again."""
        self.ensure_one()
        if self.fix:
            self.env["marketplace.integrity"]._fix(self.code, self._records())
        return self.wizard_id.action_check()
