import re
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import html2plaintext

from ..tools.metafields import (
    ALL_TYPES,
    REFERENCES,
    UNITS,
    BadValueError,
    convert,
)

NAMESPACE = re.compile(r"[A-Za-z0-9_-]{3,255}|\$app(:[A-Za-z0-9_-]+)?")
KEY = re.compile(r"[A-Za-z0-9_-]{2,64}")
# Shopify's own definitions, and ours.
RESERVED = re.compile(r"shopify(--.*)?|odoo")
OWNERS = {"product": "product.template", "variant": "product.product"}
PLAIN = {
    "char",
    "text",
    "html",
    "integer",
    "float",
    "monetary",
    "boolean",
    "date",
    "datetime",
    "selection",
    "reference",
    "many2one_reference",
}
TOLD_FIELDS = {
    "active",
    "owner",
    "namespace",
    "key",
    "type",
    "source",
    "path",
    "attribute_id",
    "constant",
    "unit",
}


class MarketplaceShopifyMetafield(models.Model):
    """A metafield of products or variants of a shop, and where Odoo has its value."""

    _name = "marketplace.shopify.metafield"
    _description = "Shopify Metafield"
    _order = "account_id, sequence, id"
    _rec_name = "key"

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    owner = fields.Selection(
        [("product", "Product"), ("variant", "Variant")], "Of", required=True, default="product"
    )
    namespace = fields.Char(required=True, default="custom")
    key = fields.Char(required=True)
    type = fields.Selection(
        "_selection_type",
        required=True,
        default="single_line_text_field",
        help="As it is defined in Shopify admin › Settings › Custom data.",
    )
    source = fields.Selection(
        [("field", "Field"), ("attribute", "Attribute"), ("constant", "Fixed value")],
        "Value from",
        required=True,
        default="field",
    )
    path = fields.Char(
        "Field",
        help="Technical name of a field of the product or variant; further ones after a dot: "
        "categ_id.complete_name.",
    )
    attribute_id = fields.Many2one("product.attribute", ondelete="cascade")
    constant = fields.Text("Fixed value")
    unit = fields.Char(help="Of weights (kg), dimensions (mm) and volumes (ml).")
    example = fields.Char(compute="_compute_example", help="What it is for some listed product.")

    _key_unique = models.Constraint(
        "UNIQUE (account_id, owner, namespace, key)", "This metafield is already here."
    )

    # === COMPUTE METHODS === #

    @api.model
    def _selection_type(self):
        return [(one, one) for one in ALL_TYPES]

    @api.depends("account_id", "owner", "type", "source", "path", "attribute_id", "constant")
    def _compute_example(self):
        for row in self:
            listing = row.account_id._origin.listing_ids.filtered("product_id")[:1]
            product = listing.product_id.with_context(lang=row.account_id.lang or self.env.lang)
            try:
                values = row._raw_values(product, row.account_id) if row._is_complete() else {}
                raw = next(iter(values.values()), None)
                row.example = row._wire(raw) if product else False
            except (ValidationError, BadValueError) as exc:
                row.example = self.env._("Does not fit: %s", exc)

    def _is_complete(self):
        """Whether enough is said to try it; a row that is being typed is not."""
        names = {"field": "path", "attribute": "attribute_id", "constant": "constant"}
        if not (self.owner and self.type and self[names.get(self.source, "path")]):
            return False
        if self.source != "field":
            return True
        try:
            self._resolve_path()
        except ValidationError:
            return False
        return True

    # === CONSTRAINTS === #

    @api.constrains("namespace", "key", "type", "unit")
    def _check_name(self):
        for row in self:
            if not NAMESPACE.fullmatch(row.namespace) or not KEY.fullmatch(row.key):
                raise ValidationError(
                    self.env._(
                        "%(namespace)s.%(key)s is no name of a metafield: letters, digits, _ and "
                        "-, at least 3 in the namespace and 2 in the key.",
                        namespace=row.namespace,
                        key=row.key,
                    )
                )
            own = row.account_id.shopify_namespace
            if RESERVED.fullmatch(row.namespace) or row.namespace == own:
                raise ValidationError(
                    self.env._("The namespace %s is not for you to fill.", row.namespace)
                )
            units = UNITS.get(row.type.removeprefix("list."))
            if row.unit and row.unit not in (units or ()):
                raise ValidationError(
                    self.env._(
                        "%(key)s: the unit is one of %(units)s.",
                        key=row.key,
                        units=", ".join(units or (self.env._("no unit at all"),)),
                    )
                )

    @api.constrains("owner", "type", "source", "path", "attribute_id", "constant", "unit")
    def _check_source(self):
        for row in self:
            if row.source == "field":
                row._resolve_path()
            elif row.source == "attribute" and not row.attribute_id:
                raise ValidationError(self.env._("%s: choose the attribute.", row.key))
            elif row.source == "constant":
                if not (row.constant or "").strip():
                    raise ValidationError(self.env._("%s: enter the value.", row.key))
                try:
                    row._wire(row.constant)
                except BadValueError as exc:
                    raise row._unfit(exc) from exc

    def _resolve_path(self):
        """The fields of the path, from the owner on.

        :return: list of fields.
        :raise ValidationError: it leads nowhere.
        """
        self.ensure_one()
        model, found = self.env[OWNERS[self.owner]], []
        names = [name.strip() for name in (self.path or "").split(".")]
        for place, name in enumerate(names):
            known = model._fields.get(name) if model is not None else None
            if known is None or known.type == "binary":
                raise ValidationError(
                    self.env._("%(key)s: there is no field %(path)s.", key=self.key, path=self.path)
                )
            found.append(known)
            last = place == len(names) - 1
            if known.relational:
                model = self.env[known.comodel_name]
            elif not last or known.type not in PLAIN:
                raise ValidationError(
                    self.env._(
                        "%(key)s: nothing can be read from %(field)s.", key=self.key, field=name
                    )
                )
            else:
                model = None
        return found

    def _check_may_read(self):
        """Whoever maps a field must be allowed to read it: the engine reads it for everybody.

        Not a constraint, for those are checked as superuser.
        """
        for row in self.filtered(lambda one: one.source == "field"):
            for found in row._resolve_path():
                if not self.env[found.model_name]._has_field_access(found, "read"):
                    raise ValidationError(
                        self.env._(
                            "%(key)s: you may not read %(field)s.", key=row.key, field=found.name
                        )
                    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows._check_may_read()
        rows._told_anew()
        return rows

    def write(self, vals):
        result = super().write(vals)
        if TOLD_FIELDS & vals.keys():
            self._check_may_read()
            self._told_anew()
        return result

    def unlink(self):
        accounts = self.account_id
        result = super().unlink()
        for account in accounts:
            if account.state != "draft":
                account.sudo()._request_products()
        return result

    def _told_anew(self):
        for account in self.account_id:
            if account.state != "draft" and account.sync_products:
                account.sudo()._request_products()

    # === VALUES === #

    def _shopify_values(self, products, account):
        """What these metafields are for products and their variants, bulk.

        :param products: variants, as superuser, in the account's language.
        :return: {template or variant: [{"namespace", "key", "type", "value"}, …]}; a value that is
            ``None`` is to be taken
            away. Of what does not fit there is ``"problem"`` in words in the place of a value.
        """
        found = {}
        for row in self.filtered("active").sorted(lambda one: (one.sequence, one.id)):
            for owner, raw in row._raw_values(products, account).items():
                entry = {"namespace": row.namespace, "key": row.key, "type": row.type}
                try:
                    entry["value"] = row._wire(raw)
                except BadValueError as exc:
                    entry["problem"] = row._unfit(exc).args[0]
                found.setdefault(owner, []).append(entry)
        return found

    def _raw_values(self, products, account):
        """{template or variant: value} before it is made text; a query for each kind of thing,
        whatever the number of products."""
        self.ensure_one()
        owners = products.product_tmpl_id if self.owner == "product" else products
        if self.source == "constant":
            return {owner: self.constant for owner in owners}
        if self.source == "attribute":
            return {owner: self._attribute_values(owner) for owner in owners}
        names = [one.name for one in self._resolve_path()] if owners else []
        raw = {owner: _follow(owner, names) for owner in owners}
        if self.type.removeprefix("list.") in REFERENCES:
            return self._references(raw, account)
        zone = account.company_id.partner_id.tz or "UTC"
        return {owner: _texts(value, self.type, zone) for owner, value in raw.items()}

    def _attribute_values(self, owner):
        """Names of the values: of a variant its own, of a product all of them."""
        if self.owner == "variant":
            values = owner.product_template_attribute_value_ids | (
                owner.product_tmpl_id.valid_product_template_attribute_line_ids.filtered(
                    lambda line: len(line.product_template_value_ids) == 1
                ).product_template_value_ids
            )
        else:
            values = owner.valid_product_template_attribute_line_ids.product_template_value_ids
        return list(
            dict.fromkeys(one.name for one in values if one.attribute_id == self.attribute_id)
        )

    def _references(self, raw, account):
        """Records → numbers in the shop; what the shop does not have is left out."""
        kind = REFERENCES[self.type.removeprefix("list.")]
        targets = {value for value in raw.values() if isinstance(value, models.BaseModel)}
        names = {value._name for value in targets}
        if not targets:
            return raw  # texts: numbers or ids of the shop, as somebody entered them
        if kind == "Collection" and names == {"product.category"}:
            found = {
                category: one.external_id
                for one in account.shopify_collection_ids.filtered("external_id")
                for category in one.category_ids
            }
        else:
            found = self._listed_numbers(targets, account, kind)
        return {
            owner: [found[one] for one in value if one in found]
            if isinstance(value, models.BaseModel)
            else None
            for owner, value in raw.items()
        }

    def _listed_numbers(self, targets, account, kind):
        variants = self.env["product.product"].sudo()
        for records in targets:
            if records._name == "product.template":
                variants |= records.sudo().product_variant_ids
            elif records._name == "product.product":
                variants |= records.sudo()
        listings = (
            self.env["marketplace.listing"]
            .sudo()
            .search([("account_id", "=", account.id), ("product_id", "in", variants.ids)])
        )
        found = {}
        for one in listings:
            number = one.external_id if kind == "ProductVariant" else one.shopify_product_id
            if number:
                found.setdefault(one.product_id, number)
                found.setdefault(one.product_tmpl_id, number)
        return found

    def _wire(self, raw):
        """:raise BadValueError: the type cannot hold it."""
        self.ensure_one()
        return convert(
            self.type,
            raw,
            unit=self.unit or "",
            currency=self.account_id.currency_id.name or "",
        )

    def _unfit(self, exc):
        return ValidationError(
            self.env._(
                "Metafield %(namespace)s.%(key)s: “%(value)s” is no %(type)s.",
                namespace=self.namespace,
                key=self.key,
                value=str(exc)[:80],
                type=self.type,
            )
        )


def _follow(record, names):
    """The value at the end of a path: a recordset, a list of plain values, or one."""
    value = record
    for name in names:
        found = value._fields[name]
        if found.relational:
            value = value[name]
        elif len(value) == 1:
            return _label(value, found)
        else:
            return [_label(one, found) for one in value]
    return value


def _label(record, field):
    """A plain value; of a selection what people read, of HTML its text."""
    value = record[field.name]
    if field.type == "selection" and value:
        return dict(field._description_selection(record.env)).get(value, value)
    if field.type == "html" and value:
        return html2plaintext(value)
    if value is False and field.type != "boolean":
        return None
    return value


def _texts(value, kind, zone):
    """Records become their names; moments become days where a day is wanted."""
    if isinstance(value, models.BaseModel):
        return [one.display_name for one in value]
    if kind.removeprefix("list.") == "date":
        if isinstance(value, list):
            return [_day(one, zone) for one in value]
        return _day(value, zone)
    return value


def _day(value, zone):
    if isinstance(value, datetime):
        return value.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(zone)).date()
    return value
