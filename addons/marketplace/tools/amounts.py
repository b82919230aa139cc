"""From the floats of Odoo to the exact numbers that a channel is told."""

from decimal import Decimal


def exact(quantity):
    """Float of Odoo → Decimal without float dust and without exponent."""
    number = Decimal(repr(round(quantity, 6))).normalize()
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number
