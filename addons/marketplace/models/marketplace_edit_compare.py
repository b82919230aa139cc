from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from odoo import api, fields, models
from odoo.tools import SQL

from ..snapshot import Tell
from ..tools import clock
from ..tools.shown import MISSING, at, flat, same, with_member

# What was told of a listing that is looked at to recognise it when it comes back.
HISTORY = 12
# A channel's word on a value of ours may bear a time so much after its acknowledgement.
ECHO = timedelta(seconds=60)
# Fewer pieces on the channel: so long an order has to arrive before the stock is told again.
SALE_GRACE = timedelta(minutes=10)
# The same value came back so often after it was told ours: a person has to look.
MOST_TIMES = 3
TIMES_WITHIN = timedelta(days=1)
# Kinds that a channel is told in several calls, one after the other.
STEPWISE = {"product"}
# Members that say in which terms others are meant, or that follow from others.
TERMS = {"price": {"currency"}, "inventory": {"in_stock", "unlimited"}}


@dataclass(slots=True)
class Told:
    """What a listing was told of one kind.

    :param started: when the newest push began that was accepted or may still be.
    :param accepted: when the newest acknowledgement came.
    :param sent: values that the channel acknowledged or may have taken, newest first.
    :param flying: values under way.
    :param stepwise: it is told in several calls, so that between them the channel shows a half.
    """

    started: datetime | None = None
    accepted: datetime | None = None
    sent: list = field(default_factory=list)
    flying: list = field(default_factory=list)
    stepwise: bool = False

    def is_own(self, path, value, moment, *, owned=False):
        """Whether a value is our own coming back, or older than what was told since.

        :param moment: when the channel had it, naive UTC; ``None`` when it does not say.
        :param owned: the member is the channel's: whatever was told of it once does not count.
        """
        if moment and self.started and moment < self.started:
            return True
        if any(same(path, at(values, path), value) for values in self.flying):
            return True
        if self.stepwise and not owned and self._half_told(moment):
            return True
        if owned or not any(same(path, at(values, path), value) for values in self.sent):
            return False
        return moment is None or (self.accepted is not None and moment <= self.accepted + ECHO)

    def _half_told(self, moment):
        """Whether the channel had it while it was being told. What somebody changed in these
        seconds is found by the audit."""
        if not moment or not self.started:
            return False
        return bool(self.flying) or (self.accepted is not None and moment <= self.accepted)


@dataclass(slots=True)
class Difference:
    """One member that the channel shows otherwise than it was told."""

    listing: Any
    kind: str
    path: str
    value: Any
    moment: datetime | None
    known: Any
    edit: Any
    now: Any = MISSING

    def key(self):
        """What the row of a change is found by."""
        return self.listing.id, self.kind, self.path


class MarketplaceForeignEdit(models.Model):
    """What a channel shows, beside what it acknowledged and what it would be told now.

    A constant number of statements for a batch, however many listings; only what is written into
    Odoo is written one by one.
    """

    _inherit = "marketplace.foreign.edit"

    @api.model
    def _look(self, account, shown):
        """React to what the channel shows of listings.

        :param dict shown: listing → (values by kind and member, moment in naive UTC or ``None``),
            see :attr:`marketplace_adapters.core.ListingNews.values`.
        :return: number of changes that somebody made there.
        """
        fresh = {listing: listing._fresh(*said) for listing, said in shown.items()}
        edits = self._edits_of(shown)
        found = [
            difference
            for listing, (_values, moment) in shown.items()
            for difference in self._differences(account, listing, fresh[listing], moment, edits)
        ]
        if not found:
            return 0
        told = self._told(found)
        self._would_tell(account, found)
        names = ("own", "agreed", "ignored", "odoo", "channel", "ask")
        groups = {name: [] for name in names}
        for one in found:
            groups[self._verdict(account, one, told[one.listing.id, one.kind])].append(one)
        others = [one for name in names[1:] for one in groups[name]]
        self._remember_shown(others)
        self._settle(groups["agreed"])
        groups["ask"] += self._take_over(account, groups["channel"])
        self._put_back(groups["odoo"])
        self._ask(account, groups["ask"])
        return len(others) - len(groups["agreed"])

    # === COMPARE === #

    def _edits_of(self, shown):
        listings = self.env["marketplace.listing"].union(*shown)
        rows = self.search([("listing_id", "in", listings.ids)])
        return {(row.listing_id.id, row.kind, row.member): row for row in rows}

    def _differences(self, account, listing, values, moment, edits):
        """Members of one listing that differ from what the channel acknowledged."""
        known = listing.acknowledged or {}
        none = self.browse()
        for kind, members in values.items():
            if not self._comparable(account, kind, members, known.get(kind) or {}):
                continue
            for path, value in flat(members):
                if path in TERMS.get(kind, ()) or not listing._compares(kind, path):
                    continue
                base = at(known.get(kind), path)
                if kind == "inventory" and _number(value) is None:
                    continue  # not counted there
                if base is MISSING and not (
                    listing._can_take(kind, path) and account._owned_by_channel(kind, path)
                ):
                    continue  # never told: nobody changed what we said
                if same(path, base, value):
                    continue
                edit = edits.get((listing.id, kind, path), none)
                yield Difference(listing, kind, path, value, moment, base, edit)

    def _comparable(self, account, kind, members, known):
        """Prices of another currency are no other price."""
        currency = members.get("currency")
        if kind != "price" or not currency:
            return hasattr(self.env["marketplace.listing"], f"_snapshot_{kind}")
        return currency == (known.get("currency") or account.currency_id.name)

    def _told(self, found):
        """:return: {(listing id, kind): :class:`Told`}

        By SQL: the newest items of each pair, which the ORM can only read one pair at a time.
        """
        pairs = sorted({(one.listing.id, one.kind) for one in found})
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT pair.listing_id, pair.kind, told.status, told.sent, told.status_at,
                       told.started_at
                  FROM unnest(%s::int[], %s::text[]) AS pair (listing_id, kind)
                  JOIN LATERAL (
                       SELECT item.id, item.status, item.sent, item.status_at,
                              submission.started_at
                         FROM marketplace_outbox item
                         JOIN marketplace_submission submission
                           ON submission.id = item.submission_id
                        WHERE item.listing_id = pair.listing_id AND item.kind = pair.kind
                          AND item.sent IS NOT NULL
                        ORDER BY item.id DESC LIMIT %s) told ON true
                 ORDER BY told.id DESC
                """,
                [pair[0] for pair in pairs],
                [pair[1] for pair in pairs],
                HISTORY,
            )
        )
        told = {pair: Told(stepwise=pair[1] in STEPWISE) for pair in pairs}
        for listing_id, kind, status, sent, status_at, started_at in self.env.cr.fetchall():
            one = told[listing_id, kind]
            if status in ("submitted", "pending"):
                one.flying.append(sent)
            else:
                one.sent.append(sent)
            if status in ("submitted", "pending", "success"):
                one.started = max(filter(None, (one.started, started_at)), default=None)
            if status == "success":
                one.accepted = max(filter(None, (one.accepted, status_at)), default=None)
        return told

    def _would_tell(self, account, found):
        """Fill in what each member would be told now, one bulk read for each kind."""
        by_kind = {}
        for one in found:
            by_kind.setdefault(one.kind, []).append(one)
        for kind, group in by_kind.items():
            listings = self.env["marketplace.listing"].union(*(one.listing for one in group))
            states = getattr(listings, f"_snapshot_{kind}")(account)
            for one in group:
                state = states.get(one.listing.id)
                if isinstance(state, Tell):
                    one.now = at(state.values, one.path)

    def _verdict(self, account, one, told):
        """``own`` needs nothing at all; the others are what becomes of the difference."""
        policy = account._edit_policy_of(one.kind, one.path)
        # Before all else: an old word that happens to agree must not stop what is under way.
        if told.is_own(one.path, one.value, one.moment, owned=policy == "channel"):
            return "own"
        if same(one.path, one.value, one.now):
            return "agreed"
        if one.edit.state == "ignored" and same(one.path, one.edit.channel_value, one.value):
            return "ignored"
        if policy == "odoo" and self._comes_back(one):
            return "ask"
        return policy

    def _comes_back(self, one):
        """Whether the channel shows the same value again and again although it was told ours: it
        would be told forever."""
        edit = one.edit
        return (
            one.kind != "inventory"
            and edit.state == "odoo"
            and edit.times >= MOST_TIMES
            and same(one.path, edit.channel_value, one.value)
            and edit.found_at > fields.Datetime.now() - TIMES_WITHIN
        )

    # === REACT === #

    def _remember_shown(self, found):
        """What the channel shows is what it knows: the next difference counts from there."""
        known = {}
        for one in found:
            values = known.get(one.listing, one.listing.acknowledged) or {}
            # What means the same is written as Odoo writes it: equal values are not told.
            shown = one.now if same(one.path, one.value, one.now) else one.value
            kind = with_member(values.get(one.kind), one.path, shown)
            if one.kind == "inventory":
                kind = _with_sum(kind, one)
            known[one.listing] = {**values, one.kind: kind}
        for listing, values in known.items():
            listing.acknowledged = values

    def _settle(self, agreed):
        rows = self.union(*(one.edit for one in agreed)).filtered(
            lambda edit: edit.state in ("open", "ignored", "odoo")
        )
        rows.write({"state": "settled", "due_at": False, "times": 0})
        if rows:
            self._tell_people(rows.account_id)

    def _put_back(self, found):
        """Odoo's values are told again; fewer pieces wait for the order that explains them."""
        now = clock.now()
        waiting = {one.key() for one in found if one.kind == "inventory" and _is_fewer(one)}
        due = now.replace(microsecond=0) + SALE_GRACE
        rows = self._write_down(
            found,
            "odoo",
            lambda one: {
                "due_at": due if one.key() in waiting else False,
                "times": one.edit.times + 1
                if one.edit and same(one.path, one.edit.channel_value, one.value)
                else 1,
            },
        )
        rows.filtered(lambda edit: not edit.due_at)._tell_again()

    def _take_over(self, account, found):
        """Write the channel's values into Odoo.

        :return: those that cannot be written; a person is asked.
        """
        # What Odoo has no place for stays on the channel: that is what the policy wants.
        stays = [one for one in found if not one.listing._can_take(one.kind, one.path)]
        no_place = self.env._("Odoo has no place for it.")
        self._write_down(stays, "channel", lambda one: {"note": no_place})
        others = [one for one in found if one.listing._can_take(one.kind, one.path)]
        notes = {
            one.key(): one.listing._take_channel_value(account, one.kind, one.path, one.value)
            for one in others
        }
        taken = [one for one in others if not notes[one.key()]]
        left = [one for one in others if notes[one.key()]]
        self._write_down(taken, "channel", lambda one: {"note": False})
        self._write_down(left, "open", lambda one: {"note": notes[one.key()]})
        return left

    def _ask(self, account, found):
        new = [one for one in found if one.edit.state != "open"]
        changed = [one for one in found if one.edit.state == "open"]
        self._write_down(
            new,
            "open",
            lambda one: {
                "note": self.env._(
                    "It was told Odoo's value %s times and came back.", one.edit.times
                )
                if one.edit.state == "odoo" and one.edit.times >= MOST_TIMES
                else False
            },
        )
        self._write_down(changed, "open", lambda one: {})
        if found:
            self._tell_people(account)

    def _write_down(self, found, state, more):
        """One row for each member, made or renewed.

        :param more: function of a :class:`Difference` that gives further values.
        """
        rows, create = self.browse(), []
        for one in found:
            vals = {
                "state": state,
                "odoo_value": None if one.now is MISSING else one.now,
                "channel_value": one.value,
                "changed_at": one.moment and one.moment.replace(microsecond=0),
                "found_at": fields.Datetime.now(),
                **more(one),
            }
            if one.edit:
                one.edit.write({**vals, "decided_by_id": False, "decided_at": False})
                rows |= one.edit
            else:
                create.append(
                    {"listing_id": one.listing.id, "kind": one.kind, "member": one.path, **vals}
                )
        created = self.create(create)
        for one, row in zip((one for one in found if not one.edit), created, strict=True):
            one.edit = row
        return rows | created


def _is_fewer(one):
    shown, known = _number(one.value), _number(one.known)
    return shown is not None and known is not None and shown < known


def _with_sum(values, one):
    """Stock whose total follows from a place that changed, so that an order that explains it needs
    nothing to be told."""
    total, shown, known = (
        _number(value) for value in (values.get("quantity"), one.value, one.known)
    )
    if one.path != "quantity" and None not in (total, shown, known):
        total += shown - known
        values = {**values, "quantity": str(total)}
    if total is not None and "in_stock" in values and not values.get("unlimited"):
        values = {**values, "in_stock": total > 0}
    return values


def _number(value):
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        return None
    return number if number.is_finite() else None
