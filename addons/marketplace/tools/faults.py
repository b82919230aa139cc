"""Errors that nobody foresaw: a bug in an adapter or an addon must not stop an account."""

import logging
import traceback

from marketplace_adapters.core import AdapterError, InvalidError, TransportError

_logger = logging.getLogger(__name__)


def as_adapter_error(error, *, repeatable=True):
    """Any failure of an adapter as one of the closed set.

    :param repeatable: whether what failed may be done again without harm. If not, nobody knows
        whether an unforeseen failure came before or after the effect, as with a lost answer.
    :rtype: marketplace_adapters.core.AdapterError
    """
    if isinstance(error, AdapterError):
        return error
    log_failure(_logger, error, "call of", "an adapter")
    name = type(error).__name__
    kind = InvalidError if repeatable else TransportError
    return kind(f"The suite stumbled over a case that it does not know ({name}).", code=name)


def log_failure(logger, error, what, which):
    """Where an unexpected error came from, without the text that may hold a buyer's data."""
    logger.warning(
        "%s %s: %s\n%s",
        what.capitalize(),
        which,
        type(error).__name__,
        "".join(traceback.format_tb(error.__traceback__)[-6:]),
    )
