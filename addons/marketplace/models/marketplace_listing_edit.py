from dataclasses import fields as members_of
from dataclasses import replace
from decimal import Decimal

from odoo import models

from marketplace_adapters.core import Money

from ..snapshot import Nothing, Tell
from ..tools.shown import MISSING, at, flat, with_member

# Members without which nothing of their kind can be told.
WHOLE = {"price": "price", "inventory": "quantity"}
# Kinds of which every member is told together, or none.
NEVER_LEFT = ("delete",)


class MarketplaceListing(models.Model):
    """What is not told: members that belong to the channel, and those that a person was asked
    about."""

    _inherit = "marketplace.listing"

    def _against_acknowledged(self, kind, state):
        """Override to leave out what is the channel's; the rest is compared as always."""
        return super()._against_acknowledged(kind, self._leave_to_channel(kind, state))

    def _left_to_channel(self, kind, member, value=MISSING):
        """Whether a member of this listing must not be told now. For snapshots of providers whose
        members of one kind stand in several places.

        A listing that the channel does not have yet is told whole.

        :param value: what would be told, if that is known.
        """
        self.ensure_one()
        if not self._is_accepted():
            return False
        if self.account_id._owned_by_channel(kind, member):
            return True
        return any(
            edit.kind == kind and edit.member == member and edit._is_held(value)
            for edit in self.held_edit_ids
        )

    def _leave_to_channel(self, kind, state):
        """The state without what belongs to the channel; ``Nothing`` when that is all of it.

        The values keep what the channel shows of these members: it stays the truth about what it
        knows, and a listing of which nothing else changed is told nothing.
        """
        if not isinstance(state, Tell) or kind in NEVER_LEFT:
            return state
        if not self.account_id.owned_by_channel and not self.held_edit_ids:
            return state
        left = [
            path for path, value in flat(state.values) if self._left_to_channel(kind, path, value)
        ]
        if not left:
            return state
        if WHOLE.get(kind) in left:
            return Nothing(self.env._("On the channel its own value counts."))
        known = (self.acknowledged or {}).get(kind) or {}
        values, told = state.values, state.state
        for path in left:
            values = with_member(values, path, at(known, path))
            told = _without(told, path, at(known, path))
        return Tell(told, values)


def _without(state, path, known):
    """A neutral state that does not touch one member."""
    name, _slash, rest = path.partition("/")
    if name not in {member.name for member in members_of(state)}:
        return state
    value = getattr(state, name)
    if rest:
        return replace(state, **{name: with_member(value, rest, MISSING)})
    if isinstance(value, Money):
        # No price means "take it away": the channel is told its own once more.
        kept = None if known in (MISSING, None, "") else Money(Decimal(str(known)), value.currency)
        return replace(state, **{name: kept})
    return replace(state, **{name: None})
