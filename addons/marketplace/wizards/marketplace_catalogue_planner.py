"""What becomes of the products of a channel that Odoo does not have: decided in bulk, with nothing
written."""

from dataclasses import dataclass, field

from odoo.fields import Domain

from ..tools.attribute_book import TELLING, name_key


@dataclass(slots=True)
class ProductPlan:
    """One product of the channel.

    :param action: ``make``, ``extend`` (a product of Odoo gets further variants), ``skip`` or
        ``conflict`` (a person must decide).
    :param lines: catalogue lines that become variants.
    :param notes: what a person should know, though it stops nothing.
    :param no_barcode: ids of lines whose barcode is taken.
    """

    key: str
    title: str
    action: str
    lines: object
    reason: str = ""
    template: object = None
    notes: list = field(default_factory=list)
    no_barcode: set = field(default_factory=set)


class ProductPlanner:
    """Plans in bulk: the number of queries does not depend on the number of products.

    :param work: ``marketplace.catalogue.import`` with its settings.
    """

    def __init__(self, work):
        self.env = work.env
        self.work = work
        self.catalogue = work.catalogue_id
        self.company = work.account_id.company_id
        self.lines = self.env["marketplace.link.catalogue.line"]
        self.templates = self.env["product.template"]

    def plan(self, keys):
        """:param keys: of groups of the catalogue.
        :return: list of :class:`ProductPlan`, in the order of the keys."""
        lines = self.lines.search(
            [("catalogue_id", "=", self.catalogue.id), ("group_key", "in", list(keys))], order="id"
        )
        groups = lines.grouped("group_key")
        plans = [self._plan(key, groups[key]) for key in keys if key in groups]
        made = [plan for plan in plans if plan.action in ("make", "extend")]
        self._note_barcodes(made)
        self._note_skus(made)
        return plans

    # === ONE PRODUCT === #

    def _plan(self, key, group):
        _ = self.env._
        group = group.filtered(lambda line: line.status not in ("ignored", "missing"))
        wanted = group.filtered(lambda line: line.status == "unmatched" and not line.product_id)
        first = (wanted or group)[:1]
        title = first.group_title or first.title or first.sku or first.external_id or key
        plan = ProductPlan(key, title, "make", wanted, template=self.templates)
        if not wanted:
            # Its product was found, and cannot be linked as it is.
            reason = ", ".join(filter(None, group.mapped("reason")))
            return self._end(plan, "conflict", reason or _("Decide about its listings first."))
        if not self.work.with_unpublished and not wanted.filtered(
            lambda line: line.published != "no"
        ):
            return self._end(plan, "skip", _("Not offered on the channel."))
        reason = self._undecided(group - wanted) or self._odd_units(wanted)
        reason = reason or self._odd_options(group if len(group) > 1 else wanted)
        if reason:
            return self._end(plan, "conflict", reason)
        return self._extend(plan, group - wanted)

    def _end(self, plan, action, reason):
        plan.action, plan.reason = action, reason
        return plan

    def _undecided(self, others):
        """Variants of the same product that a person must decide about first."""
        open_lines = others.filtered(lambda line: not self._is_settled(line))
        if not open_lines:
            return ""
        return self.env._(
            "Decide about its other variants first: %s.",
            ", ".join(line.sku or line.external_id or line.title or "?" for line in open_lines[:5]),
        )

    def _is_settled(self, line):
        if line.status == "linked":
            return True
        likely = line.confidence in ("certain", "likely")
        return self.work.link_first and line.status == "proposed" and likely

    def _odd_units(self, wanted):
        packed = wanted.filtered(lambda line: line.unit_count > 1)[:1]
        if not packed:
            return ""
        return self.env._(
            "Sold by %(count)s (%(unit)s): create the product, and link it in that unit.",
            count=f"{packed.unit_count:g}",
            unit=packed.unit or self.env._("no name"),
        )

    def _odd_options(self, group):
        """Whether the options tell the variants apart, and all of them by the same options."""
        _ = self.env._
        seen = {}
        names = {name_key(name) for name, _value in group[:1].options or ()}
        for line in group:
            options = option_keys(line)
            if options.keys() != names or len(options) != len(line.options or ()):
                return _("Its variants are not told apart by the same options.")
            twin = seen.setdefault(frozenset(options.items()), line)
            if twin != line:
                return _(
                    "Two of its variants have the same options (%(options)s): %(one)s and "
                    "%(other)s.",
                    options=line.options_text or _("none"),
                    one=twin.sku or twin.external_id,
                    other=line.sku or line.external_id,
                )
        return ""

    def _extend(self, plan, others):
        """A product that Odoo has partly gets the variants that are missing."""
        _ = self.env._
        templates = (others.listing_id.product_id | others.product_id).product_tmpl_id
        if not templates:
            return plan
        if len(templates) > 1:
            return self._end(
                plan,
                "conflict",
                _(
                    "Its variants are separate products here: %s.",
                    ", ".join(templates[:3].mapped("name")),
                ),
            )
        own = template_options(templates)
        names = {name_key(name) for name, _value in plan.lines[:1].options or ()}
        told = {own.get(name) for name in names}
        if None in told or told != set(own.values()):
            return self._end(
                plan,
                "conflict",
                _(
                    "%(product)s has other attributes than the channel's options: %(options)s.",
                    product=templates.display_name,
                    options=plan.lines[:1].options_text or _("none"),
                ),
            )
        plan.action, plan.template = "extend", templates
        return plan

    # === WHAT IS TAKEN === #

    def _note_barcodes(self, plans):
        """A barcode that is taken is left out; the product is made all the same."""
        _ = self.env._
        lines = self.lines.union(*(plan.lines for plan in plans)).filtered("barcode")
        barcodes = set(lines.mapped("barcode"))
        taken = self._taken_barcodes(barcodes)
        first = dict(
            self.lines._read_group(
                [("catalogue_id", "=", self.catalogue.id), ("barcode", "in", list(barcodes))],
                ["barcode"],
                ["id:min"],
            )
        )
        for plan in plans:
            for line in plan.lines.filtered("barcode"):
                owner = taken.get(line.barcode)
                if not owner and first.get(line.barcode) == line.id:
                    continue
                plan.no_barcode.add(line.id)
                plan.notes.append(
                    _(
                        "Barcode %(barcode)s was left out: %(owner)s has it.",
                        barcode=line.barcode,
                        owner=owner or _("another listing of the channel"),
                    )
                )

    def _taken_barcodes(self, barcodes):
        """:return: {barcode: who has it}; as Odoo's own rule sees it, across what people see."""
        if not barcodes:
            return {}
        company = Domain("company_id", "in", [False, self.company.id])
        if self.work.shared:
            company = Domain.TRUE
        # sudo: the rule looks at products that this person may not see as well.
        products = self.env["product.product"].sudo().with_context(active_test=False)
        found = products.search(company & Domain("barcode", "in", list(barcodes)))
        packed = self.env["product.uom"].sudo().search([("barcode", "in", list(barcodes))])
        return {row.barcode: row.product_id.display_name for row in packed} | {
            product.barcode: product.display_name for product in found
        }

    def _note_skus(self, plans):
        skus = {line.sku for plan in plans for line in plan.lines if line.sku}
        counts = dict(
            self.lines._read_group(
                [("catalogue_id", "=", self.catalogue.id), ("sku", "in", list(skus))],
                ["sku"],
                ["__count"],
                having=[("__count", ">", 1)],
            )
        )
        for plan in plans:
            plan.notes += [
                self.env._(
                    "SKU %(sku)s is on %(count)s listings of the channel.",
                    sku=sku,
                    count=counts[sku],
                )
                for sku in dict.fromkeys(plan.lines.mapped("sku"))
                if sku in counts
            ]
            if not all(plan.lines.mapped("sku")):
                plan.notes.append(self.env._("It has no SKU on the channel."))


def option_keys(line):
    """Options of a line, comparable: {key of the name: key of the value}."""
    return {name_key(name): name_key(value) for name, value in line.options or ()}


def template_options(template):
    """Attribute lines of a product that tell its variants apart, by key of their name in every
    language in use: the channel may speak another one than whoever asks."""
    lines = template.valid_product_template_attribute_line_ids.filtered(
        lambda line: line.attribute_id.create_variant in TELLING
    )
    return {
        name_key(line.with_context(lang=code).attribute_id.name): line
        for code, _name in template.env["res.lang"].get_installed()
        for line in lines
    }
