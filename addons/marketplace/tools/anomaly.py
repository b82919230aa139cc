"""What a batch would do to listings, compared with what the channel acknowledged (C10)."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation

# Kinds that are watched.
WATCHED = ("inventory", "price")
# Falls are counted over the batches of this time.
WINDOW = timedelta(hours=1)
# Waiting items that are looked at before the first of them leaves; of more, a part is.
LOOK_AHEAD = 500


class NotDispatchedError(Exception):
    """Many operations wait still: what belongs together is to be looked at together."""


@dataclass(frozen=True, slots=True)
class Look:
    """What would happen within the window.

    :param falls: listings that fall, those that did already included.
    :param gone: listings that did already.
    :param base: listings that could.
    :param estimated: ``falls`` is taken from a part of what waits.
    """

    falls: int
    gone: int
    base: int
    estimated: bool = False


def is_fall(kind, known, values, *, price_fall):
    """Whether a listing is shown as sold out, or far cheaper, by being told values.

    :param dict known: what the channel acknowledged of the kind.
    :param dict values: what it would be told.
    :param int price_fall: percent; a price that falls by more falls by far.
    """
    if kind == "inventory":
        return _in_stock(known) is True and _in_stock(values) is False
    before, after = _number(known.get("price")), _number(values.get("price"))
    if not before or before < 0 or after is None:
        return False
    if known.get("currency") != values.get("currency"):
        return False  # not to be compared
    return after <= 0 or after * 100 < before * (100 - price_fall)


def _in_stock(values):
    """``None`` where it is not said, as of goods that the channel keeps itself."""
    if "in_stock" in values:
        return bool(values["in_stock"])
    if values.get("unlimited"):
        return True
    quantity = _number(values.get("quantity"))
    return None if quantity is None else quantity > 0


def _number(value):
    try:
        number = None if value is None else Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None
