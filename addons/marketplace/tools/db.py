"""Cursors and locks of the engine.

The engine works in short transactions of its own, so that what it records survives whatever
happens to the job that runs it, and no row is locked while it waits for a channel.
"""

from contextlib import contextmanager

from odoo import api


@contextmanager
def fresh_env(env, *, read_committed=False, repeatable=False):
    """An environment on a cursor of its own, committed on success.

    :param read_committed: see what others committed meanwhile; for upserts, where Odoo's
        repeatable read would turn a harmless race into a serialization failure.
    :param repeatable: see :func:`skip_flush`.
    """
    with env.registry.cursor() as cr:
        if read_committed and not _is_test_cursor(cr):
            cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        if repeatable:
            skip_flush(cr)
        yield api.Environment(cr, env.uid, dict(env.context), su=env.su)


def skip_flush(cr):
    """Let this transaction's commit return before it is on disk.

    Only for work that is simply done again when a power failure takes its last moments: the
    order of commits stays, so what a later transaction builds upon is never lost alone.
    """
    cr.execute("SET LOCAL synchronous_commit TO off")


@contextmanager
def session_lock(env, name, *, wait=False):
    """Hold a PostgreSQL advisory lock outside of any transaction; yields whether it was had.

    It dies with its connection, so a killed worker blocks nobody and no lease has to expire.

    :param wait: wait for the lock instead of giving up at once.
    """
    with env.registry.cursor() as cr:
        key = "marketplace." + name
        if wait:
            cr.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [key])
            held = True
        else:
            cr.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key])
            held = cr.fetchone()[0]
        # No transaction stays open behind the lock: it would hold back vacuum for the whole job.
        cr.commit()  # pylint: disable=invalid-commit
        try:
            yield held
        finally:
            if held:
                cr.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])
                cr.commit()  # pylint: disable=invalid-commit


def _is_test_cursor(cr):
    # A test's cursors share one transaction, whose isolation level cannot be changed any more.
    return type(cr).__name__ == "TestCursor"
