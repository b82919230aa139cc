"""Reading query strings and bodies as the Selling Partner API does, and writing its values."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from werkzeug.datastructures import MultiDict

from ..clock import format_time, parse_time
from ..wire import ApiError, Invalid, integer_of, parse_json
from .errors import invalid

CENT = Decimal("0.01")


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def money(value: Decimal, currency: str) -> dict[str, str]:
    return {"amount": str(cents(value)), "currencyCode": currency}


def share(amount: Decimal, quantity: int, before: int, part: int) -> Decimal:
    """The part of an amount that belongs to some pieces; the parts of all add up to the cent.

    :param quantity: pieces that the amount is of.
    :param before: pieces that were given their part already.
    """
    if not quantity:
        return Decimal(0)
    return cents(amount * (before + part) / quantity) - cents(amount * before / quantity)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def iso(moment: datetime) -> str:
    return format_time(moment)


def digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def csv_of(
    args: MultiDict[str, str],
    name: str,
    allowed: Collection[str] | None = None,
    most: int | None = None,
    required: bool = False,
) -> list[str]:
    """A list of the query: separated by commas, or the name repeated.

    :raises SpError: 400, it is missing, too long, or has a value that is not allowed.
    """
    found = [part.strip() for text in args.getlist(name) for part in text.split(",")]
    found = [part for part in found if part]
    if required and not found:
        raise invalid(f"Missing required parameter '{name}'.")
    if most is not None and len(found) > most:
        raise invalid(f"'{name}' has more than {most} values.")
    for each in found:
        if allowed is not None and each not in allowed:
            raise invalid(f"Invalid value '{each[:60]}' for parameter '{name}'.")
    return found


def moment_of(value: Any, name: str) -> datetime | None:
    """:raises SpError: 400, not an ISO 8601 date-time."""
    if value is None or value == "":
        return None
    try:
        return parse_time(str(value))
    except ValueError:
        raise invalid(f"Invalid date-time '{str(value)[:40]}' for '{name}'.") from None


def whole(args: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    if args.get(name) in (None, ""):
        return default
    try:
        return integer_of(args[name], name, least, most)
    except Invalid as error:
        raise invalid(str(error)) from None


def body_object(data: bytes) -> dict[str, Any]:
    """The JSON object of a request. :raises SpError: 400."""
    try:
        found = parse_json(data)
    except ApiError as error:
        raise invalid("The request body is not valid JSON.", error.details or "") from None
    if not isinstance(found, dict):
        raise invalid("The request body must be a JSON object.")
    return found


def text_member(body: Mapping[str, Any], name: str, required: bool = True) -> str:
    """:raises SpError: 400, missing or no text."""
    value = body.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value.strip()):
        raise invalid(f"'{name}' is required and must be a text.")
    return value


def pack_token(data: dict[str, Any]) -> str:
    """A page token that can be read again; opaque to the client."""
    return base64.urlsafe_b64encode(json.dumps(data, sort_keys=True).encode()).decode().rstrip("=")


def unpack_token(text: str, now: datetime, name: str = "nextToken") -> dict[str, Any]:
    """:raises SpError: 400, not a token of ours, or expired."""
    try:
        padded = text + "=" * (-len(text) % 4)
        data = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
        expires = datetime.fromtimestamp(float(data["x"]), timezone.utc)
    except (ValueError, KeyError, TypeError):
        raise invalid(f"Invalid '{name}'.") from None
    if now > expires:
        raise invalid(f"The '{name}' has expired.")
    assert isinstance(data, dict)
    return data
