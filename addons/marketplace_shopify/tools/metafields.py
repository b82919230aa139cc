"""Values of Odoo as Shopify wants them in metafields: always text, one format for each type.

Types and formats: the list of metafield types of Shopify's documentation, read 2026-11.
"""

import json
import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

# Types that a mapping can have; each also as a list of it where LISTS says so.
TYPES = (
    "single_line_text_field",
    "multi_line_text_field",
    "rich_text_field",
    "number_integer",
    "number_decimal",
    "boolean",
    "date",
    "date_time",
    "url",
    "color",
    "money",
    "weight",
    "dimension",
    "volume",
    "rating",
    "link",
    "language",
    "json",
    "id",
    "product_reference",
    "variant_reference",
    "collection_reference",
    "metaobject_reference",
    "file_reference",
)
LISTS = (
    "single_line_text_field",
    "number_integer",
    "number_decimal",
    "date",
    "date_time",
    "url",
    "color",
    "weight",
    "dimension",
    "volume",
    "rating",
    "link",
    "product_reference",
    "variant_reference",
    "collection_reference",
    "metaobject_reference",
    "file_reference",
)
ALL_TYPES = (*TYPES, *(f"list.{one}" for one in LISTS))
REFERENCES = {
    "product_reference": "Product",
    "variant_reference": "ProductVariant",
    "collection_reference": "Collection",
    "metaobject_reference": "Metaobject",
    "file_reference": None,
}
UNITS = {
    "weight": ("kg", "g", "lb", "oz"),
    "dimension": ("mm", "cm", "m", "in", "ft", "yd"),
    "volume": ("ml", "cl", "l", "m3", "us_fl_oz", "us_gal"),
}
COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
URL = re.compile(r"(https?|mailto|sms|tel):\S+")
GID = re.compile(r"gid://shopify/[A-Za-z]+/[0-9]+")
LANGUAGE = re.compile(r"[a-z]{2}")
# number_decimal: at most so many digits before and after the point.
DECIMAL = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,9})?")
MOST_INTEGER = 2**53 - 1
MOST_ITEMS = 128


class BadValueError(ValueError):
    """A value that the type cannot hold; its text is the value."""


def is_empty(value):
    """Whether there is nothing to tell; a zero and a no are something."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def convert(kind, value, *, unit="", currency=""):
    """A value as text of this type.

    :param str kind: one of :data:`ALL_TYPES`.
    :param value: text, number, bool, date, aware or naive UTC datetime, a list of them.
    :param unit: of weights, dimensions and volumes.
    :param currency: ISO code of money.
    :return: ``None`` when there is nothing to tell.
    :raise BadValueError: the type cannot hold it.
    """
    base = kind.removeprefix("list.")
    if base != kind:
        items = _items(value)
        found = [_plain(base, one, unit, currency) for one in items if not is_empty(one)]
        if len(found) > MOST_ITEMS:
            raise BadValueError(f"{len(found)} > {MOST_ITEMS}")
        return _json(found) if found else None
    if isinstance(value, (list, tuple)):
        # Several values where one is wanted: texts are written one after the other.
        if base in ("single_line_text_field", "multi_line_text_field"):
            between = ", " if base == "single_line_text_field" else "\n"
            value = between.join(str(one) for one in value if not is_empty(one))
        else:
            value = next((one for one in value if not is_empty(one)), None)
    if is_empty(value) or (value is False and base != "boolean"):
        return None
    found = _plain(base, value, unit, currency)
    return found if isinstance(found, str) else _json(found)


def _plain(kind, value, unit, currency):
    """One value: text, or an object where the type has members."""
    if kind in UNITS:
        return _measure(kind, value, unit)
    if kind in REFERENCES:
        return _reference(kind, value)
    if kind == "money":
        return {"amount": _decimal(value), "currency_code": currency}
    reader = _READERS.get(kind)
    return reader(value) if reader else str(value)


def _single(value):
    return " ".join(str(value).split())


def _multi(value):
    return str(value).replace("\r\n", "\n").strip()


def _rich(value):
    if isinstance(value, str) and value.lstrip().startswith("{"):
        return _given_json(value)
    paragraphs = [part for part in _multi(value).split("\n") if part.strip()]
    return {
        "type": "root",
        "children": [
            {"type": "paragraph", "children": [{"type": "text", "value": one}]}
            for one in paragraphs
        ],
    }


def _integer(value):
    number = _number(value)
    if number != number.to_integral_value() or abs(number) > MOST_INTEGER:
        raise BadValueError(str(value))
    return str(int(number))


def _decimal(value):
    number = _number(value)
    text = format(number.normalize(), "f")
    text = text if text != "-0" else "0"
    if not DECIMAL.fullmatch(text):
        raise BadValueError(str(value))
    return text


def _number(value):
    if isinstance(value, bool):
        return Decimal(int(value))
    if isinstance(value, float):
        value = repr(round(value, 9))
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation as exc:
        raise BadValueError(str(value)) from exc
    if not number.is_finite():
        raise BadValueError(str(value))
    return number


def _boolean(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value).strip().lower()
    if text in ("true", "1", "yes"):
        return "true"
    if text in ("false", "0", "no"):
        return "false"
    raise BadValueError(str(value))


def _date(value):
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    try:
        return date.fromisoformat(str(value).strip()[:10]).isoformat()
    except ValueError as exc:
        raise BadValueError(str(value)) from exc


def _moment(value):
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
        except ValueError as exc:
            raise BadValueError(value) from exc
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            value = (value - value.utcoffset()).replace(tzinfo=None)
        return f"{value.replace(microsecond=0).isoformat()}Z"
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00Z"
    raise BadValueError(str(value))


def _matching(pattern):
    def read(value):
        text = str(value).strip()
        if not pattern.fullmatch(text):
            raise BadValueError(text)
        return text

    return read


def _measure(kind, value, unit):
    if isinstance(value, str) and value.lstrip().startswith("{"):
        return _given_json(value)
    unit = unit or UNITS[kind][0]
    if unit not in UNITS[kind]:
        raise BadValueError(unit)
    return {"value": float(_number(value)), "unit": unit}


def _rating(value):
    if isinstance(value, str) and value.lstrip().startswith("{"):
        return _given_json(value)
    number = _number(value)
    if not 0 <= number <= 5:
        raise BadValueError(str(value))
    return {"value": _decimal(value), "scale_min": "0.0", "scale_max": "5.0"}


def _link(value):
    if isinstance(value, str) and value.lstrip().startswith("{"):
        return _given_json(value)
    url = _matching(URL)(value)
    return {"text": url, "url": url}


def _reference(kind, value):
    text = str(value).strip()
    if GID.fullmatch(text):
        wanted = REFERENCES[kind]
        if wanted and f"/{wanted}/" not in text:
            raise BadValueError(text)
        return text
    if text.isdecimal() and REFERENCES[kind]:
        return f"gid://shopify/{REFERENCES[kind]}/{text}"
    raise BadValueError(text)


def _given_json(value):
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as exc:
        raise BadValueError(value[:80]) from exc


def _items(value):
    """What is in a list: of a list its members, of a JSON list too, of a text its lines."""
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("["):
            found = _given_json(text)
            return found if isinstance(found, list) else [found]
        return [line for line in text.splitlines() if line.strip()]
    if value is None or value is False:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _json(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_READERS = {
    "single_line_text_field": _single,
    "multi_line_text_field": _multi,
    "rich_text_field": _rich,
    "number_integer": _integer,
    "number_decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
    "date_time": _moment,
    "url": _matching(URL),
    "color": _matching(COLOR),
    "rating": _rating,
    "link": _link,
    "language": _matching(LANGUAGE),
    "json": _given_json,
    "id": _single,
}
