"""Buyers: customers with addresses, and companies with locations and contacts."""

from __future__ import annotations

import random
from typing import Any

from ...wire import Invalid
from .desk import Desk
from .model import Company, CompanyLocation, Contact, Customer
from .rest_people import customer_body

#: country → (name, code of a state, its name), first names, last names, (street, city, state, zip)
COUNTRIES: dict[str, str] = {
    "DE": "Germany", "FR": "France", "GB": "United Kingdom", "US": "United States",
    "EG": "Egypt", "CH": "Switzerland", "JP": "Japan",
}  # fmt: skip
NAMES: dict[str, tuple[tuple[str, str], ...]] = {
    "DE": (("Jürgen", "Müller"), ("Anke", "Weiß"), ("Björn", "Öztürk"), ("Käthe", "Groß")),
    "FR": (("Zoé", "Lefèvre"), ("Jean-François", "D’Aubigné"), ("Noémie", "Garçon")),
    "GB": (("Siân", "Llewellyn"), ("Oliver", "O’Brien"), ("Priya", "Nair")),
    "US": (("María", "Rodríguez"), ("John", "Smith Jr."), ("D'Angelo", "Brown")),
    "EG": (("مها", "السيد"), ("أحمد", "عبد الرحمن")),
    "CH": (("Łukasz", "Nowak"), ("Amélie", "Dubois")),
    "JP": (("花子", "山田"),),
}
PLACES: dict[str, tuple[tuple[str, str, str, str, str], ...]] = {
    "DE": (
        ("Königstraße 12", "München", "Bayern", "BY", "80331"),
        ("Große Bleichen 3a", "Hamburg", "Hamburg", "HH", "20354"),
    ),
    "FR": (("12 rue de l’Été", "Besançon", "", "", "25000"),),
    "GB": (
        ("Flat 3, 7 Rose Lane", "St Andrews", "Scotland", "SCT", "KY16 9AJ"),
        ("221b High Street", "Manchester", "England", "ENG", "M1 2AB"),
    ),
    "US": (
        ("1600 Main St Apt 4", "Los Angeles", "California", "CA", "90012-1234"),
        ("PO Box 77", "Honolulu", "Hawaii", "HI", "96801"),
    ),
    "EG": (("١٢ شارع النيل", "القاهرة", "Cairo", "C", "11511"),),
    "CH": (("Rue du Rhône 5", "Genève", "Geneva", "GE", "1204"),),
    "JP": (("千代田1-1", "東京", "Tōkyō", "JP-13", "100-0001"),),
}
LOCALES = {"DE": "de-DE", "FR": "fr-FR", "GB": "en-GB", "US": "en-US", "EG": "ar-EG"}
ADDRESS = {
    "first_name", "last_name", "company", "address1", "address2", "city", "province",
    "province_code", "zip", "country", "country_code", "phone",
}  # fmt: skip


class People:
    """Makes and finds buyers."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def address(self, chance: random.Random, country: str) -> dict[str, Any]:
        """A random address in a country, with a random name."""
        country = country if country in NAMES else "DE"
        first, last = chance.choice(NAMES[country])
        street, city, state, code, postcode = chance.choice(PLACES[country])
        return self.full_address(
            {
                "first_name": first,
                "last_name": last,
                "address1": street,
                "city": city,
                "province": state,
                "province_code": code,
                "zip": postcode,
                "country_code": country,
                "phone": f"+{chance.randrange(10**9, 10**11)}" if chance.random() < 0.5 else "",
            }
        )

    @staticmethod
    def full_address(data: Any) -> dict[str, Any]:
        """An address with every member; empty ones are None. :raises Invalid: not an address."""
        if not isinstance(data, dict):
            raise Invalid("an address must be an object")
        if unknown := set(data) - ADDRESS - {"name", "latitude", "longitude", "id"}:
            raise Invalid(f"unknown members of an address: {', '.join(sorted(unknown))}")
        found: dict[str, Any] = {name: data.get(name) or None for name in sorted(ADDRESS)}
        code = found["country_code"]
        found["country"] = found["country"] or COUNTRIES.get(str(code), code)
        found["latitude"], found["longitude"] = data.get("latitude"), data.get("longitude")
        parts = [found["first_name"], found["last_name"]]
        found["name"] = " ".join(str(each) for each in parts if each)
        return found

    def customer(self, data: dict[str, Any]) -> Customer:
        """Find by id, email or phone, else make one.

        :raises Invalid: an unknown id or member.
        """
        known = {
            "id", "first_name", "last_name", "email", "phone", "note", "locale", "tags",
            "addresses", "tax_exempt",
        }  # fmt: skip
        if unknown := set(data) - known:
            raise Invalid(f"unknown members of a customer: {', '.join(sorted(unknown))}")
        if "id" in data:
            found = self.desk.customers.get(int(data["id"]))
            if found is None:
                raise Invalid(f"unknown customer {data['id']}")
            return found
        for each in self.desk.customers.values():
            if data.get("email") and each.email.casefold() == str(data["email"]).casefold():
                return each
        return self.new_customer(**data)

    def new_customer(self, tell: bool = True, **data: Any) -> Customer:
        now = self.desk.now()
        rows = [
            {**self.full_address(each), "id": self.desk.new_id("address")}
            for each in data.pop("addresses", [])
        ]
        made = Customer(self.desk.new_id("customer"), now, now, addresses=rows, **data)
        self.desk.customers.put(made)
        if tell:
            self.tell(made, "CUSTOMERS_CREATE")
        return made

    def tell(self, customer: Customer, topic: str = "CUSTOMERS_UPDATE") -> None:
        self.desk.customers.put(customer)
        self.desk.room.events.publish(
            topic, lambda: customer_body(self.desk, customer), key=str(customer.id)
        )

    def random_customer(self, chance: random.Random, country: str) -> Customer:
        """Now and then one who has bought before."""
        known = self.desk.customers
        if len(known) and chance.random() < 0.3:
            rows = [each for each in known.values()[-200:] if not each.redacted]
            if rows:
                return chance.choice(rows)
        address = self.address(chance, country)
        number = len(known) + 1
        return self.new_customer(
            first_name=str(address["first_name"] or ""),
            last_name=str(address["last_name"] or ""),
            email="" if chance.random() < 0.08 else f"buyer{number}@example.com",
            phone=str(address["phone"] or ""),
            locale=LOCALES.get(country, "en"),
            addresses=[{key: value for key, value in address.items()}],
        )

    # === COMPANIES === #

    def company(
        self, name: str, address: dict[str, Any], customer: Customer, external: str = ""
    ) -> Company:
        """Find by name, else make one with a location and a contact."""
        found = next((each for each in self.desk.companies.values() if each.name == name), None)
        now = self.desk.now()
        if found is None:
            place = CompanyLocation(
                self.desk.new_id("company_location"), f"{name}, {address.get('city') or 'Main'}",
                f"{external}-1" if external else "", {**address, "company": name},
                tax_id="DE136695976",
            )  # fmt: skip
            found = Company(
                self.desk.new_id("company"), name, now, now, external, locations=[place]
            )
        if not any(each.customer == customer.id for each in found.contacts):
            contact = Contact(
                self.desk.new_id("contact"), customer.id, "Purchasing", not found.contacts
            )
            found.contacts.append(contact)
        self.desk.companies.put(found)
        return found
