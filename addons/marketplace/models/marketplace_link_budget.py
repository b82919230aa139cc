import time

from odoo import models

from marketplace_adapters.core import ThrottledError

# A fetch of a whole catalogue waits so many seconds in all for the channel's rate.
MOST_WAITING = 60.0


class MarketplaceBudget(models.Model):
    _inherit = "marketplace.budget"

    def _of(self, account, *, urgent=False):
        """A catalogue cannot be read on from the middle: whoever reads one waits for its turn."""
        budget = super()._of(account, urgent=urgent)
        return PatientBudget(budget) if self.env.context.get("marketplace_patient") else budget


class PatientBudget:
    """:class:`marketplace_adapters.core.Budget` that waits a moment where another one refuses.

    The only place of the suite that sleeps; it is for people who asked for a catalogue, and gives
    up after :data:`MOST_WAITING` seconds.
    """

    sleep = staticmethod(time.sleep)

    def __init__(self, budget):
        self.budget = budget
        self.waited = 0.0

    def take(self, bucket, cost=1.0):
        """:raise ThrottledError: it would take too long."""
        while True:
            try:
                return self.budget.take(bucket, cost)
            except ThrottledError as exc:
                self.waited += exc.retry_after
                if self.waited > MOST_WAITING:
                    raise
                self.sleep(exc.retry_after)

    def learn(self, bucket, **known):
        """Pass on what an answer said."""
        self.budget.learn(bucket, **known)
