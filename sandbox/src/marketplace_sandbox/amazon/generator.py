"""Random buyers and orders, the same ones in every run with the same seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..wire import integer_of
from .marketplaces import Marketplace
from .values import digest

if TYPE_CHECKING:
    from .room import AmazonRoom

NAMES = {
    "GB": ("Zoë Ashworth", "Oliver O’Brien", "Priya Nair", "Siân Llewellyn", "Mohammed Khan"),
    "DE": ("Jürgen Müller", "Anke Weiß", "Björn Öztürk", "Käthe Groß", "Łukasz Nowak"),
    "US": ("María Rodríguez", "John Smith Jr.", "Li Wei", "D'Angelo Brown", "Amélie Dubois"),
    "": ("Sam Doe", "مها السيد", "山田 花子"),
}
PLACES: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "GB": (
        ("221b High Street", "Manchester", "Greater Manchester", "M1 2AB"),
        ("Flat 3, 7 Rose Lane", "St Andrews", "Fife", "KY16 9AJ"),
        ("The Old Mill", "Llanfairpwllgwyngyll", "Gwynedd", "LL61 5UJ"),
    ),
    "DE": (
        ("Königstraße 12", "München", "Bayern", "80331"),
        ("Große Bleichen 3a", "Hamburg", "Hamburg", "20354"),
        ("An der Mühle 1", "Görlitz", "Sachsen", "02826"),
    ),
    "US": (
        ("1600 Main St Apt 4", "Ypsilanti", "MI", "48197-1234"),
        ("12 Peña Blvd", "Denver", "CO", "80249"),
        ("PO Box 77", "Honolulu", "HI", "96801"),
    ),
    "": (("1 Main Road", "City", "Region", "00000"),),
}
MESSAGES = (
    "Happy birthday!",
    "Alles Gute & viel Spaß <3",
    "عيد ميلاد سعيد",
    "Line one\nLine two",
)
UNLISTED = ("UNLISTED-1", "UNLISTED-2", "UNLISTED-3")
STATES = (
    ("UNSHIPPED", 38),
    ("PENDING", 17),
    ("SHIPPED", 20),
    ("PARTIALLY_SHIPPED", 13),
    ("CANCELLED", 12),
)


class Generator:
    """Draws from one seeded source."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room
        self.start_over()

    def start_over(self) -> None:
        self._skus: dict[str, list[str]] = {}
        self._chance = self._room.services.random("amazon/orders")

    def look(self) -> None:
        """See what is listed now; lines are drawn from that."""
        listings = self._room.listings
        self._skus = {"": []}
        for each in listings.table.values():
            if not each.is_parent:
                self._skus[""].append(each.sku)
                self._skus.setdefault(listings.channel(each), []).append(each.sku)

    def person(self, market: Marketplace) -> tuple[dict[str, Any], dict[str, Any]]:
        """(buyer, address) in the country of a marketplace."""
        chance = self._chance
        name = chance.choice(NAMES.get(market.country, NAMES[""]))
        street, city, state, code = chance.choice(PLACES.get(market.country, PLACES[""]))
        mark = digest("buyer", str(chance.random()))[:14]
        buyer = {
            "buyerName": name,
            "buyerEmail": f"{mark}@marketplace.{market.name.lower()}",
        }
        address = {
            "name": name,
            "addressLine1": street,
            "city": city,
            "stateOrRegion": state,
            "postalCode": code,
            "countryCode": market.country,
            "phone": f"+{chance.randrange(10**9, 10**11)}",
            "addressType": "RESIDENTIAL",
        }
        if chance.random() < 0.15:
            address.update(companyName="Smith & Söhne", addressType="COMMERCIAL")
        return buyer, address

    def lines(self, side: str, count: Any = None) -> list[dict[str, Any]]:
        """Random lines of what the seller has listed, else of products without listing."""
        chance = self._chance
        skus = self._skus.get(side) or self._skus.get("") or list(UNLISTED)
        number = chance.choices((1, 2, 3), (6, 3, 1))[0]
        if count is not None:
            number = integer_of(count, "line_count", 1, 100)
        chosen = chance.sample(skus, min(number, len(skus)))
        return [{"sku": sku, "quantity": chance.choice((1, 1, 1, 2, 3))} for sku in chosen]

    def mixed(self) -> dict[str, Any]:
        """A specification with a bit of everything: states, sides, currencies, extras."""
        chance = self._chance
        side = "AMAZON" if chance.random() < 0.18 else "MERCHANT"
        names, weights = [each[0] for each in STATES], [each[1] for each in STATES]
        status = chance.choices(names, weights)[0]
        lines = self.lines(side)
        if status == "PARTIALLY_SHIPPED":
            lines[0]["quantity"] = max(2, lines[0]["quantity"])
        for line in lines:
            if chance.random() < 0.3:
                line["price"] = f"{chance.randrange(99, 20_000) / 100:.2f}"
            if chance.random() < 0.4:
                line["shipping"] = f"{chance.randrange(199, 1_299) / 100:.2f}"
                if chance.random() < 0.3:
                    line["shipping_discount"] = line["shipping"]
            if chance.random() < 0.15:
                line["gift_wrap"] = f"{chance.randrange(150, 499) / 100:.2f}"
                line["gift_message"] = chance.choice(MESSAGES)
            if chance.random() < 0.2:
                line["discount"] = f"{chance.randrange(10, 90) / 100:.2f}"
                line["promotion"] = f"PLM-{chance.randrange(10**6):06d}"
        return {
            "marketplace": chance.choice(self._room.settings.marketplaces),
            "fulfilled_by": side,
            "status": status,
            "lines": lines,
            "prime": chance.random() < 0.2,
            "business": chance.random() < 0.1,
            "service": chance.choice(("STANDARD", "STANDARD", "EXPEDITED", "NEXT_DAY")),
        }
