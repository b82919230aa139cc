"""The engine's clock: naive UTC with fractions, as the database keeps it."""

from datetime import datetime, timezone


def now():
    """Odoo's own ``Datetime.now()`` cuts the fraction off, which a burst is measured in."""
    return datetime.now(timezone.utc).replace(tzinfo=None)
