"""What the columns of a file of links may be called, and what may stand in their cells."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation

from .table_file import ascii_digits

# Column → names it may have, best first; compared by :func:`header_key`. ``<provider>_id`` is
# added for each account, and a provider adds its own words with ``_link_columns``.
PRODUCT_COLUMNS = {
    "external_id": (
        "external_id",
        "external_product_id",
        "supplier_product_id",
        "marketplace_product_id",
        "marketplace_id",
        "channel_product_id",
        "channel_id",
        "remote_id",
        "listing_id",
        "item_id",
        "external_identifier",
        "رقم_المنتج_الخارجي",
        "المعرف_الخارجي",
    ),
    "internal_id": (
        "internal_id",
        "internal_product_id",
        "product_id",
        "product_product_id",
        "variant_id",
        "product_variant_id",
        "odoo_id",
        "odoo_product_id",
        "product",
        "id",
        "db_id",
        "رقم_المنتج",
        "معرف_المنتج",
    ),
    "template_id": (
        "template_id",
        "product_tmpl_id",
        "product_template_id",
        "product_tmpl",
        "odoo_template_id",
    ),
    "sku": (
        "sku",
        "default_code",
        "internal_reference",
        "product_sku",
        "seller_sku",
        "item_code",
        "product_code",
        "product_id_default_code",
        "reference",
        "code",
        "رمز_المنتج",
        "كود_المنتج",
        "المرجع_الداخلي",
    ),
    "barcode": (
        "barcode",
        "ean",
        "ean13",
        "gtin",
        "upc",
        "ean_upc",
        "product_id_barcode",
        "باركود",
        "الباركود",
    ),
    "unit": (
        "unit",
        "uom",
        "uom_id",
        "unit_name",
        "unit_of_measure",
        "uom_name",
        "sales_unit",
        "الوحدة",
        "وحدة_القياس",
    ),
    "unit_count": (
        "unit_count",
        "pieces_per_unit",
        "units_per_pack",
        "pack_size",
        "pieces",
        "qty_per_unit",
        "عدد_القطع",
    ),
    "base_product_id": ("base_product_id", "base_id"),
    "title": ("title", "name", "product_name", "supplier_product_name", "اسم_المنتج"),
    "min_order": ("min_order", "minimum_order", "min_qty"),
    "max_order": ("max_order", "maximum_order", "max_qty"),
    "published": ("published", "is_published", "website_published", "offered"),
}
PARTNER_COLUMNS = {
    "external_id": (
        "external_id",
        "external_partner_id",
        "retailer_code",
        "retailer_id",
        "buyer_id",
        "marketplace_partner_id",
        "marketplace_id",
        "channel_id",
        "remote_id",
        "external_identifier",
        "المعرف_الخارجي",
    ),
    "internal_id": (
        "internal_id",
        "partner_id",
        "contact_id",
        "odoo_id",
        "odoo_partner_id",
        "partner",
        "id",
        "db_id",
        "رقم_العميل",
    ),
    "ref": ("ref", "reference", "internal_reference", "partner_ref", "code", "المرجع"),
    "vat": ("vat", "tax_id", "tax_number", "الرقم_الضريبي"),
    "email": ("email", "e_mail", "mail", "البريد_الإلكتروني"),
    "phone": (
        "phone",
        "mobile",
        "phone_number",
        "telephone",
        "retailer_number",
        "tel",
        "الهاتف",
        "الموبايل",
        "رقم_الهاتف",
    ),
    "name": (
        "name",
        "partner_name",
        "customer_name",
        "retailer_name",
        "display_name",
        "الاسم",
        "اسم_العميل",
    ),
    "customer_type": ("customer_type", "partner_type"),
}
COLUMNS = {"product": PRODUCT_COLUMNS, "partner": PARTNER_COLUMNS}
# Ids of the channel that are kept with the listing for its adapter.
EXTRA_COLUMNS = ("base_product_id",)
# A column with one of these is needed, or no row can be understood.
NEEDED = {
    "product": ("external_id", "internal_id", "template_id", "sku", "barcode"),
    "partner": ("external_id",),
}
# In these columns a number with an exponent is an id that a spreadsheet has spoilt.
ID_COLUMNS = ("external_id", "internal_id", "template_id", "sku", "barcode", "base_product_id")

_SPOILT = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d{1,3}")
_SHEET_ERRORS = ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!")
_YES = frozenset(("1", "true", "yes", "y", "t", "on", "x", "نعم", "صح"))
_NO = frozenset(("0", "false", "no", "n", "f", "off", "لا", "خطأ"))


class CellError(ValueError):
    """A cell holds what cannot stand there; its text is for a person."""


def header_key(text):
    """``External ID*`` and ``external-id`` → ``external_id``."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]+", "_", text).strip("_")


def read_header(cells, columns):
    """Which cell of a row is which column.

    :param dict columns: column → names it may have.
    :return: ({column: position}, [headers that mean nothing to us])
    """
    keys = [header_key(cell) for cell in cells]
    places = {}
    for column, names in columns.items():
        wanted = [header_key(name) for name in names]
        found = [keys.index(name) for name in wanted if name in keys]
        free = [place for place in found if place not in places.values()]
        if free:
            places[column] = free[0]
    ignored = [cell for place, cell in enumerate(cells) if cell and place not in places.values()]
    return places, ignored


def spoilt_by_spreadsheet(text):
    """Whether a spreadsheet has shortened an id to 1.23E+12, and its end is lost."""
    return bool(_SPOILT.fullmatch(text))


def is_sheet_error(text):
    """Whether a formula failed: #N/A and its like."""
    return text.upper() in _SHEET_ERRORS


def id_text(text):
    """An id as a channel means it: digits of any script, and 123.0 of a spreadsheet is 123."""
    text = ascii_digits(text)
    return re.sub(r"^(\d+)\.0+$", r"\1", text)


def loose_key(text):
    """Equal for codes that people and spreadsheets write differently: case, spaces, leading
    zeros, digits of another script, a trailing ``.0``. Empty when nothing would be left."""
    text = id_text(unicodedata.normalize("NFKC", text)).lower()
    return re.sub(r"\s", "", text).lstrip("0")


def number(env, text, label):
    """A quantity: Decimal, at least 0; ``None`` for an empty cell.

    :raise CellError: no number, or negative.
    """
    if not text:
        return None
    plain = ascii_digits(text).replace("٫", ".").replace("٬", "").replace(" ", "")
    if re.fullmatch(r"\d{1,3},\d{3}", plain):
        raise CellError(
            env._(
                "%(column)s: “%(text)s” can be read in two ways; write it without a comma.",
                column=label,
                text=text,
            )
        )
    if "," in plain:
        # 1,234.5 has thousands; 1,5 has a decimal comma.
        plain = plain.replace(",", "" if "." in plain else ".")
    try:
        value = Decimal(plain)
    except InvalidOperation:
        value = None
    if value is None or not value.is_finite() or not 0 <= value < 10**12:
        raise CellError(
            env._("%(column)s: “%(text)s” is not a number from 0 on.", column=label, text=text[:40])
        )
    return value


def truth(env, text, label):
    """Yes or no in several languages; ``None`` for an empty cell.

    :raise CellError: anything else.
    """
    word = ascii_digits(text).casefold()
    if not word:
        return None
    if word in _YES or word in _NO:
        return word in _YES
    raise CellError(
        env._("%(column)s: “%(text)s” is neither yes nor no.", column=label, text=text[:40])
    )
