"""Makes products of what a channel lists: many at once, with as few queries as Odoo allows."""

from collections import defaultdict
from decimal import Decimal

from odoo import fields
from odoo.exceptions import UserError
from odoo.tools import float_compare, html2plaintext

from ..snapshot import Tell
from ..tools.attribute_book import AttributeBook, name_key
from ..tools.price_spread import spread
from ..tools.pricing import Pricer, converted
from .marketplace_catalogue_planner import option_keys, template_options


class ProductMaker:
    """Products, variants and links of one batch.

    Nothing that happens here is told to the channel it comes from: it knows it. Variants are made
    exactly as the channel has them: Odoo's own way would make every combination first.

    :param work: ``marketplace.catalogue.import`` with its settings, of whoever asked for it.
    """

    def __init__(self, work):
        account = work.account_id
        context = {
            **work.env.context,
            "marketplace_quiet": True,
            "marketplace_linking": True,
            "tracking_disable": True,
            "create_product_product": False,
            "allowed_company_ids": [account.company_id.id],
        }
        if account.lang:
            context["lang"] = account.lang
        self.env = work.env(context=context)
        self.work = work.with_env(self.env)
        self.account = account.with_env(self.env)
        self.company = self.account.company_id
        self.book = AttributeBook(self.env)
        self.pricer = Pricer(self.env, self.company)
        self.price_digits = self.env["decimal.precision"].precision_get("Product Price")
        self.products = self.env["product.product"]
        self.templates = self.env["product.template"]
        self.kilogram = self.env.ref("uom.product_uom_kgm")
        in_pounds = self.env["ir.config_parameter"].sudo().get_param("product.weight_in_lbs") == "1"
        self.weight_unit = self.env.ref("uom.product_uom_lb") if in_pounds else self.kilogram
        self.owner = self.company.browse() if work.shared else self.company
        # Odoo keeps the price of what belongs to no company in the currency of the first one.
        self.sales_currency = self.templates.new({"company_id": self.owner.id}).currency_id

    def make(self, plans):
        """:param plans: of :class:`ProductPlan` with action make or extend.
        :return: {key of the plan: (template, listings)}"""
        self.book.load(pair for plan in plans for pair in self._all_options(plan))
        self._make_templates([plan for plan in plans if plan.action == "make"])
        variants = self._make_variants(plans)
        listings = self._link(plans, variants)
        self._know(plans, listings)
        return {
            plan.key: (
                plan.template,
                self.env["marketplace.listing"].union(*(listings[line] for line in plan.lines)),
            )
            for plan in plans
        }

    def _all_options(self, plan):
        return [pair for line in plan.lines for pair in line.options or ()]

    # === TEMPLATES === #

    def _make_templates(self, plans):
        if not plans:
            return
        priced = {plan.key: self._prices(plan) for plan in plans}
        # Read at once, and Odoo's defaults found once: else each product would ask for its own.
        plans[0].lines.browse([plan.lines[0].id for plan in plans]).fetch(["description"])
        defaults = self.templates.default_get(list(self.templates._fields))
        made = self.templates.create(
            [defaults | self._template_vals(plan, priced[plan.key][0]) for plan in plans]
        )
        for plan, template in zip(plans, made, strict=True):
            plan.template = template
        self._make_template_values(made.attribute_line_ids)
        for plan in plans:
            self._set_extras(plan, priced[plan.key][1])

    def _template_vals(self, plan, price):
        first = plan.lines[0]
        vals = {
            "name": plan.title,
            "type": "consu",
            "is_storable": self.work.is_storable,
            "sale_ok": True,
            "list_price": price,
            "company_id": self.owner.id,
        }
        if self.work.categ_id:
            vals["categ_id"] = self.work.categ_id.id
        if (
            first.compare_at and "compare_list_price" in self.templates._fields
        ):  # a web shop of Odoo
            vals["compare_list_price"] = float(self._sales_price(first.compare_at, first.currency))
        if first.description and self.work.description_to != "none":
            vals |= self._description_vals(first.description)
        values = defaultdict(list)
        for name, value in self._all_options(plan):
            values[self.book.attribute(name)].append(self.book.value(name, value).id)
        vals["attribute_line_ids"] = [
            (0, 0, {"attribute_id": attribute.id, "value_ids": [(6, 0, list(dict.fromkeys(ids)))]})
            for attribute, ids in values.items()
        ]
        self._note_missing(plan, values)
        return vals | self.account._imported_template_vals(plan.lines)

    def _description_vals(self, html):
        if self.work.description_to == "internal":
            return {"description": html}
        return {"description_sale": html2plaintext(html).strip()}

    def _note_missing(self, plan, values):
        """Attributes that make every combination would do so as soon as somebody changes them."""
        if not values or any(attribute.create_variant == "dynamic" for attribute in values):
            return
        possible = 1
        for ids in values.values():
            possible *= len(set(ids))
        if possible > len(plan.lines):
            plan.notes.append(
                self.env._(
                    "The channel has %(count)s of %(possible)s combinations. Odoo will make the "
                    "others as soon as somebody changes the attributes of the product.",
                    count=len(plan.lines),
                    possible=possible,
                )
            )

    def _make_template_values(self, attribute_lines, values=None):
        """Values of the templates, without the combinations that Odoo would make of them.

        :param values: of the attributes; ``None`` for all that the lines have.
        """
        self.env["product.template.attribute.value"].create(
            [
                {"attribute_line_id": line.id, "product_attribute_value_id": value.id}
                for line in attribute_lines
                for value in (line.value_ids if values is None else values)
            ]
        )

    # === PRICES === #

    def _prices(self, plan):
        """:return: (sales price, {(key of an option, key of its value): extra})"""
        prices = {
            frozenset(option_keys(line).items()): self._price(line)
            for line in plan.lines
            if line.currency
        }
        if not prices:
            plan.notes.append(self.env._("The channel says no price."))
            return 0.0, {}
        base, extras, exact = spread(prices)
        if not exact:
            plan.notes.append(
                self.env._(
                    "The prices of its variants do not follow from its options: the sales price is "
                    "the most frequent one. Give the others a rule of a pricelist."
                )
            )
        return float(base), {value: float(extra) for value, extra in extras.items()}

    def _price(self, line):
        return self._sales_price(line.price, line.currency)

    def _sales_price(self, price, currency_name):
        """A price of the channel as a sales price: in the product's currency, with or without tax
        as the account says."""
        if self.account.price_tax != "as_is":
            taxes = self.company.account_sale_tax_id
            included = self.account.price_tax == "included"
            price = self.pricer.price_unit(taxes, self.products, price, 1.0, included)
        currency = self._currency(currency_name)
        if currency != self.sales_currency:
            today = fields.Date.today()
            price = converted(price, currency, self.sales_currency, self.company, today, exact=True)
        return round(Decimal(repr(price)), self.price_digits)

    def _currency(self, name):
        own = self.account.currency_id
        if name == own.name:
            return own
        found = self.env["res.currency"].search([("name", "=", name)], limit=1)
        if not found:
            raise UserError(
                self.env._("The channel's prices are in %s: activate that currency first.", name)
            )
        return found

    def _set_extras(self, plan, extras):
        if not extras:
            return
        told = self._template_values(plan)
        for (name, value), extra in extras.items():
            told[self.book.value(name, value)].price_extra = extra

    def _template_values(self, plan):
        """:return: {value of an attribute: value of the plan's product}"""
        values = plan.template.attribute_line_ids.product_template_value_ids
        return {value.product_attribute_value_id: value for value in values if value.ptav_active}

    # === VARIANTS === #

    def _make_variants(self, plans):
        """:return: {catalogue line: variant}"""
        for plan in plans:
            if plan.action == "extend":
                self._add_values(plan)
        vals, owners = [], []
        for plan in plans:
            told, value_of = self._template_values(plan), self.book.value
            if plan.action == "extend":
                value_of = self._values_by_name(plan)
            known = self._combinations(plan)
            for line in plan.lines:
                ids = sorted(told[value_of(*pair)].id for pair in line.options or ())
                if tuple(ids) in known:
                    raise UserError(
                        self.env._(
                            "%s exists already; link it, or restore it, by hand.",
                            known[tuple(ids)].display_name,
                        )
                    )
                vals.append(self._variant_vals(plan, line, ids))
                owners.append(line)
        return dict(zip(owners, self.products.create(vals), strict=True))

    def _combinations(self, plan):
        """Variants that a product has already, by the ids of their values."""
        if plan.action != "extend":
            return {}
        variants = plan.template.with_context(active_test=False).product_variant_ids
        return {
            tuple(sorted(variant.product_template_attribute_value_ids.ids)): variant
            for variant in variants
        }

    def _variant_vals(self, plan, line, value_ids):
        vals = {
            "product_tmpl_id": plan.template.id,
            "product_template_attribute_value_ids": [(6, 0, value_ids)],
            "default_code": line.sku,
            "weight": self._weight(line.weight_kg),
        }
        if line.barcode and line.id not in plan.no_barcode:
            vals["barcode"] = line.barcode
        return vals | self.account._imported_variant_vals(line)

    def _weight(self, kilograms):
        if not kilograms or self.weight_unit == self.kilogram:
            return kilograms
        return kilograms * self.kilogram.factor / self.weight_unit.factor

    def _values_by_name(self, plan):
        """How the values of a product that Odoo has already are found by their names."""
        own = template_options(plan.template)
        return lambda name, value: self._value_of(own[name_key(name)].attribute_id, value)

    def _add_values(self, plan):
        """Values that a product of Odoo does not have yet."""
        plan.template = plan.template.with_env(self.env)
        own = template_options(plan.template)
        for name, value in self._all_options(plan):
            attribute_line = own[name_key(name)]
            wanted = self._value_of(attribute_line.attribute_id, value)
            told = attribute_line.product_template_value_ids.filtered(
                lambda one, wanted=wanted: one.product_attribute_value_id == wanted
            )
            if told and told.ptav_active:
                continue
            attribute_line.with_context(update_product_template_attribute_values=False).write(
                {"value_ids": [(4, wanted.id)]}
            )
            if told:
                told.ptav_active = True
            else:
                self._make_template_values(attribute_line, wanted)

    def _value_of(self, attribute, name):
        """A value of the very attribute that the product has, which need not be the one of the
        book: several may have the same name."""
        key = (attribute.id, name_key(name))
        if key not in self.book.values:
            self.book.read_values(attribute)
        if key not in self.book.values:
            self.book.values[key] = self.env["product.attribute.value"].create(
                {"attribute_id": attribute.id, "name": name}
            )
        return self.book.values[key]

    # === LINKS === #

    def _link(self, plans, variants):
        """:return: {catalogue line: listing}"""
        listings = self.env["marketplace.listing"]
        lines = list(variants)
        orphans = {
            listing.external_id: listing
            for listing in listings.with_context(active_test=False).search(
                [
                    ("account_id", "=", self.account.id),
                    ("external_id", "in", [line.external_id for line in lines if line.external_id]),
                    ("product_id", "=", False),
                ]
            )
        }
        vals = {line: self._listing_vals(line, variants[line]) for line in lines}
        result = {}
        for line in lines:
            if line.external_id in orphans:
                result[line] = orphans[line.external_id]
                result[line].write({**vals[line], "active": True})
        new = [line for line in lines if line not in result]
        result |= zip(new, listings.create([vals[line] for line in new]), strict=True)
        for line in lines:
            line._settle("linked", listing=result[line])
            line.with_context(marketplace_matching=True).write(
                {"product_id": variants[line].id, "uom_id": result[line].uom_id.id, "how": False}
            )
        listings.union(*result.values())._linked()
        return result

    def _listing_vals(self, line, variant):
        return {
            "account_id": self.account.id,
            "product_id": variant.id,
            "uom_id": variant.uom_id.id,
            "external_id": line.external_id,
            "sku": line.sku,
            "title": line.title,
            "extra": line.extra,
            "published": line.published != "no",
            "internal_id": line.internal_id or str(variant.id),
        }

    # === WHAT THE CHANNEL KNOWS === #

    def _know(self, plans, listings):
        """What the products were made of is what the channel shows: it is not told again.

        Stock is another matter: what is on the shelf is for a person to say.
        """
        self.env.flush_all()
        every = self.env["marketplace.listing"].union(*listings.values())
        account = self.account.sudo()
        products = every.sudo()._snapshot_product(account)
        prices = every.sudo()._snapshot_price(account)
        for plan in plans:
            odd = []
            for line in plan.lines:
                listing, known = listings[line], {}
                state = products.get(listing.id)
                if isinstance(state, Tell):
                    known["product"] = state.values
                state = prices.get(listing.id)
                if isinstance(state, Tell) and line.currency:
                    if self._is_price(line, state):
                        known["price"] = state.values
                    else:
                        odd.append(f"{line.sku or line.external_id}: {state.values['price']}")
                # sudo: only the engine writes what the channel knows.
                listing.sudo().acknowledged = known or False
            if odd:
                plan.notes.append(
                    self.env._(
                        "Odoo would tell another price than the channel has: %s.",
                        ", ".join(odd[:5]),
                    )
                )

    def _is_price(self, line, state):
        same = float_compare(float(state.values["price"]), line.price, precision_digits=4) == 0
        return same and state.values["currency"] == line.currency
