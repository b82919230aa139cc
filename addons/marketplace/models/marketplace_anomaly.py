from odoo import models
from odoo.tools import SQL

from ..snapshot import Tell
from ..tools import clock
from ..tools.anomaly import LOOK_AHEAD, WINDOW, Look, NotDispatchedError, is_fall

# The listing could fall, by kind: it is in stock, it has a price. As ``is_fall`` reads the values;
# without casts, which one odd value of thousands would break.
COULD_FALL = {
    "inventory": SQL(
        """coalesce(listing.acknowledged->'inventory'->>'in_stock',
                    listing.acknowledged->'inventory'->>'unlimited',
                    CASE WHEN listing.acknowledged->'inventory'->>'quantity' ~ '^[0-9.]*[1-9]'
                         THEN 'true' END) = 'true'"""
    ),
    "price": SQL("listing.acknowledged->'price'->>'price' ~ '^[0-9.]*[1-9]'"),
}

# It fell, and was put right: it is in stock again, a later price was told.
RECOVERED = {
    "inventory": COULD_FALL["inventory"],
    "price": SQL(
        """EXISTS (SELECT 1 FROM marketplace_outbox later
                    WHERE later.listing_id = item.listing_id AND later.kind = item.kind
                      AND later.id > item.id AND later.status = 'success'
                      AND later.sent IS NOT NULL AND later.fall IS NOT TRUE)"""
    ),
}


class MarketplaceSender(models.AbstractModel):
    """Before a batch leaves: would it show half of the shop as sold out, or give it away? (C10)

    A batch without a falling listing asks nothing. One with a few asks one question, by an index.
    Only when what fell lately, falls now and waits could be too much, what waits is looked at:
    that is how a warehouse that was emptied by one change is noticed before its first zero leaves,
    however small the batches are.
    """

    _inherit = "marketplace.sender"

    def _watch(self, env, account, items, values, whole):
        """Of what is to be sent, what may go; what looks wrong goes back and is held.

        :param items: of :class:`marketplace_adapters.core.PushItem`.
        :param dict values: by id of the outbox item.
        :param whole: all operations are dispatched.
        :return: (the items that may go, ids of those that make a listing fall)
        :raise NotDispatchedError: more belongs to it; nothing was claimed then.
        """
        falls = self._falls(env, account, {int(one.ref): values[int(one.ref)] for one in items})
        held = []
        for kind, found in falls.items():
            look = self._look(env, account, kind, found, whole)
            if look:
                held.append(kind)
                env["marketplace.hold"]._hold(account, kind, look)
        if held:
            back = [int(item.ref) for item in items if item.kind.value in held]
            env["marketplace.outbox"]._put_back(
                back, env._("Held back: it looks like a mistake."), 0
            )
            items = [item for item in items if item.kind.value not in held]
        going = [item.id for kind, found in falls.items() if kind not in held for item in found]
        return items, going

    def _falls(self, env, account, values):
        """:return: {kind: outbox items that make their listing fall}; without those that a manager
        lets through."""
        falls = {}
        for item in env["marketplace.outbox"].browse(values):
            if item.approved or not item.listing_id or not account._watches(item.kind):
                continue
            known = (item.listing_id.acknowledged or {}).get(item.kind) or {}
            if is_fall(item.kind, known, values[item.id], price_fall=account.price_fall):
                falls[item.kind] = falls.get(item.kind, item.browse()) + item
        return falls

    def _look(self, env, account, kind, found, whole):
        """:param found: outbox items of the batch that make their listing fall.
        :return: a :class:`Look` if it is too much, else ``None``."""
        if not account._watches(kind):
            return None
        gone, waiting, undispatched = self._recent(env, account, kind)
        gone -= set(found.listing_id.ids)
        known, least = len(gone) + len(found), account.anomaly_minimum
        if known + waiting + undispatched < least:
            return None
        if undispatched >= least and not whole:
            raise NotDispatchedError
        sample, waiting = self._sample(env, account, kind) if waiting else (found.browse(), 0)
        base = self._base(env, account, kind, gone, known + waiting)
        if base is None:
            return None
        falling = len(self._falling_of(env, account, kind, sample))
        falls = known + round(waiting * falling / (len(sample) or 1))
        if falls < least or not (falls * 100 > account.anomaly_share * base or falls >= base):
            return None
        return Look(falls, len(gone), base, estimated=waiting > len(sample))

    def _recent(self, env, account, kind):
        """One question, by indexes, in SQL because it ends at the least number of listings.

        :return: (ids of listings that fell within the window, number of waiting items of the kind,
            number of operations that are not dispatched); both numbers at most the least number.
        """
        env.cr.execute(
            SQL(
                """
                SELECT ARRAY(
                        SELECT DISTINCT item.listing_id
                          FROM marketplace_outbox item
                          JOIN marketplace_listing listing ON listing.id = item.listing_id
                         WHERE item.account_id = %(account)s AND item.kind = %(kind)s AND item.fall
                           AND item.status_at > %(since)s AND item.approved IS NOT TRUE
                           AND (item.status IN ('submitted', 'pending')
                                OR item.status = 'success' AND %(recovered)s IS NOT TRUE)),
                       (SELECT count(*) FROM (SELECT 1 %(waiting)s LIMIT %(least)s) part),
                       (SELECT count(*)
                          FROM (SELECT 1 FROM marketplace_product_operation
                                 WHERE dispatched_at IS NULL LIMIT %(least)s) part)
                """,
                account=account.id,
                kind=kind,
                since=clock.now() - WINDOW,
                recovered=RECOVERED[kind],
                waiting=_waiting(account, kind),
                least=account.anomaly_minimum,
            )
        )
        gone, waiting, undispatched = env.cr.fetchone()
        return set(gone), waiting, undispatched

    def _sample(self, env, account, kind, most=None):
        """Waiting items of a kind: all of them, or a part in an order that has nothing to do with
        when or where they were changed.

        :return: (outbox items, number of all)
        """
        env.cr.execute(
            SQL(
                "SELECT id, count(*) OVER () %s ORDER BY hashint4(listing_id), id LIMIT %s",
                _waiting(account, kind),
                most or LOOK_AHEAD,
            )
        )
        rows = env.cr.fetchall()
        return env["marketplace.outbox"].browse([row[0] for row in rows]), rows[0][1] if rows else 0

    def _base(self, env, account, kind, gone, most):
        """How many listings could fall, or did within the window.

        Counting ends where even ``most`` falls would be no more than the share of it: a large
        catalogue is not walked through for each product that is sold out.

        :return: ``None`` when it ended there.
        """
        enough = most * 100 // account.anomaly_share + 1
        env.cr.execute(
            SQL(
                """
                SELECT count(*)
                  FROM (SELECT 1 FROM marketplace_listing listing
                         WHERE listing.account_id = %s AND listing.active
                           AND (%s OR listing.id = ANY(%s))
                         LIMIT %s) part
                """,
                account.id,
                COULD_FALL[kind],
                list(gone),
                enough,
            )
        )
        base = env.cr.fetchone()[0]
        return None if base >= enough else base

    def _falling_of(self, env, account, kind, items):
        """Of waiting items, those that would make their listing fall; bulk reads."""
        if not items:
            return items
        states = self._snapshot_each(env, items)
        values = {id_: state.values for id_, state in states.items() if isinstance(state, Tell)}
        return self._falls(env, account, values).get(kind, items.browse())

    def _falling(self, account, kind, most):
        """Ids of the listings that would fall, for people who look at them."""
        items, _all = self._sample(self.env, account, kind, most)
        return self._falling_of(self.env, account, kind, items).listing_id.ids

    # === HELD === #

    def _review(self, env, account):
        """Whether what is held back looks wrong still; else it goes on by itself."""
        holds = env["marketplace.hold"]
        for kind in account._held():
            look = self._look(env, account, kind, env["marketplace.outbox"], whole=True)
            if look:
                holds._hold(account, kind, look)
            else:
                holds._lift(account, kind)


def _waiting(account, kind):
    return SQL(
        """
          FROM marketplace_outbox
         WHERE account_id = %s AND lane = %s AND status = 'new' AND kind = %s
           AND waiting IS NOT TRUE AND approved IS NOT TRUE
        """,
        account.id,
        next(
            lane.name
            for lane in account._limits().lanes
            if any(one.value == kind for one in lane.kinds)
        ),
        kind,
    )
