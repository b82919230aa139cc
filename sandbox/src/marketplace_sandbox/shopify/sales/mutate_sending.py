"""Mutations: fulfilments, refunds, returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ...wire import Invalid
from ..errors import refuse
from ..gids import number_of
from ..part import Context
from ..registry import Resolvers
from .fulfilment import Portion
from .graph_sending import hold_of
from .model import Fulfilment, FulfilmentOrder, Order, Return
from .refunds import Part, Payback, Wish
from .returns import HANDLES
from .views import FulfilmentOrderView, FulfilmentView, RefundView, ReturnView

if TYPE_CHECKING:
    from .part import Sales

SEND = (
    "write_merchant_managed_fulfillment_orders",
    "write_assigned_fulfillment_orders",
    "write_third_party_fulfillment_orders",
)
HOLD = ("write_merchant_managed_fulfillment_orders", "write_third_party_fulfillment_orders")


def _place(data: Mapping[str, Any]) -> int:
    return number_of(data["locationId"], "Location") if data.get("locationId") else 0


class Sending:
    """One method for each mutation."""

    def __init__(self, sales: Sales) -> None:
        self._sales = sales

    def register(self, found: Resolvers) -> None:
        send: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
            "fulfillmentCreate": (self.create, SEND),
            "fulfillmentCancel": (self.cancel, SEND),
            "fulfillmentTrackingInfoUpdate": (self.track, SEND),
            "fulfillmentEventCreate": (self.event, ("write_fulfillments",)),
            "fulfillmentOrderHold": (self.hold, HOLD),
            "fulfillmentOrderReleaseHold": (self.release, HOLD),
            "fulfillmentOrderMove": (self.move, HOLD),
        }
        for name, (function, scopes) in send.items():
            found.mutation(name, scope=scopes)(function)
        found.mutation("refundCreate", scope=("write_orders",), idempotent=True)(self.refund)
        back: dict[str, Callable[..., Any]] = {
            "returnRequest": self.request,
            "returnCreate": self.return_,
            "returnApproveRequest": self.approve,
            "returnDeclineRequest": self.decline,
            "returnClose": lambda ctx, id: self._step(id, self._sales.returns.close),
            "returnReopen": lambda ctx, id: self._step(id, self._sales.returns.reopen),
            "returnCancel": lambda ctx, id: self._step(id, self._sales.returns.cancel),
            "returnProcess": self.process,
        }
        for name, function in back.items():
            found.mutation(name, scope=("write_returns",))(function)

    # === FULFILMENTS === #

    def _source(self, text: str, *path: str) -> tuple[Order, FulfilmentOrder]:
        number = number_of(text, "FulfillmentOrder")
        order = self._sales.desk.owner("FulfillmentOrder", number)
        rows = order.fulfilment_orders if order else []
        source = next((each for each in rows if each.id == number), None)
        if order is None or source is None:
            raise refuse(path, "Fulfillment order does not exist.", "FULFILLMENT_ORDER_NOT_FOUND")
        return order, source

    def _parcel(self, text: str, *path: str) -> tuple[Order, Fulfilment]:
        number = number_of(text, "Fulfillment")
        order = self._sales.desk.owner("Fulfillment", number)
        rows = order.fulfilments if order else []
        made = next((each for each in rows if each.id == number), None)
        if order is None or made is None:
            raise refuse(path, "Fulfillment does not exist.")
        return order, made

    def create(
        self, ctx: Context, fulfillment: dict[str, Any], message: str | None = None
    ) -> dict[str, Any]:
        path = ("fulfillment", "lineItemsByFulfillmentOrder")
        portions: list[Portion] = []
        orders: list[Order] = []
        for row in fulfillment["lineItemsByFulfillmentOrder"]:
            order, source = self._source(row["fulfillmentOrderId"], *path, "fulfillmentOrderId")
            lines = row.get("fulfillmentOrderLineItems")
            parts: dict[int, int] = {}
            for each in lines or ():
                number = number_of(each["id"], "FulfillmentOrderLineItem")
                parts[number] = parts.get(number, 0) + int(each["quantity"])
            portions.append(
                (source, parts if lines else self._sales.fulfilments.everything(source))
            )
            orders.append(order)
        if not orders:
            raise refuse(path, "At least one fulfillment order is required.")
        if any(each is not orders[0] for each in orders):
            raise refuse(("fulfillment",), "All fulfillment orders must belong to the same order.")
        made = self._sales.fulfilments.create(
            orders[0], portions, fulfillment.get("trackingInfo") or {}
        )
        return {"fulfillment": FulfilmentView(orders[0], made), "userErrors": []}

    def cancel(self, ctx: Context, id: str) -> dict[str, Any]:
        order, made = self._parcel(id, "id")
        self._sales.fulfilments.cancel(order, made)
        return {"fulfillment": FulfilmentView(order, made), "userErrors": []}

    def track(
        self, ctx: Context, fulfillment_id: str, tracking_info_input: dict[str, Any],
        notify_customer: bool | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        order, made = self._parcel(fulfillment_id, "fulfillmentId")
        self._sales.fulfilments.track(order, made, tracking_info_input)
        return {"fulfillment": FulfilmentView(order, made), "userErrors": []}

    def event(self, ctx: Context, fulfillment_event: dict[str, Any]) -> dict[str, Any]:
        order, made = self._parcel(fulfillment_event["fulfillmentId"], "fulfillmentId")
        self._sales.fulfilments.event(order, made, fulfillment_event["status"])
        number = self._sales.desk.new_id("event")
        row = {
            "__typename": "FulfillmentEvent",
            "id": f"gid://shopify/FulfillmentEvent/{number}",
            "status": fulfillment_event["status"],
            "message": fulfillment_event.get("message"),
            "createdAt": ctx.now,
            "happenedAt": fulfillment_event.get("happenedAt") or ctx.now,
        }
        return {"fulfillmentEvent": row, "userErrors": []}

    def hold(self, ctx: Context, id: str, fulfillment_hold: dict[str, Any]) -> dict[str, Any]:
        order, source = self._source(id, "id")
        if fulfillment_hold.get("fulfillmentOrderLineItems"):
            raise refuse(
                ("fulfillmentHold", "fulfillmentOrderLineItems"),
                "Only whole fulfillment orders can be held in this shop.",
                "FULFILLMENT_ORDER_NOT_SPLITTABLE",
            )
        made = self._sales.fulfilments.hold(
            order, source, fulfillment_hold["reason"],
            str(fulfillment_hold.get("reasonNotes") or ""),
            str(fulfillment_hold.get("handle") or ""),
        )  # fmt: skip
        return {"fulfillmentOrder": FulfilmentOrderView(order, source),
                "fulfillmentHold": hold_of(made), "userErrors": []}  # fmt: skip

    def release(
        self, ctx: Context, id: str, hold_ids: list[str] | None = None,
        external_id: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        order, source = self._source(id, "id")
        chosen = [number_of(each, "FulfillmentHold") for each in hold_ids or ()]
        self._sales.fulfilments.release(order, source, chosen)
        return {"fulfillmentOrder": FulfilmentOrderView(order, source), "userErrors": []}

    def move(
        self, ctx: Context, id: str, new_location_id: str,
        fulfillment_order_line_items: list[dict[str, Any]] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        order, source = self._source(id, "id")
        place = number_of(new_location_id, "Location")
        if place not in ctx.room.locations:
            raise refuse(("newLocationId",), "Location not found.", "LOCATION_NOT_FOUND")
        if fulfillment_order_line_items:
            raise refuse(
                ("fulfillmentOrderLineItems",), "Only whole fulfillment orders can be moved here.",
                "CANNOT_MOVE_LINE_ITEMS",
            )  # fmt: skip
        made = self._sales.fulfilments.move(order, source, place)
        return {
            "movedFulfillmentOrder": FulfilmentOrderView(order, made),
            "originalFulfillmentOrder": FulfilmentOrderView(order, source),
            "remainingFulfillmentOrder": None,
            "userErrors": [],
        }

    # === REFUNDS === #

    def refund(self, ctx: Context, input: dict[str, Any]) -> dict[str, Any]:
        order = self._sales.desk.order(number_of(input["orderId"], "Order"), ("input", "orderId"))
        pair, given = order.pair, input.get("currency")
        if given is None and pair.shop != pair.presentment:
            raise refuse(("input", "currency"), "Currency is required for multi-currency orders.")
        if given is not None and given != pair.presentment:
            raise refuse(
                ("input", "currency"), "Currency must be the presentment currency of the order."
            )
        wish = Wish(
            [self._refund_line(each) for each in input.get("refundLineItems") or ()],
            note=str(input.get("note") or ""), reason=str(input.get("discrepancyReason") or ""),
            over=bool(input.get("allowOverRefunding")),
        )  # fmt: skip
        shipping = input.get("shipping") or {}
        if shipping.get("fullRefund"):
            wish.shipping = True
        elif shipping.get("amount") is not None:
            wish.shipping = Decimal(shipping["amount"])
        wish.duties = [number_of(e["dutyId"], "Duty") for e in input.get("refundDuties") or ()]
        wish.paybacks = self._paybacks(order, input.get("transactions") or ())
        if not (wish.parts or wish.paybacks or wish.shipping or wish.duties):
            raise refuse(("input",), "Refund must have at least one line item or transaction.")
        made = self._sales.refunds.create(order, wish)
        return {"refund": RefundView(order, made), "order": order, "userErrors": []}

    @staticmethod
    def _refund_line(data: Mapping[str, Any]) -> Part:
        return Part(
            number_of(data["lineItemId"], "LineItem"),
            int(data["quantity"]),
            str(data.get("restockType") or "NO_RESTOCK"),
            _place(data),
        )

    @staticmethod
    def _paybacks(order: Order, rows: Any) -> list[Payback]:
        found = []
        for index, each in enumerate(rows):
            path = ("input", "transactions", str(index))
            if number_of(each["orderId"], "Order") != order.id:
                raise refuse((*path, "orderId"), "Order does not match the refund.")
            if each["kind"] != "REFUND":
                raise refuse((*path, "kind"), "Kind must be refund.")
            parent = number_of(each["parentId"], "OrderTransaction") if each.get("parentId") else 0
            found.append(Payback(Decimal(each["amount"]), str(each["gateway"]), parent))
        return found

    # === RETURNS === #

    def _return(self, text: str, *path: str) -> tuple[Order, Return]:
        number = number_of(text, "Return")
        order = self._sales.desk.owner("Return", number)
        rows = order.returns if order else []
        made = next((each for each in rows if each.id == number), None)
        if order is None or made is None:
            raise refuse(path, "Return does not exist.", "NOT_FOUND")
        return order, made

    def _step(self, text: str, function: Callable[[Order, Return], None]) -> dict[str, Any]:
        order, made = self._return(text, "id")
        function(order, made)
        return {"return": ReturnView(order, made), "userErrors": []}

    @staticmethod
    def _return_line(data: Mapping[str, Any]) -> dict[str, Any]:
        reason = data.get("returnReasonDefinitionId")
        number = number_of(reason, "ReturnReasonDefinition") if reason else 1
        if number not in HANDLES:
            raise refuse(("returnLineItems",), "Return reason does not exist.", "NOT_FOUND")
        return {
            "sent": number_of(data["fulfillmentLineItemId"], "FulfillmentLineItem"),
            "quantity": int(data["quantity"]),
            "reason": HANDLES[number],
            "note": data.get("returnReasonNote"),
            "customer_note": data.get("customerNote"),
        }

    def request(self, ctx: Context, input: dict[str, Any]) -> dict[str, Any]:
        order = self._sales.desk.order(number_of(input["orderId"], "Order"), ("input", "orderId"))
        rows = [self._return_line(each) for each in input["returnLineItems"]]
        made = self._sales.returns.create(order, rows, status="REQUESTED")
        return {"return": ReturnView(order, made), "userErrors": []}

    def return_(self, ctx: Context, return_input: dict[str, Any]) -> dict[str, Any]:
        path = ("returnInput", "orderId")
        order = self._sales.desk.order(number_of(return_input["orderId"], "Order"), path)
        rows = [self._return_line(each) for each in return_input["returnLineItems"]]
        swaps = []
        for each in return_input.get("exchangeLineItems") or ():
            if not each.get("variantId") or int(each["quantity"]) <= 0:
                raise refuse(
                    ("returnInput", "exchangeLineItems"), "Exchange is invalid.", "INVALID"
                )
            swaps.append({"variant": number_of(each["variantId"], "ProductVariant"),
                          "quantity": int(each["quantity"])})  # fmt: skip
        made = self._sales.returns.create(order, rows, swaps)
        return {"return": ReturnView(order, made), "userErrors": []}

    def approve(self, ctx: Context, input: dict[str, Any]) -> dict[str, Any]:
        return self._step(input["id"], self._sales.returns.approve)

    def decline(self, ctx: Context, input: dict[str, Any]) -> dict[str, Any]:
        note = str(input.get("declineNote") or "")
        return self._step(
            input["id"],
            lambda order, made: self._sales.returns.decline(
                order, made, input["declineReason"], note
            ),
        )

    def process(self, ctx: Context, input: dict[str, Any]) -> dict[str, Any]:
        order, made = self._return(input["returnId"], "input", "returnId")
        by_source = {each.source: each.id for each in made.lines}
        rows = []
        for each in input.get("returnLineItems") or ():
            number = number_of(each["id"], "ReturnLineItem")
            for row in each.get("dispositions") or ():
                source = number_of(
                    row["reverseFulfillmentOrderLineItemId"], "ReverseFulfillmentOrderLineItem"
                )
                if by_source.get(source) != number:
                    raise refuse(("input", "returnLineItems"), "Disposition is invalid.", "INVALID")
            rows.append({"id": number, "quantity": int(each["quantity"]), "dispositions": [
                {"type": row["dispositionType"], "quantity": int(row["quantity"]),
                 "location": _place(row)}
                for row in each.get("dispositions") or ()]})  # fmt: skip
        swaps = [
            {
                "id": number_of(each["id"], "ExchangeLineItem"),
                "quantity": int(each["quantity"]),
            }
            for each in input.get("exchangeLineItems") or ()
        ]
        refund = self._process_refund(input)
        try:
            self._sales.returns.process(order, made, rows, swaps, refund)
        except Invalid as error:
            raise refuse(("input",), str(error), "INVALID") from None
        return {"return": ReturnView(order, made), "userErrors": []}

    @staticmethod
    def _process_refund(input: Mapping[str, Any]) -> dict[str, Any] | None:
        issue = (input.get("financialTransfer") or {}).get("issueRefund")
        if issue is None:
            return None
        shipping = input.get("refundShipping") or {}
        amount = (shipping.get("shippingRefundAmount") or {}).get("amount")
        return {
            "paybacks": [
                Payback(
                    Decimal(each["transactionAmount"]["amount"]), "",
                    number_of(each["parentId"], "OrderTransaction"),
                )
                for each in issue["orderTransactions"]
            ],
            "shipping": bool(shipping.get("fullRefund")) or Decimal(amount or 0) or False,
            "note": input.get("note"),
            "over": issue.get("allowOverRefunding"),
        }  # fmt: skip
