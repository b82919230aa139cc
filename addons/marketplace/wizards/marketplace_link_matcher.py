"""Finds the product that somebody outside of Odoo means: in a file, or in a channel's catalogue."""

from dataclasses import dataclass
from decimal import Decimal

from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.link_columns import id_text, loose_key

HOW = [
    ("external_id", "Linked already"),
    ("internal_id", "Our id"),
    ("template_id", "Template id"),
    ("sku", "SKU"),
    ("barcode", "Barcode"),
    ("unit_barcode", "Barcode of a packaging"),
    ("sku_loose", "SKU, written differently"),
    ("person", "By hand"),
]


@dataclass(slots=True)
class Named:
    """What names one product, as clean text; empty where nothing is said.

    :param chosen, chosen_uom: ids of the product and unit that a person chose; nothing else
        counts then.
    """

    external_id: str = ""
    internal_id: str = ""
    template_id: str = ""
    sku: str = ""
    barcode: str = ""
    unit: str = ""
    unit_count: Decimal | None = None
    chosen: int = 0
    chosen_uom: int = 0


@dataclass(slots=True)
class Match:
    """The product of a :class:`Named`, or why there is none.

    :param how: one of :data:`HOW`; empty when nothing was found.
    :param problem: ``conflict`` (a person must decide), ``error``, or empty.
    :param by_external: the listing that has the external id already.
    :param own: the listing of the found product in the found unit.
    """

    product: object
    uom: object
    by_external: object
    own: object
    alternatives: object
    how: str = ""
    problem: str = ""
    reason: str = ""


@dataclass(slots=True)
class _Hint:
    how: str
    products: object
    label: str
    uom: object = None


class LinkMatcher:
    """Matches in bulk: the number of queries does not depend on the number of rows.

    External id, our id, SKU, barcode, in this order (X36); what is said twice must agree.

    :param account: of the channel.
    :param ids_are: ``variant``, or ``template`` where an older connector used ids of templates
        (X19).
    """

    def __init__(self, account, ids_are="variant"):
        self.env = account.env(context={**account.env.context, "active_test": False})
        self.account = account.with_env(self.env)
        self.ids_are = ids_are
        self.products = self.env["product.product"]
        self.listings = self.env["marketplace.listing"]
        self.no_uom = self.env["uom.uom"]

    def match(self, rows):
        """:param rows: list of :class:`Named`
        :return: a :class:`Match` for each, in the same order."""
        self._load(rows)
        return [self._match(row) for row in rows]

    # === LOADING === #

    def _load(self, rows):
        self._load_listings(rows)
        self._load_ids(rows)
        self._load_skus({row.sku for row in rows if row.sku})
        self._load_barcodes({row.barcode for row in rows if row.barcode})
        found = self.products.union(
            *self.by_id.values(),
            *self.by_template.values(),
            *self.by_sku.values(),
            *self.by_loose.values(),
            *self.by_barcode.values(),
            *(product for product, _uom in self.by_packaging.values()),
            *(listing.product_id for listing in self.by_external.values()),
        )
        found.fetch(["product_tmpl_id", "active", "default_code", "barcode"])
        found.product_tmpl_id.fetch(["name", "uom_id", "uom_ids", "active", "company_id"])
        self.of_product = self.listings.search(
            self._mine & Domain("product_id", "in", found.ids)
        ).grouped("product_id")
        self._load_uoms()

    @property
    def _mine(self):
        return Domain("account_id", "=", self.account.id)

    @property
    def _sellable_here(self):
        return Domain("company_id", "in", [False, self.account.company_id.id])

    def _load_listings(self, rows):
        names = {
            column: [value for row in rows if (value := getattr(row, column))]
            for column in ("external_id", "internal_id", "sku")
        }
        listings = self.listings.search(
            self._mine & Domain.OR(Domain(column, "in", values) for column, values in names.items())
        )
        self.by_external = {row.external_id: row for row in listings if row.external_id}
        self.by_listed_id = listings.filtered("product_id").grouped("internal_id")
        self.by_listed_sku = listings.filtered("product_id").grouped("sku")

    def _load_ids(self, rows):
        variants, templates, names = set(), set(), set()
        numbers = templates if self.ids_are == "template" else variants
        for row in rows:
            if row.chosen:
                variants.add(row.chosen)
            if _is_id(row.internal_id):
                numbers.add(int(row.internal_id))
            elif row.internal_id.count(".") == 1:
                names.add(tuple(row.internal_id.split(".")))
            if _is_id(row.template_id):
                templates.add(int(row.template_id))
        self.by_xmlid = self._load_xmlids(names, variants, templates)
        products = self.products.search(
            self._sellable_here
            & (Domain("id", "in", variants) | Domain("product_tmpl_id", "in", templates))
        )
        self.by_id = {product.id: product for product in products if product.id in variants}
        self.by_template = {
            template.id: own
            for template, own in products.grouped("product_tmpl_id").items()
            if template.id in templates
        }

    def _load_xmlids(self, names, variants, templates):
        """External identifiers of an Odoo export; their ids join those to be read."""
        if not names:
            return {}
        known = (
            self.env["ir.model.data"]
            .sudo()
            .search_fetch(
                Domain("model", "in", ("product.product", "product.template"))
                & Domain("module", "in", [module for module, _name in names])
                & Domain("name", "in", [name for _module, name in names]),
                ["module", "name", "model", "res_id"],
            )
        )
        for data in known:
            (variants if data.model == "product.product" else templates).add(data.res_id)
        return {data.complete_name: (data.model, data.res_id) for data in known}

    def _load_skus(self, skus):
        self.by_sku = self.products.search(
            self._sellable_here & Domain("default_code", "in", skus)
        ).grouped("default_code")
        keys = {loose_key(sku) for sku in skus - self.by_sku.keys()} - {""}
        self.by_loose = {}
        if keys:
            # By SQL: the ORM cannot compare what is left of a code without case, spaces and zeros.
            query = self.products._search(self._sellable_here)
            query.add_where(
                SQL(
                    "ltrim(lower(regexp_replace(product_product.default_code, '\\s', '', 'g')),"
                    " '0') = ANY(%s)",
                    list(keys),
                )
            )
            found = self.products.browse(query)
            self.by_loose = found.grouped(lambda product: loose_key(product.default_code))

    def _load_barcodes(self, barcodes):
        barcodes |= {id_text(barcode) for barcode in barcodes}
        self.by_barcode = self.products.search(
            self._sellable_here & Domain("barcode", "in", barcodes)
        ).grouped("barcode")
        packagings = (
            self.env["product.uom"]
            .sudo()
            .search(
                Domain("barcode", "in", barcodes)
                & Domain("product_id.company_id", "in", [False, self.account.company_id.id])
            )
        )
        self.by_packaging = {
            packaging.barcode: (
                packaging.product_id.with_env(self.env),
                packaging.uom_id.with_env(self.env),
            )
            for packaging in packagings
        }

    def _load_uoms(self):
        """All units (there are a few dozen) by name in every language that is in use."""
        uoms = self.env["uom.uom"].with_context(active_test=True).search([])
        uoms.fetch(["name", "factor", "parent_path"])
        self.uoms = uoms.with_env(self.env)
        self.uom_names = {}
        for code, _name in self.env["res.lang"].get_installed():
            for uom in uoms.with_context(lang=code):
                known = self.uom_names.get(loose_key(uom.name), self.no_uom)
                self.uom_names[loose_key(uom.name)] = known | uom.with_env(self.env)

    # === MATCHING === #

    def _match(self, row):
        none = self.products, self.no_uom
        by_external = self.by_external.get(row.external_id, self.listings)
        match = Match(*none, by_external, self.listings, self.products)
        hints = list(self._hints(row))
        found = [hint for hint in hints if hint.products]
        if not found:
            self._without_hint(match, hints)
        else:
            self._choose(match, found)
        if match.product and not match.problem:
            self._choose_uom(match, row, found)
        if match.product and match.uom:
            match.own = self.of_product.get(match.product, self.listings).filtered(
                lambda listing: listing.uom_id == match.uom
            )
        return match

    def _hints(self, row):
        """Everything that the row says, in the order in which it counts."""
        _ = self.env._
        if row.chosen:
            chosen = self.by_id.get(row.chosen, self.products)
            yield _Hint("person", chosen, _("the chosen product"))
            return
        if row.internal_id:
            yield _Hint(
                "internal_id",
                self._of_internal_id(row.internal_id),
                _("our id %s", row.internal_id),
            )
        if row.template_id:
            products = self.products
            if _is_id(row.template_id):
                products = self.by_template.get(int(row.template_id), products)
            yield _Hint("template_id", products, _("template id %s", row.template_id))
        if row.sku:
            products = self._of_listings(self.by_listed_sku.get(row.sku)) or self.by_sku.get(
                row.sku, self.products
            )
            yield _Hint("sku", products, _("SKU %s", row.sku))
        if row.barcode:
            yield self._barcode_hint(row.barcode)
        if row.sku and row.sku not in self.by_sku and row.sku not in self.by_listed_sku:
            products = self.by_loose.get(loose_key(row.sku), self.products)
            yield _Hint("sku_loose", products, _("SKU %s", row.sku))

    def _of_internal_id(self, text):
        listed = self._of_listings(self.by_listed_id.get(text))
        if listed:
            return listed
        if text in self.by_xmlid:
            model, number = self.by_xmlid[text]
            known = self.by_id if model == "product.product" else self.by_template
            return known.get(number, self.products)
        if not _is_id(text):
            return self.products
        known = self.by_template if self.ids_are == "template" else self.by_id
        return known.get(int(text), self.products)

    def _of_listings(self, listings):
        return listings.product_id if listings else self.products

    def _barcode_hint(self, barcode):
        _ = self.env._
        label = _("barcode %s", barcode)
        for text in (barcode, id_text(barcode)):
            if text in self.by_barcode:
                return _Hint("barcode", self.by_barcode[text], label)
            if text in self.by_packaging:
                product, uom = self.by_packaging[text]
                return _Hint("unit_barcode", product, label, uom)
        return _Hint("barcode", self.products, label)

    def _without_hint(self, match, hints):
        _ = self.env._
        listed = match.by_external.product_id
        if listed:
            match.product, match.how = listed, "external_id"
            return
        match.problem = "error"
        tried = ", ".join(dict.fromkeys(hint.label for hint in hints))
        match.reason = (
            _("No product has %s.", tried)
            if tried
            else _("Nothing here says which product it is: fill in our id, SKU or barcode.")
        )

    def _choose(self, match, found):
        """Narrow what the first hint says by the others; what contradicts is a conflict."""
        _ = self.env._
        first = found[0]
        pool = first.products.filtered("active") or first.products
        for hint in found[1:]:
            both = pool & hint.products
            if both:
                pool = both
            elif hint.how != "sku_loose":
                match.problem = "conflict"
                match.alternatives = pool | hint.products
                match.reason = _(
                    "The row names two products: %(first)s is %(one)s, %(second)s is %(other)s.",
                    first=first.label,
                    one=_names(pool),
                    second=hint.label,
                    other=_names(hint.products),
                )
                return
        if len(pool) > 1:
            pool = (pool & match.by_external.product_id) or pool
        match.how = first.how
        if len(pool) > 1:
            match.problem, match.alternatives = "conflict", pool
            match.reason = _(
                "%(count)s products have the %(label)s: %(names)s.",
                count=len(pool),
                label=first.label,
                names=_names(pool),
            )
            return
        match.product = pool
        if not pool.active:
            match.problem = "error"
            match.reason = _(
                "%s is archived. Restore the product, or take the row out.", _names(pool)
            )

    # === UNITS === #

    def _choose_uom(self, match, row, found):
        product = match.product
        packed = next((hint.uom for hint in found if hint.uom), self.no_uom)
        if row.chosen_uom:
            match.uom = self.no_uom.browse(row.chosen_uom)
            return
        if row.unit or row.unit_count:
            self._uom_of_text(match, row, packed)
            return
        listed = match.by_external if match.by_external.product_id == product else self.listings
        if not listed and not packed:
            own = self.of_product.get(product, self.listings)
            listed = own if len(own) == 1 and not own.external_id else self.listings
        match.uom = listed.uom_id or packed or product.uom_id

    def _uom_of_text(self, match, row, packed):
        _ = self.env._
        product = match.product
        related = self.uom_names.get(loose_key(row.unit), self.no_uom) if row.unit else self.no_uom
        named = related.filtered(lambda uom: uom._has_common_reference(product.uom_id))
        pool = named
        if row.unit_count:
            pool = (named or self.uoms).filtered(
                lambda uom: (
                    uom._has_common_reference(product.uom_id)
                    and _pieces(uom, product) == row.unit_count
                )
            )
        pool = _prefer(pool, packed, product.uom_id, product.uom_ids, named)
        if len(pool) == 1:
            match.uom = pool
            return
        said = " × ".join(filter(None, [row.unit, f"{row.unit_count:f}" if row.unit_count else ""]))
        if pool:
            match.problem = "conflict"
            match.reason = _(
                "The unit “%(said)s” can be %(names)s; write the exact name.",
                said=said,
                names=", ".join(pool.mapped("name")),
            )
        elif named:
            match.problem = "error"
            match.reason = _(
                "The unit “%(unit)s” holds %(real)s of %(piece)s, the file says %(count)s.",
                unit=row.unit,
                real=f"{_pieces(named[0], product).normalize():f}",
                piece=product.uom_id.name,
                count=f"{row.unit_count:f}",
            )
        elif related:
            match.problem = "error"
            match.reason = _(
                "%(product)s is counted in %(piece)s and cannot be sold in “%(unit)s”.",
                product=_names(product),
                piece=product.uom_id.name,
                unit=row.unit,
            )
        else:
            match.problem = "error"
            match.reason = _(
                "There is no unit “%s” in use. Create or restore it under Units & Packagings "
                "first.",
                said,
            )


def _prefer(pool, *wishes):
    """The first wish that the pool has, else the pool."""
    for wish in wishes:
        if pool & wish:
            return pool & wish
    return pool


def _pieces(uom, product):
    """How many of the product's own unit one unit holds, exact to 6 digits."""
    return round(Decimal(repr(uom.factor / product.uom_id.factor)), 6)


def _is_id(text):
    return text.isascii() and text.isdigit() and 0 < int(text[:12]) < 2**31 and len(text) <= 10


def _names(products):
    shown = ", ".join(product.display_name for product in products[:3])
    return f"{shown} …" if len(products) > 3 else shown
