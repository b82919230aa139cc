"""Finds the contact that somebody outside of Odoo means."""

import re
from dataclasses import dataclass

from odoo.fields import Domain
from odoo.tools import SQL, email_normalize

from ..tools.table_file import ascii_digits

PARTNER_HOW = [
    ("external_id", "Linked already"),
    ("internal_id", "Our id"),
    ("ref", "Reference"),
    ("vat", "Tax id"),
    ("email", "Email"),
    ("phone", "Phone"),
    ("name", "Name"),
    ("new", "New contact"),
]
# The end of a phone number that stays the same however it is written.
PHONE_TAIL = 9
PHONE_LEAST = 8


@dataclass(slots=True)
class NamedPartner:
    """What names one contact, as clean text; empty where nothing is said."""

    external_id: str = ""
    internal_id: str = ""
    ref: str = ""
    vat: str = ""
    email: str = ""
    phone: str = ""
    name: str = ""


@dataclass(slots=True)
class PartnerMatch:
    """The contact of a :class:`NamedPartner`, or why there is none.

    :param link: the link that has the external id already.
    """

    partner: object
    link: object
    alternatives: object
    how: str = ""
    problem: str = ""
    reason: str = ""


class PartnerMatcher:
    """Matches in bulk by external id, our id, reference, tax id, email, phone and name: the first
    that finds something decides, and must find one contact only."""

    def __init__(self, account):
        self.env = account.env(context={**account.env.context, "active_test": False})
        self.account = account.with_env(self.env)
        self.partners = self.env["res.partner"]
        self.links = self.env["marketplace.partner"]

    def match(self, rows):
        """:param rows: list of :class:`NamedPartner`
        :return: a :class:`PartnerMatch` for each, in the same order."""
        self._load(rows)
        return [self._match(row) for row in rows]

    # === LOADING === #

    def _load(self, rows):
        self.by_external = {
            link.external_id: link
            for link in self.links.search(
                Domain("account_id", "=", self.account.id)
                & Domain("external_id", "in", [row.external_id for row in rows])
            )
        }
        ids = [int(row.internal_id) for row in rows if is_partner_id(row.internal_id)]
        self.tables = {
            "internal_id": self._by(Domain("id", "in", ids), lambda partner: str(partner.id)),
            "ref": self._by_texts(rows, "ref", lambda text: text),
            "vat": self._by_texts(rows, "vat", lambda text: text),
            "email": self._by_texts(rows, "email", _email, "email_normalized"),
            "phone": self._by_phone({phone_tail(row.phone) for row in rows} - {""}),
            "name": self._by_texts(rows, "name", lambda text: text),
        }

    def _by(self, domain, key):
        company = Domain("company_id", "in", [False, self.account.company_id.id])
        return self.partners.search(domain & company, order="id").grouped(key)

    def _by_texts(self, rows, column, clean, field_name=None):
        texts = {clean(text) for row in rows if (text := getattr(row, column))} - {""}
        field_name = field_name or column
        return self._by(Domain(field_name, "in", texts), field_name) if texts else {}

    def _by_phone(self, tails):
        if not tails:
            return {}
        company = Domain("company_id", "in", [False, self.account.company_id.id])
        query = self.partners._search(company & Domain("phone", "!=", False))
        # By SQL: the ORM cannot compare the digits of a phone number alone.
        query.add_where(
            SQL(
                "right(regexp_replace(res_partner.phone, '[^0-9]', '', 'g'), %s) = ANY(%s)",
                PHONE_TAIL,
                list(tails),
            )
        )
        return self.partners.browse(query).grouped(lambda partner: phone_tail(partner.phone))

    # === MATCHING === #

    def _match(self, row):
        match = PartnerMatch(
            self.partners, self.by_external.get(row.external_id, self.links), self.partners
        )
        tried = []
        for how, text, label in self._hints(row):
            tried.append(label)
            found = self.tables[how].get(text)
            if found:
                self._choose(match, how, label, found)
                return match
        if match.link:
            match.partner, match.how = match.link.partner_id, "external_id"
            return match
        match.problem = "error"
        match.reason = (
            self.env._("No contact has %s.", ", ".join(tried))
            if tried
            else self.env._(
                "Nothing here says which contact it is: fill in our id, a reference, an email or a "
                "phone number."
            )
        )
        return match

    def _hints(self, row):
        _ = self.env._
        yield from (
            (how, text, label)
            for how, text, label in (
                ("internal_id", row.internal_id, _("our id %s", row.internal_id)),
                ("ref", row.ref, _("reference %s", row.ref)),
                ("vat", row.vat, _("tax id %s", row.vat)),
                ("email", _email(row.email), _("this email")),
                ("phone", phone_tail(row.phone), _("this phone number")),
                ("name", row.name, _("this name")),
            )
            if text
        )

    def _choose(self, match, how, label, found):
        pool = found.filtered("active") or found
        if len(pool) > 1:
            # Addresses of one company share its phone and email: the company is meant.
            companies = pool.commercial_partner_id
            pool = companies if len(companies) == 1 and companies in pool else pool
        if len(pool) > 1:
            pool = (pool & match.link.partner_id) or pool
        match.how = how
        if len(pool) > 1:
            match.problem, match.alternatives = "conflict", pool
            match.reason = self.env._(
                "%(count)s contacts have %(label)s.", count=len(pool), label=label
            )
            return
        match.partner = pool
        if not pool.active:
            match.problem = "error"
            match.reason = self.env._(
                "The contact with %s is archived. Restore it, or take the row out.", label
            )


def phone_tail(text):
    """The end of a phone number in digits; empty when it is too short to tell people apart."""
    digits = re.sub(r"[^0-9]", "", ascii_digits(text or ""))
    return digits[-PHONE_TAIL:] if len(digits) >= PHONE_LEAST else ""


def is_partner_id(text):
    """Whether a text can be the id of a record."""
    return text.isascii() and text.isdigit() and len(text) <= 10 and 0 < int(text) < 2**31


def _email(text):
    return email_normalize(text or "") or ""
