import logging
from datetime import timezone
from itertools import islice

import psycopg2

from odoo import fields, models

from odoo.addons.queue_job.exception import RetryableJobError

from marketplace_adapters.core import AdapterError, ThrottledError

from ..tools.db import fresh_env, session_lock
from ..tools.faults import as_adapter_error, log_failure

_logger = logging.getLogger(__name__)

# Rows that are held in memory, and committed, at a time.
CHUNK = 500
_BUSY = ("waiting", "matching", "linking")


class MarketplaceLinkCatalogue(models.Model):
    """Reading a channel's catalogue in bounded memory.

    ::

        waiting: rows are staged, chunk by chunk, marked with the number of this reading
        matching: chunk by chunk a product is proposed for each row; then what this reading did
                  not see is swept away, rivals and missing links are marked

    Every chunk is committed by itself. A reading that was interrupted goes on where it was: rows
    that it staged already are passed over.
    """

    _name = "marketplace.link.catalogue"
    _inherit = ["marketplace.link.catalogue", "marketplace.steps"]
    _busy_states = ("matching", "linking")

    run = fields.Integer("Reading", readonly=True, help="Number of the present reading.")
    read_count = fields.Integer("Read so far", readonly=True)
    position = fields.Integer(readonly=True, help="Line up to which it is done.")
    match_count = fields.Integer("Matched so far", readonly=True)
    started_at = fields.Datetime("Reading since", readonly=True)

    def _work_name(self):
        return self.env._("Catalogue of %s", self.account_id.name)

    def _begin_reading(self):
        self.env["marketplace.link.catalogue.line"].search(
            [("catalogue_id", "=", self.id), ("status", "=", "missing")]
        ).unlink()
        self.write(
            {
                "state": "waiting",
                "message": False,
                "run": self.run + 1,
                "read_count": 0,
                "match_count": 0,
                "started_at": fields.Datetime.now(),
            }
        )

    def _job_fetch(self):
        """Marketplace: read a catalogue"""
        if not self.exists() or self.state not in ("new", "waiting"):
            return
        if not self.account_id._may_call():
            self.write({"state": "failed", "message": self.env._("The account was paused.")})
            return
        # The rest happens on cursors of its own: nothing may wait in this one.
        self.env.flush_all()
        if self.state == "new":
            with fresh_env(self.env) as env:
                self.with_env(env)._begin_reading()
            self.env.invalidate_all(flush=False)
        with session_lock(self.env, f"catalogue.{self.account_id.id}") as held:
            if not held:
                raise RetryableJobError("Busy", seconds=30, ignore_retry=True)
            try:
                self._read()
            except ThrottledError as exc:
                self._note(message=self.env._("The channel asked us to wait: %s", exc.message))
                raise RetryableJobError(
                    exc.message, seconds=int(exc.retry_after) + 1, ignore_retry=True
                ) from exc
            except AdapterError as exc:
                self._note(state="failed", message=exc.message)
                return
            except psycopg2.Error:
                raise
            except Exception as exc:
                log_failure(_logger, exc, "catalogue of account", self.account_id.id)
                self._note(state="failed", message=as_adapter_error(exc).message)
                return
            finally:
                self.env.invalidate_all(flush=False)
        self._note(state="matching", message=False)
        self._job_work()

    def _note(self, **vals):
        """Tell how far it is, in a commit of its own."""
        with fresh_env(self.env) as env:
            self.with_env(env).write({"progress_at": fields.Datetime.now(), **vals})
        self.env.invalidate_all(flush=False)

    # === STAGING === #

    def _read(self):
        """:raise AdapterError: the channel could not be read to the end."""
        run = self.run
        account = self.account_id.with_context(marketplace_patient=True)
        with account._open_adapter() as adapter:
            try:
                # What it is read for was changed a moment ago, maybe.
                remotes = adapter.listings(since=self.started_at.replace(tzinfo=timezone.utc))
                while rows := list(islice(remotes, CHUNK)):
                    with fresh_env(self.env) as env:
                        self.with_env(env)._stage(rows, run)
                    self._keep_exchanges(adapter)
            finally:
                self._keep_exchanges(adapter)

    def _keep_exchanges(self, adapter):
        """In a transaction of its own: they are kept also when the reading failed."""
        exchanges = adapter.take_exchanges()
        if exchanges:
            with fresh_env(self.env) as env:
                env["marketplace.exchange"].sudo()._store(self.account_id.with_env(env), exchanges)

    def _stage(self, remotes, run):
        """Take rows of the channel over as they are, whatever they mean here.

        :param remotes: of :class:`marketplace_adapters.core.RemoteListing`
        """
        lines = self.env["marketplace.link.catalogue.line"].with_context(marketplace_matching=True)
        current = {}
        for remote in remotes:
            vals = lines._remote_vals(remote)
            current.setdefault(vals["key"], vals)
        known = lines.search([("catalogue_id", "=", self.id), ("key", "in", list(current))])
        staged = 0
        same = lines.browse()
        for line in known:
            vals = current.pop(line.key)
            if line.seen == run:
                continue
            staged += 1
            if line._differs(vals):
                line.write(vals | {"seen": run})
            else:
                same |= line
        same.write({"seen": run})
        lines.create([vals | {"catalogue_id": self.id, "seen": run} for vals in current.values()])
        self.write(
            {
                "message": False,
                "read_count": self.read_count + staged + len(current),
                "progress_at": fields.Datetime.now(),
            }
        )

    # === MATCHING === #

    def _step_matching(self):
        """One part: propose products, or bring the reading to its end.

        :return: whether there is more to do.
        """
        lines = self.env["marketplace.link.catalogue.line"].search(
            [
                ("catalogue_id", "=", self.id),
                ("seen", "=", self.run),
                ("matched", "!=", self.run),
            ],
            order="id",
            limit=CHUNK,
        )
        if lines:
            self._match_chunk(lines)
            lines.with_context(marketplace_matching=True).write({"matched": self.run})
            self.match_count += len(lines)
            return True
        if self._sweep():
            return True
        self._mark_rivals()
        self._add_missing()
        self.write({"state": "ready", "fetched_at": fields.Datetime.now()})
        return False

    def _step_linking(self):
        """One part of what is ticked.

        :return: whether there is more to do.
        """
        lines = self._ticked(after=self.position, limit=CHUNK)
        if not lines:
            self.state = "ready"
            return False
        self.position = lines[-1].id
        self._link(lines.filtered("product_id"))
        return True

    def _sweep(self):
        """Let go of a part of what this reading did not see.

        :return: whether there was any.
        """
        gone = self.env["marketplace.link.catalogue.line"].search(
            [
                ("catalogue_id", "=", self.id),
                ("seen", "!=", self.run),
                ("status", "!=", "missing"),
            ],
            limit=CHUNK,
        )
        gone.unlink()
        return bool(gone)

    def action_go_on(self):
        """Work on, should the job that did so be gone; a second one does no harm."""
        for catalogue in self.filtered(lambda one: one.state in _BUSY):
            catalogue._delay_again()

    def _delay_again(self):
        self.ensure_one()
        if self.state == "waiting":
            self._delay_fetch()
        else:
            self._delay_work()
