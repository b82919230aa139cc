"""What is unconfirmed about the real API, as switches; the defaults are the likely behaviour."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from ..wire import Invalid

CHOICES: dict[str, tuple[str, ...]] = {
    "product_keys": ("both", "misspelled", "id", "correct"),
    "bulk_results": ("silent", "rows", "errors"),
    "list_reply": ("bare", "data"),
    "pull_mode": ("until_synced", "window"),
    "pull_window_field": ("updated_at", "created_at"),
    "pull_sort": ("oldest", "newest"),
}


@dataclass(frozen=True)
class Settings:
    """Switches of the Cartona room; changed with ``POST /_control/cartona/settings``.

    product_keys: names in the product list. One published sample is misspelled
        (``suppler_prodcut_id``), a later tool reads ``id``: ``both`` gives these two.
    bulk_results: answer of bulk calls. ``silent`` is ``{}``; ``rows`` a list with one verdict per
        row; ``errors`` an object with the refused rows. The real form is unknown; it is known
        that a bad row does not fail the call.
    list_reply: a bare list, or ``{"data": […]}``.
    pull_mode: ``until_synced`` gives an order until it is acknowledged, and again after each
        later change by Cartona or the retailer; ``window`` gives all of the period, always.
    pull_window_field: the moment that `from` and `to` are compared with.
    pull_sort: order of pull-orders by that moment.
    order_extras: whether orders carry the members that a client reads though no sample has them
        (receipt_id, created_at, retailer id and e-mail).
    published_paths: whether the spellings of the early description work too (`orders/…`,
        `supplier-product/base-product`).
    require_cancellation_reason: whether a cancellation without reason is refused.
    create_from_base: whether a row that names a catalogue unit which the supplier does not sell
        yet starts to sell it (a price is needed then).
    orders_take_stock: whether an order lowers the quantity on offer, and a cancellation gives it
        back. The unconfirmed but likely behaviour of a shop.
    webhook_on_supplier_change: whether the supplier's own status changes are pushed back to him.
    per_page, per_page_most, bulk_rows_most: sizes; no limit is documented.
    """

    product_keys: str = "both"
    bulk_results: str = "silent"
    list_reply: str = "bare"
    pull_mode: str = "until_synced"
    pull_window_field: str = "updated_at"
    pull_sort: str = "oldest"
    order_extras: bool = True
    published_paths: bool = False
    require_cancellation_reason: bool = False
    create_from_base: bool = True
    orders_take_stock: bool = True
    webhook_on_supplier_change: bool = False
    per_page: int = 20
    per_page_most: int = 1_000
    bulk_rows_most: int = 1_000

    def changed(self, values: dict[str, Any]) -> Settings:
        """:raises Invalid: an unknown name, or a value that is not acceptable."""
        kinds = {each.name: type(each.default) for each in fields(self)}
        for name, value in values.items():
            if name not in kinds:
                raise Invalid(f"unknown setting {name[:40]!r}; known: {', '.join(kinds)}")
            if name in CHOICES and value not in CHOICES[name]:
                raise Invalid(f"{name} must be one of {', '.join(CHOICES[name])}")
            if type(value) is not kinds[name]:
                raise Invalid(f"{name} must be of type {kinds[name].__name__}")
            if isinstance(value, int) and not isinstance(value, bool) and value < 1:
                raise Invalid(f"{name} must be at least 1")
        return replace(self, **values)

    def state(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}
