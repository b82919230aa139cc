"""Takes secrets and buyers' data out of everything that may be logged or shown.

Three nets, one behind the other: names of members (:data:`SECRET_WORDS` and so on), values that
are known to be secret (credentials, codes just sent), and patterns in free text (e-mail, phone).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

MASK = "***"


def _word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words of a member's name; "retailerOtp", "retailer_otp" and "Retailer-OTP" all hold "otp".
SECRET_WORDS = _word_set(
    """
    token password passwd pwd secret otp pin authorization apikey accesskey privatekey
    credential credentials signature cookie session hmac bearer jwt nonce cvv iban
    """
)
PERSONAL_WORDS = _word_set(
    """
    phone mobile telephone tel fax email mail address address1 address2 street street2
    zip postcode postal latitude longitude lat lng lon gps vat birthday dob firstname
    lastname fullname surname username note notes comment comments
    giftmessage cancelreason taxregistrationnumber customizedurl authorizationcode
    """
)
# A last word that is personal unless the words before it speak of a thing.
THING_WORDS = _word_set(
    """
    product variant item unit brand category sku file template option attribute model
    carrier service warehouse location status field app base suppler theme
    """
)
PERSON_WORDS = _word_set(
    """
    buyer customer retailer recipient receiver consignee contact person whatsapp shopper
    """
)
# What stays readable inside a buyer's object, so that a log line can be followed up.
PLAIN_LAST_WORDS = _word_set(
    """
    id code type country currency
    """
)

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# All repetitions are bounded: these run over hostile text.
_EMAIL = re.compile(r"[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[\w-]{2,63}")
_PHONE = re.compile(r"(?<![\w.])(?:\+|00)\d[\d ().-]{6,17}\d|(?<![\w.])0\d{9,10}(?![\w.])")
# Signed addresses, as platforms give them for documents, hold the right to read these.
_SIGNED = re.compile(
    r"([?&][\w.-]{0,64}(?:signature|token|credential|secret)[\w.-]{0,64}=)[^&\s\"'<>]+",
    re.IGNORECASE,
)
_SHORTEST_SECRET = 4
_Mode = Literal["open", "person", "secret"]


class Masker:
    """Masks JSON values, URLs and free text.

    :param secrets: values hidden wherever they appear; shorter than four characters are ignored
        because hiding "1" would ruin every text and protect nothing.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.add(secrets)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._secrets)} secrets)"

    def add(self, secrets: Iterable[str]) -> None:
        """Hide these values as well."""
        for secret in secrets:
            if len(secret) >= _SHORTEST_SECRET:
                self._secrets.update(_spellings(secret))
        # Longest first, or a secret that starts with a shorter one would leave its tail behind.
        longest_first = sorted(self._secrets, key=len, reverse=True)
        self._pattern = (
            re.compile("|".join(map(re.escape, longest_first))) if longest_first else None
        )

    def with_secrets(self, secrets: Iterable[str]) -> Masker:
        """A masker that hides these values too, for the length of one call."""
        more = set(secrets)
        return Masker(self._secrets | more) if more else self

    def text(self, text: str) -> str:
        """Free text without known secrets, signatures, e-mail addresses and phone numbers."""
        if self._pattern is not None:
            text = self._pattern.sub(MASK, text)
        if "=" in text:
            text = _SIGNED.sub(rf"\1{MASK}", text)
        if "@" in text:
            text = _EMAIL.sub(MASK, text)
        return _PHONE.sub(MASK, text)

    def url(self, url: str) -> str:
        """A URL whose sensitive query parameters are masked."""
        parts = urlsplit(url)
        query = [
            (key, MASK if is_sensitive(key) else self.text(value))
            for key, value in parse_qsl(parts.query, keep_blank_values=True)
        ]
        shown = parts._replace(path=self.text(parts.path), query=urlencode(query, safe="*:"))
        return urlunsplit(shown)

    def json(self, value: Any, limit: int = 65536) -> str:
        """JSON text of at most ``limit`` characters; what is too much is counted, not shown."""
        room = [limit * 3 // 4]
        text = json.dumps(self._value(value, room, "open"), ensure_ascii=False, default=str)
        return cap(text, limit)

    def _value(self, value: Any, room: list[int], mode: _Mode) -> Any:
        room[0] -= 8
        if isinstance(value, dict):
            return self._dict(value, room, mode)
        if isinstance(value, (list, tuple)):
            return self._list(value, room, mode)
        if value is None or isinstance(value, bool):
            return value
        if mode != "open":
            return MASK
        text = self.text(str(value))
        if not isinstance(value, str):
            return value if text == str(value) else text
        shown = cap(text, max(0, room[0]))
        room[0] -= len(shown)
        return shown

    def _dict(self, value: dict[Any, Any], room: list[int], mode: _Mode) -> dict[str, Any]:
        masked: dict[str, Any] = {}
        for index, (key, item) in enumerate(value.items()):
            if room[0] <= 0:
                masked["…"] = f"{len(value) - index} more"
                break
            name = self.text(str(key))
            room[0] -= len(name)
            masked[name] = self._value(item, room, _mode(name, mode))
        return masked

    def _list(self, value: list[Any] | tuple[Any, ...], room: list[int], mode: _Mode) -> list[Any]:
        masked: list[Any] = []
        for index, item in enumerate(value):
            if room[0] <= 0:
                masked.append(f"… {len(value) - index} more")
                break
            masked.append(self._value(item, room, mode))
        return masked


@lru_cache(4096)
def _mode(name: str, outer: _Mode) -> _Mode:
    """How to treat the member ``name`` of an object that is itself treated as ``outer``."""
    words = _words(name)
    if outer == "secret" or is_secret(name):
        return "secret"
    if is_sensitive(name):
        return "person"
    if outer == "person":
        return "open" if words and words[-1] in PLAIN_LAST_WORDS else "person"
    return "person" if words and words[-1] in PERSON_WORDS else "open"


@lru_cache(4096)
def is_secret(name: str) -> bool:
    """Whether a member of this name holds a secret of the seller or a one-time code."""
    words = _words(name)
    pairs = map("".join, pairwise(words))
    return bool(SECRET_WORDS.intersection(words)) or not SECRET_WORDS.isdisjoint(pairs)


@lru_cache(4096)
def is_sensitive(name: str) -> bool:
    """Whether a member of this name holds a secret or a person's data."""
    words = _words(name)
    if not words:
        return False
    if is_secret(name):
        return True
    if words[-1].isdigit() and len(words) > 1:
        words = words[:-1]
    if PERSONAL_WORDS.intersection(words) or "".join(words) in PERSONAL_WORDS:
        return True
    if words[-1] == "name":
        return not THING_WORDS.intersection(words)
    return words[-1] in ("number", "no") and bool(PERSON_WORDS.intersection(words))


def sensitive_values(value: Any, name: str = "") -> Iterator[str]:
    """Every scalar under a sensitive name: what we send and must not find in an error text."""
    if isinstance(value, dict):
        for key, item in value.items():
            inherited = name if is_sensitive(name) else str(key)
            yield from sensitive_values(item, inherited)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from sensitive_values(item, name)
    elif value is not None and not isinstance(value, bool) and is_sensitive(name):
        yield str(value)


def cap(text: str, limit: int) -> str:
    """The text, cut to ``limit`` characters with a count of what is missing."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit} more characters)"


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


def _spellings(secret: str) -> set[str]:
    """A secret as it is, inside JSON text and inside a URL."""
    return {secret, json.dumps(secret)[1:-1], quote(secret, safe="")}
