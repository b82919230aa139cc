import time

import psycopg2

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.queue_job.exception import RetryableJobError

from ..const import JOB_SECONDS
from ..tools.db import fresh_env, session_lock
from ..tools.inbound import safe_text

# Seconds after which a job looks again whether another one let go of the same work.
LOOK_AGAIN = 10


class MarketplaceSteps(models.AbstractModel):
    """Work on a record that takes long: part by part, each committed by itself.

    A killed worker repeats one part only, progress is seen while it goes on, and the memory of the
    worker holds one part. A model says which of its states are work (``_busy_states``), and what
    one part of each does (``_step_<state>``); it has the fields ``state`` with ``failed``, and
    ``message``.
    """

    _name = "marketplace.steps"
    _description = "Work in Parts"

    _busy_states = ()

    progress_at = fields.Datetime("Last progress", readonly=True)

    def _work_name(self):
        """What the job is called.

        :rtype: str
        """
        self.ensure_one()
        return self.display_name

    def _work_lock(self):
        """What only one job at a time may work on.

        :rtype: str
        """
        self.ensure_one()
        return f"{self._name}.{self.id}"

    def _start_work(self, state, *, small):
        """Begin with a piece of work.

        :param small: do it at once, in this transaction; else in the background.
        """
        self.ensure_one()
        self.write({"state": state, "message": False})
        if not small:
            self._delay_work()
            return
        more = True
        while more is True and self.state in self._busy_states:
            more = self._step()
        if more and more is not True:
            self._delay_work(more)

    def _delay_work(self, seconds=0):
        self.with_delay(
            eta=int(seconds) or None,
            channel="root.marketplace",
            priority=12,
            identity_key=f"{self._name}:work:{self.id}",
            description=self._work_name(),
        )._job_work()

    def _job_work(self):
        """Marketplace: long work, part by part"""
        if not self.exists():
            return
        self.env.flush_all()
        until = time.monotonic() + JOB_SECONDS
        more = True
        with session_lock(self.env, self._work_lock()) as held:
            if not held:
                raise RetryableJobError("Busy", seconds=LOOK_AGAIN, ignore_retry=True)
            while more is True and time.monotonic() < until:
                more = self._committed_step()
        # Other cursors wrote what this one may have read.
        self.env.invalidate_all(flush=False)
        if more:
            self._delay_work(0 if more is True else more)

    def _committed_step(self):
        """:return: as :meth:`_step`"""
        try:
            with fresh_env(self.env) as env:
                own = self.with_env(env)
                return own.state in own._busy_states and own._step()
        except psycopg2.OperationalError:
            raise  # a race, or a server that stopped: the job is done again
        except (UserError, psycopg2.Error) as exc:
            with fresh_env(self.env) as env:
                text = str(exc) if isinstance(exc, UserError) else safe_text(exc)
                self.with_env(env).write({"state": "failed", "message": text})
            return False

    def _step(self):
        """One part of the work that the state asks for.

        :return: whether there is more to do; a number: after so many seconds.
        """
        more = getattr(self, f"_step_{self.state}")()
        self.progress_at = fields.Datetime.now()
        return more
