"""Parcels: told by fulfilment order, found again by our own number.

::

    our number noted on the order    the parcel is there: its tracking is brought up to date
    not noted                        lines to what is left of the fulfilment orders, those of the
                                     parcel's location first ──> one fulfillmentCreate for each
                                     location ──> our number noted (metafield odoo.parcel_…)

``fulfillmentCreate`` knows no idempotency key, so an answer that was lost is looked for: by the
note, by the tracking number, and by what is left to be fulfilled.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ..core.errors import AdapterError, RejectedError
from ..core.money import floor
from ..core.types import ItemResult, OrderKey, Outcome, PushItem, Shipment
from .client import Client
from .failures import user_errors
from .generated.fulfil import Fulfil
from .generated.fulfilment_lines import FulfilmentLines
from .generated.note import Note
from .generated.to_fulfil import ToFulfil
from .generated.update_tracking import UpdateTracking
from .ids import gid, number
from .product_input import Json
from .results import Told
from .settings import Settings

ORDERS, LINES = 5, 60
"""Fulfilment orders of a page and lines of each: 5 × (3 + 60 × 3) points."""
MOST_PAGES = 40
READY = frozenset({"OPEN", "IN_PROGRESS"})
GONE = frozenset({"CANCELLED", "ERROR", "FAILURE"})
"""Fulfilments that are none."""


_PARTLY = (
    "Shopify took the part of this parcel that left one location and refused that of another one; "
    "fulfil the rest on the order's page in the Shopify admin."
)


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of one line of a fulfilment order.

    :param id: its own id; ``line`` is the order's line.
    :param loose: it is shipped but is no product of the shop, e.g. an engraving: nobody delivers
        it for itself.
    """

    id: str
    line: str
    count: int
    loose: bool = False


@dataclass(slots=True)
class Part:
    """One fulfilment order: what is left of its lines, by the order's line."""

    id: str
    status: str
    location: str
    lines: list[Left] = field(default_factory=list)


@dataclass(slots=True)
class Standing:
    """An order as far as parcels go."""

    cancelled: bool
    notes: Mapping[str, str]
    fulfilments: Mapping[str, Sequence[Mapping[str, Any]]]
    """Tracking by fulfilment."""
    parts: list[Part]

    def left(self, line: str) -> int:
        """What of the order's line is still to be fulfilled."""
        return sum(one.count for part in self.parts for one in part.lines if one.line == line)


class Fulfilments:
    """Tells parcels of one account."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self._client = client
        self._settings = settings

    def tell(self, item: PushItem, told: Told) -> None:
        """One parcel.

        :raise AdapterError: nothing is known to have happened to it.
        """
        order, state = cast(OrderKey, item.target).external_id, cast(Shipment, item.state)
        standing = self._standing(order)
        if standing is None:
            raise RejectedError("Shopify does not have this order.", code="unknown_order")
        noted = self._noted(standing, state)
        if noted:
            self._track(noted, standing, state, item, told)
            return
        if standing.cancelled:
            raise RejectedError("The order is cancelled in Shopify.", code="order_cancelled")
        made: list[str] = []
        for rows in allotted(standing, state).values():
            fulfilment = self._fulfil(rows, state, item, told)
            if fulfilment is None:
                if made:
                    self._note(order, state, made)
                    told.error(item, "partly_fulfilled", _PARTLY)
                return
            made.append(fulfilment)
        self._note(order, state, made)
        told.success(item, {"fulfilment_id": ",".join(made)})

    def applied(self, item: PushItem) -> ItemResult | None:
        """Whether the parcel is there; ``None`` when that cannot be known."""
        order, state = cast(OrderKey, item.target).external_id, cast(Shipment, item.state)
        standing = self._standing(order)
        if standing is None:
            return None
        if self._noted(standing, state) or self._tracked(standing, state):
            return ItemResult(item.ref, Outcome.SUCCESS)
        wanted = [(line.external_id, floor(line.quantity)) for line in state.lines]
        if wanted and not standing.fulfilments:
            return ItemResult(item.ref, Outcome.RETRY)
        if wanted and state.tracking and all(standing.left(one) >= many for one, many in wanted):
            return ItemResult(item.ref, Outcome.RETRY)
        return None

    # === STEPS === #

    def _fulfil(self, rows: list[Json], state: Shipment, item: PushItem, told: Told) -> str | None:
        given: Json = {
            "lineItemsByFulfillmentOrder": rows,
            "notifyCustomer": self._settings.notify_customers,
        }
        tracking = tracking_info(state)
        if tracking:
            given["trackingInfo"] = tracking
        reply = self._client.call(Fulfil, {"fulfillment": given}).fulfillmentCreate
        errors = user_errors(reply.userErrors if reply else (), self._client.transport.masker)
        if errors:
            told.refused(item, errors[0])
            return None
        if reply is None or reply.fulfillment is None:
            raise RejectedError("Shopify did not say which parcel it made.", code="no_parcel")
        return number(reply.fulfillment.id)

    def _track(
        self, noted: str, standing: Standing, state: Shipment, item: PushItem, told: Told
    ) -> None:
        wanted = tracking_info(state)
        for one in noted.split(","):
            if not wanted or same_tracking(standing.fulfilments.get(one, ()), state):
                continue
            variables = {
                "id": gid("Fulfillment", one),
                "tracking": wanted,
                "notify": self._settings.notify_customers,
            }
            reply = self._client.call(UpdateTracking, variables).fulfillmentTrackingInfoUpdate
            errors = user_errors(reply.userErrors if reply else (), self._client.transport.masker)
            if errors:
                told.refused(item, errors[0])
                return
        told.success(item, {"fulfilment_id": noted})

    def _note(self, order: str, state: Shipment, made: Sequence[str]) -> None:
        """Our number on the order. The parcel is told whatever becomes of the note."""
        row = {
            "ownerId": gid("Order", order),
            "namespace": "odoo",
            "key": note_key(state.reference),
            "type": "single_line_text_field",
            "value": ",".join(made),
        }
        try:
            self._client.call(Note, {"metafields": [row]})
        except AdapterError:
            return

    def _noted(self, standing: Standing, state: Shipment) -> str:
        """The parcels noted under our number that are still valid."""
        found = standing.notes.get(note_key(state.reference), "")
        return ",".join(one for one in found.split(",") if one in standing.fulfilments)

    @staticmethod
    def _tracked(standing: Standing, state: Shipment) -> bool:
        return bool(state.tracking) and any(
            row.get("number") == state.tracking
            for rows in standing.fulfilments.values()
            for row in rows
        )

    # === READ === #

    def _standing(self, order: str) -> Standing | None:
        after, found = None, None
        for _page in range(MOST_PAGES):
            variables = {"id": gid("Order", order), "first": ORDERS, "lines": LINES, "after": after}
            reply = self._client.call(ToFulfil, variables).order
            if reply is None:
                return None
            if found is None:
                found = Standing(
                    cancelled=reply.cancelledAt is not None,
                    notes={one.key: one.value for one in reply.metafields.nodes},
                    fulfilments={
                        number(one.id): [row.model_dump() for row in one.trackingInfo]
                        for one in reply.fulfillments
                        if one.status.value not in GONE
                    },
                    parts=[],
                )
            for node in reply.fulfillmentOrders.nodes:
                found.parts.append(self._part(node))
            if not reply.fulfillmentOrders.pageInfo.hasNextPage:
                break
            after = reply.fulfillmentOrders.pageInfo.endCursor
        return found

    def _part(self, node: Any) -> Part:
        place = node.assignedLocation.location
        part = Part(number(node.id), node.status.value, number(place.id) if place else "")
        lines, more, after = node.lineItems.nodes, node.lineItems.pageInfo.hasNextPage, None
        for _page in range(MOST_PAGES):
            part.lines += [
                Left(
                    number(one.id),
                    number(one.lineItem.id),
                    one.remainingQuantity,
                    loose=one.requiresShipping and one.variant is None,
                )
                for one in lines
            ]
            if not more:
                break
            if after is None:
                # The rest is read from the start: pages of another size have other cursors.
                part.lines.clear()
            variables = {"id": gid("FulfillmentOrder", part.id), "first": 250, "after": after}
            reply = self._client.call(FulfilmentLines, variables).fulfillmentOrder
            if reply is None:
                break
            lines, more = reply.lineItems.nodes, reply.lineItems.pageInfo.hasNextPage
            after = reply.lineItems.pageInfo.endCursor
        return part


# === WHAT GOES WHERE === #


def allotted(standing: Standing, state: Shipment) -> dict[str, list[Json]]:
    """Quantities of the parcel by location and fulfilment order. The last parcel takes along what
    is shipped without being a product.

    :raise RejectedError: less is left than was shipped, or the order is on hold.
    """
    ready = [part for part in standing.parts if part.status in READY]
    ready.sort(key=lambda part: part.location != state.location)
    wanted = [(line.external_id, floor(line.quantity)) for line in state.lines]
    if not wanted:
        wanted = [(one.line, one.count) for part in ready for one in part.lines if one.count]
    taken: dict[str, dict[str, int]] = {}
    for line, quantity in wanted:
        if _take(ready, line, quantity, taken) > 0:
            raise _too_few(standing, line)
    if not taken:
        raise RejectedError("Nothing of the order is left to be fulfilled.", code="nothing_left")
    if state.complete:
        places = {part.location for part in ready if part.id in taken}
        near = [part for part in ready if part.location in places]
        for loose in [one for part in near for one in part.lines if one.loose and one.count]:
            _take(near, loose.line, loose.count, taken)
    found: dict[str, list[Json]] = {}
    for part in ready:
        if part.id in taken:
            found.setdefault(part.location, []).append(_row(part.id, taken[part.id]))
    return found


def _take(parts: Sequence[Part], line: str, quantity: int, taken: dict[str, dict[str, int]]) -> int:
    """Take so much of an order's line, part after part; what could not be taken."""
    for part in parts:
        for one in part.lines:
            if one.line != line or quantity <= 0:
                continue
            before = taken.get(part.id, {}).get(one.id, 0)
            many = min(quantity, one.count - before)
            if many > 0:
                taken.setdefault(part.id, {})[one.id] = before + many
                quantity -= many
    return quantity


def _row(part: str, lines: Mapping[str, int]) -> Json:
    """``FulfillmentOrderLineItemsInput``."""
    rows = [
        {"id": gid("FulfillmentOrderLineItem", one), "quantity": many}
        for one, many in lines.items()
    ]
    return {
        "fulfillmentOrderId": gid("FulfillmentOrder", part),
        "fulfillmentOrderLineItems": rows,
    }


def _too_few(standing: Standing, line: str) -> RejectedError:
    held = [part for part in standing.parts if part.status in ("ON_HOLD", "SCHEDULED")]
    if any(one.line == line for part in held for one in part.lines):
        return RejectedError(
            "Shopify holds the fulfilment of this order; release it in the Shopify admin, on the "
            "order's page.",
            code="on_hold",
        )
    return RejectedError(
        "More was shipped than is left to be fulfilled in Shopify; somebody else fulfilled or "
        "removed it. Compare the order in the Shopify admin.",
        code="too_few_left",
    )


def tracking_info(state: Shipment) -> Json:
    """``FulfillmentTrackingInput``; empty without a number or an address."""
    found: Json = {}
    if state.tracking:
        found["number"] = state.tracking
    if state.tracking_url:
        found["url"] = state.tracking_url
    company = state.carrier_name or state.carrier
    if found and company:
        found["company"] = company
    return found


def same_tracking(rows: Sequence[Mapping[str, Any]], state: Shipment) -> bool:
    """Whether a parcel is tracked so already; an address that we do not know is Shopify's."""
    wanted = tracking_info(state)
    return any(
        all(row.get(name) == value for name, value in wanted.items() if name != "url")
        and (not state.tracking_url or row.get("url") == state.tracking_url)
        for row in rows
    )


def note_key(reference: str) -> str:
    """Key of the metafield that holds the parcels of one of our numbers."""
    return f"parcel_{hashlib.sha256(reference.encode('utf-8', 'replace')).hexdigest()[:16]}"
