"""A provider's own id field on partners, products and orders, computed from the links.

The seeds know one id field on each (``cartona_id``); a link knows one for each account. These
functions make the one from the other for the provider's first account of the company, readable,
searchable and, where a person may decide, writable::

    cartona_id = fields.Char(
        "External Product ID", compute="_compute_cartona_id", inverse="_inverse_cartona_id",
        search="_search_cartona_id",
    )

    def _compute_cartona_id(self):
        links.compute(self, "cartona_id", "cartona")

    def _inverse_cartona_id(self):
        links.inverse(self, "cartona_id", "cartona")

    def _search_cartona_id(self, operator, value):
        return links.search(self, "cartona", operator, value)
"""

from odoo.exceptions import UserError
from odoo.fields import Domain

# Model → (link model, its field that points back).
LINKS = {
    "res.partner": ("marketplace.partner", "partner_id"),
    "product.product": ("marketplace.listing", "product_id"),
    "product.template": ("marketplace.listing", "product_tmpl_id"),
    "sale.order": ("marketplace.order", "sale_order_id"),
}


def default_account(env, provider):
    """The provider's first account of the current companies; empty when there is none."""
    return (
        env["marketplace.account"]
        .sudo()
        .search([("provider", "=", provider), ("company_id", "in", env.companies.ids)], limit=1)
    )


def external_ids(records, provider):
    """:return: {record id: external id} by the links of the default account, one query."""
    model, field = LINKS[records._name]
    account = default_account(records.env, provider)
    links = (
        records.env[model]
        .sudo()
        .search([("account_id", "=", account.id), (field, "in", records.ids)], order="id desc")
    )
    return {link[field].id: link.external_id for link in links if link.external_id}


def compute(records, name, provider):
    """Fill a computed id field."""
    known = external_ids(records, provider)
    for record in records:
        record[name] = known.get(record._origin.id, False)


def search(records, provider, operator, value):
    """Domain for a computed id field; ``False`` finds records without link."""
    if operator in Domain.NEGATIVE_OPERATORS:
        return NotImplemented
    model, field = LINKS[records._name]
    account = default_account(records.env, provider)
    links = records.env[model].sudo()
    own = [("account_id", "=", account.id), (field, "!=", False)]
    clauses = []
    if operator == "in" and False in value:
        value = [one for one in value if one is not False]
        known = links._search([*own, ("external_id", "!=", False)])
        clauses.append([("id", "not in", known.subselect(field))])
    found = links._search([*own, ("external_id", operator, value)])
    clauses.append([("id", "in", found.subselect(field))])
    return Domain.OR(clauses)


def inverse(records, name, provider):
    """Write an id that a person entered into the link of the default account.

    :raise UserError: no account yet, a template with several variants, or an order.
    """
    env = records.env
    model, field = LINKS[records._name]
    account = default_account(env, provider)
    if not account:
        raise UserError(env._("Connect an account of %s first.", provider))
    if model == "marketplace.order":
        raise UserError(env._("The id of an order is the channel's and cannot be changed."))
    for record in records:
        target = record
        if record._name == "product.template":
            target = record.product_variant_ids
            if len(target) > 1:
                raise UserError(
                    env._("%s has several variants: enter the id on each.", record.display_name)
                )
        _write_link(env[model].sudo(), account, field, target, record[name])


def _write_link(links, account, field, target, external_id):
    field = "product_id" if links._name == "marketplace.listing" else field
    link = links.search([("account_id", "=", account.id), (field, "=", target.id)], limit=1)
    if link and not external_id and links._name == "marketplace.partner":
        link.unlink()
    elif link:
        link.external_id = external_id
    elif external_id:
        links.create({"account_id": account.id, field: target.id, "external_id": external_id})
