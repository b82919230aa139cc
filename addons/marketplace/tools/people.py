"""Comparing people and addresses the way a clerk would: without regard to case, punctuation,
spaces and the many spellings of a phone number."""

import hashlib
import re
import unicodedata

_NOT_WORD = re.compile(r"[\W_]+")
_NOT_DIGIT = re.compile(r"\D+")
# The last digits of a number are the same with and without country and trunk prefix.
PHONE_DIGITS = 9


def fold(text):
    """Letters and digits alone, without case and compatibility forms."""
    return _NOT_WORD.sub("", unicodedata.normalize("NFKC", text or "").casefold())


def phone_tail(text):
    """The digits that identify a phone number, empty when there are too few to."""
    digits = _NOT_DIGIT.sub("", unicodedata.normalize("NFKC", text or ""))
    return digits[-PHONE_DIGITS:] if len(digits) >= PHONE_DIGITS - 2 else ""


def digest(*parts):
    """A short stable digest of folded texts."""
    text = "\x1f".join(fold(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:24]
