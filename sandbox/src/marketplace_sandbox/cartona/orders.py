"""Orders: placed and changed by the retailer's side, answered by the supplier's."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ..clock import format_time
from ..room import Services
from ..store import Table
from ..wire import Invalid, boolean_of, decimal_of, integer_of, text_of
from . import rules
from .catalogue import Catalogue
from .generator import Generator
from .lines import Lines
from .model import Order, decode_order, encode_order
from .settings import Settings
from .values import day_of, moment_of, object_of, reason_of

MONEY = ("applied_supplier_rebate", "cartona_credit", "installment_cost", "wallet_top_up")
TEXTS = (
    "delivery_day",
    "estimated_delivery_day",
    "retailer_preferred_delivery_date",
    "pickup_date",
    "pickup_otp",
    "cancellation_reason",
    "return_reason",
    "distribution_route_code",
    "note_message",
)
PLACE = {
    *MONEY,
    *TEXTS,
    "supplier_code",
    "hashed_id",
    "receipt_id",
    "status",
    "created_at",
    "delivered_by",
    "retailer",
    "lines",
    "line_count",
    "retailer_otp",
    "edited_by_admin",
    "overrides",
    "omit",
    "plain",
    "force",
    "notify",
}


class Orders:
    """The orders of all suppliers. Methods that change something run inside a transaction.

    :param settings: gives the present settings.
    :param publish: gets (topic, order) of every event that a webhook may carry.
    """

    def __init__(
        self,
        services: Services,
        catalogue: Catalogue,
        settings: Callable[[], Settings],
        publish: Callable[[str, Order], None],
    ) -> None:
        self._services = services
        self._clock = services.clock
        self._store = services.store
        self._catalogue = catalogue
        self._lines = Lines(services.store, catalogue, settings)
        self._settings = settings
        self._publish = publish
        self.generator = Generator(services.random("cartona/orders"))
        self.table: Table[Order] = Table(
            services.store, "cartona.orders", encode_order, decode_order
        )

    def get(self, hashed_id: str) -> Order | None:
        return self.table.get(hashed_id)

    def start_over(self) -> None:
        """Draw the same orders again as after the start."""
        self.generator = Generator(self._services.random("cartona/orders"))

    def notify(self, order: Order) -> None:
        """Send the webhook of an order's present state once more."""
        self._publish("order.status", order)

    # === RETAILER'S SIDE === #

    def place_all(
        self, specs: list[dict[str, Any]], supplier_code: Callable[[Any], str]
    ) -> list[Order]:
        """Place each order, or none. :raises Invalid: one of them is refused."""
        placed: list[Order] = []
        notify = [boolean_of(spec.get("notify", True), "notify") for spec in specs]
        try:
            for spec in specs:
                code = supplier_code(spec.get("supplier_code") or self._owner(spec))
                placed.append(self.place({**spec, "notify": False}, code))
        except Invalid:
            for order in placed:
                self._lines.give_back(order.lines)
                self.table.pop(order.hashed_id)
            raise
        for wanted, order in zip(notify, placed, strict=True):
            if wanted:
                self._publish("order.placed", order)
        return placed

    def _owner(self, spec: dict[str, Any]) -> str | None:
        """The supplier of the first product that is named by its supplier_product_id."""
        lines = spec.get("lines")
        first = lines[0] if isinstance(lines, list) and lines else None
        named = isinstance(first, dict) and first.get("supplier_product_id") is not None
        product = self._catalogue.get(first["supplier_product_id"]) if first and named else None
        return product.supplier_code if product else None

    def place(self, spec: dict[str, Any], default_supplier: str) -> Order:
        """Place an order; what `spec` does not say is drawn from the generator.

        :param spec: members of `PLACE`. `lines` are requests, see `Lines.new`; `plain` leaves out
            offers, split money and missing codes; `force` skips the check of what is on offer;
            `notify` false sends no webhook.
        :raises Invalid: malformed, or not on offer.
        """
        if unknown := set(spec) - PLACE:
            raise Invalid(f"unknown members: {', '.join(sorted(unknown))}")
        code = str(spec.get("supplier_code") or default_supplier)
        plain = boolean_of(spec.get("plain", False), "plain")
        force = boolean_of(spec.get("force", False), "force")
        hashed_id = str(spec.get("hashed_id") or "") or self.generator.hashed_id(
            self.table.__contains__
        )
        if hashed_id in self.table or len(hashed_id) > 64:
            raise Invalid(f"hashed_id {hashed_id[:64]!r} is taken or too long")
        requests = self._requests(spec, code, plain)
        values = self._values(spec)
        notify = boolean_of(spec.get("notify", True), "notify")
        lines = [self._lines.new(each, code, force) for each in requests]
        self._lines.take(lines)
        now = values.pop("created_at", None) or self._clock.now()
        order = Order(
            hashed_id=hashed_id,
            supplier_code=code,
            receipt_id=str(spec.get("receipt_id") or self._store.next_id("cartona.receipt", 1001)),
            status=values.pop("status", rules.PENDING),
            created_at=now,
            updated_at=now,
            retailer={**self.generator.retailer(plain), **(spec.get("retailer") or {})},
            lines=lines,
            **values,
        )
        self._fill(order, spec, plain)
        self._happened(order, "order.placed", "retailer", "placed", notify, now)
        return order

    def _fill(self, order: Order, spec: dict[str, Any], plain: bool) -> None:
        """Draw what was not said: split money, note, who delivers, and the codes."""
        if not plain and not any(name in spec for name in MONEY):
            for name, amount in self.generator.money(order.total_price).items():
                setattr(order, name, amount)
        if "note_message" not in spec:
            order.note_message = self.generator.note()
        if "delivered_by" not in spec and not plain:
            order.delivered_by = self.generator.delivered_by()
        if order.delivered_by == rules.BY_CARTONA and order.pickup_otp is None:
            order.pickup_otp = self.generator.otp()[:4]
        order.retailer_otp = str(spec.get("retailer_otp") or self.generator.otp())

    def _requests(self, spec: dict[str, Any], code: str, plain: bool) -> list[dict[str, Any]]:
        lines = spec.get("lines")
        if lines is None:
            count = spec.get("line_count")
            wanted = None if count is None else integer_of(count, "line_count", 1, 500)
            found = self.generator.lines(self._catalogue.of_supplier(code), wanted, plain)
            if not found:
                raise Invalid(f"supplier {code} has nothing on offer; give lines with force")
            return found
        if not isinstance(lines, list) or not lines:
            raise Invalid("lines must be a list with at least one line")
        return [object_of(each, "a line") for each in lines]

    @staticmethod
    def _values(spec: dict[str, Any]) -> dict[str, Any]:
        """The checked members that go into the order as they are."""
        values: dict[str, Any] = {
            name: decimal_of(spec[name], name) for name in MONEY if spec.get(name) is not None
        }
        values |= {
            name: None if spec[name] is None else text_of(spec[name], name, 2_000)
            for name in TEXTS
            if name in spec
        }
        if "status" in spec:
            if spec["status"] not in rules.STATUSES + rules.ODD_STATUSES:
                raise Invalid(f"status must be one of {', '.join(rules.STATUSES)}")
            values["status"] = spec["status"]
        if "delivered_by" in spec:
            if spec["delivered_by"] not in (rules.BY_SUPPLIER, rules.BY_CARTONA, None):
                raise Invalid(f"delivered_by must be {rules.BY_SUPPLIER} or {rules.BY_CARTONA}")
            values["delivered_by"] = spec["delivered_by"]
        if spec.get("created_at") is not None:
            values["created_at"] = moment_of(spec["created_at"], "created_at")
        if "edited_by_admin" in spec:
            values["edited_by_admin"] = boolean_of(spec["edited_by_admin"], "edited_by_admin")
        for name in ("overrides", "retailer"):
            if spec.get(name) is not None:
                object_of(spec[name], name)
        values["overrides"] = spec.get("overrides") or {}
        omit = spec.get("omit") or []
        if not isinstance(omit, list) or not all(isinstance(each, str) for each in omit):
            raise Invalid("omit must be a list of dotted names")
        values["omit"] = omit
        return values

    def begin_edit(self, order: Order, notify: bool = True, force: bool = False) -> None:
        """The retailer opens the order to change it; the supplier has to wait.

        :raises Invalid: not in this status.
        """
        self._enter(order, rules.EDITING, "retailer", "started editing", notify, force)

    def edit(
        self,
        order: Order,
        details: list[Any],
        actor: str = "retailer",
        notify: bool = True,
        force: bool = False,
    ) -> None:
        """Change lines as the retailer (pending, editing) or Cartona's staff (also later).

        An order in `editing` goes back to `pending`.

        :param details: see `Lines.apply`.
        :raises Invalid: not in this status, or a line is refused; nothing is changed then.
        """
        if actor not in ("retailer", "admin"):
            raise Invalid("by must be retailer or admin")
        allowed = {rules.PENDING, rules.EDITING} | (set(rules.OPEN) if actor == "admin" else set())
        if order.status not in allowed and not force:
            raise Invalid(f"An order that is {order.status} cannot be changed by the {actor}")
        self._lines.apply(order, details, force)
        if order.status == rules.EDITING:
            order.status = rules.PENDING
        order.edited_by_admin = order.edited_by_admin or actor == "admin"
        self._happened(order, "order.edited", actor, "changed lines", notify)

    def cancel(
        self, order: Order, reason: str | None = None, notify: bool = True, force: bool = False
    ) -> None:
        """The retailer cancels. :raises Invalid: not in this status, or an unknown reason."""
        if reason is not None:
            order_reason = reason_of(reason)
            self._check_enter(order, rules.CANCELLED_BY_RETAILER, force)
            order.cancellation_reason = order_reason
        self._enter(order, rules.CANCELLED_BY_RETAILER, "retailer", "cancelled", notify, force)

    def take_back(
        self, order: Order, reason: str | None = None, notify: bool = True, force: bool = False
    ) -> None:
        """The goods come back from the door. :raises Invalid: not in this status."""
        self._check_enter(order, rules.RETURNED, force)
        order.return_reason = reason or order.return_reason
        self._enter(order, rules.RETURNED, "cartona", "returned", notify, force)

    def set_status(
        self, order: Order, status: str, notify: bool = True, force: bool = False
    ) -> None:
        """Cartona sets a status. :param force: also against the rules; also odd spellings.

        :raises Invalid: unknown, or not allowed from the present status.
        """
        if status not in rules.STATUSES + (rules.ODD_STATUSES if force else ()):
            raise Invalid(f"status must be one of {', '.join(rules.STATUSES)}")
        self._enter(order, status, "cartona", f"set to {status}", notify, force)

    def _check_enter(self, order: Order, status: str, force: bool) -> None:
        if not force and status not in rules.cartona_targets(order.delivered_by, order.status):
            raise Invalid(
                f"Cartona's side cannot take an order ({order.delivered_by}) "
                f"from {order.status} to {status}"
            )

    def _enter(
        self, order: Order, status: str, actor: str, text: str, notify: bool, force: bool
    ) -> None:
        self._check_enter(order, status, force)
        self._move(order, status)
        self._happened(order, "order.status", actor, text, notify)

    # === SUPPLIER'S SIDE === #

    def supplier_status(self, order: Order, row: dict[str, Any]) -> None:
        """Write a status, as the API asks for it. :raises Invalid: refused."""
        status = row.get("status")
        if not isinstance(status, str):
            raise Invalid("status is needed")
        refusal = rules.refuse_supplier(order.delivered_by, order.status, status)
        if refusal:
            raise Invalid(refusal)
        if status == rules.SYNCED:
            self._acknowledge(order)
            return
        days = {
            name: day_of(row[name], name)
            for name in ("estimated_delivery_day", "delivery_day")
            if row.get(name) is not None
        }
        if status != order.status:
            if status == rules.DELIVERED:
                self._check_otp(order, row.get("retailer_otp"))
            if status == rules.CANCELLED_BY_SUPPLIER:
                order.cancellation_reason = self._reason(row)
        elif not days:
            return
        for name, day in days.items():
            setattr(order, name, day)
        self._move(order, status)
        self._answered(order, f"set to {status}")

    def _reason(self, row: dict[str, Any]) -> str | None:
        if row.get("cancellation_reason") is None:
            if self._settings().require_cancellation_reason:
                raise Invalid("cancellation_reason is needed")
            return None
        return reason_of(row["cancellation_reason"])

    @staticmethod
    def _check_otp(order: Order, given: Any) -> None:
        """:raises Invalid: the order needs the retailer's code and it is missing or wrong."""
        if not order.needs_otp:
            return
        if given is None or given == "":
            raise Invalid("retailer_otp is needed for an order with instalment or wallet top-up")
        if isinstance(given, bool) or not isinstance(given, (str, int)):
            raise Invalid("retailer_otp is wrong")
        if not hmac.compare_digest(str(given).strip().encode(), order.retailer_otp.encode()):
            raise Invalid("retailer_otp is wrong")

    def _acknowledge(self, order: Order) -> None:
        if not order.acknowledged:
            order.acknowledged = True
            self._note(order, "supplier", "acknowledged (synced)", self._clock.now())
            self.table.put(order.hashed_id, order)

    def supplier_details(self, order: Order, row: dict[str, Any]) -> None:
        """Change lines, as the API asks for it. :raises Invalid: refused, nothing is changed."""
        refusal = rules.refuse_supplier_edit(order.status)
        if refusal:
            raise Invalid(refusal)
        self._lines.apply(order, row.get("order_details"), force=True)
        self._answered(order, "changed lines")

    def _answered(self, order: Order, text: str) -> None:
        """The supplier changed something; that does not bring the order into the pull again."""
        now = self._clock.now()
        order.updated_at = now
        self._note(order, "supplier", text, now)
        self.table.put(order.hashed_id, order)
        if self._settings().webhook_on_supplier_change:
            self._publish("order.status", order)

    # === HISTORY === #

    def _move(self, order: Order, status: str) -> None:
        if status in rules.CANCELLED:
            self._lines.give_back(order.lines)
        order.status = status

    def _happened(
        self,
        order: Order,
        topic: str,
        actor: str,
        text: str,
        notify: bool,
        at: datetime | None = None,
    ) -> None:
        """The other side changed something: it comes with the next pull, and as a webhook."""
        order.updated_at = at or self._clock.now()
        order.acknowledged = False
        self._note(order, actor, text, order.updated_at)
        self.table.put(order.hashed_id, order)
        if notify:
            self._publish(topic, order)

    @staticmethod
    def _note(order: Order, actor: str, text: str, at: datetime) -> None:
        order.history.append({"at": format_time(at), "actor": actor, "text": text})
