"""The buyer's and Amazon's side of an order, by the name of a step: for control API and page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from ..wire import Invalid, decimal_of
from .model import Order
from .orders import Orders, Refused
from .values import cents


def act(orders: Orders, order: Order, action: str, body: Mapping[str, Any]) -> Any:
    """A step by name, for control API and page. :raises Invalid: an unknown name."""
    quantities = _quantities(body.get("items"))
    reason = str(body.get("reason") or "")
    steps: dict[str, Callable[[], Any]] = {
        "pay": lambda: orders.pay(order),
        "ship": lambda: orders.ship(order, quantities),
        "cancel": lambda: orders.cancel(order, str(body.get("by") or "BUYER"), reason, quantities),
        "request-cancel": lambda: orders.request_cancellation(order, reason),
        "deliver": lambda: orders.deliver(order),
        "advance": lambda: _advance(orders, order),
        "return": lambda: _return(orders, order, body, quantities, reason),
        "refund": lambda: _refund(orders, order, body, reason),
        "touch": lambda: orders.touch(order),
    }
    if action not in steps:
        raise Invalid(f"unknown step {action[:40]!r}; known: {', '.join(steps)}")
    return steps[action]()


def _advance(orders: Orders, order: Order) -> None:
    if order.status in ("PENDING", "PENDING_AVAILABILITY"):
        orders.pay(order)
    else:
        orders.ship(order)


def _return(
    orders: Orders,
    order: Order,
    body: Mapping[str, Any],
    quantities: dict[str, int] | None,
    reason: str,
) -> None:
    parts = quantities or {each.id: each.shipped - each.returned for each in order.items}
    parts = {name: number for name, number in parts.items() if number}
    if not parts:
        raise Refused("there is nothing to return")
    for identifier, number in parts.items():
        item = orders.item(order, identifier)
        more = {name: body.get(name) for name in ("disposition", "comment")}
        orders.take_back(order, item, number, reason, **more)


def _refund(orders: Orders, order: Order, body: Mapping[str, Any], reason: str) -> str:
    given = body.get("parts")
    if given is None:  # all that is left of what was paid
        parts = {
            each.id: {"Principal": left}
            for each in order.items
            if (left := orders.ledger.paid(order, each) - each.refunded) > 0
        }
    elif isinstance(given, dict):
        parts = {str(name): _amounts(values) for name, values in given.items()}
    else:
        raise Invalid("parts must be {item id: {component: amount}}")
    return orders.refund(order, parts, reason, "Amazon")


def _amounts(values: Any) -> dict[str, Decimal]:
    if not isinstance(values, dict):
        raise Invalid("parts must be {item id: {component: amount}}")
    return {str(kind): cents(decimal_of(amount, "amount")) for kind, amount in values.items()}


def _quantities(value: Any) -> dict[str, int] | None:
    """``{item id: pieces}`` or ``[[item id, pieces]]``; None for none."""
    if not value:
        return None
    if not isinstance(value, dict):
        raise Invalid("items must be {item id: pieces}")
    if not all(isinstance(each, int) and not isinstance(each, bool) for each in value.values()):
        raise Invalid("pieces must be whole numbers")
    # A form cannot have a number as the name of a member: "id2000…" is the item 2000….
    return {str(name).removeprefix("id"): number for name, number in value.items() if number}
