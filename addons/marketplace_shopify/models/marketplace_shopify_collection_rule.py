from odoo import api, fields, models
from odoo.exceptions import ValidationError

# CollectionRuleColumn of the schema of 2026-10 that a person can use without ids.
COLUMNS = [
    ("TAG", "Tag"),
    ("TITLE", "Name"),
    ("TYPE", "Type"),
    ("VENDOR", "Vendor"),
    ("VARIANT_PRICE", "Price"),
    ("VARIANT_COMPARE_AT_PRICE", "Compare-at price"),
    ("IS_PRICE_REDUCED", "Reduced price"),
    ("VARIANT_INVENTORY", "Stock"),
    ("VARIANT_WEIGHT", "Weight"),
    ("VARIANT_TITLE", "Name of the variant"),
]
# CollectionRuleRelation.
RELATIONS = [
    ("EQUALS", "is"),
    ("NOT_EQUALS", "is not"),
    ("CONTAINS", "contains"),
    ("NOT_CONTAINS", "does not contain"),
    ("STARTS_WITH", "starts with"),
    ("ENDS_WITH", "ends with"),
    ("GREATER_THAN", "is more than"),
    ("LESS_THAN", "is less than"),
    ("IS_SET", "is set"),
    ("IS_NOT_SET", "is not set"),
]
TEXT = {"EQUALS", "NOT_EQUALS", "CONTAINS", "NOT_CONTAINS", "STARTS_WITH", "ENDS_WITH"}
NUMBER = {"EQUALS", "NOT_EQUALS", "GREATER_THAN", "LESS_THAN"}
SET = {"IS_SET", "IS_NOT_SET"}
# Which relations Shopify takes for a column.
ALLOWED = {
    "TAG": {"EQUALS"},
    "TITLE": TEXT,
    "TYPE": TEXT,
    "VENDOR": TEXT,
    "VARIANT_TITLE": TEXT,
    "VARIANT_PRICE": NUMBER,
    "VARIANT_COMPARE_AT_PRICE": NUMBER | SET,
    "IS_PRICE_REDUCED": SET,
    "VARIANT_INVENTORY": NUMBER,
    "VARIANT_WEIGHT": NUMBER,
}
NUMBERS = {
    "VARIANT_PRICE",
    "VARIANT_COMPARE_AT_PRICE",
    "VARIANT_INVENTORY",
    "VARIANT_WEIGHT",
}


class MarketplaceShopifyCollectionRule(models.Model):
    """A rule by which the shop fills an automatic collection."""

    _name = "marketplace.shopify.collection.rule"
    _description = "Rule of a Shopify Collection"
    _order = "sequence, id"
    _rec_name = "condition"

    collection_id = fields.Many2one(
        "marketplace.shopify.collection", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="collection_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    column = fields.Selection(COLUMNS, "What", required=True, default="TAG")
    relation = fields.Selection(RELATIONS, "How", required=True, default="EQUALS")
    condition = fields.Char("Value")

    @api.constrains("column", "relation", "condition")
    def _check_rule(self):
        for rule in self:
            if rule.relation not in ALLOWED[rule.column]:
                names = dict(self._fields["relation"]._description_selection(self.env))
                allowed = [name for key, name in names.items() if key in ALLOWED[rule.column]]
                columns = dict(self._fields["column"]._description_selection(self.env))
                raise ValidationError(
                    self.env._(
                        "For “%(what)s” Shopify knows: %(how)s.",
                        what=columns[rule.column],
                        how=", ".join(allowed),
                    )
                )
            if rule.relation in SET:
                continue
            if not (rule.condition or "").strip():
                raise ValidationError(self.env._("A rule needs a value."))
            if rule.column in NUMBERS and not _is_number(rule.condition):
                raise ValidationError(
                    self.env._("%s is not a number: write it like 12.50.", rule.condition)
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        rules.collection_id._rules_changed()
        return rules

    def write(self, vals):
        result = super().write(vals)
        self.collection_id._rules_changed()
        return result

    def unlink(self):
        collections = self.collection_id
        result = super().unlink()
        collections._rules_changed()
        return result


class MarketplaceShopifyCollection(models.Model):
    _inherit = "marketplace.shopify.collection"

    def _rules_changed(self):
        """What is in the shop is not what is here any more."""
        changed = self.exists().filtered(lambda one: one.state in ("saved", "error"))
        for one in changed:
            one.state = "changed" if one.external_id else "new"
        self.exists()._save_soon()


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return text.strip().lower() not in ("nan", "inf", "-inf", "infinity", "-infinity")
