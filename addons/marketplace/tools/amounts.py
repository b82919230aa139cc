"""From the floats of Odoo to the exact numbers that a channel is told."""

from decimal import Decimal

from odoo.tools import float_repr

from marketplace_adapters.core import Money


def exact(quantity):
    """Float of Odoo → Decimal without float dust and without exponent."""
    number = Decimal(repr(round(quantity, 6))).normalize()
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number


def money(amount, currency):
    """Float of Odoo → :class:`Money`, in whole units of the currency."""
    rounded = currency.round(amount)
    return Money(Decimal(float_repr(rounded, currency.decimal_places)), currency.name)
