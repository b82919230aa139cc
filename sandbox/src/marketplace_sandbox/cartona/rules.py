"""The life of an order: who may take it from which status to which.

                    retailer edits            (S) supplier   (C) Cartona or the retailer
               ┌───────────────────► editing
               │                        │ retailer is done, or gives up
               │ ◄──────────────────────┘
    placed ─► pending ──S──► approved ──S──► assigned_to_salesman ──S──► delivered
               │  ▲             │  ▲            │      │
               │  └──────S──────┘  └─────S──────┘      └──────C─────────► returned
               │                │               │
               ├──────C─────────┴───C (not after assigned)──────────────► cancelled_by_retailer
               └──────S─────────────┴─────S─────┴───────────────────────► cancelled_by_supplier

- delivered_by_supplier (also when missing): S sets any status, forward with steps left out or
  back among the three open ones (he may write `pending`, so going back must be possible); C only
  cancels, edits, and reports a return.
- delivered_by_cartona: S only cancels; C sets any status.
- editing: S has to wait; nothing but `synced` is accepted.
- delivered, cancelled_…, returned are final. Writing the status that an order has is accepted
  and changes nothing, so that a repeated call is harmless.
- `synced` is an acknowledgement and no status.

Sources: FACTS of the contract, "Status". Going back and leaving out steps is unconfirmed and
taken as allowed; a return is taken as reported by Cartona, as `returned` is not writable for S.
"""

from __future__ import annotations

PENDING = "pending"
EDITING = "editing"
APPROVED = "approved"
ASSIGNED = "assigned_to_salesman"
DELIVERED = "delivered"
CANCELLED_BY_RETAILER = "cancelled_by_retailer"
CANCELLED_BY_SUPPLIER = "cancelled_by_supplier"
RETURNED = "returned"
SYNCED = "synced"

STATUSES = (
    PENDING,
    EDITING,
    APPROVED,
    ASSIGNED,
    DELIVERED,
    CANCELLED_BY_RETAILER,
    CANCELLED_BY_SUPPLIER,
    RETURNED,
)
# Seen by a client, never written by the rules; only force sets them.
ODD_STATUSES = ("cancelled", "return")
CANCELLED = (CANCELLED_BY_RETAILER, CANCELLED_BY_SUPPLIER, "cancelled")
OPEN = (PENDING, APPROVED, ASSIGNED)
WRITABLE = (SYNCED, PENDING, APPROVED, ASSIGNED, DELIVERED, CANCELLED_BY_SUPPLIER)

BY_SUPPLIER = "delivered_by_supplier"
BY_CARTONA = "delivered_by_cartona"

CANCELLATION_REASONS = (
    "out_of_stock",
    "cannot_deliver_the_order",
    "supplier_asked_me_to_cancel",
    "delayed_order",
    "pending_order_without_action",
    "removed_items",
    "supplier_attitude",
    "missing_items",
    "expired_products",
    "different_prices",
    "different_products",
)

_SUPPLIER = {
    BY_SUPPLIER: dict.fromkeys(
        OPEN, frozenset((PENDING, APPROVED, ASSIGNED, DELIVERED, CANCELLED_BY_SUPPLIER))
    ),
    BY_CARTONA: dict.fromkeys(OPEN, frozenset((CANCELLED_BY_SUPPLIER,))),
}
_CARTONA = {
    BY_SUPPLIER: {
        PENDING: frozenset((EDITING, CANCELLED_BY_RETAILER)),
        EDITING: frozenset((PENDING, CANCELLED_BY_RETAILER)),
        APPROVED: frozenset((CANCELLED_BY_RETAILER,)),
        ASSIGNED: frozenset((RETURNED,)),
    },
    BY_CARTONA: {
        PENDING: frozenset((EDITING, APPROVED, ASSIGNED, DELIVERED, CANCELLED_BY_RETAILER)),
        EDITING: frozenset((PENDING, CANCELLED_BY_RETAILER)),
        APPROVED: frozenset((PENDING, ASSIGNED, DELIVERED, CANCELLED_BY_RETAILER)),
        ASSIGNED: frozenset((PENDING, APPROVED, DELIVERED, RETURNED, CANCELLED_BY_RETAILER)),
    },
}


def _allowed(
    matrix: dict[str, dict[str, frozenset[str]]], delivered_by: str | None, status: str
) -> frozenset[str]:
    return matrix.get(delivered_by or BY_SUPPLIER, matrix[BY_SUPPLIER]).get(status, frozenset())


def supplier_targets(delivered_by: str | None, status: str) -> frozenset[str]:
    """Statuses that the supplier may write now (without `synced` and the present one)."""
    return _allowed(_SUPPLIER, delivered_by, status) - {status}


def cartona_targets(delivered_by: str | None, status: str) -> frozenset[str]:
    """Statuses that Cartona or the retailer may bring about now."""
    return _allowed(_CARTONA, delivered_by, status) - {status}


def refuse_supplier(delivered_by: str | None, status: str, target: str) -> str | None:
    """Why the supplier may not write `target`, or None when he may."""
    if target not in WRITABLE:
        return f"status must be one of {', '.join(WRITABLE)}"
    if target in (SYNCED, status):
        return None
    if status == EDITING:
        return "The retailer is editing the order"
    if target in supplier_targets(delivered_by, status):
        return None
    if delivered_by == BY_CARTONA and status in OPEN:
        return "Cartona delivers this order; the supplier may only cancel it"
    return f"An order that is {status} cannot become {target}"


def refuse_supplier_edit(status: str) -> str | None:
    """Why the supplier may not change lines, or None when he may."""
    if status in OPEN:
        return None
    if status == EDITING:
        return "The retailer is editing the order"
    return f"An order that is {status} cannot be changed"
