"""The order feeds: acknowledgement (links or cancels), fulfilment, payment adjustment.

Each message stands for itself: one that is wrong changes nothing and gets a Result row. A feed
that is not well-formed XML, or of another seller, is Rejected as a whole.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ..clock import parse_time
from ..faults import Plan
from ..wire import Invalid, decimal_of
from .feed_result import Result
from .feed_xml import (
    ITEM_CODE,
    ORDER_ID,
    Malformed,
    Report,
    first,
    many,
    maybe,
    one,
    read_envelope,
    text_of,
    walk,
)
from .marketplaces import MARKETPLACES
from .model import Feed, Item, Order, Package
from .orders import Refused

if TYPE_CHECKING:
    from .room import AmazonRoom

CANCEL_REASONS = frozenset(
    (
        "NoInventory", "ShippingAddressUndeliverable", "CustomerExchange", "BuyerCanceled",
        "GeneralAdjustment", "CarrierCreditDecision", "RiskAssessmentInformationNotValid",
        "CarrierCoverageFailure", "CustomerReturn", "MerchandiseNotReceived",
        "CannotVerifyInformation", "PricingError", "RejectOrder", "WeatherDelay",
    )
)  # fmt: skip
ADJUSTMENT_REASONS = frozenset(
    (
        "NoInventory", "CustomerReturn", "GeneralAdjustment", "CouldNotShip", "DifferentItem",
        "Abandoned", "CustomerCancel", "PriceError", "ProductOutofStock",
        "CustomerAddressIncorrect", "Exchange", "Other", "CarrierCreditDecision",
        "RiskAssessmentInformationNotValid", "CarrierCoverageFailure", "TransactionRecord",
        "Undeliverable", "RefusedDelivery",
    )
)  # fmt: skip
COMPONENTS = frozenset(
    (
        "Principal", "Shipping", "Tax", "ShippingTax", "RestockingFee", "RestockingFeeTax",
        "GiftWrap", "GiftWrapTax", "Surcharge", "ReturnShipping", "Goodwill", "ExportCharge", "COD",
        "CODTax", "Other", "FreeReplacementReturnShipping",
    )
)  # fmt: skip
BAD_XML, NO_ORDER, NO_ITEM, REFUSED = "25", "18028", "18036", "18058"
ACKNOWLEDGEMENT = (
    one("AmazonOrderID"), maybe("MerchantOrderID"), one("StatusCode"), many("Item"),
)  # fmt: skip
ACKNOWLEDGED_ITEM = (
    one("AmazonOrderItemCode"), maybe("MerchantOrderItemID"), maybe("CancelReason"),
    maybe("Quantity"),
)  # fmt: skip
FULFILMENT = (
    one("AmazonOrderID", "MerchantOrderID"), maybe("MerchantFulfillmentID"),
    one("FulfillmentDate"), maybe("FulfillmentData"), maybe("CODCollectionMethod"), many("Item"),
    maybe("ShipFromSupplySourceId"),
)  # fmt: skip
FULFILMENT_DATA = (
    one("CarrierCode", "CarrierName"), maybe("ShippingMethod"), maybe("ShipperTrackingNumber"),
)  # fmt: skip
FULFILLED_ITEM = (
    one("AmazonOrderItemCode", "MerchantOrderItemID"), maybe("MerchantFulfillmentItemID"),
    maybe("Quantity"), many("TransparencyCode"),
)  # fmt: skip
ADJUSTMENT = (
    one("AmazonOrderID", "MerchantOrderID"), maybe("ActionType"), maybe("CODCollectionMethod"),
    many("AdjustedItem", 1),
)  # fmt: skip
ADJUSTED_ITEM = (
    one("AmazonOrderItemCode", "MerchantOrderItemID"), maybe("MerchantAdjustmentItemID"),
    one("AdjustmentReason"), maybe("ItemPriceAdjustments"), many("PromotionAdjustments"),
    maybe("DirectPaymentAdjustments"), maybe("QuantityCancelled"), maybe("Quantity"),
)  # fmt: skip


class Wrong(Malformed):
    """A message is well-formed, but cannot be done. `code` is its ResultMessageCode."""

    def __init__(self, code: str, text: str, item: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.item = item


class OrderFeeds:
    """Processes the three kinds."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room

    def acknowledgement(self, feed: Feed, content: bytes, plan: Plan) -> Result:
        return self._process(feed, content, plan, "OrderAcknowledgement", self._acknowledge)

    def fulfilment(self, feed: Feed, content: bytes, plan: Plan) -> Result:
        return self._process(feed, content, plan, "OrderFulfillment", self._fulfil)

    def adjustment(self, feed: Feed, content: bytes, plan: Plan) -> Result:
        return self._process(feed, content, plan, "OrderAdjustment", self._adjust)

    def _process(
        self,
        feed: Feed,
        content: bytes,
        plan: Plan,
        kind: str,
        handle: Callable[[ET.Element], None],
    ) -> Result:
        report = Report(feed.id, self._room.seller_id)
        try:
            envelope = read_envelope(content, kind, self._room.seller_id)
        except Malformed as error:
            report.error(0, "5001", str(error))
            return report.result(rejected=True)
        report.messages = len(envelope.messages)
        for index, (number, element, complaint) in enumerate(envelope.messages):
            fault = plan.row_fault(index, None)
            if complaint or element is None:
                report.error(number, BAD_XML, complaint)
                continue
            name = text_of(element.find("{*}AmazonOrderID"))
            if fault is not None:
                report.error(number, "5000", fault, AmazonOrderID=name)
                continue
            try:
                handle(element)
            except Wrong as error:
                report.error(
                    number, error.code, str(error), AmazonOrderID=name,
                    AmazonOrderItemCode=error.item,
                )  # fmt: skip
            except Malformed as error:
                report.error(number, BAD_XML, str(error), AmazonOrderID=name)
            except Refused as error:
                report.error(number, REFUSED, error.message, AmazonOrderID=name)
        return report.result()

    # === FINDING === #

    def _order(self, amazon_id: str, own_id: str = "") -> Order:
        """:raises Malformed, Wrong: a malformed id; there is no such order."""
        if amazon_id and not ORDER_ID.fullmatch(amazon_id):
            raise Malformed(f"AmazonOrderID '{amazon_id[:40]}' is not in the 3-7-7 form.")
        orders = self._room.orders
        order = orders.get(amazon_id) if amazon_id else orders.by_seller_id(own_id)
        if order is None:
            raise Wrong(NO_ORDER, f"The order {amazon_id or own_id} was not found.")
        return order

    @staticmethod
    def _item(order: Order, code: str, own: str = "") -> Item:
        if code and not ITEM_CODE.fullmatch(code):
            raise Malformed(f"AmazonOrderItemCode '{code[:40]}' must have exactly 14 digits.")
        for item in order.items:
            if (code and item.id == code) or (own and item.merchant_id == own):
                return item
        raise Wrong(NO_ITEM, f"The item {code or own} is not part of the order.", code)

    # === ACKNOWLEDGEMENT === #

    def _acknowledge(self, element: ET.Element) -> None:
        parts = walk(element, ACKNOWLEDGEMENT)
        order = self._order(first(parts, "AmazonOrderID"))
        status = first(parts, "StatusCode")
        if status not in ("Success", "Failure"):
            raise Malformed("StatusCode must be Success or Failure.")
        numbers: dict[str, str] = {}
        cancelled: dict[str, int] = {}
        reason = ""
        for row in parts.get("Item", ()):
            members = walk(row, ACKNOWLEDGED_ITEM)
            item = self._item(order, first(members, "AmazonOrderItemCode"))
            if first(members, "MerchantOrderItemID"):
                numbers[item.id] = first(members, "MerchantOrderItemID")
            found = first(members, "CancelReason")
            if found and found not in CANCEL_REASONS:
                raise Malformed(f"CancelReason '{found[:40]}' is not valid.")
            if status == "Failure":
                if not found:
                    raise Malformed("CancelReason is needed to cancel an item.")
                reason = found
                cancelled[item.id] = _pieces(first(members, "Quantity"), item.remaining)
        own = first(parts, "MerchantOrderID")
        if status == "Success":
            self._room.orders.acknowledge(order, own, numbers)
            return
        self._room.orders.cancel(
            order, "MERCHANT", reason or "GeneralAdjustment", cancelled or None
        )
        if own or numbers:
            self._room.orders.acknowledge(order, own, numbers)

    # === FULFILMENT === #

    def _fulfil(self, element: ET.Element) -> None:
        parts = walk(element, FULFILMENT)
        order = self._order(first(parts, "AmazonOrderID"), first(parts, "MerchantOrderID"))
        shipped = _moment(first(parts, "FulfillmentDate"))
        data = (
            walk(parts["FulfillmentData"][0], FULFILMENT_DATA) if "FulfillmentData" in parts else {}
        )
        reference = first(parts, "MerchantFulfillmentID")
        if reference and not (reference.isascii() and reference.isdigit()):
            raise Malformed("MerchantFulfillmentID must be a whole number.")
        if not reference:
            taken = [int(each.reference) for each in order.packages if each.reference.isdigit()]
            reference = str(max(taken, default=0) + 1)
        old = next((each for each in order.packages if each.reference == reference), None)
        items: dict[str, int] = {}
        for row in parts.get("Item", ()):
            members = walk(row, FULFILLED_ITEM)
            item = self._item(
                order, first(members, "AmazonOrderItemCode"), first(members, "MerchantOrderItemID")
            )
            before = old.items.get(item.id, 0) if old else 0
            items[item.id] = _pieces(first(members, "Quantity"), item.remaining + before)
        if not items:
            items = dict(old.items) if old else {e.id: e.remaining for e in order.items}
            items = {name: number for name, number in items.items() if number}
        if not items:
            raise Wrong(REFUSED, "Nothing of the order is left to be shipped.")
        carrier = first(data, "CarrierCode") or "Other"
        package = Package(
            reference,
            self._room.now(),
            shipped,
            carrier,
            first(data, "CarrierName"),
            first(data, "ShippingMethod"),
            first(data, "ShipperTrackingNumber"),
            items,
        )
        self._room.orders.confirm(order, package)

    # === ADJUSTMENT === #

    def _adjust(self, element: ET.Element) -> None:
        parts = walk(element, ADJUSTMENT)
        order = self._order(first(parts, "AmazonOrderID"), first(parts, "MerchantOrderID"))
        if first(parts, "ActionType") not in ("", "Refund", "Cancel"):
            raise Malformed("ActionType must be Refund or Cancel.")
        refunds: dict[str, dict[str, Decimal]] = {}
        cancelled: dict[str, int] = {}
        reason = ""
        for row in parts["AdjustedItem"]:
            members = walk(row, ADJUSTED_ITEM)
            item = self._item(
                order, first(members, "AmazonOrderItemCode"), first(members, "MerchantOrderItemID")
            )
            reason = first(members, "AdjustmentReason")
            if reason not in ADJUSTMENT_REASONS:
                raise Malformed(f"AdjustmentReason '{reason[:40]}' is not valid.")
            if first(members, "QuantityCancelled"):
                number = _pieces(first(members, "QuantityCancelled"), item.remaining)
                cancelled[item.id] = number
            _pieces(first(members, "Quantity"), 1)
            found = self._components(order, members)
            if found:
                into = refunds.setdefault(item.id, {})
                for name, amount in found.items():
                    into[name] = into.get(name, Decimal(0)) + amount
        if not refunds and not cancelled:
            raise Wrong(REFUSED, "The message adjusts nothing.")
        if refunds:
            self._room.orders.refund(order, refunds, reason, "the seller")
        if cancelled:
            self._room.orders.cancel(order, "MERCHANT", reason, cancelled)

    @staticmethod
    def _components(order: Order, members: dict[str, list[ET.Element]]) -> dict[str, Decimal]:
        """Component type → amount; positive, in the currency of the marketplace."""
        if "ItemPriceAdjustments" not in members:
            return {}
        found: dict[str, Decimal] = {}
        rows = walk(members["ItemPriceAdjustments"][0], (many("Component", 1),))["Component"]
        for row in rows:
            inner = walk(row, (one("Type"), one("Amount")))
            kind, amount = first(inner, "Type"), inner["Amount"][0]
            if kind not in COMPONENTS:
                raise Malformed(f"The component type '{kind[:40]}' is not valid.")
            currency = MARKETPLACES[order.marketplace].currency
            if amount.get("currency") != currency:
                raise Wrong(REFUSED, f"The currency of the order is {currency}.")
            try:
                number = decimal_of(text_of(amount), "Amount")
            except Invalid as error:
                raise Malformed(str(error)) from None
            if number != round(number, 2):
                raise Malformed("Amount has more than two decimals.")
            if number:
                found[kind] = found.get(kind, Decimal(0)) + number
        return found


def _pieces(text: str, default: int) -> int:
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise Malformed("A quantity must be a positive whole number.")
    return int(text)


def _moment(text: str) -> datetime:
    """A date-time with an offset. :raises Malformed: it is none, or has none."""
    tail = text[19:]
    if not (tail.endswith("Z") or "+" in tail or "-" in tail):
        raise Malformed("FulfillmentDate must be a date-time with an offset.")
    try:
        return parse_time(text)
    except ValueError:
        raise Malformed("FulfillmentDate is not a date-time.") from None
