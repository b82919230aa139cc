"""Documents at presigned addresses below ``/amazon/documents/``, as S3 would serve them.

An address is good for one method, one document and (for uploads) one Content-Type, and for five
minutes. What is wrong is answered in XML: 403 AccessDenied when it has expired, 403
SignatureDoesNotMatch when something in it was changed, 400 when an Authorization header comes
along, as S3 takes only one of the two.
"""

from __future__ import annotations

import gzip
import hmac
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from werkzeug.wrappers import Request, Response

from ..clock import parse_time
from ..room import Exchange
from ..store import Table
from .errors import StoreRefusal, missing
from .model import Document, decode_document, encode_document
from .values import digest, iso

if TYPE_CHECKING:
    from .room import AmazonRoom

PATH = "documents/"
KEPT = timedelta(days=28)
SECRET = "presigned"


class Documents:
    """All documents of the room."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room
        self.table: Table[Document] = Table(
            room.services.store, "amazon.documents", encode_document, decode_document
        )

    def get(self, identifier: str, kinds: tuple[str, ...]) -> Document | None:
        """A document that is still kept."""
        found = self.table.get(identifier)
        if found is None or found.kind not in kinds or self._room.now() > found.created + KEPT:
            return None
        return found

    def add(
        self,
        kind: str,
        content_type: str,
        content: bytes | None = None,
        compress: bool = False,
        identifier: str = "",
    ) -> Document:
        """Keep a document, inside a transaction."""
        room = self._room
        if not identifier:
            number = room.services.store.next_id("amazon.document", 1)
            uid = digest("document", room.services.seed, str(number))
            identifier = (
                f"amzn1.tortuga.4.eu.{uid[:8]}-{uid[8:12]}-{uid[12:16]}-{uid[16:20]}-"
                f"{uid[20:32]}.T{number:09d}"
            )
        if content is not None and compress:
            content = gzip.compress(content, 6, mtime=0)
        document = Document(identifier, kind, content_type, room.now(), content, compress)
        self.table.put(identifier, document)
        return document

    # === ADDRESSES === #

    def url(self, request: Request, document: Document, method: str = "GET") -> str:
        """A presigned address, at the place that the client reached the sandbox by."""
        until = iso(self._room.now() + timedelta(seconds=self._room.settings.url_seconds))
        query = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Expires": str(int(self._room.settings.url_seconds)),
            "X-Amz-Until": until,
            "X-Amz-Signature": self._sign(document, method, until),
        }
        root = request.host_url.rstrip("/")
        return f"{root}/{self._room.name}/{PATH}{quote(document.id)}?{urlencode(query)}"

    def _sign(self, document: Document, method: str, until: str) -> str:
        kind = document.content_type if method == "PUT" else ""
        return digest(SECRET, self._room.services.seed, document.id, method, kind, until)

    def serve(self, exchange: Exchange) -> Response:
        """Upload or download. :raises StoreRefusal: see the module."""
        request = exchange.request
        document = self.table.get(exchange.path.removeprefix(PATH))
        if "Authorization" in request.headers:
            raise StoreRefusal(400, "InvalidArgument", "Only one auth mechanism allowed")
        if document is None:
            raise StoreRefusal(404, "NoSuchKey", "The specified key does not exist.")
        until, given = request.args.get("X-Amz-Until", ""), request.args.get("X-Amz-Signature", "")
        method = "GET" if request.method == "HEAD" else request.method
        if not hmac.compare_digest(given.encode(), self._sign(document, method, until).encode()):
            raise StoreRefusal(403, "SignatureDoesNotMatch", "The signature does not match.")
        if self._room.now() > parse_time(until) or exchange.plan.has("expired"):
            raise StoreRefusal(403, "AccessDenied", "Request has expired")
        if method == "PUT":
            return self._upload(exchange, document)
        if document.content is None:
            raise StoreRefusal(404, "NoSuchKey", "The specified key does not exist.")
        return Response(document.content, 200, content_type=document.content_type)

    def _upload(self, exchange: Exchange, document: Document) -> Response:
        given = exchange.request.headers.get("Content-Type", "")
        if _plain(given) != _plain(document.content_type):
            # The Content-Type is among what was signed.
            raise StoreRefusal(403, "SignatureDoesNotMatch", "The signature does not match.")
        document.content = exchange.body
        self.table.put(document.id, document)
        return Response(b"", 200, {"ETag": f'"{digest(document.id)[:32]}"'})

    def describe(self, request: Request, document: Document, name: str) -> dict[str, str]:
        """The body of getFeedDocument and getReportDocument."""
        found = {name: document.id, "url": self.url(request, document)}
        if document.gzip:
            found["compressionAlgorithm"] = "GZIP"
        return found

    def text(self, identifier: str) -> bytes:
        """The uncompressed content. :raises SpError: 404."""
        found = self.table.get(identifier)
        if found is None or found.content is None:
            raise missing("There is no such document.")
        return gzip.decompress(found.content) if found.gzip else found.content


def _plain(kind: str) -> str:
    """A Content-Type without the differences that mean nothing."""
    return kind.replace(" ", "").replace('"', "").lower()
