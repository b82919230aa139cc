"""Documents of feeds and reports: at addresses that hold their own proof and soon expire.

No token of the account goes there, nothing of them is kept in the log but their length, and their
hosts must be configured: Amazon's store, this account's own host, and what the option
``document_hosts`` names.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from typing import Any

from ..core.errors import (
    AuthError,
    InvalidError,
    RejectedError,
    ServerError,
    ThrottledError,
    TransportError,
)
from ..core.shape import as_object, as_text
from ..core.transport import Transport
from .limits import MAX_DOCUMENT, MAX_UNPACKED

EXPIRED = "document_expired"
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]{1,40})", re.IGNORECASE | re.ASCII)
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_STEP = 1 << 20


@dataclass(frozen=True, slots=True)
class Document:
    """A document that arrived, unpacked.

    :param charset: as its Content-Type says, empty when it says nothing.
    """

    content: bytes = field(repr=False)
    content_type: str = ""
    charset: str = ""

    def text(self, default: str = "utf-8") -> str:
        """Its text: by a byte order mark, the stated charset, ``default``, or cp1252 at last.

        UTF-8 is tried first whatever is stated: a text in another encoding is hardly ever valid
        UTF-8, and some documents state an encoding that they do not have.
        """
        marked = next((name for mark, name in _BOMS if self.content.startswith(mark)), "")
        for name in (marked, "utf-8", self.charset, default, "cp1252"):
            if not name:
                continue
            try:
                return self.content.decode(name).replace("\x00", "")
            except (UnicodeDecodeError, LookupError):
                continue
        return self.content.decode("latin-1").replace("\x00", "")


def upload(transport: Transport, url: str, content: bytes, content_type: str) -> None:
    """PUT the content where createFeedDocument said.

    :param content_type: exactly as declared to createFeedDocument.
    :raise ServerError: the address is over; a new document must be made.
    """
    _send(transport, "PUT", url, content, {"Content-Type": content_type})


def download(transport: Transport, url: str, packed: str = "") -> Document:
    """GET a document, unpacked, of at most :data:`MAX_UNPACKED` bytes.

    :param packed: ``compressionAlgorithm`` of its description: ``GZIP`` or empty.
    :raise ServerError: the address is over; the description must be read again.
    :raise TransportError: damaged or too large.
    """
    content, content_type = _send(transport, "GET", url, None, {"Accept": "*/*"})
    if packed.upper() == "GZIP":
        content = unpack(content)
    elif packed:
        raise InvalidError(f"The document is packed as {packed[:20]!r}.", code="bad_packing")
    charset = _CHARSET.search(content_type)
    return Document(content, content_type[:100], charset[1] if charset else "")


def described(reply: Any) -> tuple[str, str]:
    """Address and packing in an answer of getFeedDocument or getReportDocument.

    :raise InvalidError: it names no address.
    """
    data = as_object(reply, "document")
    url = as_text(data.get("url"), "url")
    if not url:
        raise InvalidError("The document has no address.", code="bad_shape")
    return url, as_text(data.get("compressionAlgorithm"), "compressionAlgorithm")


def unpack(content: bytes, most: int = MAX_UNPACKED) -> bytes:
    """The content of a gzip file, which may have several parts.

    :raise TransportError: not whole, not gzip, or longer than ``most`` bytes.
    """
    parts: list[bytes] = []
    size, rest = 0, content
    while rest:
        machine = zlib.decompressobj(wbits=31)
        while not machine.eof:
            try:
                part = machine.decompress(rest, _STEP)
            except zlib.error:
                raise TransportError("The document is damaged.", code="bad_packing") from None
            if not part and not machine.eof:
                raise TransportError("The document is not whole.", code="bad_packing")
            parts.append(part)
            size += len(part)
            if size > most:
                raise TransportError(f"The document is larger than {most} bytes.")
            rest = machine.unconsumed_tail
        rest = machine.unused_data.lstrip(b"\x00")
    return b"".join(parts)


def _send(
    transport: Transport, method: str, url: str, content: bytes | None, headers: dict[str, str]
) -> tuple[bytes, str]:
    if "://" not in url.split("?")[0]:
        raise InvalidError("The address of the document is not absolute.", code="bad_url")
    try:
        answer = transport.request(
            method,
            url,
            data=content,
            headers=headers,
            bucket="document",
            expect_json=False,
            keep=False,
            max_response=MAX_DOCUMENT,
        )
    except ThrottledError:
        raise
    except (AuthError, RejectedError) as error:
        # The store says 403 or 404 of an address that is over: nothing is wrong with the account.
        raise ServerError(
            f"The document can no longer be reached ({error.message}).", code=EXPIRED
        ) from None
    return answer.content, answer.headers.get("content-type") or ""
