"""Proof of who sent a webhook.

Cartona documents no signature (unconfirmed), so the seller agrees on a token with the vendor. It
is expected in one header, bare, or as ``Authorization: Bearer …``.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from ..core.errors import SignatureError
from ..core.response import Headers
from .const import TOKEN_HEADER

_BEARER = "bearer "


def verify(headers: Mapping[str, str], token: str, header: str = TOKEN_HEADER) -> None:
    """Compare the token of a message with ours, in time that does not tell how much is right.

    :param token: the agreed token; while there is none, nothing is accepted.
    :param header: name of the header, compared without case.
    :raise SignatureError: missing or another token.
    """
    if not token:
        raise SignatureError("No webhook token is configured.", code="no_token")
    found = [value for value in _candidates(Headers(headers), header) if value]
    if not found:
        raise SignatureError("The token is missing.", code="missing_token")
    matches = [hmac.compare_digest(_bytes(value), _bytes(token)) for value in found]
    if not any(matches):
        raise SignatureError("The token is wrong.", code="wrong_token")


def _candidates(headers: Headers, header: str) -> list[str]:
    own = headers.get(header, "").strip()
    bearer = headers.get("authorization", "").strip()
    is_bearer = bearer[: len(_BEARER)].lower() == _BEARER
    return [own, bearer[len(_BEARER) :].strip() if is_bearer else ""]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
