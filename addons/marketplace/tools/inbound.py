"""What the processing of one inbox item carries along, and how its failures are told apart."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg2
from psycopg2 import errors as pg_errors

from odoo.exceptions import AccessError, UserError

from marketplace_adapters.core import AdapterError, Masker, Order, OrderStatus

# Unique constraints that say "somebody else imported it at the same moment".
RACES = (
    "marketplace_order_",
    "marketplace_partner_",
    "marketplace_return_",
    "marketplace_settlement_",
    "marketplace_privacy_request_",
    "marketplace_foreign_edit_",
)

# Contexts of an import: nobody follows what no person made, and nothing is mailed.
IMPORT_CONTEXT = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_auto_subscribe_no_notify": True,
    "no_vat_validation": True,
}

_MASKER = Masker()


class Quarantine(Exception):  # noqa: N818 - no failure of the code, a question to a person
    """A document that a person must decide about before it can be used.

    :param code: equal for equal causes; fixing the cause replays all that wait on it.
    :param title: what happened, one sentence.
    :param advice: what to do, and where to click.
    :param fault: whose it is: seller, platform, suite.
    """

    def __init__(self, code, title, advice="", fault="seller"):
        super().__init__(title)
        self.code = code
        self.title = title
        self.advice = advice
        self.fault = fault


@dataclass(slots=True)
class Message:
    """One claimed inbox item and what became of it.

    ``outcome`` stays ``None`` until it is settled; the item then stays as it is.
    """

    id: int
    topic: str
    external_id: str
    revision: str
    payload: Any
    occurred_at: datetime | None
    received_at: datetime
    attempts: int
    source: str = "webhook"
    order: Order | None = None
    status: OrderStatus | None = None
    # What the adapter read of a topic that is no order.
    document: Any = None
    # The order's id on the channel, for what must wait until that order is here.
    waits_for: str = ""
    outcome: str | None = None
    text: str = ""
    order_id: int | None = None
    trouble: Quarantine | None = None
    failed: bool = False

    @property
    def moment(self):
        """When the channel made the change, naive UTC; ``None`` when it does not say."""
        if self.order is not None and self.order.updated_at is not None:
            return naive(self.order.updated_at)
        return self.occurred_at

    def thing(self):
        """What it is about, and its id: nobody else may work on the same meanwhile."""
        return "order" if self.topic in ("order", "status") else self.topic, self.external_id

    def sort_key(self):
        """Order of truth: the channel's own clock; where it is even, what was read there beats what
        was sent from there; then the order of arrival."""
        read = self.moment is not None and self.source == "pull"
        return (self.moment or self.received_at, read, self.received_at, self.id)

    def reset(self):
        """Forget what became of it: its savepoint was rolled back."""
        self.outcome, self.text, self.trouble, self.failed = None, "", None, False

    def settle(self, outcome, text="", order=None):
        """Set what became of the item; ``order`` is the ledger's record."""
        self.outcome = outcome
        self.text = text
        self.trouble = None
        self.failed = False
        if order:
            self.order_id = order.id

    def hold(self, error):
        """Turn a failure into what a person or a later try can deal with."""
        self.trouble = as_quarantine(error)
        self.failed = self.trouble is None
        self.outcome = "quarantined" if self.trouble else "error"
        self.text = self.trouble.title if self.trouble else safe_text(error)


def is_conflict(error):
    """Whether somebody else was quicker: then the engine repeats the whole batch in a new
    transaction, because a snapshot that is too old cannot be repaired inside its own."""
    if isinstance(error, pg_errors.UniqueViolation):
        return (error.diag.constraint_name or "").startswith(RACES)
    return isinstance(
        error, (psycopg2.extensions.TransactionRollbackError, pg_errors.LockNotAvailable)
    )


def as_quarantine(error):
    """The question to a person behind an error, ``None`` when it is our own failure."""
    if isinstance(error, Quarantine):
        return error
    if isinstance(error, AdapterError):
        return Quarantine(
            f"unreadable:{error.code or type(error).__name__}", error.message, "", error.fault
        )
    if isinstance(error, AccessError):
        return Quarantine("access", first_line(error), "", "suite")
    if isinstance(error, UserError):
        title = first_line(error)
        return Quarantine(f"refused:{title[:80]}", title)
    return None


def first_line(error):
    """The first line of a message for people, without a buyer's data."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return _MASKER.text(lines[0])[:250] if lines else type(error).__name__


def safe_text(error):
    """An unexpected error in a form that holds no buyer's data."""
    if isinstance(error, psycopg2.Error):
        return f"{type(error).__name__}: {error.diag.message_primary or ''}"[:250]
    return _MASKER.text(f"{type(error).__name__}: {first_line(error)}")[:250]


def naive(moment):
    """Aware UTC of the adapters → naive UTC of Odoo; ``None`` stays ``None``."""
    return moment.replace(tzinfo=None) if moment is not None else None
