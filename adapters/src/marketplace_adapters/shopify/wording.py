"""Reading members of Shopify's documents: strictly where money, quantities and ids are concerned,
leniently elsewhere. Pure; nothing but :class:`InvalidError` is raised, and it names the member.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from ..core import shape
from ..core.dates import optional_datetime
from ..core.errors import InvalidError
from ..core.money import decimal, optional_decimal
from ..core.shape import as_id, as_text, at, text
from ..core.types import Address
from . import ids

MAX_COUNT = 1_000_000_000
# ISO 4217: digits after the point where they are not two.
_WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
DIGITS = {**dict.fromkeys(_WHOLE.split(), 0), **dict.fromkeys(_THOUSANDTHS.split(), 3)}


def rows(data: Any, *path: str) -> list[Mapping[str, Any]]:
    """The objects of a list, or of the nodes of a connection, at a path of members."""
    connection = at(data, *path, "nodes")
    return shape.rows(data, *path) if connection is None else shape.rows(connection)


def words(data: Any, *path: str) -> tuple[str, ...]:
    """The texts of a list at a path of members."""
    found = at(data, *path)
    found = found if isinstance(found, list) else []
    return tuple(filter(None, (text({"": one}, "") for one in found)))


def labels(data: Any, name: str) -> tuple[str, ...]:
    """Tags, sorted: a list, or a text with commas between them."""
    found = data.get(name) if isinstance(data, Mapping) else None
    told = ",".join(words(data, name)) if isinstance(found, list) else text(data, name)
    return tuple(sorted(set(filter(None, map(str.strip, told.split(","))))))


def flag(data: Any, name: str) -> bool:
    """Whether a member is true."""
    return isinstance(data, Mapping) and data.get(name) is True


def moment(data: Any, *path: str) -> datetime | None:
    """The time at a path; ``None`` when it is not there or none."""
    for name in path:
        data = data.get(name) if isinstance(data, Mapping) else None
    try:
        return optional_datetime(data, "time")
    except InvalidError:
        return None


def strict_list(data: Mapping[str, Any], name: str, where: str) -> list[Any]:
    """A list, or the nodes of a connection; ``None`` is empty.

    :raise InvalidError: anything else.
    """
    found = data.get(name)
    if isinstance(found, Mapping) and "nodes" in found:
        found = found["nodes"]
    if found is None:
        return []
    if not isinstance(found, list):
        raise InvalidError(f"{where}{name} must be a list.", code="bad_shape")
    return found


def number(value: Any, where: str) -> str:
    """The numeric part of an id.

    :raise InvalidError: there is none.
    """
    found = ids.number(as_id(value, where))
    if not (found.isascii() and found.isdecimal()):
        raise InvalidError(f"{where} is no id.", code="bad_shape")
    return found


def optional_number(value: Any) -> str:
    """As :func:`number`; empty when there is none."""
    try:
        return number(value, "id")
    except InvalidError:
        return ""


def count(value: Any, where: str) -> int:
    """Units: a whole number that is not below zero."""
    found = decimal(value, where)
    if found < 0 or found != found.to_integral_value() or found > MAX_COUNT:
        raise InvalidError(f"{where} is no number of units.", code="bad_number")
    return int(found)


def optional_rate(value: Any) -> Decimal | None:
    """A rate of tax; ``None`` when it is not told or unreadable."""
    try:
        return optional_decimal(value, "rate")
    except InvalidError:
        return None


def cents(amount: Decimal, currency: str) -> Decimal:
    """The amount in the smallest unit of its currency, halves away from zero."""
    with localcontext() as context:
        context.prec = 60
        step = Decimal(1).scaleb(-DIGITS.get(currency, 2))
        return amount.quantize(step, ROUND_HALF_UP)


def currency_code(value: Any, where: str) -> str:
    """Three letters.

    :raise InvalidError: anything else.
    """
    code = as_text(value, where).upper()
    if len(code) != 3 or not (code.isascii() and code.isalpha()):
        raise InvalidError(f"{where} is no currency.", code="bad_currency")
    return code


def address(
    data: Any, province: str, country: str, first: str, last: str
) -> tuple[Address | None, str]:
    """An address and the company in it; ``None`` without one.

    :param province, country, first, last: names of these members on the road.
    """
    if not isinstance(data, Mapping):
        return None, ""
    person = text(data, "name") or " ".join(filter(None, (text(data, first), text(data, last))))
    company = text(data, "company")
    found = Address(
        name=", ".join(filter(None, dict.fromkeys((person, company)))),
        street=text(data, "address1"),
        street2=text(data, "address2"),
        city=text(data, "city"),
        zip=text(data, "zip"),
        state=text(data, province) or text(data, "province"),
        country=text(data, country).upper(),
        phone=text(data, "phone"),
    )
    return (found if found != Address() else None), company
