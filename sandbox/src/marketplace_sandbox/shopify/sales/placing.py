"""From a description of an order (all members optional) to an order with stock committed.

Members are listed in `MEMBERS`; those of a line in `LINE`. Amounts are in the buyer's currency;
prices that are not told come from the catalogue, in the shop's. Nothing is kept when a value is
not acceptable.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ...clock import parse_time
from ...wire import Invalid, boolean_of, decimal_of, integer_of, text_of
from . import totals
from .desk import Desk
from .discounts import Rate, apply, rates_for, rates_on, tax_line, tax_shipping, taxes_of
from .model import Application, Customer, Duty, Fee, Line, Order, Risk, Shipping
from .money import RATES, Bag, Pair
from .people import People

if TYPE_CHECKING:
    from ..room import ShopifyRoom

MEMBERS = {
    "lines", "line_count", "currency", "taxes_included", "tax_exempt", "tax_rates", "shipping",
    "shipping_title", "discounts", "tip", "fees", "duties", "gift_card", "payment", "gateway",
    "test", "risk", "tags", "note", "note_attributes", "metafields", "customer", "company",
    "email", "phone", "address", "billing", "country", "source", "location", "locale",
    "po_number", "created_at", "status", "overrides", "omit", "mixed", "steps", "draft",
    "payment_terms",
}  # fmt: skip
LINE = {
    "sku", "variant", "title", "quantity", "price", "discount", "taxable", "gift_card",
    "requires_shipping", "properties", "vendor", "grams", "duty", "variant_title",
}  # fmt: skip
SOURCES = {"web": "web", "pos": "pos", "draft": "shopify_draft_order", "app": "1234567"}
# Level of the assessment, recommendation of the whole.
RISKS = {
    "none": ("NONE", "NONE"),
    "pending": ("PENDING", "NONE"),
    "low": ("LOW", "ACCEPT"),
    "medium": ("MEDIUM", "INVESTIGATE"),
    "high": ("HIGH", "CANCEL"),
}
PAYMENTS = ("paid", "authorized", "pending", "partially_paid", "voided")


def facts_of(room: ShopifyRoom, variant: Any) -> dict[str, Any]:
    """What a line copies from a variant when it is bought."""
    product = room.catalogue.products.get(variant.product)
    item = room.catalogue.items.get(variant.item)
    kilos = Decimal(str((item.weight if item else {}).get("value") or 0))
    title = variant.title if variant.title != "Default Title" else ""
    return {
        "title": product.title if product else variant.title,
        "variant_title": title,
        "vendor": product.vendor if product else "",
        "product": variant.product,
        "variant": variant.id,
        "item": variant.item,
        "sku": (item.sku if item else "") or "",
        "tracked": bool(item.tracked) if item else False,
        "ships": bool(item.requires_shipping) if item else True,
        "grams": int(kilos * 1000),
        "taxable": bool(variant.taxable),
        "price": variant.price,
        "gift_card": bool(product and product.is_gift_card),
    }


def further_line(
    desk: Desk, order: Order, variant: int, quantity: int, price: Decimal | None = None
) -> Line:
    """A line of the catalogue for an order that exists: an edit, an exchange.

    :raises Invalid: no such variant.
    """
    found = desk.room.catalogue.variants.get(variant)
    if found is None:
        raise Invalid(f"unknown variant {variant}")
    facts = facts_of(desk.room, found)
    own = facts.pop("price")
    unit = order.pair.of_shop(own) if price is None else order.pair.of_presentment(price)
    line = Line(desk.new_id("line"), quantity=quantity, unit=unit, edited=True, **facts)
    tax_line(order, line, rates_on(order))
    return line


class Placing:
    """Reads descriptions."""

    def __init__(self, desk: Desk, people: People) -> None:
        self.desk = desk
        self._people = people
        self.chance = desk.room.services.random("shopify/orders")

    def start_over(self) -> None:
        self.chance = self.desk.room.services.random("shopify/orders")

    def build(self, spec: Mapping[str, Any]) -> Order:
        """The order with its money; no stock, payment or number of its own kept yet.

        :raises Invalid: a member is unknown or not acceptable.
        """
        if unknown := set(spec) - MEMBERS:
            raise Invalid(f"unknown members of an order: {', '.join(sorted(unknown))}")
        pair = self._pair(spec)
        country = str(spec.get("country") or self._country(pair))
        source = str(spec.get("source") or "web")
        location = self._location(spec, source)
        now = self._moment(spec)
        customer, address = self._buyer(spec, country, source)
        included = boolean_of(spec.get("taxes_included", pair.presentment != "USD"),
                              "taxes_included")  # fmt: skip
        exempt = boolean_of(spec.get("tax_exempt", False), "tax_exempt")
        order = Order(
            0, 0, now, now, now, pair, [], taxes_included=included, tax_exempt=exempt,
            customer=customer.id if customer else 0, address=address, location=location,
            source=SOURCES.get(source, source),
        )  # fmt: skip
        self._about(order, spec, customer)
        rates = self._rates(spec, str((address or {}).get("country_code") or country))
        self._goods(order, spec)
        self._extras(order, spec, rates)
        if spec.get("company"):
            self._company(order, spec["company"], customer)
        order.original = totals.totals(order, current=True).total
        return order

    def check(self, spec: Mapping[str, Any]) -> None:
        """:raises Invalid: what `build` would refuse that can be seen without making anything."""
        if unknown := set(spec) - MEMBERS:
            raise Invalid(f"unknown members of an order: {', '.join(sorted(unknown))}")
        self._pair(spec)
        self._location(spec, str(spec.get("source") or "web"))
        self._moment(spec)
        lines = spec.get("lines") or []
        if not isinstance(lines, list):
            raise Invalid("lines must be a list")
        for data in lines:
            if not isinstance(data, dict):
                raise Invalid("a line must be an object")
            if unknown := set(data) - LINE:
                raise Invalid(f"unknown members of a line: {', '.join(sorted(unknown))}")
            integer_of(data.get("quantity") or 1, "quantity", 1, 10**6)
            facts = self._facts(data)
            if data.get("price") in (None, "") and facts.get("price") is None:
                raise Invalid("a line that is not in the catalogue needs a price")

    @staticmethod
    def number(text: str) -> Decimal:
        return decimal_of(text, "amount")

    # === PARTS === #

    def _pair(self, spec: Mapping[str, Any]) -> Pair:
        shop = self.desk.room.shop.currency
        given = str(spec.get("currency") or shop)
        if given not in RATES:
            raise Invalid(f"unknown currency {given[:10]!r}; known: {', '.join(RATES)}")
        return Pair.of(shop, given)

    @staticmethod
    def _country(pair: Pair) -> str:
        return {"USD": "US", "GBP": "GB", "CHF": "CH", "EGP": "EG", "JPY": "JP"}.get(
            pair.presentment, "DE"
        )

    def _location(self, spec: Mapping[str, Any], source: str) -> int:
        given = spec.get("location")
        locations = self.desk.room.locations
        if given in (None, ""):
            return [each.id for each in locations.values()][-1] if source == "pos" else 0
        number = integer_of(given, "location", 1)
        if number not in locations:
            raise Invalid(f"unknown location {number}")
        return number

    def _moment(self, spec: Mapping[str, Any]) -> datetime:
        given = spec.get("created_at")
        try:
            return parse_time(str(given)) if given else self.desk.now()
        except ValueError as error:
            raise Invalid(str(error)) from None

    def _buyer(
        self, spec: Mapping[str, Any], country: str, source: str
    ) -> tuple[Customer | None, dict[str, Any] | None]:
        """A member that is told as null means nobody, or no address."""
        customer: Customer | None = None
        if spec.get("customer"):
            if not isinstance(spec["customer"], dict):
                raise Invalid("customer must be an object or null")
            customer = self._people.customer(dict(spec["customer"]))
        elif "customer" not in spec and source != "pos":
            customer = self._people.random_customer(self.chance, country)
        if spec.get("address"):
            return customer, self._people.full_address(spec["address"])
        if "address" in spec or source == "pos":
            return customer, None
        own = customer.addresses[0] if customer and customer.addresses else None
        if own is None or (spec.get("country") and own.get("country_code") != country):
            own = self._people.address(self.chance, country)
        return customer, {key: value for key, value in own.items() if key != "id"}

    def _about(self, order: Order, spec: Mapping[str, Any], customer: Customer | None) -> None:
        order.email = str(spec.get("email") or (customer.email if customer else ""))
        order.phone = str(spec.get("phone") or "")
        given = spec.get("billing", order.address)
        order.billing = self._people.full_address(given) if given else None
        order.test = boolean_of(spec.get("test", False), "test")
        order.note = str(spec.get("note") or "")
        order.po_number = str(spec.get("po_number") or "")
        order.terms = str(spec.get("payment_terms") or "")
        order.tags = sorted({str(each).strip() for each in spec.get("tags") or () if each})
        order.attributes = _texts(spec.get("note_attributes"), "note_attributes")
        order.locale = str(spec.get("locale") or (customer.locale if customer else "en"))
        order.overrides = dict(spec.get("overrides") or {})
        order.omit = [str(each) for each in spec.get("omit") or ()]
        word = spec.get("risk")
        if word:
            if word not in RISKS:
                raise Invalid(f"unknown risk; known: {', '.join(RISKS)}")
            level, order.recommendation = RISKS[word]
            facts = [
                ["Card Verification Value (CVV) is correct", "POSITIVE"],
                ["Billing address differs from the place of the buyer’s IP address", "NEGATIVE"],
            ]
            order.risks = [Risk(level, facts if level != "LOW" else facts[:1])]

    def _goods(self, order: Order, spec: Mapping[str, Any]) -> None:
        lines = spec.get("lines")
        if not lines:
            lines = self.random_lines(spec.get("line_count"))
        if not isinstance(lines, list):
            raise Invalid("lines must be a list")
        for data in lines:
            line, off = self._line(order, data)
            order.lines.append(line)
            if off:
                found = Application("manual", "Price of friends", "fixed_amount", off,
                                    selection="explicit", method="one")  # fmt: skip
                apply(order, found, [line])
        if spec.get("gift_card"):
            value = decimal_of(spec["gift_card"], "gift_card", 1)
            order.lines.append(
                Line(
                    self.desk.new_id("line"), "Gift card", 1, order.pair.of_presentment(value),
                    taxable=False, ships=False, tracked=False, gift_card=True, vendor="Nile Trade",
                )
            )  # fmt: skip

    def random_lines(self, count: Any = None) -> list[dict[str, Any]]:
        chance = self.chance
        found = [each.id for each in self.desk.room.catalogue.variants.values()]
        number = chance.choices((1, 2, 3, 4), (5, 3, 2, 1))[0]
        if count is not None:
            number = integer_of(count, "line_count", 1, 200)
        if not found:
            return [
                {"title": f"Thing {each + 1}", "sku": f"UNLISTED-{each + 1}", "price": "19.99"}
                for each in range(number)
            ]
        chosen = chance.sample(found, min(number, len(found)))
        return [{"variant": each, "quantity": chance.choice((1, 1, 2, 3))} for each in chosen]

    def _line(self, order: Order, data: Any) -> tuple[Line, Decimal]:
        if not isinstance(data, dict):
            raise Invalid("a line must be an object")
        if unknown := set(data) - LINE:
            raise Invalid(f"unknown members of a line: {', '.join(sorted(unknown))}")
        quantity = integer_of(data.get("quantity") or 1, "quantity", 1, 10**6)
        facts = self._facts(data)
        own = facts.pop("price", None)
        for name, member in (
            ("title", "title"),
            ("vendor", "vendor"),
            ("grams", "grams"),
            ("variant_title", "variant_title"),
            ("taxable", "taxable"),
            ("gift_card", "gift_card"),
            ("requires_shipping", "ships"),
        ):
            if name in data:
                facts[member] = data[name]
        if data.get("price") not in (None, ""):
            unit = order.pair.of_presentment(decimal_of(data["price"], "price"))
        elif own is not None:
            unit = order.pair.of_shop(Decimal(own))
        else:
            raise Invalid("a line that is not in the catalogue needs a price")
        attributes = _texts(data.get("properties"), "properties")
        line = Line(self.desk.new_id("line"), quantity=quantity, unit=unit, attributes=attributes,
                    **facts)  # fmt: skip
        if data.get("duty"):
            amount = order.pair.of_presentment(decimal_of(data["duty"], "duty"))
            line.duties = [Duty(self.desk.new_id("duty"), amount, "EG", "220290")]
        return line, decimal_of(data.get("discount") or 0, "discount")

    def _facts(self, data: Mapping[str, Any]) -> dict[str, Any]:
        catalogue = self.desk.room.catalogue
        variant = None
        if data.get("variant") not in (None, ""):
            variant = catalogue.variants.get(integer_of(data["variant"], "variant", 1, 10**15))
            if variant is None:
                raise Invalid(f"unknown variant {data['variant']}")
        elif data.get("sku"):
            variant = catalogue.variant_by_sku(text_of(data["sku"], "sku"))
        if variant is not None:
            return facts_of(self.desk.room, variant)
        if data.get("sku") and not data.get("title") and data.get("price") in (None, ""):
            raise Invalid(f"the catalogue has no SKU {str(data['sku'])[:60]!r}; tell a price")
        title = str(data.get("title") or data.get("sku") or "Custom item")
        return {"title": title, "sku": str(data.get("sku") or ""), "tracked": False}

    def _rates(self, spec: Mapping[str, Any], country: str) -> list[Rate]:
        given = spec.get("tax_rates")
        if given is None:
            return rates_for(country)
        if not isinstance(given, list):
            raise Invalid("tax_rates must be a list")
        return [
            (
                str(each.get("title") or "Tax"),
                decimal_of(each.get("rate"), "rate", 0, 1),
                boolean_of(each.get("channel_liable", False), "channel_liable"),
            )
            for each in given
        ]

    def _extras(self, order: Order, spec: Mapping[str, Any], rates: list[Rate]) -> None:
        desk, pair = self.desk, order.pair
        if spec.get("shipping") not in (None, ""):
            price = pair.of_presentment(decimal_of(spec["shipping"], "shipping"))
            title = str(spec.get("shipping_title") or "Standard")
            order.shipping.append(Shipping(desk.new_id("shipping"), title, price, title))
        for data in spec.get("discounts") or ():
            found, chosen = _discount(order, data)
            apply(order, found, chosen)
        for line in order.lines:
            tax_line(order, line, rates)
        for row in order.shipping:
            tax_shipping(order, row, rates)
        for data in spec.get("fees") or ():
            amount = pair.of_presentment(decimal_of(data.get("amount"), "amount"))
            taxes = [] if order.tax_exempt else taxes_of(pair, amount, rates, order.taxes_included)
            name = str(data.get("name") or "Packaging deposit")
            order.fees.append(Fee(desk.new_id("fee"), name, amount, taxes))
        if spec.get("duties"):
            for line in order.lines:
                if line.ships and not line.duties:
                    amount = pair.times(line.unit * line.quantity, Decimal("0.05"))
                    line.duties = [Duty(desk.new_id("duty"), amount, "EG", "220290")]
        if spec.get("tip"):
            tip: Bag = pair.of_presentment(decimal_of(spec["tip"], "tip"))
            order.lines.append(
                Line(desk.new_id("line"), "Tip", 1, tip, taxable=False, ships=False,
                     tracked=False, tip=True)
            )  # fmt: skip
        for key, value in _texts(spec.get("metafields"), "metafields").items():
            order.metafields[key] = self._metafield(key, value)

    def _metafield(self, name: str, value: str) -> dict[str, Any]:
        namespace, _, key = name.partition(".")
        if not namespace or not key:
            raise Invalid("a metafield is named namespace.key")
        now = self.desk.now()
        return {
            "id": self.desk.room.next_id("metafield", 30_001), "namespace": namespace, "key": key,
            "type": "single_line_text_field", "value": value, "created": now, "updated": now,
        }  # fmt: skip

    def _company(self, order: Order, data: Any, customer: Customer | None) -> None:
        if customer is None:
            raise Invalid("a company needs a customer")
        name = data if isinstance(data, str) else "Großhandel Süd GmbH & Co. KG"
        found = self._people.company(name, dict(order.address or {}), customer, f"B2B-{len(name)}")
        contact = next(each for each in found.contacts if each.customer == customer.id)
        order.company = [found.id, found.locations[0].id, contact.id]


def _texts(value: Any, name: str) -> dict[str, str]:
    if value in (None, ""):
        return {}
    if not isinstance(value, dict):
        raise Invalid(f"{name} must be an object")
    return {str(key): str(each) for key, each in value.items()}


def _discount(order: Order, data: Any) -> tuple[Application, list[Line] | None]:
    """``{"kind", "code"|"title", "type", "value", "target", "lines": [positions]}``."""
    if not isinstance(data, dict):
        raise Invalid("a discount must be an object")
    kind = str(data.get("kind") or ("code" if data.get("code") else "automatic"))
    if kind not in ("code", "automatic", "manual"):
        raise Invalid("kind of a discount: code, automatic or manual")
    value_type = str(data.get("type") or "percentage")
    if value_type not in ("percentage", "fixed_amount"):
        raise Invalid("type of a discount: percentage or fixed_amount")
    target = str(data.get("target") or "line_item")
    if target not in ("line_item", "shipping_line"):
        raise Invalid("target of a discount: line_item or shipping_line")
    most = 100 if value_type == "percentage" else 10**9
    chosen = None
    if data.get("lines") is not None:
        try:
            chosen = [order.lines[int(each)] for each in data["lines"]]
        except (IndexError, ValueError, TypeError):
            raise Invalid("lines of a discount: positions of lines") from None
    code = str(data.get("code") or "")
    found = Application(
        kind, str(data.get("title") or code or "Summer sale"), value_type,
        decimal_of(data.get("value"), "value", 0, most), target,
        "entitled" if chosen is not None else "all", "across", code,
    )  # fmt: skip
    return found, chosen
