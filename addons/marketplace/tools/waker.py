"""Making jobs after commits, beside the user's way instead of on it.

A job enqueued in the user's transaction costs a price write 10 % and a stock change 25 %: an
INSERT into a table with eight indexes and a trigger. So a transaction that wrote the operation
log only leaves a note here when it has committed, which takes microseconds, and one thread of the
process makes the job in a transaction of its own::

    user's thread   … INSERT log, COMMIT ─note─▶ on to the next request
    waker's thread                          └──▶ INSERT job unless an equal one waits, COMMIT

Notes of many commits become one job. A note that is lost, because the process was killed in the
millisecond between, loses nothing: the operation is in the log, and the cron makes the job.

That the job is made after the commit also closes a gap: a waiting job seen then begins later, and
therefore sees what was committed.
"""

import atexit
import logging
import os
import threading
import time

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

_logger = logging.getLogger(__name__)

# Seconds that a note lies before the thread begins to work, so that the user's thread ends its
# request first instead of sharing the interpreter; in a burst the next notes lie longer.
_COURTESY = 0.003
_BURST = 0.05
# Seconds that an ending process waits for its last notes.
_PATIENCE = 2.0


class Waker:
    """One for each process; its thread begins with the first note."""

    def __init__(self):
        self._changed = threading.Condition()
        self._notes = {}
        self._busy = False
        self._thread = None

    def note(self, database, method, account_id=0, argument=0):
        """Have ``marketplace.engine._wake(method, account_id, argument=…)`` called soon."""
        with self._changed:
            self._notes.setdefault(database, set()).add((method, account_id, argument))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._run, name="marketplace.waker", daemon=True
                )
                self._thread.start()
            self._changed.notify_all()

    def wait(self, timeout=_PATIENCE):
        """Wait until every note was worked off; tells whether it was."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._notes and not self._busy, timeout)

    def _run(self):
        worked = 0.0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._notes)
            time.sleep(_COURTESY if time.monotonic() - worked > _BURST else _BURST)
            with self._changed:
                notes, self._notes, self._busy = self._notes, {}, True
            for database, wakes in notes.items():
                self._wake(database, wakes)
            worked = time.monotonic()
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _wake(self, database, wakes):
        # Whatever happens here, the cron repairs: this thread must go on for the other databases.
        try:
            with Registry(database).cursor() as cr:
                engine = api.Environment(cr, SUPERUSER_ID, {})["marketplace.engine"]
                for method, account_id, argument in wakes:
                    engine._wake(method, account_id, argument=argument)
        except Exception:
            _logger.warning("No job was made in %s; the cron will.", database, exc_info=True)


waker = Waker()


def _forget():
    # Threads do not survive a fork, and the lock may have been held during it.
    waker.__init__()


os.register_at_fork(after_in_child=_forget)
atexit.register(waker.wait)
