import json

from odoo import api, fields, models
from odoo.exceptions import ValidationError

# Values that a hint shows of those that may be chosen.
MOST_SHOWN = 12


class MarketplaceAmazonAttribute(models.Model):
    """What Amazon is told of a product beyond the usual: one row for each value.

    A row of the product counts for all its listings; a row of a listing takes its place there.
    Several rows of one name are several values. A value is plain text, or JSON where an attribute
    has several members: ``{"value": 1.2, "unit": "kilograms"}``.
    """

    _name = "marketplace.amazon.attribute"
    _description = "Amazon Attribute"
    _order = "sequence, id"
    _rec_name = "name"

    product_tmpl_id = fields.Many2one(
        "product.template", "Product", ondelete="cascade", index="btree_not_null"
    )
    listing_id = fields.Many2one("marketplace.listing", ondelete="cascade", index="btree_not_null")
    company_id = fields.Many2one("res.company", compute="_compute_company_id", store=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(
        "Attribute", required=True, help="Amazon's own name, for example fabric_type."
    )
    title = fields.Char("Called", compute="_compute_known")
    hint = fields.Char("What Amazon takes", compute="_compute_known")
    required = fields.Boolean(compute="_compute_known")
    value = fields.Text(
        help="Plain text or a number; JSON where Amazon wants several members: "
        '{"value": 1.2, "unit": "kilograms"}.'
    )

    _one_owner = models.Constraint(
        "CHECK ((product_tmpl_id IS NULL) != (listing_id IS NULL))",
        "An attribute belongs to a product or to one listing.",
    )

    # === COMPUTE METHODS === #

    @api.depends("product_tmpl_id.company_id", "listing_id.company_id")
    def _compute_company_id(self):
        for row in self:
            row.company_id = row.listing_id.company_id or row.product_tmpl_id.company_id

    @api.depends("name", "product_tmpl_id", "listing_id")
    def _compute_known(self):
        for row in self:
            listings = row.listing_id or row.product_tmpl_id.sudo().marketplace_listing_ids
            definitions = [kind._definition() for kind in listings.amazon_product_type_id]
            found = (known.attribute(row.name or "") for known in definitions if known)
            known = next(filter(None, found), None)
            spoken = (row.name or "").replace("_", " ").capitalize()
            row.title = known.label if known else spoken
            row.required = bool(known and known.required)
            row.hint = _hint(known) if known else False

    # === CONSTRAINTS === #

    @api.constrains("name", "value")
    def _check_value(self):
        for row in self:
            if not row.name.isidentifier():
                raise ValidationError(
                    self.env._(
                        "%s is not the name of an attribute: write it as Amazon does, for example "
                        "fabric_type.",
                        row.name,
                    )
                )
            row._parsed()

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows.filtered("value")._tell()
        return rows

    def write(self, vals):
        result = super().write(vals)
        if {"name", "value"} & vals.keys():
            self._tell()
        return result

    def unlink(self):
        listings = self._listings()
        result = super().unlink()
        listings._request()
        return result

    def _tell(self):
        self._listings()._request()

    def _listings(self):
        """Listings of Amazon whose products these rows describe."""
        listings = self.listing_id | self.product_tmpl_id.sudo().marketplace_listing_ids
        return listings._of_amazon().filtered("active")

    # === VALUES === #

    def _parsed(self, kind=""):
        """The value as JSON-able data.

        :param str kind: what the product type wants: ``number``, ``integer`` or ``boolean``.
        :raise ValidationError: JSON that cannot be read.
        """
        self.ensure_one()
        text = (self.value or "").strip()
        if text[:1] in ("{", "["):
            try:
                return json.loads(text)
            except ValueError as exc:
                raise ValidationError(
                    self.env._(
                        "The value of %(name)s cannot be read as JSON: %(error)s",
                        name=self.name,
                        error=exc,
                    )
                ) from exc
        return _typed(text, kind)

    def _values(self, kinds):
        """{attribute: value, or the list of its values}; rows without a value are left out.

        :param dict kinds: attribute → ``number``, ``integer``, ``boolean`` or something else.
        """
        found = {}
        for row in self.sorted(lambda one: (one.sequence, one.id)):
            if (row.value or "").strip():
                found.setdefault(row.name, []).append(row._parsed(kinds.get(row.name, "")))
        return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _hint(attribute):
    """What a person may write, short.

    :param attribute: :class:`marketplace_adapters.amazon.product_types.Attribute`.
    """
    parts = []
    if attribute.values:
        values = [value for value, _label in attribute.values]
        parts.append(" | ".join(values[:MOST_SHOWN]) + (" …" if len(values) > MOST_SHOWN else ""))
    if attribute.members:
        parts.append("{" + ", ".join(f'"{name}": …' for name in attribute.members) + "}")
    if attribute.example:
        parts.append(attribute.example)
    return " · ".join(parts) or attribute.description or False


def _typed(text, kind):
    """Text of a person → the scalar that Amazon wants; text that is none stays text, and Amazon
    says what is wrong with it."""
    if kind == "boolean" and text.lower() in ("true", "yes", "1"):
        return True
    if kind == "boolean" and text.lower() in ("false", "no", "0"):
        return False
    if kind in ("number", "integer"):
        try:
            return int(text) if kind == "integer" else float(text.replace(",", "."))
        except ValueError:
            return text
    return text
