from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .product_template import taxonomy_id

# Conditions of a collection's source that a person can use: the adapter's names of columns, and
# the relations that the schema of 2026-10 has for each.
COLUMNS = [
    ("tag", "Tag"),
    ("title", "Name"),
    ("type", "Type"),
    ("vendor", "Vendor"),
    ("category", "Shopify category"),
    ("price", "Price"),
    ("stock", "Stock"),
]
RELATIONS = [
    ("TAGGED_WITH", "is"),
    ("NOT_TAGGED_WITH", "is none of"),
    ("EQUALS", "is equal to"),
    ("NOT_EQUALS", "is not"),
    ("CONTAINS", "contains"),
    ("DOES_NOT_CONTAIN", "does not contain"),
    ("STARTS_WITH", "starts with"),
    ("ENDS_WITH", "ends with"),
    ("GREATER_THAN", "is more than"),
    ("LESS_THAN", "is less than"),
]
TEXT = {"EQUALS", "NOT_EQUALS", "CONTAINS", "DOES_NOT_CONTAIN", "STARTS_WITH", "ENDS_WITH"}
ALLOWED = {
    "tag": {"TAGGED_WITH", "NOT_TAGGED_WITH"},
    "title": TEXT,
    "type": TEXT,
    "vendor": TEXT,
    "category": {"EQUALS", "NOT_EQUALS"},
    "price": {"EQUALS", "NOT_EQUALS", "GREATER_THAN", "LESS_THAN"},
    "stock": {"EQUALS", "GREATER_THAN", "LESS_THAN"},
}
NUMBERS = {"price", "stock"}


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
    column = fields.Selection(COLUMNS, "What", required=True, default="tag")
    relation = fields.Selection(RELATIONS, "How", required=True, default="TAGGED_WITH")
    condition = fields.Char("Value", required=True)

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
            if not (rule.condition or "").strip():
                raise ValidationError(self.env._("A rule needs a value."))
            if rule.column == "category":
                taxonomy_id(self.env, rule.condition)
            if rule.column in NUMBERS and not _is_number(rule.condition):
                raise ValidationError(
                    self.env._("%s is not a number: write it like 12.50.", rule.condition)
                )

    @api.onchange("column")
    def _onchange_column(self):
        """The first relation that Shopify knows for it."""
        allowed = ALLOWED.get(self.column, ())
        if self.relation not in allowed:
            self.relation = next((key for key, _name in RELATIONS if key in allowed), False)

    def _value(self):
        """The value as the shop wants it."""
        self.ensure_one()
        text = (self.condition or "").strip()
        return taxonomy_id(self.env, text) if self.column == "category" else text

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
