"""Draft orders: written by the shop, completed into orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import refuse
from .desk import Desk
from .model import CODEC, Draft, Order
from .placing import Placing
from .rest_other import draft_body


class Drafts:
    """Rules of drafts. A draft takes no stock; its completion does."""

    def __init__(self, desk: Desk, placing: Placing) -> None:
        self.desk = desk
        self._placing = placing

    def find(self, number: int) -> Draft:
        found = self.desk.drafts.get(number)
        if found is None:
            raise refuse(("id",), "Draft order does not exist", "NOT_FOUND")
        return found

    def create(self, spec: Mapping[str, Any]) -> Draft:
        """:raises Invalid: see `placing`."""
        content = self._placing.build({"source": "draft", **spec})
        number, now = self.desk.new_id("draft_number"), self.desk.now()
        made = Draft(self.desk.new_id("draft"), f"#D{number}", "OPEN", now, now, content)
        self.tell(made, "DRAFT_ORDERS_CREATE")
        return made

    def replace(self, draft: Draft, content: Order) -> None:
        """Other content for a draft that is open."""
        if draft.status == "COMPLETED":
            raise refuse(("id",), "This order has been paid", "INVALID")
        draft.content = content
        self.tell(draft, "DRAFT_ORDERS_UPDATE")

    def invoice(self, draft: Draft) -> None:
        if draft.status == "COMPLETED":
            raise refuse(("id",), "This order has been paid", "INVALID")
        draft.status, draft.invoiced = "INVOICE_SENT", self.desk.now()
        self.tell(draft, "DRAFT_ORDERS_UPDATE")

    def content_for_order(self, draft: Draft) -> Order:
        """A copy to become an order; line items get numbers of their own."""
        if draft.status == "COMPLETED":
            raise refuse(("id",), "This order has been paid", "INVALID")
        content: Order = CODEC.decode(CODEC.encode(draft.content))
        for line in content.lines:
            line.id = self.desk.new_id("line")
        for row in content.shipping:
            row.id = self.desk.new_id("shipping")
        content.created = content.processed = self.desk.now()
        return content

    def completed(self, draft: Draft, order: Order) -> None:
        draft.status, draft.order, draft.completed = "COMPLETED", order.id, self.desk.now()
        self.tell(draft, "DRAFT_ORDERS_UPDATE")

    def delete(self, draft: Draft) -> None:
        self.desk.drafts.pop(draft.id)
        self.desk.room.events.publish(
            "DRAFT_ORDERS_DELETE", lambda: {"id": draft.id}, key=str(draft.id)
        )

    def tell(self, draft: Draft, topic: str = "DRAFT_ORDERS_UPDATE") -> None:
        draft.updated = self.desk.now()
        self.desk.drafts.put(draft)
        self.desk.room.events.publish(
            topic, lambda: draft_body(self.desk, draft), key=str(draft.id)
        )
