"""JSON in and out, and values read strictly: what every simulated API needs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

from werkzeug.wrappers import Response

from .clock import format_time

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)


class ApiError(Exception):
    """A whole request is refused.

    :param status: the HTTP status to answer.
    :param message: one sentence for the `error` member.
    :param details: more, for the `details` member.
    """

    def __init__(
        self,
        status: int,
        message: str,
        details: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details
        self.headers = dict(headers or {})

    def response(self) -> Response:
        body: dict[str, Any] = {"error": self.message}
        if self.details is not None:
            body["details"] = self.details
        return json_response(body, self.status, self.headers)


class Invalid(ValueError):  # noqa: N818 - reads as a verdict on a value
    """One value or one row is not acceptable; the text says why."""


def _default(value: object) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return format_time(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def to_json(data: Any) -> bytes:
    """Write JSON as UTF-8; Decimals become numbers, moments ISO strings."""
    text = json.dumps(data, default=_default, ensure_ascii=False, separators=(",", ":"))
    return text.encode()


def json_response(
    data: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(
        to_json(data), status, dict(headers or {}), content_type="application/json; charset=utf-8"
    )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def parse_json(body: bytes) -> Any:
    """Read a JSON body; numbers with a point become Decimals, so that no digit is lost.

    :raises ApiError: 400, when it is empty, not UTF-8, not JSON, too deep, or has NaN/Infinity.
    """
    if not body.strip():
        raise ApiError(400, "The request body is empty", "JSON expected")
    try:
        return json.loads(
            body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise ApiError(400, "The request body is not JSON", str(error)[:200]) from None


def decimal_of(
    value: Any, name: str, least: Decimal | int = 0, most: Decimal | int = 10**9
) -> Decimal:
    """Read a number given as a number or as text in plain digits.

    :raises Invalid: a boolean, null, text that is no number, NaN, or out of bounds.
    """
    if isinstance(value, bool) or value is None:
        raise Invalid(f"{name} must be a number")
    if isinstance(value, str):
        if len(value) > 40 or not _NUMBER.fullmatch(value.strip()):
            raise Invalid(f"{name} must be a number")
        number = Decimal(value.strip())
    elif isinstance(value, (int, Decimal)):
        number = Decimal(value)
    elif isinstance(value, float):
        number = Decimal(repr(value))
    else:
        raise Invalid(f"{name} must be a number")
    if not number.is_finite():
        raise Invalid(f"{name} must be a finite number")
    if not least <= number <= most:
        raise Invalid(f"{name} must be between {least} and {most}")
    return number


def integer_of(value: Any, name: str, least: int = 0, most: int = 10**9) -> int:
    """Read a whole number; ``12``, ``12.0`` and ``"12"`` are the same.

    :raises Invalid: anything else.
    """
    number = decimal_of(value, name, least, most)
    if number != number.to_integral_value():
        raise Invalid(f"{name} must be a whole number")
    return int(number)


def boolean_of(value: Any, name: str) -> bool:
    """Read ``true``/``false``, also as text.

    :raises Invalid: anything else, numbers included.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise Invalid(f"{name} must be true or false")


def text_of(value: Any, name: str, most: int = 255) -> str:
    """Read text; whole numbers are taken as their digits, as clients send ids both ways.

    :raises Invalid: empty, too long, or of another kind.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise Invalid(f"{name} must be text")
    text = value.strip()
    if not text:
        raise Invalid(f"{name} must not be empty")
    if len(text) > most:
        raise Invalid(f"{name} is longer than {most} characters")
    return text
