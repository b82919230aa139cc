"""Values that a channel shows, compared with values that it was told.

Values of a kind are nested dicts of JSON; a member is named by its path: ``title``,
``attributes/vendor``, ``by_location/7``.
"""

import unicodedata
from collections.abc import Mapping
from copy import deepcopy
from decimal import Decimal, InvalidOperation

# Stands for a member that is not there at all; None is a value: nothing is shown.
MISSING = object()
# Members that are numbers, wherever they stand in a path.
NUMBERS = frozenset(
    {
        "amount",
        "available",
        "business",
        "by_location",
        "compare_at",
        "markets",
        "max_order",
        "maximum",
        "min_order",
        "minimum",
        "price",
        "quantity",
        "weight_kg",
    }
)
# A channel may keep a weight in whole tenths of a gram.
PLACES = Decimal("0.0001")


def flat(values, prefix=()):
    """Leaves of nested dicts.

    :return: iterator of (path, value)
    """
    for name, value in values.items():
        path = (*prefix, str(name))
        if isinstance(value, Mapping):
            yield from flat(value, path)
        else:
            yield "/".join(path), value


def at(values, path):
    """The member at a path, :data:`MISSING` when there is none."""
    for name in path.split("/"):
        if not isinstance(values, Mapping) or name not in values:
            return MISSING
        values = values[name]
    return values


def with_member(values, path, value):
    """A copy of the values in which the member at a path is another; :data:`MISSING` takes it
    away."""
    result = deepcopy(dict(values or {}))
    *parents, name = path.split("/")
    inner = result
    for parent in parents:
        if not isinstance(inner.get(parent), dict):
            inner[parent] = {}
        inner = inner[parent]
    if value is MISSING:
        inner.pop(name, None)
    else:
        inner[name] = value
    return result


def same(path, one, other):
    """Whether two values of a member mean the same: 12.5 is 12.50, no text is an empty text."""
    if one is MISSING or other is MISSING:
        return one is other
    if isinstance(one, bool) or isinstance(other, bool):
        return bool(one) == bool(other)
    if NUMBERS.intersection(path.split("/")):
        numbers = _number(one), _number(other)
        if None not in numbers:
            return numbers[0].quantize(PLACES) == numbers[1].quantize(PLACES)
    return _plain(one) == _plain(other)


def as_text(value):
    """A value as people read it, cut to what fits into a list."""
    if value is MISSING or value is None or value == "":
        return ""
    if isinstance(value, list):
        value = ", ".join(str(item) for item in value)
    return str(value)[:500]


def _number(value):
    try:
        number = Decimal(str(value))
        return number if number.is_finite() and abs(number) < Decimal(10) ** 20 else None
    except InvalidOperation:
        return None


def _plain(value):
    if value is None or value is False:
        return ""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
    return value
