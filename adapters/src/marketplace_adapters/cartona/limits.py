"""What Cartona takes at once and how often.

C sends 100 rows a call, configurable from 1 to 1000; the server's maximum and any rate limit are
unconfirmed. The rates are therefore our own manners, and a 429 teaches better.
"""

from __future__ import annotations

from ..core.limits import Lane, Limits, Rate
from ..core.types import Kind

MAX_BATCH = 1000

LIMITS = Limits(
    lanes=(
        # Price, stock and description of one listing travel in one row.
        Lane("catalog", (Kind.PRODUCT, Kind.PRICE, Kind.INVENTORY), 100, bucket="catalog"),
        Lane("acknowledge", (Kind.ACKNOWLEDGE,), 100, bucket="order"),
        # Setting a status that is set already changes nothing, so these may repeat.
        Lane("status", (Kind.STATUS,), 100, bucket="order"),
        Lane("cancel", (Kind.CANCEL,), 100, bucket="order"),
        # A repeated update would add a new line twice. One order a push: a lost answer is then
        # known to be about that order, which can be read back.
        Lane("lines", (Kind.LINES,), 1, repeatable=False, bucket="order"),
    ),
    rates={
        "default": Rate(5, 20),
        "catalog": Rate(20, 100),
        "order": Rate(20, 100),
    },
    topics=("order",),
    # What from/to select on is unconfirmed; C reads 24 hours back each time, and equal revisions
    # cost nothing.
    overlap=86400.0,
)
