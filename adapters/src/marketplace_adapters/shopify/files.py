"""Files of bulk operations: lines of JSON, sent up and read piece by piece.

Their addresses come from Shopify and hold a signature; they are called without the shop's token,
and only on hosts that are configured.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..core import wire
from ..core.errors import InvalidError, TransportError
from ..core.transport import Transport

BUCKET = "file"
PIECE = 4 * 1024 * 1024
"""Bytes of one request of a download."""
MAX_WHOLE = 128 * 1024 * 1024
"""Bytes that a host may send which does not know pieces."""
MAX_LINE = 16 * 1024 * 1024
MAX_UPLOAD = 100 * 1000 * 1000
"""Bytes of the input of a bulk operation (D: Bulk import)."""


def upload(
    transport: Transport, url: str, parameters: Iterable[tuple[str, str]], content: bytes
) -> None:
    """Send a file to a staged target: multipart, its parameters first and the file last.

    :raise AdapterError: the host refuses it.
    """
    border = f"odoo-{secrets.token_hex(16)}"
    parts = [_field(border, name, value) for name, value in parameters]
    head = (
        f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="input.jsonl"\r\n'
        "Content-Type: text/jsonl\r\n\r\n"
    )
    body = b"".join((*parts, head.encode(), content, f"\r\n--{border}--\r\n".encode()))
    transport.request(
        "POST",
        url,
        data=body,
        headers={"Content-Type": f"multipart/form-data; boundary={border}"},
        bucket=BUCKET,
        expect_json=False,
        keep=False,
    )


def lines(transport: Transport, url: str, *, piece: int = PIECE) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file, one by one; at most two pieces are held.

    :raise InvalidError: a line that is no JSON object.
    :raise TransportError: a line without end.
    """
    rest = b""
    for part in _pieces(transport, url, piece):
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            if line.strip():
                yield _object(line)
        if len(rest) > MAX_LINE:
            raise TransportError("A line of the file has no end.", code="bad_file")
    if rest.strip():
        yield _object(rest)


def _pieces(transport: Transport, url: str, piece: int) -> Iterator[bytes]:
    start, total = 0, None
    while total is None or start < total:
        response = transport.request(
            "GET",
            url,
            headers={"Range": f"bytes={start}-{start + piece - 1}", "Accept-Encoding": "identity"},
            bucket=BUCKET,
            expect_json=False,
            keep=False,
            max_response=MAX_WHOLE,
        )
        if response.status != 206:
            # A host that knows no pieces sends the whole file.
            yield response.content
            return
        total = _total(response.headers.get("content-range"), start)
        start += len(response.content)
        yield response.content
        if not response.content:
            raise TransportError("The file ended too early.", code="bad_file")


def _total(said: str | None, start: int) -> int:
    """``bytes 0-99/1234`` → 1234."""
    words = (said or "").removeprefix("bytes ").partition("/")
    if words[0].partition("-")[0] != str(start) or not words[2].isdecimal():
        raise TransportError("The host sent another part of the file.", code="bad_file")
    return int(words[2])


def _object(line: bytes) -> dict[str, Any]:
    value = wire.loads(line)
    if not isinstance(value, dict):
        raise InvalidError("A line of the file is no object.", code="bad_shape")
    return value


def _field(border: str, name: str, value: str) -> bytes:
    if any(char in name for char in '"\r\n'):
        raise InvalidError("A parameter of the upload has a bad name.", code="bad_shape")
    head = f'--{border}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    return f"{head}{value}\r\n".encode()


def jsonl(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Rows as lines of JSON."""
    return b"".join(wire.dumps(row) + b"\n" for row in rows)
