"""The four small CSV files of sample data by which an integration is tried out (R254), and those
of a second step, with contacts, stock and orders (R255).

The ids are those of the database, names are plain text in one language, and what only a variant
has (SKU, barcode) is given for its template too where there is one variant (X54).
"""

import csv
import io
import zipfile
from dataclasses import dataclass
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.fields import Domain

NEWEST_FIRST = "create_date desc, id desc"


@dataclass(frozen=True)
class Table:
    """One file.

    :param limit: rows at most; 0 for all.
    """

    name: str
    model: str
    columns: tuple
    limit: int


TABLES = (
    Table(
        "product_template_minimal",
        "product.template",
        ("id", "name", "list_price", "categ_id", "active", "default_code", "barcode"),
        20,
    ),
    Table(
        "product_product_minimal",
        "product.product",
        ("id", "product_tmpl_id", "default_code", "active", "barcode"),
        30,
    ),
    Table(
        "product_category_minimal",
        "product.category",
        ("id", "name", "parent_id", "complete_name"),
        0,
    ),
    Table("res_company_minimal", "res.company", ("id", "name", "currency_id", "country_id"), 1),
)

# Of contacts only what matching needs: neither name nor address, phone or e-mail of a person.
MORE_TABLES = (
    Table(
        "res_partner_minimal",
        "res.partner",
        ("id", "ref", "is_company", "parent_id", "country_id", "active"),
        20,
    ),
    Table(
        "stock_location_minimal",
        "stock.location",
        ("id", "complete_name", "usage", "company_id", "active"),
        0,
    ),
    Table(
        "stock_quant_minimal",
        "stock.quant",
        ("id", "product_id", "location_id", "quantity", "reserved_quantity"),
        50,
    ),
    Table(
        "sale_order_minimal",
        "sale.order",
        ("id", "name", "partner_id", "state", "date_order", "currency_id", "amount_total"),
        20,
    ),
    Table(
        "sale_order_line_minimal",
        "sale.order.line",
        ("id", "order_id", "product_id", "product_uom_qty", "price_unit"),
        50,
    ),
    Table(
        "res_currency_minimal",
        "res.currency",
        ("id", "name", "symbol", "rounding", "active"),
        0,
    ),
)


def extract(env, company, lang=None, *, complete=False):
    """The files, with the rights of the user of ``env``.

    :param company: whose products (and those of all companies) and whose row are given.
    :param lang: code of an installed language for names; the user's by default.
    :param complete: also the second step: contacts, locations, stock, orders, currencies.
    :return: {file name: bytes}, always these four (ten), UTF-8 with a header row.
    :raise UserError: the language is not installed.
    """
    installed = dict(env["res.lang"].get_installed())
    lang = lang or env.lang or company.partner_id.lang or next(iter(installed))
    if lang not in installed:
        raise UserError(
            env._(
                "The language %(lang)s is not installed. Installed: %(installed)s.",
                lang=lang,
                installed=", ".join(installed),
            )
        )
    env = env(context={**env.context, "lang": lang, "active_test": True})
    tables = (*TABLES, *MORE_TABLES) if complete else TABLES
    return {f"{table.name}.csv": _file(env, company, table) for table in tables}


def packed(files):
    """The files in one ZIP."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _file(env, company, table):
    records = env[table.model].search(
        _domain(company, table), order=NEWEST_FIRST, limit=table.limit or None
    )
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([_text(record, name) for name in table.columns] for record in records)
    return stream.getvalue().encode()


def _domain(company, table):
    if table.model == "res.company":
        return Domain("id", "=", company.id)
    if table.model in ("product.category", "res.currency"):
        return Domain.TRUE
    if table.model == "stock.location":
        return Domain("company_id", "=", company.id) & Domain("usage", "=", "internal")
    if table.model == "stock.quant":
        return Domain("company_id", "=", company.id) & Domain("location_id.usage", "=", "internal")
    if table.model in ("sale.order", "sale.order.line"):
        return Domain("company_id", "=", company.id)
    return Domain("company_id", "in", [False, company.id])


def _text(record, name):
    """A value as PostgreSQL's own CSV export has it: ids for records, t and f, empty for null."""
    value = record[name]
    kind = record._fields[name].type
    if kind == "many2one":
        return value.id or ""
    if kind == "boolean":
        return "t" if value else "f"
    if kind == "datetime":
        return value.strftime("%Y-%m-%d %H:%M:%S") if value else ""
    if kind in ("float", "monetary"):
        return format(Decimal(repr(value)).normalize(), "f")
    return "" if value is False else value
