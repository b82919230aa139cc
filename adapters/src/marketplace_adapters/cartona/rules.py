"""Who may set which status of an order. Pure.

::

                            we → Cartona        Cartona → us
    delivered by supplier   any status          cancelled
    delivered by Cartona    cancelled           any status
    anything else           cancelled           cancelled

Sources: G1 and C. A value of ``delivered_by`` that we do not know gives neither side the right to
overwrite the other. The acknowledgement ``synced`` is no status and always allowed; ``editing``
(HOLD) locks an order instead of moving it and is obeyed whoever delivers.
"""

from __future__ import annotations

from typing import Literal

from ..core.types import OrderStatus
from .const import STATUS_OUT

Direction = Literal["out", "in"]


def allowed(direction: Direction, fulfilment: str, status: OrderStatus) -> bool:
    """Whether a status may travel.

    :param direction: ``out`` from us to Cartona, ``in`` from Cartona to us.
    :param fulfilment: ``seller``, ``channel`` or the raw value, as :attr:`Order.fulfilment`.
    """
    if direction == "out" and status not in STATUS_OUT:
        return False
    if direction == "in" and status is OrderStatus.HOLD:
        return True
    free = "seller" if direction == "out" else "channel"
    return fulfilment == free or status is OrderStatus.CANCELLED
