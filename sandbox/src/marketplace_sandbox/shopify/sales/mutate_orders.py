"""Mutations: orders, their edits, drafts, customers, risk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ...wire import Invalid
from ..errors import UserErrors, refuse
from ..gids import BadGid, gid, number_of
from ..part import Context
from ..registry import Resolvers
from .graph_edit import calculated, calculated_line, calculated_shipping
from .model import Order
from .people import COUNTRIES
from .views import TransactionView

if TYPE_CHECKING:
    from .part import Sales


class Ordering:
    """One method for each mutation."""

    def __init__(self, sales: Sales) -> None:
        self._sales = sales

    def register(self, found: Resolvers) -> None:
        groups: dict[str, dict[str, Callable[..., Any]]] = {
            "write_orders": {
                "orderCancel": self.cancel,
                "orderUpdate": self.update,
                "orderMarkAsPaid": self.pay,
                "orderCapture": self.capture,
                "orderClose": lambda ctx, input: self._close(input, True),
                "orderOpen": lambda ctx, input: self._close(input, False),
                "orderRiskAssessmentCreate": self.risk,
            },
            "write_order_edits": {
                "orderEditBegin": self.begin,
                "orderEditAddVariant": self.add_variant,
                "orderEditAddCustomItem": self.add_custom,
                "orderEditSetQuantity": self.set_quantity,
                "orderEditAddLineItemDiscount": self.add_discount,
                "orderEditAddShippingLine": self.add_shipping,
                "orderEditCommit": self.commit,
            },
            "write_draft_orders": {
                "draftOrderCreate": self.draft_create,
                "draftOrderUpdate": self.draft_update,
                "draftOrderComplete": self.draft_complete,
                "draftOrderDelete": self.draft_delete,
            },
            "write_customers": {
                "customerCreate": lambda ctx, input: self._customer(input, False),
                "customerUpdate": lambda ctx, input: self._customer(input, True),
            },
        }
        for scope, mutations in groups.items():
            for name, function in mutations.items():
                found.mutation(name, scope=(scope,))(function)

    def _order(self, text: str, *path: str) -> Order:
        return self._sales.desk.order(number_of(text, "Order"), path)

    # === ORDERS === #

    def cancel(
        self, ctx: Context, order_id: str, reason: str, restock: bool,
        refund_method: dict[str, Any] | None = None, notify_customer: bool | None = None,
        staff_note: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Queues the job; its errors have a list of their own."""
        try:
            order = self._order(order_id, "orderId")
            refund = bool((refund_method or {}).get("originalPaymentMethodsRefund"))
            job = self._sales.cancelling.begin(
                order, reason, restock, refund, str(staff_note or "")
            )
        except UserErrors as error:
            return {"job": None, "orderCancelUserErrors": error.errors}
        except BadGid as error:
            rows = [{"field": ["orderId"], "message": str(error), "code": "NOT_FOUND"}]
            return {"job": None, "orderCancelUserErrors": rows}
        return {
            "job": {"id": gid("Job", int(job["id"])), "done": False},
            "orderCancelUserErrors": [],
        }

    def update(self, ctx: Context, input: dict[str, Any]) -> dict[str, Any]:
        order = self._order(input["id"], "input", "id")
        texts = {"email": "email", "note": "note", "phone": "phone", "poNumber": "po_number"}
        rows = self._metafields(ctx, order, input.get("metafields") or ())
        for wire, member in texts.items():
            if wire in input:
                setattr(order, member, str(input[wire] or ""))
        if "tags" in input:
            order.tags = sorted({str(each).strip() for each in input["tags"] or () if each})
        if "customAttributes" in input:
            order.attributes = {
                each["key"]: each["value"] for each in input["customAttributes"] or ()
            }
        if input.get("shippingAddress"):
            order.address = {
                **(order.address or {}), **address_of(self._sales, input["shippingAddress"])
            }  # fmt: skip
        order.metafields.update(rows)
        self._sales.desk.changed(order, "updated by the API")
        return {"order": order, "userErrors": []}

    def _metafields(self, ctx: Context, order: Order, rows: Any) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for index, each in enumerate(rows):
            path = ["input", "metafields", index]
            name, row = ctx.room.metafields.check(ctx, "ORDER", path, each, order.metafields)
            found[name] = row
        return found

    def pay(self, ctx: Context, input: dict[str, Any]) -> dict[str, Any]:
        order = self._order(input["id"], "input", "id")
        self._sales.payments.pay(order)
        return {"order": order, "userErrors": []}

    def capture(self, ctx: Context, input: dict[str, Any]) -> dict[str, Any]:
        order = self._order(input["id"], "input", "id")
        parent = number_of(input["parentTransactionId"], "OrderTransaction")
        amount = order.pair.of_presentment(Decimal(input["amount"]))
        made = self._sales.payments.capture(order, parent, amount)
        return {"transaction": TransactionView(order, made), "userErrors": []}

    def _close(self, input: Mapping[str, Any], closed: bool) -> dict[str, Any]:
        order = self._order(input["id"], "input", "id")
        if not closed and order.cancelled:
            raise refuse(("input", "id"), "Order is cancelled and can't be opened.")
        if closed != (order.closed is not None):
            order.closed = self._sales.desk.now() if closed else None
            self._sales.desk.changed(order, "closed" if closed else "opened")
        return {"order": order, "userErrors": []}

    def risk(self, ctx: Context, order_risk_assessment_input: dict[str, Any]) -> dict[str, Any]:
        given = order_risk_assessment_input
        order = self._order(given["orderId"], "orderRiskAssessmentInput", "orderId")
        self._sales.assess(order, given["riskLevel"])
        order.risks[-1].facts = [[e["description"], e["sentiment"]] for e in given["facts"]]
        return {
            "orderRiskAssessment": {"riskLevel": given["riskLevel"], "facts": given["facts"]},
            "userErrors": [],
        }

    # === EDITS === #

    def _session(self, text: str) -> dict[str, Any]:
        return self._sales.edits.session(number_of(text, "CalculatedOrder"))

    def begin(self, ctx: Context, id: str) -> dict[str, Any]:
        session = self._sales.edits.begin(self._order(id, "id"))
        preview = self._sales.edits.preview(session)
        return {"calculatedOrder": self._shown(session, preview), "userErrors": []}

    def _shown(self, session: Mapping[str, Any], preview: Order) -> dict[str, Any]:
        return calculated(self._sales.desk.order(session["order"]), preview, int(session["id"]))

    def _stage(self, id: str, op: dict[str, Any], line: int) -> dict[str, Any]:
        session = self._session(id)
        preview = self._sales.edits.stage(session, op)
        row = preview.line(line)
        return {
            "calculatedOrder": self._shown(session, preview),
            "calculatedLineItem": None if row is None else calculated_line(preview, row),
            "userErrors": [],
        }

    def add_variant(
        self, ctx: Context, id: str, variant_id: str, quantity: int,
        location_id: str | None = None, allow_duplicates: bool | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        session = self._session(id)
        order = self._sales.desk.order(session["order"])
        variant = number_of(variant_id, "ProductVariant")
        if not allow_duplicates and any(each.variant == variant for each in order.lines):
            raise refuse(("variantId",), "Variant is already on the order.")
        line = self._sales.desk.new_id("line")
        place = number_of(location_id, "Location") if location_id else 0
        op = {"op": "variant", "line": line, "variant": variant, "quantity": quantity,
              "location": place}  # fmt: skip
        return self._stage(id, op, line)

    def add_custom(
        self, ctx: Context, id: str, title: str, price: dict[str, Any], quantity: int,
        location_id: str | None = None, requires_shipping: bool | None = None,
        taxable: bool | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        line = self._sales.desk.new_id("line")
        op = {"op": "custom", "line": line, "title": title, "price": str(price["amount"]),
              "quantity": quantity, "ships": requires_shipping is not False,
              "taxable": taxable is not False}  # fmt: skip
        return self._stage(id, op, line)

    def set_quantity(
        self, ctx: Context, id: str, line_item_id: str, quantity: int, restock: bool | None = None
    ) -> dict[str, Any]:
        line = number_of(line_item_id, "CalculatedLineItem", "LineItem")
        op = {"op": "quantity", "line": line, "quantity": quantity, "restock": bool(restock)}
        return self._stage(id, op, line)

    def add_discount(
        self, ctx: Context, id: str, line_item_id: str, discount: dict[str, Any]
    ) -> dict[str, Any]:
        line = number_of(line_item_id, "CalculatedLineItem", "LineItem")
        fixed = discount.get("fixedValue")
        if (fixed is None) == (discount.get("percentValue") is None):
            raise refuse(("discount",), "Either a fixed or a percent value must be given.")
        value = fixed["amount"] if fixed else Decimal(repr(discount["percentValue"]))
        op = {"op": "discount", "line": line, "value": str(value),
              "type": "fixed_amount" if fixed else "percentage",
              "title": discount.get("description") or "Discount"}  # fmt: skip
        return self._stage(id, op, line)

    def add_shipping(self, ctx: Context, id: str, shipping_line: dict[str, Any]) -> dict[str, Any]:
        session = self._session(id)
        number = self._sales.desk.new_id("shipping")
        op = {"op": "shipping", "id": number, "title": shipping_line["title"],
              "price": str(shipping_line["price"]["amount"])}  # fmt: skip
        preview = self._sales.edits.stage(session, op)
        row = next(each for each in preview.shipping if each.id == number)
        return {
            "calculatedOrder": self._shown(session, preview),
            "calculatedShippingLine": calculated_shipping(preview, row),
            "userErrors": [],
        }

    def commit(
        self, ctx: Context, id: str, notify_customer: bool | None = None,
        staff_note: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        order = self._sales.edits.commit(self._session(id), str(staff_note or ""))
        return {"order": order, "successMessages": ["Order updated"], "userErrors": []}

    # === DRAFTS === #

    def draft_create(self, ctx: Context, input: dict[str, Any]) -> dict[str, Any]:
        draft = self._sales.drafts.create(self._spec(input))
        return {"draftOrder": draft, "userErrors": []}

    def draft_update(self, ctx: Context, id: str, input: dict[str, Any]) -> dict[str, Any]:
        draft = self._sales.drafts.find(number_of(id, "DraftOrder"))
        if "lineItems" in input:
            content = self._sales.placing.build({"source": "draft", **self._spec(input)})
            self._sales.drafts.replace(draft, content)
            return {"draftOrder": draft, "userErrors": []}
        for wire, member in (("note", "note"), ("email", "email"), ("phone", "phone"),
                             ("poNumber", "po_number")):  # fmt: skip
            if wire in input:
                setattr(draft.content, member, str(input[wire] or ""))
        if "tags" in input:
            draft.content.tags = sorted(set(input["tags"] or ()))
        self._sales.drafts.replace(draft, draft.content)
        return {"draftOrder": draft, "userErrors": []}

    def draft_complete(
        self, ctx: Context, id: str, payment_gateway_id: str | None = None,
        source_name: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        draft = self._sales.drafts.find(number_of(id, "DraftOrder"))
        self._sales.complete(draft)
        return {"draftOrder": draft, "userErrors": []}

    def draft_delete(self, ctx: Context, input: dict[str, Any]) -> dict[str, Any]:
        draft = self._sales.drafts.find(number_of(input["id"], "DraftOrder"))
        self._sales.drafts.delete(draft)
        return {"deletedId": input["id"], "userErrors": []}

    def _spec(self, input: Mapping[str, Any]) -> dict[str, Any]:
        """The members of a draft's input as a description of an order."""
        spec: dict[str, Any] = {
            "lines": [self._draft_line(e) for e in input.get("lineItems") or ()]
        }
        if not spec["lines"]:
            raise refuse(("input", "lineItems"), "Add at least 1 product")
        plain = {"note": "note", "email": "email", "phone": "phone", "poNumber": "po_number",
                 "tags": "tags", "taxExempt": "tax_exempt"}  # fmt: skip
        spec.update({to: input[wire] for wire, to in plain.items() if input.get(wire) is not None})
        if input.get("presentmentCurrencyCode"):
            spec["currency"] = input["presentmentCurrencyCode"]
        spec["note_attributes"] = {
            e["key"]: e["value"] for e in input.get("customAttributes") or ()
        }
        for wire, to in (("shippingAddress", "address"), ("billingAddress", "billing")):
            spec[to] = address_of(self._sales, input[wire]) if input.get(wire) else None
        if input.get("shippingLine"):
            row = input["shippingLine"]
            spec["shipping"] = str((row.get("priceWithCurrency") or {}).get("amount") or 0)
            spec["shipping_title"] = row.get("title") or "Shipping"
        spec["discounts"] = _draft_discounts(input)
        buyer = (input.get("purchasingEntity") or {}).get("customerId")
        spec["customer"] = {"id": number_of(buyer, "Customer")} if buyer else None
        return spec

    @staticmethod
    def _draft_line(data: Mapping[str, Any]) -> dict[str, Any]:
        line: dict[str, Any] = {"quantity": data["quantity"]}
        if data.get("variantId"):
            line["variant"] = number_of(data["variantId"], "ProductVariant")
        for wire, to in (("title", "title"), ("sku", "sku"), ("taxable", "taxable"),
                         ("requiresShipping", "requires_shipping")):  # fmt: skip
            if data.get(wire) is not None and not (
                data.get("variantId") and wire in ("title", "sku")
            ):
                line[to] = data[wire]
        if data.get("originalUnitPriceWithCurrency"):
            line["price"] = str(data["originalUnitPriceWithCurrency"]["amount"])
        line["properties"] = {e["key"]: e["value"] for e in data.get("customAttributes") or ()}
        return line

    # === CUSTOMERS === #

    def _customer(self, input: Mapping[str, Any], known: bool) -> dict[str, Any]:
        people = self._sales.people
        members = {"firstName": "first_name", "lastName": "last_name", "email": "email",
                   "phone": "phone", "note": "note", "locale": "locale"}  # fmt: skip
        values = {to: str(input[wire] or "") for wire, to in members.items() if wire in input}
        if known:
            row = self._sales.desk.customers.get(number_of(str(input.get("id")), "Customer"))
            if row is None:
                raise refuse(("id",), "Customer does not exist")
            for name, value in values.items():
                setattr(row, name, value)
            if "tags" in input:
                row.tags = sorted(set(input["tags"] or ()))
            row.updated = self._sales.desk.now()
            people.tell(row)
            return {"customer": row, "userErrors": []}
        if not any(values.get(each) for each in ("first_name", "last_name", "email", "phone")):
            raise refuse(None, "A name, phone number, or email address must be present")
        emails = {each.email for each in self._sales.desk.customers.values() if each.email}
        if values.get("email") in emails:
            raise refuse(("email",), "Email has already been taken")
        data: dict[str, Any] = {**values, "tags": sorted(set(input.get("tags") or ()))}
        made = people.new_customer(**data)
        return {"customer": made, "userErrors": []}


def address_of(sales: Sales, data: Mapping[str, Any]) -> dict[str, Any]:
    """A MailingAddressInput as an address of ours."""
    names = {
        "firstName": "first_name",
        "lastName": "last_name",
        "company": "company",
        "address1": "address1",
        "address2": "address2",
        "city": "city",
        "zip": "zip",
        "phone": "phone",
        "provinceCode": "province_code",
        "countryCode": "country_code",
    }
    found = {to: data.get(wire) for wire, to in names.items()}
    found["country"] = COUNTRIES.get(str(found["country_code"]), found["country_code"])
    try:
        return sales.people.full_address(found)
    except Invalid as error:
        raise refuse(("shippingAddress",), str(error)) from None


def _draft_discounts(input: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for position, line in enumerate(input.get("lineItems") or ()):
        if line.get("appliedDiscount"):
            rows.append({**_draft_discount(line["appliedDiscount"]), "lines": [position]})
    if input.get("appliedDiscount"):
        rows.append(_draft_discount(input["appliedDiscount"]))
    return rows


def _draft_discount(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": "manual",
        "title": data.get("title") or "Custom discount",
        "type": data["valueType"].lower(),
        "value": repr(data["value"]),
    }
