"""Ids: Shopify's are ``gid://shopify/Product/8123``, ours the number alone."""

from __future__ import annotations

from ..core.errors import RejectedError

_PREFIX = "gid://shopify/"


def gid(kind: str, number: str) -> str:
    """The id as Shopify wants it.

    :param kind: name of the type, e.g. ``ProductVariant``.
    :param number: the number, or the whole id of that very kind.
    :raise RejectedError: neither.
    """
    text = str(number or "").strip()
    if text.startswith(f"{_PREFIX}{kind}/"):
        text = text[len(_PREFIX) + len(kind) + 1 :]
    if not text.isascii() or not text.isdecimal() or len(text) > 30:
        raise RejectedError(f"An id of a {kind} must be a number.", code="bad_id")
    return f"{_PREFIX}{kind}/{text}"


def number(value: object) -> str:
    """The numeric part of an id; empty when there is none. Parts after ``?`` are left out."""
    text = str(value or "").split("?")[0].rstrip("/")
    return text.rsplit("/", 1)[-1] if text else ""
