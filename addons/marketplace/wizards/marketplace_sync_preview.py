import math

from odoo import fields, models

from marketplace_adapters.core import LISTING_KINDS, AdapterError, Kind, PushItem

from ..const import CREATE_KINDS
from ..models.marketplace_outbox import KINDS
from ..snapshot import Tell, Trouble

# Listings that are looked at; more would take longer than a person waits.
MOST_LISTINGS = 500
# Rows that a channel is asked about: each may be a call.
MOST_ASKED = 20


class MarketplaceSyncPreview(models.TransientModel):
    """One thing that a synchronization would tell a channel (C5), by the very steps of a send."""

    _name = "marketplace.sync.preview"
    _description = "Preview of a Synchronization"
    _order = "outcome desc, account_id, listing_id, id"

    wizard_id = fields.Many2one("marketplace.sync.wizard", required=True, ondelete="cascade")
    account_id = fields.Many2one("marketplace.account", readonly=True)
    listing_id = fields.Many2one("marketplace.listing", readonly=True)
    product_name = fields.Char("Product", readonly=True)
    kind = fields.Selection(KINDS, readonly=True)
    known = fields.Char("Known to the channel", readonly=True)
    wanted = fields.Char("Would be sent", readonly=True)
    answer = fields.Char("The channel says", readonly=True)
    outcome = fields.Selection(
        [("send", "Is sent"), ("trouble", "Needs you first")], readonly=True, required=True
    )


class MarketplaceSyncWizard(models.TransientModel):
    _inherit = "marketplace.sync.wizard"

    preview_ids = fields.One2many(
        "marketplace.sync.preview", "wizard_id", "What would be sent", readonly=True
    )
    preview_summary = fields.Char("Preview", readonly=True)

    def action_preview(self):
        """Show what would be sent, without recording or sending anything."""
        self.ensure_one()
        accounts = self._checked_accounts()
        domain = [("account_id", "in", accounts.ids), ("product_id", "!=", False)]
        if self.scope == "selection":
            domain.append(("product_id", "in", self.product_ids.ids))
        listings = self.env["marketplace.listing"].search(domain, limit=MOST_LISTINGS + 1).sudo()
        cut = len(listings) > MOST_LISTINGS
        listings = listings[:MOST_LISTINGS]
        self.preview_ids.unlink()
        rows, calls, seconds = [], 0, 0.0
        for account, own in listings.grouped("account_id").items():
            found = self._preview_account(account, own)
            rows += found
            more_calls, more_seconds = _effort(account, found)
            calls, seconds = calls + more_calls, max(seconds, more_seconds)
        self.env["marketplace.sync.preview"].create([{"wizard_id": self.id, **row} for row in rows])
        self.preview_summary = self._preview_text(rows, calls, seconds, cut)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "marketplace.action_sync_wizard_products"
        )
        action["res_id"] = self.id
        return action

    def action_ask_channel(self):
        """Have the channels look at what would be sent, without changing anything there."""
        self.ensure_one()
        for account, rows in self.preview_ids.grouped("account_id").items():
            sent = rows.filtered(lambda row: row.outcome == "send")[:MOST_ASKED]
            self._ask_channel(account.sudo(), sent)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "marketplace.action_sync_wizard_products"
        )
        action["res_id"] = self.id
        return action

    def _ask_channel(self, account, rows):
        items = []
        for row in rows:
            listing = row.listing_id.sudo()
            state = getattr(listing, f"_snapshot_{row.kind}")(account)[listing.id]
            if isinstance(state, Tell):
                items.append(PushItem(str(row.id), Kind(row.kind), listing._key(), state.state))
        if not items or not account._may_call():
            return
        try:
            with account._open_adapter() as adapter:
                results = adapter.preview(items)
        except LookupError:
            rows.answer = self.env._("This channel cannot be asked.")
            return
        except AdapterError as exc:
            rows.answer = exc.message
            return
        for result in results:
            said = [issue.message for issue in result.issues or ()]
            if not said:
                said = [result.message or self.env._("Would be accepted.")]
            self.preview_ids.browse(int(result.ref)).answer = " ".join(said)[:1000]

    def _preview_account(self, account, listings):
        """:return: list of values of preview lines; nothing for what the channel knows already."""
        rows = []
        for lane in account._limits().lanes:
            for kind in lane.kinds:
                if kind.value not in CREATE_KINDS or not account._tells(kind.value):
                    continue
                states = getattr(listings, f"_snapshot_{kind.value}")(account)
                for listing in listings:
                    state = states.get(listing.id)
                    if not self.force:
                        state = listing._against_acknowledged(kind.value, state)
                    if isinstance(state, (Tell, Trouble)):
                        rows.append(_row(listing, kind.value, state))
        return rows

    def _preview_text(self, rows, calls, seconds, cut):
        text = self.env._(
            "%(changes)s change(s) of %(listings)s listing(s) in %(calls)s call(s), about "
            "%(seconds)s s at the channel's rate.",
            changes=sum(row["outcome"] == "send" for row in rows),
            listings=len({row["listing_id"] for row in rows if row["outcome"] == "send"}),
            calls=calls,
            seconds=math.ceil(seconds),
        )
        if cut:
            text += " " + self.env._("Only the first %s listings were looked at.", MOST_LISTINGS)
        return text


class MarketplaceAccount(models.Model):
    _inherit = "marketplace.account"

    def _tells(self, kind):
        """Whether this account sends a kind of a listing: the same choice as the dispatcher's."""
        self.ensure_one()
        if kind == "price":
            return self.sync_prices
        return self.sync_stock if kind == "inventory" else self.sync_products


def _row(listing, kind, state):
    known = (listing.acknowledged or {}).get(kind) or {}
    row = {
        "account_id": listing.account_id.id,
        "listing_id": listing.id,
        "product_name": listing.product_id.display_name,
        "kind": kind,
    }
    if isinstance(state, Trouble):
        return row | {"outcome": "trouble", "wanted": state.title, "known": _text(known)}
    changed = {name for name, value in state.values.items() if known.get(name) != value}
    changed |= known.keys() - state.values.keys()
    changed = changed or set(state.values)  # told again although the channel knows it
    return row | {
        "outcome": "send",
        "known": _text({name: known[name] for name in known if name in changed}),
        "wanted": _text({name: state.values.get(name) for name in sorted(changed)}),
    }


def _text(values):
    """Short and readable: ``price: 12.50, currency: EUR``."""
    return ", ".join(f"{name}: {values[name]}" for name in sorted(values))[:250] or False


def _effort(account, rows, scale=1):
    """:param scale: how many times as much as the rows it really is.
    :return: (calls, seconds that the channel's rate asks for) of what would be sent."""
    limits, calls, seconds = account._limits(), 0, 0.0
    for lane in limits.lanes:
        kinds = {kind.value for kind in lane.kinds if kind in LISTING_KINDS}
        targets = {
            row["listing_id"] for row in rows if row["outcome"] == "send" and row["kind"] in kinds
        }
        own = math.ceil(len(targets) * scale / lane.batch_size)
        rate = limits.rates.get(lane.bucket)
        if rate and own > rate.burst:
            seconds += (own - rate.burst) / rate.per_second
        calls += own
    return calls, seconds
