from dataclasses import dataclass
from typing import Any

from odoo import api, models
from odoo.tools import email_normalize

from ..tools.people import fold
from .marketplace_partner import Parties, _address_key, _partner_address_key, has_place


@dataclass(slots=True)
class Home:
    """For whom a person orders: a company, and its branch if it has several (else the company)."""

    company: Any
    site: Any


class MarketplacePartner(models.Model):
    """Buyers who order for a company.

    ::

        company  known by its id on the channel ▶ by VAT number ▶ by name ▶ created
          ├ branch   address below it, known by its id ▶ by name ▶ created
          │   └ person   contact below branch or company, known by id ▶ e-mail ▶ name ▶ created
          └ further addresses of its orders

    The same person ordering for himself is another contact: his bills are not the company's.
    An existing contact is neither renamed nor moved.
    """

    _inherit = "marketplace.partner"

    @api.model
    def _resolve(self, account, orders):
        """Override: orders of companies have a ladder of their own."""
        business = [order for order in orders if order.buyer.company]
        if not business:
            return super()._resolve(account, orders)
        self.env["marketplace.term"]._note(
            account, [order.buyer.company.terms for order in business]
        )
        private = [order for order in orders if not order.buyer.company]
        others = iter(super()._resolve(account, private) if private else ())
        homes = self._homes(account, business)
        people = self._people(account, business, homes)
        own = iter(self._addresses_of_companies(business, homes, people))
        return [next(own) if order.buyer.company else next(others) for order in orders]

    # === COMPANIES AND BRANCHES === #

    def _homes(self, account, orders):
        """:return: list of :class:`Home`, one for each order"""
        firsts = {}
        for order in orders:
            firsts.setdefault(_company_key(order), order)
        companies = self._known(account, set(firsts))
        linked = set(companies)
        self._find_companies(account, firsts, companies)
        self._create_companies(account, firsts, companies)
        self._link(account, {key: companies[key] for key in firsts if key not in linked})
        sites = self._sites(account, orders, companies)
        return [
            Home(
                companies[_company_key(order)],
                sites.get(_site_key(order)) or companies[_company_key(order)],
            )
            for order in orders
        ]

    def _find_companies(self, account, firsts, companies):
        """Existing companies by VAT number, then by name; a name with another VAT number is
        another company."""
        domain = [
            ("company_id", "in", [False, account.company_id.id]),
            ("is_company", "=", True),
            ("parent_id", "=", False),
        ]
        told = {key: order.buyer.company for key, order in firsts.items() if key not in companies}
        vats = {}
        for key, company in told.items():
            if company.vat:
                vats.setdefault(_vat(company.vat), []).append(key)
        if vats:
            # As it is spelled here, and as the channel spells it.
            spelled = set(vats) | {company.vat for company in told.values() if company.vat}
            for partner in self.env["res.partner"].search(
                [*domain, ("vat", "in", list(spelled))], order="id desc"
            ):
                companies.update(dict.fromkeys(vats.get(_vat(partner.vat), ()), partner))
        rest = {key: one for key, one in told.items() if one.name and key not in companies}
        names = list({company.name.strip() for company in rest.values()})
        found = self.env["res.partner"].search([*domain, ("name", "in", names)], order="id")
        for key, company in rest.items():
            vat = _vat(company.vat)
            same = found.filtered(
                lambda partner, company=company, vat=vat: (
                    partner.name == company.name.strip()
                    and not (vat and partner.vat and _vat(partner.vat) != vat)
                )
            )
            if same:
                companies[key] = same[0]

    def _create_companies(self, account, firsts, companies):
        """Companies that nobody knows; two ids of one VAT number or name become one."""
        same, create = {}, []
        for key, order in firsts.items():
            if key in companies:
                continue
            one = _same_company(order.buyer.company) or key
            if one not in same:
                same[one] = len(create)
                create.append(self._company_vals(account, order))
        if not create:
            return
        created = self.env["res.partner"].create(create)
        for key, order in firsts.items():
            if key not in companies:
                companies[key] = created[same[_same_company(order.buyer.company) or key]]

    @api.model
    def _company_vals(self, account, order):
        """Values of a new company; a provider adds its own fields."""
        company, buyer = order.buyer.company, order.buyer
        places = (order.bill_to, buyer.address, order.ship_to)
        address = next((one for one in places if has_place(one)), buyer.address)
        return {
            **self._address_vals(address),
            "name": company.name or company.vat or self.env._("Company of %s", account.name),
            "vat": company.vat or False,
            "is_company": True,
            "company_id": account.company_id.id,
            "lang": account.company_id.partner_id.lang or self.env.lang,
            "customer_rank": 1,
        }

    def _sites(self, account, orders, companies):
        """:return: {key: address of a branch}"""
        firsts = {}
        for order in orders:
            if order.buyer.company.site_id:
                firsts.setdefault(_site_key(order), order)
        sites = self._known(account, set(firsts))
        missing = {key: order for key, order in firsts.items() if key not in sites}
        if not missing:
            return sites
        parents = [companies[_company_key(order)].id for order in missing.values()]
        children = self.env["res.partner"].search(
            [("parent_id", "in", parents), ("type", "!=", "contact"), ("is_company", "=", False)],
            order="id desc",
        )
        by_name = {(child.parent_id.id, fold(child.name or "")): child for child in children}
        create = {}
        for key, order in missing.items():
            company = companies[_company_key(order)]
            name = order.buyer.company.site_name or order.buyer.company.site_id
            found = by_name.get((company.id, fold(name)))
            if found:
                sites[key] = found
                continue
            buyer = order.buyer
            address = buyer.address if has_place(buyer.address) else order.ship_to or buyer.address
            create[key] = {
                **self._address_vals(address),
                "name": name,
                "parent_id": company.id,
                "type": "delivery",
                "company_id": company.company_id.id,
            }
        created = self.env["res.partner"].create(list(create.values()))
        sites.update(zip(create, created, strict=True))
        self._link(account, {key: sites[key] for key in missing})
        return sites

    # === PEOPLE === #

    def _people(self, account, orders, homes):
        """:return: the contact who orders, for each order; the branch where nobody is named"""
        firsts = {}
        for order, home in zip(orders, homes, strict=True):
            if order.buyer.name or order.buyer.email:
                firsts.setdefault(_person_key(order, home), (order, home))
        people = self._known(account, set(firsts))
        missing = {key: pair for key, pair in firsts.items() if key not in people}
        if missing:
            self._find_people(missing, people)
            create = {
                key: self._person_vals(order, home)
                for key, (order, home) in missing.items()
                if key not in people
            }
            created = self.env["res.partner"].create(list(create.values()))
            people.update(zip(create, created, strict=True))
            self._link(account, {key: people[key] for key in missing})
        return [
            people.get(_person_key(order, home), home.site)
            for order, home in zip(orders, homes, strict=True)
        ]

    def _find_people(self, missing, people):
        companies = self.env["res.partner"].union(*(home.company for _o, home in missing.values()))
        contacts = self.env["res.partner"].search(
            [
                ("id", "child_of", companies.ids),
                ("type", "=", "contact"),
                ("is_company", "=", False),
            ],
            order="id desc",
        )
        by_email, by_name = {}, {}
        for contact in contacts:
            company = contact.commercial_partner_id.id
            by_email[company, contact.email_normalized or ""] = contact
            by_name[company, fold(contact.name or "")] = contact
        for key, (order, home) in missing.items():
            company = home.company.commercial_partner_id.id
            email = email_normalize(order.buyer.email or "")
            found = by_email.get((company, email)) if email else None
            if not found and not email and order.buyer.name:
                found = by_name.get((company, fold(order.buyer.name)))
            if found:
                people[key] = found

    @api.model
    def _person_vals(self, order, home):
        """Values of a new contact of a company; the address is the company's."""
        buyer = order.buyer
        return {
            "name": buyer.name or buyer.email,
            "email": buyer.email or False,
            "phone": buyer.phone or buyer.phone2 or False,
            "parent_id": home.site.id,
            "type": "contact",
            "company_id": home.company.company_id.id,
            "lang": home.company.lang,
        }

    def _link(self, account, partners):
        """:param dict partners: {key: contact}"""
        self.create(
            [
                {
                    "account_id": account.id,
                    "external_id": key,
                    "partner_id": partner.id,
                    "customer_type": "b2b",
                }
                for key, partner in partners.items()
            ]
        )

    # === ADDRESSES === #

    def _addresses_of_companies(self, orders, homes, people):
        """Delivery and invoice addresses: branch, company, or an address below the company."""
        families = self._families([home.company for home in homes])
        wanted, places = {}, []
        for order, home in zip(orders, homes, strict=True):
            pair = {}
            for kind, address, usual in (
                ("delivery", order.ship_to, home.site),
                ("invoice", order.bill_to, home.company),
            ):
                if address is None or not has_place(address):
                    pair[kind] = usual
                    continue
                vals = self._address_vals(address)
                pair[kind] = self._same_place(vals, (usual, home.site, home.company)) or families[
                    home.company.id
                ].get(_address_key(vals, address.name or order.buyer.name))
                if not pair[kind]:
                    name = address.name or order.buyer.name or home.company.name
                    key = (home.company.id, _address_key(vals, name))
                    pair[kind] = key
                    wanted.setdefault(
                        key,
                        {
                            **vals,
                            "parent_id": home.company.id,
                            "type": kind,
                            "name": name,
                            "phone": address.phone or False,
                            "company_id": home.company.company_id.id,
                        },
                    )
            places.append(pair)
        created = dict(
            zip(wanted, self.env["res.partner"].create(list(wanted.values())), strict=True)
        )
        return [
            Parties(
                person,
                created.get(pair["invoice"], pair["invoice"]),
                created.get(pair["delivery"], pair["delivery"]),
            )
            for person, pair in zip(people, places, strict=True)
        ]

    @api.model
    def _same_place(self, vals, partners):
        """Of these contacts the one at an address, whoever is named there."""
        wanted = _address_key(vals, "")
        for partner in partners:
            if _partner_address_key(partner, "") == wanted:
                return partner
        return None


def _company_key(order):
    return f"company:{order.buyer.company.external_id}"


def _site_key(order):
    company = order.buyer.company
    return f"site:{company.external_id}/{company.site_id}" if company.site_id else ""


def _person_key(order, home):
    buyer = order.buyer
    who = buyer.external_id or email_normalize(buyer.email or "") or fold(buyer.name)
    return f"{who}@{_company_key(order)}"


def _vat(text):
    """A VAT number as it is compared."""
    return "".join(sign for sign in (text or "").upper() if sign.isalnum())


def _same_company(company):
    if company.vat:
        return "vat", _vat(company.vat)
    return ("name", fold(company.name)) if company.name else None
