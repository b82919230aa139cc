"""The four small CSV files of sample data by which an integration is tried out (R254).

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


def extract(env, company, lang=None):
    """The files, with the rights of the user of ``env``.

    :param company: whose products (and those of all companies) and whose row are given.
    :param lang: code of an installed language for names; the user's by default.
    :return: {file name: bytes}, always these four, UTF-8 with a header row.
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
    return {f"{table.name}.csv": _file(env, company, table) for table in TABLES}


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
    if table.model == "product.category":
        return Domain.TRUE
    return Domain("company_id", "in", [False, company.id])


def _text(record, name):
    """A value as PostgreSQL's own CSV export has it: ids for records, t and f, empty for null."""
    value = record[name]
    kind = record._fields[name].type
    if kind == "many2one":
        return value.id or ""
    if kind == "boolean":
        return "t" if value else "f"
    if kind in ("float", "monetary"):
        return format(Decimal(repr(value)).normalize(), "f")
    return "" if value is False else value
