from dataclasses import dataclass
from typing import Any

from odoo import api, fields, models, tools
from odoo.tools import email_normalize

from ..tools.people import digest, fold, phone_tail


@dataclass(slots=True)
class Parties:
    """Who ordered, who pays and where it goes: three contacts, often the same one."""

    partner: Any
    invoice: Any
    shipping: Any


class MarketplacePartner(models.Model):
    """A contact as one account knows it.

    A buyer is recognised by his id on the channel, else by his e-mail address, else by phone and
    name, and only then created; an existing contact is never renamed. Other addresses of his
    become addresses below the contact, each once.
    """

    _name = "marketplace.partner"
    _description = "Marketplace Partner Link"
    _rec_name = "external_id"

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True
    )
    provider = fields.Selection(related="account_id.provider", store=True, string="Channel")
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    external_id = fields.Char("External Partner ID", required=True)
    partner_id = fields.Many2one(
        "res.partner", required=True, ondelete="cascade", index=True, string="Contact"
    )
    customer_type = fields.Selection(
        [("b2c", "Consumer"), ("b2b", "Business"), ("supplier", "Supplier")],
        default="b2c",
        string="Customer type",
    )
    last_sync_date = fields.Datetime("Last seen", default=fields.Datetime.now)

    _external_unique = models.Constraint(
        "UNIQUE (account_id, external_id)",
        "This external id is linked to another contact of the same account.",
    )

    # === HOOKS OF PROVIDERS === #

    @api.model
    def _email_identifies(self, account, email):
        """Whether an e-mail address is a person's own, not a relay of the channel."""
        return True

    @api.model
    def _partner_vals(self, account, order):
        """Values of a new contact; a provider adds its own fields."""
        buyer = order.buyer
        own = buyer.address if has_place(buyer.address) else order.ship_to or buyer.address
        vals = {
            **self._address_vals(own),
            "name": buyer.name or own.name or self.env._("Customer of %s", account.name),
            "email": buyer.email or False,
            "phone": buyer.phone or own.phone or buyer.phone2 or False,
            "is_company": buyer.is_company,
            "company_id": account.company_id.id,
            "lang": account.company_id.partner_id.lang or self.env.lang,
            "customer_rank": 1,
        }
        if buyer.vat:
            vals["vat"] = buyer.vat
        if buyer.phone2 and buyer.phone2 != buyer.phone:
            vals["comment"] = self.env._("Second phone: %s", buyer.phone2)
        return vals

    # === LADDER === #

    @api.model
    def _resolve(self, account, orders):
        """The contacts of a batch of orders, found or created.

        :param orders: list of neutral orders.
        :return: list of :class:`Parties` in the same order; a constant number of queries.
        """
        keys = [_buyer_key(order) for order in orders]
        partners = self._known(account, set(keys))
        firsts = {}
        for key, order in zip(keys, orders, strict=True):
            if key not in partners:
                firsts.setdefault(key, order)
        self._find(account, firsts, partners)
        self._create_missing(account, firsts, partners)
        return self._addresses(account, orders, [partners[key] for key in keys])

    def _known(self, account, keys):
        """:return: {buyer key: partner} of those that are linked already."""
        links = self.search([("account_id", "=", account.id), ("external_id", "in", list(keys))])
        return {link.external_id: link.partner_id for link in links}

    def _find(self, account, firsts, partners):
        """Existing contacts for buyers that are not linked, by e-mail, then by phone and name."""
        domain = [
            ("company_id", "in", [False, account.company_id.id]),
            ("type", "=", "contact"),
        ]
        emails = {}
        for key, order in firsts.items():
            email = email_normalize(order.buyer.email or "")
            if email and self._email_identifies(account, email):
                emails.setdefault(email, []).append(key)
        if emails:
            found = self.env["res.partner"].search(
                [*domain, ("email_normalized", "in", list(emails))], order="parent_id desc, id desc"
            )
            # The last one wins: contacts of their own before those below another, old before new.
            for partner in found:
                for key in emails[partner.email_normalized]:
                    partners[key] = partner
        names = {}
        for key, order in firsts.items():
            if key not in partners and phone_tail(order.buyer.phone) and order.buyer.name:
                names.setdefault(order.buyer.name, []).append(key)
        if names:
            found = self.env["res.partner"].search(
                [*domain, ("name", "in", list(names)), ("phone", "!=", False)], order="id desc"
            )
            for partner in found:
                for key in names[partner.name]:
                    if phone_tail(partner.phone) == phone_tail(firsts[key].buyer.phone):
                        partners[key] = partner

    def _create_missing(self, account, firsts, partners):
        """Contacts for buyers that nobody knows, and links for all that had none.

        Buyers of one batch that are the same person by e-mail or phone become one contact.
        """
        same, create = {}, []
        for key, order in firsts.items():
            if key in partners:
                continue
            person = self._person_key(account, order.buyer) or key
            if person not in same:
                same[person] = len(create)
                create.append(self._partner_vals(account, order))
        if create:
            created = self.env["res.partner"].create(create)
            for key, order in firsts.items():
                if key not in partners:
                    person = self._person_key(account, order.buyer) or key
                    partners[key] = created[same[person]]
        if firsts:
            self.create(
                [
                    {
                        "account_id": account.id,
                        "external_id": key,
                        "partner_id": partners[key].id,
                        "customer_type": "b2b"
                        if order.buyer.is_company or order.buyer.vat
                        else "b2c",
                    }
                    for key, order in firsts.items()
                ]
            )

    def _person_key(self, account, buyer):
        email = email_normalize(buyer.email or "")
        if email and self._email_identifies(account, email):
            return "email", email
        if phone_tail(buyer.phone) and buyer.name:
            return "phone", phone_tail(buyer.phone), fold(buyer.name)
        return None

    # === ADDRESSES === #

    def _addresses(self, account, orders, partners):
        """Delivery and invoice addresses: the contact itself, one below it, or a new one there."""
        families = self._families(partners)
        wanted, places = {}, []
        for order, partner in zip(orders, partners, strict=True):
            pair = {}
            for kind, address in (("delivery", order.ship_to), ("invoice", order.bill_to)):
                if address is None or not has_place(address):
                    pair[kind] = partner
                    continue
                vals = self._address_vals(address)
                key = _address_key(vals, address.name or order.buyer.name)
                pair[kind] = families[partner.id].get(key)
                if pair[kind] is None:
                    pair[kind] = (partner.id, key)
                    wanted.setdefault(
                        pair[kind],
                        {
                            **vals,
                            "parent_id": partner.id,
                            "type": kind,
                            "name": address.name or order.buyer.name or partner.name,
                            "phone": address.phone or False,
                            "company_id": partner.company_id.id,
                        },
                    )
            places.append(pair)
        created = dict(
            zip(wanted, self.env["res.partner"].create(list(wanted.values())), strict=True)
        )
        return [
            Parties(
                partner,
                created.get(pair["invoice"], pair["invoice"]),
                created.get(pair["delivery"], pair["delivery"]),
            )
            for partner, pair in zip(partners, places, strict=True)
        ]

    def _families(self, partners):
        """:return: {contact id: {address key: contact or address below it}}, in one query."""
        ids = {partner.id for partner in partners}
        children = self.env["res.partner"].search([("parent_id", "in", list(ids))], order="id desc")
        families = {partner_id: {} for partner_id in ids}
        for child in children:
            families[child.parent_id.id][_partner_address_key(child)] = child
        for partner in partners:
            families[partner.id][_partner_address_key(partner)] = partner
        return families

    @api.model
    def _address_vals(self, address):
        """Values of a postal address; what Odoo has no record for stays readable as text."""
        country = self._country(address.country)
        state = self._state(address.state, country)
        city = address.city
        if address.state and not state and fold(address.state) != fold(city):
            city = ", ".join(part for part in (city, address.state) if part)
        street2 = address.street2
        if address.country and not country:
            street2 = ", ".join(part for part in (street2, address.country) if part)
        return {
            "street": address.street or False,
            "street2": street2 or False,
            "city": city or False,
            "zip": address.zip or False,
            "state_id": state.id,
            "country_id": country.id,
        }

    @api.model
    def _country(self, text):
        """A country by its code or English name; empty when there is none such."""
        return self.env["res.country"].browse(self._country_id(text.strip()) if text else False)

    @api.model
    def _state(self, text, country):
        """A state of a country by its code (also ``EG-C``) or name; empty when there is none."""
        found = self._state_id(text.strip(), country.id) if text and country else False
        return self.env["res.country.state"].browse(found)

    @api.model
    @tools.ormcache("text")
    def _country_id(self, text):
        field, operator = ("code", "=") if len(text) == 2 else ("name", "=ilike")
        value = text.upper() if len(text) == 2 else _literal(text)
        countries = self.env["res.country"].with_context(lang="en_US")
        return countries.search([(field, operator, value)], limit=1).id

    @api.model
    @tools.ormcache("text", "country_id")
    def _state_id(self, text, country_id):
        states = self.env["res.country.state"]
        country = self.env["res.country"].browse(country_id)
        code = text.upper().removeprefix(f"{country.code}-")
        domain = [("country_id", "=", country_id)]
        by_code = states.search([*domain, ("code", "=", code)], limit=1)
        return (by_code or states.search([*domain, ("name", "=ilike", _literal(text))], limit=1)).id


def _buyer_key(order):
    """What links a buyer to his contact: his id on the channel, else a digest of what is known.

    Buyers of whom nothing is known share one contact, so that no order makes an empty one.
    """
    buyer = order.buyer
    if buyer.external_id:
        return buyer.external_id
    address = buyer.address if has_place(buyer.address) else order.ship_to or buyer.address
    known = (buyer.name, buyer.email, buyer.phone, address.street, address.zip, address.city)
    return f"digest:{digest(*known)}" if any(known) else "anonymous"


def has_place(address):
    return bool(address and (address.street or address.city or address.zip))


def _address_key(vals, name):
    return digest(
        name,
        vals["street"] or "",
        vals["street2"] or "",
        vals["city"] or "",
        vals["zip"] or "",
        str(vals["state_id"] or ""),
        str(vals["country_id"] or ""),
    )


def _partner_address_key(partner, name=None):
    vals = {name: partner[name] for name in ("street", "street2", "city", "zip")}
    return _address_key(
        {**vals, "state_id": partner.state_id.id, "country_id": partner.country_id.id},
        (partner.name or "") if name is None else name,
    )


def _literal(text):
    """For ``=ilike``: without wildcards."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
